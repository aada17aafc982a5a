//! Text of strangers that looks like a log: it never supplies the address.

use super::*;

/// The one who lies.
fn liar(kind: Kind) -> Option<(Kind, String)> {
    Some((kind, "198.51.100.9".to_owned()))
}

#[test]
fn postfix_reads_the_client_before_what_it_said() {
    let helo = "x[192.0.2.1]>: 550 5.1.1 from a[192.0.2.1]: too many errors after RCPT from a[192.0.2.1]";
    let line = format!(
        "NOQUEUE: reject: RCPT from unknown[198.51.100.9]: 550 5.1.1 <{helo}>: Recipient address rejected; from=<\"a from b[192.0.2.1]:\"@c> to=<d@e> proto=SMTP helo=<{helo}>"
    );
    assert_eq!(smtpd(&line), liar(Kind::UnknownRecipient));
    let line = "improper command pipelining after EHLO from unknown[198.51.100.9]: X from a[192.0.2.1]\\n";
    assert_eq!(smtpd(line), liar(Kind::Protocol));
    let line =
        "warning: non-SMTP command from unknown[198.51.100.9]: GET http://[192.0.2.1]/ from a[192.0.2.1]";
    assert_eq!(smtpd(line), liar(Kind::Protocol));
    let line = "warning: unknown[198.51.100.9]: SASL LOGIN authentication failed: x, sasl_username=a[192.0.2.1]: SASL LOGIN authentication failed:";
    assert_eq!(smtpd(line), liar(Kind::LoginAttack));
}

#[test]
fn postfix_says_nothing_where_the_words_are_a_strangers() {
    for message in [
        "4X00: warning: header Subject: too many errors after RCPT from a[192.0.2.1] from unknown[198.51.100.9]; from=<a@b>",
        "4X00: client=unknown[198.51.100.9], sasl_username=reject: RCPT from a[192.0.2.1]: 550 5.1.1 <a>",
    ] {
        assert_eq!(smtpd(message), None, "{message}");
    }
    let line =
        "Nov 26 10:00:00 mx postfix/cleanup[1]: 4X00: reject: RCPT from a[192.0.2.1]: 550 5.1.1 <a@b>: x";
    assert_eq!(of(MailServer::Postfix, line), None);
    let line = "Nov 26 10:00:00 mx logger: x postfix/smtpd[1]: too many errors after RCPT from a[192.0.2.1]";
    assert_eq!(of(MailServer::Postfix, line), None);
}

#[test]
fn exim_never_gives_an_address_out_of_a_helo_or_a_sender() {
    for text in [
        "H=(x) [192.0.2.1] F=<a@b> rejected RCPT <c@d>: relay not permitted) [198.51.100.9] F=<e@f> rejected RCPT <g@h>: Unknown user",
        "H=(x) [198.51.100.9] F=<\"y) [192.0.2.1]\"@f> rejected RCPT <g@h>: Unknown user",
        "login authenticator failed for (x) [192.0.2.1]: 535 Incorrect authentication data) [198.51.100.9]: 535 Incorrect authentication data",
        "SMTP protocol error in \"AUTH\" H=(a\" H=(b) [192.0.2.1] AUTH command used when not advertised) [198.51.100.9] AUTH command used when not advertised",
        "SMTP protocol error in \"AUTH x\" H=(a) [192.0.2.1]\" H=(b) [198.51.100.9] AUTH command used when not advertised",
        "SMTP syntax error in \"MAIL FROM:<a@b.c> \" H=[192.0.2.1] x\" H=(h) [198.51.100.9] malformed address: \" H=[192.0.2.1] x may not follow <a@b.c>",
        "SMTP protocol synchronization error (next input sent too soon): rejected \"x\" H=[192.0.2.1] \" H=[198.51.100.9] next input=\"\"",
    ] {
        assert_eq!(exim(text), None, "{text}");
    }
    let helo = "H=([192.0.2.1]) [198.51.100.9] F=<[192.0.2.1]@f> rejected RCPT <g@[192.0.2.1]>: Unknown user";
    assert_eq!(exim(helo), liar(Kind::UnknownRecipient));
    let guessed = "login authenticator failed for (h) [198.51.100.9]: 535 Incorrect authentication data (set_id=x) [192.0.2.1])";
    assert_eq!(exim(guessed), liar(Kind::LoginAttack));
    let command =
        "SMTP syntax error in \"MAIL FROM:<[192.0.2.1]\" H=(b) [198.51.100.9] malformed address: [192.0.2.1]";
    assert_eq!(exim(command), liar(Kind::Protocol));
    let early = "SMTP protocol synchronization error (input sent without waiting for greeting): rejected connection from H=[198.51.100.9] input=\"H=(a) [192.0.2.1]\"";
    assert_eq!(exim(early), liar(Kind::EarlyTalker));
    assert_eq!(
        exim(
            "1ahr79-0006jK-G9 <= a@b H=(x) [198.51.100.9] P=smtp T=\"H=[192.0.2.1] F=<> rejected RCPT <a>: Unknown user\""
        ),
        None
    );
}

#[test]
fn sendmail_never_gives_an_address_out_of_a_recipient_or_a_login() {
    let lie = "\"a>, relay=x [192.0.2.1], reject=550 5.1.1 b\"@d";
    let line = format!(
        "ruleset=check_rcpt, arg1=<{lie}>, relay=[198.51.100.9], reject=550 5.1.1 <{lie}>... User unknown"
    );
    assert_eq!(sendmail(&line), None);
    let login = "AUTH failure (LOGIN): failed, user=a, relay=x [192.0.2.1], relay=y.example [198.51.100.9]";
    assert_eq!(sendmail(login), liar(Kind::LoginAttack));
    let command = "[198.51.100.9]: possible SMTP attack: command=x [192.0.2.1]: possible, count=3";
    assert_eq!(sendmail(command), liar(Kind::Protocol));
    let subject = "Subject: rejecting commands from [192.0.2.1] due to pre-greeting traffic after 0 seconds";
    assert_eq!(sendmail(subject), None);
}

#[test]
fn a_flood_of_text_is_cut() {
    let long = "h".repeat(9_000);
    let line =
        format!("2026-11-26 10:00:00 H=({long}) [192.0.2.7] F=<{long}@b> rejected RCPT <c@d>: Unknown user");
    assert_eq!(of(MailServer::Exim, &line), None, "longer than any line");
    let line =
        format!("2026-11-26 10:00:00 H=({long}) [192.0.2.7] F=<a\u{7}@b> rejected RCPT <c@d>: Unknown user");
    let entry = of(MailServer::Exim, &line).unwrap();
    assert_eq!((entry.helo.len(), entry.mail_from.as_str()), (MAX_FIELD, "a?@b"));
}

#[test]
fn exim_reads_neither_the_later_pieces_of_a_line_nor_the_headers_in_a_reject_log() {
    let said = "H=[192.0.2.1] F=<> rejected RCPT <a@b>: Unknown user";
    for line in [
        format!("Nov 26 10:00:00 mx exim[7]: [2\\3] {said}"),
        format!("Nov 26 10:00:00 mx exim[7]: [2/3] {said}"),
        format!("Nov 26 10:00:00 mx other: x exim[7]: {said}"),
        format!("Nov 26 10:00:00 mx logger x exim[7]: {said}"),
        format!("T To: exim[7]: 2026-11-26 10:00:00 {said}"),
        format!("  exim: 2026-11-26 10:00:00 {said}"),
        format!("\tx exim[7]: 2026-11-26 10:00:00 {said}"),
        format!("\t2026-11-26 10:00:00 {said}"),
        format!(" Nov 26 10:00:00 mx exim[7]: {said}"),
    ] {
        assert_eq!(of(MailServer::Exim, &line), None, "{line}");
    }
}

#[test]
fn sendmail_joins_no_line_in_which_the_client_could_be_a_strangers_word() {
    for end in [
        "relay=x [192.0.2.1]>, size=0, relay=y [198.51.100.9]",
        "relay=x [192.0.2.1]>, size=0",
    ] {
        let mut reader = LogReader::new(MailServer::Sendmail, Patterns::default());
        let first = "Nov 26 10:00:00 mx sm-mta[1]: 5AQA1: <no@b>... User unknown";
        let second = format!("Nov 26 10:00:00 mx sm-mta[1]: 5AQA1: from=<a, {end}");
        assert_eq!(reader.read(first.as_bytes(), &clock()), None);
        assert_eq!(reader.read(second.as_bytes(), &clock()), None, "{second}");
    }
}
