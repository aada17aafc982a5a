//! The service over streams in memory and over sockets, with a store of its own.

use std::time::Duration;

use atalaya_formats::policy::{MAX_ATTRIBUTES, MAX_LINE};
use atalaya_model::{Handshake, Kind, Observation, Timestamp, Trap};
use atalaya_net::{bind_tcp, bind_unix};
use atalaya_store::StoreUrl;
use atalaya_testkit::TestClock;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::advice::AdviceConfig;
use crate::advice::tests::{adviser, adviser_without_list};

/// A service, the work of keeping, and the store.
struct Bench {
    policy: Arc<Policy>,
    keeping: JoinHandle<()>,
    store: Store,
    time: TestClock,
    folder: TempDir,
}

async fn bench(config: PolicyConfig, adviser: Arc<Adviser>) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let time = TestClock::default();
    let clock = time.clock();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let (policy, keeping) = Policy::new(config, adviser, store.clone(), clock);
    Bench {
        policy: Arc::new(policy),
        keeping: tokio::spawn(keeping),
        store,
        time,
        folder,
    }
}

/// A service as it is configured by default.
async fn usual() -> Bench {
    bench(PolicyConfig::default(), adviser(AdviceConfig::default())).await
}

impl Bench {
    fn connect(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(1 << 16);
        let policy = Arc::clone(&self.policy);
        tokio::spawn(async move { drop(policy.converse(far).await) });
        near
    }

    /// Everything that was kept, once all is.
    async fn kept(self) -> Vec<Observation> {
        drop(self.policy);
        self.keeping.await.unwrap();
        let kept = self.store.observations_after(0, 100).await.unwrap();
        kept.into_iter().map(|seen| seen.observation).collect()
    }
}

fn request(address: &str, recipient: &str, instance: &str) -> String {
    format!(
        "request=smtpd_access_policy\nprotocol_state=RCPT\nhelo_name=a.example\nsender=x@y.example\n\
         client_address={address}\nclient_port=40025\nrecipient={recipient}\ninstance={instance}\n\n"
    )
}

/// A request from 192.0.2.9 to a trap, with one word replaced.
fn to_trap(instance: &str, from: &str, to: &str) -> String {
    let usual = request("192.0.2.9", "a@trap.example", instance);
    assert!(usual.contains(from));
    usual.replace(from, to)
}

/// The answer to some bytes.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &str) -> String {
    stream.write_all(bytes.as_bytes()).await.unwrap();
    heard(stream).await
}

/// The next answer.
async fn heard(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\n\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap()
}

const REFUSED: &str = "action=REJECT 192.0.2.3 is listed as spam; see https://list.example/ip/192.0.2.3\n\n";
const NOTHING: &str = "action=DUNNO\n\n";

#[tokio::test]
async fn one_connection_asks_thousands_of_times_and_strangers_that_are_listed_are_refused() {
    let bench = usual().await;
    let mut stream = bench.connect();
    let listed = request("192.0.2.3", "a@b.example", "1");
    for _ in 0..3_000 {
        assert_eq!(ask(&mut stream, &listed).await, REFUSED);
    }
    let others = [
        request("192.0.2.9", "a@b.example", "1"),
        request("unknown", "a@b.example", "1"),
        listed.replace("instance", "sasl_username=me\ninstance"),
        listed.replace("smtpd_access_policy", "another"),
        "\n".to_owned(),
    ];
    for other in others {
        assert_eq!(ask(&mut stream, &other).await, NOTHING, "{other}");
    }
    drop(stream);
    assert_eq!(bench.kept().await, []);
}

#[tokio::test]
async fn the_order_of_attributes_is_free_and_bad_bytes_in_them_harm_nobody() {
    let bench = usual().await;
    let mut stream = bench.connect();
    let listed = request("192.0.2.3", "a@b.example", "1");
    let mut lines: Vec<&str> = listed.trim_end().lines().collect();
    lines.reverse();
    assert_eq!(ask(&mut stream, &(lines.join("\n") + "\n\n")).await, REFUSED);
    let odd = listed.replace("x@y.example", "x\0\u{1b}@\u{202e}");
    assert_eq!(ask(&mut stream, &odd).await, REFUSED);
    let bare = "request=smtpd_access_policy\nclient_address=192.0.2.3\n\n";
    assert_eq!(
        ask(&mut stream, bare).await,
        REFUSED,
        "what is missing is not needed"
    );
}

#[tokio::test]
async fn several_requests_at_once_are_answered_in_their_order() {
    let bench = usual().await;
    let mut stream = bench.connect();
    let both = request("192.0.2.3", "a@b.example", "1") + &request("192.0.2.9", "a@b.example", "2");
    stream.write_all(both.repeat(20).as_bytes()).await.unwrap();
    for _ in 0..20 {
        assert_eq!(heard(&mut stream).await, REFUSED);
        assert_eq!(heard(&mut stream).await, NOTHING);
    }
}

#[tokio::test]
async fn what_is_no_request_or_has_no_end_is_answered_with_nothing_and_closed() {
    let bench = usual().await;
    let endless = format!("sender={}", "x".repeat(1 << 20));
    assert!(endless.len() > MAX_LINE);
    for bad in [
        "GET / HTTP/1.1\r\n".to_owned(),
        "a=\n".repeat(MAX_ATTRIBUTES + 1),
        endless,
    ] {
        let (mut read, mut write) = tokio::io::split(bench.connect());
        // The other end closes before it has all of it.
        tokio::spawn(async move { drop(write.write_all(bad.as_bytes()).await) });
        let mut all = String::new();
        read.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, NOTHING);
    }
}

#[tokio::test]
async fn who_is_refused_can_ask_why() {
    let bench = usual().await;
    let mut stream = bench.connect();
    for open in ["Postmaster@b.example", "abuse@b.example", "postmaster"] {
        let asked = request("192.0.2.3", open, "1");
        assert_eq!(ask(&mut stream, &asked).await, NOTHING, "{open}");
    }
    let other = request("192.0.2.3", "abuse.x@b.example", "1");
    assert_eq!(ask(&mut stream, &other).await, REFUSED);
}

#[tokio::test]
async fn everybody_passes_while_no_list_is_loaded() {
    let bench = bench(PolicyConfig::default(), adviser_without_list()).await;
    let mut stream = bench.connect();
    let listed = request("192.0.2.3", "a@b.example", "1");
    assert_eq!(ask(&mut stream, &listed).await, NOTHING);
}

#[tokio::test]
async fn each_class_has_its_advice_and_a_header_is_put_before_a_mail_once() {
    let config = AdviceConfig {
        spam: "mark X-List: {class}".parse().unwrap(),
        bot: "defer come back later".parse().unwrap(),
        ..AdviceConfig::default()
    };
    let bench = bench(PolicyConfig::default(), adviser(config)).await;
    let mut stream = bench.connect();
    for instance in ["1", "2"] {
        let asked = request("192.0.2.3", "a@b.example", instance);
        assert_eq!(ask(&mut stream, &asked).await, "action=PREPEND X-List: spam\n\n");
        assert_eq!(ask(&mut stream, &asked).await, NOTHING);
    }
    let bot = request("192.0.2.4", "a@b.example", "3");
    assert_eq!(
        ask(&mut stream, &bot).await,
        "action=DEFER_IF_PERMIT come back later\n\n"
    );
}

#[tokio::test]
async fn a_trap_that_is_named_is_seen_once_for_each_mail() {
    let bench = usual().await;
    let (mut one, mut other) = (bench.connect(), bench.connect());
    for stream in [&mut one, &mut other] {
        for recipient in ["c@b.example", "a@trap.example", "b@trap.example"] {
            ask(stream, &request("192.0.2.9", recipient, "1.2.3")).await;
        }
    }
    let kept = bench.kept();
    drop((one, other));
    let [seen] = kept.await.try_into().unwrap();
    let Observation {
        sensor, source, kind, ..
    } = &seen;
    assert_eq!(
        (*sensor, source.as_str(), *kind),
        (Sensor::Policy, "postfix", Kind::UnknownRecipient)
    );
    assert_eq!(
        (seen.handshake, seen.trap),
        (Handshake::Completed, Some(Trap::Recycled))
    );
    assert_eq!(seen.source_port, Some(40_025));
    assert_eq!(seen.envelope.recipients, ["a@trap.example"]);
    assert!(seen.counts());
}

#[tokio::test]
async fn a_mail_that_is_tried_again_is_one_observation() {
    let bench = usual().await;
    for instance in ["1", "2", "3"] {
        let mut stream = bench.connect();
        ask(&mut stream, &request("192.0.2.9", "a@trap.example", instance)).await;
    }
    let mut stream = bench.connect();
    ask(&mut stream, &request("192.0.2.9", "b@trap.example", "4")).await;
    ask(&mut stream, &to_trap("5", "x@y.example", "z@y.example")).await;
    drop(stream);
    assert_eq!(bench.kept().await.len(), 3);
}

#[tokio::test]
async fn a_mail_that_comes_again_after_the_hour_or_midnight_is_one_observation() {
    for (seconds, expected) in [(300, 1), (13 * 3_600, 1), (24 * 3_600, 2)] {
        let bench = usual().await;
        // 10:58.
        bench.time.set(Timestamp::from_seconds(1_795_431_480));
        for instance in ["1", "2"] {
            let mut stream = bench.connect();
            let request = request("192.0.2.9", "a@trap.example", instance);
            assert_eq!(ask(&mut stream, &request).await, NOTHING);
            bench.time.advance(Duration::from_secs(seconds));
        }
        assert_eq!(bench.kept().await.len(), expected, "{seconds}");
    }
}

#[tokio::test]
async fn a_stronger_reason_is_noted_after_a_weaker_one() {
    let config = AdviceConfig {
        own_names: vec!["a.example".to_owned()],
        ..AdviceConfig::default()
    };
    let bench = bench(PolicyConfig::default(), adviser(config)).await;
    let mut stream = bench.connect();
    let recipients = [
        "a@b.example",
        "a@trap.example",
        "b@trap.example",
        "c@pristine.example",
    ];
    for recipient in recipients.into_iter().chain(recipients) {
        ask(&mut stream, &request("192.0.2.9", recipient, "1")).await;
    }
    drop(stream);
    let mut kept: Vec<_> = bench
        .kept()
        .await
        .into_iter()
        .map(|seen| (seen.kind.name(), seen.trap))
        .collect();
    kept.sort_by_key(|(kind, trap)| (*kind, trap.map(Trap::name)));
    let expected = [
        (Kind::Protocol.name(), None),
        (Kind::UnknownRecipient.name(), Some(Trap::Pristine)),
        (Kind::UnknownRecipient.name(), Some(Trap::Recycled)),
    ];
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn who_is_known_or_fooled_is_not_spoken_against() {
    let config = AdviceConfig {
        own_networks: vec!["198.51.100.0/24".parse().unwrap()],
        ..AdviceConfig::default()
    };
    let bench = bench(PolicyConfig::default(), adviser(config)).await;
    let mut stream = bench.connect();
    for address in ["127.0.0.1", "10.1.2.3", "198.51.100.7", "::1", "unknown"] {
        ask(&mut stream, &request(address, "a@trap.example", "1")).await;
    }
    ask(
        &mut stream,
        &to_trap("2", "instance=", "sasl_username=me\ninstance="),
    )
    .await;
    ask(&mut stream, &to_trap("3", "state=RCPT", "state=DATA")).await;
    ask(&mut stream, &to_trap("4", "instance=4", "instance=")).await;
    for (instance, sender) in [
        ("5", ""),
        ("6", "Postmaster@y.example"),
        ("7", "double-bounce@y.example"),
    ] {
        ask(&mut stream, &to_trap(instance, "x@y.example", sender)).await;
    }
    drop(stream);
    let kinds: Vec<_> = bench
        .kept()
        .await
        .iter()
        .map(|seen| (seen.kind, seen.counts()))
        .collect();
    assert_eq!(kinds, [(Kind::Backscatter, false); 3]);
}

#[tokio::test]
async fn a_stranger_who_calls_himself_by_our_name_is_seen() {
    let config = AdviceConfig {
        own_names: vec!["mx.example.org".to_owned()],
        ..AdviceConfig::default()
    };
    let bench = bench(PolicyConfig::default(), adviser(config)).await;
    let mut stream = bench.connect();
    let lie = request("192.0.2.9", "a@b.example", "1").replace("a.example", "MX.example.org");
    assert_eq!(
        ask(&mut stream, &lie).await,
        NOTHING,
        "what is seen is judged later"
    );
    drop(stream);
    let [seen] = bench.kept().await.try_into().unwrap();
    assert_eq!((seen.kind, seen.trap), (Kind::Protocol, None));
    assert_eq!(seen.oddities, ["helo-is-our-name"]);
}

#[tokio::test]
async fn a_queue_that_is_full_loses_observations_and_holds_up_no_answer() {
    let config = PolicyConfig {
        queue: 1,
        ..PolicyConfig::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::default().clock();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let unhurried = adviser(AdviceConfig::default());
    // Nobody does the work of keeping yet.
    let (policy, keeping) = Policy::new(config, unhurried, store.clone(), clock);
    let mut last = Mail::default();
    for instance in 0..100 {
        let recipient = format!("{instance}@trap.example");
        let asked = request("192.0.2.9", &recipient, &instance.to_string());
        let asked = Reader::default().read(&mut asked.as_bytes());
        assert_eq!(policy.answer(&asked.unwrap().unwrap(), &mut last), Answer::Dunno);
    }
    drop(policy);
    keeping.await;
    assert_eq!(store.observations_after(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_gone_changes_no_answer() {
    let bench = usual().await;
    bench.store.close().await;
    let mut stream = bench.connect();
    assert_eq!(
        ask(&mut stream, &to_trap("1", "192.0.2.9", "192.0.2.3")).await,
        REFUSED
    );
    assert_eq!(
        ask(&mut stream, &to_trap("2", "192.0.2.9", "192.0.2.8")).await,
        NOTHING
    );
    drop(stream);
    drop(bench.policy);
    bench.keeping.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_stalls_in_a_request_between_two_or_with_an_answer_is_left() {
    let policy = in_memory_policy().await;
    let many = request("192.0.2.3", "a@b.example", "1").repeat(20);
    for words in ["sender=x@y", "", &many] {
        // So small that answers which nobody takes fill it.
        let (near, far) = tokio::io::duplex(256);
        let (_deaf, mut write) = tokio::io::split(near);
        let words = words.to_owned();
        let speaking = tokio::spawn(async move {
            drop(write.write_all(words.as_bytes()).await);
            std::future::pending::<()>().await;
        });
        let ended = timeout(Duration::from_hours(1), policy.converse(far))
            .await
            .unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        speaking.abort();
    }
}

/// A service whose store is closed, so that only its own waits pass the time.
async fn in_memory_policy() -> Policy {
    let bench = {
        tokio::time::resume();
        let bench = usual().await;
        tokio::time::pause();
        bench
    };
    bench.store.close().await;
    let Ok(policy) = Arc::try_unwrap(bench.policy) else {
        panic!("nobody else has it")
    };
    policy
}

#[tokio::test]
async fn a_port_answers_its_clients_as_long_as_there_is_a_place() {
    let config = PolicyConfig {
        clients: vec!["127.0.0.1".parse().unwrap()],
        max_connections: 1,
        ..PolicyConfig::default()
    };
    let bench = bench(config, adviser(AdviceConfig::default())).await;
    let stop = CancellationToken::new();
    let listener = bind_tcp(([127, 0, 0, 1], 0).into()).unwrap();
    let port = listener.local_addr().unwrap();
    let serving = tokio::spawn(Arc::clone(&bench.policy).serve(listener, stop.clone()));
    let mut client = TcpStream::connect(port).await.unwrap();
    let listed = request("192.0.2.3", "a@b.example", "1");
    assert_eq!(ask(&mut client, &listed).await, REFUSED);
    let mut all = String::new();
    let mut crowded = TcpStream::connect(port).await.unwrap();
    crowded.read_to_string(&mut all).await.unwrap();
    assert_eq!(all, NOTHING);
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut stranger = socket.connect(port).await.unwrap();
    assert_eq!(
        stranger.read_to_string(&mut String::new()).await.unwrap(),
        0,
        "closed"
    );
    assert!(
        bench.policy.is_told.load(Ordering::Relaxed),
        "who may not ask is told"
    );
    stop.cancel();
    serving.await.unwrap();
    assert_eq!(
        client.read_to_string(&mut String::new()).await.unwrap(),
        0,
        "ended"
    );
}

#[tokio::test]
async fn a_unix_socket_answers() {
    let bench = usual().await;
    let stop = CancellationToken::new();
    let path = bench.folder.path().join("policy");
    let listener = bind_unix(&path, 0o666).unwrap();
    let serving = tokio::spawn(Arc::clone(&bench.policy).serve_socket(listener, stop.clone()));
    let mut client = UnixStream::connect(&path).await.unwrap();
    let listed = request("192.0.2.3", "a@b.example", "1");
    assert_eq!(ask(&mut client, &listed).await, REFUSED);
    stop.cancel();
    serving.await.unwrap();
}
