//! By which way the database goes through the listings: the plans of the queries.

use atalaya_model::{Clock, Decision, Serial, Verdict};

use super::*;
use crate::{StoreUrl, plan};

async fn plan(search: &mut ListingSearch, (sql, values): (String, Vec<Value>)) -> Vec<String> {
    plan::plan(&mut search.connection, &sql, values).await
}

fn everything() -> ListingFilter {
    ListingFilter {
        around: None,
        class: Some(Class::Bot),
        origin: Some(Origin::Hand),
        since: Some(Timestamp::EPOCH),
    }
}

#[tokio::test]
async fn each_way_is_read_by_its_index_from_where_the_page_begins() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, Clock::system()).await.unwrap();
    let after: ListingCursor = ("192.0.2.1".parse().unwrap(), Class::Bot);
    let mut search = store.search_listings(everything(), None).await.unwrap();
    for (way, wanted) in [
        (
            Way::Address,
            "listings_by_address (first_address>? AND first_address<?)",
        ),
        (
            Way::Class(Class::Bot),
            "listings_by_class (class=? AND first_address>? AND first_address<?)",
        ),
        (
            Way::Hand,
            "listings_by_hand (first_address>? AND first_address<?)",
        ),
    ] {
        search.way = way;
        let query = search.page_query(Some(&after), Some(after.0.last()), 50);
        let steps = plan(&mut search, query).await;
        assert!(steps[0].contains(wanted), "{steps:?}");
        let is_whole_sort = |step: &String| step == "USE TEMP B-TREE FOR ORDER BY";
        assert!(!steps.iter().any(is_whole_sort), "{steps:?}");

        let query = search.end_query(Some(&after), LEAST_WALKED);
        let steps = plan(&mut search, query).await;
        assert!(
            steps[0].contains(&format!("COVERING INDEX {wanted}")),
            "{steps:?}"
        );
        assert_eq!(steps.len(), 1, "{steps:?}");
    }
}

#[tokio::test]
async fn what_a_date_names_is_read_from_the_newest_decisions_alone() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, Clock::system()).await.unwrap();
    let mut search = store.walk_listings(everything(), |_| true).await.unwrap();
    assert_eq!(search.named, Some(Vec::new()));
    let query = named::names_query(&everything(), Serial(7), Timestamp::EPOCH);
    let steps = plan(&mut search, query).await;
    assert_eq!(steps, ["SEARCH decisions USING INTEGER PRIMARY KEY (rowid>?)"]);
}

#[tokio::test]
async fn where_too_much_was_decided_since_a_date_the_same_is_found_by_walking() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, Clock::system()).await.unwrap();
    for hour in 0..9 {
        let class = if hour % 2 == 0 { Class::Spam } else { Class::Bot };
        let listed = Decision {
            prefix: format!("192.0.2.{hour}").parse().unwrap(),
            verdict: Verdict::List { class, until: None },
            rule: Rule::new("score", 1),
            score: 1.0,
            reason: "x".to_owned(),
        };
        let mut turn = store.begin_deciding().await.unwrap();
        turn.decide(&listed, Timestamp::from_seconds(hour * 3_600))
            .await
            .unwrap();
        turn.commit().await.unwrap();
    }
    let filter = ListingFilter {
        class: Some(Class::Spam),
        since: Some(Timestamp::from_seconds(4 * 3_600)),
        ..ListingFilter::default()
    };
    let bounds = PageBounds {
        listings: 50,
        walked: 0,
    };
    let mut search = store.search_listings(filter, None).await.unwrap();
    let named = search.page(None, bounds).await.unwrap();
    assert_eq!(
        (search.named.take().map(|names| names.len()), named.listings.len()),
        (Some(3), 3)
    );
    assert_eq!(search.amount, Amount::Many);
    assert_eq!(search.page(None, bounds).await.unwrap(), named);
}
