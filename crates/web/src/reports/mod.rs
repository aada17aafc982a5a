//! Reports in the forms that existing tools send, so that one is pointed here by changing its host: the calls of AbuseIPDB v2 under
//! `/api/v2/`, and the form of blocklist.de.
//!
//! Every call has a key (see [`Reporters`]). Answers, errors and headers have the shapes of the services that are stood in for. A report is
//! acknowledged once it is on disk. What a report means stands in `atalaya-observe`; what comes of it, in `decide`.

mod admission;
mod answer;
mod blacklist;
mod blocklist_de;
mod bulk;
mod look;
mod report;
mod reporters;

use atalaya_formats::reports::Form;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::routing::{delete, get, post};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::Shared;

pub(crate) use self::answer::refuse;
pub(crate) use self::blacklist::{MOST as MOST_ENTRIES, USUAL as USUAL_ENTRIES};
pub(crate) use self::look::{MOST_AGE, MOST_LOOKED_AT, MOST_ON_PAGE, USUAL_AGE, USUAL_ON_PAGE};
pub use self::reporters::{
    BadReporters, NewReporter, Quota, Reporter, ReporterFile, Reporters, Scope, Scopes, Used,
};

/// Where the calls of AbuseIPDB begin.
pub(crate) const ROOT: &str = "/api/v2/";
/// The largest body of a call: a form with a long log.
const MAX_FORM: usize = 256 << 10;
/// Tables that are read at the same time.
const TABLES_AT_ONCE: usize = 2;

/// The parameters that stand in the address of a call.
fn query_of(uri: &Uri) -> Form<'_> {
    Form::read(uri.query().unwrap_or_default().as_bytes())
}

/// The routes, within limits of their own.
pub(crate) fn routes(shared: &Shared) -> Router<Shared> {
    let web = &shared.app.config.web;
    let limited = |routes: Router<Shared>, body: usize, at_once: usize, period| {
        let late = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, period);
        routes
            .layer(DefaultBodyLimit::disable())
            .layer(RequestBodyLimitLayer::new(body))
            .layer(GlobalConcurrencyLimitLayer::new(at_once))
            .layer(late)
            .layer(CatchPanicLayer::new())
    };
    let calls = Router::new()
        .route("/api/v2/check", get(look::check))
        .route("/api/v2/check-block", get(look::check_block))
        .route("/api/v2/reports", get(look::reports))
        .route("/api/v2/blacklist", get(blacklist::blacklist))
        .route("/api/v2/report", post(report::report))
        .route("/api/v2/clear-address", delete(report::clear))
        .route("/en/httpreports.html", post(blocklist_de::report))
        .route("/httpreports.php", post(blocklist_de::report));
    let tables = Router::new().route("/api/v2/bulk-report", post(bulk::report));
    let at_once = usize::try_from(web.max_requests).unwrap_or(usize::MAX);
    let calls = limited(calls, MAX_FORM, at_once, web.request_timeout.duration());
    let table = web.max_table.bytes();
    calls.merge(limited(tables, table, TABLES_AT_ONCE, bulk::LONGEST))
}
