//! Two processes on one store: what one reads must still hold when it decides.
//!
//! Each test holds the turn of deciding, lets the other process run into it, decides something else, and lets go.

use std::path::{Path, PathBuf};

use atalaya_testkit::on_both;
use tokio::task::JoinHandle;

use super::*;

on_both!(
    Bench: two_judges_share_the_observations,
    what_is_allowed_while_the_judge_waits_is_not_listed,
    what_is_allowed_while_a_listing_by_hand_waits_is_refused,
    what_is_extended_while_the_expiry_waits_stays,
    what_is_wiped_while_the_judge_waits_stays_wiped,
    what_leaves_while_unlisting_waits_is_told_so,
);

fn decision(prefix: &str, verdict: Verdict) -> Decision {
    Decision {
        prefix: prefix.parse().unwrap(),
        verdict,
        rule: Rule::new("by-hand", 1),
        score: 0.0,
        reason: "x".to_owned(),
    }
}

impl Bench {
    /// The judge of another process.
    async fn other_judge(&self) -> Judge {
        let store = self.again().await;
        judge(
            Rules::standard().unwrap(),
            ProtectConfig::default(),
            &store,
            &self.clock,
        )
        .await
    }

    /// Decides while `there` waits for its turn, then lets it go on.
    async fn decide_before<T>(&self, mut here: Transaction, taken: &[Decision], there: JoinHandle<T>) -> T {
        self.until_somebody_waits().await;
        here.decide_all(taken, self.clock.now()).await.unwrap();
        here.commit().await.unwrap();
        there.await.unwrap()
    }
}

/// The file of the database.
fn file_of(bench: &Bench) -> &Path {
    match &bench.url {
        StoreUrl::Sqlite(path) => path,
        StoreUrl::Postgres(_) => panic!("it is a file"),
    }
}

/// What its two files end with: that of the list, and that of the facts.
const BOTH: [&str; 2] = ["", "-facts"];

/// A file beside another one.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut file = path.as_os_str().to_owned();
    file.push(ending);
    file.into()
}

/// Copies the two files of a database that is closed.
fn copy_both(path: &Path, copy: &Path) {
    for end in BOTH {
        std::fs::copy(beside(path, end), beside(copy, end)).unwrap();
    }
}

/// The same with a copy of its files as they stand.
async fn copied(bench: Bench) -> (Bench, PathBuf) {
    bench.store.close().await;
    let copy = file_of(&bench).with_file_name("copy");
    copy_both(file_of(&bench), &copy);
    let Bench { url, _folder, .. } = bench;
    (Bench::open(url, _folder).await, copy)
}

/// Puts a copy in the place of the files of a database that is open, which a restore under a running process does.
async fn put_back(bench: &Bench, copy: &Path) {
    for (path, copy) in BOTH.map(|end| (beside(file_of(bench), end), beside(copy, end))) {
        for end in ["", "-wal", "-shm"] {
            std::fs::remove_file(beside(&path, end)).unwrap();
        }
        std::fs::rename(copy, path).unwrap();
    }
    // Dropped without a commit, it costs its connection; the next one opens the file anew.
    drop(bench.store.begin().await.unwrap());
}

#[tokio::test]
async fn what_an_older_copy_in_place_of_the_database_does_not_hold_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("atalaya.db"), folder.path().join("copy"));
    let url = StoreUrl::Sqlite(path.clone());
    let clock = TestClock::default();
    Store::open(&url, clock.clock()).await.unwrap().close().await;
    copy_both(&path, &copy);
    let bench = Bench::open(url, folder).await;
    bench.record("192.0.2.1", Kind::Spam).await;
    put_back(&bench, &copy).await;
    let told = bench.judge.catch_up().await.unwrap_err();
    assert!(matches!(told, StoreError::Replaced), "{told:?}");
    let restored = bench.again().await;
    assert_eq!(
        restored.position(READER).await.unwrap(),
        0,
        "what comes next is read"
    );
    assert_eq!(restored.serial().await.unwrap(), Serial(0));
}

#[tokio::test]
async fn an_older_copy_that_was_judged_part_of_the_way_is_told() {
    let bench = Bench::sqlite().await;
    bench.see("192.0.2.1", Kind::Spam).await;
    let (bench, copy) = copied(bench).await;
    bench.see("192.0.2.2", Kind::Spam).await;
    put_back(&bench, &copy).await;
    bench.record("192.0.2.3", Kind::Spam).await;
    let told = bench.judge.catch_up().await.unwrap_err();
    assert!(matches!(told, StoreError::Replaced), "{told:?}");
    let restored = bench.again().await;
    assert_eq!(
        restored.position(READER).await.unwrap(),
        1,
        "what comes next is read"
    );
    assert_eq!(restored.serial().await.unwrap(), Serial(1));
}

#[tokio::test]
async fn a_copy_that_was_judged_further_is_not_waited_for() {
    let (bench, copy) = copied(Bench::sqlite().await).await;
    bench.record("192.0.2.1", Kind::Spam).await;
    let judged = Bench::open(StoreUrl::Sqlite(copy.clone()), tempfile::tempdir().unwrap()).await;
    judged.see("192.0.2.2", Kind::Spam).await;
    judged.store.close().await;
    put_back(&bench, &copy).await;
    bench.judge.catch_up().await.unwrap();
    let restored = bench.again().await;
    assert_eq!(restored.position(READER).await.unwrap(), 1);
    assert_eq!(restored.serial().await.unwrap(), Serial(1));
}

#[tokio::test]
async fn what_an_older_copy_has_not_learned_is_told() {
    let (bench, copy) = copied(Bench::sqlite().await).await;
    let rules = Rules::standard().unwrap();
    withdraw_one(&bench, "192.0.2.1").await;
    learn_batch(&bench.store, &rules).await.unwrap();
    withdraw_one(&bench, "192.0.2.2").await;
    put_back(&bench, &copy).await;
    let told = learn_batch(&bench.store, &rules).await.unwrap_err();
    assert!(matches!(told, StoreError::Replaced), "{told:?}");
}

/// Lists an address and takes it off again.
async fn withdraw_one(bench: &Bench, address: &str) {
    let (prefix, now) = (address.parse().unwrap(), bench.clock.now());
    bench.list(address, Class::Spam, None).await;
    by_hand::unlist(&bench.store, prefix, None, "x", now)
        .await
        .unwrap();
}

async fn two_judges_share_the_observations(bench: Bench) {
    for number in 0..20 {
        bench.record(&format!("192.0.2.{number}"), Kind::Spam).await;
    }
    let other = bench.other_judge().await;
    let here = bench.store.begin_deciding().await.unwrap();
    let there = tokio::spawn(async move { other.catch_up().await });
    bench.decide_before(here, &[], there).await.unwrap();
    bench.judge.catch_up().await.unwrap();
    assert_eq!(bench.verdicts().await, ["list"; 20]);
}

async fn what_is_allowed_while_the_judge_waits_is_not_listed(bench: Bench) {
    bench.record("192.0.2.1", Kind::Spam).await;
    let other = bench.other_judge().await;
    let here = bench.store.begin_deciding().await.unwrap();
    let there = tokio::spawn(async move { other.catch_up().await });
    let allow = decision("192.0.2.0/24", Verdict::Allow { until: None });
    bench.decide_before(here, &[allow], there).await.unwrap();
    assert_eq!(bench.verdicts().await, ["allow"]);
}

async fn what_is_allowed_while_a_listing_by_hand_waits_is_refused(bench: Bench) {
    let (other, now) = (bench.again().await, bench.clock.now());
    let here = bench.store.begin_deciding().await.unwrap();
    let entry = ("192.0.2.1".parse().unwrap(), Class::Manual);
    let there = tokio::spawn(async move { by_hand::list(&other, entry, "x", None, now).await });
    let allow = decision("192.0.2.0/24", Verdict::Allow { until: None });
    let refused = bench.decide_before(here, &[allow], there).await;
    assert!(matches!(refused, Err(DecideError::Allowed { .. })));
}

async fn what_is_extended_while_the_expiry_waits_stays(bench: Bench) {
    let (class, end) = (Class::Spam, bench.clock.now().plus(Duration::from_secs(10)));
    bench.list("192.0.2.1", class, Some(end)).await;
    bench.clock.advance(Duration::from_secs(10));
    let other = bench.other_judge().await;
    let here = bench.store.begin_deciding().await.unwrap();
    let there = tokio::spawn(async move { other.catch_up().await });
    let until = Some(end.plus(Duration::from_secs(10)));
    let extend = decision("192.0.2.1", Verdict::Extend { class, until });
    bench.decide_before(here, &[extend], there).await.unwrap();
    assert_eq!(bench.verdicts().await, ["list", "extend"]);
}

async fn what_is_wiped_while_the_judge_waits_stays_wiped(bench: Bench) {
    let unit: Prefix = "192.0.2.1".parse().unwrap();
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.record("192.0.2.1", Kind::Spam).await;
    let other = bench.other_judge().await;
    let mut here = bench.store.begin_deciding().await.unwrap();
    here.wipe_tallies(&[unit], bench.clock.now()).await.unwrap();
    let there = tokio::spawn(async move { other.catch_up().await });
    let withdraw = decision("192.0.2.1", Verdict::Withdraw { class: Class::Spam });
    bench.decide_before(here, &[withdraw], there).await.unwrap();
    assert_eq!(bench.verdicts().await, ["list", "withdraw"]);
    let mut transaction = bench.store.begin().await.unwrap();
    let tally = transaction.tallies(&[unit]).await.unwrap().remove(&unit).unwrap();
    assert_eq!((tally.cases.len(), tally.listed_times), (0, 1));
}

async fn what_leaves_while_unlisting_waits_is_told_so(bench: Bench) {
    bench.list("192.0.2.1", Class::Manual, None).await;
    let (other, now) = (bench.again().await, bench.clock.now());
    let here = bench.store.begin_deciding().await.unwrap();
    let prefix = "192.0.2.1".parse().unwrap();
    let there = tokio::spawn(async move { by_hand::unlist(&other, prefix, None, "x", now).await });
    let withdraw = decision("192.0.2.1", Verdict::Withdraw { class: Class::Manual });
    let refused = bench.decide_before(here, &[withdraw], there).await;
    assert!(matches!(refused, Err(DecideError::NotListed { .. })));
}
