//! Looking through the listings finds what is wanted, all of it and nothing else, on both back ends.

use atalaya_model::{Class, Decision, Listing, Prefix, Rule, Timestamp, Verdict};
use atalaya_store::{ListingCursor, ListingFilter, Origin, PageBounds, Store};
use atalaya_testkit::on_both;

use crate::support::{Fixture, decision, prefix, whole};

on_both!(
    Fixture:
    a_search_finds_what_is_wanted_and_nothing_else,
    a_page_that_may_read_no_more_says_how_far_it_looked,
);

/// Listings of the test; more than one page walks.
const LISTED: u32 = 2_500;
/// As few as a page may read.
const BOUNDS: PageBounds = PageBounds {
    listings: 97,
    walked: 0,
};

/// Many as spam by the rules; some by hand, some as another class, some of either, each later than the one before.
async fn fill(store: &Store) {
    for (at, part) in (0..LISTED).collect::<Vec<_>>().chunks(50).enumerate() {
        let decisions: Vec<Decision> = part.iter().map(|number| listed(*number)).collect();
        let mut transaction = store.begin_deciding().await.unwrap();
        let at = Timestamp::from_seconds(i64::try_from(at).unwrap());
        transaction.decide_all(&decisions, at).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

fn listed(number: u32) -> Decision {
    let scattered = number.wrapping_mul(2_654_435_761);
    let [a, b, c, d] = scattered.to_be_bytes();
    let text = match number % 50 {
        0 => format!("2001:db8:{number:x}::/64"),
        1 => format!("{a}.{b}.{c}.0/24"),
        2 => format!("192.0.2.{}", number % 256),
        _ => format!("{a}.{b}.{c}.{d}"),
    };
    let class = match number % 20 {
        0..3 => Class::Bot,
        3 => Class::Manual,
        _ => Class::Spam,
    };
    let rule = if number % 11 == 3 { "by-hand" } else { "judge" };
    Decision {
        verdict: Verdict::List { class, until: None },
        rule: Rule::new(rule, 1),
        ..decision(&text, Verdict::Allow { until: None })
    }
}

fn is_wanted(filter: &ListingFilter, listing: &Listing) -> bool {
    let is_by_hand = listing.rule.name() == "by-hand";
    filter
        .around
        .is_none_or(|around| around.overlaps(&listing.prefix))
        && filter.class.is_none_or(|class| class == listing.class)
        && filter.since.is_none_or(|since| since <= listing.since)
        && filter
            .origin
            .is_none_or(|origin| (origin == Origin::Hand) == is_by_hand)
}

/// All that a filter finds, page by page, each by a search of its own.
async fn found(store: &Store, filter: &ListingFilter) -> Vec<ListingCursor> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let mut search = store.search_listings(*filter, after.as_ref()).await.unwrap();
        let page = search.page(after.as_ref(), BOUNDS).await.unwrap();
        all.extend(page.listings.iter().map(|one| (one.prefix, one.class)));
        if page.next.is_none() {
            return all;
        }
        assert!(page.next != after, "a page gets on");
        after = page.next;
    }
}

/// The same, chosen out of what a walk hands out.
async fn chosen(store: &Store, filter: &ListingFilter) -> Vec<ListingCursor> {
    let (mut all, mut after) = (Vec::new(), None);
    let mut search = store.walk_listings(*filter, |_| true).await.unwrap();
    loop {
        let page = search.page(after.as_ref(), BOUNDS).await.unwrap();
        let wanted = page.listings.iter().filter(|listing| filter.takes(listing));
        all.extend(wanted.map(|one| (one.prefix, one.class)));
        if page.next.is_none() {
            return all;
        }
        after = page.next;
    }
}

/// Every filter with every other.
fn filters() -> Vec<ListingFilter> {
    let arounds = ["192.0.2.0/24", "16.0.0.0/4", "2001:db8:32::7", "::/0"].map(|text| Some(prefix(text)));
    let classes = [None, Some(Class::Spam), Some(Class::Bot), Some(Class::Hijacked)];
    let origins = [None, Some(Origin::Hand), Some(Origin::Rules)];
    let moments = [None, Some(25), Some(99)].map(|seconds| seconds.map(Timestamp::from_seconds));
    let mut filters = vec![ListingFilter::default()];
    filters.extend(arounds.map(|around| ListingFilter {
        around,
        ..ListingFilter::default()
    }));
    let with = |filters: &[ListingFilter], change: &dyn Fn(ListingFilter) -> Vec<ListingFilter>| {
        filters
            .iter()
            .flat_map(|filter| change(*filter))
            .collect::<Vec<_>>()
    };
    filters = with(&filters, &|filter| {
        classes.map(|class| ListingFilter { class, ..filter }).to_vec()
    });
    filters = with(&filters, &|filter| {
        origins.map(|origin| ListingFilter { origin, ..filter }).to_vec()
    });
    with(&filters, &|filter| {
        moments.map(|since| ListingFilter { since, ..filter }).to_vec()
    })
}

async fn a_search_finds_what_is_wanted_and_nothing_else(fixture: Fixture) {
    let store = &fixture.store;
    fill(store).await;
    let listings = whole(store).await.listings;
    for filter in filters() {
        let mut found = found(store, &filter).await;
        let wanted = listings.iter().filter(|listing| is_wanted(&filter, listing));
        let mut wanted: Vec<(Prefix, Class)> =
            wanted.map(|listing| (listing.prefix, listing.class)).collect();
        let mut chosen = chosen(store, &filter).await;
        for all in [&mut found, &mut wanted, &mut chosen] {
            all.sort();
        }
        assert_eq!(found, wanted, "{filter:?}");
        assert_eq!(chosen, wanted, "{filter:?}");
    }
}

async fn a_page_that_may_read_no_more_says_how_far_it_looked(fixture: Fixture) {
    let store = &fixture.store;
    fill(store).await;
    // The usual class has no index, nor has what the rules list.
    let filter = ListingFilter {
        around: None,
        class: Some(Class::Spam),
        origin: Some(Origin::Rules),
        since: None,
    };
    let bounds = PageBounds {
        listings: 1_000_000,
        walked: 0,
    };
    let mut search = store.search_listings(filter, None).await.unwrap();
    let (mut after, mut pages, mut last) = (None, 0, 0);
    loop {
        let page = search.page(after.as_ref(), bounds).await.unwrap();
        pages += 1;
        last = page.listings.len().max(last);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, 3, "{LISTED} rows, a thousand a page");
    assert!(last <= 1_000);
}
