//! `kill -9` in the middle of the load: what was acknowledged is there, once, without gaps.
//!
//! The test starts itself again as a child that records and prints each id once it is acknowledged, reads a number of these lines,
//! kills the child, and compares.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use atalaya_model::Clock;
use atalaya_store::{Store, StoreUrl};

use crate::support::{postgres_url, spam_from};

/// Hands the child its store.
const CHILD: &str = "ATALAYA_TEST_KILLED_STORE";
/// How often the child is killed.
const KILLS: usize = 10;
/// Tasks that record at once in the child.
const CALLERS: usize = 16;

#[test]
fn what_was_acknowledged_survives_kill_9_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    kill_again_and_again(&format!("sqlite:{}", folder.path().join("store.db").display()));
}

#[test]
fn what_was_acknowledged_survives_kill_9_on_postgres() {
    if let Some(StoreUrl::Postgres(url)) = postgres_url() {
        kill_again_and_again(url.expose());
    }
}

fn kill_again_and_again(url: &str) {
    let mut acknowledged = Vec::new();
    for round in 0..KILLS {
        acknowledged.extend(record_and_kill(url, 40 + 97 * round % 400));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&url.parse().unwrap(), Clock::system()).await.unwrap();
        let seen = store.observations_after(0, 1_000_000).await.unwrap();
        let kept: HashSet<String> = seen.iter().map(|seen| seen.observation.id.to_string()).collect();
        assert_eq!(kept.len(), seen.len(), "each is there once");
        let lost: Vec<&String> = acknowledged.iter().filter(|id| !kept.contains(*id)).collect();
        assert!(
            lost.is_empty(),
            "of {} acknowledged {} are lost",
            acknowledged.len(),
            lost.len()
        );
        assert!(
            seen.iter().map(|seen| seen.position).eq(1..=seen.len() as u64),
            "no gap"
        );
        for seen in seen.iter().take(200) {
            let digest = seen.observation.message.unwrap();
            assert_eq!(
                store.message(&digest).await.unwrap().unwrap(),
                message(&seen.observation.id.to_string())
            );
        }
        store.close().await;
    });
}

/// Kills a child after it acknowledged so many; returns all that it acknowledged.
fn record_and_kill(url: &str, after: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_that_is_killed", "--nocapture"])
        .env(CHILD, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    // Only whole lines count: the last one may be cut by the kill.
    let mut ids = lines.filter_map(|line| Some(line.strip_prefix("kept ")?.strip_suffix('.')?.to_owned()));
    let mut acknowledged: Vec<String> = ids.by_ref().take(after).collect();
    assert_eq!(acknowledged.len(), after, "the child ended by itself");
    child.kill().unwrap();
    acknowledged.extend(ids);
    child.wait().unwrap();
    acknowledged
}

/// Not a test by itself: does something only when started by the ones above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::disallowed_methods,
    reason = "a child of a test has no other way to learn its store"
)]
async fn child_that_is_killed() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let store = Store::open(&url.parse().unwrap(), Clock::system()).await.unwrap();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(record_for_ever(store.clone())))
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

async fn record_for_ever(store: Store) {
    loop {
        let observation = spam_from("192.0.2.1");
        let id = observation.id.to_string();
        store.record(observation, Some(message(&id))).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "kept {id}.").unwrap();
        out.flush().unwrap();
    }
}

/// A message that can be told from all others.
fn message(id: &str) -> Vec<u8> {
    format!("Subject: {id}\r\n\r\n{}", id.repeat(40)).into_bytes()
}
