//! The service over streams in memory, with a store of its own.

use std::time::Duration;

use atalaya_formats::milter::{MAX_PACKET, actions, steps};
use atalaya_model::{ByteSize, Handshake, Kind, Observation, Trap};
use atalaya_net::{bind_tcp, bind_unix};
use atalaya_store::StoreUrl;
use atalaya_testkit::TestClock;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpSocket, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::advice::AdviceConfig;
use crate::advice::tests::{adviser, adviser_without_list};

/// What Postfix 3.7 offers.
const OFFER: [u32; 3] = [6, 0x1ff, 0x1f_ffff];
/// A client that is listed, and one that is not.
const LISTED: &str = "192.0.2.3";
const OTHER: &str = "192.0.2.9";

/// A service, the work of keeping, and the store.
struct Bench {
    milter: Arc<Milter>,
    keeping: JoinHandle<()>,
    store: Store,
    folder: TempDir,
}

async fn bench(config: MilterConfig, adviser: Arc<Adviser>) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::default().clock();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let (milter, keeping) = Milter::new(config, adviser, store.clone(), clock);
    Bench {
        milter: Arc::new(milter),
        keeping: tokio::spawn(keeping),
        store,
        folder,
    }
}

/// One with this advice.
async fn bench_with(advice: AdviceConfig) -> Bench {
    bench(MilterConfig::default(), adviser(advice)).await
}

/// One that is configured in no way.
async fn usual() -> Bench {
    bench_with(AdviceConfig::default()).await
}

/// One whose spammers are treated like this.
async fn bench_that(advice: &str) -> Bench {
    bench_with(AdviceConfig {
        spam: advice.parse().unwrap(),
        ..AdviceConfig::default()
    })
    .await
}

impl Bench {
    /// A mail server that has not said anything.
    fn connect(&self) -> Server {
        let (near, far) = tokio::io::duplex(1 << 16);
        let milter = Arc::clone(&self.milter);
        let ended = tokio::spawn(async move { milter.converse(far).await });
        Server { stream: near, ended }
    }

    /// One that has agreed on everything.
    async fn server(&self) -> Server {
        let mut server = self.connect();
        server.offer(OFFER).await;
        server
    }

    /// Every observation that was kept, once all are.
    async fn kept(self) -> Vec<Observation> {
        let kept = self.kept_with_messages().await;
        kept.into_iter().map(|(observation, _)| observation).collect()
    }

    /// The same with their messages.
    async fn kept_with_messages(self) -> Vec<(Observation, Vec<u8>)> {
        drop(self.milter);
        self.keeping.await.unwrap();
        let mut kept = Vec::new();
        for seen in self.store.observations_after(0, 100).await.unwrap() {
            let message = match &seen.observation.message {
                Some(digest) => self.store.message(digest).await.unwrap().unwrap(),
                None => Vec::new(),
            };
            kept.push((seen.observation, message));
        }
        kept
    }
}

fn packet(letter: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).unwrap();
    [&length.to_be_bytes(), [letter].as_slice(), data].concat()
}

/// The side of a mail server.
struct Server {
    stream: DuplexStream,
    ended: JoinHandle<io::Result<()>>,
}

impl Server {
    async fn send(&mut self, letter: u8, data: &[u8]) {
        self.stream.write_all(&packet(letter, data)).await.unwrap();
    }

    /// The next answer.
    async fn answer(&mut self) -> (char, Vec<u8>) {
        let length = self.stream.read_u32().await.unwrap();
        let mut packet = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut packet).await.unwrap();
        let letter = char::from(packet.remove(0));
        (letter, packet)
    }

    /// The letter of the answer to a command.
    async fn ask(&mut self, letter: u8, data: &[u8]) -> char {
        self.send(letter, data).await;
        self.answer().await.0
    }

    /// Offers, and gives what was taken.
    async fn offer(&mut self, offer: [u32; 3]) -> Vec<u8> {
        self.send(b'O', &offer.map(u32::to_be_bytes).concat()).await;
        let (letter, taken) = self.answer().await;
        assert_eq!(letter, 'O');
        taken
    }

    async fn client(&mut self, address: &str) -> char {
        let family = if address.contains(':') { b'6' } else { b'4' };
        let data = [
            b"a\0",
            [family].as_slice(),
            &[0x9c, 0x59],
            address.as_bytes(),
            b"\0",
        ]
        .concat();
        let answer = self.ask(b'C', &data).await;
        self.send(b'H', b"pc.example\0").await;
        answer
    }

    /// Sends the envelope of a message; gives the answer to each recipient.
    async fn envelope(&mut self, sender: &str, recipients: &[&str]) -> String {
        assert_eq!(self.ask(b'M', format!("<{sender}>\0").as_bytes()).await, 'c');
        let mut answers = String::new();
        for recipient in recipients {
            answers.push(self.ask(b'R', format!("<{recipient}>\0").as_bytes()).await);
        }
        answers
    }

    /// Sends the rest of a message; gives the letters of the answers to its end.
    async fn message(&mut self, body: &[u8]) -> String {
        self.send(b'L', b"Subject\0 Watches\0").await;
        self.send(b'N', b"").await;
        for piece in body.chunks(65_535) {
            let answer = self.ask(b'B', piece).await;
            assert!("acs".contains(answer), "{answer}");
        }
        self.send(b'E', b"").await;
        let mut letters = String::new();
        while !letters.ends_with(['a', 'c']) {
            letters.push(self.answer().await.0);
        }
        letters
    }

    /// How the conversation ended.
    async fn end(self) -> io::Result<()> {
        drop(self.stream);
        self.ended.await.unwrap()
    }
}

#[tokio::test]
async fn only_what_is_needed_is_agreed_on() {
    let bench = usual().await;
    let taken = bench.connect().offer(OFFER).await;
    let wanted = steps::NO_UNKNOWN
        | steps::NO_ANSWER_TO_HELO
        | steps::NO_ANSWER_TO_HEADER
        | steps::NO_ANSWER_TO_HEADER_END
        | steps::SKIP
        | steps::LEADING_SPACE;
    let numbers = [6, actions::ADD_HEADERS | actions::NAME_MACROS, wanted];
    assert!(
        taken.starts_with(&numbers.map(u32::to_be_bytes).concat()),
        "{taken:?}"
    );
    assert!(
        taken.ends_with(b"\0\0\0\x02{auth_authen} {auth_type}\0"),
        "{taken:?}"
    );
    let taken = bench.connect().offer([2, 0xf, 0x7f]).await;
    assert_eq!(taken, [2, actions::ADD_HEADERS, 0].map(u32::to_be_bytes).concat());
}

#[tokio::test]
async fn the_listed_are_refused_at_the_recipient_and_others_are_let_through_before_their_message_is_sent() {
    let bench = usual().await;
    let mut server = bench.server().await;
    assert_eq!(server.client(LISTED).await, 'c');
    assert_eq!(server.envelope("x@y.example", &[]).await, "");
    server.send(b'R', b"<a@b.example>\0").await;
    let (letter, text) = server.answer().await;
    assert_eq!(letter, 'y');
    assert_eq!(
        text,
        b"554 5.7.1 192.0.2.3 is listed as spam; see https://list.example/ip/192.0.2.3\0"
    );
    assert_eq!(server.ask(b'R', b"<Postmaster@b.example>\0").await, 'c');
    assert_eq!(server.ask(b'T', b"").await, 'a');
    server.send(b'K', b"").await;
    assert_eq!(server.client(OTHER).await, 'c');
    for _ in 0..50 {
        assert_eq!(
            server
                .envelope("x@y.example", &["a@b.example", "c@b.example"])
                .await,
            "cc"
        );
        assert_eq!(server.ask(b'T', b"").await, 'a');
    }
    server.send(b'Q', b"").await;
    server.end().await.unwrap();
    assert_eq!(bench.kept().await, []);
}

#[tokio::test]
async fn the_known_are_never_looked_at() {
    let own = bench_with(AdviceConfig {
        own_networks: vec!["192.0.2.0/24".parse().unwrap()],
        ..AdviceConfig::default()
    })
    .await;
    assert_eq!(own.server().await.client(LISTED).await, 'a');
    let bench = usual().await;
    let mut server = bench.server().await;
    for address in ["127.0.0.1", "::1", "10.1.2.3", "IPv6:fe80::1", "unknown"] {
        assert_eq!(server.client(address).await, 'a', "{address}");
        assert_eq!(server.ask(b'M', b"<x@y.example>\0").await, 'a');
    }
    assert_eq!(server.client(LISTED).await, 'c');
    server
        .send(b'D', b"M{auth_type}\0PLAIN\0{auth_authen}\0me\0")
        .await;
    for _ in 0..2 {
        assert_eq!(server.ask(b'M', b"<me@b.example>\0").await, 'a');
        assert_eq!(server.ask(b'R', b"<a@trap.example>\0").await, 'a');
        server.send(b'A', b"").await;
    }
    server.send(b'K', b"").await;
    assert_eq!(server.client(LISTED).await, 'c');
    assert_eq!(
        server.envelope("x@y.example", &["a@b.example"]).await,
        "y",
        "another client"
    );
    drop(server);
    assert_eq!(bench.kept().await, []);
}

#[tokio::test]
async fn mail_is_marked_at_its_end_and_deferred_at_its_recipients() {
    let bench = bench_that("mark X-List: {class}").await;
    let mut server = bench.server().await;
    server.client(LISTED).await;
    for _ in 0..2 {
        assert_eq!(server.envelope("x@y.example", &["a@b.example"]).await, "c");
        assert_eq!(server.ask(b'T', b"").await, 'c');
        assert_eq!(server.ask(b'B', b"long").await, 's', "nobody wants the body");
        server.send(b'E', b"").await;
        assert_eq!(server.answer().await, ('i', b"\0\0\0\0X-List\0 spam\0".to_vec()));
        assert_eq!(server.answer().await.0, 'a');
    }
    let bench = bench_that("defer later").await;
    let mut server = bench.server().await;
    server.client(LISTED).await;
    server.envelope("x@y.example", &[]).await;
    server.send(b'R', b"<a@b.example>\0").await;
    assert_eq!(server.answer().await, ('y', b"451 4.7.1 later\0".to_vec()));
    let bench = bench_that("pass").await;
    let mut server = bench.server().await;
    server.client(LISTED).await;
    server.envelope("x@y.example", &["a@b.example"]).await;
    assert_eq!(server.ask(b'T', b"").await, 'a');
}

#[tokio::test]
async fn a_server_that_lets_us_add_nothing_gets_its_mail_unmarked() {
    let bench = bench_that("mark X-List: {class}").await;
    let mut server = bench.connect();
    server.offer([6, 0, steps::NO_ANSWER_TO_HEADER]).await;
    assert_eq!(server.client(LISTED).await, 'c');
    assert_eq!(server.answer().await.0, 'c', "HELO is answered here");
    assert_eq!(server.envelope("x@y.example", &["a@b.example"]).await, "c");
    server.send(b'L', b"Subject\0x\0").await;
    assert_eq!(server.ask(b'N', b"").await, 'c');
    assert_eq!(server.ask(b'B', b"x").await, 'c');
    assert_eq!(server.ask(b'E', b"").await, 'a');
}

#[tokio::test]
async fn an_old_server_is_answered_at_every_step() {
    let bench = usual().await;
    let mut server = bench.connect();
    server.offer([2, 0xf, 0x7f]).await;
    assert_eq!(server.client(OTHER).await, 'c');
    assert_eq!(server.answer().await.0, 'c');
    assert_eq!(server.envelope("x@y.example", &["a@b.example"]).await, "c");
    assert_eq!(
        server.ask(b'L', b"Subject\0x\0").await,
        'a',
        "nothing more is wanted"
    );
    assert_eq!(server.envelope("x@y.example", &["a@trap.example"]).await, "c");
    for (letter, data) in [(b'L', b"Subject\0x\0".as_slice()), (b'N', b""), (b'B', b"y\r\n")] {
        assert_eq!(server.ask(letter, data).await, 'c');
    }
    assert_eq!(server.ask(b'E', b"").await, 'a');
    drop(server);
    let kept = bench.kept().await;
    assert_eq!(
        (kept.len(), kept[0].message_size),
        (1, "Subject: x\r\n\r\ny\r\n".len() as u64)
    );
}

#[tokio::test]
async fn a_message_to_a_trap_is_kept_once_with_its_client_and_envelope() {
    let bench = usual().await;
    let mut server = bench.server().await;
    // What is refused elsewhere is taken for a trap.
    for (address, body) in [(OTHER, "Buy\r\n"), (LISTED, "Sell\r\n")] {
        server.client(address).await;
        let recipients = ["a@trap.example", "b@b.example", "c@trap.example"];
        server.envelope("x@y.example", &recipients).await;
        assert_eq!(server.ask(b'T', b"").await, 'c');
        assert_eq!(server.message(body.as_bytes()).await, "a");
    }
    // Those say nothing against their client: a bounce, one to nobody's trap, and one that was given up.
    for (sender, recipient) in [("", "a@trap.example"), ("x@y.example", "abuse@b.example")] {
        server.envelope(sender, &[recipient]).await;
        server.message(b"x").await;
    }
    server.envelope("x@y.example", &["a@trap.example"]).await;
    server.send(b'A', b"").await;
    assert_eq!(server.message(b"x").await, "a", "no message has begun");
    drop(server);
    let kept = bench.kept_with_messages().await;
    let [(other, message), (listed, _), (bounce, _)] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(other.address.to_string(), OTHER);
    assert_eq!(
        (other.sensor, other.source.as_str(), other.kind),
        (Sensor::Milter, "milter", Kind::Spam)
    );
    assert_eq!(
        (other.handshake, other.trap, other.source_port),
        (Handshake::Completed, Some(Trap::Recycled), Some(40_025))
    );
    assert_eq!(
        (other.subject.as_str(), other.envelope.helo.as_str()),
        ("Watches", "pc.example")
    );
    assert_eq!(
        other.envelope.recipients,
        ["a@trap.example", "b@b.example", "c@trap.example"]
    );
    assert_eq!(
        String::from_utf8_lossy(message),
        "Subject: Watches\r\n\r\nBuy\r\n"
    );
    assert_eq!(
        listed.envelope.recipients,
        ["a@trap.example", "c@trap.example"],
        "the others were refused"
    );
    assert_eq!(bounce.kind, Kind::Backscatter);
}

#[tokio::test]
async fn a_long_message_is_kept_as_far_as_its_limit() {
    let config = MilterConfig {
        max_message_size: ByteSize::kib(256),
        ..MilterConfig::default()
    };
    let bench = bench(config, adviser(AdviceConfig::default())).await;
    let mut server = bench.server().await;
    server.client(OTHER).await;
    server.envelope("x@y.example", &["a@trap.example"]).await;
    assert_eq!(server.message(&[b'x'; 1 << 20]).await, "a");
    drop(server);
    let memory = bench.milter.shared.memory.clone();
    let kept = bench.kept().await;
    assert_eq!(memory.left(), 64 << 20, "given back");
    assert_eq!((kept[0].message_size, kept.len()), (256 << 10, 1));
    assert!(
        kept[0].oddities.iter().any(|word| word == "truncated"),
        "{kept:?}"
    );
}

#[tokio::test]
async fn nothing_is_made_up_while_no_list_is_loaded() {
    let bench = bench(MilterConfig::default(), adviser_without_list()).await;
    let mut server = bench.server().await;
    server.client(LISTED).await;
    assert_eq!(server.envelope("x@y.example", &["a@b.example"]).await, "c");
    assert_eq!(server.ask(b'T', b"").await, 'a');
}

#[tokio::test]
async fn what_is_out_of_order_is_answered_and_belongs_to_no_message() {
    let bench = usual().await;
    let mut server = bench.connect();
    for letter in *b"BEMRTLNUB" {
        assert_eq!(
            server.ask(letter, b"x\0").await == 'c',
            letter == b'U',
            "{letter}"
        );
    }
    server.offer(OFFER).await;
    server.client(OTHER).await;
    server.envelope("x@y.example", &["a@trap.example"]).await;
    assert_eq!(server.ask(b'B', b"one\r\n").await, 'c', "a body without a header");
    assert_eq!(server.message(b"two\r\n").await, "a");
    drop(server);
    let [(_, message)] = bench.kept_with_messages().await.try_into().unwrap();
    assert_eq!(message, b"\r\none\r\ntwo\r\n");
}

#[tokio::test]
async fn garbage_and_what_is_too_large_end_the_connection() {
    let bench = usual().await;
    let large = u32::try_from(MAX_PACKET + 1).unwrap().to_be_bytes();
    let attribute = packet(b'H', &[b'x'; 1 << 20]);
    let old = packet(b'O', &[1_u32, 0, 0].map(u32::to_be_bytes).concat());
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
        &[0xff; 16],
        &[0; 8],
        &large,
        &attribute[..1_000],
        &packet(b'x', b""),
        &old,
    ] {
        let mut server = bench.connect();
        server.stream.write_all(bytes).await.unwrap();
        let ended = server.ended.await.unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::InvalidData, "{bytes:?}");
    }
}

#[tokio::test]
async fn who_stalls_in_a_packet_between_two_or_at_an_answer_is_left() {
    let bench = usual().await;
    bench.store.close().await;
    tokio::time::pause();
    let flood = packet(b'U', b"").repeat(1_000);
    for (bytes, room) in [(b"\0\0\0\x05H".as_slice(), 64), (b"", 64), (&flood, 8)] {
        let (mut near, far) = tokio::io::duplex(room);
        let bytes = bytes.to_vec();
        let writing = tokio::spawn(async move {
            drop(near.write_all(&bytes).await);
            near
        });
        let ended = timeout(Duration::from_hours(3), bench.milter.converse(far))
            .await
            .unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(writing.await);
    }
}

#[tokio::test]
async fn a_stranger_who_calls_himself_by_our_name_is_seen_once() {
    let bench = bench_with(AdviceConfig {
        own_names: vec!["pc.example".to_owned()],
        ..AdviceConfig::default()
    })
    .await;
    let mut server = bench.server().await;
    server.client(OTHER).await;
    for _ in 0..2 {
        server.envelope("x@y.example", &["a@b.example"]).await;
        assert_eq!(server.ask(b'T', b"").await, 'a');
    }
    drop(server);
    let [seen] = bench.kept().await.try_into().unwrap();
    assert_eq!(
        (seen.kind, seen.trap, seen.sensor),
        (Kind::Protocol, None, Sensor::Milter)
    );
    assert_eq!(seen.oddities, ["helo-is-our-name"]);
}

#[tokio::test]
async fn a_queue_that_is_full_and_a_store_that_is_gone_change_no_answer() {
    let config = MilterConfig {
        queue: 1,
        ..MilterConfig::default()
    };
    let bench = bench(config, adviser(AdviceConfig::default())).await;
    bench.store.close().await;
    let mut server = bench.server().await;
    server.client(OTHER).await;
    for _ in 0..50 {
        server.envelope("x@y.example", &["a@trap.example"]).await;
        assert_eq!(server.message(b"x").await, "a");
    }
    drop(server);
    let memory = bench.milter.shared.memory.clone();
    drop(bench.milter);
    bench.keeping.await.unwrap();
    assert_eq!(memory.left(), 64 << 20, "given back");
}

#[tokio::test]
async fn a_port_answers_its_clients_as_long_as_there_is_a_place() {
    let config = MilterConfig {
        clients: vec!["127.0.0.1".parse().unwrap()],
        max_connections: 1,
        ..MilterConfig::default()
    };
    let bench = bench(config, adviser(AdviceConfig::default())).await;
    let stop = CancellationToken::new();
    let listener = bind_tcp(([127, 0, 0, 1], 0).into()).unwrap();
    let port = listener.local_addr().unwrap();
    let serving = tokio::spawn(Arc::clone(&bench.milter).serve(listener, stop.clone()));
    let mut client = TcpStream::connect(port).await.unwrap();
    client.write_all(&packet(b'U', b"")).await.unwrap();
    assert_eq!(client.read_u32().await.unwrap(), 1);
    let other = TcpSocket::new_v4().unwrap();
    other.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let stranger = other.connect(port).await.unwrap();
    let crowded = TcpStream::connect(port).await.unwrap();
    for mut closed in [stranger, crowded] {
        assert_eq!(closed.read_to_end(&mut Vec::new()).await.unwrap(), 0, "closed");
    }
    stop.cancel();
    serving.await.unwrap();
    assert_eq!(
        client.read_to_end(&mut Vec::new()).await.unwrap(),
        1,
        "the letter, and the end"
    );
}

#[tokio::test]
async fn a_unix_socket_answers() {
    let bench = usual().await;
    let stop = CancellationToken::new();
    let path = bench.folder.path().join("milter");
    let listener = bind_unix(&path, 0o666).unwrap();
    let serving = tokio::spawn(Arc::clone(&bench.milter).serve_socket(listener, stop.clone()));
    let mut client = UnixStream::connect(&path).await.unwrap();
    client.write_all(&packet(b'U', b"")).await.unwrap();
    assert_eq!(client.read_u32().await.unwrap(), 1);
    stop.cancel();
    serving.await.unwrap();
}
