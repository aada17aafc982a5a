//! The milter behind a real Postfix, with the line of its page, and asked by miltertest, which speaks the protocol of Sendmail.

use std::fs::Permissions;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use atalaya_store::{Seen, Store, StoreUrl};

use super::postfix::Postfix;
use super::resolver::Resolver;
use super::{BLOCKED, WELCOME, list_with, page_of, ready, snippet_of};
use crate::harness::{Server, files_in, have, run, text, until};

/// The page.
const PAGE: &str = include_str!("../../../docs/guide/milter.md");
/// A trap at the mail server.
const TRAPS: &str = "[trap]\naddresses = [{ address = \"web@trap.example\", kind = \"pristine\" }]\n";
/// Takes the PROXY header that gives a client any address, and keeps every message where it can be looked at.
const SETTINGS: &str = "smtpd_upstream_proxy_protocol = haproxy\n\
     smtpd_recipient_restrictions = check_client_access static:HOLD\n";

/// The list with a milter, configured like this.
fn list_that(config: &str) -> (Server, SocketAddr) {
    let server = list_with(&format!("[listen]\nmilter = \"127.0.0.1:0\"\n{TRAPS}{config}"));
    let milter = server.rest["milter"];
    (server, milter)
}

/// A Postfix that asks it.
fn postfix(server: &Server, milter: SocketAddr, settings: &str) -> Postfix {
    let line = snippet_of(PAGE, "milter");
    assert!(line.contains("inet:127.0.0.1:8893"), "{line}");
    let line = line.replace("127.0.0.1:8893", &milter.to_string());
    Postfix::start(
        Resolver::start(server),
        "smtpd",
        &format!("{SETTINGS}{line}{settings}"),
    )
}

impl Postfix {
    /// The messages that it keeps, with their headers.
    fn kept(&self) -> Vec<String> {
        let config = self.path("etc");
        let held = files_in(&self.path("queue/hold"));
        let show = |file: &std::path::PathBuf| {
            run(
                "postcat",
                &["-c", config.to_str().unwrap(), file.to_str().unwrap()],
            )
        };
        held.iter().map(show).collect()
    }

    /// Lets somebody log in: me@trap.example, with the password `secret`.
    fn add_user(&self) {
        let users = self.path("users");
        let mut adding = Command::new("saslpasswd2")
            .args(["-p", "-c", "-u", "trap.example", "me", "-f"])
            .arg(&users)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        adding.stdin.take().unwrap().write_all(b"secret").unwrap();
        assert!(adding.wait().unwrap().success());
        std::fs::set_permissions(users, Permissions::from_mode(0o644)).unwrap();
    }
}

/// What the store keeps, in its order: sensor, kind, address and trap, and the message.
fn observations(server: &Server) -> Vec<(String, String)> {
    let url = StoreUrl::Sqlite(server.data().join("atalaya.db"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&url, atalaya_model::Clock::system()).await.unwrap();
        let mut all = Vec::new();
        for Seen {
            observation: seen, ..
        } in store.observations_after(0, 100).await.unwrap()
        {
            let told = format!("{} {} {} {:?}", seen.sensor, seen.kind, seen.address, seen.trap);
            let message = match &seen.message {
                Some(digest) => store.message(digest).await.unwrap().unwrap(),
                None => Vec::new(),
            };
            all.push((told, text(&message)));
        }
        store.close().await;
        all
    })
}

#[test]
fn postfix_refuses_the_listed_at_their_recipients_and_lets_others_in() {
    if !ready(&["postfix", "swaks"]) {
        return;
    }
    let (server, milter) = list_that("");
    let postfix = postfix(&server, milter, "");
    for (address, told) in postfix.told_at_once(&[BLOCKED, WELCOME].concat()) {
        assert!(told.contains("250 2.1.0 Ok"), "the sender is taken: {told}");
        let is_right = if BLOCKED.contains(&address) {
            told.contains(&format!("554 5.7.1 {address} is listed as ")) && told.contains(&page_of(address))
        } else {
            told.contains("250 2.1.5 Ok")
        };
        assert!(is_right, "{address}: {told}\n{}", postfix.log());
    }
    let told = postfix.hears(BLOCKED[0], &["--to", "postmaster@trap.example"]);
    assert!(
        told.contains("250 2.0.0 Ok: queued"),
        "who asks why is heard: {told}"
    );
}

#[test]
fn postfix_puts_the_header_on_a_mail_that_is_to_be_marked() {
    if !ready(&["postfix", "swaks", "postcat"]) {
        return;
    }
    let mark = "[advice]\nspam = \"mark X-Atalaya: listed; class={class}; address={address}; see={url}\"\n";
    let (server, milter) = list_that(mark);
    let postfix = postfix(&server, milter, "");
    for address in ["192.0.2.3", "192.0.2.99"] {
        let told = postfix.hears(address, &["--header", "X-From: 100%"]);
        assert!(told.contains("250 2.0.0 Ok: queued"), "{address}: {told}");
    }
    let kept = postfix.kept();
    assert_eq!(kept.len(), 2, "{kept:?}");
    let header =
        "\nX-Atalaya: listed; class=spam; address=192.0.2.3; see=https://list.example.net/ip/192.0.2.3\n";
    let marked: Vec<_> = kept.iter().filter(|mail| mail.contains(header)).collect();
    assert_eq!(marked.len(), 1, "{kept:?}");
    assert!(marked[0].contains("X-From: 100%"), "{marked:?}");
    assert_eq!(observations(&server), [], "mail that is no trap's is not kept");
}

#[test]
fn a_mail_to_a_trap_behind_postfix_becomes_evidence_and_lists_its_client() {
    if !ready(&["postfix", "swaks"]) {
        return;
    }
    let (server, milter) = list_that("");
    let postfix = postfix(&server, milter, "");
    let (new, known) = ("192.0.2.77", "192.0.2.3");
    for (client, to, reply) in [
        (new, "web@trap.example", "250 2.0.0 Ok: queued"),
        (known, "Web@trap.example", "554 5.7.1 192.0.2.3 is listed as spam"),
    ] {
        let told = postfix.hears(client, &["--to", to, "--header", "Subject: Watches"]);
        assert!(told.contains(reply), "{client}: {told}\n{}", postfix.log());
    }
    until("the listing", || {
        let told = postfix.told(new);
        told.contains("554 5.7.1 192.0.2.77 is listed as spam")
            .then_some(())
    });
    let kept = observations(&server);
    let [(spam, message), (refused, none)] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(*spam, format!("milter spam {new} Some(Pristine)"));
    assert!(
        message.starts_with("Date: ") && message.contains("\r\nSubject: Watches\r\n"),
        "{message}"
    );
    assert!(message.ends_with("\r\n\r\nThis is a test mailing"), "{message}");
    assert_eq!(
        *refused,
        format!("milter unknown-recipient {known} Some(Pristine)")
    );
    assert_eq!(none, "");
}

#[test]
fn who_logged_in_is_not_looked_at() {
    if !ready(&["postfix", "swaks", "saslpasswd2"]) {
        return;
    }
    let (server, milter) = list_that("");
    let sasl = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_security_options = noanonymous\n";
    let postfix = postfix(&server, milter, sasl);
    postfix.add_user();
    let login = [
        "--auth",
        "PLAIN",
        "--auth-user",
        "me@trap.example",
        "--auth-password",
        "secret",
    ];
    let to_trap = ["--to", "web@trap.example"];
    let told = postfix.hears("192.0.2.3", &[login.as_slice(), &to_trap].concat());
    assert!(
        told.contains("235 2.7.0") && told.contains("250 2.0.0 Ok: queued"),
        "{told}\n{}",
        postfix.log()
    );
    let told = postfix.told("192.0.2.3");
    assert!(
        told.contains("554 5.7.1 192.0.2.3 is listed"),
        "not logged in: {told}"
    );
    assert_eq!(observations(&server), []);
}

#[test]
fn mail_passes_while_the_milter_is_not_there() {
    if !ready(&["postfix", "swaks"]) {
        return;
    }
    let (server, milter) = list_that("");
    let postfix = postfix(&server, milter, "");
    assert!(postfix.told("192.0.2.3").contains("554 5.7.1 192.0.2.3"));
    assert_eq!(server.end(), Some(0));
    assert!(postfix.told("192.0.2.3").contains("250 2.1.5 Ok"));
}

/// What miltertest is to do and to find, at PORT.
const SCRIPT: &str = r#"
local function client(address)
  local conn = mt.connect("inet:PORT@127.0.0.1")
  if conn == nil then error("no connection") end
  if VERSION == 2 then
    if mt.negotiate(conn, 2, 15, 127) ~= nil then error("no agreement") end
  else
    if mt.negotiate(conn, nil, nil, nil) ~= nil then error("no agreement") end
    if not mt.test_action(conn, SMFIF_ADDHDRS) then error("does not ask for headers") end
    if mt.test_action(conn, SMFIF_CHGBODY) then error("asks for too much") end
    if not mt.test_option(conn, SMFIP_NR_HELO) then error("answers HELO") end
  end
  mt.conninfo(conn, "pc.example", address)
  return conn
end
local function expect(conn, reply, where)
  if mt.getreply(conn) ~= reply then error(where .. ": " .. string.char(mt.getreply(conn))) end
end

local conn = client("192.0.2.2")
expect(conn, SMFIR_CONTINUE, "the listed come")
mt.helo(conn, "pc.example")
mt.mailfrom(conn, "<x@y.example>")
expect(conn, SMFIR_CONTINUE, "their sender")
mt.rcptto(conn, "<a@b.example>")
expect(conn, SMFIR_REPLYCODE, "their recipient")
mt.rcptto(conn, "<abuse@b.example>")
expect(conn, SMFIR_CONTINUE, "who can be asked")
mt.abort(conn)
mt.macro(conn, SMFIC_MAIL, "{auth_authen}", "me", "{auth_type}", "PLAIN")
mt.mailfrom(conn, "<me@b.example>")
expect(conn, SMFIR_ACCEPT, "the sender who logged in")
mt.disconnect(conn)

conn = client("192.0.2.3")
mt.helo(conn, "pc.example")
mt.mailfrom(conn, "<x@y.example>", "SIZE=100")
mt.rcptto(conn, "<web@trap.example>")
expect(conn, SMFIR_CONTINUE, "a trap")
if VERSION ~= 2 then mt.data(conn) end
mt.header(conn, "Subject", "Watches")
mt.eoh(conn)
mt.bodystring(conn, "Buy\r\nVERSION\r\n") -- the same message again would be one observation
mt.bodyrandom(conn, 200000)
mt.eom(conn)
expect(conn, SMFIR_ACCEPT, "the end")
local value = "spam"
if VERSION ~= 2 then value = " spam" end -- the space is sent too
if not mt.eom_check(conn, MT_HDRINSERT, "X-List", value, 0) then error("no header") end
mt.disconnect(conn)

conn = client("10.0.0.1")
expect(conn, SMFIR_ACCEPT, "a private address")
mt.disconnect(conn)
conn = client("unspec")
expect(conn, SMFIR_ACCEPT, "no address")
mt.disconnect(conn, false)
"#;

#[test]
fn miltertest_finds_every_answer_in_its_place() {
    if !have(&["miltertest"]) {
        return;
    }
    let (server, milter) = list_that("[advice]\nspam = \"mark X-List: {class}\"\n");
    for version in [6, 2] {
        let script = SCRIPT
            .replace("PORT", &milter.port().to_string())
            .replace("VERSION", &version.to_string());
        let file = server.data().join("script.lua");
        std::fs::write(&file, script).unwrap();
        let output = Command::new("miltertest").arg("-s").arg(&file).output().unwrap();
        assert!(
            output.status.success(),
            "{version}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    }
    let seen = until("the evidence", || {
        let seen = observations(&server);
        (seen.len() == 2).then_some(seen)
    });
    for (told, message) in &seen {
        assert_eq!(told, "milter spam 192.0.2.3 Some(Pristine)");
        assert!(message.starts_with("Subject: Watches\r\n\r\nBuy\r\n") && message.len() > 200_000);
    }
}
