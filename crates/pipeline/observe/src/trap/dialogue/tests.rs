//! Tests of the order of a conversation.

use atalaya_testkit::TestClock;

use super::*;

fn script() -> Script {
    let config = TrapConfig {
        max_recipients: 2,
        max_messages: 1,
        max_errors: 3,
        max_commands: 20,
        ..TrapConfig::default()
    };
    Script::new(config, TestClock::default().clock(), StartTls::Absent)
}

/// Says the lines one after the other and gives the code of each answer, or what is done instead.
fn codes(lines: &[&str]) -> Vec<String> {
    let (mut dialogue, script) = (Dialogue::default(), script());
    lines
        .iter()
        .map(|line| show(&dialogue.hear(Command::parse(line.as_bytes()), Haste::Waits, &script)))
        .collect()
}

fn show(turn: &Turn) -> String {
    match turn {
        Turn::Say(reply) => reply.text()[..3].to_owned(),
        Turn::TakeData => "data".to_owned(),
        Turn::StartTls => "tls".to_owned(),
        Turn::TakeChunk { refusal: None, .. } => "chunk".to_owned(),
        Turn::TakeChunk {
            refusal: Some(reply), ..
        } => format!("chunk, {}", &reply.text()[..3]),
        Turn::Leave(goodbye) => goodbye.word().to_owned(),
    }
}

const FROM: &str = "MAIL FROM:<a@b.example>";
const TO: &str = "RCPT TO:<c@d.example>";

#[test]
fn commands_in_order_lead_to_the_message() {
    assert_eq!(
        codes(&["NOOP", "EHLO x", FROM, TO, "DATA"]),
        ["250", "250", "250", "250", "data"]
    );
}

#[test]
fn commands_out_of_order_are_refused() {
    assert_eq!(codes(&[FROM, TO, "DATA"]), ["503", "503", "max-errors"]);
    assert_eq!(codes(&["HELO x", TO, "DATA"]), ["250", "503", "503"]);
    assert_eq!(
        codes(&["HELO x", FROM, FROM, "DATA"]),
        ["250", "250", "503", "503"]
    );
    assert_eq!(
        codes(&["HELO x", FROM, TO, "RSET", "DATA"]),
        ["250", "250", "250", "250", "503"]
    );
    assert_eq!(
        codes(&["HELO x", FROM, TO, "EHLO x", TO]),
        ["250", "250", "250", "250", "503"]
    );
    assert_eq!(codes(&["HELO x", "BDAT 5"]), ["250", "chunk, 503"]);
}

#[test]
fn nothing_but_chunks_may_follow_a_chunk() {
    let (mut dialogue, script) = (Dialogue::default(), script());
    for line in ["EHLO x", FROM, TO] {
        dialogue.hear(Command::parse(line.as_bytes()), Haste::Waits, &script);
    }
    assert!(dialogue.begin_chunk());
    assert!(!dialogue.begin_chunk());
    for (line, expected) in [("BDAT 5", "chunk"), ("DATA", "503"), (TO, "503"), ("RSET", "250")] {
        let turn = dialogue.hear(Command::parse(line.as_bytes()), Haste::Waits, &script);
        assert_eq!(show(&turn), expected, "{line}");
    }
}

#[test]
fn the_replies_have_the_codes_of_the_standard() {
    for (line, reply) in [
        ("WHAT", "500 5.5.2"),
        ("HELO", "501 5.5.4"),
        ("MAIL FROM:", "501 5.1.7"),
        ("RCPT TO:<>", "501 5.1.3"),
        ("STARTTLS", "502 5.5.1"),
        ("EXPN x", "502 5.5.1"),
        ("VRFY x", "252 2.0.0"),
        ("HELP", "214 2.0.0"),
        ("RSET", "250 2.0.0"),
    ] {
        let (mut dialogue, script) = (Dialogue::default(), script());
        let Turn::Say(said) = dialogue.hear(Command::parse(line.as_bytes()), Haste::Waits, &script) else {
            panic!("{line}");
        };
        assert!(said.text().starts_with(reply), "{line}: {}", said.text());
    }
}

#[test]
fn limits_are_kept() {
    // Too many recipients are no fault: the message goes on with those that were taken.
    assert_eq!(
        codes(&["EHLO x", FROM, TO, TO, TO, TO, TO, TO, "DATA"]),
        ["250", "250", "250", "250", "452", "452", "452", "452", "data"]
    );
    assert_eq!(codes(&["A", "B", "C"]), ["500", "500", "max-errors"]);
    assert_eq!(codes(&["NOOP"; 21])[20], "max-commands");
    assert_eq!(codes(&["BDAT x"]), ["lost-chunk"]);
    let big = "MAIL FROM:<a@b.example> SIZE=26214401";
    assert_eq!(
        codes(&["EHLO x", big, "MAIL FROM:<a@b.example> SIZE=26214400"]),
        ["250", "552", "250"]
    );
    let (mut dialogue, script) = (Dialogue::default(), script());
    dialogue.hear(Command::parse(b"EHLO x"), Haste::Waits, &script);
    dialogue.count_message();
    let turn = dialogue.hear(Command::parse(FROM.as_bytes()), Haste::Waits, &script);
    assert_eq!(turn, Turn::Leave(Goodbye::Messages));
}

#[test]
fn speaking_out_of_turn_is_noted() {
    let (mut dialogue, script) = (Dialogue::default(), script());
    dialogue.hear(Command::parse(b"EHLO x"), Haste::Waits, &script);
    dialogue.hear(Command::parse(FROM.as_bytes()), Haste::SpeaksOn, &script);
    assert_eq!(dialogue.oddities(), Oddities::NONE, "PIPELINING was offered");
    dialogue.hear(Command::parse(TO.as_bytes()), Haste::SpeaksOn, &script);
    dialogue.hear(Command::parse(b"DATA"), Haste::SpeaksOn, &script);
    assert_eq!(dialogue.oddities(), Oddity::EarlyData.into());

    let mut dialogue = Dialogue::default();
    dialogue.hear(Command::parse(b"EHLO x"), Haste::SpeaksOn, &script);
    assert_eq!(dialogue.oddities(), Oddity::PipelinedEarly.into());
}

#[test]
fn the_envelope_is_kept_as_given_and_cut() {
    let (mut dialogue, script) = (Dialogue::default(), script());
    let long = format!("RCPT TO:<{}@d.example>", "ñ".repeat(600));
    for line in ["HELO [192.0.2.1]", "MAIL FROM:<>", TO, &long] {
        dialogue.hear(Command::parse(line.as_bytes()), Haste::Waits, &script);
    }
    let (envelope, trap) = dialogue.finish();
    assert_eq!(
        (envelope.helo.as_str(), envelope.mail_from.as_str()),
        ("[192.0.2.1]", "")
    );
    assert_eq!(envelope.recipients[0], "c@d.example");
    assert_eq!(envelope.recipients[1].len(), MAX_KEPT_PATH);
    assert_eq!(trap.kind, Trap::Pristine);
}

#[test]
fn tls_begins_once_and_all_anew() {
    let config = TrapConfig::default();
    let script = Script::new(config, TestClock::default().clock(), StartTls::Offered);
    let mut dialogue = Dialogue::default();
    let hear = |dialogue: &mut Dialogue, line: &str| {
        dialogue.hear(Command::parse(line.as_bytes()), Haste::Waits, &script)
    };
    let offers = |turn: Turn| matches!(turn, Turn::Say(reply) if reply.text().contains("250-STARTTLS\r\n"));
    assert!(offers(hear(&mut dialogue, "EHLO x")));
    assert_eq!(show(&hear(&mut dialogue, FROM)), "250");
    assert_eq!(hear(&mut dialogue, "STARTTLS"), Turn::StartTls);
    dialogue.begin_tls();
    assert_eq!(
        show(&hear(&mut dialogue, FROM)),
        "503",
        "it has to say hello again"
    );
    assert!(!offers(hear(&mut dialogue, "EHLO x")));
    assert_eq!(show(&hear(&mut dialogue, "STARTTLS")), "502");
}

#[test]
fn recipients_that_are_turned_away_are_remembered_and_cost_no_error() {
    for (recipients, code) in [(Recipients::Refused, "550"), (Recipients::Deferred, "451")] {
        let (mut dialogue, script) = (Dialogue::new(recipients), script());
        for line in ["EHLO x", FROM] {
            dialogue.hear(Command::parse(line.as_bytes()), Haste::Waits, &script);
        }
        for _ in 0..5 {
            let turn = dialogue.hear(Command::parse(TO.as_bytes()), Haste::Waits, &script);
            assert_eq!(show(&turn), code);
        }
        let turn = dialogue.hear(Command::parse(b"DATA"), Haste::Waits, &script);
        assert_eq!(show(&turn), "554");
        assert_eq!(dialogue.oddities(), Oddities::NONE);
        dialogue.hear(Command::parse(b"RSET"), Haste::Waits, &script);
        let (envelope, trap) = dialogue.unfinished();
        assert_eq!(
            (envelope.helo.as_str(), envelope.mail_from.as_str()),
            ("x", "a@b.example")
        );
        assert_eq!(
            envelope.recipients, ["c@d.example"; 2],
            "no more than max_recipients"
        );
        assert_eq!(trap.map(|trap| trap.kind), Some(Trap::Pristine));
    }
}
