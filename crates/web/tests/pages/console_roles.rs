//! Forms, sessions and roles of the console: what is taken from whom.

use std::net::SocketAddr;
use std::time::Duration;

use atalaya_model::Role;
use atalaya_web::accounts::Doer;
use atalaya_web::{SecondFactor, router};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use crate::console_access::{FORM, HERE, between, body, get, post, sign_in};
use crate::support::{House, Page, send};

#[tokio::test]
async fn a_form_without_the_mark_of_its_session_or_from_another_site_changes_nothing() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Desk).await;
    let other = house.signed_in("Olga", Role::Desk).await;
    let pages = router(house.app());
    for fields in [
        &[][..],
        &[("csrf", "")],
        &[("csrf", "x")],
        &[("csrf", other.csrf.as_str())],
    ] {
        let page = post(&pages, HERE, "/console/sign-out", fields, &marta.cookie).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{fields:?}");
    }
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = Request::post("/console/sign-out")
            .header("host", "list.example")
            .header("content-type", FORM)
            .header("cookie", &marta.cookie)
            .header(name, value);
        let request = request.body(body(&[("csrf", &marta.csrf)])).unwrap();
        assert_eq!(
            send(&pages, HERE, request).await.status,
            StatusCode::FORBIDDEN,
            "{name}: {value}"
        );
    }
    assert_eq!(house.console(&marta, "/console").await.status, StatusCode::OK);
    let page = house.console_post(&marta, "/console/sign-out", &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.header("set-cookie").ends_with("; Secure; Max-Age=0"));
    assert_eq!(
        house.console(&marta, "/console").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn endless_forms_are_refused() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Desk).await;
    let long = "x".repeat(20 << 10);
    let page = house
        .console_post(&marta, "/console/me/password", &[("new", &long)])
        .await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    let pages = router(house.app());
    let page = sign_in(&pages, HERE, "marta", &long, "").await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    let huge = "x".repeat(2 << 20);
    let page = post(&pages, HERE, "/console/sign-out", &[("x", &huge)], "").await;
    assert!([StatusCode::PAYLOAD_TOO_LARGE, StatusCode::SEE_OTHER].contains(&page.status));
}

#[tokio::test]
async fn a_session_ends_when_it_rests_when_it_is_old_and_when_its_account_is_closed() {
    let mut house = House::unpublished().await;
    house.config.console.session_idle = atalaya_model::Period::hours(1);
    let marta = house.signed_in("Marta", Role::Desk).await;
    for _ in 0..20 {
        house.clock.advance(Duration::from_secs(3_500));
        assert_eq!(house.console(&marta, "/console").await.status, StatusCode::OK);
    }
    let (rests, old) = (house.signed_in("Olga", Role::Desk).await, marta);
    house.clock.advance(Duration::from_secs(3_601));
    assert_eq!(
        house.console(&rests, "/console").await.status,
        StatusCode::SEE_OTHER
    );
    let awake = house.signed_in("Rosa", Role::Desk).await;
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(house.console(&awake, "/console").await.status, StatusCode::OK);
    let account = house
        .store
        .account_named(&"rosa".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let doer = Doer {
        who: "tests".to_owned(),
        way: atalaya_store::DeedWay::Command,
        client: None,
        at: house.now(),
    };
    let close = atalaya_store::AccountChange::Disable;
    atalaya_web::accounts::change(&house.store, &doer, &account, close)
        .await
        .unwrap();
    assert_eq!(
        house.console(&awake, "/console").await.status,
        StatusCode::SEE_OTHER
    );
    house.clock.advance(crate::support::DAY);
    assert_eq!(
        house.console(&old, "/console").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_page_that_stays_open_keeps_no_session_alive() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Desk).await;
    let live = async || {
        let request = Request::get("/console/live")
            .header("host", "list.example")
            .header("cookie", &marta.cookie)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        let request = request.body(Body::empty()).unwrap();
        // The stream has no end: its beginning tells.
        router(house.app()).oneshot(request).await.unwrap().status()
    };
    house.clock.advance(Duration::from_secs(3_000));
    assert_eq!(live().await, StatusCode::OK);
    house.clock.advance(Duration::from_secs(601));
    assert_eq!(live().await, StatusCode::SEE_OTHER);
    assert_eq!(
        house.console(&marta, "/console").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn whoever_must_have_a_second_factor_sets_it_up_before_anything_else() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    house.config.console.second_factor = SecondFactor::Operators;
    let page = house.console(&marta, "/console/audit").await;
    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, "/console/me/factor")
    );
    house
        .console(&marta, "/console/me/factor")
        .await
        .says("Your role needs a second factor");
}

/// The pages, with the least role that each takes.
const GETS: [(&str, Role); 24] = [
    ("/console", Role::Viewer),
    ("/console/listings", Role::Viewer),
    ("/console/allowed", Role::Viewer),
    ("/console/about?prefix=192.0.2.7", Role::Viewer),
    ("/console/by-hand", Role::Operator),
    ("/console/outbox", Role::Desk),
    ("/console/outbox?state=failed", Role::Desk),
    ("/console/suppressed", Role::Desk),
    ("/console/replies", Role::Desk),
    ("/console/replies?show=all", Role::Desk),
    ("/console/jobs", Role::Operator),
    ("/console/traps", Role::Operator),
    ("/console/reporters", Role::Operator),
    ("/console/keys", Role::Operator),
    ("/console/feeds", Role::Operator),
    ("/console/feedback", Role::Operator),
    ("/console/contacts", Role::Desk),
    ("/console/contacts/by-hand", Role::Desk),
    ("/console/rules", Role::Operator),
    ("/console/me", Role::Viewer),
    ("/console/me/factor", Role::Viewer),
    ("/console/audit", Role::Operator),
    ("/console/audit?act=list.add&before=7", Role::Operator),
    ("/console/accounts", Role::Administrator),
];
/// The forms, with the least role that each takes.
const POSTS: [(&str, Role); 38] = [
    ("/console/list", Role::Operator),
    ("/console/unlist", Role::Operator),
    ("/console/allow", Role::Operator),
    ("/console/disallow", Role::Operator),
    ("/console/undo", Role::Desk),
    ("/console/outbox/retry", Role::Desk),
    ("/console/outbox/drop", Role::Desk),
    ("/console/replies/settle", Role::Desk),
    ("/console/jobs/retry", Role::Operator),
    ("/console/traps/add", Role::Operator),
    ("/console/traps/remove", Role::Operator),
    ("/console/reporters/add", Role::Operator),
    ("/console/reporters/rotate", Role::Operator),
    ("/console/reporters/revoke", Role::Operator),
    ("/console/keys/add", Role::Operator),
    ("/console/keys/renew", Role::Operator),
    ("/console/keys/revoke", Role::Operator),
    ("/console/feeds/release", Role::Operator),
    ("/console/feedback/enrol", Role::Operator),
    ("/console/feedback/rotate", Role::Operator),
    ("/console/feedback/approve", Role::Operator),
    ("/console/feedback/prove", Role::Operator),
    ("/console/feedback/end", Role::Operator),
    ("/console/contacts", Role::Desk),
    ("/console/contacts/set", Role::Operator),
    ("/console/contacts/unset", Role::Operator),
    ("/console/suppress", Role::Desk),
    ("/console/unsuppress", Role::Desk),
    ("/console/rules/try", Role::Operator),
    ("/console/rules/save", Role::Administrator),
    ("/console/me/password", Role::Viewer),
    ("/console/me/recovery", Role::Viewer),
    ("/console/me/session", Role::Viewer),
    ("/console/me/factor", Role::Viewer),
    ("/console/accounts/invite", Role::Administrator),
    ("/console/accounts/change", Role::Administrator),
    ("/console/accounts/token", Role::Administrator),
    ("/console/accounts/revoke", Role::Administrator),
];
/// What a page answers to a role.
fn answer(role: Role, least: Role) -> StatusCode {
    if role >= least {
        StatusCode::OK
    } else {
        StatusCode::FORBIDDEN
    }
}

/// Each page and form with the least role that it takes. A form that is let through answers that something in it is missing or wrong.
#[tokio::test]
async fn every_page_and_form_takes_the_role_that_it_needs() {
    let mut house = House::unpublished().await;
    let fields = [
        ("name", "somebody"),
        ("role", "viewer"),
        ("act", "disable"),
        ("password", "x"),
        ("prefix", "nothing"),
        ("address", "nothing"),
        ("id", "x"),
        ("reason", "x"),
        ("deed", "1000000"),
        ("text", "x"),
        ("instead_of", "x"),
        ("scope", "nothing"),
        ("mailbox", "nothing"),
    ];
    for role in Role::ALL {
        let who = house.signed_in(role.name(), role).await;
        for (path, least) in GETS {
            let expected = answer(role, least);
            assert_eq!(
                house.console(&who, path).await.status,
                expected,
                "{path} as {role}"
            );
        }
        for (path, least) in POSTS {
            let status = house.console_post(&who, path, &fields).await.status;
            assert_eq!(
                status == StatusCode::FORBIDDEN,
                role < least,
                "{path} as {role}: {status}"
            );
        }
    }
    let pages = router(house.app());
    for (path, _) in GETS {
        assert_eq!(
            get(&pages, path, "").await.status,
            StatusCode::SEE_OTHER,
            "{path}"
        );
    }
    for (path, _) in POSTS {
        let page = post(&pages, HERE, path, &fields, "").await;
        assert!(page.header("location").starts_with("/console/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn pages_of_the_console_are_kept_by_nobody_and_allow_no_script_of_others() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Administrator).await;
    for path in [
        "/console",
        "/console/me",
        "/console/me/factor",
        "/console/accounts",
        "/console/audit",
    ] {
        let page = house.console(&marta, path).await;
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("x-robots-tag"), "noindex", "{path}");
        assert!(
            page.header("content-security-policy")
                .contains("script-src 'self'"),
            "{path}"
        );
        page.keeps(" style=\"")
            .keeps("<style")
            .keeps(" onclick")
            .keeps("<script>");
        assert!(page.text.len() < 30_000, "{path}: {}", page.text.len());
    }
}

/// The words of the navigation as they stand on a page, and the one that is marked as where one is.
fn navigation(page: &Page) -> (Vec<String>, Vec<String>) {
    let nav = between(page, "<nav class=\"places\"", "</nav>");
    let word = |rest: &str| rest.split(['>', '<']).nth(1).unwrap_or_default().to_owned();
    let words = ["<a ", "<summary"].map(|tag| nav.split(tag).skip(1).map(word).collect::<Vec<_>>());
    let marked = nav.split("aria-current=").skip(1).map(word).collect();
    (words.concat(), marked)
}

#[tokio::test]
async fn the_navigation_names_where_a_role_may_go_and_marks_where_one_is() {
    let mut house = House::open().await;
    for (role, expected) in [
        (Role::Viewer, "Overview, Listings, Allow list, List"),
        (
            Role::Desk,
            "Overview, Listings, Allow list, Mail, Contacts, List, Tell",
        ),
        (
            Role::Operator,
            "Overview, Sources, Rules, Listings, Allow list, By hand, Mail, Contacts, Feedback loop, Jobs, Audit trail, Watch, List, Tell, Run",
        ),
        (
            Role::Administrator,
            "Overview, Sources, Rules, Listings, Allow list, By hand, Mail, Contacts, Feedback loop, Jobs, Audit trail, Accounts, Watch, List, \
             Tell, Run",
        ),
    ] {
        let who = house.signed_in(role.name(), role).await;
        let (words, marked) = navigation(&house.console(&who, "/console/allowed").await);
        assert_eq!(words.join(", "), expected, "{role}");
        assert_eq!(marked, ["List", "Allow list"], "{role}");
    }
    let who = house.signed_in("luis", Role::Viewer).await;
    let (_, marked) = navigation(&house.console(&who, "/console?lang=es").await);
    assert_eq!(marked, ["Resumen"]);
}
