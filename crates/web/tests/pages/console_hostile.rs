//! The console as somebody meets it who wants in, or wants to stay in: each test is something that was tried.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use atalaya_decide::rules::STANDARD;
use atalaya_model::{AccessScope, AccountName, Role};
use atalaya_store::{AccountChange, DeedWay};
use atalaya_web::accounts::{
    Doer, NewToken, change, first_link, invite, make_token, named, reset, revoke_token,
};
use atalaya_web::{Answering, App, Operations, Order, router};
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use futures_util::{StreamExt, future, stream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::console_access::{
    Administrator, FORM, HERE, between, body, code_at, cookie, first_administrator, get, post, sign_in,
};
use crate::desk::TestDesk;
use crate::support::{House, Page, SignedIn, encoded, send};

const PASSWORD: &str = "cuatro palabras muy tranquilas";
/// The longest wait for something that takes seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// A house that a whole network reaches, and that lets each client try as often as it likes.
async fn open_house() -> (House, Router, Administrator) {
    let mut house = House::unpublished().await;
    house.config.console.clients = vec!["127.0.0.0/8".parse().unwrap(), "203.0.113.0/24".parse().unwrap()];
    house.config.console.sign_ins_per_minute = 1_000;
    let pages = router(house.app());
    let marta = first_administrator(&house, &pages).await;
    (house, pages, marta)
}

/// Sends a form with the mark of the session, from a peer.
async fn submit(pages: &Router, (peer, cookie): (&str, &str), path: &str, fields: &[(&str, &str)]) -> Page {
    let page = get(pages, "/console/me", cookie).await;
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"").to_owned();
    let fields: Vec<_> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
    post(pages, peer, path, &fields, cookie).await
}

/// Whoever runs commands on the machine.
fn doer(house: &House) -> Doer {
    Doer {
        who: "uid 0".to_owned(),
        way: DeedWay::Command,
        client: None,
        at: house.now(),
    }
}

/// The events of the overview, as a browser hears them.
async fn live(house: &House, who: &SignedIn) -> BodyDataStream {
    let request = Request::get("/console/live")
        .header("host", "list.example")
        .header("cookie", &who.cookie)
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
    let request = request.body(Body::empty()).unwrap();
    let response = router(house.app()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body().into_data_stream()
}

#[tokio::test]
async fn an_open_stream_ends_with_its_session_and_goes_on_with_another() {
    let mut house = House::open().await;
    let marta = house.signed_in("Marta", Role::Viewer).await;
    let olga = house.signed_in("Olga", Role::Viewer).await;
    let (mut hers, mut other) = (live(&house, &marta).await, live(&house, &olga).await);
    let page = house.console_post(&marta, "/console/sign-out", &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let heard = future::join(hers.next(), other.next());
    let (hers, other) = tokio::time::timeout(PATIENCE, heard).await.unwrap();
    assert!(hers.is_none(), "{hers:?}");
    assert!(other.unwrap().unwrap().starts_with(b"data:"));
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_held_up_like_those_one_after_the_other() {
    let (_house, pages, _marta) = open_house().await;
    let guesses = (0..12).map(|_| sign_in(&pages, "203.0.113.66", "marta", "guess", ""));
    let answers = future::join_all(guesses).await;
    let tried = answers
        .iter()
        .filter(|page| page.status == StatusCode::FORBIDDEN)
        .count();
    // Two passwords are looked at at the same time: one more than one after the other may be through.
    assert!((1..=5).contains(&tried), "{tried}");
}

#[tokio::test]
async fn whoever_stole_a_session_cannot_guess_its_password_from_ever_new_addresses() {
    let (_house, pages, marta) = open_house().await;
    let guess = [("password", "guess")];
    let mut held_up = 0;
    for client in 1..=60 {
        let from = format!("203.0.113.{client}");
        let page = submit(&pages, (&from, &marta.cookie), "/console/me/recovery", &guess).await;
        held_up += usize::from(page.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(held_up, 10);
    // Its owner, where he signed in, is not held up.
    let right = [("password", PASSWORD), ("own_code", marta.recovery[0].as_str())];
    let page = submit(&pages, (HERE, &marta.cookie), "/console/me/recovery", &right).await;
    page.says("Recovery codes");
}

#[tokio::test]
async fn a_new_password_or_factor_gives_its_session_another_cookie() {
    let (house, pages, marta) = open_house().await;
    let fields = [
        ("password", PASSWORD),
        ("own_code", marta.recovery[0].as_str()),
        ("new", "otra frase de paso"),
    ];
    let page = submit(&pages, (HERE, &marta.cookie), "/console/me/password", &fields).await;
    page.says("The password was changed");
    let second = cookie(&page);
    // Whoever copied the old one is out, and the forms of the page that came are those of the new one.
    assert_eq!(
        get(&pages, "/console", &marta.cookie).await.status,
        StatusCode::SEE_OTHER
    );
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"");
    let page = get(&pages, "/console/me/factor", &second).await;
    page.says(csrf);
    let secret = between(&page, "name=\"secret\" value=\"", "\"");
    let code = code_at(secret, house.now());
    let fields = [
        ("csrf", csrf),
        ("secret", secret),
        ("code", &code),
        ("password", "otra frase de paso"),
        ("own_code", marta.recovery[1].as_str()),
    ];
    let page = post(&pages, HERE, "/console/me/factor", &fields, &second).await;
    page.says("Recovery codes");
    assert_eq!(
        get(&pages, "/console", &second).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        get(&pages, "/console", &cookie(&page)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_link_of_the_first_start_opens_nothing_once_there_is_an_account() {
    let house = House::unpublished().await;
    let pages = router(house.app());
    let holds = Duration::from_secs(3_600);
    let first = first_link(&house.store, house.now(), holds).await;
    let first = first.unwrap().unwrap();
    let by = doer(&house);
    let olga = ("olga".parse().unwrap(), Role::Viewer);
    let link = invite(&house.store, &by, olga, holds).await.unwrap();
    let page = get(&pages, &link, "").await;
    let secret = between(&page, "name=\"secret\" value=\"", "\"");
    let fields = [
        ("password", PASSWORD),
        ("secret", secret),
        ("code", &code_at(secret, house.now())),
    ];
    let page = get(&pages, &first, "").await;
    page.says("as administrator");
    post(&pages, HERE, &link, &fields, "")
        .await
        .says("Recovery codes");
    // It was printed into a log, which others read.
    let page = get(&pages, &first, "").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    let fields = [("name", "mallory"), fields[0], fields[1], fields[2]];
    let page = post(&pages, HERE, &first, &fields, "").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn cookies_of_others_sign_nobody_out() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Viewer).await;
    // As another host of the same domain sets them, for all of it.
    for other in [&b"x=\xff\xfe; "[..], b"__Host-atalayax=1; ", b"; ;=; "] {
        let line = [other, marta.cookie.as_bytes()].concat();
        let request = Request::get("/console")
            .header("host", "list.example")
            .header("cookie", line);
        let page = send(&router(house.app()), HERE, request.body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, StatusCode::OK, "{other:?}");
    }
}

#[tokio::test]
async fn whatever_header_a_forgotten_proxy_adds_there_is_no_console_behind_it() {
    let house = House::unpublished().await;
    for name in [
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-server",
        "x-real-ip",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "forwarded",
        "via",
    ] {
        let request = Request::get("/console/sign-in").header(name, "127.0.0.1");
        let page = send(&router(house.app()), HERE, request.body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test]
async fn the_ticket_of_an_invitation_stays_on_its_page_without_hindering_its_form() {
    // Without TLS browsers send `Origin: null` from a page that gives no referrer, and the form would be taken for one of another site.
    for (public, console, policy) in [
        ("http://list.example", "https://console.example", "no-referrer"),
        ("https://list.example", "http://10.0.0.5:8081", "same-origin"),
    ] {
        let mut house = House::unpublished().await;
        house.config.public_url = public.to_owned();
        house.config.console.url = Some(console.to_owned());
        let page = get(&router(house.app()), "/console/welcome/x", "").await;
        assert_eq!(page.header("referrer-policy"), policy, "{console}");
    }
}

#[tokio::test]
async fn a_form_that_never_ends_keeps_no_place_of_the_console() {
    let house = House::unpublished().await;
    let pages = router(house.app());
    let endless = Body::from_stream(stream::pending::<Result<String, std::io::Error>>());
    let request = Request::post("/console/sign-in")
        .header("host", "list.example")
        .header("content-type", FORM);
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let page = send(&pages, HERE, request.body(endless).unwrap()).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        began.elapsed() <= Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn what_is_sent_twice_in_a_form_is_refused() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Viewer).await;
    let twice = [("csrf", marta.csrf.as_str()), ("csrf", "x")];
    let request = Request::post("/console/sign-out")
        .header("host", "list.example")
        .header("origin", "https://list.example")
        .header("cookie", &marta.cookie)
        .header("content-type", FORM);
    let page = send(&router(house.app()), HERE, request.body(body(&twice)).unwrap()).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.console(&marta, "/console").await.status, StatusCode::OK);
}

/// A body that is held back: its second half tells when somebody has begun to wait for it, its third lets it go.
fn held_back(text: String) -> (Body, oneshot::Receiver<()>, oneshot::Sender<()>) {
    let ((awaited, is_awaited), (go, may_go)) = (oneshot::channel(), oneshot::channel());
    let text = stream::once(async move {
        let _nobody = awaited.send(());
        let _gone = may_go.await;
        Ok::<_, std::io::Error>(text)
    });
    (Body::from_stream(text), is_awaited, go)
}

/// Sends a request whose body is held back until something was done meanwhile.
async fn send_around(
    pages: &Router,
    request: axum::http::request::Builder,
    text: String,
    meanwhile: impl Future<Output = ()>,
) -> Page {
    let (body, is_awaited, go) = held_back(text);
    let between = async {
        is_awaited.await.unwrap();
        meanwhile.await;
        go.send(()).unwrap();
    };
    let sent = send(pages, HERE, request.body(body).unwrap());
    tokio::time::timeout(PATIENCE, future::join(sent, between))
        .await
        .unwrap()
        .0
}

#[tokio::test]
async fn a_form_that_was_on_its_way_undoes_no_reset() {
    let (house, pages, marta) = open_house().await;
    let by = doer(&house);
    let holds = Duration::from_secs(3_600);
    // Another administrator, so that marta can be reset.
    let olga: AccountName = "olga".parse().unwrap();
    let link = invite(&house.store, &by, (olga, Role::Administrator), holds)
        .await
        .unwrap();
    let page = get(&pages, &link, "").await;
    let secret = between(&page, "name=\"secret\" value=\"", "\"");
    let fields = [
        ("password", PASSWORD),
        ("secret", secret),
        ("code", &code_at(secret, house.now())),
    ];
    post(&pages, HERE, &link, &fields, "")
        .await
        .says("Recovery codes");
    let page = get(&pages, "/console/me", &marta.cookie).await;
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"");
    let form = |path: &str| {
        Request::post(path)
            .header("host", "list.example")
            .header("origin", "https://list.example")
            .header("content-type", FORM)
            .header("cookie", &marta.cookie)
    };
    let text = format!(
        "csrf={csrf}&password={}&own_code={}&new={}",
        encoded(PASSWORD),
        encoded(&marta.recovery[0]),
        encoded("la frase del ladron")
    );
    let name: AccountName = "marta".parse().unwrap();
    let meanwhile = Box::pin(async {
        reset(&house.store, &by, &name, holds).await.unwrap();
    });
    let page = send_around(&pages, form("/console/me/password"), text, meanwhile).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let account = named(&house.store, &name).await.unwrap();
    assert!(!account.is_open(), "who was reset has given himself a password");
}

#[tokio::test]
async fn whoever_loses_his_role_while_he_sends_does_no_more_than_the_new_one() {
    let mut house = House::open().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let pages = router(house.app());
    let request = Request::post("/console/list")
        .header("host", "list.example")
        .header("origin", "https://list.example")
        .header("content-type", FORM)
        .header("cookie", &marta.cookie);
    let text = format!("csrf={}&prefix=192.0.2.7&class=spam&reason=x", marta.csrf);
    let by = doer(&house);
    let meanwhile = Box::pin(async {
        let account = named(&house.store, &"marta".parse().unwrap()).await.unwrap();
        let less = AccountChange::Role(Role::Viewer);
        change(&house.store, &by, &account, less).await.unwrap();
    });
    let page = send_around(&pages, request, text, meanwhile).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(!house.is_listed("192.0.2.7"));
}

#[tokio::test]
async fn a_call_that_was_on_its_way_ends_with_its_token() {
    let house = House::open().await;
    let pages = router(house.app());
    let by = doer(&house);
    let name: AccountName = "lister".parse().unwrap();
    let new = NewToken {
        name: name.clone(),
        role: Role::Operator,
        scopes: vec![AccessScope::List],
        account: None,
        ends_at: None,
    };
    let token = make_token(&house.store, &by, new).await.unwrap();
    let request = Request::post("/api/v1/console/list")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let text = "{\"prefix\":\"192.0.2.7\",\"reason\":\"x\"}".to_owned();
    let meanwhile = async { revoke_token(&house.store, &by, &name).await.unwrap() };
    let page = send_around(&pages, request, text, meanwhile).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(!house.is_listed("192.0.2.7"));
}

/// Counts how many trials of rules go on at the same time.
#[derive(Debug)]
struct Trials {
    desk: Arc<TestDesk>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Operations for Trials {
    fn answer(&self, order: Order) -> Answering<'_> {
        Box::pin(async move {
            let is_trial = matches!(order, Order::Simulate { .. });
            if is_trial {
                let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(now, Ordering::SeqCst);
            }
            let answer = self.desk.answer(order).await;
            if is_trial {
                self.now.fetch_sub(1, Ordering::SeqCst);
            }
            answer
        })
    }
}

#[tokio::test]
async fn trials_of_rules_take_their_turns() {
    let mut house = House::open().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let trials = Arc::new(Trials {
        desk: Arc::clone(&house.desk),
        now: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    });
    let pages = router(App {
        operations: Arc::clone(&trials) as Arc<dyn Operations>,
        ..house.app()
    });
    let fields = [
        ("csrf", marta.csrf.as_str()),
        ("text", STANDARD),
        ("days", "90"),
        ("instead_of", "x"),
    ];
    let tries = (0..6).map(|_| post(&pages, HERE, "/console/rules/try", &fields, &marta.cookie));
    for page in future::join_all(tries).await {
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    }
    assert_eq!(trials.most.load(Ordering::SeqCst), 1);
}
