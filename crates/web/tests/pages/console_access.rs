//! The door of the console: who gets in, and what keeps others out.

use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_web::accounts::first_link;
use atalaya_web::router;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use data_encoding::BASE32_NOPAD;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};

use crate::support::{House, Page, encoded, send};

const PASSWORD: &str = "cuatro palabras muy tranquilas";
pub(crate) const HERE: &str = "127.0.0.1";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The code of an authenticator at a moment (RFC 6238).
pub(crate) fn code_at(secret: &str, at: Timestamp) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let step = u64::try_from(at.seconds() / 30).unwrap();
    let tag = sign(
        &Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret),
        &step.to_be_bytes(),
    );
    let at = usize::from(tag.as_ref()[19] & 0x0f);
    let four: [u8; 4] = tag.as_ref()[at..at + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// What stands between two texts of a page.
pub(crate) fn between<'a>(page: &'a Page, before: &str, behind: &str) -> &'a str {
    let (_, rest) = page.text.split_once(before).unwrap();
    rest.split_once(behind).unwrap().0
}

/// The cookie that an answer sets, as the browser sends it back.
pub(crate) fn cookie(page: &Page) -> String {
    page.header("set-cookie").split(';').next().unwrap().to_owned()
}

pub(crate) fn body(fields: &[(&str, &str)]) -> Body {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    Body::from(fields.collect::<Vec<_>>().join("&"))
}

/// Sends a form from a peer, as a browser on our own page does.
pub(crate) async fn post(
    pages: &Router,
    peer: &str,
    path: &str,
    fields: &[(&str, &str)],
    cookie: &str,
) -> Page {
    let request = Request::post(path)
        .header("host", "list.example")
        .header("origin", "https://list.example")
        .header("content-type", FORM)
        .header("cookie", cookie);
    send(pages, peer, request.body(body(fields)).unwrap()).await
}

pub(crate) async fn get(pages: &Router, path: &str, cookie: &str) -> Page {
    let request = Request::get(path)
        .header("host", "list.example")
        .header("cookie", cookie);
    send(pages, HERE, request.body(Body::empty()).unwrap()).await
}

/// An administrator with an account: the secret of his factor, his recovery codes, and his cookie.
pub(crate) struct Administrator {
    pub(crate) secret: String,
    pub(crate) recovery: Vec<String>,
    pub(crate) cookie: String,
}

/// Makes the first administrator by the link of the first start.
pub(crate) async fn first_administrator(house: &House, pages: &Router) -> Administrator {
    let link = first_link(&house.store, house.now(), Duration::from_secs(3_600)).await;
    let link = link.unwrap().unwrap();
    let page = get(pages, &link, "").await;
    page.says("<svg").says("as administrator");
    let secret = between(&page, "name=\"secret\" value=\"", "\"").to_owned();
    let code = code_at(&secret, house.now());
    let fields = [
        ("name", "Marta"),
        ("password", PASSWORD),
        ("secret", &secret),
        ("code", &code),
    ];
    let page = post(pages, HERE, &link, &fields, "").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let codes = page.text.split("<li><code>").skip(1);
    Administrator {
        secret,
        recovery: codes
            .map(|code| code.split('<').next().unwrap().to_owned())
            .collect(),
        cookie: cookie(&page),
    }
}

/// Signs in from a peer.
pub(crate) async fn sign_in(pages: &Router, peer: &str, name: &str, password: &str, code: &str) -> Page {
    let fields = [("name", name), ("password", password), ("code", code)];
    post(pages, peer, "/console/sign-in", &fields, "").await
}

/// A house that many clients reach, and that lets them try often.
async fn open_house() -> House {
    let mut house = House::unpublished().await;
    house.config.console.clients = vec!["127.0.0.0/8".parse().unwrap(), "203.0.113.0/24".parse().unwrap()];
    house.config.console.sign_ins_per_minute = 1_000;
    house
}

#[tokio::test]
async fn strangers_are_told_that_there_is_no_console() {
    let house = House::unpublished().await;
    let paths = [
        "/console",
        "/console/sign-in",
        "/console/nothing",
        "/api/v1/console/token",
    ];
    for path in paths {
        assert_eq!(house.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Behind a proxy that nobody named, every stranger comes from this machine.
    let request = Request::get("/console/sign-in").header("x-forwarded-for", "198.51.100.7");
    let page = send(&router(house.app()), HERE, request.body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn with_a_socket_of_its_own_the_public_pages_have_no_console() {
    let mut house = House::unpublished().await;
    house.config.console.listen = Some(([127, 0, 0, 1], 0).into());
    let page = get(&router(house.app()), "/console/sign-in", "").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_the_form_and_back() {
    let house = House::unpublished().await;
    let pages = router(house.app());
    let page = get(&pages, "/console?lang=es", "").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let to = page.header("location");
    assert_eq!(to, "/console/sign-in?next=/console%3Flang%3Des&lang=es");
    get(&pages, to, "")
        .await
        .says("name=\"next\" value=\"/console?lang=es\"")
        .says("Entrar");
    let page = get(&pages, "/console/sign-in?next=//evil.example", "").await;
    page.says("name=\"next\" value=\"/console\"");
}

#[tokio::test]
async fn the_link_of_the_first_start_makes_one_administrator() {
    let house = House::unpublished().await;
    let pages = router(house.app());
    let holds = Duration::from_secs(3_600);
    let link = first_link(&house.store, house.now(), holds)
        .await
        .unwrap()
        .unwrap();
    // A second start prints no second link.
    assert_eq!(first_link(&house.store, house.now(), holds).await.unwrap(), None);
    let page = get(&pages, &link, "").await;
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    let secret = between(&page, "name=\"secret\" value=\"", "\"").to_owned();
    let code = code_at(&secret, house.now());
    for (name, password, code) in [
        ("", PASSWORD, code.as_str()),
        ("Mar ta", PASSWORD, &code),
        ("Marta", "short", &code),
        ("Marta", PASSWORD, ""),
        ("Marta", PASSWORD, "000000"),
    ] {
        let fields = [
            ("name", name),
            ("password", password),
            ("secret", &secret),
            ("code", code),
        ];
        let page = post(&pages, HERE, &link, &fields, "").await;
        assert_eq!(
            page.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name} {password} {code}"
        );
        page.says("role=\"alert\"").says(&secret).keeps(PASSWORD);
    }
    let fields = [
        ("name", "Marta"),
        ("password", PASSWORD),
        ("secret", &secret),
        ("code", &code),
    ];
    let page = post(&pages, HERE, &link, &fields, "").await;
    page.says("Recovery codes");
    get(&pages, "/console", &cookie(&page))
        .await
        .says("administrator");
    for page in [
        get(&pages, &link, "").await,
        post(&pages, HERE, &link, &fields, "").await,
    ] {
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(first_link(&house.store, house.now(), holds).await.unwrap(), None);
}

#[tokio::test]
async fn a_link_that_is_too_old_opens_nothing() {
    let house = House::unpublished().await;
    let link = first_link(&house.store, house.now(), Duration::from_secs(60))
        .await
        .unwrap();
    house.clock.advance(Duration::from_secs(61));
    let page = get(&router(house.app()), &link.unwrap(), "").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.says("This link does not hold");
}

#[tokio::test]
async fn signing_in_gives_a_new_session_whatever_cookie_there_was() {
    let house = open_house().await;
    let pages = router(house.app());
    let marta = first_administrator(&house, &pages).await;
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    let fields = [
        ("name", "marta"),
        ("password", PASSWORD),
        ("code", &code),
        ("next", "/console/audit"),
    ];
    let page = post(&pages, HERE, "/console/sign-in", &fields, &marta.cookie).await;
    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, "/console/audit")
    );
    let set = page.header("set-cookie");
    assert!(
        set.starts_with("__Host-atalaya=") && set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{set}"
    );
    assert_ne!(cookie(&page), marta.cookie);
    assert_eq!(
        get(&pages, "/console", &cookie(&page)).await.status,
        StatusCode::OK
    );
    // The one from before has ended, and one that somebody made up opens nothing.
    let made_up = format!("__Host-atalaya={}", "A".repeat(43));
    for old in [marta.cookie.as_str(), &made_up] {
        assert_eq!(get(&pages, "/console", old).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn on_this_machine_the_cookie_needs_no_tls() {
    let house = House::unpublished().await;
    let pages = router(house.app());
    let marta = first_administrator(&house, &pages).await;
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    let request = Request::post("/console/sign-in")
        .header("host", "127.0.0.1:8080")
        .header("origin", "http://127.0.0.1:8080")
        .header("content-type", FORM);
    let fields = body(&[("name", "marta"), ("password", PASSWORD), ("code", &code)]);
    let page = send(&pages, HERE, request.body(fields).unwrap()).await;
    assert!(page.header("set-cookie").starts_with("atalaya-console="));
    assert!(!page.header("set-cookie").contains("Secure"));
}

#[tokio::test]
async fn a_code_works_once_and_so_does_a_recovery_code() {
    let house = open_house().await;
    let pages = router(house.app());
    let marta = first_administrator(&house, &pages).await;
    // The code that made the account is used up.
    let used = code_at(&marta.secret, house.now());
    assert_eq!(
        sign_in(&pages, HERE, "marta", PASSWORD, &used).await.status,
        StatusCode::FORBIDDEN
    );
    house.clock.advance(Duration::from_secs(30));
    let next = code_at(&marta.secret, house.now());
    for status in [StatusCode::SEE_OTHER, StatusCode::FORBIDDEN] {
        assert_eq!(
            sign_in(&pages, HERE, "marta", PASSWORD, &next).await.status,
            status
        );
    }
    assert_eq!(marta.recovery.len(), 10);
    for status in [StatusCode::SEE_OTHER, StatusCode::FORBIDDEN] {
        assert_eq!(
            sign_in(&pages, HERE, "marta", PASSWORD, &marta.recovery[0])
                .await
                .status,
            status
        );
    }
    assert_eq!(
        sign_in(&pages, HERE, "marta", PASSWORD, "").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn unknown_names_wrong_passwords_and_wrong_codes_get_the_same_answer() {
    let house = open_house().await;
    let pages = router(house.app());
    let marta = first_administrator(&house, &pages).await;
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    let mut answers = Vec::new();
    for (name, password, code) in [
        ("nadie", PASSWORD, code.as_str()),
        ("not a name", PASSWORD, &code),
        ("marta", "another password", &code),
        ("marta", PASSWORD, "123456"),
    ] {
        let page = sign_in(&pages, HERE, name, password, code).await;
        page.keeps(PASSWORD);
        answers.push((page.status, page.text.replace(name, "NAME")));
    }
    assert_eq!(answers[0].0, StatusCode::FORBIDDEN);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn failures_hold_up_the_client_that_makes_them_and_nobody_else() {
    let house = open_house().await;
    let pages = router(house.app());
    let marta = first_administrator(&house, &pages).await;
    let stranger = "203.0.113.66";
    for _ in 0..4 {
        let page = sign_in(&pages, stranger, "marta", "guess", "").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    house.clock.advance(Duration::from_secs(1));
    for name in ["Marta", "marta"] {
        let page = sign_in(&pages, stranger, name, PASSWORD, "").await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    }
    house.clock.advance(Duration::from_secs(30));
    let code = code_at(&marta.secret, house.now());
    assert_eq!(
        sign_in(&pages, HERE, "marta", PASSWORD, &code).await.status,
        StatusCode::SEE_OTHER
    );
    // His wait is over too: he may guess on, slower each time.
    assert_eq!(
        sign_in(&pages, stranger, "marta", "guess", "").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        sign_in(&pages, stranger, "marta", "guess", "").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn a_crowd_of_strangers_locks_nobody_out_where_he_signed_in_before() {
    let house = open_house().await;
    let pages = router(house.app());
    let marta = first_administrator(&house, &pages).await;
    for client in 1..=50 {
        let stranger = format!("203.0.113.{client}");
        assert_eq!(
            sign_in(&pages, &stranger, "marta", "guess", "").await.status,
            StatusCode::FORBIDDEN
        );
    }
    let other = sign_in(&pages, "203.0.113.99", "marta", "guess", "").await;
    assert_eq!(other.status, StatusCode::TOO_MANY_REQUESTS);
    house.clock.advance(Duration::from_secs(60));
    let code = code_at(&marta.secret, house.now());
    assert_eq!(
        sign_in(&pages, HERE, "marta", PASSWORD, &code).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn one_client_may_try_only_so_often_whatever_the_names() {
    let mut house = House::unpublished().await;
    house.config.console.sign_ins_per_minute = 2;
    let pages = router(house.app());
    for (name, status) in [("a", 403), ("b", 403), ("c", 429)] {
        assert_eq!(
            sign_in(&pages, HERE, name, "x", "").await.status.as_u16(),
            status,
            "{name}"
        );
    }
}
