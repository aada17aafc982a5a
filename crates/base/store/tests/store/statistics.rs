//! Segments and pictures of days, and what was listed and told in a time.

use std::time::Duration;

use atalaya_model::{Timestamp, Verdict};
use atalaya_store::KeptDay;
use atalaya_testkit::on_both;

use crate::support::{Fixture, decision, listed_until};

on_both!(
    Fixture:
    segments_are_kept_by_day_and_machine,
    segments_are_deleted_one_by_one_or_by_machine,
    a_closed_day_keeps_its_picture,
    a_position_is_moved_by_one_only,
    what_was_listed_is_found_by_its_time,
);

async fn add(fixture: &Fixture, day: i32, origin: &str, packed: &[u8]) {
    let mut transaction = fixture.store.begin().await.unwrap();
    let cells = packed.len() as u64;
    transaction
        .add_segment((day, origin), cells, packed.to_vec())
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

async fn segments_are_kept_by_day_and_machine(fixture: Fixture) {
    let store = &fixture.store;
    for (day, origin, packed) in [(-3, "", &b"one"[..]), (-3, "ab", b"two!"), (7, "", b"three")] {
        add(&fixture, day, origin, packed).await;
    }
    let packed = |kept: Vec<atalaya_store::KeptSegment>| -> Vec<Vec<u8>> {
        kept.into_iter().map(|segment| segment.packed).collect()
    };
    assert_eq!(
        packed(store.segments(-3).await.unwrap()),
        [b"one".to_vec(), b"two!".to_vec()]
    );
    assert_eq!(
        packed(store.segments_from(-3, "").await.unwrap()),
        [b"one".to_vec()]
    );
    let days = store.kept_days(i32::MIN, i32::MAX).await.unwrap();
    let KeptDay {
        day,
        segments,
        cells,
        bytes,
        ..
    } = days[0];
    assert_eq!((days.len(), day, segments, cells, bytes), (2, -3, 2, 7, 7));
    assert!(days[1].last > days[0].last);
    assert_eq!(store.kept_days(0, 6).await.unwrap(), []);
}

async fn segments_are_deleted_one_by_one_or_by_machine(fixture: Fixture) {
    let store = &fixture.store;
    for (origin, packed) in [("", &b"one"[..]), ("ab", b"two!")] {
        add(&fixture, -3, origin, packed).await;
    }
    let sizes = store.segment_sizes(-3, "").await.unwrap();
    let [(own, 3)] = sizes[..] else {
        panic!("{sizes:?}")
    };
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.delete_segments_from(-3, "ab").await.unwrap(), 1);
    assert!(transaction.delete_segment(own).await.unwrap());
    assert!(!transaction.delete_segment(own).await.unwrap());
    transaction.commit().await.unwrap();
    assert_eq!(store.kept_days(i32::MIN, i32::MAX).await.unwrap(), []);
}

async fn a_closed_day_keeps_its_picture(fixture: Fixture) {
    let store = &fixture.store;
    add(&fixture, 7, "", b"one").await;
    for (picture, is_first) in [("{}", true), ("{\"again\":1}", false)] {
        let mut transaction = store.begin().await.unwrap();
        assert_eq!(
            transaction.keep_picture(7, picture.to_owned()).await.unwrap(),
            is_first
        );
        transaction.forget_day(7).await.unwrap();
        transaction.commit().await.unwrap();
    }
    assert_eq!(store.segments(7).await.unwrap(), []);
    assert_eq!(store.picture(7).await.unwrap().as_deref(), Some("{}"));
    assert_eq!(store.picture(8).await.unwrap(), None);
    assert_eq!(store.days_of_pictures().await.unwrap(), [7]);
}

async fn a_position_is_moved_by_one_only(fixture: Fixture) {
    let store = &fixture.store;
    for (from, to, is_moved) in [(0, 5, true), (0, 6, false), (5, 9, true)] {
        let mut transaction = store.begin().await.unwrap();
        assert_eq!(
            transaction.move_position("counting", (from, to)).await.unwrap(),
            is_moved
        );
        transaction.commit().await.unwrap();
    }
    assert_eq!(store.position("counting").await.unwrap(), 9);
}

async fn what_was_listed_is_found_by_its_time(fixture: Fixture) {
    let store = &fixture.store;
    let at = Timestamp::from_seconds;
    for hour in 0..50_u8 {
        let mut transaction = store.begin_deciding().await.unwrap();
        let seconds = i64::from(hour) * 3_600;
        let listed = decision(&format!("192.0.2.{hour}/32"), listed_until(9_000_000));
        transaction.decide(&listed, at(seconds)).await.unwrap();
        let allowed = decision(&format!("198.51.100.{hour}/32"), Verdict::Allow { until: None });
        transaction.decide(&allowed, at(seconds)).await.unwrap();
        transaction.commit().await.unwrap();
    }
    for (since, until, first, count) in [(0, 2, 0, 2), (24, 48, 24, 24), (49, 99, 49, 1), (60, 70, 0, 0)] {
        let found = store
            .listed_between(at(since * 3_600), at(until * 3_600))
            .await
            .unwrap();
        assert_eq!(found.len(), count, "{since} to {until}");
        let named: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(
            count == 0 || named.contains(&format!("192.0.2.{first}")),
            "{named:?}"
        );
    }
    let now = fixture.time.now();
    let told = store
        .told_between(now, now.plus(Duration::from_secs(1)))
        .await
        .unwrap();
    assert_eq!(told, []);
}
