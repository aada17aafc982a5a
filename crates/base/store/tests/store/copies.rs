//! Copies of the two files of a SQLite store, made while it is at work.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atalaya_store::{CopyError, JUDGE, Store, StoreFiles, StoreUrl};
use atalaya_testkit::SmallDisk;

use crate::disk::noise;
use crate::support::{Fixture, decision, facts_of, listed_until, spam_from};

fn list_of(fixture: &Fixture) -> PathBuf {
    let StoreUrl::Sqlite(path) = &fixture.url else {
        panic!("it is a file")
    };
    path.clone()
}

/// Records, judges and lists until it is told to stop; gives how many observations that were.
async fn work(store: Store, ended: Arc<AtomicBool>) -> u64 {
    let mut last = 0;
    while !ended.load(Ordering::Acquire) {
        let recorded = store.record(spam_from("192.0.2.1"), Some(vec![7; 9_000])).await;
        last += 1;
        recorded.unwrap();
        let at = format!("198.51.{}.{}", last / 250 % 250, last % 250);
        let mut turn = store.begin_deciding().await.unwrap();
        let listed = decision(&at, listed_until(1_900_000_000));
        turn.decide(&listed, store_time()).await.unwrap();
        turn.set_position(JUDGE, last).await.unwrap();
        turn.commit().await.unwrap();
    }
    last
}

fn store_time() -> atalaya_model::Timestamp {
    atalaya_model::Timestamp::from_seconds(1_795_435_200)
}

/// What a copy of a store holds: decisions, observations, and up to which of them it has judged.
async fn held(list: &Path, fixture: &Fixture) -> (u64, u64, u64) {
    let url = StoreUrl::Sqlite(list.to_owned());
    let store = Store::open(&url, fixture.time.clock()).await.unwrap();
    let seen = store.observations_after(0, 1_000_000).await.unwrap();
    let judged = store.position(JUDGE).await.unwrap();
    let decided = store.serial().await.unwrap();
    store.close().await;
    (decided.0, seen.len() as u64, judged)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_of_a_store_at_work_hold_all_that_they_judge_from() {
    let fixture = Fixture::sqlite().await;
    let ended = Arc::new(AtomicBool::new(false));
    let working = tokio::spawn(work(fixture.store.clone(), Arc::clone(&ended)));
    let files = StoreFiles::new(list_of(&fixture));
    let folder = tempfile::tempdir().unwrap();
    let mut before = 0;
    for round in 0..5 {
        // Each copy is made while something is written.
        while fixture.store.serial().await.unwrap().0 <= before + 20 {
            tokio::task::yield_now().await;
        }
        before = fixture.store.serial().await.unwrap().0;
        let to = folder.path().join(format!("{round}.db"));
        let copies = files.copy(&to).await.unwrap();
        assert_eq!(copies, [to.clone(), facts_of(&to)]);
        for copy in &copies {
            assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        let (decided, seen, judged) = held(&to, &fixture).await;
        assert!(decided >= before, "{decided} of {before}");
        assert_eq!(decided, judged, "the list is of one moment");
        assert!(seen >= judged, "{seen} seen, {judged} judged");
    }
    ended.store(true, Ordering::Release);
    let all = working.await.unwrap();
    let to = folder.path().join("last.db");
    files.copy(&to).await.unwrap();
    assert_eq!(held(&to, &fixture).await, (all, all, all));
    fixture.store.close().await;
}

#[tokio::test]
async fn a_store_that_nobody_has_open_is_copied_and_left_as_it_is() {
    let fixture = Fixture::sqlite().await;
    fixture.store.record(spam_from("192.0.2.1"), None).await.unwrap();
    fixture.store.close().await;
    let list = list_of(&fixture);
    let files = StoreFiles::new(list.clone());
    let bytes = files.size().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy.db");
    let copies = files.copy(&to).await.unwrap();
    let sizes = copies.iter().map(|copy| copy.metadata().unwrap().len());
    assert!(sizes.sum::<u64>() <= bytes);
    for left in ["-wal", "-shm", "-facts-wal", "-facts-shm"] {
        assert!(
            !PathBuf::from(format!("{}{left}", list.display())).exists(),
            "{left}"
        );
    }
    let again = files.copy(&to).await;
    assert!(matches!(again, Err(CopyError::Write { .. })), "{again:?}");
    assert_eq!(held(&to, &fixture).await.1, 1, "what was there is whole");

    // As it is before this program first opens it.
    std::fs::remove_file(facts_of(&list)).unwrap();
    let to = folder.path().join("older.db");
    assert_eq!(files.copy(&to).await.unwrap(), [to]);
}

#[tokio::test]
async fn a_copy_that_has_no_space_says_so() {
    let Some(disk) = SmallDisk::mount(1) else { return };
    let fixture = Fixture::sqlite().await;
    for seed in 0..30 {
        let message = Some(noise(seed));
        fixture
            .store
            .record(spam_from("192.0.2.1"), message)
            .await
            .unwrap();
    }
    let copied = StoreFiles::new(list_of(&fixture))
        .copy(&disk.path().join("copy.db"))
        .await;
    assert!(matches!(copied, Err(CopyError::Full)), "{copied:?}");
}
