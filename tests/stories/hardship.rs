//! Full disks, read-only folders, hostile packets: clear messages, nothing lost, nothing down.

use std::net::UdpSocket;
use std::time::Duration;

use atalaya_testkit::SmallDisk;

use crate::harness::{Server, ZONE, atalaya, have, run, swaks, text, until};

#[test]
fn on_a_full_disk_the_trap_says_452_and_goes_on_when_there_is_space() {
    if !have(&["swaks", "dig"]) {
        return;
    }
    let Some(disk) = SmallDisk::mount(24) else { return };
    let folder = tempfile::tempdir_in(disk.path()).unwrap();
    let server = Server::start_in(folder, "[trap.stand_for]\n\"127.0.0.31\" = \"192.0.2.31\"\n");
    let filler = disk.path().join("filler");
    let send = || {
        swaks(
            server.smtp,
            "127.0.0.31",
            &["--header", "Subject: fill", "--body", &"spam ".repeat(20_000)],
        )
    };
    assert!(send().contains("<-  250 "), "the first mail is taken");
    until("the listing", || {
        (server.dig("192.0.2.31", "A") == "127.0.0.3").then_some(())
    });

    run(
        "dd",
        &[
            "if=/dev/zero",
            &format!("of={}", filler.display()),
            "bs=4096",
            "count=100000",
        ],
    );
    let refused = until("a refusal", || Some(send()).filter(|told| told.contains(" 452 ")));
    assert!(refused.contains("452 4.3.1"), "{refused}");
    assert_eq!(server.dig("192.0.2.31", "A"), "127.0.0.3", "DNS goes on");
    let (status, _) = server.http("GET", "/healthz");
    assert_eq!(status, 200);

    std::fs::remove_file(filler).unwrap();
    until("mail is taken again", || {
        send().contains("<-  250 2").then_some(())
    });
}

#[test]
fn on_a_disk_that_fails_under_way_the_trap_refuses_and_the_list_goes_on() {
    if !have(&["swaks", "dig"]) {
        return;
    }
    let Some(disk) = SmallDisk::mount_failing() else {
        return;
    };
    let folder = tempfile::tempdir_in(disk.path()).unwrap();
    let server = Server::start_in(folder, "[trap.stand_for]\n\"127.0.0.32\" = \"192.0.2.32\"\n");
    let send = || swaks(server.smtp, "127.0.0.32", &[]);
    assert!(send().contains("<-  250 "), "the first mail is taken");
    until("the listing", || {
        (server.dig("192.0.2.32", "A") == "127.0.0.3").then_some(())
    });

    disk.fail();
    for _ in 0..3 {
        let told = send();
        assert!(told.contains(" 451 4.3.0"), "{told}");
        assert_eq!(server.dig("192.0.2.32", "A"), "127.0.0.3", "DNS goes on");
        let (status, page) = server.http("GET", "/ip/192.0.2.32");
        assert_eq!(status, 200);
        assert!(page.contains("192.0.2.32"), "{page}");
    }
    assert_eq!(server.http("GET", "/healthz").0, 200);
}

#[test]
fn a_folder_that_cannot_be_written_is_named_at_start() {
    let Some(disk) = SmallDisk::mount(1) else { return };
    let data = disk.path().join("data");
    std::fs::create_dir(&data).unwrap();
    disk.make_read_only();
    let failed = atalaya(
        &[
            "serve",
            "--listen",
            "dns=127.0.0.1:0",
            "--listen",
            "smtp=127.0.0.1:0",
            "--listen",
            "http=127.0.0.1:0",
        ],
        &data,
    );
    assert_eq!(failed.status.code(), Some(1));
    let told = text(&failed.stderr);
    assert!(
        told.contains(data.to_str().unwrap()) && told.contains("cannot write"),
        "{told}"
    );
}

#[test]
fn a_full_disk_at_start_is_named() {
    let Some(disk) = SmallDisk::mount(1) else { return };
    run(
        "dd",
        &[
            "if=/dev/zero",
            &format!("of={}/filler", disk.path().display()),
            "bs=4096",
        ],
    );
    let data = disk.path().join("data");
    let failed = atalaya(
        &[
            "serve",
            "--listen",
            "dns=127.0.0.1:0",
            "--listen",
            "smtp=127.0.0.1:0",
            "--listen",
            "http=127.0.0.1:0",
        ],
        &data,
    );
    assert_eq!(failed.status.code(), Some(1));
    let told = text(&failed.stderr);
    assert!(told.contains(disk.path().to_str().unwrap()), "{told}");
    assert!(told.contains("full") || told.contains("No space left"), "{told}");
}

#[test]
fn malformed_packets_leave_the_dns_server_answering() {
    if !have(&["dig"]) {
        return;
    }
    let server = Server::start("");
    server.command(&["list", "add", "192.0.2.1", "--class", "spam"]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut state = 0x5eed_u64;
    for round in 0..2_000_u32 {
        let length = (next(&mut state) % 80) as usize;
        let packet: Vec<u8> = (0..length).map(|_| next(&mut state).to_be_bytes()[3]).collect();
        socket.send_to(&packet, server.dns).unwrap();
        if round % 500 == 0 {
            assert_eq!(server.dig("192.0.2.1", "A"), "127.0.0.3");
            assert_eq!(server.dig("192.0.2.2", "A"), "");
        }
    }
    let port = server.dns.port().to_string();
    let status = run(
        "dig",
        &["-p", &port, "@127.0.0.1", &format!("2.0.192.{ZONE}"), "A"],
    );
    assert!(
        status.contains("status: NOERROR"),
        "an empty non-terminal is no NXDOMAIN: {status}"
    );
}

/// A small generator with a fixed seed (xorshift), so that a failure can be repeated.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
