//! The same through `dig`, `kdig` and `drill`, clients that we did not write.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use atalaya_publish::PublishConfig;
use support::{LIMIT, Running, nibbles, start};
use tokio::process::Command;

/// A server, or nothing where dig is missing.
async fn server() -> Option<Running> {
    server_for("dig", "bind9-dnsutils").await
}

/// A server, or nothing where a program is missing.
async fn server_for(program: &str, package: &str) -> Option<Running> {
    if Command::new(program).arg("-v").output().await.is_err() {
        atalaya_testkit::skip(&format!("{program} is not installed ({package})"));
        return None;
    }
    Some(start(PublishConfig::default()).await)
}

/// What another program than dig prints, with single spaces.
async fn told(program: &str, server: &Running, arguments: &str) -> String {
    let mut command = Command::new(program);
    command
        .args(["@127.0.0.1", "-p", &server.address.port().to_string()])
        .args(arguments.split(' '));
    let output = tokio::time::timeout(LIMIT, command.output())
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    // It says that it comes back over TCP, which is as it should be.
    let harmless = text.replace("WARNING: truncated reply", "");
    assert!(
        !harmless.contains("WARNING") && !harmless.contains("; ERROR"),
        "{text}"
    );
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What dig prints.
async fn dig(server: &Running, arguments: &str) -> String {
    let mut command = Command::new("dig");
    command
        .arg("@127.0.0.1")
        .args(["-p", &server.address.port().to_string(), "+tries=1", "+time=10"])
        .args(arguments.split(' '));
    let output = tokio::time::timeout(LIMIT, command.output())
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for complaint in ["WARNING", "malformed", "Mismatch", "extra bytes"] {
        // It asks for recursion by default, which no server of a list gives.
        let harmless = text.replace("WARNING: recursion requested but not available", "");
        assert!(!harmless.contains(complaint), "{text}");
    }
    text
}

/// All of `parts` stand in what dig prints.
async fn assert_says(server: &Running, arguments: &str, parts: &[&str]) {
    let text = dig(server, arguments).await;
    // dig aligns with tabs and spaces.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(text.contains(part), "dig {arguments}: no `{part}` in {text}");
    }
}

#[tokio::test]
async fn dig_reads_listings_texts_and_the_zone() {
    let Some(server) = server().await else { return };
    let listed = "99.2.0.192.bl.atalaya.test";
    assert_eq!(
        dig(&server, &format!("+short {listed} A")).await,
        "127.0.0.3\n127.0.0.4\n127.0.0.11\n"
    );
    let texts = dig(&server, &format!("+short {listed} TXT")).await;
    assert!(
        texts.starts_with("\"spam 192.0.2.99: spam from it reached our traps; http"),
        "{texts}"
    );
    assert!(
        texts.lines().all(|line| line.ends_with("/ip/192.0.2.99\"")),
        "{texts}"
    );
    assert_eq!(
        dig(&server, "+short bl.atalaya.test NS").await,
        "ns1.atalaya.test.\n"
    );
    assert_eq!(
        dig(&server, "+short bl.atalaya.test SOA").await,
        "ns1.atalaya.test. hostmaster.bl.atalaya.test. 7 300 60 604800 120\n"
    );
    assert_eq!(
        dig(&server, &format!("+short {} A", nibbles("2001:db8::77"))).await,
        "127.0.0.3\n"
    );
}

#[tokio::test]
async fn dig_tells_what_is_not_there_from_what_does_not_exist() {
    let Some(server) = server().await else { return };
    let soa = "bl.atalaya.test. 120 IN SOA ns1.atalaya.test.";
    let no_data = [
        "status: NOERROR",
        "flags: qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1",
        soa,
    ];
    assert_says(&server, "2.0.192.bl.atalaya.test A", &no_data).await;
    assert_says(&server, "bl.atalaya.test A", &no_data).await;
    assert_says(&server, "99.2.0.192.bl.atalaya.test MX", &no_data).await;
    let no_name = [
        "status: NXDOMAIN",
        "flags: qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1",
        soa,
    ];
    assert_says(&server, "1.0.0.127.bl.atalaya.test A", &no_name).await;
    assert_says(&server, "foo.bl.atalaya.test A", &no_name).await;
    let refused = [
        "status: REFUSED",
        "flags: qr rd; QUERY: 1, ANSWER: 0, AUTHORITY: 0",
    ];
    assert_says(&server, "2.0.0.127.example.org A", &refused).await;
    assert_says(&server, "version.bind TXT CH", &refused).await;
}

#[tokio::test]
async fn dig_gets_the_same_over_every_transport_and_size() {
    let Some(server) = server().await else { return };
    let codes = ["status: NOERROR", "ANSWER: 3, AUTHORITY: 0"];
    for options in [
        "+notcp",
        "+tcp",
        "+tcp +keepopen",
        "+bufsize=512",
        "+bufsize=4096",
        "+noedns",
        "+dnssec",
        "+nsid",
        "+nocookie",
    ] {
        assert_says(
            &server,
            &format!("{options} 99.2.0.192.bl.atalaya.test A"),
            &codes,
        )
        .await;
    }
    // As resolvers write names that nobody should guess: the letters come back as they went.
    assert_says(
        &server,
        "99.2.0.192.bL.ATalaYa.tesT A",
        &["99.2.0.192.bL.ATalaYa.tesT. 300 IN A 127.0.0.3"],
    )
    .await;
    let opt = ["EDNS: version: 0, flags: do; udp: 1232"];
    assert_says(&server, "+dnssec 99.2.0.192.bl.atalaya.test A", &opt).await;
    assert_says(
        &server,
        "+edns=1 +noednsnegotiation 99.2.0.192.bl.atalaya.test A",
        &["status: BADVERS"],
    )
    .await;
    let cut = ["flags: qr aa tc rd", "ANSWER: 0"];
    assert_says(&server, "+ignore +noedns 9.9.70.100.bl.atalaya.test TXT", &cut).await;
    assert_says(
        &server,
        "+ignore +bufsize=1232 9.9.70.100.bl.atalaya.test TXT",
        &cut,
    )
    .await;
    // Without +ignore dig comes back over TCP by itself.
    assert_says(
        &server,
        "+noedns 9.9.70.100.bl.atalaya.test TXT",
        &["ANSWER: 102", "(TCP)"],
    )
    .await;
    assert_says(&server, "+notcp 99.2.0.192.bl.atalaya.test ANY", &codes).await;
    assert_says(&server, "+opcode=2 bl.atalaya.test", &["status: NOTIMP"]).await;
}

#[tokio::test]
async fn dig_gets_no_transfer() {
    let Some(server) = server().await else { return };
    for kind in ["AXFR", "IXFR=1"] {
        let text = dig(&server, &format!("bl.atalaya.test {kind}")).await;
        assert!(
            text.contains("Transfer failed") || text.contains("REFUSED"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn kdig_reads_the_same() {
    let Some(server) = server_for("kdig", "knot-dnsutils").await else {
        return;
    };
    let listed = "99.2.0.192.bl.atalaya.test";
    for options in [
        "+notcp",
        "+tcp +nsid +bufsize=1232",
        "+padding=128 +tcp",
        "+dnssec",
    ] {
        let text = told("kdig", &server, &format!("{options} {listed} A")).await;
        assert!(text.contains("status: NOERROR"), "{text}");
        assert!(text.contains(&format!("{listed}. 300 IN A 127.0.0.11")), "{text}");
        assert!(
            options == "+notcp" || text.contains("Version: 0;"),
            "{options}: {text}"
        );
    }
    let text = told(
        "kdig",
        &server,
        &format!("+bufsize=1232 {} TXT", nibbles("2001:db8::77")),
    )
    .await;
    assert!(text.contains("/ip/2001:db8::77"), "{text}");
    let text = told("kdig", &server, "+bufsize=1232 9.9.70.100.bl.atalaya.test TXT").await;
    assert!(text.contains("ANSWER: 102"), "it comes back over TCP: {text}");
}

#[tokio::test]
async fn drill_reads_the_same() {
    let Some(server) = server_for("drill", "ldnsutils").await else {
        return;
    };
    for options in ["", "-t ", "-b 1232 "] {
        let text = told(
            "drill",
            &server,
            &format!("{options}99.2.0.192.bl.atalaya.test A"),
        )
        .await;
        assert!(text.contains("rcode: NOERROR"), "{text}");
        assert!(text.contains("300 IN A 127.0.0.11"), "{text}");
    }
    let text = told("drill", &server, "1.2.0.193.bl.atalaya.test A").await;
    assert!(text.contains("rcode: NXDOMAIN"), "{text}");
}
