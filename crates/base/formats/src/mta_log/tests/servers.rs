//! What each server writes, and when.

use super::*;

fn at(line: &str) -> String {
    let entry = of(
        MailServer::Postfix,
        &format!("{line} mx postfix/smtpd[1]: too many errors after RCPT from a.example[192.0.2.7]"),
    );
    entry.unwrap().at.map_or_else(String::new, |at| at.to_string())
}

#[test]
fn a_year_is_the_youngest_in_which_the_day_does_not_lie_ahead() {
    let expected = |text: &str| text.parse::<Timestamp>().unwrap().to_string();
    assert_eq!(at("Nov 26 10:00:00"), expected("2026-11-26T10:00:00Z"));
    assert_eq!(at("Dec  3 10:00:00"), expected("2025-12-03T10:00:00Z"));
    assert_eq!(at("Feb 29 10:00:00"), expected("2024-02-29T10:00:00Z"));
    assert_eq!(
        at("Nov 27 01:00:00"),
        expected("2026-11-27T01:00:00Z"),
        "a clock ahead"
    );
    assert_eq!(
        at("2026-11-26T10:00:00.5+02:00"),
        expected("2026-11-26T08:00:00.5Z")
    );
    assert_eq!(at("2026-11-26T10:00:00+0200"), expected("2026-11-26T08:00:00Z"));
    assert_eq!(at("Feb 30 10:00:00"), "");
}

#[test]
fn postfix_gives_the_envelope_of_a_rejected_recipient() {
    let line = "Nov 26 10:00:00 mx postfix/submission/smtpd[9]: 4X00: reject: RCPT from a.example[2001:db8::1]:4321: 550 5.1.1 <no@b.example>: Recipient address rejected: User unknown; from=<c@d.example> to=<no@b.example> proto=ESMTP helo=<e.example>";
    let entry = of(MailServer::Postfix, line).unwrap();
    assert_eq!(
        (entry.address.to_string().as_str(), entry.port),
        ("2001:db8::1", Some(4321))
    );
    assert_eq!(
        (entry.helo.as_str(), entry.mail_from.as_str()),
        ("e.example", "c@d.example")
    );
    assert_eq!(entry.recipient.as_deref(), Some("no@b.example"));
    assert_eq!(entry.kind, Kind::UnknownRecipient);
}

#[test]
fn postfix_tells_of_relaying_early_talk_and_guessed_passwords() {
    let client = || "192.0.2.7".to_owned();
    let relay = "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <x@y.example>: Relay access denied; from=<> to=<x@y.example> proto=SMTP helo=<h>";
    assert_eq!(smtpd(relay), Some((Kind::RelayAttempt, client())));
    let guess = "warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6";
    assert_eq!(smtpd(guess), Some((Kind::LoginAttack, client())));
    let early = "Nov 26 10:00:00 mx postfix/postscreen[1]: PREGREET 14 after 0.08 from [192.0.2.7]:59415: EHLO x\\r\\n";
    let early = of(MailServer::Postfix, early).unwrap();
    assert_eq!((early.kind, early.port), (Kind::EarlyTalker, Some(59415)));
}

#[test]
fn what_is_no_fault_of_the_client_says_nothing() {
    for message in [
        "warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: Connection lost to authentication server",
        "lost connection after DATA (12 bytes) from unknown[192.0.2.7]",
        "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1.1 <a@b>: Recipient address rejected: unverified address; from=<> to=<a@b> proto=SMTP helo=<h>",
        "connect from unknown[192.0.2.7]",
        "too many errors after RCPT from unknown[unknown]",
    ] {
        assert_eq!(smtpd(message), None, "{message}");
    }
    assert_eq!(
        exim("H=(h) [192.0.2.7] F=<a@b> temporarily rejected RCPT <c@d>: Unknown user"),
        None
    );
    assert_eq!(
        exim("H=(h) [192.0.2.7] F=<a@b> rejected RCPT <c@d>: Sender verify failed"),
        None
    );
}

#[test]
fn exim_gives_the_envelope_of_a_rejected_recipient() {
    let line = "2026-11-26 10:00:00.123 +0100 [42] 1ahr79-0006jK-G9 H=r.example (h.example) [192.0.2.7]:9 I=[192.0.2.1]:25 F=<a@b.example> rejected RCPT <c@d.example>: relay not permitted";
    let entry = of(MailServer::Exim, line).unwrap();
    assert_eq!((entry.kind, entry.port), (Kind::RelayAttempt, Some(9)));
    assert_eq!(
        (entry.helo.as_str(), entry.mail_from.as_str()),
        ("h.example", "a@b.example")
    );
    assert_eq!(entry.recipient.as_deref(), Some("c@d.example"));
    assert_eq!(entry.at, Some("2026-11-26T09:00:00.123Z".parse().unwrap()));
}

#[test]
fn sendmail_tells_of_the_same() {
    let client = || "192.0.2.7".to_owned();
    let unknown = "ruleset=check_rcpt, arg1=<no@b.example>, relay=a.example [192.0.2.7] (may be forged), reject=550 5.1.1 <no@b.example>... User unknown";
    assert_eq!(sendmail(unknown), Some((Kind::UnknownRecipient, client())));
    let guess = "AUTH failure (LOGIN): authentication failure (-13) SASL(-13): checkpass failed, user=a, relay=a.example [192.0.2.7]";
    assert_eq!(sendmail(guess), Some((Kind::LoginAttack, client())));
    let attack = "a.example [IPv6:2001:db8::1]: possible SMTP attack: command=AUTH, count=3";
    assert_eq!(sendmail(attack), Some((Kind::Protocol, "2001:db8::1".to_owned())));
}

#[test]
fn sendmail_tells_of_an_unknown_recipient_in_two_lines() {
    let mut reader = LogReader::new(MailServer::Sendmail, Patterns::default());
    let mut of = |message: &str| {
        let line = format!("Nov 26 10:00:00 mx sm-mta[1]: {message}");
        reader.read(line.as_bytes(), &clock())
    };
    let client = |id: &str| {
        format!(
            "{id}: from=<c@d.example>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay=a.example [192.0.2.7]"
        )
    };
    assert_eq!(of(&client("5AQA1")), None);
    assert_eq!(of("5AQA1: <no@b.example>... User unknown"), None);
    assert_eq!(of(&client("5AQA2")), None, "another mail");
    let entry = of(&client("5AQA1")).unwrap();
    assert_eq!(
        (entry.kind, entry.mail_from.as_str(), entry.recipient.as_deref()),
        (Kind::UnknownRecipient, "c@d.example", Some("no@b.example"))
    );
    assert_eq!(of(&client("5AQA1")), None, "told once");
}

#[test]
fn exim_over_syslog_and_the_journal_is_read() {
    let said = "H=(h) [192.0.2.7] F=<a@b> rejected RCPT <c@d>: Unknown user";
    for before in [
        "Nov 26 10:00:00 mx exim[7]: ",
        "Nov 26 10:00:00 mx exim4[7]: 2026-11-26 10:00:00 ",
        "2026-11-26T10:00:00+0000 mx exim[7]: ",
        "2026-11-26T10:00:00.123456+00:00 mx exim: [9] 1ahr79-0006jK-G9 ",
    ] {
        let entry = of(MailServer::Exim, &format!("{before}{said}"));
        let at = entry.and_then(|entry| entry.at).map(Timestamp::seconds);
        assert_eq!(at, Some(1_795_687_200), "{before}");
    }
}
