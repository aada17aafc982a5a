//! What the tests share: a store on each back end, and observations to put into it.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{
    AllowEntry, Class, Decision, Envelope, Handshake, Kind, Listing, Observation, ObservationId, Prefix,
    Rule, Sensor, Serial, Timestamp, Trap, Verdict,
};
use atalaya_store::{Piece, Store, StoreUrl};
use atalaya_testkit::TestClock;
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;
use uuid::Uuid;

/// The longest wait for something that must come.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(60);

/// An open store of a test's own, with the clock that it reads.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) time: TestClock,
    pub(crate) url: StoreUrl,
    _folder: TempDir,
}

impl Fixture {
    /// On SQLite.
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        Self::open(url, folder).await
    }

    /// On PostgreSQL, where it is installed.
    pub(crate) async fn postgres() -> Option<Self> {
        let url = postgres_url()?;
        Some(Self::open(url, tempfile::tempdir().unwrap()).await)
    }

    async fn open(url: StoreUrl, folder: TempDir) -> Self {
        let time = TestClock::default();
        let store = Store::open(&url, time.clock()).await.unwrap();
        Self {
            store,
            time,
            url,
            _folder: folder,
        }
    }

    /// Waits until somebody waits for a lock. On SQLite nobody can tell; there the order of the test holds all the same.
    pub(crate) async fn until_somebody_waits(&self) {
        if let StoreUrl::Postgres(url) = &self.url {
            let url = url.expose().to_owned();
            let waited = tokio::task::spawn_blocking(move || atalaya_testkit::until_somebody_waits(&url));
            waited.await.unwrap();
        }
    }

    /// The same database opened once more, as another process would.
    pub(crate) async fn again(&self) -> Store {
        Store::open(&self.url, self.time.clock()).await.unwrap()
    }
}

/// The URL of a fresh database; none, and told so, where PostgreSQL is missing.
pub(crate) fn postgres_url() -> Option<StoreUrl> {
    let Some(server) = atalaya_testkit::postgres() else {
        atalaya_testkit::skip("PostgreSQL is not installed");
        return None;
    };
    Some(server.database().parse().unwrap())
}

/// A spam seen from `address`.
pub(crate) fn spam_from(address: &str) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        envelope: Envelope {
            helo: "mail.example".to_owned(),
            mail_from: "a@sender.example".to_owned(),
            recipients: vec!["trap@atalaya.test".to_owned()],
        },
        subject: "Cheap watches".to_owned(),
        source_port: Some(40_000),
        ..Observation::new(
            ObservationId(Uuid::now_v7()),
            address.parse::<IpAddr>().unwrap(),
            Timestamp::from_seconds(1_795_435_200),
            Sensor::Trap,
        )
    }
}

pub(crate) fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

pub(crate) fn decision(prefix_text: &str, verdict: Verdict) -> Decision {
    Decision {
        prefix: prefix(prefix_text),
        verdict,
        rule: Rule::new("by-hand", 1),
        score: 1.5,
        reason: "because".to_owned(),
    }
}

/// A listing as spam that ends at a second of the epoch.
pub(crate) fn listed_until(seconds: i64) -> Verdict {
    Verdict::List {
        class: Class::Spam,
        until: Some(Timestamp::from_seconds(seconds)),
    }
}

/// Decides in a transaction of its own.
pub(crate) async fn decide(store: &Store, decision: &Decision, at: Timestamp) -> atalaya_model::Decided {
    let mut transaction = store.begin().await.unwrap();
    let decided = transaction.decide(decision, at).await.unwrap();
    transaction.commit().await.unwrap();
    decided
}

/// How many rows a table has.
pub(crate) async fn count(url: &StoreUrl, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    match url {
        StoreUrl::Sqlite(path) => sqlx::query_scalar(sql)
            .fetch_one(&mut sqlite(path).await)
            .await
            .unwrap(),
        StoreUrl::Postgres(url) => {
            let mut server = sqlx::PgConnection::connect(url.expose()).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut server).await.unwrap()
        }
    }
}

pub(crate) async fn sqlite(path: &std::path::Path) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    sqlx::SqliteConnection::connect_with(&options).await.unwrap()
}

/// The whole list at one moment.
pub(crate) struct Snapshot {
    pub(crate) serial: Serial,
    pub(crate) listings: Vec<Listing>,
    pub(crate) allowed: Vec<AllowEntry>,
}

/// Reads the whole list.
pub(crate) async fn whole(store: &Store) -> Snapshot {
    let (sender, mut pieces) = tokio::sync::mpsc::channel(1);
    let (mut listings, mut allowed) = (Vec::new(), Vec::new());
    let take = async {
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Listings(some) => listings.extend(some),
                Piece::Allowed(some) => allowed.extend(some),
            }
        }
    };
    let (serial, ()) = tokio::join!(store.read_list(sender), take);
    Snapshot {
        serial: serial.unwrap(),
        listings,
        allowed,
    }
}
