//! A disk that is full or read-only, on a small file system of the test's own.

use atalaya_store::{Store, StoreUrl};
use atalaya_testkit::{SmallDisk, TestClock};

use crate::support::spam_from;

/// A message that packs badly, so that the disk fills.
pub(crate) fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..100_000).map(step).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_the_store_goes_on_once_there_is_space() {
    let Some(disk) = SmallDisk::mount(6) else { return };
    let (ballast, little) = (disk.path().join("ballast"), disk.path().join("little"));
    std::fs::write(&ballast, vec![0; 2 << 20]).unwrap();
    std::fs::write(&little, vec![0; 128 << 10]).unwrap();
    let url = StoreUrl::Sqlite(disk.path().join("store.db"));
    let store = Store::open(&url, TestClock::default().clock()).await.unwrap();

    let mut kept = 0;
    let error = loop {
        match store.record(spam_from("192.0.2.1"), Some(noise(kept))).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_full(), "{error:?}");
    let together = (0..8).map(|seed| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .record(spam_from("192.0.2.2"), Some(noise(1000 + seed)))
                .await
        })
    });
    for refused in together.collect::<Vec<_>>() {
        let error = refused.await.unwrap().unwrap_err();
        assert!(error.is_full(), "{error:?}");
    }
    assert_eq!(
        store.observations_after(0, 1_000).await.unwrap().len() as u64,
        kept,
        "reading goes on"
    );

    // A little space takes a little mail, however long the log is.
    std::fs::remove_file(&little).unwrap();
    store.record(spam_from("192.0.2.1"), None).await.unwrap();
    kept += 1;
    std::fs::remove_file(&ballast).unwrap();
    store
        .record(spam_from("192.0.2.1"), Some(noise(kept)))
        .await
        .unwrap();
    store.close().await;
    let again = Store::open(&url, TestClock::default().clock()).await.unwrap();
    let seen = again.observations_after(0, 1_000).await.unwrap();
    let positions: Vec<u64> = seen.iter().map(|seen| seen.position).collect();
    assert_eq!(positions, (1..=kept + 1).collect::<Vec<_>>());
    again.close().await;
}

#[tokio::test]
async fn a_read_only_folder_is_told_with_what_to_do() {
    let Some(disk) = SmallDisk::mount(6) else { return };
    let path = disk.path().join("store.db");
    let url = StoreUrl::Sqlite(path.clone());
    Store::open(&url, TestClock::default().clock())
        .await
        .unwrap()
        .close()
        .await;
    disk.make_read_only();
    for path in [path, disk.path().join("new.db")] {
        let error = Store::open(&StoreUrl::Sqlite(path.clone()), TestClock::default().clock())
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("writable") && text.contains(&path.display().to_string()),
            "{text}"
        );
    }
}
