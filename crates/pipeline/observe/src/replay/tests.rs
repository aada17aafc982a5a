//! What the replay makes of mails and of folders. All mails are invented.

use std::fs;
use std::path::{Path, PathBuf};

use atalaya_formats::message::{Setting, Shape};
use atalaya_formats::received::Unsourced;

use super::*;
use crate::TrapAddress;

/// A mail from 192.0.2.1 over a relay in a private network.
const MAIL: &str = "Return-Path: <s@sender.example>\r\n\
    X-Original-To: web@old.example\r\n\
    Received: from relay.example (relay.example [10.0.0.7]) by mx.example (Postfix) with ESMTP id 2; Mon, 2 Nov 2026 10:00:01 +0000\r\n\
    Received: from [203.0.113.66] (n.example [192.0.2.1])\r\n\tby relay.example (Postfix) with ESMTP id 1; Mon, 2 Nov 2026 10:00:00 +0000\r\n\
    Received: from bank.example (bank.example [203.0.113.66]) by n.example with ESMTP\r\n\
    From: \"Bank\" <bank@bank.example>\r\nTo: <other@b.example>\r\nSubject: =?utf-8?Q?Win_=E2=82=AC?=\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\nHello\r\n";

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

/// A replay that trusts the private network of [`MAIL`], where `old.example` was a person's.
fn replay(age: Age) -> Replay {
    let config = ReplayConfig {
        trusted_relays: vec!["10.0.0.0/8".parse().unwrap()],
        ..ReplayConfig::default()
    };
    let trap = TrapConfig {
        addresses: vec![TrapAddress::new("@old.example", Trap::Recycled)],
        ..TrapConfig::default()
    };
    Replay::new(&config, &trap, age)
}

fn observe(mail: &str) -> Result<Observation, Skip> {
    observe_as(Age::ByDate, mail).map(|read| read.observation)
}

fn observe_as(age: Age, mail: &str) -> Result<Reread, Skip> {
    replay(age).observe(mail.as_bytes(), None, NOW)
}

#[test]
fn a_mail_becomes_the_observation_that_the_trap_would_have_made() {
    let seen = observe(MAIL).unwrap();
    assert_eq!(seen.address, IpAddr::from([192, 0, 2, 1]));
    assert_eq!(seen.sensor, Sensor::Replay);
    assert_eq!(
        (seen.kind, seen.trap, seen.handshake),
        (Kind::Spam, Some(Trap::Recycled), Handshake::Completed)
    );
    assert_eq!(seen.envelope.helo, "[203.0.113.66]");
    assert_eq!(seen.envelope.mail_from, "s@sender.example");
    assert_eq!(seen.envelope.recipients, ["web@old.example"]);
    assert_eq!(seen.subject, "Win €");
    assert_eq!(seen.message_size, MAIL.len() as u64);
    assert!(seen.oddities.is_empty());
}

#[test]
fn the_shape_is_that_of_what_the_source_sent() {
    let read = observe_as(Age::ByDate, MAIL).unwrap();
    assert_eq!(
        read.shape,
        "mail/1 received=1 order=From,To,Subject,Date msgid=- date=Www,_#_Mmm_####_#:#:#_num from=name_<@> to=<@> \
         type=- boundary=- mime=- encoding=-"
    );
    let (_ours, sent) = MAIL.split_once("10:00:00 +0000\r\n").unwrap();
    let sent = Shape::of(
        Head::read(sent.as_bytes()).fields(),
        Setting::of(&read.observation.envelope),
    );
    assert_eq!(read.observation.headers, Some(sent.id()));
}

#[test]
fn the_same_mail_has_the_same_id_and_another_one_another() {
    let id = observe(MAIL).unwrap().id;
    assert_eq!(observe(MAIL).unwrap().id, id);
    assert_eq!(id.0.get_version_num(), 8);
    assert_ne!(observe(&MAIL.replace("Hello", "Hallo")).unwrap().id, id);
    let replay = Replay::new(
        &ReplayConfig {
            trusted_relays: vec!["10.0.0.0/8".parse().unwrap(), "192.0.2.1".parse().unwrap()],
            ..ReplayConfig::default()
        },
        &TrapConfig::default(),
        Age::ByDate,
    );
    let other = replay.observe(MAIL.as_bytes(), None, NOW).unwrap().observation;
    assert_eq!(other.address, IpAddr::from([203, 0, 113, 66]));
    assert_ne!(other.id, id);
}

#[test]
fn reports_and_null_senders_are_backscatter() {
    for mail in [
        MAIL.replace("<s@sender.example>", "<>"),
        MAIL.replace("Subject:", "Auto-Submitted: auto-replied\r\nSubject:"),
    ] {
        assert_eq!(observe(&mail).unwrap().kind, Kind::Backscatter);
    }
    let unsigned = MAIL.replace("Return-Path: <s@sender.example>\r\n", "");
    let seen = replay(Age::ByDate)
        .observe(unsigned.as_bytes(), Some(""), NOW)
        .unwrap()
        .observation;
    assert_eq!(
        seen.kind,
        Kind::Backscatter,
        "the line of the mbox says MAILER-DAEMON"
    );
}

#[test]
fn what_the_sender_wrote_makes_no_backscatter_and_no_better_trap() {
    let forged = MAIL
        .replace("Return-Path: <s@sender.example>\r\nX-Original-To: web@old.example\r\n", "")
        .replace(
            "From: \"Bank\"",
            "Return-Path: <>\r\nX-Original-To: pristine@trap.example\r\nAuto-Submitted: auto-generated\r\nFrom: \"Bank\"",
        );
    let seen = observe(&forged).unwrap();
    assert_eq!((seen.kind, seen.trap), (Kind::Spam, Some(Trap::Recycled)));
    assert_eq!(
        seen.envelope.recipients,
        ["pristine@trap.example", "other@b.example"],
        "kept, to be hidden where the mail is shown"
    );
}

#[test]
fn a_mail_was_seen_when_the_server_says_that_took_it_from_its_source() {
    let seen_at = |mail: &str, age| observe_as(age, mail).map(|read| read.observation.seen_at);
    let came = Timestamp::from_seconds(1_793_613_600);
    assert_eq!(seen_at(MAIL, Age::ByDate), Ok(came), "2 Nov 2026 10:00:00");
    assert_eq!(seen_at(MAIL, Age::AsNew), Ok(NOW));
    assert_eq!(
        observe_as(Age::AsNew, MAIL).map(|read| read.came_at),
        Ok(Some(came))
    );
    let ahead = MAIL.replace("2026 10:00:00", "2036 10:00:00");
    assert_eq!(seen_at(&ahead, Age::ByDate), Ok(NOW), "a clock that is ahead");
    let undated = MAIL.replace(
        "with ESMTP id 1; Mon, 2 Nov 2026 10:00:00 +0000",
        "with ESMTP id 1",
    );
    let a_hop_later = came.plus(std::time::Duration::from_secs(1));
    assert_eq!(seen_at(&undated, Age::ByDate), Ok(a_hop_later));
    let undated = undated.replace(
        "with ESMTP id 2; Mon, 2 Nov 2026 10:00:01 +0000",
        "with ESMTP id 2",
    );
    assert_eq!(seen_at(&undated, Age::ByDate), Err(Skip::Undated));
    assert_eq!(seen_at(&undated, Age::AsNew), Ok(NOW));
}

#[test]
fn over_a_private_address_that_is_not_named_nobody_is_found() {
    let replay = Replay::new(&ReplayConfig::default(), &TrapConfig::default(), Age::ByDate);
    assert_eq!(
        replay.observe(MAIL.as_bytes(), None, NOW),
        Err(Skip::Unsourced(Unsourced::Reserved))
    );
}

#[test]
fn absurd_mails_are_taken_or_skipped_and_harm_nothing() {
    let top = MAIL.split("From:").next().unwrap();
    let deep: String = (0..1_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let mails = [
        format!("{top}Subject: x\r\n{deep}"),
        format!("{top}{}\r\n\r\nx", "X-A: b\r\n".repeat(100_000)),
        format!("{top}Subject: =?x-none?B?////?=\r\nContent-Type: text/plain; charset=\"\\\r\n\r\n"),
        format!("{top}Subject: {}", "x".repeat(25 << 20)),
        format!("{top}From: {}", "(".repeat(100_000)),
    ];
    for mail in mails {
        assert_eq!(observe(&mail).unwrap().address, IpAddr::from([192, 0, 2, 1]));
    }
    for (mail, why) in [
        ("", Unsourced::NoHops),
        ("\r\n\r\n", Unsourced::NoHops),
        ("Received: \r\nSubject: x\r\n\r\n", Unsourced::Unclear),
    ] {
        assert_eq!(observe(mail), Err(Skip::Unsourced(why)), "{mail:?}");
    }
    let buried = format!("{}{MAIL}", "X-A: b\r\n".repeat(100_000));
    assert_eq!(observe(&buried), Err(Skip::Unsourced(Unsourced::NoHops)));
}

/// Writes a file with all folders above it.
fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// What is found in a folder: origin below it and size of the mail, or the reason.
fn found(folder: &Path) -> Vec<String> {
    let mails = mails(&[folder.to_owned()], 4_000, Cut::Mboxes).unwrap();
    let total = mails.total_bytes();
    let all: Vec<KeptMail> = mails.collect();
    assert_eq!(all.iter().map(|mail| mail.consumed).sum::<u64>(), total);
    all.iter()
        .map(|mail| {
            let name = mail.origin.strip_prefix(&folder.display().to_string()).unwrap();
            let what = match &mail.bytes {
                Ok(bytes) => bytes.len().to_string(),
                Err(skip) => skip.to_string(),
            };
            format!("{name} {what}")
        })
        .collect()
}

#[test]
fn each_kind_of_mailbox_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let line = "From s@sender.example Mon Nov  2 10:00:00 2026\n";
    let size = MAIL.len();
    write(
        folder.path(),
        "box.mbox",
        format!("{line}{MAIL}\n{line}{MAIL}\n{line}text\n"),
    );
    write(folder.path(), "Maildir/cur/1:2,S", MAIL);
    write(folder.path(), "Maildir/new/2", MAIL);
    write(folder.path(), "Maildir/tmp/3", MAIL);
    write(folder.path(), "Maildir/.Junk/cur/4:2,", MAIL);
    write(folder.path(), "single.eml", MAIL);
    write(folder.path(), "with-line.txt", format!("{line}{MAIL}"));
    // What a sender may write into his mail: the end of one and another with a Received field of his invention.
    let two = format!("{line}{MAIL}\n{line}{MAIL}");
    let uncut = two.len() - line.len();
    write(folder.path(), "two.eml", &two);
    write(folder.path(), "Maildir/new/two", &two);
    assert_eq!(
        found(folder.path()),
        [
            format!("/box.mbox#1 {size}"),
            format!("/box.mbox#2 {size}"),
            "/box.mbox#3 not a mail".to_owned(),
            format!("/single.eml {size}"),
            format!("/two.eml {uncut}"),
            format!("/with-line.txt#1 {size}"),
            format!("/Maildir/.Junk/cur/4:2, {size}"),
            format!("/Maildir/cur/1:2,S {size}"),
            format!("/Maildir/new/2 {size}"),
            format!("/Maildir/new/two {uncut}"),
        ]
    );
    let alone = mails(&[folder.path().join("box.mbox")], 9_000, Cut::Nothing).unwrap();
    assert_eq!(alone.filter(|mail| mail.bytes.is_ok()).count(), 1);
}

#[test]
fn what_is_no_mail_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "README.md", "# Mails\n\nSubject: none\n");
    write(folder.path(), "big.bin", vec![0; 5_000]);
    write(
        folder.path(),
        "big.mbox",
        format!("From a Mon Nov  2 10:00:00 2026\n{}", "x".repeat(5_000)),
    );
    write(folder.path(), "empty", "");
    write(folder.path(), "page.html", "<!DOCTYPE html>\n<p>From: me</p>\n");
    write(folder.path(), "small.bin", [0xff, 0, 0x1b]);
    assert_eq!(
        found(folder.path()),
        [
            "/README.md not a mail",
            "/big.bin longer than replay.max_message_size",
            "/big.mbox#1 longer than replay.max_message_size",
            "/empty not a mail",
            "/page.html not a mail",
            "/small.bin not a mail",
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_and_special_files_are_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("circle")).unwrap();
    std::os::unix::fs::symlink("/nowhere", folder.path().join("lost")).unwrap();
    write(folder.path(), "mail.eml", MAIL);
    assert_eq!(
        found(folder.path()),
        [
            "/circle a symbolic link, not followed".to_owned(),
            "/lost a symbolic link, not followed".to_owned(),
            format!("/mail.eml {}", MAIL.len()),
            "/socket not a regular file".to_owned(),
        ]
    );
    let named = mails(&[folder.path().join("circle")], 4_000, Cut::Mboxes).unwrap();
    assert_eq!(named.filter(|mail| mail.bytes.is_ok()).count(), 1);
}

#[test]
fn a_folder_too_deep_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &format!("{}mail", "a/".repeat(70)), MAIL);
    assert_eq!(
        found(folder.path()),
        [format!("{} a folder too deep", "/a".repeat(65))]
    );
}

#[test]
fn a_path_that_is_not_there_is_an_error() {
    let missing = PathBuf::from("/nowhere/at/all");
    let error = mails(&[missing], 4_000, Cut::Mboxes).unwrap_err();
    assert_eq!(error.to_string(), "cannot read /nowhere/at/all");
}
