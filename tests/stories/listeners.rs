//! Several listeners of the trap in one server, each with a mode of its own: what a client hears there, and which name its observation has.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use atalaya_store::{Store, StoreUrl};

use crate::harness::{Server, have, swaks, until};

const CONFIG: &str = r#"
[trap]
mode = "accept"
listeners = [
  { name = "no-mailbox", address = "127.0.0.1:0", mode = "refuse-recipients" },
  { name = "no-message", address = "127.0.0.1:0", mode = "refuse-messages" },
  { name = "later", address = "127.0.0.1:0", mode = "defer-once" },
  { name = "slow", address = "127.0.0.1:0", mode = "tarpit" },
]
[trap.tarpit]
delay = "20ms"
"#;

/// Listener and kind of everything that was observed.
fn seen(server: &Server) -> BTreeSet<(String, String)> {
    let url = StoreUrl::Sqlite(server.data().join("atalaya.db"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&url, atalaya_model::Clock::system()).await.unwrap();
        let seen = store.observations_after(0, 100).await.unwrap();
        store.close().await;
        let pair = |seen: atalaya_store::Seen| (seen.observation.source, seen.observation.kind.to_string());
        seen.into_iter().map(pair).collect()
    })
}

#[test]
fn each_listener_does_what_its_mode_says_and_stands_in_what_it_saw() {
    if !have(&["swaks"]) {
        return;
    }
    let server = Server::start(CONFIG);
    let names: Vec<&str> = server.rest.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["smtp.later", "smtp.no-mailbox", "smtp.no-message", "smtp.slow"]
    );
    let at = |name: &str| -> SocketAddr { server.rest[&format!("smtp.{name}")] };
    for (listener, answer) in [
        (server.smtp, "250 2.0.0 Ok: queued as"),
        (at("no-mailbox"), "550 "),
        (at("no-message"), "550 "),
        (at("later"), "451 "),
        (at("slow"), "250 2.0.0 Ok: queued as"),
    ] {
        let transcript = swaks(listener, "127.0.0.1", &[]);
        assert!(transcript.contains(answer), "{transcript}");
    }
    let expected = [
        ("smtp", "spam"),
        ("no-mailbox", "connection"),
        ("no-message", "spam"),
        ("later", "connection"),
        ("slow", "spam"),
    ];
    let expected: BTreeSet<(String, String)> = expected
        .map(|(listener, kind)| (listener.to_owned(), kind.to_owned()))
        .into();
    // A conversation without a message is written down after its end.
    until("every listener has seen something", || {
        (seen(&server) == expected).then_some(())
    });
}
