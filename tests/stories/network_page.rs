//! The page of a network: a notice leaves, its link is opened, a button is pressed, and DNS no longer answers for the address.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::first_light::{Sink, serve_recorded_rdap};
use crate::harness::{Server, have, swaks, until};

/// The sender of the story: a loopback address, and the address of a recorded RDAP answer that it stands for.
pub(crate) const SENDER: (&str, &str) = ("127.0.0.23", "62.239.237.1");
/// Where the recorded answer says complaints go.
const CONTACT: &str = "zzdnsr@bt.com";

#[test]
fn the_link_of_a_notice_opens_the_page_that_takes_the_address_off() {
    if !have(&["swaks", "dig", "smtp-sink"]) {
        return;
    }
    let Some((server, sink, link)) = told_network() else {
        return;
    };
    let address = SENDER.1;

    let (status, page) = server.http("GET", &link);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains(CONTACT) && page.contains(address), "{page}");
    let (status, seen) = server.http("GET", &format!("{link}/ip/{address}"));
    assert_eq!(status, 200, "{seen}");
    assert!(
        seen.contains("Cheap watches") && !seen.contains("old.friend@trap.example"),
        "{seen}"
    );

    assert_eq!(server.dig(address, "A"), "127.0.0.3");
    let (status, page) = post(&server, &format!("{link}/fixed"), &format!("address={address}"));
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("1 of 1 are off the list"), "{page}");
    assert_eq!(server.dig(address, "A"), "");
    let (_, table) = server.http("GET", &format!("{link}/addresses.csv"));
    assert!(
        table.contains(&format!("{address},no,spam,127.0.0.3,")),
        "{table}"
    );

    // The ticket is a credential: it stands in no metric.
    let (_, metrics) = server.http("GET", "/metrics");
    assert!(metrics.contains("/network/{ticket}"), "{metrics}");
    assert!(!metrics.contains(&link), "{metrics}");

    // Whoever lost the link asks for a fresh one, which goes to the same mailbox.
    let (status, page) = post(
        &server,
        "/network",
        &format!("mailbox={}", CONTACT.replace('@', "%40")),
    );
    assert_eq!(status, 200, "{page}");
    let fresh = until("the fresh link", || {
        let mails = sink.mails();
        mails.into_iter().find(|mail| mail.contains("auto-replied"))
    });
    assert!(fresh.contains(&format!("<{CONTACT}>")), "{fresh}");
    let (status, page) = server.http("GET", &self::link(&fresh));
    assert_eq!(status, 200, "{page}");
}

/// A network that was told of an address; gives the path of the link in its notice too. None, and a skip, without the recorded answer.
pub(crate) fn told_network() -> Option<(Server, Sink, String)> {
    let rdap = serve_recorded_rdap()?;
    let sink = Sink::start();
    let (local, address) = SENDER;
    let server = Server::start(&format!(
        "public_url = \"https://list.atalaya.example\"\n[trap.stand_for]\n\"{local}\" = \"{address}\"\n\
         [contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\nrdap_servers = {{ \"62.0.0.0/8\" = \"http://{rdap}/\" }}\n\
         [notice]\nrelay = \"127.0.0.1:{}\"\ntls = \"none\"\nsender = \"list@atalaya.example\"\n",
        sink.port
    ));
    swaks(server.smtp, local, &["--header", "Subject: Cheap watches"]);
    let notice = until("the notice", || sink.mails().into_iter().next());
    let link = link(&notice);
    Some((server, sink, link))
}

/// The path of the link to the page of the network in a mail.
pub(crate) fn link(mail: &str) -> String {
    let plain = mail.replace("=\r\n", "").replace("=\n", "");
    let (_, rest) = plain
        .split_once("https://list.atalaya.example/network/")
        .unwrap_or_else(|| panic!("no link in {mail}"));
    let is_of_a_ticket = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let end = rest.find(|c| !is_of_a_ticket(c)).unwrap_or(rest.len());
    format!("/network/{}", &rest[..end])
}

/// Sends a form, and gives status and body.
fn post(server: &Server, path: &str, form: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server.http).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{form}",
        server.http,
        form.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}
