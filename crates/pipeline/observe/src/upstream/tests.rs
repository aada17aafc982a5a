//! The consumer against real rbldnsd: lists that live, lie and are dead.

use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use atalaya_model::{Kind, Period};
use atalaya_store::{Store, StoreUrl};
use atalaya_testkit::skip;
use tempfile::TempDir;

use super::*;
use crate::word::HalfLives;

/// The longest wait for something that takes milliseconds on a quiet machine.
const LIMIT: Duration = Duration::from_secs(120);
/// The shortest time from one test of a list to the next.
const RETEST: Duration = Duration::from_secs(60);
/// Zones and their data. Each is an ip4set of rbldnsd, which adds no test entries of its own.
const ZONES: [(&str, &str); 5] = [
    (
        "good.example",
        ":127.0.0.2:x\n127.0.0.2\n192.0.2.7 :127.0.0.4:x\n192.0.2.8 :127.0.0.10:x\n",
    ),
    ("world.example", ":127.0.0.2:x\n127.0.0.0/8\n"),
    ("empty.example", ":127.0.0.2:x\n192.0.2.7\n"),
    ("error.example", ":127.255.255.254:x\n127.0.0.2\n"),
    ("parked.example", ":203.0.113.80:x\n127.0.0.2\n"),
];

/// rbldnsd on a free port, killed with the test.
struct Rbldnsd(Child, SocketAddr);

impl Drop for Rbldnsd {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts it on [`ZONES`], or reports a skip.
async fn rbldnsd(folder: &Path) -> Option<Rbldnsd> {
    let programs = ["/usr/sbin/rbldnsd", "/usr/bin/rbldnsd"];
    let Some(program) = programs.into_iter().find(|path| Path::new(path).exists()) else {
        skip("rbldnsd is not installed");
        return None;
    };
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut zones: Vec<String> = Vec::new();
    for (zone, text) in ZONES {
        std::fs::write(folder.join(zone), text).unwrap();
        zones.push(format!("{zone}:ip4set:{zone}"));
    }
    let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Command::new(program);
    command
        .args(["-n", "-b", &format!("127.0.0.1/{}", address.port()), "-w"])
        .arg(folder);
    // It refuses to run as root.
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.args(["-u", "nobody"]);
    }
    let quiet = command.args(zones).stdout(Stdio::null()).stderr(Stdio::null());
    let running = Rbldnsd(quiet.spawn().unwrap(), address);
    let resolver = Resolver::new(vec![address]);
    let until_up = async { while resolver.codes("2.0.0.127.good.example").await.is_err() {} };
    tokio::time::timeout(LIMIT, until_up)
        .await
        .expect("rbldnsd starts");
    Some(running)
}

/// A store, and lists of these zones that ask there.
async fn lists(zones: &[&str], resolver: SocketAddr) -> (TempDir, Store, Arc<Upstream>) {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    let store = Store::open(&url, Clock::system()).await.unwrap();
    let half_lives: HalfLives = Arc::new(|_kind| Some(Duration::from_secs(86_400)));
    let words = Arc::new(Words::new(store.clone(), Clock::system(), half_lives));
    let mut lists: Vec<UpstreamList> = zones.iter().map(|zone| UpstreamList::new(zone)).collect();
    for list in &mut lists {
        list.codes.insert("127.0.0.4".parse().unwrap(), Kind::Bot);
        list.codes.insert("127.0.0.2".parse().unwrap(), Kind::Listed);
    }
    let config = UpstreamConfig {
        lists,
        resolvers: vec![resolver],
        retest_every: Period::minutes(1),
        ..UpstreamConfig::default()
    };
    config.check().unwrap();
    let upstream = Upstream::new(&config, words, Clock::system());
    (folder, store, Arc::new(upstream))
}

/// Waits until every list was tested.
async fn tested(upstream: &Upstream) {
    let all = async {
        while upstream.status().iter().any(|list| list.tested_at.is_none()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, all)
        .await
        .expect("the lists are tested");
}

#[tokio::test]
async fn a_living_list_counts_and_lists_that_lie_or_are_dead_do_not() {
    let files = tempfile::tempdir().unwrap();
    let Some(rbldnsd) = rbldnsd(files.path()).await else {
        return;
    };
    let zones = [
        "good.example",
        "world.example",
        "empty.example",
        "error.example",
        "parked.example",
        "unknown.example",
    ];
    let (_folder, store, upstream) = lists(&zones, rbldnsd.1).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&upstream).run(stop.clone()));
    tested(&upstream).await;
    let status = upstream.status();
    let why = |zone: &str| {
        let list = status.iter().find(|list| list.name == zone).unwrap();
        (list.state, list.why.clone().unwrap_or_default())
    };
    assert_eq!(why("good.example"), (UpstreamState::Good, String::new()));
    for (zone, part) in [
        ("world.example", "127.0.0.1"),
        ("empty.example", "does not list 127.0.0.2"),
        ("error.example", "public"),
        ("parked.example", "203.0.113.80"),
        ("unknown.example", "does not answer"),
    ] {
        let (state, told) = why(zone);
        assert_eq!(state, UpstreamState::Quarantined, "{zone}");
        assert!(told.contains(part), "{zone}: {told}");
    }
    let addresses = ["192.0.2.7", "192.0.2.8", "192.0.2.9", "2001:db8::7"].map(|text| text.parse().unwrap());
    for address in addresses.iter().chain(&addresses) {
        upstream.offer(*address, Clock::system().now());
    }
    upstream.offer("192.0.2.10".parse().unwrap(), Timestamp::EPOCH);
    let asked = || upstream.status().iter().map(|list| list.asked).sum::<u64>();
    let all = async {
        while asked() < 3 || store.last_position().await.unwrap() < 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, all)
        .await
        .expect("the addresses are asked about");
    stop.cancel();
    running.await.unwrap();
    let kept = store.observations_after(0, 99).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|seen| &seen.observation).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        (kept[0].address, kept[0].source.as_str(), kept[0].kind),
        (addresses[0], "good.example", Kind::Bot)
    );
    assert_eq!(kept[0].oddities, ["code-127.0.0.4"]);
    assert_eq!(asked(), 3, "each address once, in the list that is good");
    store.close().await;
}

#[tokio::test]
async fn a_list_that_begins_to_lie_is_silenced_and_comes_back_after_its_test() {
    let files = tempfile::tempdir().unwrap();
    let Some(rbldnsd) = rbldnsd(files.path()).await else {
        return;
    };
    let (_folder, store, upstream) = lists(&["good.example"], rbldnsd.1).await;
    let list = Arc::clone(&upstream.lists[0]);
    let now = Clock::system().now();
    upstream.test(0, &list).await;
    assert!(list.is_good());
    let lying = List::new(&UpstreamList::new("parked.example"), RETEST);
    lying.note_test(Ok(()), now, now);
    upstream.ask(0, &lying, "127.0.0.2".parse().unwrap()).await;
    assert!(!lying.is_good(), "one answer is enough");
    let listed = Said::Listed(Kind::Listed, "127.0.0.2".parse().unwrap());
    upstream.say(&lying, "192.0.2.7".parse().unwrap(), listed).await;
    assert_eq!(
        store.last_position().await.unwrap(),
        0,
        "nothing that it says counts"
    );
    let on_its_way = "192.0.2.7".parse().unwrap();
    let silenced = List::new(&UpstreamList::new("good.example"), RETEST);
    silenced.quarantine("it lied".to_owned(), now);
    upstream.ask(0, &silenced, on_its_way).await;
    let known = || {
        let mut cache = upstream.cache();
        cache.get_or_ask(0, Prefix::unit(on_its_way), now)
    };
    assert_eq!(known(), None, "an answer on its way is not kept");
    assert_eq!(known(), Some(Said::Nothing), "it is being asked");
    let repaired = List::new(&UpstreamList::new("good.example"), RETEST);
    repaired.quarantine("it lied".to_owned(), now);
    upstream.test(0, &repaired).await;
    assert!(repaired.is_good());
    assert_eq!(known(), None, "what was said before the test is forgotten");
    upstream
        .say(&repaired, "192.0.2.7".parse().unwrap(), listed)
        .await;
    assert_eq!(store.last_position().await.unwrap(), 1);
    store.close().await;
}

#[tokio::test]
async fn a_list_that_does_not_answer_keeps_nobody_else_waiting() {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (_folder, store, upstream) =
        lists(&["slow.example", "good.example"], silent.local_addr().unwrap()).await;
    let now = Clock::system().now();
    for list in &upstream.lists {
        list.note_test(Ok(()), now, now);
    }
    let slow = &upstream.lists[0];
    let taken: Vec<_> = std::iter::from_fn(|| slow.place()).collect();
    let asking = tokio::spawn(Arc::clone(&upstream).keep_asking());
    upstream.offer("192.0.2.7".parse().unwrap(), now);
    let question = async || {
        let mut question = [0; 512];
        let length = tokio::time::timeout(LIMIT, silent.recv(&mut question))
            .await
            .expect("a list is asked")
            .unwrap();
        String::from_utf8_lossy(&question[..length]).into_owned()
    };
    let asked = question().await;
    assert!(asked.contains("good") && !asked.contains("slow"), "{asked:?}");
    // What was passed over is asked as soon as there is a place.
    drop(taken);
    upstream.offer("192.0.2.7".parse().unwrap(), now);
    while !question().await.contains("slow") {}
    asking.abort();
    store.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_list_that_lies_after_each_test_is_tested_no_more_often_than_one_that_fails() {
    let clock = atalaya_testkit::TestClock::default();
    // Nobody answers there: each test fails at once.
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    tokio::time::resume();
    let store = Store::open(&url, Clock::system()).await.unwrap();
    tokio::time::pause();
    let words = Arc::new(Words::new(store, clock.clock(), Arc::new(|_kind| None)));
    let config = UpstreamConfig {
        lists: vec![UpstreamList::new("good.example")],
        resolvers: vec![nobody],
        ..UpstreamConfig::default()
    };
    let upstream = Arc::new(Upstream::new(&config, words, clock.clock()));
    let list = Arc::clone(&upstream.lists[0]);
    let stop = CancellationToken::new();
    let testing = {
        let (upstream, list, stop) = (Arc::clone(&upstream), Arc::clone(&list), stop.clone());
        tokio::spawn(async move { upstream.keep_testing(0, &list, stop).await })
    };
    let mut tests = std::collections::BTreeSet::new();
    for _second in 0..3_600 {
        // It is doubted every second.
        for _ in 0..50 {
            list.note(Outcome::Listed, clock.now());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        clock.advance(Duration::from_secs(1));
        tests.extend(list.status().tested_at);
    }
    stop.cancel();
    testing.await.unwrap();
    assert!((2..=5).contains(&tests.len()), "{tests:?}");
}
