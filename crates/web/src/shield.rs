//! What stands between the network and the pages: limits, protection against other sites, headers.

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

/// Puts the limits around the pages, the outermost last.
pub(crate) fn guarded(pages: Router<Shared>, shared: &Shared) -> Router<Shared> {
    let web = &shared.app.config.web;
    let max_requests = usize::try_from(web.max_requests).unwrap_or(usize::MAX);
    pages
        .layer(RequestBodyLimitLayer::new(web.max_body.bytes()))
        .layer(same_site(&shared.app.config.public_url))
        .layer(GlobalConcurrencyLimitLayer::new(max_requests))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            web.request_timeout.duration(),
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

/// The pages that speak of the list as a whole, and so may be found by search engines. Nobody's address is to be found there as
/// "listed" years later.
const FINDABLE: [&str; 6] = ["/", "/use", "/policy", "/data", "/stats", "/feedback"];

/// Where paths begin that have a ticket in them, which opens the page of a network or a mailbox to whoever has it.
const WITH_TICKET: [&str; 3] = ["/network", "/api/v1/network", "/feedback/mine"];

/// Where paths begin whose answers hold what others must not guess: packed, their length would tell of it to whoever makes a reader ask for
/// guesses (BREACH). Exports are sent as they lie in a file, in parts.
const WITH_SECRET: [&str; 5] = [
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
    // Without TLS, what the comment at `HEADERS` says holds here too, and the ticket is in the open anyway.
    let has_ticket = WITH_TICKET.iter().any(|begin| path.starts_with(begin))
        && shared.app.config.public_url.starts_with("https://");
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
    for (name, value) in HEADERS {
        // A file that brings its own style says itself what it may do.
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
