//! The service over streams in memory, with a store of its own.

mod answers;
mod evidence;
mod limits;

use atalaya_model::Observation;
use atalaya_store::StoreUrl;
use atalaya_testkit::TestClock;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;

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
    time: TestClock,
    folder: TempDir,
}

async fn bench(config: MilterConfig, adviser: Arc<Adviser>) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let time = TestClock::default();
    let clock = time.clock();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let (milter, keeping) = Milter::new(config, adviser, store.clone(), clock);
    Bench {
        milter: Arc::new(milter),
        keeping: tokio::spawn(keeping),
        store,
        time,
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
