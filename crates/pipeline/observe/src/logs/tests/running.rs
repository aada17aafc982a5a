//! The task with a store: nothing is lost and nothing counted twice, also where it is killed.

use std::fs;

use atalaya_store::{Store, StoreUrl};
use tokio_util::sync::CancellationToken;

use super::super::run::LogFollower;
use super::*;

/// Lets a follower run until the store holds so many observations.
async fn follow(folder: &Path, store: &Store, expected: usize) {
    let config = LogsConfig {
        files: vec![log(&folder.join("mail.log"))],
        ..LogsConfig::default()
    };
    let clock = TestClock::default().clock();
    let follower = LogFollower::open(&config, &[], &folder.join("logs"), store.clone(), clock).unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(follower.run(stop.clone()));
    let seen = async {
        loop {
            let position = fs::read_to_string(folder.join("logs")).unwrap_or_default();
            let done = format!("mx1 {} ", fs::metadata(folder.join("mail.log")).unwrap().len());
            if position.contains(&done) && kept(store).await.len() >= expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), seen).await.unwrap();
    stop.cancel();
    task.await.unwrap();
}

/// The addresses that were observed, in their order.
async fn kept(store: &Store) -> Vec<String> {
    let seen = store.observations_after(0, 100).await.unwrap();
    seen.iter()
        .map(|seen| seen.observation.address.to_string())
        .collect()
}

#[tokio::test]
async fn a_log_is_recorded_once_however_often_the_follower_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let url = StoreUrl::Sqlite(path.join("store.db"));
    let store = Store::open(&url, TestClock::default().clock()).await.unwrap();
    let add = |text: String| {
        let before = fs::read_to_string(path.join("mail.log")).unwrap_or_default();
        fs::write(path.join("mail.log"), before + &text).unwrap();
    };
    add(line(1) + &line(2));
    follow(path, &store, 2).await;
    add(line(3));
    let killed_here = fs::read(path.join("logs")).unwrap();
    follow(path, &store, 3).await;
    // As if it had been killed after the store and before the positions were written.
    fs::write(path.join("logs"), killed_here).unwrap();
    follow(path, &store, 3).await;
    // Or as if the positions were lost.
    fs::remove_file(path.join("logs")).unwrap();
    add(line(4));
    follow(path, &store, 4).await;
    let mut kept = kept(&store).await;
    kept.sort();
    assert_eq!(kept, ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]);
}
