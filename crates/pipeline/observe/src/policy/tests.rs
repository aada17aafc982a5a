//! The service over streams in memory, with a store of its own.

use std::time::Duration;

use atalaya_model::{Handshake, Kind, Observation, Sensor};
use atalaya_store::StoreUrl;
use atalaya_testkit::TestClock;
use tempfile::TempDir;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;

use super::*;

/// A service, the work of keeping, and the store.
struct Bench {
    policy: Arc<Policy>,
    keeping: JoinHandle<()>,
    store: Store,
    _folder: TempDir,
}

async fn bench(config: PolicyConfig, is_loaded: impl Fn() -> bool + Send + Sync + 'static) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::default().clock();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let listed: IpAddr = "192.0.2.3".parse().unwrap();
    let knowledge = PolicyKnowledge {
        classes: Box::new(move |address| {
            let classes = if address == listed {
                vec![Class::Policy, Class::Spam]
            } else {
                Vec::new()
            };
            is_loaded().then_some(classes)
        }),
        trap: Box::new(|recipient| recipient.ends_with("@trap.example").then_some(Trap::Recycled)),
        public_url: "https://list.example".to_owned(),
    };
    let (policy, keeping) = Policy::new(config, knowledge, store.clone(), clock);
    Bench {
        policy: Arc::new(policy),
        keeping: tokio::spawn(keeping),
        store,
        _folder: folder,
    }
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
        let kept = self
            .store
            .observations_after(Default::default(), 100)
            .await
            .unwrap();
        kept.into_iter().map(|(_, observation)| observation).collect()
    }
}

fn request(address: &str, recipient: &str, instance: &str) -> String {
    format!(
        "request=smtpd_access_policy\nprotocol_state=RCPT\nhelo_name=a.example\nsender=x@y.example\n\
         client_address={address}\nclient_port=40025\nrecipient={recipient}\ninstance={instance}\n\n"
    )
}

/// The answer to some bytes.
async fn ask(stream: &mut DuplexStream, bytes: &str) -> String {
    use tokio::io::AsyncReadExt;
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\n\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap()
}

const REFUSED: &str = "action=REJECT 192.0.2.3 is listed as spam; see https://list.example/ip/192.0.2.3\n\n";
const DUNNO: &str = "action=DUNNO\n\n";

#[tokio::test]
async fn one_connection_asks_many_times_and_strangers_that_are_listed_are_refused() {
    let bench = bench(PolicyConfig::default(), || true).await;
    let mut stream = bench.connect();
    for number in 0..50 {
        let instance = number.to_string();
        assert_eq!(
            ask(&mut stream, &request("192.0.2.3", "a@b.example", &instance)).await,
            REFUSED
        );
        assert_eq!(
            ask(&mut stream, &request("192.0.2.4", "a@b.example", &instance)).await,
            DUNNO
        );
    }
    let known = request("192.0.2.3", "a@b.example", "1").replace("instance", "sasl_username=me\ninstance");
    for other in [known, "\n".to_owned(), request("unknown", "a@b.example", "1")] {
        assert_eq!(ask(&mut stream, &other).await, DUNNO, "{other}");
    }
    assert_eq!(bench.kept().await, []);
}

#[tokio::test]
async fn nothing_is_made_up_while_no_list_is_loaded_or_when_no_request_comes() {
    let bench = bench(PolicyConfig::default(), || false).await;
    let mut stream = bench.connect();
    assert_eq!(
        ask(&mut stream, &request("192.0.2.3", "a@b.example", "1")).await,
        DUNNO
    );
    let answer = ask(&mut stream, &format!("sender={}", "x".repeat(10_000))).await;
    assert_eq!(answer, DUNNO);
    let mut rest = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest)
        .await
        .unwrap();
    assert_eq!(rest, b"", "closed");
}

#[tokio::test]
async fn a_header_is_put_before_a_mail_once() {
    let mut config = PolicyConfig::default();
    config.actions.spam = "PREPEND X-List: {class}".parse().unwrap();
    let bench = bench(config, || true).await;
    let mut stream = bench.connect();
    for instance in ["1", "2"] {
        let asked = request("192.0.2.3", "a@b.example", instance);
        assert_eq!(ask(&mut stream, &asked).await, "action=PREPEND X-List: spam\n\n");
        assert_eq!(ask(&mut stream, &asked).await, DUNNO);
    }
}

#[tokio::test]
async fn a_trap_that_is_named_is_seen_once_for_each_mail() {
    let config = PolicyConfig {
        own: vec!["198.51.100.0/24".parse().unwrap()],
        ..PolicyConfig::default()
    };
    let bench = bench(config, || true).await;
    let (mut one, mut other) = (bench.connect(), bench.connect());
    for stream in [&mut one, &mut other] {
        for recipient in ["a@trap.example", "b@trap.example", "c@b.example"] {
            ask(stream, &request("192.0.2.4", recipient, "1.2.3")).await;
        }
        for address in ["127.0.0.1", "10.1.2.3", "198.51.100.7", "::1", "unknown"] {
            ask(stream, &request(address, "a@trap.example", "1.2.4")).await;
        }
    }
    let bounce = request("192.0.2.5", "a@trap.example", "1.2.5").replace("sender=x@y.example", "sender=");
    ask(&mut one, &bounce).await;
    drop((one, other));
    let kept = bench.kept().await;
    let [hit, bounce] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(
        (hit.sensor, hit.source.as_str(), hit.kind),
        (Sensor::Policy, "postfix", Kind::UnknownRecipient)
    );
    assert_eq!(
        (hit.handshake, hit.trap, hit.source_port),
        (Handshake::Completed, Some(Trap::Recycled), Some(40_025))
    );
    assert_eq!(hit.envelope.recipients, ["a@trap.example"]);
    assert_eq!(bounce.kind, Kind::Backscatter);
}

#[tokio::test(start_paused = true)]
async fn who_stalls_in_a_request_or_between_two_is_left() {
    for words in ["sender=x@y", ""] {
        let bench = bench(PolicyConfig::default(), || true).await;
        let (mut near, far) = tokio::io::duplex(1 << 10);
        near.write_all(words.as_bytes()).await.unwrap();
        let ended = timeout(Duration::from_hours(1), bench.policy.converse(far))
            .await
            .unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
