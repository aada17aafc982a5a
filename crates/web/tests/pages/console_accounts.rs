//! Accounts, tokens and the audit trail, as administrators keep them.

use std::time::Duration;

use atalaya_model::{AccessScope, Act, Role};
use atalaya_store::{Deed, DeedFilter, DeedOutcome, DeedWay};
use atalaya_web::accounts::{AccessError, Doer, NewToken, change, invite, make_token};
use atalaya_web::{SecondFactor, router};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::console_access::{
    Administrator, between, code_at, cookie, first_administrator, get, post, sign_in,
};
use crate::support::{House, Page, send};

pub(crate) const PASSWORD: &str = "cuatro palabras muy tranquilas";
const HERE: &str = "127.0.0.1";

/// A house with its first administrator.
pub(crate) async fn with_administrator() -> (House, Router, Administrator) {
    let mut house = House::unpublished().await;
    house.config.console.sign_ins_per_minute = 1_000;
    let pages = router(house.app());
    let marta = first_administrator(&house, &pages).await;
    (house, pages, marta)
}

/// Sends a form with the mark of the session.
pub(crate) async fn submit(pages: &Router, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = get(pages, "/console/me", cookie).await;
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"").to_owned();
    let fields: Vec<_> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
    post(pages, HERE, path, &fields, cookie).await
}

/// Sends a form of the accounts as their administrator: with a code of his factor, which works once.
async fn administer(
    (house, pages, marta): (&House, &Router, &Administrator),
    form: &str,
    fields: &[(&str, &str)],
) -> Page {
    house.clock.advance(Duration::from_secs(30));
    let code = code_at(&marta.secret, house.now());
    let fields: Vec<_> = fields
        .iter()
        .copied()
        .chain([("own_code", code.as_str())])
        .collect();
    submit(
        pages,
        &marta.cookie,
        &format!("/console/accounts/{form}"),
        &fields,
    )
    .await
}

pub(crate) fn doer(house: &House) -> Doer {
    Doer {
        who: "uid 1000".to_owned(),
        way: DeedWay::Command,
        client: None,
        at: house.now(),
    }
}

/// What the audit trail holds, the oldest first: act, target, outcome.
pub(crate) async fn trail(house: &House) -> Vec<(Act, String, Option<DeedOutcome>)> {
    let mut deeds = house
        .store
        .deeds(&DeedFilter::default(), None, 100)
        .await
        .unwrap();
    deeds.reverse();
    let told = deeds.into_iter();
    told.map(|kept| (kept.deed.act, kept.deed.target, kept.end.map(|end| end.outcome)))
        .collect()
}

#[tokio::test]
async fn an_administrator_invites_changes_and_resets_accounts() {
    let (house, pages, marta) = with_administrator().await;
    let wrong = [("name", "olga"), ("role", "desk"), ("password", "not mine")];
    let page = administer((&house, &pages, &marta), "invite", &wrong).await;
    page.says("Password or code is wrong");
    let right = [("name", "olga"), ("role", "desk"), ("password", PASSWORD)];
    let page = administer((&house, &pages, &marta), "invite", &right).await;
    let link = between(&page, "<pre><code>https://list.example", "</code>").to_owned();
    // A desk may leave the factor for later; the name is the one that was given.
    let page = get(&pages, &link, "").await;
    let secret = between(&page, "name=\"secret\" value=\"", "\"").to_owned();
    let fields = [
        ("name", "other"),
        ("password", "otra frase de paso"),
        ("secret", &secret),
        ("code", ""),
    ];
    let page = post(&pages, HERE, &link, &fields, "").await;
    assert_eq!(page.header("location"), "/console");
    let olga = cookie(&page);
    get(&pages, "/console", &olga).await.says("olga").says("desk");
    // Her role grows under her open session, which then lacks its factor.
    let fields = [
        ("name", "OLGA"),
        ("role", "operator"),
        ("act", "role"),
        ("password", PASSWORD),
    ];
    let page = administer((&house, &pages, &marta), "change", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(
        get(&pages, "/console", &olga).await.header("location"),
        "/console/me/factor"
    );
    let fields = [("name", "olga"), ("act", "reset"), ("password", PASSWORD)];
    let page = administer((&house, &pages, &marta), "change", &fields).await;
    let link = between(&page, "<pre><code>https://list.example", "</code>").to_owned();
    assert_eq!(get(&pages, "/console", &olga).await.status, StatusCode::SEE_OTHER);
    get(&pages, &link, "").await.says("olga").says("readonly");
    let fields = [("name", "marta"), ("act", "disable"), ("password", PASSWORD)];
    let page = administer((&house, &pages, &marta), "change", &fields).await;
    page.says("last administrator");
    let acts: Vec<Act> = trail(&house).await.into_iter().map(|(act, ..)| act).collect();
    assert_eq!(
        acts,
        [
            Act::Invite,
            Act::MakeAccount,
            Act::SignIn,
            Act::Invite,
            Act::MakeAccount,
            Act::SignIn,
            Act::ChangeRole,
            Act::Reset
        ]
    );
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let (house, pages, marta) = with_administrator().await;
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    let fields = [("name", "marta"), ("password", PASSWORD), ("code", &code)];
    let second = cookie(&post(&pages, HERE, "/console/sign-in", &fields, "").await);
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    let fields = [
        ("password", PASSWORD),
        ("own_code", code.as_str()),
        ("new", "otra frase de paso"),
    ];
    let page = submit(&pages, &second, "/console/me/password", &fields).await;
    page.says("The password was changed");
    let renewed = cookie(&page);
    assert_eq!(get(&pages, "/console", &renewed).await.status, StatusCode::OK);
    assert_eq!(
        get(&pages, "/console", &marta.cookie).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_new_password_takes_the_present_one_and_a_code_that_was_not_used() {
    let (house, pages, marta) = with_administrator().await;
    get(&pages, "/console/me", &marta.cookie)
        .await
        .says("id=\"password-code\"");
    house.clock.advance(Duration::from_secs(60));
    let used = code_at(&marta.secret, house.now());
    let page = sign_in(&pages, HERE, "marta", PASSWORD, &used).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    // Whoever stole the session and the password has no code, and one that was watched at the door is worth nothing.
    let guesses = [
        (PASSWORD, ""),
        (PASSWORD, "000000"),
        (PASSWORD, &used),
        ("not mine", ""),
    ];
    for (password, code) in guesses {
        let fields = [
            ("password", password),
            ("own_code", code),
            ("new", "la del ladron, larga"),
        ];
        let page = submit(&pages, &marta.cookie, "/console/me/password", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.says("Password or code is wrong");
    }
    // They are counted as at the door: the next has to wait, with the right code too.
    let code = marta.recovery[0].as_str();
    let fields = [
        ("password", PASSWORD),
        ("own_code", code),
        ("new", "otra frase de paso"),
    ];
    let page = submit(&pages, &marta.cookie, "/console/me/password", &fields).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    house.clock.advance(Duration::from_secs(900));
    let page = submit(&pages, &marta.cookie, "/console/me/password", &fields).await;
    page.says("The password was changed");
    let again = [
        ("password", "otra frase de paso"),
        ("own_code", code),
        ("new", PASSWORD),
    ];
    let page = submit(&pages, &cookie(&page), "/console/me/password", &again).await;
    page.says("Password or code is wrong");
}

#[tokio::test]
async fn without_a_second_factor_the_password_is_changed_by_the_password() {
    let mut house = House::unpublished().await;
    house.config.console.second_factor = SecondFactor::Nobody;
    let marta = house.signed_in("Marta", Role::Desk).await;
    let page = house.console(&marta, "/console/me").await;
    page.keeps("id=\"password-code\"");
    let wrong = [("password", "not mine"), ("new", "otra frase de paso")];
    let page = house.console_post(&marta, "/console/me/password", &wrong).await;
    page.says("The password is wrong");
}

#[tokio::test]
async fn a_session_is_ended_from_another_one_and_never_by_somebody_else() {
    let (house, pages, marta) = with_administrator().await;
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    let fields = [("name", "marta"), ("password", PASSWORD), ("code", &code)];
    let second = cookie(&post(&pages, HERE, "/console/sign-in", &fields, "").await);
    let page = get(&pages, "/console/me", &second).await;
    let id = between(&page, "name=\"id\" value=\"", "\"").to_owned();
    let page = submit(&pages, &second, "/console/me/session", &[("id", &id)]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(
        get(&pages, "/console", &marta.cookie).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(
        !house
            .store
            .end_session(uuid::Uuid::new_v4(), id.parse().unwrap())
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn another_factor_and_other_recovery_codes_take_the_password_and_the_present_factor() {
    let (house, pages, marta) = with_administrator().await;
    house.clock.advance(Duration::from_secs(30));
    let page = get(&pages, "/console/me/factor", &marta.cookie).await;
    page.keeps("Do without a second factor");
    let secret = between(&page, "name=\"secret\" value=\"", "\"").to_owned();
    // Whoever stole the session, and the password too, has no code of the phone.
    for (password, guess) in [
        ("not mine", "hers"),
        (PASSWORD, ""),
        (PASSWORD, "new"),
        (PASSWORD, "000000"),
    ] {
        house.clock.advance(Duration::from_secs(900));
        let (code, hers) = (code_at(&secret, house.now()), code_at(&marta.secret, house.now()));
        let guess = match guess {
            "hers" => &hers,
            "new" => &code,
            guess => guess,
        };
        let fields = [
            ("secret", secret.as_str()),
            ("code", &code),
            ("password", password),
            ("own_code", guess),
        ];
        let page = submit(&pages, &marta.cookie, "/console/me/factor", &fields).await;
        page.says("Password or code is wrong").says(&secret);
        house.clock.advance(Duration::from_secs(900));
        let fields = [("password", password), ("own_code", guess)];
        let page = submit(&pages, &marta.cookie, "/console/me/recovery", &fields).await;
        page.says("Password or code is wrong").keeps("<li><code>");
    }
    house.clock.advance(Duration::from_secs(900));
    let (code, own) = (code_at(&secret, house.now()), code_at(&marta.secret, house.now()));
    let fields = [
        ("secret", secret.as_str()),
        ("code", &code),
        ("password", PASSWORD),
        ("own_code", &own),
    ];
    let page = submit(&pages, &marta.cookie, "/console/me/factor", &fields).await;
    page.says("Recovery codes");
    let renewed = cookie(&page);
    house.clock.advance(Duration::from_secs(60));
    let old = code_at(&marta.secret, house.now());
    for code in [old.as_str(), &marta.recovery[0]] {
        let fields = [("name", "marta"), ("password", PASSWORD), ("code", code)];
        assert_eq!(
            post(&pages, HERE, "/console/sign-in", &fields, "").await.status,
            StatusCode::FORBIDDEN
        );
    }
    let own = code_at(&secret, house.now());
    let fields = [("password", PASSWORD), ("own_code", &own)];
    let page = submit(&pages, &renewed, "/console/me/recovery", &fields).await;
    assert_eq!(page.text.matches("<li><code>").count(), 10);
    let page = submit(&pages, &renewed, "/console/me/no-factor", &fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

/// Calls with a token.
pub(crate) async fn call(pages: &Router, token: &str, path: &str) -> Page {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    send(pages, HERE, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_token_does_what_its_scopes_and_its_role_allow_until_it_ends() {
    let (house, pages, marta) = with_administrator().await;
    let fields = [
        ("name", "monitor"),
        ("role", "viewer"),
        ("read", "yes"),
        ("days", "2"),
        ("password", PASSWORD),
    ];
    let page = administer((&house, &pages, &marta), "token", &fields).await;
    let monitor = between(&page, "<pre><code>", "</code>").to_owned();
    let page = call(&pages, &monitor, "/api/v1/console/token").await;
    assert_eq!(page.json()["scopes"], json!(["read"]));
    let page = call(&pages, &monitor, "/api/v1/console/audit").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    page.says("administer");
    let new = NewToken {
        name: "keeper".parse().unwrap(),
        role: Role::Administrator,
        scopes: vec![AccessScope::Administer],
        account: None,
        ends_at: None,
    };
    let keeper = make_token(&house.store, &doer(&house), new.clone())
        .await
        .unwrap();
    let page = call(&pages, &keeper, "/api/v1/console/audit?act=token.make").await;
    assert_eq!(page.json()["deeds"][0]["target"], "keeper");
    assert_eq!(page.json()["deeds"][1]["details"]["role"], "viewer");
    let again = make_token(&house.store, &doer(&house), new.clone()).await;
    assert!(matches!(again, Err(AccessError::TokenExists(_))));
    let much = NewToken {
        name: "much".parse().unwrap(),
        role: Role::Desk,
        ..new
    };
    let refused = make_token(&house.store, &doer(&house), much).await;
    assert!(matches!(
        refused,
        Err(AccessError::TooMuch(AccessScope::Administer))
    ));
    let fields = [("name", "keeper"), ("password", PASSWORD)];
    administer((&house, &pages, &marta), "revoke", &fields).await;
    house.clock.advance(crate::support::DAY * 2);
    for token in [keeper.as_str(), &monitor, "", "x", &marta.cookie] {
        let page = call(&pages, token, "/api/v1/console/token").await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{token}");
        assert_eq!(page.header("www-authenticate"), "Bearer");
        assert_eq!(page.header("content-type"), "application/problem+json");
    }
    // Cookies open no call, and tokens no page.
    let page = get(&pages, "/api/v1/console/token", &marta.cookie).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_sinks_and_ends_with_its_account() {
    let (house, pages, _) = with_administrator().await;
    let (by, olga) = (doer(&house), ("olga".parse().unwrap(), Role::Desk));
    let link = invite(&house.store, &by, olga, Duration::from_secs(60))
        .await
        .unwrap();
    let page = get(&pages, &link, "").await;
    let secret = between(&page, "name=\"secret\" value=\"", "\"").to_owned();
    let fields = [("password", PASSWORD), ("secret", &secret)];
    post(&pages, HERE, &link, &fields, "").await;
    let olga = house
        .store
        .account_named(&"olga".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let new = NewToken {
        name: "hers".parse().unwrap(),
        role: Role::Administrator,
        scopes: vec![AccessScope::Administer],
        account: Some(olga.id),
        ends_at: None,
    };
    let token = make_token(&house.store, &doer(&house), new).await.unwrap();
    assert_eq!(
        call(&pages, &token, "/api/v1/console/token").await.json()["role"],
        "desk"
    );
    assert_eq!(
        call(&pages, &token, "/api/v1/console/audit").await.status,
        StatusCode::FORBIDDEN
    );
    let close = atalaya_store::AccountChange::Disable;
    change(&house.store, &doer(&house), &olga, close).await.unwrap();
    assert_eq!(
        call(&pages, &token, "/api/v1/console/token").await.status,
        StatusCode::UNAUTHORIZED
    );
    // It stays gone where the account is opened again, and the trail says which it was.
    let open = atalaya_store::AccountChange::Enable;
    change(&house.store, &doer(&house), &olga, open).await.unwrap();
    assert_eq!(
        call(&pages, &token, "/api/v1/console/token").await.status,
        StatusCode::UNAUTHORIZED
    );
    let closed = DeedFilter {
        act: Some(Act::Disable),
        ..DeedFilter::default()
    };
    let deeds = house.store.deeds(&closed, None, 1).await.unwrap();
    assert_eq!(deeds[0].deed.details, json!({ "tokens": ["hers"] }));
}

#[tokio::test]
async fn the_audit_trail_shows_what_others_wrote_as_text_and_skips_nothing_while_it_grows() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let deed = |n: usize| Deed {
        at: house.now(),
        who: "<b>who</b>".to_owned(),
        way: DeedWay::Command,
        client: None,
        act: Act::List,
        target: format!("<i>{n}</i>"),
        details: json!({ "reason": "<script>alert(1)</script>" }),
        undoes: None,
    };
    for n in 0..60 {
        let id = house.store.record_deed(&deed(n)).await.unwrap();
        let answer = json!("<u>no</u>");
        house
            .store
            .end_deed(id, DeedOutcome::Failed, &answer)
            .await
            .unwrap();
    }
    let page = house.console(&marta, "/console/audit?act=list.add").await;
    page.keeps("<script>")
        .keeps("<b>who")
        .keeps("<i>59")
        .keeps("<u>no")
        .says("not done");
    page.says("&#60;i&#62;59&#60;")
        .says("&#60;i&#62;10&#60;")
        .keeps("&#60;i&#62;9&#60;");
    let older = between(&page, "<a class=\"button\" href=\"", "\"").replace("&#38;", "&");
    house.store.record_deed(&deed(60)).await.unwrap();
    let page = house.console(&marta, &older).await;
    page.says("&#60;i&#62;9&#60;")
        .says("&#60;i&#62;0&#60;")
        .keeps("&#60;i&#62;10&#60;")
        .keeps("Older ones");
    let page = house
        .console(&marta, "/console/audit?target=%3Ci%3E5%3C%2Fi%3E&lang=es")
        .await;
    assert_eq!(page.text.matches("<li id=\"deed-").count(), 1);
    page.says("no se hizo");
    house
        .console(&marta, "/console/audit?who=nobody")
        .await
        .says("Nothing of this kind");
}

/// Sends a document with a token.
async fn send_document(pages: &Router, token: &str, path: &str, document: &serde_json::Value) -> Page {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    send(
        pages,
        HERE,
        request.body(Body::from(document.to_string())).unwrap(),
    )
    .await
}

/// A token of an operator with one scope.
async fn operator_token(house: &House, called: &str, scope: AccessScope) -> String {
    let new = NewToken {
        name: called.parse().unwrap(),
        role: Role::Operator,
        scopes: vec![scope],
        account: None,
        ends_at: None,
    };
    make_token(&house.store, &doer(house), new).await.unwrap()
}

#[tokio::test]
async fn a_program_lists_and_takes_off_within_its_scopes_and_is_written_down() {
    let house = House::open().await;
    let pages = router(house.app());
    let lister = operator_token(&house, "lister", AccessScope::List).await;
    let reader = operator_token(&house, "reader", AccessScope::Read).await;
    let spam = json!({ "prefix": "203.0.113.7", "class": "spam", "reason": "Sends spam." });
    let page = send_document(&pages, &reader, "/api/v1/console/list", &spam).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let page = send_document(&pages, &lister, "/api/v1/console/list", &spam).await;
    assert_eq!(
        (page.status, &page.json()["in_zone"]),
        (StatusCode::OK, &json!(true)),
        "{}",
        page.text
    );
    assert!(house.is_listed("203.0.113.7"));
    for (document, status) in [
        (json!({ "prefix": "203.0.113.0/33", "reason": "x" }), 422),
        (json!({ "prefix": "203.0.113.7" }), 422),
        (json!({ "prefix": "203.0.113.7", "reason": "two\nlines" }), 422),
        (json!({ "prefix": "203.0.113.7", "reason": "x", "more": 1 }), 422),
        (json!({ "prefix": "127.0.0.1", "reason": "x" }), 409),
    ] {
        let page = send_document(&pages, &lister, "/api/v1/console/list", &document).await;
        assert_eq!(page.status.as_u16(), status, "{document}");
        assert_eq!(page.header("content-type"), "application/problem+json");
    }
    let off = json!({ "prefix": "203.0.113.7", "reason": "A mistake." });
    for status in [StatusCode::OK, StatusCode::CONFLICT] {
        let page = send_document(&pages, &lister, "/api/v1/console/unlist", &off).await;
        assert_eq!(page.status, status);
    }
    assert!(!house.is_listed("203.0.113.7"));
    let page = send_document(&pages, &lister, "/api/v1/console/allow", &off).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let done = trail(&house).await;
    let acts: Vec<_> = done
        .iter()
        .map(|(act, _, outcome)| (*act, outcome.unwrap()))
        .skip(2)
        .collect();
    assert_eq!(
        acts,
        [
            (Act::List, DeedOutcome::Done),
            (Act::List, DeedOutcome::Failed),
            (Act::Unlist, DeedOutcome::Done),
            (Act::Unlist, DeedOutcome::Failed)
        ]
    );
}

#[tokio::test]
async fn a_program_keeps_the_allow_list() {
    let house = House::open().await;
    let pages = router(house.app());
    house.list("203.0.113.7", atalaya_model::Class::Spam).await;
    let token = operator_token(&house, "allower", AccessScope::Allow).await;
    let ours = json!({ "prefix": "203.0.113.0/24", "reason": "Ours." });
    let page = send_document(&pages, &token, "/api/v1/console/allow", &ours).await;
    assert_eq!(
        page.json()["decided"].as_array().unwrap().len(),
        2,
        "{}",
        page.text
    );
    assert!(!house.is_listed("203.0.113.7"));
    let page = send_document(&pages, &token, "/api/v1/console/disallow", &ours).await;
    assert_eq!(page.status, StatusCode::OK);
    let classes = json!({ "prefix": "203.0.113.0/24", "reason": "Ours.", "class": "spam" });
    let page = send_document(&pages, &token, "/api/v1/console/allow", &classes).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}
