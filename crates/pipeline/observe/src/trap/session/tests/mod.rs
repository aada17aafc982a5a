//! Tests of one connection, over a stream in memory.

mod chunks;
mod limits;
mod modes;
mod recording;
mod smuggling;
mod starttls;
mod talk;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use atalaya_model::{Observation, Period};
use atalaya_store::{Evidence, StoreError};
use atalaya_testkit::TestClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{TrapConfig, TrapTls};

/// How long a test waits for something that must happen. Reached only when the test fails.
const LIMIT: Duration = Duration::from_secs(30 * 24 * 3_600);

/// What the store in memory does with the next message.
#[derive(Debug, Clone, Copy, Default)]
enum Mood {
    #[default]
    Keep,
    Full,
    Busy,
    Stuck,
}

/// A store in memory.
#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Kept>>);

/// What the store in memory has.
#[derive(Debug, Default)]
struct Kept {
    mood: Mood,
    messages: Vec<(Observation, Vec<u8>)>,
    /// Everything, in order.
    all: Vec<(Observation, Evidence)>,
}

impl Memory {
    fn set(&self, mood: Mood) {
        self.0.lock().unwrap().mood = mood;
    }

    fn kept(&self) -> Vec<(Observation, Vec<u8>)> {
        self.0.lock().unwrap().messages.clone()
    }

    /// Everything that was recorded, messages and conversations.
    fn all(&self) -> Vec<(Observation, Evidence)> {
        self.0.lock().unwrap().all.clone()
    }

    /// The one message that was kept.
    fn only(&self) -> (Observation, Vec<u8>) {
        let mut kept = self.kept();
        assert_eq!(kept.len(), 1);
        kept.remove(0)
    }
}

impl Record for Memory {
    async fn record(&self, observation: Observation, evidence: Evidence) -> Result<(), StoreError> {
        let mood = self.0.lock().unwrap().mood;
        match mood {
            Mood::Keep => {
                let mut kept = self.0.lock().unwrap();
                kept.all.push((observation.clone(), evidence.clone()));
                kept.messages
                    .extend(evidence.message.map(|message| (observation, message)));
                Ok(())
            }
            Mood::Full => Err(StoreError::Full),
            Mood::Busy => Err(StoreError::Busy),
            Mood::Stuck => std::future::pending().await,
        }
    }
}

/// The first listener.
fn door(shared: &Shared<Memory>) -> Arc<Door> {
    Arc::new(Door {
        name: "smtp".to_owned(),
        mode: shared.script.config.mode,
    })
}

/// A client in conversation with a session.
struct Client {
    stream: DuplexStream,
    session: JoinHandle<&'static str>,
    store: Memory,
    shared: Arc<Shared<Memory>>,
    stops: Stops,
}

impl Client {
    /// Connects and hears the banner.
    async fn connect(config: TrapConfig) -> Self {
        let mut client = Self::begin(config);
        assert!(client.reply().await.starts_with("220 mx.atalaya.test ESMTP"));
        client
    }

    /// Connects.
    fn begin(config: TrapConfig) -> Self {
        Self::begin_with(config, None, &TestClock::default())
    }

    /// Connects to a trap that may offer STARTTLS.
    fn begin_with(config: TrapConfig, tls: Option<TrapTls>, clock: &TestClock) -> Self {
        config.check().unwrap();
        let store = Memory::default();
        let shared = Arc::new(Shared::new(config, store.clone(), clock.clock(), tls));
        Self::begin_at("192.0.2.11", store, shared)
    }

    /// Connects from another address to the same trap, and hears the banner.
    async fn beside(&self, address: &str) -> Self {
        let mut client = Self::begin_at(address, self.store.clone(), Arc::clone(&self.shared));
        client.expect("220").await;
        client
    }

    fn begin_at(address: &str, store: Memory, shared: Arc<Shared<Memory>>) -> Self {
        let stops = Stops {
            soon: CancellationToken::new(),
            now: CancellationToken::new(),
        };
        let peer = Peer {
            address: address.parse().unwrap(),
            port: 4711,
            fingerprint: None,
        };
        let (stream, other_end) = tokio::io::duplex(4096);
        let door = door(&shared);
        let session = Session::new(Arc::clone(&shared), other_end, peer, door, stops.clone());
        Self {
            stream,
            session: tokio::spawn(Box::new(session).run()),
            store,
            shared,
            stops,
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        timeout(LIMIT, self.stream.write_all(bytes))
            .await
            .expect("the trap reads on")
            .unwrap();
    }

    /// Reads one reply with all its lines.
    async fn reply(&mut self) -> String {
        let mut reply = Vec::new();
        loop {
            let start = reply.len();
            while !reply.ends_with(b"\r\n") || reply.len() == start {
                let read = timeout(LIMIT, self.stream.read_u8()).await;
                reply.push(read.expect("the trap answers").unwrap());
            }
            if reply[start + 3] == b' ' {
                return String::from_utf8(reply).unwrap();
            }
        }
    }

    /// Says a line and expects an answer that begins like this.
    async fn ask(&mut self, line: &str, expected: &str) {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.expect(expected).await;
    }

    async fn expect(&mut self, expected: &str) {
        let reply = self.reply().await;
        assert!(reply.starts_with(expected), "expected {expected}, got {reply}");
    }

    /// Says hello and gives an envelope.
    async fn open_message(&mut self) {
        self.ask("EHLO client.example", "250").await;
        self.ask("MAIL FROM:<a@b.example>", "250 2.1.0").await;
        self.ask("RCPT TO:<c@d.example>", "250 2.1.5").await;
    }

    /// Gives an envelope and the text of a message, its end included.
    async fn deliver(&mut self, text: &[u8]) -> String {
        self.open_message().await;
        self.ask("DATA", "354").await;
        self.send(text).await;
        self.reply().await
    }

    /// Waits until the trap has ended the conversation; the word for why.
    async fn end(self) -> &'static str {
        timeout(LIMIT, self.session)
            .await
            .expect("the session ends")
            .unwrap()
    }
}

/// The words of the one message that was kept.
fn words(store: &Memory) -> Vec<String> {
    store.only().0.oddities
}
