//! A network enrols by itself: on the page of a running server, by the link in its mail and a record in its reverse zone, until an event comes
//! by its feed.

use std::sync::{Arc, Mutex};

use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::harness::{Server, files_in, have, run, swaks, until};

/// The name of the record that proves the prefix.
pub(crate) const OWNER: &str = "_atalaya-feedback.2.0.192.in-addr.arpa";

pub(crate) fn config(dns: &DnsPeer) -> String {
    format!(
        "public_url = \"https://list.atalaya.example\"\n\
         [[trap.addresses]]\naddress = \"@trap.example\"\nkind = \"pristine\"\n\
         [trap.stand_for]\n\"127.0.0.41\" = \"192.0.2.41\"\n\
         [contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\nresolvers = [\"{}\"]\n",
        dns.address()
    )
}

/// Sends a form as a browser does, and gives the page.
fn press(server: &Server, path: &str, fields: &[&str]) -> String {
    let url = format!("http://{}{path}", server.http);
    let mut arguments = vec!["-sS", "-H", "Origin: https://list.atalaya.example"];
    for field in fields {
        arguments.extend(["--data-urlencode", field]);
    }
    arguments.push(&url);
    run("curl", &arguments)
}

/// What stands in a text after some words, as long as it is of letters, digits, `-` and `_`.
pub(crate) fn word_after(text: &str, words: &str) -> String {
    let (_, rest) = text
        .split_once(words)
        .unwrap_or_else(|| panic!("{words:?} is not in {text}"));
    rest.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect()
}

/// The path of the link in the mail to the enroller, once it lies in the folder.
pub(crate) fn link(server: &Server) -> String {
    let mail = until("the mail with the link", || {
        let mut mails = files_in(&server.data().join("notices"))
            .into_iter()
            .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned());
        mails.find(|mail| mail.contains("\r\nTo: <abuse@cheap.example>") && mail.contains("/feedback/mine/"))
    });
    let plain = mail.replace("=\r\n", "");
    format!(
        "/feedback/mine/{}",
        word_after(&plain, "https://list.atalaya.example/feedback/mine/")
    )
}

/// A name server that holds what is put there.
pub(crate) fn name_server(runtime: &Runtime) -> (DnsPeer, Arc<Mutex<Vec<DnsRecord>>>) {
    let records = Arc::new(Mutex::new(Vec::<DnsRecord>::new()));
    let known = Arc::clone(&records);
    let script = move |name: &str| {
        let known = known.lock().unwrap();
        let found: Vec<_> = known.iter().filter(|one| one.is_about(name)).cloned().collect();
        match found.is_empty() {
            true => DnsReply::Status(3),
            false => DnsReply::Records(found),
        }
    };
    (runtime.block_on(DnsPeer::start(script)).unwrap(), records)
}

#[test]
fn a_network_enrols_on_the_page_and_proves_itself_by_dns_until_its_feed_tells() {
    if !have(&["swaks", "curl"]) {
        return;
    }
    let runtime = Runtime::new().unwrap();
    let (dns, records) = name_server(&runtime);
    let server = Server::start(&config(&dns));
    let fields = ["scope=192.0.2.0/24", "mailbox=abuse@cheap.example", "proof=txt"];
    let page = press(&server, "/feedback", &fields);
    assert!(page.contains("Look into your mailbox"), "{page}");
    let link = link(&server);
    let (status, page) = server.http("GET", &link);
    assert!(status == 200 && page.contains("Did you ask for this?"), "{page}");
    let id = format!("id={}", word_after(&page, "name=\"id\" value=\""));
    let listed = server.command(&["feedback", "list"]);
    assert!(
        listed.contains("asked") && listed.contains("mailbox not confirmed"),
        "{listed}"
    );

    let page = press(&server, &format!("{link}/go-on"), &[&id]);
    assert!(page.contains("Not yet") && page.contains(OWNER), "{page}");
    let (_, page) = server.http("GET", &link);
    let token = word_after(&page, "token=");
    records
        .lock()
        .unwrap()
        .push(DnsRecord::txt(OWNER, &format!("token={token}")));
    let page = press(&server, &format!("{link}/go-on"), &[&id]);
    assert!(page.contains("You are enrolled"), "{page}");
    let key = word_after(&page, "Bearer ");
    let shown = server.command(&["feedback", "list"]);
    assert!(
        shown.contains("active") && shown.contains("proven by txt"),
        "{shown}"
    );

    assert!(swaks(server.smtp, "127.0.0.41", &[]).contains("250"));
    let url = format!("http://{}/api/v1/feedback/events?after=0", server.http);
    let header = format!("Authorization: Bearer {key}");
    let event = until("the event", || {
        let page: Value = serde_json::from_str(&run("curl", &["-sS", "-H", &header, &url])).unwrap();
        page["events"].as_array().unwrap().first().cloned()
    });
    assert_eq!(event["address"], "192.0.2.41");
    let page = press(&server, &format!("{link}/end"), &[&id]);
    assert!(page.contains("It has ended"), "{page}");
    assert_eq!(server.command(&["feedback", "list"]), "Nobody has enrolled.");
}
