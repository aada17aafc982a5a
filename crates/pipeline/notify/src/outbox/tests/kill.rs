//! `kill -9` in the middle of sending: nothing is lost, and nothing goes twice but what the relay had taken and the store not yet noted.
//!
//! The test starts itself again as a child that sends, kills it after some mails, and counts at a relay of its own. Each child's clock
//! is a day ahead of the one before, so that leases of the dead are over.

use std::collections::{BTreeMap, BTreeSet};

use atalaya_model::{Clock, Timestamp};

use super::*;

/// Hands the child its store, relay and clock.
const CHILD: &str = "ATALAYA_TEST_KILLED_SENDER";
/// How often the child is killed.
const KILLS: u32 = 8;
/// Mails to be sent.
const MAILS: usize = 400;
/// Connections of the child.
const CONNECTIONS: u32 = 4;
/// The line by which a mail is known at the relay.
const NUMBER: &str = "X-Number: ";

/// A relay that tells of each mail when it has it whole, before it says 250.
async fn counting_relay() -> (String, tokio::sync::mpsc::UnboundedReceiver<u128>) {
    let (name, mut taken) = relay(Relay::Accepts).await;
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = taken.recv().await {
            let text = String::from_utf8(message).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix(NUMBER)).unwrap();
            tell.send(line.parse().unwrap()).unwrap();
        }
    });
    (name, told)
}

fn day(number: u32) -> Timestamp {
    Timestamp::from_seconds(1_795_435_200).plus(Duration::from_secs(86_400) * number)
}

/// The numbers of the mails that are noted as sent.
async fn sent(store: &Store) -> BTreeSet<u128> {
    let mails = store.mails(Some("sent"), None, 10_000).await.unwrap();
    mails.iter().map(|mail| mail.id.as_u128()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_no_mail_and_doubles_only_what_was_not_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let clock = Clock::new(|| day(0));
    let store = Store::open(&StoreUrl::Sqlite(path.clone()), clock).await.unwrap();
    add_all(&store).await;
    let (name, mut told) = counting_relay().await;
    let mut taken: BTreeMap<u128, u32> = BTreeMap::new();
    for round in 0..=KILLS {
        let before = sent(&store).await;
        let wanted = match round {
            KILLS => usize::MAX,
            round => 11 + usize::try_from(round).unwrap() * 7,
        };
        let mut child = sender(&format!("{round} {name} {}", path.display()));
        let mut fresh = receive(&mut told, wanted, &store).await;
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(number) = next(&mut told).await {
            fresh.push(number);
        }
        for number in fresh {
            assert!(
                !before.contains(&number),
                "{number} was noted as sent, and came again"
            );
            *taken.entry(number).or_default() += 1;
        }
        let unnoted = taken.keys().filter(|number| !before.contains(number)).count();
        assert!(unnoted > 0 || round == KILLS, "every kill hits a sender at work");
    }
    assert_eq!(sent(&store).await.len(), MAILS);
    assert_eq!(taken.len(), MAILS, "none is lost");
    let doubled: u32 = taken.values().map(|times| times - 1).sum();
    let most = KILLS * CONNECTIONS;
    assert!(doubled <= most, "{doubled} doubles, at most {most} can be");
}

async fn add_all(store: &Store) {
    let mut transaction = store.begin().await.unwrap();
    for number in 1..=MAILS {
        let mail = NewMail {
            id: Uuid::from_u128(number.try_into().unwrap()),
            sender: "abuse@list.example".to_owned(),
            recipient: "abuse@cheap.example".parse().unwrap(),
            message: format!("{NUMBER}{number}\r\n\r\nx\r\n").into_bytes(),
        };
        transaction.add_mail(&mail).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

/// Starts a child with its task.
fn sender(task: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "outbox::tests::kill::child_that_is_killed",
            "--nocapture",
        ])
        .env(CHILD, task)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// So many mails as the relay has them, or all that there are.
async fn receive(
    told: &mut tokio::sync::mpsc::UnboundedReceiver<u128>,
    wanted: usize,
    store: &Store,
) -> Vec<u128> {
    let all = async {
        let mut fresh = Vec::new();
        while fresh.len() < wanted {
            match next(told).await {
                Some(number) => fresh.push(number),
                None if sent(store).await.len() == MAILS => break,
                None => {}
            }
        }
        fresh
    };
    tokio::time::timeout(MAX_WAIT * 3, all).await.unwrap()
}

/// The next mail that the relay has; none where none comes for a while.
async fn next(told: &mut tokio::sync::mpsc::UnboundedReceiver<u128>) -> Option<u128> {
    tokio::time::timeout(Duration::from_millis(100), told.recv())
        .await
        .ok()?
}

/// Not a test by itself: does something only when started by the one above.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a child of a test has no other way to learn its task"
)]
async fn child_that_is_killed() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let [round, name, path] = task.splitn(3, ' ').collect::<Vec<_>>()[..] else {
        panic!("{task}")
    };
    let now = day(1 + round.parse::<u32>().unwrap());
    let clock = Clock::new(move || now);
    let store = Store::open(&StoreUrl::Sqlite(path.into()), clock.clone())
        .await
        .unwrap();
    let config = NoticeConfig {
        connections: CONNECTIONS,
        timeout: Period::seconds(30),
        ..config(Some(name.to_owned()))
    };
    let sender = Sender::new(config, store, clock, PathBuf::new()).unwrap();
    sender.run(CancellationToken::new()).await;
}
