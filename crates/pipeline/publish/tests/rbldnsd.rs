//! The same files and the same questions put to rbldnsd and to us: the same answers, and a table of what is meant to differ.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod questions;
mod support;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::rbldnsd::Options;
use atalaya_publish::{DnsServer, DnsSockets, FileZones, PublishConfig};
use atalaya_testkit::TestClock;
use domain::base::Rtype;
use questions::{FILES, ZONES, questions};
use support::{Edns, LIMIT, Reply, build, query};
use tokio::net::UdpSocket;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What differs on purpose: the question, what rbldnsd gives and what we give (result and number of records), and why.
const DIFFERENCES: [(&str, Rtype, &str, &str, &str); 11] = [
    (
        "0.10.set.ex",
        Rtype::A,
        "NXDOMAIN 0",
        "NOERROR 0",
        "a name above a listing exists (RFC 8020)",
    ),
    (
        "com.names.ex",
        Rtype::A,
        "NXDOMAIN 0",
        "NOERROR 0",
        "a name above a listing exists (RFC 8020)",
    ),
    (
        "er.plain.ex",
        Rtype::A,
        "NXDOMAIN 0",
        "NOERROR 0",
        "a name above a record exists (RFC 8020)",
    ),
    (
        "test.names.ex",
        Rtype::A,
        "NXDOMAIN 0",
        "NOERROR 1",
        "a list of names lists TEST (RFC 5782 section 5)",
    ),
    (
        "2.0.0.127.set.ex",
        Rtype::A,
        "NXDOMAIN 0",
        "NOERROR 1",
        "a list of addresses lists 127.0.0.2 (RFC 5782 section 5)",
    ),
    (
        "01.0.0.10.set.ex",
        Rtype::A,
        "NOERROR 1",
        "NXDOMAIN 0",
        "one address has one name",
    ),
    (
        "set.ex",
        Rtype::CAA,
        "NOTIMP 0",
        "NOERROR 0",
        "a type without records is no error (RFC 3597)",
    ),
    (
        "set.ex",
        Rtype::AXFR,
        "NOTIMP 0",
        "REFUSED 0",
        "zones of files are not transferred",
    ),
    (
        "1.0.0.10.set.ex",
        Rtype::AXFR,
        "NOTIMP 0",
        "REFUSED 0",
        "zones of files are not transferred",
    ),
    (
        "one.ex",
        Rtype::CAA,
        "NOTIMP 0",
        "NOERROR 0",
        "a type without records is no error (RFC 3597)",
    ),
    (
        "0.0.127.many.ex",
        Rtype::A,
        "NXDOMAIN 0",
        "NOERROR 0",
        "a name above a listing exists (RFC 8020)",
    ),
];

/// rbldnsd on a free port, ended with the test.
struct Theirs(Child, UdpSocket);

impl Drop for Theirs {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Our server on a free port.
struct Ours {
    address: SocketAddr,
    socket: UdpSocket,
    files: Arc<FileZones>,
    _stop: DropGuard,
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    // As the manual says: beside it, and then in its place.
    let aside = folder.join(format!("{name}.new"));
    std::fs::write(&aside, bytes).unwrap();
    std::fs::set_permissions(&aside, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::rename(aside, path).unwrap();
}

fn pack(folder: &Path, name: &str, text: &str) {
    write(folder, name, text.as_bytes());
    let packed = Command::new("gzip")
        .args(["-f", "-c"])
        .arg(folder.join(name))
        .output();
    write(
        folder,
        &format!("{name}.gz"),
        &packed.expect("gzip is everywhere").stdout,
    );
}

/// The files, in a folder that every user may read.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for (name, text) in FILES {
        write(folder.path(), name, text.as_bytes());
    }
    let more = (0..2000).fold(String::new(), |mut text, number| {
        writeln!(
            text,
            "20.{}.{}.{} :{}",
            number % 7,
            number % 251,
            number % 13,
            number % 5 + 1
        )
        .unwrap();
        text
    });
    pack(folder.path(), "more", &more);
    folder
}

fn zones(folder: &Path, zones: &[&str]) -> Vec<atalaya_publish::FileZone> {
    let absolute = |zone: &str| {
        let (head, files) = zone.rsplit_once(':').unwrap();
        let files = files
            .split(',')
            .map(|file| folder.join(file).display().to_string());
        format!("{head}:{}", files.collect::<Vec<_>>().join(","))
    };
    zones.iter().map(|zone| absolute(zone).parse().unwrap()).collect()
}

async fn connect(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(address).await.unwrap();
    socket
}

async fn ours(folder: &Path, names: &[&str]) -> Ours {
    let clock = TestClock::default().clock();
    let files = Arc::new(FileZones::new(
        zones(folder, names),
        Options::default(),
        clock.clone(),
    ));
    let bad = files.refresh();
    assert!(bad.is_empty(), "{bad:?}");
    let sockets = DnsSockets::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = sockets.address();
    let stop = CancellationToken::new();
    let server = DnsServer::of_files(&PublishConfig::default(), Arc::clone(&files), clock);
    tokio::spawn(server.serve(vec![sockets], stop.clone()));
    Ours {
        address,
        socket: connect(address).await,
        files,
        _stop: stop.drop_guard(),
    }
}

/// rbldnsd on the same files, or nothing where it is missing.
async fn theirs(folder: &Path, zones: &[&str]) -> Option<Theirs> {
    let Some(program) = ["/usr/sbin/rbldnsd", "/usr/bin/rbldnsd"]
        .into_iter()
        .find(|path| Path::new(path).exists())
    else {
        atalaya_testkit::skip("rbldnsd is not installed");
        return None;
    };
    let port = std::net::UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Command::new(program);
    command
        .args(["-n", "-b", &format!("127.0.0.1/{port}"), "-w"])
        .arg(folder);
    // It refuses to run as root.
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.args(["-u", "nobody"]);
    }
    let child = command
        .args(zones)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let theirs = Theirs(child, connect(SocketAddr::from(([127, 0, 0, 1], port))).await);
    let until_up = async {
        let question = query("set.ex", Rtype::A);
        let mut buffer = [0; 512];
        loop {
            // Refused until the socket is bound.
            let sent = theirs.1.send(&question).await.is_ok();
            let answer = tokio::time::timeout(Duration::from_millis(50), theirs.1.recv(&mut buffer));
            if sent && matches!(answer.await, Ok(Ok(_))) {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, until_up)
        .await
        .expect("rbldnsd starts");
    Some(theirs)
}

/// Asks and gives the answer to this very question.
async fn ask(socket: &UdpSocket, name: &str, rtype: Rtype, number: u16) -> Reply {
    let mut question = query(name, rtype);
    question[..2].copy_from_slice(&number.to_be_bytes());
    socket.send(&question).await.unwrap();
    let mut buffer = vec![0; 65_535];
    loop {
        let length = tokio::time::timeout(LIMIT, socket.recv(&mut buffer))
            .await
            .expect("an answer")
            .unwrap();
        if buffer[..2] == question[..2] {
            return Reply::read(buffer[..length].to_vec());
        }
    }
}

/// What must be the same: the result, the records, and the SOA record of a negative answer.
fn essence(reply: &Reply) -> (String, bool, Vec<String>, Vec<String>) {
    let mut answer = reply.answer.clone();
    answer.sort();
    let negative = reply.authority.iter().filter(|record| record.contains(" SOA "));
    let negative = negative.filter(|_record| answer.is_empty()).cloned().collect();
    (reply.rcode(), reply.message.header().aa(), answer, negative)
}

fn short(reply: &Reply) -> String {
    format!("{} {}", reply.rcode(), reply.answer.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_questions_get_the_same_answers() {
    let folder = folder();
    let Some(theirs) = theirs(folder.path(), &ZONES).await else {
        return;
    };
    let ours = ours(folder.path(), &ZONES).await;
    let (mut number, mut listed) = (0_u16, 0);
    for name in questions() {
        for rtype in [Rtype::A, Rtype::TXT, Rtype::ANY, Rtype::MX, Rtype::SOA, Rtype::NS] {
            number = number.wrapping_add(1);
            let wanted = ask(&theirs.1, &name, rtype, number).await;
            let given = ask(&ours.socket, &name, rtype, number).await;
            listed += usize::from(!wanted.answer.is_empty());
            assert_eq!(essence(&given), essence(&wanted), "{name} {rtype}");
        }
    }
    assert!(listed > 1000, "only {listed} questions found anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listed_difference_is_one() {
    let folder = folder();
    let Some(theirs) = theirs(folder.path(), &ZONES).await else {
        return;
    };
    let ours = ours(folder.path(), &ZONES).await;
    for (name, rtype, wanted, given, why) in DIFFERENCES {
        assert_eq!(
            short(&ask(&theirs.1, name, rtype, 1).await),
            wanted,
            "rbldnsd on {name} {rtype}"
        );
        assert_eq!(
            short(&ask(&ours.socket, name, rtype, 1).await),
            given,
            "{name} {rtype}: {why}"
        );
    }
    // It ignores EDNS and knows no TCP.
    let edns = Edns {
        payload: 4096,
        version: 0,
        dnssec_ok: false,
    };
    let with_opt = build(
        "1.0.0.10.set.ex",
        Rtype::A,
        domain::base::iana::Class::IN,
        Some(edns),
    );
    for (socket, has_opt) in [(&theirs.1, false), (&ours.socket, true)] {
        socket.send(&with_opt).await.unwrap();
        let mut buffer = vec![0; 4096];
        let length = tokio::time::timeout(LIMIT, socket.recv(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        let reply = Reply::read(buffer[..length].to_vec());
        assert_eq!(reply.message.opt().is_some(), has_opt);
    }
    let reply = support::ask_tcp_at(ours.address, &query("1.0.0.10.set.ex", Rtype::A)).await;
    assert_eq!(short(&reply), "NOERROR 1");
    let port = theirs.1.peer_addr().unwrap();
    assert!(
        tokio::net::TcpStream::connect(port).await.is_err(),
        "rbldnsd has learned TCP"
    );
    // Its name servers stand in each answer, ours where they are asked for.
    assert_eq!(
        ask(&theirs.1, "1.0.0.10.set.ex", Rtype::A, 2)
            .await
            .authority
            .len(),
        2
    );
    assert!(
        ask(&ours.socket, "1.0.0.10.set.ex", Rtype::A, 2)
            .await
            .authority
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn access_lists_work_by_client() {
    let folder = folder();
    let rules = ":ignore\n127.0.0.9\n127.0.0.2 :refuse\n127.0.0.3 :empty\n127.0.0.4 :pass\n127.0.0.5 :9:you $\n127.0.0.8/31 :refuse\n";
    write(folder.path(), "acl", rules.as_bytes());
    let zones = ["set.ex:acl:acl", "set.ex:ip4set:set", "set.ex:generic:plain"];
    let Some(theirs) = theirs(folder.path(), &zones).await else {
        return;
    };
    let ours = ours(folder.path(), &zones).await;
    let address = theirs.1.peer_addr().unwrap();
    for last in [1, 2, 3, 4, 5, 8] {
        let mut sockets = Vec::new();
        for server in [address, ours.address] {
            let socket = UdpSocket::bind(format!("127.0.0.{last}:0")).await.unwrap();
            socket.connect(server).await.unwrap();
            sockets.push(socket);
        }
        let names = ["1.0.0.10.set.ex", "9.9.9.9.set.ex", "foo.set.ex"];
        for (name, rtype) in names
            .iter()
            .flat_map(|name| [(name, Rtype::A), (name, Rtype::TXT)])
        {
            let wanted = ask(&sockets[0], name, rtype, 5).await;
            let given = ask(&sockets[1], name, rtype, 5).await;
            assert_eq!(essence(&given), essence(&wanted), "127.0.0.{last} {name} {rtype}");
        }
        // The manual says that plain records are always there; rbldnsd keeps the name and hides them.
        let www = short(&ask(&sockets[1], "www.set.ex", Rtype::A, 6).await);
        let is_refused = [2, 8].contains(&last);
        assert_eq!(
            www,
            if is_refused { "REFUSED 0" } else { "NOERROR 1" },
            "127.0.0.{last}"
        );
    }
    let silent = UdpSocket::bind("127.0.0.9:0").await.unwrap();
    silent.connect(ours.address).await.unwrap();
    silent.send(&query("1.0.0.10.set.ex", Rtype::A)).await.unwrap();
    // The other client asks later and is answered, so that the silence is no delay.
    assert_eq!(
        short(&ask(&ours.socket, "1.0.0.10.set.ex", Rtype::A, 7).await),
        "NOERROR 1"
    );
    assert!(silent.try_recv(&mut [0; 512]).is_err());
}

#[tokio::test]
async fn a_broken_file_keeps_the_old_answers() {
    let folder = folder();
    let zones = ["both.ex:ip4set:set,more.gz"];
    let ours = ours(folder.path(), &zones).await;
    let listed = async |name: &str| short(&ask(&ours.socket, name, Rtype::A, 1).await);
    let (single, packed) = ("1.0.0.10.both.ex", "0.0.0.20.both.ex");
    assert_eq!(
        (listed(single).await.as_str(), listed(packed).await.as_str()),
        ("NOERROR 1", "NOERROR 1")
    );

    let bytes = std::fs::read(folder.path().join("more.gz")).unwrap();
    write(folder.path(), "more.gz", &bytes[..bytes.len() / 2]);
    let told = ours.files.refresh();
    assert!(
        told[0].to_string().contains("cannot be read to its end"),
        "{told:?}"
    );
    assert_eq!(listed(packed).await, "NOERROR 1");
    assert!(
        ours.files.refresh().is_empty(),
        "what was tried is not tried again"
    );
    write(folder.path(), "more.gz", &bytes);

    write(folder.path(), "set", "\u{fffd}garbage\n".repeat(9000).as_bytes());
    let told = ours.files.refresh();
    assert!(told[0].to_string().contains("more lines"), "{told:?}");
    assert_eq!(listed(single).await, "NOERROR 1");

    write(folder.path(), "set", b"$TIMESTAMP 2100:01:01\n10.0.0.9\n");
    let told = ours.files.refresh();
    assert!(told[0].to_string().contains("still to come"), "{told:?}");

    write(folder.path(), "set", b"0/0\n0.0.0.0/0 :3\nfoo\n10.0.0.9\n");
    assert!(ours.files.refresh().is_empty());
    assert_eq!(listed("9.0.0.10.both.ex").await, "NOERROR 1");
    assert_eq!(listed("9.9.9.99.both.ex").await, "NXDOMAIN 0", "0/0 is refused");
    assert_eq!(listed(single).await, "NXDOMAIN 0");

    write(folder.path(), "set", b"");
    assert!(ours.files.refresh().is_empty());
    assert_eq!(listed("9.0.0.10.both.ex").await, "NXDOMAIN 0");
    assert_eq!(listed(packed).await, "NOERROR 1");

    std::fs::remove_file(folder.path().join("set")).unwrap();
    assert!(ours.files.refresh()[0].to_string().contains("cannot be read"));
    assert_eq!(listed(packed).await, "NOERROR 1");
}
