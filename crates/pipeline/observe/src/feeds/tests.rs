//! Feeds against an HTTP server that behaves and misbehaves, and against files.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use atalaya_model::{ByteSize, Kind, Period, Prefix, Sensor};
use atalaya_store::{Store, StoreUrl};
use atalaya_testkit::TestClock;
use atalaya_testkit::peers::{HttpPeer, HttpReply};
use tempfile::TempDir;

use super::*;
use crate::word::HalfLives;

/// A store, a clock, and a folder for feeds.
struct Bench {
    folder: TempDir,
    clock: TestClock,
    store: Store,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::default();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        let store = Store::open(&url, clock.clock()).await.unwrap();
        Self { folder, clock, store }
    }

    /// Feeds as a start would make them.
    async fn open(&self, lists: Vec<FeedConfig>) -> Feeds {
        let half_lives: HalfLives = Arc::new(|_kind| Some(Duration::from_secs(86_400)));
        let words = Arc::new(Words::new(self.store.clone(), self.clock.clock(), half_lives));
        let around: Around = Arc::new(|| Surroundings {
            own: vec!["203.0.113.0/24".parse().unwrap()],
            protected: Vec::new(),
        });
        let config = FeedsConfig {
            lists,
            timeout: Period::seconds(60),
        };
        config.check().unwrap();
        let folder = self.folder.path().join("feeds");
        let feeds = Feeds::open(&config, &folder, words, around, self.clock.clock()).unwrap();
        feeds.load().await;
        feeds
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("list.txt");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Who says what of an address, the last first.
    async fn said_of(&self, address: &str) -> Vec<(String, Kind)> {
        let unit = Prefix::unit(address.parse().unwrap());
        let kept = self.store.observations_of(&unit, 99).await.unwrap();
        assert!(kept.iter().all(|one| one.sensor == Sensor::Feed));
        kept.into_iter().map(|one| (one.source, one.kind)).collect()
    }
}

async fn turn(feeds: &Feeds) -> FeedState {
    feeds.turn(&feeds.feeds[0]).await;
    feeds.status().remove(0).state
}

fn why(state: &FeedState) -> (Option<TroubleKind>, String) {
    let trouble = state.trouble.clone();
    (
        trouble.as_ref().map(|trouble| trouble.what),
        trouble.map(|trouble| trouble.why).unwrap_or_default(),
    )
}

fn long(entries: u32) -> String {
    let line = |number: u32| format!("{}\n", Ipv4Addr::from_bits(0x0505_0000 | number));
    (0..entries).map(line).collect()
}

#[tokio::test]
async fn only_addresses_that_came_to_us_make_observations_and_each_once() {
    let bench = Bench::new().await;
    let path = bench.file(&format!("192.0.2.7\n198.51.100.0/24\n{}", long(1_000)));
    let feeds = bench
        .open(vec![FeedConfig::new("drop", path.to_str().unwrap())])
        .await;
    let see = async |address: &str| {
        let now = bench.clock.now();
        feeds.look(address.parse().unwrap(), now).await.unwrap();
    };
    see("192.0.2.7").await;
    assert_eq!(bench.said_of("192.0.2.7").await, [], "nothing is fetched yet");
    let state = turn(&feeds).await;
    assert_eq!(
        (state.entries, state.new, state.gone, why(&state)),
        (1_002, 1_002, 0, (None, String::new()))
    );
    let word = || ("drop".to_owned(), Kind::Listed);
    assert_eq!(
        bench.said_of("192.0.2.7").await,
        [word()],
        "it had come before the list"
    );
    let long_ago = bench.clock.now().minus(Duration::from_secs(86_401));
    feeds
        .look("198.51.100.9".parse().unwrap(), long_ago)
        .await
        .unwrap();
    assert_eq!(bench.said_of("198.51.100.9").await, [], "it came too long ago");
    see("198.51.100.9").await;
    see("198.51.100.9").await;
    see("192.0.2.8").await;
    assert_eq!(bench.said_of("198.51.100.9").await, [word()]);
    assert_eq!(bench.said_of("192.0.2.8").await, []);
    assert_eq!(
        bench.store.last_position().await.unwrap(),
        2,
        "a thousand others make none"
    );
    std::fs::write(&path, "192.0.2.7\n").unwrap();
    let state = turn(&feeds).await;
    assert_eq!(
        why(&state).0,
        Some(TroubleKind::Quarantined),
        "it shrank to nothing"
    );
    bench.clock.advance(Duration::from_secs(86_400));
    see("198.51.100.9").await;
    assert_eq!(
        bench.said_of("198.51.100.9").await.len(),
        2,
        "a half-life later, and the older list holds"
    );
    bench.clock.advance(Duration::from_secs(2 * 86_400));
    see("198.51.100.9").await;
    assert_eq!(bench.said_of("198.51.100.9").await.len(), 2, "it has expired");
    bench.store.close().await;
}

#[tokio::test]
async fn no_list_leads_to_the_server_of_another() {
    let near = HttpPeer::start(|_path| HttpReply::Full(200, Vec::new(), b"192.0.2.9\n".to_vec()))
        .await
        .unwrap();
    let target = near.url("/list");
    let peer = HttpPeer::start(move |_path| HttpReply::redirect(&target))
        .await
        .unwrap();
    let bench = Bench::new().await;
    let feeds = bench
        .open(vec![
            FeedConfig::new("moved", &peer.url("/")),
            FeedConfig::new("near", &near.url("/")),
        ])
        .await;
    let moved = turn(&feeds).await;
    assert!(why(&moved).1.contains("reserved"), "{moved:?}");
    bench.store.close().await;
}

#[tokio::test]
async fn a_list_that_did_not_change_is_not_sent_again() {
    let peer = HttpPeer::start_with_headers(|_path, headers| {
        let has = |wanted: &str| headers.iter().any(|header| header.eq_ignore_ascii_case(wanted));
        if !has("Key: secret") {
            return HttpReply::status(403);
        }
        if has("If-None-Match: \"one\"") {
            return HttpReply::status(304);
        }
        HttpReply::Full(200, vec!["ETag: \"one\"".to_owned()], b"192.0.2.7\n".to_vec())
    })
    .await
    .unwrap();
    let bench = Bench::new().await;
    let key = bench.folder.path().join("key");
    std::fs::write(&key, "secret\n").unwrap();
    let lists = vec![FeedConfig {
        header: Some("Key".to_owned()),
        header_file: Some(key.clone()),
        ..FeedConfig::new("one", &peer.url("/list"))
    }];
    let feeds = bench.open(lists.clone()).await;
    let first = turn(&feeds).await;
    assert_eq!((first.entries, first.etag.as_deref()), (1, Some("\"one\"")));
    bench.clock.advance(Duration::from_secs(3_600));
    let second = turn(&feeds).await;
    assert_eq!((second.new, second.fetched_at), (1, Some(bench.clock.now())));
    assert_eq!(second.set, first.set);
    // A start knows all that, and has the entries.
    let again = bench.open(lists).await;
    assert_eq!(turn(&again).await.set, first.set);
    again
        .look("192.0.2.7".parse().unwrap(), bench.clock.now())
        .await
        .unwrap();
    assert_eq!(bench.said_of("192.0.2.7").await.len(), 1);
    std::fs::write(&key, "wrong").unwrap();
    let state = turn(&again).await;
    assert_eq!(
        why(&state),
        (
            Some(TroubleKind::Unreachable),
            "the server answers with status 403".to_owned()
        )
    );
    bench.store.close().await;
}

#[tokio::test]
async fn hostile_servers_cost_what_the_limits_say_and_change_nothing() {
    let peer = HttpPeer::start(|path| match path {
        "/endless" => HttpReply::Endless(b"192.0.2.1\n".repeat(100)),
        "/drip" => HttpReply::Drip(vec![b'#'; 100_000]),
        "/half" => HttpReply::Half(b"192.0.2.1\n".repeat(100)),
        "/silence" => HttpReply::Silence,
        "/circle" => HttpReply::redirect("/circle"),
        "/inside" => HttpReply::redirect("http://169.254.169.254/latest"),
        "/same" => HttpReply::status(304),
        "/busy" => HttpReply::Full(503, vec!["Retry-After: 7200".to_owned()], Vec::new()),
        "/raw" => HttpReply::Raw(b"\x00\x01\x02".to_vec()),
        "/page" => HttpReply::Full(200, Vec::new(), b"<html>\n<p>\nGone\n</p>\n</html>\n".to_vec()),
        "/bomb" => {
            let zeros = vec![b'#'; 8 << 20];
            HttpReply::Full(200, Vec::new(), zstd::stream::encode_all(&zeros[..], 1).unwrap())
        }
        _ => HttpReply::Full(200, Vec::new(), b"0.0.0.0/0\n".to_vec()),
    })
    .await
    .unwrap();
    let cases = [
        ("/endless", TroubleKind::Unreachable, "larger than"),
        ("/drip", TroubleKind::Unreachable, "no whole answer within"),
        ("/half", TroubleKind::Unreachable, "no whole answer within"),
        ("/silence", TroubleKind::Unreachable, "no whole answer within"),
        ("/circle", TroubleKind::Unreachable, "circle"),
        ("/inside", TroubleKind::Unreachable, "reserved"),
        ("/same", TroubleKind::Unreachable, "304"),
        ("/busy", TroubleKind::Unreachable, "503"),
        ("/raw", TroubleKind::Unreachable, "exchange failed"),
        ("/page", TroubleKind::Quarantined, "name no address"),
        ("/bomb", TroubleKind::Quarantined, "unpacks to more"),
        ("/world", TroubleKind::Quarantined, "0.0.0.0/0"),
    ];
    let bench = Bench::new().await;
    let list = |path: &str| FeedConfig {
        max_size: ByteSize::mib(1),
        ..FeedConfig::new(&path[1..], &peer.url(path))
    };
    let mut feeds = bench
        .open(cases.iter().map(|(path, ..)| list(path)).collect())
        .await;
    feeds.timeout = Duration::from_secs(2);
    for (index, (path, what, part)) in cases.into_iter().enumerate() {
        feeds.turn(&feeds.feeds[index]).await;
        let state = feeds.status().remove(index).state;
        let (found, told) = why(&state);
        assert!(found == Some(what) && told.contains(part), "{path}: {told}");
        assert_eq!((state.entries, state.set), (0, None), "{path}");
        let wait = state.next_at.unwrap().since(bench.clock.now()).as_secs();
        let expected = match (path, what) {
            ("/busy", _) => 7_200,
            (_, TroubleKind::Unreachable) => 300,
            (_, TroubleKind::Quarantined) => 3_600,
        };
        assert_eq!(wait, expected, "{path}");
    }
    bench.store.close().await;
}

#[tokio::test]
async fn a_quarantine_lasts_until_the_list_is_sane_or_released_and_over_a_restart() {
    let served = Arc::new(AtomicUsize::new(0));
    let lists = [long(200), long(5_000), long(210), long(5_000), long(5_000)];
    let turns = Arc::clone(&served);
    let peer = HttpPeer::start(move |_path| {
        let text = &lists[turns.fetch_add(1, Ordering::SeqCst).min(lists.len() - 1)];
        HttpReply::Full(200, Vec::new(), text.clone().into_bytes())
    })
    .await
    .unwrap();
    let bench = Bench::new().await;
    let config = vec![FeedConfig::new("grows", &peer.url("/list"))];
    let feeds = bench.open(config.clone()).await;
    assert_eq!(turn(&feeds).await.entries, 200);
    let state = turn(&feeds).await;
    assert!(
        why(&state).1.contains("grew from 200 entries to 5000"),
        "{state:?}"
    );
    let since = state.trouble.unwrap().since;
    bench.clock.advance(Duration::from_secs(3_600));
    let feeds = bench.open(config.clone()).await;
    let known = feeds.status().remove(0).state;
    assert_eq!(
        (known.trouble.unwrap().since, known.entries),
        (since, 200),
        "a start knows it"
    );
    let state = turn(&feeds).await;
    assert_eq!(
        (why(&state).0, state.entries, state.new, state.gone),
        (None, 210, 10, 0)
    );
    assert_eq!(why(&turn(&feeds).await).0, Some(TroubleKind::Quarantined));
    assert!(!feeds.release("other").unwrap());
    assert!(feeds.release("grows").unwrap());
    let feeds = bench.open(config).await;
    let state = turn(&feeds).await;
    assert_eq!(
        (why(&state).0, state.entries, state.released),
        (None, 5_000, false)
    );
    bench.store.close().await;
}

#[tokio::test]
async fn real_lists_are_read_and_believed() {
    let shared = |name: &str| {
        let found = atalaya_testkit::data(&format!("ip-lists/{name}"));
        if found.is_none() {
            atalaya_testkit::skip(&format!("no test data ip-lists/{name}"));
        }
        found
    };
    let named = |name: &str| FeedConfig {
        name: "real".to_owned(),
        ..FeedConfig::new("real", name)
    };
    let csv = |feed| FeedConfig {
        format: FeedFormat::Csv,
        address: Some("ip".to_owned()),
        ..feed
    };
    for (name, least) in [
        ("raw/spamhaus-drop.txt", 900),
        ("raw/spamhaus-drop_ipv6.txt", 40),
        ("raw/firehol_level2.netset", 10_000),
        ("raw/ipsum.txt.zst", 120_000),
        ("raw/shadowwhisperer-Threats.csv.zst", 20_000),
        ("raw/oxl-top_100000.csv.zst", 90_000),
    ] {
        let Some(path) = shared(name) else { continue };
        let feed = named(path.to_str().unwrap());
        let feed = if name.contains(".csv") { csv(feed) } else { feed };
        let nowhere = tempfile::tempdir().unwrap();
        let tried = try_feed(
            &feed,
            nowhere.path(),
            Duration::from_secs(60),
            Surroundings::default(),
        )
        .await
        .unwrap();
        assert_eq!(tried.refused, None, "{name}");
        assert!(tried.entries > least, "{name}: {tried:?}");
    }
}
