//! The door of the console, from the first start on: the link of the first administrator, signing in with a code, and the audit trail that shows what
//! was done there and by commands.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

use crate::harness::{ATALAYA, PATIENCE, atalaya, run, text};

const PASSWORD: &str = "cuatro palabras muy tranquilas";
/// Seconds of a step of the second factor.
const STEP: u64 = 30;

/// An answer: status, the headers as they came, and the body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// The cookie that it sets, as a browser sends it back.
    fn cookie(&self) -> String {
        let set = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "));
        set.unwrap().split(';').next().unwrap().to_owned()
    }

    /// What stands between two texts.
    fn between(&self, before: &str, behind: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap();
        rest.split_once(behind).unwrap().0.to_owned()
    }
}

/// Asks the pages as a browser on this machine does; with fields it sends a form.
fn ask(http: SocketAddr, path: &str, cookie: &str, fields: Option<&[(&str, &str)]>) -> Answer {
    let mut stream = TcpStream::connect(http).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let form = |(name, value): &(&str, &str)| format!("{name}={}", value.replace(' ', "+"));
    let body = fields.map(|fields| fields.iter().map(form).collect::<Vec<_>>().join("&"));
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {http}\r\nOrigin: http://{http}\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// The code of a step (RFC 6238).
pub(crate) fn code_of(secret: &str, step: u64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let tag = sign(
        &Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret),
        &step.to_be_bytes(),
    );
    let at = usize::from(tag.as_ref()[19] & 0x0f);
    let four: [u8; 4] = tag.as_ref()[at..at + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// The step of now.
fn step() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / STEP
}

/// Starts a server in a folder; gives it, where its pages are, and the link of the first administrator.
fn start(folder: &Path) -> (Child, SocketAddr, String) {
    let config = "[contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\n";
    std::fs::write(folder.join("atalaya.toml"), config).unwrap();
    let listen = ["dns", "smtp", "http"].map(|name| format!("--listen={name}=127.0.0.1:0"));
    let mut server = Command::new(ATALAYA)
        .arg("serve")
        .args(listen)
        .arg("--data")
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let said: Vec<String> = lines
        .map(Result::unwrap)
        .take_while(|line| line != "ready")
        .collect();
    let named = |name: &str| said.iter().find_map(|line| line.strip_prefix(name)).unwrap();
    let http: SocketAddr = named("http=").parse().unwrap();
    let link = named(&format!("first-administrator=http://{http}")).to_owned();
    (server, http, link)
}

/// An account: the secret of its factor, the step that was used of it, and the cookie of its first session.
struct Account {
    secret: String,
    used: u64,
    cookie: String,
}

/// Makes the account of a link.
fn make_account(http: SocketAddr, link: &str) -> Account {
    let secret = ask(http, link, "", None).between("name=\"secret\" value=\"", "\"");
    let used = step();
    let fields = [
        ("name", "marta"),
        ("password", PASSWORD),
        ("secret", &secret),
        ("code", &code_of(&secret, used)),
    ];
    let page = ask(http, link, "", Some(&fields));
    assert_eq!(page.status, 200, "{}", page.body);
    let cookie = page.cookie();
    Account { secret, used, cookie }
}

#[test]
fn the_first_start_prints_a_link_and_what_is_done_stands_in_the_audit_trail() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, http, link) = start(folder.path());

    // The link makes the account, and signs in; it works once.
    let marta = make_account(http, &link);
    assert_eq!(ask(http, &link, "", None).status, 404);

    // Out, and in again with the password and the next code; without a code, or with the one that was used, nobody gets in.
    let csrf = ask(http, "/console", &marta.cookie, None).between("name=\"csrf\" value=\"", "\"");
    let out = ask(http, "/console/sign-out", &marta.cookie, Some(&[("csrf", &csrf)]));
    assert_eq!(out.status, 303);
    assert_eq!(ask(http, "/console", &marta.cookie, None).status, 303);
    let sign_in = |code: &str| {
        let fields = [("name", "Marta"), ("password", PASSWORD), ("code", code)];
        ask(http, "/console/sign-in", "", Some(&fields))
    };
    assert_eq!(sign_in("").status, 403);
    assert_eq!(sign_in(&code_of(&marta.secret, marta.used)).status, 403);
    let page = sign_in(&code_of(&marta.secret, marta.used + 1));
    assert_eq!(page.status, 303, "{}", page.body);

    // What commands do stands in the trail beside what was done at the console.
    let command = |arguments: &[&str]| atalaya(arguments, folder.path());
    let list = command(&["list", "add", "192.0.2.7", "--reason", "Sends spam."]);
    assert!(list.status.success(), "{}", text(&list.stderr));
    assert!(!command(&["list", "remove", "192.0.2.8"]).status.success());
    let trail = ask(http, "/console/audit", &page.cookie(), None).body;
    let user = format!("uid {}", run("id", &["-u"]).trim());
    for words in ["account.make", "session.close", "list.add", "192.0.2.7", &user] {
        assert!(trail.contains(words), "{words} is not in {trail}");
    }
    let told = text(&command(&["audit", "--act", "list.remove"]).stdout);
    assert!(told.contains("192.0.2.8 (not done by command)"), "{told}");

    run("kill", &["-TERM", &server.id().to_string()]);
    assert!(server.wait().unwrap().success());
    let accounts = text(&command(&["account", "list"]).stdout);
    assert!(accounts.starts_with("marta"), "{accounts}");
}
