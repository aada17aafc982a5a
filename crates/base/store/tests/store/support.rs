//! What the tests share: a store on each back end, and observations to put into it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atalaya_model::{
    AllowEntry, Class, Decision, Envelope, Handshake, Kind, Listing, Observation, ObservationId, Prefix,
    Rule, Sensor, Serial, Timestamp, Trap, Verdict,
};
use atalaya_store::{ListLine, Piece, Store, StoreUrl};
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

/// A connection to the file of the list, with that of the facts beside it.
pub(crate) async fn sqlite(path: &Path) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let attach = sqlx::query("ATTACH $1 AS facts").bind(facts_of(path).display().to_string());
    attach.execute(&mut connection).await.unwrap();
    connection
}

/// The file of the facts that belongs to a file of the list.
pub(crate) fn facts_of(list: &Path) -> PathBuf {
    let mut name = list.as_os_str().to_owned();
    name.push("-facts");
    name.into()
}

/// The whole list at one moment.
pub(crate) struct Snapshot {
    pub(crate) serial: Serial,
    pub(crate) listings: Vec<Listing>,
    pub(crate) allowed: Vec<AllowEntry>,
}

/// Reads the whole list, page by page, and sees to it that the quick way says the same.
pub(crate) async fn whole(store: &Store) -> Snapshot {
    let (serial, allowed, lines) = read_list(store, "by-hand").await;
    let mut listings: Vec<Listing> = Vec::new();
    loop {
        let after = listings.last().map(|last| (last.prefix, last.class));
        let page = store.listings_page(None, after.as_ref(), 1000).await.unwrap();
        if page.is_empty() {
            break;
        }
        listings.extend(page);
    }
    let line = |listing: &Listing| ListLine {
        prefix: listing.prefix,
        class: listing.class,
        until: listing.until,
        reason: (listing.rule.name() == "by-hand").then(|| listing.reason.clone()),
    };
    assert_eq!(lines, listings.iter().map(line).collect::<Vec<_>>());
    Snapshot {
        serial,
        listings,
        allowed,
    }
}

/// Reads the whole list the quick way.
pub(crate) async fn read_list(store: &Store, reasons_of: &str) -> (Serial, Vec<AllowEntry>, Vec<ListLine>) {
    let (sender, mut pieces) = tokio::sync::mpsc::channel(1);
    let (mut lines, mut allowed) = (Vec::new(), Vec::new());
    let take = async {
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Listings(some) => lines.extend(some),
                Piece::Allowed(some) => allowed.extend(some),
            }
        }
    };
    let (serial, ()) = tokio::join!(store.read_list(reasons_of, sender), take);
    (serial.unwrap(), allowed, lines)
}
