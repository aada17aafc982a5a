//! Rules that were saved, as every server on the store finds them.

use atalaya_store::Rulebook;
use atalaya_testkit::on_both;

use crate::support::Fixture;

on_both!(
    Fixture:
    a_version_means_one_text_for_good,
    the_last_save_of_rules_is_found_also_where_an_older_version_comes_back,
);

fn book(fixture: &Fixture, version: &str, text: &str) -> Rulebook {
    Rulebook {
        version: version.to_owned(),
        digest: format!("digest of {text}"),
        text: text.to_owned(),
        since: fixture.time.now(),
    }
}

async fn a_version_means_one_text_for_good(fixture: Fixture) {
    let first = book(&fixture, "1", "one");
    assert_eq!(fixture.store.keep_rulebook(&first).await.unwrap(), first);
    let other = book(&fixture, "1", "other");
    assert_eq!(fixture.store.keep_rulebook(&other).await.unwrap(), first);
    assert_eq!(fixture.store.rulebook("1").await.unwrap(), Some(first));
    assert_eq!(fixture.store.rulebook("2").await.unwrap(), None);
}

async fn the_last_save_of_rules_is_found_also_where_an_older_version_comes_back(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(store.last_saved_rules().await.unwrap(), None);
    let mut before = None;
    for version in ["1", "2", "1"] {
        store
            .keep_rulebook(&book(&fixture, version, version))
            .await
            .unwrap();
        let number = store.announce_rules(version).await.unwrap();
        assert!(Some(number) > before, "{number:?} {before:?}");
        before = Some(number);
        let last = store.last_saved_rules().await.unwrap();
        assert_eq!(last, Some((number, version.to_owned())));
    }
}
