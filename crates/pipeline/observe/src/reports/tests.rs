//! From a report to its observation.

use atalaya_formats::reports::Report;
use atalaya_model::{Handshake, Kind, Prefix, Sensor, Timestamp};

use super::{
    BadReport, CATEGORIES, MAX_COMMENT, Reported, categories_of, observe, service_categories, take_back,
};

const NOW: &str = "2026-11-26T18:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn report(address: &str, categories: &str, at: &str) -> Report {
    Report {
        address: address.into(),
        categories: categories.into(),
        at: at.into(),
        comment: b"Failed password for root\xe9".to_vec(),
    }
}

fn observed(address: &str, categories: &str, at: &str) -> Result<Reported, BadReport> {
    let own: Vec<Prefix> = vec!["198.51.100.0/24".parse().unwrap()];
    observe(report(address, categories, at), "mx.example.org", &own, now())
}

#[test]
fn a_report_is_its_reporters_word() {
    let Reported { observation, comment } = observed("192.0.2.7", "18,22", "").unwrap();
    assert_eq!(
        (observation.sensor, observation.source.as_str()),
        (Sensor::Report, "mx.example.org")
    );
    assert_eq!(
        (observation.kind, observation.handshake),
        (Kind::LoginAttack, Handshake::Reported)
    );
    assert_eq!((observation.seen_at, observation.trap), (now(), None));
    assert_eq!(categories_of(&observation), [18, 22]);
    assert_eq!(comment.unwrap(), b"Failed password for root\xe9");
}

#[test]
fn what_needs_no_handshake_proves_no_address() {
    for (categories, kind, handshake) in [
        ("4", Kind::Flood, Handshake::Unproven),
        ("14", Kind::PortScan, Handshake::Unproven),
        ("13", Kind::Other, Handshake::Unproven),
        ("14,18", Kind::LoginAttack, Handshake::Reported),
        ("4,11,21", Kind::Spam, Handshake::Reported),
        ("15,20", Kind::Bot, Handshake::Reported),
    ] {
        let seen = observed("192.0.2.7", categories, "").unwrap().observation;
        assert_eq!((seen.kind, seen.handshake), (kind, handshake), "{categories}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_reason() {
    for (address, categories, at, wrong) in [
        ("127.0.foo.bar", "18", "", BadReport::Address),
        ("198.51.100.9", "18", "", BadReport::Own),
        ("192.0.2.7", "", "", BadReport::Categories),
        ("192.0.2.7", "18", "once", BadReport::Time),
        ("192.0.2.7", "18", "2026-11-26T18:05:01Z", BadReport::Future),
        ("192.0.2.7", "18", "2026-09-27T17:59:59Z", BadReport::Old),
    ] {
        assert_eq!(observed(address, categories, at), Err(wrong));
    }
    assert!(matches!(
        observed("10.0.0.1", "18", ""),
        Err(BadReport::Reserved(_))
    ));
    let ahead = observed("192.0.2.7", "18", "2026-11-26T18:05:00Z").unwrap();
    assert_eq!(ahead.observation.seen_at, now(), "a clock that is a little ahead");
}

#[test]
fn the_same_within_a_quarter_of_an_hour_is_said_once() {
    let id =
        |address: &str, categories: &str, at: &str| observed(address, categories, at).unwrap().observation.id;
    let first = id("192.0.2.7", "18", "2026-11-26T17:00:00Z");
    assert_eq!(id("::ffff:192.0.2.7", "22", "2026-11-26T17:14:59Z"), first);
    assert_ne!(id("192.0.2.7", "18", "2026-11-26T17:15:00Z"), first);
    assert_ne!(id("192.0.2.7", "11", "2026-11-26T17:00:00Z"), first);
    assert_ne!(id("192.0.2.8", "18", "2026-11-26T17:00:00Z"), first);
    let other = observe(
        report("192.0.2.7", "18", "2026-11-26T17:00:00Z"),
        "other",
        &[],
        now(),
    );
    assert_ne!(other.unwrap().observation.id, first);
}

#[test]
fn a_long_comment_is_cut_and_says_so() {
    let long = Report {
        comment: vec![b'a'; MAX_COMMENT + 1],
        ..report("192.0.2.7", "18", "")
    };
    let Reported { observation, comment } = observe(long, "mx", &[], now()).unwrap();
    assert_eq!(comment.unwrap().len(), MAX_COMMENT);
    assert_eq!(observation.oddities, ["category-18", "cut"]);
}

#[test]
fn what_is_taken_back_speaks_against_nobody() {
    let back = take_back("192.0.2.7".parse().unwrap(), "mx", now());
    assert_eq!(
        (back.kind, back.sensor, back.source.as_str()),
        (Kind::NotSpam, Sensor::Report, "mx")
    );
    assert!(!back.counts());
}

#[test]
fn services_are_read_by_their_beginning() {
    assert_eq!(service_categories("sshd"), "18,22");
    assert_eq!(service_categories(" Postfix-SASL"), "18");
    assert_eq!(service_categories("postfix"), "11");
    assert_eq!(service_categories("something"), "15");
}

#[test]
fn the_categories_are_numbered_without_gaps() {
    assert!(
        CATEGORIES
            .iter()
            .zip(1..)
            .all(|(category, number)| category.number == number)
    );
}

#[test]
fn the_guide_shows_every_category() {
    let guide = include_str!("../../../../../docs/guide/reporting.md");
    for category in CATEGORIES {
        let counts = if category.handshake == Handshake::Reported {
            "yes"
        } else {
            "no"
        };
        let row = format!(
            "| {} | {} | `{}` | {counts} |\n",
            category.number, category.name, category.kind
        );
        assert!(guide.contains(&row), "{row}");
    }
}
