//! Pictures of what was observed, from the store on.

use std::sync::Arc;

use atalaya_formats::signatures::Matcher;
use atalaya_formats::smtp::Dialect;
use atalaya_model::{
    Class, Clock, Decision, Handshake, Kind, Observation, ObservationId, Period, Prefix, Rule, Sensor,
    Timestamp, Trap, Verdict,
};
use atalaya_places::PlacesConfig;
use atalaya_store::{Evidence, Store, StoreUrl};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::catalogue::Catalogue;
use crate::config::StatsConfig;
use crate::counter::Counter;
use crate::day::{Day, Days};
use crate::statistics::Statistics;
use crate::whereabouts::Whereabouts;

const SRIZBI: &str = "4:110:0:44+0:536:24000,0:mss:";
const STRANGE: &str = "4:60:0:44+0:1300:4000,0:mss:";
const WINDOWS: &str = "4:117:0:52+0:1460:64240,8:mss,nop,ws,nop,nop,sok:df,id+";
const TALK: &str = "smtp/1 talks=early lines=lf hello=HELO_word order=HELO,MAIL,RCPT,DATA mail=- rcpt=- text=- pace=quick refused=- next=- end=-";

/// Noon of 2026-11-26.
fn noon() -> Timestamp {
    "2026-11-26T12:00:00Z".parse().unwrap()
}

struct World {
    store: Store,
    clock: Clock,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new(|| noon().plus(std::time::Duration::from_secs(6 * 3_600)));
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        Self {
            store: Store::open(&url, clock.clone()).await.unwrap(),
            clock,
            _folder: folder,
        }
    }

    /// Somebody sent a message so many days and hours ago, looking like this.
    async fn sent(&self, address: [u8; 4], (days, hours): (u64, u64), stack: &str) {
        self.sent_with(address, (days, hours), stack, |_seen| {}).await;
    }

    async fn sent_with(
        &self,
        address: [u8; 4],
        (days, hours): (u64, u64),
        stack: &str,
        change: impl FnOnce(&mut Observation),
    ) {
        let at = noon().minus(std::time::Duration::from_secs(days * 86_400 + hours * 3_600));
        let mut seen = Observation::new(ObservationId(Uuid::new_v4()), address.into(), at, Sensor::Trap);
        seen.kind = Kind::Spam;
        seen.handshake = Handshake::Completed;
        seen.trap = Some(Trap::Pristine);
        seen.fingerprint = Some(stack.parse().unwrap());
        seen.message_size = 1_000;
        seen.envelope.recipients = vec!["trap@d.example".to_owned(); 3];
        seen.envelope.helo = "desktop".to_owned();
        change(&mut seen);
        let evidence = Evidence {
            dialect: seen.dialect.map(|_id| TALK.to_owned()),
            ..Evidence::default()
        };
        self.store.record(seen, evidence).await.unwrap();
    }

    fn counter(&self) -> Counter {
        let parts = (self.store.clone(), self.clock.clone());
        Counter::new(parts, vec!["ylmf-pc".to_owned()], Period::days(90))
    }

    fn statistics(&self, config: StatsConfig) -> Statistics {
        Statistics::new(
            (self.store.clone(), self.clock.clone()),
            config,
            Arc::new(Catalogue::default()),
            Arc::new(Matcher::default()),
            Whereabouts::new(PlacesConfig::default, self.clock.clone()),
        )
    }

    async fn picture(&self, config: StatsConfig, days_before: i32) -> Arc<Picture> {
        self.counter().catch_up().await.unwrap();
        let statistics = self.statistics(config);
        let last = Day::of(noon());
        let days = Days {
            first: last.plus(-days_before),
            last,
        };
        statistics.picture(days).await.unwrap()
    }
}

fn row<'a>(picture: &'a Picture, name: &str) -> &'a BotnetRow {
    let found = picture.botnets.iter().find(|row| row.name == name);
    found.unwrap_or_else(|| {
        panic!(
            "no {name}: {:?}",
            picture.botnets.iter().map(|row| &row.name).collect::<Vec<_>>()
        )
    })
}

#[tokio::test]
async fn a_botnet_is_counted_with_all_that_is_asked_of_it() {
    let world = World::new().await;
    for last in 0..30 {
        world
            .sent([193, 0, 0, last], (0, u64::from(last % 3)), SRIZBI)
            .await;
    }
    for hours in [1, 1, 2] {
        world.sent([193, 0, 0, 0], (0, hours), SRIZBI).await;
    }
    world.sent([193, 0, 0, 1], (1, 0), SRIZBI).await;
    let picture = world.picture(StatsConfig::default(), 0).await;
    let srizbi = row(&picture, "Srizbi");
    let figures = srizbi.figures;
    assert_eq!((figures.addresses, srizbi.new), (30, 29));
    let counts = figures.counts;
    assert_eq!(
        (
            counts.connections,
            counts.envelopes,
            counts.recipients,
            counts.bytes
        ),
        (33, 33, 99, 33_000)
    );
    assert_eq!(srizbi.hours.iter().sum::<u64>(), 33);
    assert_eq!(
        (srizbi.hours[12], srizbi.hours[11], srizbi.hours[10]),
        (10, 12, 11)
    );
    assert_eq!(srizbi.countries[0].addresses, 30);
    assert_eq!(figures.last_seen, Some(noon()));
    // 18 of 24 hours are over.
    assert_eq!(
        (srizbi.recipients_a_day, srizbi.world_a_day, picture.is_complete),
        (132, None, false)
    );
    assert_eq!(picture.total.addresses, 30);
    assert_eq!(picture.ranking(Dimension::Trap).unwrap().rows[0].key, "pristine");
    assert_eq!(picture.ranking(Dimension::Hour).unwrap().rows.len(), 24);
}

#[tokio::test]
async fn what_nobody_has_named_gets_a_row_if_many_share_it() {
    let world = World::new().await;
    for last in 0..25 {
        world.sent([193, 0, 1, last], (0, 0), STRANGE).await;
        world
            .sent_with([193, 0, 2, last], (0, 0), WINDOWS, |seen| {
                seen.dialect = Some(Dialect::id(TALK));
            })
            .await;
    }
    world
        .sent([193, 0, 3, 1], (0, 0), "4:60:0:44+0:1301:4000,0:mss:")
        .await;
    let picture = world.picture(StatsConfig::default(), 0).await;
    let kinds: Vec<(BotnetKind, u64)> = picture
        .botnets
        .iter()
        .map(|row| (row.kind, row.figures.addresses))
        .collect();
    assert_eq!(
        kinds,
        [
            (BotnetKind::Dialect, 25),
            (BotnetKind::Stack, 25),
            (BotnetKind::Other, 1)
        ]
    );
    assert_eq!(picture.botnets[0].told_by, TALK);
    assert!(
        picture.botnets[1].name.starts_with("stack #"),
        "{}",
        picture.botnets[1].name
    );
}

#[tokio::test]
async fn a_strange_stack_on_addresses_with_an_ordinary_one_is_suspected() {
    let world = World::new().await;
    for last in 0..40 {
        world.sent([193, 0, 1, last], (0, 0), STRANGE).await;
        if last % 2 == 0 {
            // Days before, too.
            world
                .sent([193, 0, 1, last], (u64::from(last % 6), 1), WINDOWS)
                .await;
        }
    }
    // Nobody with this one shows another.
    for last in 0..40 {
        world
            .sent([193, 0, 9, last], (0, 0), "4:60:0:44+0:1301:4000,0:mss:")
            .await;
    }
    let picture = world.picture(StatsConfig::default(), 0).await;
    let [pair] = &picture.pairs[..] else {
        panic!("{:?}", picture.pairs)
    };
    assert_eq!((pair.addresses, pair.both, pair.is_suspected), (40, 20, true));
    assert!(pair.systems[0].name.starts_with("Windows"), "{:?}", pair.systems);
    assert_eq!(row(&picture, &pair.name).paired, 20);
}

#[tokio::test]
async fn several_days_are_exact_and_what_was_listed_is_known() {
    let world = World::new().await;
    for day in [0, 1, 3] {
        for last in 0..50 {
            world
                .sent([193, 0, u8::try_from(day).unwrap(), last], (day, 0), SRIZBI)
                .await;
            world.sent([193, 0, 200, last], (day, 0), SRIZBI).await;
        }
    }
    let mut transaction = world.store.begin_deciding().await.unwrap();
    for prefix in ["193.0.0.0/28", "193.0.200.7/32"] {
        let decision = Decision {
            prefix: prefix.parse::<Prefix>().unwrap(),
            verdict: Verdict::List {
                class: Class::Spam,
                until: None,
            },
            rule: Rule::new("test", 1),
            score: 1.0,
            reason: String::new(),
        };
        transaction.decide(&decision, noon()).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let picture = world
        .picture(
            StatsConfig {
                share_of_mail: Some(0.001),
                ..StatsConfig::default()
            },
            3,
        )
        .await;
    assert_eq!(
        (picture.total.addresses, picture.total.counts.connections),
        (200, 300)
    );
    assert_eq!(picture.missing_days, ["2026-11-24"]);
    let days: Vec<u64> = picture.days.iter().map(|day| day.figures.addresses).collect();
    assert_eq!(days, [100, 100, 100]);
    assert_eq!((picture.listed, picture.notified), (17, 0));
    let srizbi = row(&picture, "Srizbi");
    // 900 recipients in the 2.75 days of which something is kept.
    assert_eq!(
        (srizbi.recipients_a_day, srizbi.world_a_day),
        (327, Some(327_273))
    );
    assert_eq!(picture.days[0].botnets, [100]);
}

#[tokio::test]
async fn counted_in_pieces_and_again_it_is_the_same() {
    let (one, two) = (World::new().await, World::new().await);
    for last in 0..60 {
        for world in [&one, &two] {
            world
                .sent([193, 0, 0, last % 40], (u64::from(last % 2), 0), SRIZBI)
                .await;
        }
        two.counter().catch_up().await.unwrap();
    }
    let (one, two) = (
        one.picture(StatsConfig::default(), 1).await,
        two.picture(StatsConfig::default(), 1).await,
    );
    assert_eq!(one, two);
}

#[tokio::test]
async fn days_of_two_machines_are_those_of_one() {
    let (one, two, both) = (World::new().await, World::new().await, World::new().await);
    for last in 0..60 {
        let half = if last % 3 == 0 { &one } else { &two };
        for world in [half, &both] {
            world
                .sent([193, 0, 0, last % 40], (0, u64::from(last % 5)), SRIZBI)
                .await;
        }
    }
    let day = Day::of(noon());
    two.counter().catch_up().await.unwrap();
    let (here, there) = (
        one.statistics(StatsConfig::default()),
        two.statistics(StatsConfig::default()),
    );
    let file = there.export(day).await.unwrap();
    let again = [
        here.import(file.clone()).await.unwrap().is_again,
        here.import(file.clone()).await.unwrap().is_again,
    ];
    assert_eq!(again, [false, true]);
    let (merged, whole) = (
        one.picture(StatsConfig::default(), 0).await,
        both.picture(StatsConfig::default(), 0).await,
    );
    assert_eq!(merged, whole);
    assert!(
        there
            .import(file.clone())
            .await
            .unwrap_err()
            .to_string()
            .contains("made here")
    );
    for wrong in [&b""[..], b"ATALAYA DAYS 1\n{}\n", &file[..file.len() - 1]] {
        assert!(here.import(wrong.to_vec()).await.is_err());
    }
}

#[tokio::test]
async fn an_imported_day_is_told_by_its_dialect() {
    let (one, two) = (World::new().await, World::new().await);
    for last in 0..25 {
        two.sent_with([193, 0, 2, last], (0, 0), WINDOWS, |seen| {
            seen.dialect = Some(Dialect::id(TALK));
        })
        .await;
    }
    two.counter().catch_up().await.unwrap();
    let file = two
        .statistics(StatsConfig::default())
        .export(Day::of(noon()))
        .await
        .unwrap();
    one.statistics(StatsConfig::default()).import(file).await.unwrap();
    let picture = one.picture(StatsConfig::default(), 0).await;
    assert_eq!(picture.botnets[0].told_by, TALK);
    assert_eq!(picture.ranking(Dimension::Dialect).unwrap().rows[0].name, TALK);
}

#[tokio::test]
async fn whoever_looks_anew_each_time_is_one_row_with_all_others() {
    let world = World::new().await;
    for number in 0..300_u16 {
        let [high, low] = number.to_be_bytes();
        let stack = format!("4:60:0:44+0:{}:4000,0:mss:", 1_000 + number);
        world
            .sent_with([193, 0, high, low], (0, 0), &stack, |seen| {
                seen.dialect = Some(atalaya_model::DialectId([high, low, 1, 1, 1, 1, 1, 1]));
                seen.headers = Some(atalaya_model::ShapeId([high, low, 2, 2, 2, 2, 2, 2]));
            })
            .await;
    }
    let picture = world.picture(StatsConfig::default(), 0).await;
    let [row] = &picture.botnets[..] else {
        panic!("{:?}", picture.botnets)
    };
    assert_eq!(
        (row.kind, row.figures.addresses, row.size),
        (BotnetKind::Other, 300, None)
    );
    for by in [Dimension::Dialect, Dimension::Headers] {
        assert_eq!(picture.ranking(by).unwrap().rows[0].key, "rare");
    }
    assert_eq!(picture.ranking(Dimension::System).unwrap().rows[0].key, "unknown");
    assert_eq!(picture.pairs, []);
}

#[tokio::test]
async fn a_closed_day_keeps_its_picture_with_its_new_addresses_and_loses_its_addresses() {
    let world = World::new().await;
    for days in [0, 40, 41] {
        world.sent([193, 0, 0, 1], (days, 0), SRIZBI).await;
    }
    world.sent([193, 0, 0, 2], (40, 0), SRIZBI).await;
    world.counter().catch_up().await.unwrap();
    let config = StatsConfig {
        keep: Period::days(30),
        ..StatsConfig::default()
    };
    let statistics = world.statistics(config);
    let day = Day::of(noon()).plus(-40);
    let before = statistics.picture(Days::one(day)).await.unwrap();
    assert_eq!((before.total.addresses, before.new, before.new_days), (2, 1, 1));
    let mut steps = 0;
    while statistics.close_some().await.unwrap() {
        steps += 1;
    }
    // A picture and a deletion for each of the two.
    assert_eq!(steps, 4);
    let after = statistics.picture(Days::one(day)).await.unwrap();
    assert_eq!(
        (after.total, after.new, &after.botnets),
        (before.total, 1, &before.botnets)
    );
    assert!(statistics.export(day).await.is_err());
    let week = statistics
        .picture(Days {
            first: day,
            last: day.plus(6),
        })
        .await
        .unwrap();
    assert_eq!(
        (week.closed_days.as_slice(), week.missing_days.len()),
        (&[day.to_string()][..], 6)
    );
    assert_eq!(
        statistics.days().await.unwrap(),
        [day.plus(-1), day, Day::of(noon())]
    );
    // What is told too late is not counted.
    world.sent([193, 0, 0, 3], (100, 0), SRIZBI).await;
    world.counter().catch_up().await.unwrap();
    assert_eq!(statistics.days().await.unwrap().len(), 3);
}
