//! What tells us, in the console: traps, those who report, lists of others; and who asks by a key.

use atalaya_model::{Act, Role};
use atalaya_publish::{Key, KeyTerms};
use atalaya_store::{DeedFilter, DeedOutcome};
use axum::http::StatusCode;

use crate::console_pages::{deed, done};
use crate::support::{House, SignedIn};

/// Somebody who may change what tells us.
async fn house() -> (House, SignedIn) {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    (house, marta)
}

#[tokio::test]
async fn traps_are_added_found_removed_and_come_back_as_they_were() {
    let (house, marta) = house().await;
    let page = house.console(&marta, "/console/traps").await;
    page.says("No trap is named");
    let fields = [
        ("address", "Info@Old.example"),
        ("kind", "recycled"),
        ("since", "2025-11-01"),
        ("weight", "0.5"),
        ("note", "left in <b>2023</b>"),
    ];
    let added = done(&house, &marta, "/console/traps/add", &fields).await;
    added
        .says("A trap now: info@old.example.")
        .says("0.5")
        .says("2025")
        .keeps("<b>2023");
    let twice = done(&house, &marta, "/console/traps/add", &fields).await;
    twice.says("is a trap already");
    let which = [("address", "info@old.example")];
    let gone = done(&house, &marta, "/console/traps/remove", &which).await;
    gone.says("No trap any more: info@old.example.")
        .says("No trap is named");
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&gone))]).await;
    back.says("0.5").says("recycled").says("left in ");
    let found = house.console(&marta, "/console/traps?find=2023").await;
    found.says("info@old.example");
    let none = house.console(&marta, "/console/traps?find=%3Cscript%3E").await;
    none.says("No trap is so.").keeps("<script>");
    let undone = done(&house, &marta, "/console/undo", &[("deed", &deed(&back))]).await;
    undone.says("No trap is named");
    for (name, wrong) in [
        ("address", "nobody"),
        ("kind", "large"),
        ("since", "tomorrow"),
        ("weight", "7"),
        ("note", "a\nb"),
    ] {
        let fields = fields.map(|(field, value)| (field, if field == name { wrong } else { value }));
        let page = house.console_post(&marta, "/console/traps/add", &fields).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name}");
    }
}

#[tokio::test]
async fn many_traps_are_shown_a_page_at_a_time() {
    let (house, marta) = house().await;
    for number in 0..60 {
        let address = format!("@trap{number:02}.example");
        let fields = [("address", address.as_str()), ("kind", "pristine")];
        done(&house, &marta, "/console/traps/add", &fields).await;
    }
    let first = house.console(&marta, "/console/traps").await;
    first.says("@trap49.example").keeps("@trap50.example");
    let (before, _) = first.text.split_once("\" rel=\"next\"").unwrap();
    let link = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&");
    let second = house.console(&marta, &link).await;
    second.says("@trap50.example").keeps("@trap49.example");
}

#[tokio::test]
async fn a_key_is_shown_once_and_stands_in_no_trail() {
    let (house, marta) = house().await;
    let fields = [("name", "mx1"), ("per_day", "1000"), ("scopes", "report")];
    let page = house
        .console_post(&marta, "/console/reporters/add", &fields)
        .await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Key of mx1").says("7 of 1,000");
    let key = |text: &str| {
        let (_, behind) = text.split_once("<p><code>").unwrap();
        behind.split('<').next().unwrap().to_owned()
    };
    let made = key(&page.text);
    assert_eq!(made.len(), 26);
    let again = house.console(&marta, "/console/reporters").await;
    again.says("mx1").keeps(&made);
    let which = [("name", "mx1")];
    let rotated = house
        .console_post(&marta, "/console/reporters/rotate", &which)
        .await;
    assert_ne!(key(&rotated.text), made);
    let trail = house.console(&marta, "/console/audit").await;
    trail
        .says("reporter.make")
        .keeps(&made)
        .keeps(&key(&rotated.text));
    // One of that name is there already.
    let refused = done(&house, &marta, "/console/reporters/add", &fields).await;
    refused.says("this was not done");
    let gone = done(&house, &marta, "/console/reporters/revoke", &which).await;
    gone.says("Reports no more: mx1.").says("Nobody may report.");
    for wrong in [
        [("name", ""), ("per_day", ""), ("scopes", "report")],
        [("name", "mx"), ("per_day", "0"), ("scopes", "report")],
        [("name", "mx"), ("per_day", ""), ("scopes", "everything")],
    ] {
        let page = house.console_post(&marta, "/console/reporters/add", &wrong).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_list_that_is_not_believed_says_why_and_is_released() {
    let (house, marta) = house().await;
    let page = house.console(&marta, "/console/feeds").await;
    page.says("not believed")
        .says("tenfold")
        .says("1,234")
        .keeps("<b>tenfold");
    let released = done(&house, &marta, "/console/feeds/release", &[("name", "drop")]).await;
    released.says("The next list is taken: drop.");
    let unknown = done(&house, &marta, "/console/feeds/release", &[("name", "other")]).await;
    unknown.says("there is no feed named other");
    let trail = house.store.deeds(&DeedFilter::default(), None, 2).await.unwrap();
    let told: Vec<(Act, DeedOutcome)> = trail
        .iter()
        .map(|one| (one.deed.act, one.end.as_ref().unwrap().outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Act::ReleaseFeed, DeedOutcome::Failed),
            (Act::ReleaseFeed, DeedOutcome::Done),
        ]
    );
}

#[tokio::test]
async fn a_key_for_asking_is_shown_once_renewed_revoked_and_comes_back() {
    let (house, marta) = house().await;
    let page = house.console(&marta, "/console/keys").await;
    page.says("Nobody has a key.")
        .says("2.0.0.127.KEY.bl.list.example");
    let fields = [("name", "mx1"), ("per_day", "1000"), ("days", "30")];
    let made = house.console_post(&marta, "/console/keys/add", &fields).await;
    assert_eq!(
        (made.status, made.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let key = |text: &str| {
        let (_, behind) = text.split_once("<p><code>").unwrap();
        behind.split('<').next().unwrap().to_owned()
    };
    let first = key(&made.text);
    assert_eq!(first.len(), 26);
    made.says("Key of mx1")
        .says("7 of 1,000")
        .says(&format!("2.0.0.127.{first}.bl.list.example"));
    let again = house.console(&marta, "/console/keys").await;
    again.says("mx1").keeps(&first);

    let which = [("name", "mx1"), ("days", "")];
    let renewed = house.console_post(&marta, "/console/keys/renew", &which).await;
    let second = key(&renewed.text);
    assert_ne!(second, first);

    // The renewal is taken back, and that is taken back again.
    let kept = || house.desk.keys.lock().unwrap().to_string();
    let after = kept();
    let trail = house.console(&marta, "/console/audit?act=key.change").await;
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&trail))]).await;
    back.says("Undo");
    assert_ne!(kept(), after);
    assert!(!back.text.contains("class=\"warning\""), "{}", back.text);
    done(&house, &marta, "/console/undo", &[("deed", &deed(&back))]).await;
    assert_eq!(kept(), after);

    let before = kept();
    let gone = done(&house, &marta, "/console/keys/revoke", &which).await;
    gone.says("Has no key any more: mx1.").says("Nobody has a key.");
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&gone))]).await;
    back.says("Has a key: mx1.").says("1,000");
    assert_eq!(kept(), before);
    let undone = done(&house, &marta, "/console/undo", &[("deed", &deed(&back))]).await;
    undone.says("Nobody has a key.");

    let trail = house.console(&marta, "/console/audit").await;
    trail
        .says("key.make")
        .says("key.change")
        .says("key.revoke")
        .keeps(&first)
        .keeps(&second);
}

#[tokio::test]
async fn a_key_that_has_ended_says_so_and_is_renewed_with_another_end() {
    let (house, marta) = house().await;
    let terms = KeyTerms {
        until: Some(house.now()),
        ..KeyTerms::default()
    };
    let old = ("old".parse().unwrap(), Key::random());
    house.desk.keys.lock().unwrap().add(old.0, &old.1, terms).unwrap();
    let page = house.console(&marta, "/console/keys").await;
    page.says("<small>ended</small>")
        .says("not known")
        .keeps("as before");
    let renew = async |days| {
        let which = [("name", "old"), ("days", days)];
        house.console_post(&marta, "/console/keys/renew", &which).await
    };
    let refused = renew("").await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    let told = house.console(&marta, refused.header("location")).await;
    told.says("the end of the key has passed");
    let renewed = renew("90").await;
    assert_eq!(renewed.status, StatusCode::OK);
    renewed.says("Key of old").keeps("<small>ended</small>");
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_a_name_that_is_taken_says_so() {
    let (house, marta) = house().await;
    for wrong in [
        [("name", ""), ("per_day", ""), ("days", "")],
        [("name", "two words"), ("per_day", ""), ("days", "")],
        [("name", "mx"), ("per_day", "0"), ("days", "")],
        [("name", "mx"), ("per_day", ""), ("days", "4000")],
    ] {
        let page = house.console_post(&marta, "/console/keys/add", &wrong).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
    let fields = [("name", "mx"), ("per_day", ""), ("days", "")];
    let made = house.console_post(&marta, "/console/keys/add", &fields).await;
    made.says("without a limit");
    let refused = done(&house, &marta, "/console/keys/add", &fields).await;
    refused.says("this was not done").says("there is a key named mx");
    let unknown = [("name", "nobody"), ("days", "")];
    for path in ["/console/keys/renew", "/console/keys/revoke"] {
        let told = done(&house, &marta, path, &unknown).await;
        told.says("there is no key named nobody");
    }
}
