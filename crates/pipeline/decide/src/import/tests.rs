//! On a real store.

use atalaya_store::{Store, StoreUrl};
use atalaya_testkit::TestClock;

use super::*;
use crate::by_hand;

fn prefixes(texts: &[&str]) -> Vec<Prefix> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn wish(until: Option<Timestamp>) -> Import {
    Import {
        class: Class::Bot,
        source: None,
        reason: "On a list of others.".to_owned(),
        until,
        width: Width::Ordinary,
    }
}

async fn open() -> (Store, TestClock, tempfile::TempDir) {
    let clock = TestClock::at("2026-11-26T12:00:00Z".parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    (Store::open(&url, clock.clock()).await.unwrap(), clock, folder)
}

#[tokio::test]
async fn what_may_be_listed_is_listed_once_and_the_rest_is_counted() {
    let (store, clock, _folder) = open().await;
    let now = clock.now();
    let network = "198.51.100.0/24".parse().unwrap();
    by_hand::allow(&store, network, "ours", None, now).await.unwrap();
    let list = prefixes(&[
        "192.0.2.1",
        "192.0.2.1",
        "192.0.2.0/24",
        "198.51.100.7",
        "10.0.0.1",
        "0.0.0.0/0",
        "16.0.0.0/7",
        "2000::/18",
        "2001:db8::/64",
    ]);
    let first = import(&store, &wish(None), &list, now).await.unwrap();
    let expected = Imported {
        listed: 3,
        extended: 0,
        unchanged: 1,
        allowed: 1,
        reserved: 1,
        too_wide: 3,
        serial: Serial(4),
    };
    assert_eq!(first, expected);
    let again = import(&store, &wish(None), &list, now).await.unwrap();
    assert_eq!((again.listed, again.unchanged, again.serial), (0, 4, Serial(0)));
    let listings = store.listings(&list[0]).await.unwrap();
    assert_eq!(listings[0].rule.0, "import/1");
    assert_eq!(listings[0].reason, "On a list of others.");
}

#[tokio::test]
async fn an_import_lengthens_and_never_shortens() {
    let (store, clock, _folder) = open().await;
    let now = clock.now();
    let list = prefixes(&["192.0.2.1"]);
    let in_days = |days: u64| Some(now.plus(Duration::from_secs(86_400 * days)));
    for (until, listed) in [
        (in_days(2), 1),
        (in_days(1), 0),
        (in_days(2).map(|end| end.plus(Duration::from_secs(60))), 0),
        (in_days(3), 1),
        (None, 1),
        (in_days(9), 0),
    ] {
        let imported = import(&store, &wish(until), &list, clock.now()).await.unwrap();
        assert_eq!(imported.listed + imported.extended, listed, "{until:?}");
        let since = store.listings(&list[0]).await.unwrap()[0].since;
        assert_eq!(since, now, "the beginning stays");
        clock.advance(Duration::from_secs(1));
    }
    let over = import(&store, &wish(Some(now)), &list, now).await;
    assert!(matches!(over, Err(DecideError::AlreadyOver)));
}

#[tokio::test]
async fn force_takes_what_is_wide_and_still_not_what_is_reserved() {
    let (store, clock, _folder) = open().await;
    let forced = Import {
        width: Width::Any,
        ..wish(None)
    };
    let list = prefixes(&["16.0.0.0/7", "0.0.0.0/0"]);
    let imported = import(&store, &forced, &list, clock.now()).await.unwrap();
    assert_eq!((imported.listed, imported.reserved), (1, 1));
}

#[tokio::test]
async fn nobody_is_notified() {
    let (store, clock, _folder) = open().await;
    let list = prefixes(&["192.0.2.1"]);
    import(&store, &wish(None), &list, clock.now()).await.unwrap();
    let job = store.take_job("notice", Duration::from_secs(60)).await.unwrap();
    assert!(job.is_none());
}

/// What stands by an import, all pages of it.
async fn all_standing(store: &Store, wish: &Import) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = standing(store, wish, after.as_ref()).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(*last);
        all.extend(page.iter().map(Prefix::to_string));
    }
}

#[tokio::test]
async fn an_import_knows_and_withdraws_only_what_it_listed() {
    let (store, clock, _folder) = open().await;
    let now = clock.now();
    let ours = wish(None);
    let theirs = Import {
        source: Some("theirs".parse().unwrap()),
        ..wish(None)
    };
    let by_hand = ("192.0.2.4".parse().unwrap(), Class::Bot);
    by_hand::list(&store, by_hand, "seen", None, now).await.unwrap();
    let list = prefixes(&[
        "192.0.2.4",
        "192.0.2.1",
        "192.0.2.0/24",
        "2001:db8::/64",
        "192.0.2.0",
    ]);
    import(&store, &ours, &list, now).await.unwrap();
    import(&store, &theirs, &prefixes(&["192.0.2.1", "192.0.2.9"]), now)
        .await
        .unwrap();
    let other_class = Import {
        class: Class::Spam,
        ..wish(None)
    };
    import(&store, &other_class, &list, now).await.unwrap();

    let stands = ["192.0.2.0", "192.0.2.0/24", "192.0.2.1", "2001:db8::/64"];
    assert_eq!(all_standing(&store, &ours).await, stands);
    assert_eq!(all_standing(&store, &theirs).await, ["192.0.2.9"]);
    let gone = prefixes(&["192.0.2.1", "192.0.2.4", "192.0.2.9", "203.0.113.1"]);
    assert_eq!(withdraw(&store, &ours, &gone, now).await.unwrap(), 1);
    assert_eq!(withdraw(&store, &ours, &gone, now).await.unwrap(), 0);
    assert_eq!(all_standing(&store, &ours).await.len(), 3);
    assert_eq!(all_standing(&store, &theirs).await, ["192.0.2.9"]);
    assert_eq!(all_standing(&store, &other_class).await.len(), 5);
}

#[tokio::test]
async fn a_preview_counts_what_an_import_does_and_changes_nothing() {
    let (store, clock, _folder) = open().await;
    let now = clock.now();
    let end = |days: u64| Some(now.plus(Duration::from_secs(86_400 * days)));
    import(&store, &wish(end(2)), &prefixes(&["192.0.2.1"]), now)
        .await
        .unwrap();
    import(&store, &wish(end(9)), &prefixes(&["192.0.2.2"]), now)
        .await
        .unwrap();
    let list = prefixes(&["192.0.2.1", "192.0.2.2", "192.0.2.3", "10.0.0.1"]);
    let before = store.serial().await.unwrap();
    let foreseen = preview(&store, &wish(end(5)), &list, now).await.unwrap();
    assert_eq!(store.serial().await.unwrap(), before);
    let done = import(&store, &wish(end(5)), &list, now).await.unwrap();
    assert_eq!(
        (done.listed, done.extended, done.unchanged, done.reserved),
        (1, 1, 1, 1)
    );
    let expected = Imported {
        serial: done.serial,
        ..foreseen
    };
    assert_eq!(done, expected);
}

#[test]
fn more_than_half_is_drastic() {
    for (standing, gone, is_drastic) in [
        (0, 0, false),
        (1, 0, false),
        (1, 1, true),
        (2, 1, false),
        (3, 1, false),
        (3, 2, true),
        (100, 50, false),
    ] {
        let replacement = Replacement { standing, gone };
        assert_eq!(replacement.is_drastic(), is_drastic, "{replacement:?}");
    }
}
