//! The log against whoever checks it: honest, cut, changed, put back, begun anew.

use std::path::Path;
use std::sync::Arc;

use atalaya_formats::tlog::{Checkpoint, LogKey, Note, Proof, Shown, Tile};
use atalaya_model::{Class, Clock, Decision, Period, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Store, StoreUrl};
use sqlx::Connection as _;
use tempfile::TempDir;

use super::*;

/// A store with a log, and the folder of both.
struct House {
    folder: TempDir,
    store: Store,
    log: Arc<PublicLog>,
    keeper: LogKeeper,
}

fn clock() -> Clock {
    Clock::new(|| Timestamp::from_seconds(1_000_000))
}

async fn log_of(store: &Store, folder: &Path, origin: &str) -> Arc<PublicLog> {
    let settings = LogSettings {
        origin: origin.to_owned(),
        head_file: folder.join("log.head"),
        keep_salts: Period::days(1),
    };
    Arc::new(PublicLog::open(store.clone(), clock(), settings).await.unwrap())
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::in_folder(folder).await
    }

    async fn in_folder(folder: TempDir) -> Self {
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, clock()).await.unwrap();
        let log = log_of(&store, folder.path(), "example.org/log").await;
        let keeper = LogKeeper::new(Arc::clone(&log));
        Self {
            folder,
            store,
            log,
            keeper,
        }
    }

    /// Opens everything anew, as a restart does.
    async fn reopened(self) -> Self {
        self.store.close().await;
        Self::in_folder(self.folder).await
    }

    async fn decide(&self, count: u32) {
        let first = u32::try_from(self.store.serial().await.unwrap().0).unwrap();
        let decisions: Vec<Decision> = (first..first + count).map(decision).collect();
        let mut transaction = self.store.begin().await.unwrap();
        transaction.decide_all(&decisions, clock().now()).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// Brings everything that was decided into the log.
    async fn catch_up(&mut self) {
        while self.keeper.step().await.unwrap() > 0 {}
    }

    fn note(&self) -> String {
        self.log.head().unwrap().note.clone()
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::read(&Note::read(&self.note()).unwrap().text).unwrap()
    }

    async fn audit(&self, known: Option<&Checkpoint>) -> Result<Audited, AuditError<String>> {
        audit(
            &self.note(),
            &self.log.key(),
            known,
            async |path| self.fetch(path).await,
            |_| (),
        )
        .await
    }

    async fn fetch(&self, path: &str) -> Result<Vec<u8>, String> {
        let tile: Tile = path
            .strip_prefix("tile/")
            .unwrap()
            .parse()
            .map_err(|_bad| path.to_owned())?;
        let bytes = self.log.tile(tile).await.map_err(|error| error.to_string())?;
        bytes.ok_or_else(|| format!("there is no {path}"))
    }
}

fn decision(number: u32) -> Decision {
    Decision {
        prefix: format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255)
            .parse()
            .unwrap(),
        verdict: Verdict::List {
            class: Class::Spam,
            until: None,
        },
        rule: Rule::new("score", 3),
        score: 6.5,
        reason: "spam \u{1F3DB} seen".to_owned(),
    }
}

#[tokio::test]
async fn a_log_grows_and_whoever_follows_it_reads_each_entry_once() {
    let mut house = House::new().await;
    house.catch_up().await;
    assert_eq!(house.audit(None).await.unwrap().read, 0);
    let mut known = house.checkpoint();
    for (added, read) in [(1, 1), (254, 254), (1, 1), (1, 1), (2_000, 2_000), (0, 0)] {
        house.decide(added).await;
        house.catch_up().await;
        let audited = house.audit(Some(&known)).await.unwrap();
        assert_eq!(audited.read, read);
        known = audited.checkpoint;
    }
    assert_eq!(house.audit(None).await.unwrap().read, 2_257);
    let house = house.reopened().await;
    assert!(house.log.head().is_none());
    let mut house = house;
    house.decide(1).await;
    house.catch_up().await;
    assert_eq!(house.audit(Some(&known)).await.unwrap().read, 1);
}

#[tokio::test]
async fn a_proof_shows_the_decision_and_no_lie() {
    let mut house = House::new().await;
    house.decide(300).await;
    house.catch_up().await;
    let key = house.log.key();
    for serial in [1, 255, 256, 257, 300] {
        let proof = house.log.prove(Serial(serial)).await.unwrap().unwrap();
        let proof: Proof = proof.to_string().parse().unwrap();
        let (checkpoint, entry, opening) = check_proof(&proof, &key).unwrap();
        assert_eq!((checkpoint.size, entry.serial), (300, Serial(serial)));
        let number = u32::try_from(serial - 1).unwrap();
        assert_eq!(opening.unwrap().prefix, decision(number).prefix);
    }
    assert_eq!(house.log.prove(Serial(0)).await.unwrap(), None);
    assert_eq!(house.log.prove(Serial(301)).await.unwrap(), None);
    let proof = house.log.prove(Serial(7)).await.unwrap().unwrap();
    let shown: Shown = serde_json::from_slice(proof.extra.as_deref().unwrap()).unwrap();
    let with = |shown: Shown| Proof {
        extra: serde_json::to_vec(&shown).ok(),
        ..proof.clone()
    };
    let opening = shown
        .opening
        .clone()
        .map(|text| text.replace("10.0.0.6", "10.0.0.7"));
    let lie = with(Shown {
        opening,
        ..shown.clone()
    });
    assert!(matches!(check_proof(&lie, &key), Err(AuditError::Seal(_))));
    let lie = with(Shown {
        entry: shown.entry.replace("spam", "bot"),
        ..shown
    });
    assert!(matches!(check_proof(&lie, &key), Err(AuditError::Proof)));
    let lie = Proof {
        index: 7,
        ..proof.clone()
    };
    assert!(matches!(check_proof(&lie, &key), Err(AuditError::Proof)));
    let lie = Proof {
        checkpoint: proof.checkpoint.replace("300", "301"),
        ..proof.clone()
    };
    assert!(matches!(check_proof(&lie, &key), Err(AuditError::Signature(_))));
    let other = LogKey::new("example.org/log", [3; 32]).unwrap();
    assert!(matches!(
        check_proof(&proof, &other),
        Err(AuditError::Signature(_))
    ));
}

#[tokio::test]
async fn a_proof_out_of_memory_is_that_of_the_head_that_is_shown() {
    let mut house = House::new().await;
    for grown in [1, 299, 1, 700, 3_000] {
        house.decide(grown).await;
        house.catch_up().await;
        let (key, size) = (house.log.key(), house.checkpoint().size);
        let serials = [1, 2, 255, 256, 257, 300, 513, size / 2, size - 1, size];
        for serial in serials.into_iter().filter(|serial| (1..=size).contains(serial)) {
            let proof = house.log.prove(Serial(serial)).await.unwrap().unwrap();
            let (checkpoint, entry, _) = check_proof(&proof, &key).unwrap();
            assert_eq!((checkpoint.size, entry.serial), (size, Serial(serial)));
        }
    }
    // What another log had there is not taken for that of this one.
    let key = house.log.restart("example.org/log2").await.unwrap();
    house.catch_up().await;
    for serial in [1, 300, 4_001] {
        let proof = house.log.prove(Serial(serial)).await.unwrap().unwrap();
        assert_eq!(check_proof(&proof, &key).unwrap().0.size, 4_001);
    }
}

#[tokio::test]
async fn a_second_proof_out_of_the_same_part_of_the_log_reads_no_hash() {
    let mut house = House::new().await;
    house.decide(1_000).await;
    house.catch_up().await;
    house.log.prove(Serial(300)).await.unwrap().unwrap();
    let path = house.folder.path().join("store.db");
    change(&path, "DELETE FROM log_nodes").await;
    change(&path, "DELETE FROM log_entries WHERE serial <> 301").await;
    house.log.prove(Serial(301)).await.unwrap().unwrap();
    // Another part is not in memory, and what is missing is said.
    house.log.shelf.empty();
    assert!(matches!(
        house.log.prove(Serial(301)).await,
        Err(LogError::Damaged(_))
    ));
}

#[tokio::test]
async fn a_changed_decision_is_noticed() {
    let mut house = House::new().await;
    house.decide(300).await;
    house.catch_up().await;
    let known = house.checkpoint();
    house.audit(None).await.unwrap();
    let path = house.folder.path().join("store.db");
    // Not through the store, which has no way to change what was decided.
    change(&path, "UPDATE decisions SET reason = 'another' WHERE serial = 5").await;
    assert!(matches!(house.audit(None).await, Err(AuditError::Fetch { .. })));
    assert!(matches!(
        house.log.prove(Serial(5)).await,
        Err(LogError::Damaged(_))
    ));
    change(
        &path,
        "UPDATE log_entries SET leaf = zeroblob(32) WHERE serial = 290",
    )
    .await;
    assert!(matches!(
        house.audit(Some(&known)).await,
        Err(AuditError::Forked { .. })
    ));
    let mut house = house.reopened().await;
    assert!(matches!(house.keeper.step().await, Err(LogError::Damaged(_))));
}

/// Changes the database behind the back of everybody.
async fn change(path: &Path, sql: &'static str) {
    let url = format!("sqlite://{}", path.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_store_that_was_put_back_does_not_sign_another_history() {
    let mut house = House::new().await;
    house.decide(10).await;
    house.catch_up().await;
    let backup = tempfile::tempdir().unwrap();
    house.store.close().await;
    let copy = |from: &Path, to: &Path| std::fs::copy(from.join("store.db"), to.join("store.db")).unwrap();
    copy(house.folder.path(), backup.path());
    let mut house = house.reopened().await;
    house.decide(5).await;
    house.catch_up().await;
    let known = house.checkpoint();
    house.store.close().await;
    for left in ["store.db-wal", "store.db-shm"] {
        drop(std::fs::remove_file(house.folder.path().join(left)));
    }
    copy(backup.path(), house.folder.path());
    let mut house = house.reopened().await;
    assert!(matches!(
        house.keeper.step().await,
        Err(LogError::PutBack { shown: 15, size: 10 })
    ));
    assert!(house.log.head().is_none());
    // With as many decisions as before it holds another history all the same.
    house.decide(5).await;
    assert!(matches!(
        house.keeper.step().await,
        Err(LogError::PutBack { shown: 15, .. })
    ));
    assert!(matches!(
        house.log.restart("example.org/log").await,
        Err(LogError::SameName(_))
    ));
    let key = house.log.restart("example.org/log2").await.unwrap();
    house.catch_up().await;
    assert_eq!(house.checkpoint().origin, "example.org/log2");
    assert_eq!(key, house.log.key());
    assert_eq!(house.audit(None).await.unwrap().read, 15);
    assert!(matches!(
        house.audit(Some(&known)).await,
        Err(AuditError::Forked { .. })
    ));
    let mut house = house.reopened().await;
    house.catch_up().await;
    assert_eq!(house.log.key(), key);
}

#[tokio::test]
async fn a_data_folder_from_a_backup_signs_nothing_until_somebody_says_what_others_were_shown() {
    let mut house = House::new().await;
    house.decide(10).await;
    house.catch_up().await;
    let file = house.folder.path().join("log.head");
    let honest = std::fs::read(&file).unwrap();
    std::fs::write(&file, HEAD_IN_BACKUP).unwrap();
    let mut house = house.reopened().await;
    house.decide(1).await;
    let refused = house.keeper.step().await;
    assert!(matches!(refused, Err(LogError::FromBackup(_))), "{refused:?}");
    assert!(house.log.head().is_none());

    // The head of the folder that was leads on.
    std::fs::write(&file, honest).unwrap();
    house.catch_up().await;
    assert_eq!(house.checkpoint().size, 11);

    // Or nobody has it any more, and another log begins.
    std::fs::write(&file, HEAD_IN_BACKUP).unwrap();
    let mut house = house.reopened().await;
    assert!(matches!(
        house.log.restart("example.org/log").await,
        Err(LogError::SameName(_))
    ));
    house.log.restart("example.org/log2").await.unwrap();
    house.catch_up().await;
    assert_eq!(house.checkpoint().size, 11);
}

#[tokio::test]
async fn whoever_cuts_or_forks_a_log_is_found_out() {
    let mut house = House::new().await;
    house.decide(300).await;
    house.catch_up().await;
    let honest = house.checkpoint();
    let longer = Checkpoint {
        size: 301,
        ..honest.clone()
    };
    assert!(matches!(
        house.audit(Some(&longer)).await,
        Err(AuditError::Shrunk {
            before: 301,
            now: 300
        })
    ));
    let other = Checkpoint {
        root: atalaya_formats::tlog::leaf(b"x"),
        ..honest.clone()
    };
    assert!(matches!(
        house.audit(Some(&other)).await,
        Err(AuditError::Forked { .. })
    ));
    let shorter = Checkpoint { size: 299, ..other };
    assert!(matches!(
        house.audit(Some(&shorter)).await,
        Err(AuditError::Forked { .. })
    ));
    // One that serves something else than it has signed.
    let swapped = async |path: &str| {
        let mut bytes = house.fetch(path).await?;
        bytes.reverse();
        Ok::<_, String>(bytes)
    };
    assert!(
        audit(&house.note(), &house.log.key(), None, swapped, |_| ())
            .await
            .is_err()
    );
    let renamed = async |path: &str| {
        let text = String::from_utf8_lossy(&house.fetch(path).await?).replace("spam", "bots");
        Ok::<_, String>(text.into_bytes())
    };
    let found = audit(&house.note(), &house.log.key(), None, renamed, |_| ()).await;
    assert!(
        matches!(found, Err(AuditError::Form { .. } | AuditError::Root(300))),
        "{found:?}"
    );
}

#[tokio::test]
async fn forgetting_leaves_the_log_as_it_is_and_opens_nothing_any_more() {
    let mut house = House::new().await;
    house.decide(3).await;
    let withdraw = Decision {
        verdict: Verdict::Withdraw { class: Class::Spam },
        ..decision(0)
    };
    let mut transaction = house.store.begin().await.unwrap();
    transaction.decide(&withdraw, clock().now()).await.unwrap();
    transaction.commit().await.unwrap();
    house.catch_up().await;
    let known = house.checkpoint();
    let opens = async |serial| {
        let proof = house.log.prove(Serial(serial)).await.unwrap().unwrap();
        check_proof(&proof, &house.log.key()).unwrap().2.is_some()
    };
    assert!(opens(1).await && opens(2).await);
    assert_eq!(house.log.forget_before(clock().now()).await.unwrap(), 0);
    let later = clock().now().plus(std::time::Duration::from_secs(1));
    // What stands on the list is still to be proven.
    assert_eq!(house.log.forget_before(later).await.unwrap(), 2);
    assert!(!opens(1).await && opens(2).await && !opens(4).await);
    assert!(house.log.forget(Serial(2)).await.unwrap());
    assert!(!house.log.forget(Serial(2)).await.unwrap());
    assert!(!opens(2).await && opens(3).await);
    assert_eq!(house.audit(Some(&known)).await.unwrap().checkpoint, known);
    assert_eq!(house.audit(None).await.unwrap().read, 4);
}

#[tokio::test]
async fn two_keepers_make_one_log() {
    let mut house = House::new().await;
    let other = log_of(&house.store, house.folder.path(), "example.org/log").await;
    let mut second = LogKeeper::new(other);
    house.decide(5).await;
    house.catch_up().await;
    assert_eq!(second.step().await.unwrap(), 0);
    house.decide(5).await;
    assert_eq!(second.step().await.unwrap(), 5);
    house.decide(5).await;
    house.catch_up().await;
    assert_eq!(house.audit(None).await.unwrap().read, 15);
}
