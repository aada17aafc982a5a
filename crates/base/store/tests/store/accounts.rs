//! What ends with an account that is closed or reset, and the secret of its factor in another form.

use atalaya_model::{AccessScope, Act, Role};
use atalaya_store::{AccessToken, AccountChange, Changed, DeedFilter};
use atalaya_testkit::on_both;
use serde_json::json;
use uuid::Uuid;

use crate::access::{deed, digest, make, name};
use crate::support::Fixture;

on_both!(
    Fixture:
    the_tokens_of_an_account_end_with_its_reset_and_its_closing_and_stay_gone,
    the_secret_of_a_factor_is_put_in_another_form_once_and_no_other,
    accounts_with_a_factor_are_told_a_piece_at_a_time,
);

/// A token that hangs on an account, or on nobody.
fn token(fixture: &Fixture, called: &str, account: Option<Uuid>) -> AccessToken {
    AccessToken {
        id: Uuid::new_v4(),
        name: name(called),
        role: Role::Desk,
        scopes: vec![AccessScope::Read],
        account,
        made_by: "marta".to_owned(),
        created_at: fixture.time.now(),
        ends_at: None,
        used_at: None,
    }
}

async fn the_tokens_of_an_account_end_with_its_reset_and_its_closing_and_stay_gone(fixture: Fixture) {
    let store = &fixture.store;
    let marta = make(&fixture, 1, Role::Administrator, "marta").await;
    let olga = make(&fixture, 2, Role::Desk, "olga").await;
    for (change, act) in [
        (AccountChange::Reset, Act::Reset),
        (AccountChange::Disable, Act::Disable),
    ] {
        let made = deed(&fixture, Act::MakeToken, "x");
        let of_olga = [("second", 11), ("first", 12)];
        for (called, number) in of_olga {
            let hers = token(&fixture, called, Some(olga));
            assert!(store.make_token(&hers, digest(number), &made).await.unwrap());
        }
        for (called, number, account) in [("his", 13, Some(marta)), ("free", 14, None)] {
            let other = token(&fixture, called, account);
            store.make_token(&other, digest(number), &made).await.unwrap();
        }
        let deed = deed(&fixture, act, "olga");
        assert_eq!(
            store.change_account(olga, change, &deed).await.unwrap(),
            Changed::Done
        );
        store
            .change_account(olga, AccountChange::Enable, &deed)
            .await
            .unwrap();
        for (number, holds) in [(11, false), (12, false), (13, true), (14, true)] {
            assert_eq!(
                store.token(digest(number)).await.unwrap().is_some(),
                holds,
                "{number}"
            );
        }
        let filter = DeedFilter {
            act: Some(act),
            ..DeedFilter::default()
        };
        let told = store.deeds(&filter, None, 9).await.unwrap();
        let details: Vec<_> = told.into_iter().map(|kept| kept.deed.details).collect();
        assert!(
            details.contains(&json!({ "tokens": ["first", "second"] })),
            "{details:?}"
        );
    }
}

async fn the_secret_of_a_factor_is_put_in_another_form_once_and_no_other(fixture: Fixture) {
    let store = &fixture.store;
    let olga = make(&fixture, 1, Role::Desk, "olga").await;
    let secret = async || {
        let account = store.account_named(&name("olga")).await.unwrap().unwrap();
        let factor = account.factor.unwrap();
        (factor.secret, factor.last_step)
    };
    let (plain, step) = secret().await;
    assert!(store.reseal_factor(olga, &plain, b"sealed").await.unwrap());
    assert_eq!(secret().await, (b"sealed".to_vec(), step));
    // Whoever read it before somebody changed it comes too late.
    assert!(!store.reseal_factor(olga, &plain, b"late").await.unwrap());
    assert_eq!(secret().await.0, b"sealed");
}

async fn accounts_with_a_factor_are_told_a_piece_at_a_time(fixture: Fixture) {
    let store = &fixture.store;
    for (number, called) in ["Berta", "ada", "clara"].into_iter().enumerate() {
        make(
            &fixture,
            u8::try_from(number).unwrap(),
            Role::Administrator,
            called,
        )
        .await;
    }
    let ada = store.account_named(&name("ada")).await.unwrap().unwrap();
    let reset = deed(&fixture, Act::Reset, "ada");
    store
        .change_account(ada.id, AccountChange::Reset, &reset)
        .await
        .unwrap();
    let first = store.accounts_with_factor(None, 1).await.unwrap();
    assert_eq!(first[0].name, name("Berta"));
    let second = store.accounts_with_factor(Some(&first[0].name), 9).await.unwrap();
    assert_eq!(
        second.iter().map(|account| &account.name).collect::<Vec<_>>(),
        [&name("clara")]
    );
    assert_eq!(
        store.accounts_with_factor(Some(&name("clara")), 9).await.unwrap(),
        []
    );
}
