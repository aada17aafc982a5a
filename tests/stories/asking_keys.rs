//! Keys for asking: what is used of one today is told, and a renewal is taken back so that the holder's old key answers again.

use serde_json::Value;

use crate::harness::{Server, have, until};

/// What a command prints as JSON.
fn json(server: &Server, arguments: &[&str]) -> Value {
    serde_json::from_str(&server.command(arguments)).unwrap()
}

/// The key that a command makes.
fn made(server: &Server, arguments: &[&str]) -> String {
    json(server, arguments)["key"].as_str().unwrap().to_owned()
}

#[test]
fn a_renewed_key_is_refused_and_answers_again_once_the_renewal_is_taken_back() {
    if !have(&["dig"]) {
        return;
    }
    let server = Server::start("[publish]\nclients = []\n");
    let answers = |key: &str| server.dig(&format!("{key}.127.0.0.2"), "A") == "127.0.0.2";
    let first = made(&server, &["key", "add", "mx", "--per-day", "1000", "--json"]);
    until("the key to answer", || answers(&first).then_some(()));
    let shown = server.command(&["key", "show"]);
    let told = shown.split_whitespace().nth(1).unwrap();
    assert!(told.parse::<u64>().unwrap() > 0, "{shown}");
    assert!(shown.contains("of 1000 questions today"), "{shown}");
    assert!(json(&server, &["key", "show", "--json"])["today"].as_u64() > Some(0));

    let second = made(&server, &["key", "renew", "mx", "--json"]);
    until("the new key to answer", || answers(&second).then_some(()));
    assert!(!answers(&first));
    let renewal = json(&server, &["audit", "--act", "key.change", "--json"])["id"].to_string();
    let told = server.command(&["key", "back", &renewal]);
    assert!(
        told.contains("The key that mx had before is good again"),
        "{told}"
    );
    until("the old key to answer", || answers(&first).then_some(()));
    assert!(!answers(&second));
}
