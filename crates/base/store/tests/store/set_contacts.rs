//! Contacts that a person set.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_store::SetContact;
use atalaya_testkit::on_both;

use crate::support::Fixture;

on_both!(
    Fixture:
    a_contact_that_was_set_holds_for_the_longest_prefix_until_its_end,
    a_contact_of_a_domain_holds_for_the_names_below_it,
    what_is_set_again_replaces_and_what_is_unset_is_gone,
    that_nobody_is_to_be_told_is_kept_as_any_other_word,
);

/// One for a prefix or a domain that ends after so many seconds.
fn set(fixture: &Fixture, subject: &str, mailbox: &str, seconds: Option<u64>) -> SetContact {
    let now = fixture.time.now();
    SetContact {
        subject: subject.parse().unwrap(),
        mailboxes: vec![mailbox.parse().unwrap()],
        reason: "They asked by phone.".to_owned(),
        since: now,
        until: seconds.map(|seconds| now.plus(Duration::from_secs(seconds))),
    }
}

/// The mailbox for an address.
async fn around(fixture: &Fixture, address: &str) -> Option<String> {
    let address: IpAddr = address.parse().unwrap();
    let found = fixture.store.contact_set_around(address, fixture.time.now());
    found.await.unwrap().map(|set| set.mailboxes[0].to_string())
}

/// The subject that holds for a name.
async fn above(fixture: &Fixture, name: &str) -> Option<String> {
    let found = fixture.store.contact_set_above(name, fixture.time.now());
    found.await.unwrap().map(|set| set.subject.to_string())
}

async fn a_contact_that_was_set_holds_for_the_longest_prefix_until_its_end(fixture: Fixture) {
    for (subject, mailbox, seconds) in [
        ("192.0.2.0/24", "wide@isp.example", None),
        ("192.0.2.0/28", "narrow@isp.example", Some(60)),
        ("2001:db8::/32", "six@isp.example", None),
    ] {
        let set = set(&fixture, subject, mailbox, seconds);
        fixture.store.set_contact(&set).await.unwrap();
        assert_eq!(
            fixture.store.contact_set_for(&set.subject).await.unwrap(),
            Some(set)
        );
    }
    assert_eq!(around(&fixture, "192.0.2.7").await.unwrap(), "narrow@isp.example");
    assert_eq!(around(&fixture, "192.0.2.77").await.unwrap(), "wide@isp.example");
    assert_eq!(
        around(&fixture, "2001:db8:7::1").await.unwrap(),
        "six@isp.example"
    );
    assert_eq!(around(&fixture, "198.51.100.7").await, None);
    fixture.time.advance(Duration::from_secs(60));
    assert_eq!(around(&fixture, "192.0.2.7").await.unwrap(), "wide@isp.example");
}

async fn a_contact_of_a_domain_holds_for_the_names_below_it(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    assert!(!store.has_contacts_of_domains(now).await.unwrap());
    for (subject, seconds) in [("isp.example", None), ("dsl.isp.example", Some(60))] {
        let set = set(&fixture, subject, "abuse@isp.example", seconds);
        store.set_contact(&set).await.unwrap();
    }
    assert!(store.has_contacts_of_domains(now).await.unwrap());
    assert_eq!(above(&fixture, "ISP.example.").await.unwrap(), "isp.example");
    assert_eq!(
        above(&fixture, "a7.dsl.isp.example").await.unwrap(),
        "dsl.isp.example"
    );
    assert_eq!(above(&fixture, "otherisp.example").await, None);
    fixture.time.advance(Duration::from_secs(60));
    assert_eq!(
        above(&fixture, "a7.dsl.isp.example").await.unwrap(),
        "isp.example"
    );
}

async fn what_is_set_again_replaces_and_what_is_unset_is_gone(fixture: Fixture) {
    let store = &fixture.store;
    for mailbox in ["one@isp.example", "two@isp.example"] {
        let set = set(&fixture, "192.0.2.0/24", mailbox, None);
        store.set_contact(&set).await.unwrap();
    }
    let other = set(&fixture, "isp.example", "abuse@isp.example", Some(60));
    store.set_contact(&other).await.unwrap();
    let all = store.set_contacts("", 9).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].mailboxes[0].as_str(), "two@isp.example");
    fixture.time.advance(Duration::from_secs(60));
    let behind = store.set_contacts("192.0.2.0/24", 9).await.unwrap();
    assert_eq!(behind, [other], "those whose time is over are shown");
    let subject = "192.0.2.0/24".parse().unwrap();
    assert!(store.unset_contact(&subject).await.unwrap());
    assert!(!store.unset_contact(&subject).await.unwrap());
    assert_eq!(around(&fixture, "192.0.2.7").await, None);
}

async fn that_nobody_is_to_be_told_is_kept_as_any_other_word(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let wide = set(&fixture, "192.0.2.0/24", "wide@isp.example", None);
    let nobody = SetContact {
        mailboxes: Vec::new(),
        ..set(&fixture, "192.0.2.0/28", "unused@isp.example", Some(60))
    };
    for one in [&wide, &nobody] {
        store.set_contact(one).await.unwrap();
    }
    let address = "192.0.2.7".parse().unwrap();
    let found = store.contact_set_around(address, now).await.unwrap().unwrap();
    assert!(found.is_nobody() && found == nobody, "{found:?}");
    assert!(found.into_contact(address).addresses.is_empty());
    assert_eq!(around(&fixture, "192.0.2.77").await.unwrap(), "wide@isp.example");
    fixture.time.advance(Duration::from_secs(60));
    assert_eq!(around(&fixture, "192.0.2.7").await.unwrap(), "wide@isp.example");
}
