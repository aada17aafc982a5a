//! Second factors lie sealed in the store: a copy of it makes no codes, and what an older program kept is sealed at the start.

use std::time::Duration;

use atalaya_model::AccountName;
use atalaya_web::accounts::{FactorKey, seal_factors};
use atalaya_web::router;
use axum::Router;
use axum::http::StatusCode;
use data_encoding::BASE32_NOPAD;

use crate::console_access::{Administrator, HERE, between, code_at, cookie, get, sign_in};
use crate::console_accounts::{PASSWORD, submit, with_administrator};
use crate::support::House;

fn marta() -> AccountName {
    "marta".parse().unwrap()
}

/// What the store has of the factor of the one account.
async fn kept(house: &House) -> Vec<u8> {
    let account = house.store.account_named(&marta()).await.unwrap().unwrap();
    account.factor.unwrap().secret
}

/// Whether a code of the secret that was shown lets in.
async fn lets_in(house: &House, pages: &Router, secret: &str) -> bool {
    house.clock.advance(Duration::from_secs(900));
    let code = code_at(secret, house.now());
    sign_in(pages, HERE, "marta", PASSWORD, &code).await.status == StatusCode::SEE_OTHER
}

/// Whether any four bytes of a secret lie there as they are.
fn holds(kept: &[u8], secret: &str) -> bool {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    kept.windows(4)
        .any(|four| secret.windows(4).any(|other| four == other))
}

#[tokio::test]
async fn the_store_holds_no_secret_of_a_factor_as_it_is() {
    let (house, pages, administrator) = with_administrator().await;
    let first = kept(&house).await;
    assert!(!holds(&first, &administrator.secret));
    assert!(lets_in(&house, &pages, &administrator.secret).await);
    // Nor does it of another one, set up by its owner.
    let again = renewed(&house, &pages, &administrator).await;
    assert!(!holds(&kept(&house).await, &again));
    assert_ne!(kept(&house).await, first);
    assert!(lets_in(&house, &pages, &again).await);
    assert!(!lets_in(&house, &pages, &administrator.secret).await);
}

/// Sets up another factor; gives its secret.
async fn renewed(house: &House, pages: &Router, administrator: &Administrator) -> String {
    house.clock.advance(Duration::from_secs(60));
    let page = get(pages, "/console/me/factor", &administrator.cookie).await;
    let secret = between(&page, "name=\"secret\" value=\"", "\"").to_owned();
    let (code, own) = (
        code_at(&secret, house.now()),
        code_at(&administrator.secret, house.now()),
    );
    let fields = [
        ("secret", secret.as_str()),
        ("code", &code),
        ("password", PASSWORD),
        ("own_code", &own),
    ];
    let page = submit(pages, &administrator.cookie, "/console/me/factor", &fields).await;
    assert!(cookie(&page).starts_with("__Host-atalaya="), "{}", page.text);
    secret
}

#[tokio::test]
async fn what_an_older_program_kept_is_sealed_once_and_works_on() {
    let (house, pages, administrator) = with_administrator().await;
    let plain = BASE32_NOPAD.decode(administrator.secret.as_bytes()).unwrap();
    let account = house.store.account_named(&marta()).await.unwrap().unwrap();
    house
        .store
        .reseal_factor(account.id, &kept(&house).await, &plain)
        .await
        .unwrap();
    // As it lies there it makes nobody's codes: whoever writes in the database signs nobody in.
    assert!(!lets_in(&house, &pages, &administrator.secret).await);
    let done = seal_factors(&house.store, &house.factors).await.unwrap();
    assert_eq!((done.sealed, done.locked), (1, vec![]));
    assert!(!holds(&kept(&house).await, &administrator.secret));
    let again = seal_factors(&house.store, &house.factors).await.unwrap();
    assert_eq!((again.sealed, again.locked), (0, vec![]));
    assert!(lets_in(&house, &pages, &administrator.secret).await);
    // Nor does it lie in the file where it was.
    house.store.close().await;
    for entry in std::fs::read_dir(house.folder()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert!(
            !bytes.windows(plain.len()).any(|part| part == plain),
            "{}",
            path.display()
        );
    }
}

#[tokio::test]
async fn with_another_key_no_code_opens_and_a_recovery_code_still_does() {
    let (mut house, _, administrator) = with_administrator().await;
    house.factors = FactorKey::new(&[8; 32]).unwrap();
    let pages = router(house.app());
    let done = seal_factors(&house.store, &house.factors).await.unwrap();
    assert_eq!((done.sealed, done.locked), (0, vec![marta()]));
    assert!(!lets_in(&house, &pages, &administrator.secret).await);
    house.clock.advance(Duration::from_secs(900));
    let page = sign_in(&pages, HERE, "marta", PASSWORD, &administrator.recovery[0]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}
