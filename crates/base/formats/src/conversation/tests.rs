//! Tests of conversations and their text.

use proptest::prelude::*;

use super::*;

fn sample() -> Conversation {
    let mut talk = Conversation::new(4096);
    talk.say(0, Side::Server, b"220 mx.example ESMTP\r\n");
    talk.say(31, Side::Client, b"EHLO \\pc\t\xff\0");
    talk.say(31, Side::Client, b"\r\n");
    talk.say(32, Side::Server, b"250 mx.example\r\n");
    talk.begin_tls(40);
    talk.send(95, 4_700, Ends::Clean);
    talk.send(99, 11, Ends::Bare);
    talk
}

const TEXT: &str = "conversation 1\n0 S 220 mx.example ESMTP\\r\\n\n31 C EHLO \\\\pc\\t\\xff\\x00\\r\\n\n32 S 250 mx.example\\r\\n\n\
                    40 N tls\n95 M 4711 bare\n";

#[test]
fn a_conversation_is_written_a_line_a_segment_and_read_back() {
    assert_eq!(sample().to_text(), TEXT);
    let read = Conversation::parse(TEXT).unwrap();
    assert!(read.segments().eq(sample().segments()));
    assert_eq!(read.to_text(), TEXT);
}

#[test]
fn what_is_no_conversation_is_refused_with_its_line() {
    for (text, wrong) in [
        ("", BadConversation::Header),
        ("conversation 2\n", BadConversation::Header),
        ("conversation 1\nx", BadConversation::Line(2)),
        ("conversation 1\n0 S \n", BadConversation::Line(2)),
        ("conversation 1\n0 S x\n01 S x\n", BadConversation::Line(3)),
        ("conversation 1\n0 S \\q\n", BadConversation::Line(2)),
        ("conversation 1\n0 S \\x0\n", BadConversation::Line(2)),
        ("conversation 1\n0 S é\n", BadConversation::Line(2)),
        ("conversation 1\n0 M -1\n", BadConversation::Line(2)),
        ("conversation 1\n4294967296 S x\n", BadConversation::Line(2)),
        ("conversation 1\n0 N else\n", BadConversation::Line(2)),
        ("conversation 1\n0 N cut\n0 S x\n", BadConversation::Line(3)),
    ] {
        assert_eq!(Conversation::parse(text), Err(wrong), "{text}");
    }
    let long = "conversation 1\n".repeat(MAX_TEXT / 10);
    assert_eq!(Conversation::parse(&long), Err(BadConversation::TooLong));
}

#[test]
fn no_client_takes_more_than_the_limit() {
    let limit = 1_000;
    let mut drip = Conversation::new(limit);
    (0..10_000).for_each(|at| drip.say(at, Side::Client, b"x"));
    let mut flood = Conversation::new(limit);
    flood.say(0, Side::Client, &vec![0; 10 << 20]);
    let mut turns = Conversation::new(limit);
    for at in 0..100_000 {
        turns.say(at, Side::Client, b"RSET\r\n");
        turns.say(at, Side::Server, b"250 Ok\r\n");
        turns.begin_tls(at);
    }
    for talk in [drip, flood, turns] {
        assert!(talk.is_cut());
        assert!(talk.bytes.len() + talk.pieces.len() * PIECE <= limit);
        assert!(talk.to_text().ends_with("0 N cut\n"));
        let read = Conversation::parse(&talk.to_text()).unwrap();
        assert!(read.is_cut() && read.segments().eq(talk.segments()));
    }
}

#[test]
fn earlier_messages_are_left_out_and_that_is_said() {
    let mut talk = sample();
    let place = talk.place();
    talk.say(100, Side::Client, b"MAIL");
    talk.leave_out_since(120, place);
    assert_eq!(talk.to_text(), format!("{TEXT}120 N earlier\n"));

    let mut talk = Conversation::new(100);
    talk.say(1, Side::Client, b"EHLO x\r\n");
    let place = talk.place();
    talk.say(1, Side::Client, &[b'x'; 100]);
    assert!(talk.is_cut());
    talk.leave_out_since(2, place);
    talk.say(3, Side::Client, b"y");
    assert_eq!(
        talk.to_text(),
        "conversation 1\n1 C EHLO x\\r\\n\n2 N earlier\n3 C y\n"
    );
}

/// What can be added.
#[derive(Debug, Clone)]
enum Step {
    Say(Side, Vec<u8>),
    Send(u64, Ends),
    Tls,
    Earlier,
}

fn step() -> impl Strategy<Value = Step> {
    let said = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        said().prop_map(|said| Step::Say(Side::Client, said)),
        said().prop_map(|said| Step::Say(Side::Server, said)),
        (any::<u64>(), prop::sample::select(vec![Ends::Clean, Ends::Bare]))
            .prop_map(|(size, ends)| Step::Send(size, ends)),
        Just(Step::Tls),
        Just(Step::Earlier),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(steps in prop::collection::vec((0_u32..9, step()), 0..30), limit in 0_usize..2_000) {
        let mut talk = Conversation::new(limit);
        let place = talk.place();
        let mut at = 0;
        for (later, step) in steps {
            at += later;
            match step {
                Step::Say(side, said) => talk.say(at, side, &said),
                Step::Send(size, ends) => talk.send(at, size, ends),
                Step::Tls => talk.begin_tls(at),
                Step::Earlier => talk.leave_out_since(at, place),
            }
        }
        let read = Conversation::parse(&talk.to_text()).unwrap();
        prop_assert!(read.segments().eq(talk.segments()));
        prop_assert_eq!(read.is_cut(), talk.is_cut());
        prop_assert!(talk.bytes.len() + talk.pieces.len() * PIECE <= limit.max(PIECE));
    }
}
