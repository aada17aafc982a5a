//! Packets as a mail server sends them, whole and broken, and answers as it reads them.

use proptest::prelude::*;

use super::*;

/// A packet.
fn packet(letter: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).unwrap();
    [&length.to_be_bytes(), [letter].as_slice(), data].concat()
}

fn read(bytes: &[u8]) -> Result<Option<Command>, NoCommand> {
    Reader::default().read(&mut &*bytes)
}

fn command(letter: u8, data: &[u8]) -> Command {
    read(&packet(letter, data)).unwrap().unwrap()
}

fn written(reply: Reply<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    reply.write(&mut out);
    out
}

/// What Postfix 3.7 offers.
const OFFER: &[u8] = &[0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff];

#[test]
fn a_client_is_read_in_either_family_and_none_of_the_same_machine() {
    let client = |data: &[u8]| match command(b'C', data) {
        Command::Connect(client) => client,
        other => panic!("{other:?}"),
    };
    let found = client(b"mx.example\x004\x9c\x59192.0.2.1\0");
    assert_eq!(
        (found.address, found.port),
        (Some("192.0.2.1".parse().unwrap()), Some(40_025))
    );
    for data in [
        b"a\x006\0\0IPv6:2001:db8::1\0".as_slice(),
        b"a\x006\0\x002001:db8::1",
    ] {
        let found = client(data);
        assert_eq!(
            (found.address, found.port),
            (Some("2001:db8::1".parse().unwrap()), None)
        );
    }
    assert_eq!(
        client(b"a\x006\0\0::ffff:192.0.2.1\0").address,
        Some("192.0.2.1".parse().unwrap())
    );
    for data in [
        b"localhost\0L\0\0/tmp/x\0".as_slice(),
        b"unknown\0U",
        b"a\x004\0",
        b"a\x004\0\0nonsense\0",
        b"a\0",
        b"",
    ] {
        assert_eq!(client(data).address, None, "{data:?}");
    }
}

#[test]
fn paths_lose_their_brackets_and_their_parameters() {
    let sender = |data: &[u8]| command(b'M', data);
    assert_eq!(sender(b"<a@b>\0SIZE=3\0"), Command::Mail("a@b".to_owned()));
    assert_eq!(sender(b"a@b"), Command::Mail("a@b".to_owned()));
    assert_eq!(sender(b"<>\0"), Command::Mail(String::new()));
    assert_eq!(
        command(b'R', b"<c\x1b\xff@d>\0"),
        Command::Recipient("c\u{fffd}\u{fffd}@d".to_owned())
    );
}

#[test]
fn macros_are_found_with_and_without_braces() {
    let Command::Macros(macros) = command(b'D', b"M{auth_authen}\0me\0i\x008045F2AB23\0{auth_type}\0\0{odd}")
    else {
        panic!("no macros")
    };
    assert_eq!(macros.get("auth_authen"), Some("me"));
    assert_eq!(macros.get("i"), Some("8045F2AB23"));
    assert_eq!((macros.get("auth_type"), macros.get("odd")), (None, None));
    assert_eq!(command(b'D', b""), Command::Macros(Macros::default()));
}

#[test]
fn a_message_comes_as_it_was_sent() {
    let field = Header {
        name: b"Subject".to_vec(),
        value: b" a\n\tb".to_vec(),
    };
    assert_eq!(command(b'L', b"Subject\0 a\n\tb\0"), Command::Header(field));
    assert_eq!(command(b'L', b""), Command::Header(Header::default()));
    assert_eq!(command(b'B', b"a\0b\r\n"), Command::Body(b"a\0b\r\n".to_vec()));
    assert_eq!(command(b'E', b""), Command::End(Vec::new()));
    for (letter, expected) in [
        (b'T', Command::Data),
        (b'N', Command::HeaderEnd),
        (b'A', Command::Abort),
        (b'Q', Command::Quit),
        (b'K', Command::NextClient),
        (b'U', Command::Unknown),
    ] {
        assert_eq!(command(letter, b"x\0"), expected);
    }
}

#[test]
fn only_what_is_offered_is_taken() {
    let Command::Options(offer) = command(b'O', OFFER) else {
        panic!("no options")
    };
    let taken = offer.take(actions::ADD_HEADERS, steps::SKIP).unwrap();
    let expected = Options {
        version: 6,
        actions: 1,
        steps: 0x400,
    };
    assert_eq!(taken, expected);
    assert!(taken.has_data() && taken.has(steps::SKIP) && !taken.may(actions::NAME_MACROS));
    let old = Options {
        version: 2,
        actions: 0xf,
        steps: 0x7f,
    };
    let taken = old.take(actions::NAME_MACROS, steps::SKIP).unwrap();
    assert_eq!((taken.version, taken.actions, taken.steps), (2, 0, 0));
    assert!(!taken.has_data());
    let newer = Options { version: 9, ..offer };
    assert_eq!(newer.take(0, 0).unwrap().version, 6);
    let older = Options { version: 1, ..offer };
    assert_eq!(older.take(0, 0), Err(NoCommand::Old(1)));
}

#[test]
fn every_size_has_an_end() {
    assert_eq!(read(&[0; 4]), Err(NoCommand::Empty));
    assert_eq!(read(&[0xff; 8]), Err(NoCommand::Large(u32::MAX)));
    let attribute = packet(b'H', &[b'x'; 1 << 20]);
    assert_eq!(read(&attribute), Err(NoCommand::Large((1 << 20) + 1)));
    assert_eq!(read(b"GET / HTTP/1.1\r\n"), Err(NoCommand::Large(0x4745_5420)));
    assert_eq!(read(&packet(b'x', b"")), Err(NoCommand::Unknown(b'x')));
    assert_eq!(read(&packet(b'O', &OFFER[..11])), Err(NoCommand::Short));
    let Command::Helo(name) = command(b'H', &[b'x'; MAX_PACKET - 1]) else {
        panic!("no name")
    };
    assert_eq!(name.len(), 2_048);
    let Command::Macros(macros) = command(b'D', &b"a\0a\0".repeat(10_000)) else {
        panic!("no macros")
    };
    assert!(format!("{macros:?}").len() < 10_000);
}

#[test]
fn a_length_that_is_announced_takes_no_memory() {
    let mut reader = Reader::default();
    let mut announced: &[u8] = &[0, 3, 0xff, 0xff, b'B'];
    assert_eq!(reader.read(&mut announced), Ok(None));
    assert!(reader.is_inside());
    assert!(format!("{reader:?}").len() < 1_000);
}

#[test]
fn answers_are_packets() {
    assert_eq!(written(Reply::Continue), b"\0\0\0\x01c");
    assert_eq!(written(Reply::Accept), b"\0\0\0\x01a");
    assert_eq!(written(Reply::Skip), b"\0\0\0\x01s");
    assert_eq!(
        written(Reply::Refuse("100% listed")),
        packet(b'y', b"554 5.7.1 100%% listed\0")
    );
    assert_eq!(
        written(Reply::Defer("later\r\n")),
        packet(b'y', "451 4.7.1 later\u{fffd}\u{fffd}\0".as_bytes())
    );
    let header = Reply::AddHeader {
        name: "X-List",
        value: " spam\0x",
    };
    assert_eq!(
        written(header),
        packet(b'i', "\0\0\0\0X-List\0 spam\u{fffd}x\0".as_bytes())
    );
    let options = Options {
        version: 6,
        actions: 1,
        steps: 2,
    };
    let macros = [(Stage::Mail, "i {auth_authen}")];
    assert_eq!(
        written(Reply::Options(options, &macros)),
        packet(b'O', b"\0\0\0\x06\0\0\0\x01\0\0\0\x02\0\0\0\x02i {auth_authen}\0")
    );
    let long = "ñ".repeat(1_000);
    assert!(written(Reply::Refuse(&long)).len() <= MAX_TEXT + 20);
}

proptest! {
    #[test]
    fn commands_are_the_same_in_pieces(
        packets in prop::collection::vec((prop::sample::select(b"DCHMRTLNBEAUQK".to_vec()), any::<Vec<u8>>()), 0..8),
        piece in 1_usize..40,
    ) {
        let bytes: Vec<u8> = packets.iter().flat_map(|(letter, data)| packet(*letter, data)).collect();
        let whole: Vec<Command> = packets.iter().map(|(letter, data)| command(*letter, data)).collect();
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        for mut part in bytes.chunks(piece) {
            while let Some(command) = reader.read(&mut part).unwrap() {
                found.push(command);
            }
        }
        prop_assert_eq!(found, whole);
        prop_assert!(!reader.is_inside());
    }
}
