//! What stands between the network and the pages: limits, protection against other sites, headers.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::Shared;
use crate::compression::Uncompressed;
use crate::console;

/// Where the link of a notice leads. Mail programs press the button there by themselves, from another origin (RFC 8058); the token
/// in the path is the credential.
pub(crate) const STOP_PATH: &str = "/notices/stop/";

/// The headers of every answer.
///
/// `same-origin` and not `no-referrer`: with the latter, browsers send `Origin: null` with our own forms, and where the pages are
/// served without TLS there is no `Sec-Fetch-Site` either to tell them from forms of other sites.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    ),
];

/// What a request may take, and from where its forms come.
pub(crate) struct Bounds {
    /// The largest body.
    pub(crate) body: usize,
    /// Requests worked on at the same time.
    pub(crate) at_once: usize,
    /// How long one may take.
    pub(crate) time: Duration,
    /// Where the pages are reached from outside.
    pub(crate) url: String,
}

impl Bounds {
    /// Those of the public pages.
    pub(crate) fn of_pages(shared: &Shared) -> Self {
        let web = &shared.app.config.web;
        Self {
            body: web.max_body.bytes(),
            at_once: usize::try_from(web.max_requests).unwrap_or(usize::MAX),
            time: web.request_timeout.duration(),
            url: shared.app.config.public_url.clone(),
        }
    }
}

/// Puts the limits around pages, the outermost last.
pub(crate) fn guarded(pages: Router<Shared>, bounds: &Bounds) -> Router<Shared> {
    pages
        .layer(RequestBodyLimitLayer::new(bounds.body))
        .layer(same_site(&bounds.url))
        .layer(GlobalConcurrencyLimitLayer::new(bounds.at_once))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            bounds.time,
        ))
        .layer(CatchPanicLayer::new())
}

/// Refuses what other sites send in the name of their visitors. The public address of the pages is trusted too, because behind a proxy
/// that rewrites `Host` it is the only one that browsers know.
fn same_site(public_url: &str) -> CsrfLayer {
    let layer = CsrfLayer::new().with_insecure_bypass(|_method, uri| uri.path().starts_with(STOP_PATH));
    match origin(public_url).map(|origin| layer.clone().add_trusted_origin(origin)) {
        Some(Ok(trusting)) => trusting,
        // The configuration was checked before; without the public address the request's own host still counts.
        Some(Err(_)) | None => layer,
    }
}

/// The origin of a URL (RFC 6454): scheme, host and port.
fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

/// The console listens to what is new, too; nothing else there is looser.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'";

/// The pages that speak of the list as a whole, and so may be found by search engines. Nobody's address is to be found there as
/// "listed" years later.
const FINDABLE: [&str; 7] = ["/", "/use", "/policy", "/data", "/log", "/stats", "/feedback"];

/// Where paths begin that have a ticket in them, which opens the page of a network or a mailbox to whoever has it.
const WITH_TICKET: [&str; 4] = [
    "/network",
    "/api/v1/network",
    "/feedback/mine",
    "/console/welcome",
];

/// Where paths begin whose answers hold what others must not guess: packed, their length would tell of it to whoever makes a reader ask for
/// guesses (BREACH). Exports are sent as they lie in a file, in parts.
const WITH_SECRET: [&str; 7] = [
    console::ROOT,
    console::API,
    "/network",
    "/notices",
    "/feedback",
    "/api/v1/network",
    "/api/v1/export",
];

/// Adds the headers of every answer.
pub(crate) async fn add_headers(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_findable = FINDABLE.contains(&path);
    let is_console = path.starts_with(console::ROOT);
    // Without TLS, what the comment at `HEADERS` says holds here too, and the ticket is in the open anyway.
    let config = &shared.app.config;
    let url = if is_console {
        config.console_url()
    } else {
        &config.public_url
    };
    let has_ticket = WITH_TICKET.iter().any(|begin| path.starts_with(begin)) && url.starts_with("https://");
    let is_secret = WITH_SECRET.iter().any(|begin| path.starts_with(begin));
    let mut response = next.run(request).await;
    if is_secret {
        response.extensions_mut().insert(Uncompressed);
    }
    if has_ticket {
        let none = HeaderValue::from_static("no-referrer");
        response.headers_mut().insert(REFERRER_POLICY, none);
    }
    if !is_findable {
        response
            .headers_mut()
            .insert("x-robots-tag", HeaderValue::from_static("noindex"));
    }
    if is_console {
        let policy = HeaderValue::from_static(CONSOLE_POLICY);
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in HEADERS {
        // A file that brings its own style says itself what it may do.
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
