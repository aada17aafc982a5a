//! What a line makes, and what it does not.

use super::*;

fn sensor(log: &FollowedLog) -> LogSensor {
    LogSensor::open(log, vec!["198.51.100.0/24".parse().unwrap()], Period::days(2)).unwrap()
}

fn observe(line: &str) -> Option<Result<Observation, Unused>> {
    sensor(&log(Path::new("mail.log"))).observe(line.trim_end().as_bytes(), now())
}

fn unused(line: &str) -> Unused {
    observe(line).unwrap().unwrap_err()
}

#[test]
fn a_rejected_recipient_is_observed_with_its_envelope() {
    let line = format!(
        "{TIME} mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from a.example[192.0.2.7]:4321: 550 5.1.1 <no@b.example>: Recipient address rejected: User unknown; from=<c@d.example> to=<no@b.example> proto=ESMTP helo=<e.example>"
    );
    let seen = observe(&line).unwrap().unwrap();
    assert_eq!(
        (seen.sensor, seen.source.as_str(), seen.kind, seen.handshake),
        (Sensor::Log, "mx1", Kind::UnknownRecipient, Handshake::Completed)
    );
    assert_eq!(
        (seen.address.to_string().as_str(), seen.source_port),
        ("192.0.2.7", Some(4321))
    );
    assert_eq!(seen.seen_at.to_string(), "2026-11-23T11:59:00Z");
    assert_eq!(
        (seen.envelope.helo.as_str(), seen.envelope.mail_from.as_str()),
        ("e.example", "c@d.example")
    );
    assert_eq!(seen.envelope.recipients, ["no@b.example"]);
    assert!(seen.counts());
}

#[test]
fn lines_about_us_or_about_nobody_make_nothing() {
    assert_eq!(unused(&line_at(TIME, "198.51.100.9")), Unused::Own);
    for reserved in ["127.0.0.1", "10.0.0.1", "::1", "fe80::1"] {
        let why = unused(&line_at(TIME, reserved));
        assert!(matches!(why, Unused::Reserved(_)), "{reserved}: {why}");
    }
    assert_eq!(
        observe(&format!(
            "{TIME} mx postfix/smtpd[7]: connect from unknown[192.0.2.7]"
        )),
        None
    );
}

#[test]
fn the_time_of_a_line_is_believed_within_limits() {
    let at = |time: &str| observe(&line_at(time, "192.0.2.7")).unwrap();
    assert_eq!(at("Nov 21 11:59:59"), Err(Unused::Old));
    assert_eq!(at("Nov 24 12:00:01"), Err(Unused::Old), "of last year");
    assert_eq!(at("2026-11-24T12:00:01Z"), Err(Unused::Ahead));
    assert_eq!(at("Feb 30 12:00:00"), Err(Unused::NoTime));
    let ahead = at("Nov 24 11:00:00").unwrap();
    assert_eq!(ahead.seen_at, now(), "never later than now");
    assert_eq!(
        at("Nov 21 12:00:00").unwrap().seen_at.to_string(),
        "2026-11-21T12:00:00Z"
    );
}

#[test]
fn the_same_line_has_the_same_id_and_no_other() {
    let id = |name: &str, line: &str, now| {
        let log = FollowedLog {
            name: name.to_owned(),
            ..log(Path::new("mail.log"))
        };
        let seen = sensor(&log).observe(line.as_bytes(), now).unwrap().unwrap();
        seen.id
    };
    let ahead = line_at("Nov 23 13:00:00", "192.0.2.7");
    let later = now().plus(Duration::from_secs(60));
    assert_eq!(id("mx1", &ahead, now()), id("mx1", &ahead, later));
    assert_ne!(id("mx1", &ahead, now()), id("mx2", &ahead, now()));
    assert_ne!(id("mx1", &line(1), now()), id("mx1", &line(2), now()));
    let next_year = now().plus(Duration::from_secs(365 * 86_400));
    assert_ne!(id("mx1", &line(1), now()), id("mx1", &line(1), next_year));
}

#[test]
fn patterns_of_the_operator_are_read_and_refused_by_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("patterns.toml");
    let log = FollowedLog {
        patterns: Some(path.clone()),
        ..log(Path::new("mail.log"))
    };
    fs::write(
        &path,
        "[[pattern]]\nkind = \"flood\"\ntemplate = \"flood from %{address}\"\n",
    )
    .unwrap();
    let line = format!("{TIME} fw kernel: flood from 192.0.2.7");
    let seen = sensor(&log).observe(line.as_bytes(), now()).unwrap().unwrap();
    // A flood needs no connection, so its sender may be forged.
    assert_eq!((seen.kind, seen.handshake), (Kind::Flood, Handshake::Unproven));
    fs::write(&path, "[[pattern]]\nkind = \"flood\"\ntemplate = \"no place\"\n").unwrap();
    let error = LogSensor::open(&log, Vec::new(), Period::days(2)).unwrap_err();
    let LogsError::Patterns { source, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(source.line, 1);
    fs::remove_file(&path).unwrap();
    let error = LogSensor::open(&log, Vec::new(), Period::days(2)).unwrap_err();
    assert!(matches!(error, LogsError::Unreadable { .. }), "{error}");
}
