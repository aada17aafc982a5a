//! Tests of the command grammar.

use proptest::prelude::*;

use super::*;

fn command(line: &str) -> Result<Command, Refusal> {
    Command::parse(line.as_bytes()).command
}

fn odd(line: &str) -> String {
    Command::parse(line.as_bytes())
        .oddities
        .words()
        .collect::<Vec<_>>()
        .join(",")
}

fn mail(from: &str, size: Option<u64>) -> Result<Command, Refusal> {
    let from = Address(from.to_owned());
    Ok(Command::Mail(MailCommand {
        from,
        size,
        is_utf8: false,
    }))
}

fn rcpt(to: &str) -> Result<Command, Refusal> {
    Ok(Command::Rcpt(Address(to.to_owned())))
}

#[test]
fn correct_commands_have_nothing_odd() {
    let cases = [
        ("EHLO mail.example", Ok(Command::Ehlo("mail.example".into()))),
        ("HELO [192.0.2.1]", Ok(Command::Helo("[192.0.2.1]".into()))),
        ("MAIL FROM:<a@b.example>", mail("a@b.example", None)),
        ("MAIL FROM:<> SIZE=12 BODY=8BITMIME", mail("", Some(12))),
        (
            "MAIL FROM:<ñ@b.example> SMTPUTF8",
            Ok(Command::Mail(MailCommand {
                from: Address("ñ@b.example".to_owned()),
                size: None,
                is_utf8: true,
            })),
        ),
        ("RCPT TO:<a@b.example>", rcpt("a@b.example")),
        ("RCPT TO:<Postmaster>", rcpt("Postmaster")),
        ("DATA", Ok(Command::Data)),
        ("BDAT 86 LAST", Ok(Command::Bdat { size: 86, last: true })),
        ("BDAT 0", Ok(Command::Bdat { size: 0, last: false })),
        ("RSET", Ok(Command::Rset)),
        ("NOOP", Ok(Command::Noop)),
        ("NOOP whatever", Ok(Command::Noop)),
        ("VRFY someone", Ok(Command::Vrfy)),
        ("HELP", Ok(Command::Help)),
        ("QUIT", Ok(Command::Quit)),
        ("STARTTLS", Ok(Command::StartTls)),
        ("AUTH PLAIN AGEAYg==", Err(Refusal::NotOffered)),
    ];
    for (line, expected) in cases {
        assert_eq!(command(line), expected, "{line}");
        assert!(
            ["", "no-domain"].contains(&odd(line).as_str()),
            "{line}: {}",
            odd(line)
        );
    }
}

#[test]
fn sloppy_commands_are_understood_and_noted() {
    for (line, odds) in [
        ("mail from:<a@b.example>", ""),
        ("MAIL FROM:<a@b.example>  ", ""),
        ("MAIL FROM: <a@b.example>", "odd-spacing"),
        ("MAIL FROM :<a@b.example>", "odd-spacing"),
        ("MAIL  FROM:<a@b.example>", "odd-spacing"),
        (" MAIL FROM:<a@b.example>", "odd-spacing"),
        ("MAILFROM:<a@b.example>", "odd-spacing"),
        ("MAIL FROM:a@b.example", "no-brackets"),
        ("MAIL FROM: a@b.example", "odd-spacing,no-brackets"),
        ("MAIL FROM <a@b.example>", "no-colon"),
        ("MAIL FROM<a@b.example>", "no-colon"),
        ("MAIL FROM a@b.example", "no-colon,no-brackets"),
        ("MAIL FROM:<a@b.example", "unclosed"),
        ("MAIL FROM:<a@b.example> RET=FULL", "unknown-parameter"),
        ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "unknown-parameter"),
    ] {
        assert_eq!(command(line), mail("a@b.example", None), "{line}");
        assert_eq!(odd(line), odds, "{line}");
    }
    assert_eq!(command("rcpt to: a@b.example"), rcpt("a@b.example"));
    assert_eq!(odd("RCPT TO:<a@b.example> NOTIFY=NEVER"), "unknown-parameter");
    assert_eq!(command("DATA now"), Ok(Command::Data));
    assert_eq!(odd("DATA now"), "extra-argument");
    assert_eq!(command("HELO   x"), Ok(Command::Helo("x".into())));
    assert_eq!(odd("HELO   x"), "odd-spacing");
}

#[test]
fn what_cannot_be_understood_is_refused_with_its_reason() {
    for (line, refusal) in [
        ("", Refusal::Unknown),
        ("HELLO x", Refusal::Unknown),
        ("GET / HTTP/1.1", Refusal::Unknown),
        ("MAILX FROM:<a@b>", Refusal::Unknown),
        ("EHLO", Refusal::Syntax("EHLO host.name")),
        ("MAIL", Refusal::Syntax("MAIL FROM:<address>")),
        ("MAIL TO:<a@b>", Refusal::Syntax("MAIL FROM:<address>")),
        ("MAIL FROMAGE", Refusal::Syntax("MAIL FROM:<address>")),
        ("MAIL FROM:", Refusal::BadSender),
        ("MAIL FROM", Refusal::BadSender),
        ("MAIL FROM:<a\0b@c.example>", Refusal::BadSender),
        ("MAIL FROM:<a@b> SIZE=x", Refusal::Syntax("SIZE=bytes")),
        ("MAIL FROM:<a@b> SIZE=-1", Refusal::Syntax("SIZE=bytes")),
        (
            "MAIL FROM:<a@b> SIZE=99999999999999999999",
            Refusal::Syntax("SIZE=bytes"),
        ),
        ("RCPT TO:<>", Refusal::BadRecipient),
        ("RCPT TO:", Refusal::BadRecipient),
        ("BDAT", Refusal::BadChunk),
        ("BDAT +5", Refusal::BadChunk),
        ("BDAT 5 FIRST", Refusal::BadChunk),
        ("BDAT 5 LAST LAST", Refusal::BadChunk),
        ("BDAT 18446744073709551616", Refusal::BadChunk),
    ] {
        assert_eq!(command(line), Err(refusal), "{line}");
    }
    assert_eq!(odd("HELLO x"), "unknown-command");
    assert_eq!(odd("MAIL"), "bad-syntax");
}

#[test]
fn addresses_beyond_ascii_need_their_parameter() {
    assert_eq!(odd("MAIL FROM:<ñ@b.example> SMTPUTF8"), "");
    assert_eq!(odd("MAIL FROM:<ñ@b.example>"), "unannounced-utf8");
    let latin = Command::parse(b"MAIL FROM:<\xf1@b.example>");
    assert_eq!(latin.command, mail("\u{fffd}@b.example", None));
    assert!(latin.oddities.has(Oddity::BadUtf8));
}

proptest! {
    #[test]
    fn any_line_is_read_without_a_panic(line in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(Command::parse(&line).oddities.words().count() < 80);
    }

    #[test]
    fn no_accepted_text_holds_a_control_character(
        verb in "(EHLO|HELO|MAIL FROM:|RCPT TO:) ?", rest in "[<>@a\\x00-\\x1f\" .]{0,20}",
    ) {
        let parsed = Command::parse(format!("{verb}{rest}").as_bytes());
        let text = match parsed.command {
            Ok(Command::Ehlo(text) | Command::Helo(text)) => text,
            Ok(Command::Mail(mail)) => mail.from.0,
            Ok(Command::Rcpt(to)) => to.0,
            _ => String::new(),
        };
        prop_assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}
