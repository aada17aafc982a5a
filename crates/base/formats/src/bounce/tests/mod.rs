//! Real reports of many servers against what was read out of them by hand, and what hostile ones must not do.

use std::collections::BTreeMap;

use atalaya_testkit::{data, skip};

use super::*;

/// What stands in each sample of the shared test data: its name, what it is, and what it says of each mailbox.
const SAMPLES: &str = include_str!("samples.txt");

/// A reading as the table has it.
fn row(reading: &Reading) -> String {
    let one = |failure: &Failure| {
        let address = failure.address().unwrap_or("nobody");
        match failure.action {
            Action::Delivered => address.to_owned(),
            _ => format!("{} {} {address}", failure.lasting.name(), failure.reason.name()),
        }
    };
    let failures: Vec<String> = reading.failures.iter().map(one).collect();
    format!("{} | {}", reading.kind.name(), failures.join("; "))
}

#[test]
fn every_sample_is_what_was_read_out_of_it_by_hand() {
    let Some(folder) = data("dsn-bounces") else {
        skip("the samples of bounces are not here");
        return;
    };
    let mut rows: BTreeMap<&str, &str> = SAMPLES
        .lines()
        .filter_map(|line| line.split_once(" | "))
        .collect();
    let mut wrong = Vec::new();
    for part in ["bsd", "not"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let reading = read(&std::fs::read(&path).unwrap());
            let (found, stands) = (row(&reading), rows.remove(name).unwrap_or_default());
            if found.trim() != stands.trim() {
                wrong.push(format!("{name} | {found}\n   not {stands} ({})", reading.because));
            }
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(
        rows.is_empty(),
        "the table names samples that are not there: {rows:?}"
    );
}

#[test]
fn what_is_known_beside_the_reason_is_read() {
    let Some(folder) = data("dsn-bounces/bsd") else {
        skip("the samples of bounces are not here");
        return;
    };
    let of = |name: &str| read(&std::fs::read(folder.join(name)).unwrap());
    for (name, id) in [
        (
            "lhost-postfix-33.eml",
            "20150429233445.BB8FFFFC16@p6.libsisimai.org",
        ),
        ("lhost-qmail-18.eml", "20240624084636.44318.qmail@nq.example.jp"),
        ("lhost-exim-32.eml", "neko222-nyaaan-22@neko.example.com"),
        (
            "rfc3464-64.eml",
            "CAByYQsGge+O7Z6G5c06TEcL1SN7zSeON58xdcyueZqK1LWMjxw@mail.gmail.com",
        ),
        (
            "lhost-apachejames-01.eml",
            "00000000000000.00000.qmail@example.com",
        ),
        (
            "lhost-messagingserver-02.eml",
            "00000000000000000000000000000000@example.com",
        ),
        (
            "lhost-zoho-03.eml",
            "14a3e1e110a.b4fa4ce310535.5193856207448782548@zoho.example.com",
        ),
        ("lhost-dragonfly-05.eml", "6668162d.e0722.3a6a6f36@df.example.jp"),
    ] {
        let about = of(name).about;
        assert_eq!(about.first().map(String::as_str), Some(id), "{name}");
    }
    let postfix = &of("lhost-postfix-33.eml").failures[0];
    assert_eq!(postfix.status.unwrap().to_string(), "5.1.1");
    assert_eq!(postfix.remote.as_deref(), Some("mx.libsisimai.org"));
    assert_eq!(
        postfix.diagnosis,
        "550 5.1.1 <userunknown@libsisimai.org>... User Unknown"
    );
    assert!(postfix.is_certain());
    // The same status, and another reason beside it.
    assert!(!of("rhost-godaddy-03.eml").failures[0].is_certain());
    assert!(!of("lhost-x3-06.eml").failures[0].is_certain());
}

#[test]
fn complaints_are_no_bounces() {
    let Some(folder) = data("arf-complaints/sisimai") else {
        skip("the samples of complaints are not here");
        return;
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "eml") {
            seen += 1;
            let kind = read(&std::fs::read(&path).unwrap()).kind;
            assert!(
                !matches!(kind, Kind::Bounce | Kind::Delayed),
                "{}: {kind:?}",
                path.display()
            );
        }
    }
    assert!(seen > 5);
}

#[test]
fn answers_of_programs_are_told_from_those_of_people() {
    for (mail, kind, ticket) in [
        (
            "From: abuse@net.example\nAuto-Submitted: auto-replied\nSubject: [Ticket#2026112710000123] Your report\n\nWe have received your abuse report.\n",
            Kind::Acknowledgement,
            Some("2026112710000123"),
        ),
        (
            "From: abuse@net.example\nSubject: Re: 192.0.2.1 is listed [ABUSE-481516]\n\nHemos recibido su notificación. El caso se revisará.\n",
            Kind::Acknowledgement,
            Some("ABUSE-481516"),
        ),
        (
            "From: a@net.example\nAuto-Submitted: auto-replied\nSubject: Abwesend: x\n\nIch bin im Urlaub bis 2026.\n",
            Kind::AutoReply,
            None,
        ),
        (
            "From: a@net.example\nX-Autoreply: yes\n\nHi\n",
            Kind::AutoReply,
            None,
        ),
        (
            "From: a@net.example\nPrecedence: auto_reply\nSubject: x\n\nHi\n",
            Kind::AutoReply,
            None,
        ),
        (
            "From: a@net.example\nSubject: =?UTF-8?Q?Respuesta_autom=C3=A1tica:_x?=\n\nEstoy de vacaciones\n",
            Kind::AutoReply,
            None,
        ),
        (
            "From: a@net.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=x\n\n--x\n\nread\n--x\n\
             Content-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--x--\n",
            Kind::AutoReply,
            None,
        ),
        (
            "From: a@net.example\nSubject: Re: 192.0.2.1\nAuto-Submitted: no\n\nThanks, your mail could not be delivered to us before. Fixed.\n",
            Kind::Reply,
            None,
        ),
        ("", Kind::Reply, None),
    ] {
        let reading = read(mail.as_bytes());
        assert_eq!(reading.kind, kind, "{mail}\n{reading:?}");
        assert_eq!(reading.ticket.as_deref(), ticket, "{mail}");
    }
}

#[test]
fn ids_are_found_in_what_an_answer_refers_to_and_are_bounded() {
    let reading =
        read(b"In-Reply-To: <1@list.example>\nReferences: <0@x.example>\n <1@list.example> junk\n\nHi\n");
    assert_eq!(reading.about, ["1@list.example", "0@x.example"]);
    let many: String = (0..10_000).map(|n| format!(" <{n}@x.example>\n")).collect();
    assert_eq!(
        read(format!("References:{many}\n\nx").as_bytes()).about.len(),
        MAX_IDS
    );
}
