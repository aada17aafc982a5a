//! A client that speaks line by line, and a trap to speak to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Clock, Timestamp};
use atalaya_net::bind_tcp;
use atalaya_observe::complaints::{ComplaintReporter, ComplaintsConfig};
use atalaya_observe::{Ear, Trap, TrapConfig, TrapTls};
use atalaya_store::{Store, StoreUrl};
use atalaya_testkit::TestClock;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a test waits for what must happen. Reached only when the test fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// A trap with a store of its own, on a free port of loopback.
pub(crate) struct Fixture {
    pub(crate) address: SocketAddr,
    pub(crate) store: Store,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
    _folder: TempDir,
}

impl Fixture {
    pub(crate) async fn start(config: TrapConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let clock = TestClock::default().clock();
        Self::start_with(config, &url, clock, folder).await
    }

    /// The same with STARTTLS and a certificate of its own making.
    pub(crate) async fn start_with_starttls(config: TrapConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let tls = TrapTls::open(&config, &folder.path().join("trap.pem")).unwrap();
        Self::start_fully(config, &url, (TestClock::default().clock(), tls), folder).await
    }

    pub(crate) async fn start_with(
        config: TrapConfig,
        url: &StoreUrl,
        clock: Clock,
        folder: TempDir,
    ) -> Self {
        Self::start_fully(config, url, (clock, None), folder).await
    }

    /// The same with somebody who hears answers.
    pub(crate) async fn start_with_ear(config: TrapConfig, ear: Arc<dyn Ear>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let clock = TestClock::default().clock();
        let store = Store::open(&url, clock.clone()).await.unwrap();
        let trap = Trap::new(config, complaints(), store.clone(), clock, None).with_ear(ear);
        Self::serve(trap, store, folder)
    }

    async fn start_fully(
        config: TrapConfig,
        url: &StoreUrl,
        (clock, tls): (Clock, Option<TrapTls>),
        folder: TempDir,
    ) -> Self {
        config.check().unwrap();
        let store = Store::open(url, clock.clone()).await.unwrap();
        let trap = Trap::new(config, complaints(), store.clone(), clock, tls);
        Self::serve(trap, store, folder)
    }

    fn serve(trap: Trap, store: Store, folder: TempDir) -> Self {
        let listener = bind_tcp(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let served = tokio::spawn(async move { trap.serve(listener, stopped).await });
        Self {
            address,
            store,
            stop,
            served,
            _folder: folder,
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        let mut client = Client::connect(self.address).await;
        client.expect("220 ").await;
        client
    }
}

/// Complaints are read at one address, and one reporter is known.
fn complaints() -> ComplaintsConfig {
    ComplaintsConfig {
        addresses: vec!["fbl@trap.example".to_owned()],
        reporters: vec![ComplaintReporter {
            domain: "loop.example".to_owned(),
            networks: vec!["127.0.0.0/8".parse().unwrap()],
            relays: Vec::new(),
        }],
        ..ComplaintsConfig::default()
    }
}

/// The time that the fixture's clock shows.
pub(crate) fn now() -> Timestamp {
    TestClock::default().now()
}

/// A client.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(to).await.unwrap()))
    }

    /// Connects from an address of one's own choice.
    pub(crate) async fn connect_from(from: IpAddr, to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(from, 0)).unwrap();
        Self(BufReader::new(socket.connect(to).await.unwrap()))
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        timeout(LIMIT, self.0.write_all(bytes)).await.unwrap().unwrap();
    }

    /// One whole reply; empty at the end of the connection.
    pub(crate) async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(LIMIT, self.0.read_line(&mut line)).await;
            read.expect("the trap answers").unwrap();
            reply.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
        }
    }

    pub(crate) async fn expect(&mut self, expected: &str) {
        let reply = self.reply().await;
        assert!(reply.starts_with(expected), "expected {expected}, got {reply:?}");
    }

    pub(crate) async fn ask(&mut self, line: &str, expected: &str) {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.expect(expected).await;
    }

    /// Gives an envelope and a text, its end included; the answer to it.
    pub(crate) async fn deliver(&mut self, recipient: &str, text: &[u8]) -> String {
        self.ask("EHLO client.example", "250").await;
        self.ask("MAIL FROM:<a@b.example>", "250").await;
        self.ask(&format!("RCPT TO:<{recipient}>"), "250").await;
        self.ask("DATA", "354").await;
        self.send(text).await;
        self.reply().await
    }
}
