//! Tests of dialects: what tells programs apart is in the text, and what belongs to the mail is not.

use proptest::prelude::*;

use super::*;
use crate::conversation::Side;

const PARTIES: Parties<'static> = Parties {
    client: IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7)),
    server: "mx.trap.example",
};

/// A conversation from its text, without the first line.
fn talk(text: &str) -> Conversation {
    Conversation::parse(&format!("conversation 1\n{text}")).unwrap()
}

/// The value of a field.
fn field(text: &str, name: &str) -> String {
    let dialect = Dialect::of(&talk(text), PARTIES).to_string();
    let found = dialect
        .split(' ')
        .find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    found.unwrap().to_owned()
}

#[test]
fn an_ordinary_conversation_is_told_in_one_line() {
    let text = r"0 S 220 mx.trap.example ESMTP\r\n
30 C EHLO pc.example\r\n
30 S 250-mx.trap.example\r\n250 PIPELINING\r\n
60 C MAIL FROM:<a@b.example> SIZE=812 BODY=8BITMIME\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@d.example>\r\nDATA\r\n
60 S 250 Ok\r\n250 Ok\r\n250 Ok\r\n354 Go\r\n
90 M 812
";
    let dialect = Dialect::of(&talk(text), PARTIES);
    let expected = "smtp/1 talks=after lines=crlf hello=EHLO_name order=EHLO,MAIL+RCPT+DATA mail=MAIL_FROM:<@>_SIZE=# \
                    rcpt=RCPT_TO:<@> text=crlf pace=quick refused=- next=- end=-";
    assert_eq!(dialect.to_string(), expected);
    assert_eq!(Dialect::id(expected).to_string(), "ba750ae2772a549a");
}

#[test]
fn nothing_is_known_of_who_says_nothing() {
    let dialect = Dialect::of(&talk("0 S 220 mx ESMTP\\r\\n\n"), PARTIES).to_string();
    assert_eq!(dialect.matches("=-").count(), 11, "{dialect}");
}

#[test]
fn spelling_and_spacing_of_each_command_are_kept() {
    for (line, field_of, spelled) in [
        ("ehlo pc", "hello", "ehlo_word"),
        ("HELO  pc.example ", "hello", "HELO__name_"),
        ("EHLO", "hello", "EHLO"),
        ("EHLO two words", "hello", "EHLO_?"),
        ("MAIL FROM: <a@b>", "mail", "MAIL_FROM:_<@>"),
        ("Mail From:<>", "mail", "Mail_From:<@>"),
        ("MAIL FROM a@b", "mail", "MAIL_FROM_@"),
        (
            "MAIL FROM:<< a@b >> AUTH=<> X=1 size=x",
            "mail",
            "MAIL_FROM:<<_@_>>_AUTH=*_?=#_size=*",
        ),
        ("MAIL  body=8bitmime", "mail", "MAIL__??"),
        (
            "RCPT\\tTO:<\"a > b\"@c> NOTIFY=NEVER",
            "rcpt",
            "RCPT\\tTO:<@>_NOTIFY=*",
        ),
        (
            "rcpt to:<a@b> SMTPUTF8 BODY=7BIT RET=HDRS",
            "rcpt",
            "rcpt_to:<@>_RET=*",
        ),
        ("GET / HTTP/1.1", "order", "GET"),
        ("SECRET mailbox@example.net", "order", "?"),
    ] {
        assert_eq!(
            field(&format!("0 S 220 x\\r\\n\n1 C {line}\\r\\n\n"), field_of),
            spelled,
            "{line}"
        );
    }
}

#[test]
fn a_client_calls_itself_by_a_class_of_names() {
    for (name, class) in [
        ("[192.0.2.7]", "[own]"),
        ("192.0.2.7", "own"),
        ("[10.0.0.5]", "[private]"),
        ("127.0.0.1", "private"),
        ("[198.51.100.1]", "[other]"),
        ("[198.51.100.1", "[other"),
        ("[ipv6:::ffff:192.0.2.7]", "[ipv6:own]"),
        ("[IPv6:2001:db8::1]", "[IPv6:other]"),
        ("[pc]", "[?]"),
        ("LocalHost", "localhost"),
        ("MX.trap.example", "server"),
        ("d.example", "server"),
        ("pc.example", "name"),
        ("ylmf-pc", "word"),
    ] {
        let text = format!(
            "0 S 220 x\\r\\n\n1 C EHLO {name}\\r\\n\n1 S 250 x\\r\\n\n2 C RCPT TO:<x@D.example>\\r\\n\n"
        );
        assert_eq!(field(&text, "hello"), format!("EHLO_{class}"), "{name}");
    }
}

#[test]
fn speaking_out_of_turn_is_told() {
    let early = r"0 C EHLO x\r\n
1 S 220 x\r\n250 x\r\n
";
    assert_eq!(field(early, "talks"), "early");
    let pipelined = r"0 S 220 x\r\n
1 C EHLO x\r\nMAIL FROM:<a@b>\r\n
1 S 250 x\r\n250 x\r\n
2 C RCPT TO:<a@b>\r\n
3 S 250 x\r\n
3 C DATA\r\nFrom\r\n
";
    assert_eq!(field(pipelined, "order"), "EHLO+MAIL,RCPT,DATA+?");
    let text = r"0 S 220 x\r\n
1 C DATA\r\n
1 M 5 bare
1 S 354 x\r\n250 x\r\n
";
    assert_eq!(field(text, "order"), "DATA+text");
    assert_eq!(field(text, "text"), "bare");
    let half = r"0 S 220 x\r\n
1 C EHLO x\r\n
1 S 250-x\r\n
2 C MAIL FROM:<a@b>\r\n
3 S 250 x\r\n
";
    assert_eq!(
        field(half, "order"),
        "EHLO+MAIL",
        "it did not wait for the last line of the answer"
    );
}

#[test]
fn chunks_are_one_message() {
    let text = r"0 S 220 x\r\n
1 C EHLO x\r\n
1 S 250 x\r\n
2 C MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT 5\r\n
2 M 5
2 C BDAT 3 LAST\r\n
2 M 3
2 S 250 x\r\n250 x\r\n250 x\r\n250 x\r\n
3 C RSET\r\n
3 S 250 x\r\n
4 C MAIL FROM:<a@b>\r\n
";
    assert_eq!(field(text, "order"), "EHLO,MAIL+RCPT+BDAT");
    assert_eq!(field(text, "next"), "RSET");
}

#[test]
fn line_ends_and_pace_are_told() {
    let mixed = r"0 S 220 x\r\n
1 C EHLO x\n
1 S 250 x\r\n
2 C NOOP\r\n
";
    assert_eq!(field(mixed, "lines"), "mixed");
    for (waits, pace) in [
        (&[3, 900, 40][..], "quick"),
        (&[3_000, 9_000, 4_000], "slow"),
        (&[3_000, 3_100, 3_050], "regular"),
        (&[3_000, 3_000], "slow"),
    ] {
        let (mut at, mut text) = (0, "0 S 220 x\\r\\n\n".to_owned());
        for wait in waits {
            at += wait;
            text.push_str(&format!("{at} C NOOP\\r\\n\n{at} S 250 x\\r\\n\n"));
        }
        assert_eq!(field(&text, "pace"), pace, "{waits:?}");
    }
}

#[test]
fn what_is_made_of_a_refusal_is_told() {
    let text = r"0 S 220 x\r\n
1 C EHLO x\r\n
1 S 250 x\r\n
2 C MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n
2 S 250 x\r\n451 x\r\n503 x\r\n
3 C QUIT\r\n
";
    assert_eq!(field(text, "refused"), "RCPT:4>QUIT");
    let gone = r"0 S 220 x\r\n
1 C EHLO x\r\n
1 S 550 x\r\n
";
    assert_eq!(field(gone, "refused"), "EHLO:5>-");
}

#[test]
fn what_is_known_later_is_added() {
    let mut first = Dialect::of(&talk("0 S 220 x\\r\\n\n1 C EHLO x\\r\\n\n"), PARTIES);
    let later = talk(
        r"0 S 220 x\r\n
1 C EHLO x\r\n
1 S 250 x\r\n
50 N earlier
50 S 250 x\r\n
51 C MAIL FROM:<a@b>\r\n
",
    );
    let later = Dialect::of(&later, PARTIES);
    first.learn(&later);
    first.end(Ending::Drop);
    assert!(first.to_string().ends_with(" next=none end=drop"), "{first}");
}

#[test]
fn hostile_conversations_have_a_short_dialect() {
    let mut resets = Conversation::new(1 << 20);
    (0..100_000).for_each(|at| {
        resets.say(
            at,
            Side::Client,
            if at % 2 == 0 { b"RSET\r\n" } else { b"NOOP\r\n" },
        );
    });
    let mut long = Conversation::new(1 << 20);
    long.say(
        0,
        Side::Client,
        &[&b"MAIL FROM:<a@b>"[..], &b" SIZE=1".repeat(100_000)].concat(),
    );
    long.say(0, Side::Client, b"\r\n");
    let mut nothing = Conversation::new(1 << 20);
    nothing.say(0, Side::Client, &[0; 1 << 18]);
    for talk in [resets, long, nothing] {
        let text = Dialect::of(&talk, PARTIES).to_string();
        assert!(text.len() < 700, "{} bytes", text.len());
        assert!(
            text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '),
            "{text}"
        );
    }
}

/// How a made-up program speaks.
#[derive(Debug, Clone)]
struct Program {
    ehlo: &'static str,
    mail: &'static str,
    rcpt: &'static str,
    end: &'static str,
    pipelines: bool,
}

fn program() -> impl Strategy<Value = Program> {
    (
        prop::sample::select(vec!["EHLO ", "ehlo ", "HELO  ", "Helo "]),
        prop::sample::select(vec!["MAIL FROM:<", "MAIL FROM: <", "mail from:<", "Mail From :<"]),
        prop::sample::select(vec!["RCPT TO:<", "RCPT TO: <", "rcpt  to:<"]),
        prop::sample::select(vec!["\r\n", "\n"]),
        any::<bool>(),
    )
        .prop_map(|(ehlo, mail, rcpt, end, pipelines)| Program {
            ehlo,
            mail,
            rcpt,
            end,
            pipelines,
        })
}

/// What a mail brings with it, and the network.
#[derive(Debug, Clone)]
struct Run {
    host: String,
    sender: String,
    recipients: Vec<String>,
    size: u64,
    waits: u32,
}

fn run() -> impl Strategy<Value = Run> {
    (
        "[a-z]{6,12}\\.[a-z]{6,9}",
        "([a-z0-9]{6,12}@[a-z]{6,12}\\.[a-z]{6,9})?",
        prop::collection::vec("[a-z0-9]{6,12}@[a-z]{6,12}\\.[a-z]{6,9}", 1..5),
        1_u64..100_000,
        0_u32..800,
    )
        .prop_map(|(host, sender, recipients, size, waits)| Run {
            host,
            sender,
            recipients,
            size,
            waits,
        })
}

/// A run of the program.
fn speak(program: &Program, run: &Run) -> Conversation {
    let mut talk = Conversation::new(1 << 16);
    let mut at = 0;
    talk.say(at, Side::Server, b"220 mx.trap.example ESMTP\r\n");
    let mut lines = vec![format!("{}{}{}", program.ehlo, run.host, program.end)];
    let mut rest = vec![format!("{}{}>{}", program.mail, run.sender, program.end)];
    rest.extend(
        run.recipients
            .iter()
            .map(|to| format!("{}{to}>{}", program.rcpt, program.end)),
    );
    rest.push(format!("DATA{}", program.end));
    if program.pipelines {
        lines.push(rest.concat());
    } else {
        lines.extend(rest);
    }
    for said in lines {
        at += run.waits;
        talk.say(at, Side::Client, said.as_bytes());
        let answers = said.matches('\n').count();
        talk.say(at, Side::Server, "250 Ok\r\n".repeat(answers).as_bytes());
    }
    talk.send(at + run.waits, run.size, Ends::Clean);
    talk
}

proptest! {
    #[test]
    fn one_program_has_one_dialect_and_nothing_of_its_mail_is_in_it(program in program(), one in run(), other in run()) {
        let of = |run: &Run| Dialect::of(&speak(&program, run), PARTIES).to_string();
        let text = of(&one);
        prop_assert_eq!(&text, &of(&other));
        for data in one.recipients.iter().chain([&one.host, &one.sender]).filter(|data| !data.is_empty()) {
            for part in data.split(['@', '.']) {
                prop_assert!(!text.contains(part), "{} is in {}", part, text);
            }
        }
    }

    #[test]
    fn two_programs_have_two_dialects(one in program(), other in program(), run in run()) {
        let of = |program: &Program| Dialect::of(&speak(program, &run), PARTIES).to_string();
        let are_one = format!("{one:?}") == format!("{other:?}");
        prop_assert_eq!(of(&one) == of(&other), are_one);
    }

    #[test]
    fn any_bytes_have_a_dialect_of_printable_ascii(said in prop::collection::vec((0_u32..5_000, any::<bool>(), "\\PC{0,40}(\r\n|\n)?"), 0..20)) {
        let mut talk = Conversation::new(1 << 14);
        let mut at = 0;
        for (wait, is_client, words) in said {
            at += wait;
            talk.say(at, if is_client { Side::Client } else { Side::Server }, words.as_bytes());
        }
        let text = Dialect::of(&talk, PARTIES).to_string();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '), "{}", text);
    }
}
