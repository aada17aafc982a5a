//! Bounces of forged mail: kept, and nobody is listed or written to.

use crate::harness::{Server, have, swaks, until};

/// Who bounces, and who sends spam afterwards: loopback addresses and what they stand for.
const BOUNCER: (&str, &str) = ("127.0.0.41", "192.0.2.41");
const REPORTER: (&str, &str) = ("127.0.0.42", "192.0.2.42");
const SPAMMER: (&str, &str) = ("127.0.0.43", "192.0.2.43");

#[test]
fn bounces_are_kept_and_never_list_and_nobody_is_told() {
    if !have(&["swaks", "dig"]) {
        return;
    }
    let stand_for: String = [BOUNCER, REPORTER, SPAMMER]
        .iter()
        .map(|(local, address)| format!("\"{local}\" = \"{address}\"\n"))
        .collect();
    let server = Server::start(&format!("[trap.stand_for]\n{stand_for}"));
    let null_sender = ["--from", "<>", "--header", "Subject: Undeliverable"];
    let report = [
        "--header",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
    ];
    for ((local, _), arguments) in [(BOUNCER, &null_sender[..]), (REPORTER, &report[..])] {
        let told = swaks(server.smtp, local, arguments);
        assert!(told.contains("<-  250 2.0.0 Ok: queued"), "{told}");
    }
    // What comes later is judged later: once the spam is listed, the bounces were judged.
    swaks(server.smtp, SPAMMER.0, &[]);
    until("the listing of the spam", || {
        (server.dig(SPAMMER.1, "A") == "127.0.0.3").then_some(())
    });
    for (_, address) in [BOUNCER, REPORTER] {
        assert_eq!(server.dig(address, "A"), "");
        assert_eq!(server.lookup(address)["listed"], false);
        let (status, page) = server.http("GET", &format!("/ip/{address}"));
        assert_eq!(status, 200);
        assert!(
            page.contains("A bounce of mail"),
            "kept, and said why it does not count: {page}"
        );
    }
    let answer = server.lookup(SPAMMER.1);
    assert_eq!(
        answer["serial"], 1,
        "one decision was made, about the spam; notices follow decisions: {answer}"
    );
}
