//! Reports through the API that list an address, and a reporter who takes his back.

use crate::harness::{Server, have, run, until};

const ADDRESS: &str = "192.0.2.61";

/// A call of the reports API with a key.
fn call(server: &Server, method: &str, path: &str, key: &str) -> String {
    let url = format!("http://{}/api/v2/{path}", server.http);
    run("curl", &["-sS", "-X", method, "-H", &format!("Key: {key}"), &url])
}

/// The key of a new reporter, which the server knows.
fn key(server: &Server, name: &str) -> String {
    let answer = server.command(&["reporter", "add", name, "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let key = answer["key"].as_str().unwrap().to_owned();
    let check = format!("check?ipAddress={ADDRESS}");
    until("the server knows the key", || {
        call(server, "GET", &check, &key)
            .contains("\"data\"")
            .then_some(())
    });
    key
}

#[test]
fn a_reporter_who_takes_back_what_he_said_takes_an_address_off_the_list() {
    if !have(&["curl"]) {
        return;
    }
    let server = Server::start("");
    let keys = ["one", "two", "three", "four"].map(|name| key(&server, name));
    let report = format!("report?ip={ADDRESS}&categories=11");
    for key in &keys {
        let answer = call(&server, "POST", &report, key);
        assert!(answer.contains("abuseConfidenceScore"), "{answer}");
    }
    let is_listed = || server.lookup(ADDRESS)["listed"] == true;
    until("four members list it", || is_listed().then_some(()));
    let clear = format!("clear-address?ipAddress={ADDRESS}");
    let answer = call(&server, "DELETE", &clear, &keys[0]);
    assert!(answer.contains("\"numReportsDeleted\":1"), "{answer}");
    until("it leaves", || (!is_listed()).then_some(()));
    // The others still say so, and it takes a fourth again.
    let answer = call(&server, "GET", &format!("check?ipAddress={ADDRESS}"), &keys[1]);
    assert!(answer.contains("\"numDistinctUsers\":3"), "{answer}");
}
