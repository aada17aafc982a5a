//! The guide to the policy service, tried: a real Postfix asks at each recipient, does what it is told, and goes on when nobody answers.

use std::net::TcpListener;

use super::postfix::Postfix;
use super::resolver::Resolver;
use super::{LISTED, ZONE, open_folder, page_of, ready, snippet_of};
use crate::harness::{Server, run, until};

/// The page.
const PAGE: &str = include_str!("../../../docs/guide/policy.md");
/// The port of the page.
const PORT: &str = "127.0.0.1:10031";
/// The socket of the page, below the queue directory.
const SOCKET: &str = "unix:atalaya/policy";
/// Beside the snippet: clients come from any address, and every header is written to the log.
const FRAME: &str = "smtpd_upstream_proxy_protocol = haproxy\nheader_checks = static:WARN\n";
/// The recipient that the harness names is a trap.
const TRAP: &str = "[trap]\naddresses = [{ address = \"old.friend@trap.example\", kind = \"pristine\" }]\n";
/// How a client ends that only wants to know.
const ASK: &[&str] = &["--quit-after", "RCPT"];
/// A recipient that is no trap.
const REAL: &[&str] = &["--to", "ana@trap.example", "--quit-after", "RCPT"];

/// A server of the page, with something listed of each class, and the name of a trap.
fn server(socket: &str) -> Server {
    let (_, behind) = PAGE
        .split_once("```toml\n")
        .expect("the page has a configuration");
    let (config, _) = behind.split_once("```").expect("a fence ends");
    let config = config.replace(PORT, "127.0.0.1:0");
    let url = "public_url = \"https://list.example.net\"\n";
    let server = Server::start_with(&format!("{url}{config}{TRAP}{socket}"), &["--zone", ZONE]);
    for (prefix, class) in LISTED {
        server.command(&["list", "add", prefix, "--class", class]);
    }
    server
}

/// A Postfix with the snippet of the page that asks at a port.
fn asking_at(server: &Server, at: &str) -> Postfix {
    let settings = snippet_of(PAGE, "inet").replace(PORT, at) + FRAME;
    Postfix::start(Resolver::start(server), "smtpd", &settings)
}

/// Starts both; none where they cannot be run.
fn start() -> Option<(Server, Postfix)> {
    if !ready(&["postfix", "swaks"]) {
        return None;
    }
    let server = server("");
    let postfix = asking_at(&server, &server.rest["policy"].to_string());
    Some((server, postfix))
}

#[test]
fn a_postfix_that_asks_does_to_each_class_what_the_operator_wants() {
    let Some((server, postfix)) = start() else { return };
    for address in ["192.0.2.2", "192.0.2.3", "192.0.2.10"] {
        let told = postfix.hears(address, REAL);
        let is_refused = told.contains("554 5.7.1") && told.contains(&page_of(address));
        assert!(is_refused, "{told}\n{}", postfix.log());
    }
    for address in ["192.0.2.4", "2001:db8:1:2::25"] {
        let told = postfix.hears(address, REAL);
        assert!(
            told.contains("450 4.7.1") && told.contains(&page_of(address)),
            "{told}"
        );
    }
    // Its own network is listed, and passes.
    for address in ["192.0.2.99", "198.51.100.77", "2001:db8:1:3::25"] {
        let told = postfix.hears(address, REAL);
        assert!(told.contains("250 2.1.5 Ok"), "{told}\n{}", postfix.log());
    }
    let two = ["--to", "ana@trap.example,juan@trap.example"];
    let told = postfix.hears("192.0.2.11", &two);
    assert!(told.contains("250 2.0.0 Ok"), "{told}\n{}", postfix.log());
    let log = until("the header in the log", || {
        Some(postfix.log()).filter(|log| log.contains("header Subject:"))
    });
    assert_eq!(log.matches("header X-Listed: policy").count(), 1, "{log}");
    // An allow entry is felt with the next recipient.
    server.command(&["allow", "add", "192.0.2.3", "--reason", "mended"]);
    assert!(postfix.hears("192.0.2.3", REAL).contains("250 2.1.5 Ok"));
}

#[test]
fn who_writes_to_a_trap_at_a_postfix_is_listed_and_refused_the_next_time() {
    let Some((server, postfix)) = start() else { return };
    let stranger = "192.0.2.77";
    assert!(postfix.hears(stranger, REAL).contains("250 2.1.5 Ok"));
    // A forger used the trap as a sender, and this server asks about it.
    let probe = ["--from", "<>", "--quit-after", "RCPT"];
    assert!(postfix.hears("192.0.2.78", &probe).contains("250 2.1.5 Ok"));
    assert!(postfix.hears("198.51.100.7", ASK).contains("250 2.1.5 Ok"));
    // Twice, because nothing but the name of the trap was said.
    for sender in ["one@sender.example", "two@sender.example"] {
        let named = ["--from", sender, "--quit-after", "RCPT"];
        assert!(postfix.hears(stranger, &named).contains("250 2.1.5 Ok"));
    }
    until("the listing", || {
        let told = postfix.hears(stranger, REAL);
        (told.contains("554 5.7.1") && told.contains(&page_of(stranger))).then_some(())
    });
    let listing = server.lookup(stranger).to_string();
    assert!(listing.contains("\"spam\""), "{listing}");
    for innocent in ["192.0.2.78", "198.51.100.7"] {
        let told = postfix.hears(innocent, REAL);
        assert!(told.contains("250 2.1.5 Ok"), "{told}");
    }
    let (_, metrics) = server.http("GET", "/metrics");
    assert!(
        metrics.contains("atalaya_observe_policy_answers_total{action=\"reject\"}"),
        "{metrics}"
    );
}

#[test]
fn a_postfix_goes_on_when_the_service_is_down_or_silent() {
    let Some((server, postfix)) = start() else { return };
    assert!(postfix.hears("192.0.2.3", REAL).contains("554 5.7.1"));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let waiting = asking_at(&server, &silent.local_addr().unwrap().to_string());
    let told = waiting.hears("192.0.2.3", REAL);
    assert!(told.contains("250 2.1.5 Ok"), "{told}\n{}", waiting.log());
    drop(server);
    let told = postfix.hears("192.0.2.3", REAL);
    assert!(told.contains("250 2.1.5 Ok"), "{told}\n{}", postfix.log());
}

#[test]
fn a_postfix_asks_over_a_unix_socket() {
    if !ready(&["postfix", "swaks"]) {
        return;
    }
    let above = open_folder();
    let folder = above.path().join("atalaya");
    // As the page says.
    run(
        "install",
        &["-d", "-m", "0750", "-g", "postfix", folder.to_str().unwrap()],
    );
    let path = folder.join("policy");
    let server = server(&format!("[policy]\nsocket = \"{}\"\n", path.display()));
    let settings = snippet_of(PAGE, "unix").replace(SOCKET, &format!("unix:{}", path.display())) + FRAME;
    let postfix = Postfix::start(Resolver::start(&server), "smtpd", &settings);
    let told = postfix.hears("192.0.2.3", REAL);
    assert!(
        told.contains("554 5.7.1") && told.contains(&page_of("192.0.2.3")),
        "{told}\n{}",
        postfix.log()
    );
    assert!(postfix.hears("192.0.2.99", REAL).contains("250 2.1.5 Ok"));
}
