//! What holds on every route there is, read out of the sources so that a new one is not forgotten: the headers that protect readers, and that
//! neither paths made to climb nor bodies without end get anywhere.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use atalaya_model::Role;
use atalaya_web::router;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use tower::ServiceExt;

use crate::console_access::{FORM, HERE};
use crate::statistics::keep_days;
use crate::support::{House, STRANGER, SignedIn};

/// More requests than any test here makes.
const MANY: u32 = 1_000_000;
/// More bytes than any answer here has.
const LONGEST: usize = 4 << 20;
/// A word that stands in a file beside the store, and in no page.
const TREASURE: &str = "buried-beside-the-store";
/// Methods that are tried on each route, whichever it takes.
const METHODS: [Method; 5] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::DELETE,
    Method::PUT,
];
/// Where paths begin whose answers are for one reader.
const PRIVATE: [&str; 12] = [
    "/console",
    "/api/v1/console",
    "/network",
    "/notices",
    "/feedback/mine",
    "/ip/",
    "/name/",
    "/api/v1/ip/",
    "/api/v1/network",
    "/api/v1/contact",
    "/api/v1/feedback",
    "/api/v2/",
];
/// Paths that begin so and are for everybody all the same: they never change under their name.
const FOR_ALL: [&str; 2] = ["/console.css", "/console.js"];
/// The one page that never ends.
const ENDLESS: &str = "/console/live";
/// What stands in the place of a part of a path.
const CLIMBING: [&str; 15] = [
    "..",
    "%2e%2e",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%2e%2e%2ftreasure",
    "..%5c..%5ctreasure",
    "%2fetc%2fpasswd",
    "%00",
    "treasure%00.csv",
    "..%252f..%252ftreasure",
    "%c0%ae%c0%ae%2ftreasure",
    "%ff",
    "x%0d%0aX-Smuggled:%20yes",
    "%2f%2fevil.example",
    "....%2f%2ftreasure",
];

/// Every route of the sources.
fn routes() -> BTreeSet<String> {
    let found = atalaya_testkit::routes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let found: BTreeSet<String> = found.into_iter().map(|route| route.path).collect();
    assert!(found.len() > 80, "{found:?}");
    found
}

/// The places of a path that the reader fills in.
fn places(route: &str) -> usize {
    route.matches('{').count()
}

/// A route with its places filled in; the one with this number by a given text, the others by what fits there.
fn filled(route: &str, number: Option<usize>, text: &str) -> String {
    let mut place = 0;
    let parts = route.split('/').map(|part| {
        let Some(name) = part
            .strip_prefix('{')
            .and_then(|part| part.split(['}', '.']).next())
        else {
            return part.to_owned();
        };
        place += 1;
        let fitting = match name {
            "address" => "192.0.2.7",
            "length" => "24",
            "first" | "second" | "last" => "2026-11-23",
            "name" => "mail.example",
            "format" => "plain",
            "step" => "end",
            "serial" => "1",
            "file" => "hours.svg",
            _ => "x",
        };
        let text = if number == Some(place - 1) { text } else { fitting };
        text.to_owned()
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A list whose limits nobody meets, and its administrator.
async fn busy_house() -> (House, SignedIn) {
    let mut house = House::open().await;
    house.config.web.posts_per_minute = MANY;
    house.config.web.lookups_per_minute = MANY;
    house.config.web.wrong_keys_per_minute = MANY;
    house.keep_log().await;
    std::fs::write(house.folder().join("treasure"), TREASURE).unwrap();
    let marta = house.signed_in("Marta", Role::Administrator).await;
    (house, marta)
}

/// An answer as far as it is looked at.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Answer {
    fn header(&self, name: &str) -> String {
        let value = self.headers.get(name);
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    }
}

/// Asks as whoever a path is for, with so many bytes: the administrator for the console, a stranger for the rest.
async fn ask(pages: &Router, who: &SignedIn, method: &Method, path: &str, body: usize) -> Answer {
    let is_console = path.starts_with("/console") || path.starts_with("/api/v1/console");
    let peer = if is_console { HERE } else { STRANGER };
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "list.example")
        .header("origin", "https://list.example")
        .header("content-type", FORM)
        .header("content-length", body);
    if is_console {
        request = request.header("cookie", &who.cookie);
    }
    let mut request = request.body(Body::from(vec![b'x'; body])).unwrap();
    let peer = SocketAddr::new(peer.parse().unwrap(), 40_000);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = pages.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

/// Holds the headers of an answer against what every answer has.
#[track_caller]
fn is_dressed(answer: &Answer, asked: &str) {
    let status = answer.status;
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "script-src 'self'",
    ] {
        assert!(policy.contains(part), "{asked}, {status}: {policy:?}");
    }
    assert!(!policy.contains("unsafe"), "{asked}, {status}: {policy:?}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{asked}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{asked}");
    let referrer = answer.header("referrer-policy");
    assert!(
        ["same-origin", "no-referrer"].contains(&referrer.as_str()),
        "{asked}, {status}: {referrer:?}"
    );
    assert_eq!(answer.header("server"), "", "{asked}");
}

/// Holds it against what an answer for one reader has, and any that tells what went wrong.
#[track_caller]
fn is_kept_by_nobody(answer: &Answer, (method, path): (&Method, &str), asked: &str) {
    // Nobody keeps the answer to anything but a question (RFC 9111 section 3).
    if !method.is_safe() {
        return;
    }
    let kept = answer.header("cache-control");
    let is_private = PRIVATE.iter().any(|begin| path.starts_with(begin))
        && !FOR_ALL.contains(&path)
        && answer.status.is_success();
    let is_failure = answer.status.is_client_error() || answer.status.is_server_error();
    // What the probes of supervisors hear is plain, and nobody keeps a failure without being told how long.
    if is_private || (is_failure && !kept.is_empty()) {
        assert!(kept.contains("no-store"), "{asked}, {}: {kept:?}", answer.status);
    }
}

#[tokio::test]
async fn every_route_and_method_has_the_headers_that_protect_its_readers() {
    let (house, marta) = busy_house().await;
    let pages = router(house.app());
    for route in routes() {
        let path = filled(&route, None, "");
        for method in METHODS {
            let asked = format!("{method} {path}");
            let answer = ask(&pages, &marta, &method, &path, 0).await;
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{asked}");
            is_dressed(&answer, &asked);
            is_kept_by_nobody(&answer, (&method, &path), &asked);
        }
    }
}

#[tokio::test]
async fn the_files_of_statistics_are_found_and_as_protected_as_pages() {
    let (house, marta) = busy_house().await;
    keep_days(&house).await;
    let pages = router(house.app());
    for days in ["2026-11-22", "2026-11-20/2026-11-22"] {
        for (file, kind) in [
            ("hours.svg", "image/svg+xml"),
            ("countries.svg?size=narrow", "image/svg+xml"),
            ("hours.png", "image/png"),
            ("hours.csv", "text/csv"),
            ("hours.json", "application/json"),
            ("report.html", "text/html"),
        ] {
            let path = format!("/stats/{days}/{file}");
            let answer = ask(&pages, &marta, &Method::GET, &path, 0).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(answer.header("content-type").starts_with(kind), "{path}");
            assert!(answer.header("cache-control").starts_with("public"), "{path}");
            // A browser may open it by itself: it has its own style, and runs and fetches nothing.
            let policy = answer.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{path}: {policy:?}"
            );
            let script = policy
                .split(';')
                .find(|part| part.trim().starts_with("script-src"));
            assert!(
                !script.is_some_and(|part| part.contains("unsafe")),
                "{path}: {policy:?}"
            );
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        }
        let path = format!("/stats/{days}/nothing.svg");
        let answer = ask(&pages, &marta, &Method::GET, &path, 0).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        is_dressed(&answer, &path);
    }
}

#[tokio::test]
async fn whoever_is_held_up_gets_the_same_headers() {
    let (mut house, marta) = busy_house().await;
    house.config.web.posts_per_minute = 1;
    house.config.web.lookups_per_minute = 1;
    let pages = router(house.app());
    for (method, path) in [
        (Method::POST, "/feedback"),
        (Method::POST, "/api/v1/ip/192.0.2.7/removal"),
        (Method::GET, "/ip/192.0.2.7"),
        (Method::GET, "/api/v1/ip/192.0.2.7"),
    ] {
        ask(&pages, &marta, &method, path, 0).await;
        let answer = ask(&pages, &marta, &method, path, 0).await;
        let asked = format!("{method} {path}");
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{asked}");
        assert_ne!(answer.header("retry-after"), "", "{asked}");
        is_dressed(&answer, &asked);
        is_kept_by_nobody(&answer, (&method, path), &asked);
    }
}

#[tokio::test]
async fn a_body_beyond_every_measure_is_refused_on_every_route_that_takes_one() {
    let (house, marta) = busy_house().await;
    let pages = router(house.app());
    let mut refused = 0;
    for route in routes() {
        let path = filled(&route, None, "");
        let asked = format!("POST {path}");
        let is_taken = ask(&pages, &marta, &Method::POST, &path, 0).await;
        if is_taken.status == StatusCode::METHOD_NOT_ALLOWED {
            continue;
        }
        // As long as the largest table and more; nothing of it needs to be read to be refused.
        let length = house.config.web.max_table.bytes() + 1;
        let answer = ask(&pages, &marta, &Method::POST, &path, length).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{asked}");
        is_dressed(&answer, &asked);
        refused += 1;
    }
    assert!(refused > 20, "{refused} routes take a body");
}

/// Whether an answer to a path that climbs is a refusal, or the way back to a page of our own.
fn is_harmless(answer: &Answer) -> bool {
    let to = answer.header("location");
    let is_way_back =
        to.starts_with('/') && !to.starts_with("//") && !to.contains("..") && !to.contains('\\');
    match answer.status {
        StatusCode::BAD_REQUEST
        | StatusCode::NOT_FOUND
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN => true,
        status => status.is_redirection() && is_way_back,
    }
}

#[tokio::test]
async fn a_path_that_climbs_leads_to_no_file_and_to_no_other_site() {
    let (house, marta) = busy_house().await;
    let pages = router(house.app());
    let mut tried = Vec::new();
    for route in routes() {
        for (place, text) in
            (0..places(&route)).flat_map(|place| CLIMBING.iter().map(move |text| (place, *text)))
        {
            tried.push(filled(&route, Some(place), text));
        }
        // Behind a page that is one, too.
        let page = filled(&route, None, "");
        tried.extend(["/../../../etc/passwd", "/..%2f..%2ftreasure"].map(|behind| format!("{page}{behind}")));
    }
    tried.extend(
        [
            "/../treasure",
            "//etc/passwd",
            "/log/tile//etc/passwd",
            "/%2e%2e/treasure",
        ]
        .map(str::to_owned),
    );
    assert!(tried.len() > 500);
    for path in tried {
        let answer = ask(&pages, &marta, &Method::GET, &path, 0).await;
        assert!(
            is_harmless(&answer),
            "{path}: {} {}",
            answer.status,
            answer.header("location")
        );
        is_dressed(&answer, &path);
        assert_eq!(answer.header("x-smuggled"), "", "{path}");
        if path != ENDLESS {
            let body = to_bytes(answer.body, LONGEST).await.unwrap();
            let body = String::from_utf8_lossy(&body);
            assert!(
                !body.contains(TREASURE) && !body.contains("root:"),
                "{path}: {body}"
            );
        }
    }
}
