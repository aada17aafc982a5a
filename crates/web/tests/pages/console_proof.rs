//! What it takes to change accounts, and what ends when somebody signs in.

use std::net::SocketAddr;
use std::time::Duration;

use atalaya_model::{Act, Role};
use atalaya_store::DeedOutcome;
use atalaya_web::accounts::invite;
use atalaya_web::router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use crate::console_access::{HERE, between, code_at, cookie, get, post, sign_in};
use crate::console_accounts::{PASSWORD, doer, submit, trail, with_administrator};
use crate::support::{House, SignedIn};

#[tokio::test]
async fn accounts_and_tokens_take_a_code_of_the_second_factor_beside_the_password() {
    let (house, pages, marta) = with_administrator().await;
    house.clock.advance(Duration::from_secs(60));
    let page = get(&pages, "/console/accounts", &marta.cookie).await;
    assert_eq!(page.text.matches("name=\"own_code\"").count(), 3, "{}", page.text);
    let invite = [
        ("name", "olga"),
        ("role", "administrator"),
        ("password", PASSWORD),
    ];
    let change = [("name", "marta"), ("act", "reset"), ("password", PASSWORD)];
    let token = [
        ("name", "mine"),
        ("role", "administrator"),
        ("administer", "yes"),
        ("password", PASSWORD),
    ];
    let revoke = [("name", "monitor"), ("password", PASSWORD)];
    let forms: [(&str, &[(&str, &str)]); 4] = [
        ("invite", &invite),
        ("change", &change),
        ("token", &token),
        ("revoke", &revoke),
    ];
    // Whoever stole the session, and the password too, has no phone.
    for (form, fields) in forms {
        for code in ["", "000000"] {
            house.clock.advance(Duration::from_secs(900));
            get(&pages, "/console/me", &marta.cookie).await;
            let fields: Vec<_> = fields.iter().copied().chain([("own_code", code)]).collect();
            let page = submit(
                &pages,
                &marta.cookie,
                &format!("/console/accounts/{form}"),
                &fields,
            )
            .await;
            page.says("Password or code is wrong").keeps("<pre><code>");
        }
    }
    house.clock.advance(Duration::from_secs(900));
    let acts: Vec<Act> = trail(&house).await.into_iter().map(|(act, ..)| act).collect();
    assert_eq!(acts, [Act::Invite, Act::MakeAccount, Act::SignIn]);
    // A recovery code is as good, and is used up.
    let own = marta.recovery[0].as_str();
    let fields: Vec<_> = invite.into_iter().chain([("own_code", own)]).collect();
    let page = submit(&pages, &marta.cookie, "/console/accounts/invite", &fields).await;
    page.says("<pre><code>https://list.example");
    let page = submit(&pages, &marta.cookie, "/console/accounts/invite", &fields).await;
    page.says("Password or code is wrong");
}

#[tokio::test]
async fn whoever_has_no_second_factor_is_asked_for_none() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("marta", Role::Administrator).await;
    house
        .console(&marta, "/console/accounts")
        .await
        .keeps("own_code")
        .says("its tokens for good");
}

#[tokio::test]
async fn signing_in_over_a_session_ends_it_and_writes_it_down() {
    let (house, pages, marta) = with_administrator().await;
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    let fields = [("name", "marta"), ("password", PASSWORD), ("code", &code)];
    let page = post(&pages, HERE, "/console/sign-in", &fields, &marta.cookie).await;
    assert_eq!(
        get(&pages, "/console", &marta.cookie).await.status,
        StatusCode::SEE_OTHER
    );
    let ended = (Act::EndSession, "Marta".to_owned(), Some(DeedOutcome::Done));
    assert_eq!(
        trail(&house).await[3..],
        [ended, (Act::SignIn, "Marta".to_owned(), Some(DeedOutcome::Done))]
    );
    // So does a link that is accepted where somebody is signed in.
    let (by, olga) = (doer(&house), ("olga".parse().unwrap(), Role::Desk));
    let link = invite(&house.store, &by, olga, Duration::from_secs(600))
        .await
        .unwrap();
    let secret = between(&get(&pages, &link, "").await, "name=\"secret\" value=\"", "\"").to_owned();
    let fields = [("password", PASSWORD), ("secret", &secret)];
    let before = cookie(&page);
    post(&pages, HERE, &link, &fields, &before).await;
    assert_eq!(
        get(&pages, "/console", &before).await.status,
        StatusCode::SEE_OTHER
    );
    let last: Vec<_> = trail(&house)
        .await
        .into_iter()
        .map(|(act, target, _)| (act, target))
        .skip(7)
        .collect();
    assert_eq!(
        last,
        [
            (Act::EndSession, "Marta".to_owned()),
            (Act::SignIn, "olga".to_owned())
        ]
    );
}

#[tokio::test]
async fn one_viewer_takes_his_share_of_the_live_page_and_no_more() {
    let mut house = House::open().await;
    let marta = house.signed_in("Marta", Role::Viewer).await;
    let olga = house.signed_in("Olga", Role::Viewer).await;
    let pages = router(house.app());
    let live = async |who: &SignedIn| {
        let request = Request::get("/console/live")
            .header("host", "list.example")
            .header("cookie", &who.cookie)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        pages
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    };
    let mut open = Vec::new();
    for _ in 0..8 {
        let stream = live(&marta).await;
        assert_eq!(stream.status(), StatusCode::OK);
        open.push(stream);
    }
    assert_eq!(live(&marta).await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(live(&olga).await.status(), StatusCode::OK);
    open.pop();
    assert_eq!(live(&marta).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn few_wrong_codes_behind_the_right_password_are_enough_for_strangers_to_wait() {
    let (mut house, _, marta) = with_administrator().await;
    house.config.console.clients = vec!["0.0.0.0/0".parse().unwrap()];
    let pages = router(house.app());
    for client in 1..=10 {
        let from = format!("203.0.113.{client}");
        let page = sign_in(&pages, &from, "marta", PASSWORD, "000000").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{client}");
    }
    // Hours later too, and with the right code; from where she signed in before she still does.
    house.clock.advance(Duration::from_secs(20 * 3_600));
    let code = code_at(&marta.secret, house.now());
    let page = sign_in(&pages, "203.0.113.99", "marta", PASSWORD, &code).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    let page = sign_in(&pages, HERE, "marta", PASSWORD, &code).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    // That was she herself: nobody waits any longer.
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    let page = sign_in(&pages, "203.0.113.99", "marta", PASSWORD, &code).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn saying_the_password_makes_no_room_for_more_guesses_at_the_code() {
    let (_house, pages, marta) = with_administrator().await;
    let guess = [("password", PASSWORD), ("own_code", "000000")];
    let again = [("password", PASSWORD), ("own_code", "000000"), ("new", PASSWORD)];
    for (form, fields) in [("recovery", &guess[..]), ("password", &again)].repeat(2) {
        let page = submit(&pages, &marta.cookie, &format!("/console/me/{form}"), fields).await;
        page.says("Password or code is wrong");
    }
    for (form, fields) in [("recovery", &guess[..]), ("password", &again)] {
        let page = submit(&pages, &marta.cookie, &format!("/console/me/{form}"), fields).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{form}");
    }
}
