//! What the pages and the API share, and which path leads where.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use atalaya_decide::RulesInForce;
use atalaya_delist::DelistConfig;
use atalaya_formats::redact::SharedTrapNames;
use atalaya_formats::signatures::Matcher;
use atalaya_model::Clock;
use atalaya_net::Resolver;
use atalaya_notify::Feedback;
use atalaya_publish::{PublicLog, PublishConfig, Zone};
use atalaya_stats::Statistics;
use atalaya_store::Store;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::middleware;
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;

use crate::console::access::Door;
use crate::console::access::keep::FactorKey;
use crate::console::{self, ConsoleConfig, Operations, Pulse, Watchers};
use crate::exports::Exports;
use crate::gate::Gate;
use crate::limiter::Limiter;
use crate::lookup::{Lookup, LookupLimits};
use crate::shield::Bounds;
use crate::{
    Reporters, WebConfig, api, assets, client, compression, failure, health, meters, pace, pages, reports,
    shield,
};

/// What the pages and the API need.
#[derive(Clone)]
pub struct App {
    /// Evidence, history, removals, notices.
    pub store: Store,
    /// Listed or not: the zone that DNS answers from.
    pub zone: Arc<Zone>,
    /// Tells the time.
    pub clock: Clock,
    /// Who may report, and who may ask by the same calls.
    pub reporters: Arc<Reporters>,
    /// What was counted, by day.
    pub statistics: Arc<Statistics>,
    /// Who is told of every message from his addresses.
    pub feedback: Arc<Feedback>,
    /// The public log of decisions, where it is kept.
    pub log: Option<Arc<PublicLog>>,
    /// Does what the console asks for.
    pub operations: Arc<dyn Operations>,
    /// Opens the second factors.
    pub factors: FactorKey,
    /// Gives the text of `/metrics`.
    pub metrics: PrometheusHandle,
    /// The configuration.
    pub config: AppConfig,
}

/// Whether the contacts of listed networks are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Telling {
    /// There is no relay: notices stay with the operator, and pages do not speak of them.
    #[default]
    Silent,
    /// By mail.
    ByMail,
}

/// The sections of the configuration that pages follow or show.
#[derive(Debug, Clone, Default)]
pub struct AppConfig {
    /// Where the pages are reached from outside. Forms that come from there are ours, whatever a proxy makes of `Host`.
    pub public_url: String,
    /// Whether networks are told.
    pub telling: Telling,
    /// The pages themselves.
    pub web: WebConfig,
    /// The rules of leaving.
    pub delist: DelistConfig,
    /// The rules of listing, for the policy.
    pub rules: RulesInForce,
    /// The zone: its name and how long answers are remembered.
    pub publish: PublishConfig,
    /// The names of the traps, which no page may show.
    pub traps: SharedTrapNames,
    /// Names the systems of those who sent.
    pub signatures: Arc<Matcher>,
    /// Finds the addresses of domains that are looked up; without it only addresses are.
    pub resolver: Option<Resolver>,
    /// The zone in which contacts are asked for, where there is one.
    pub contact_zone: Option<String>,
    /// The folder for exports that are being fetched; nobody else writes there, and nothing in it is missed.
    pub exports: PathBuf,
    /// The console of those who operate the list.
    pub console: ConsoleConfig,
}

impl AppConfig {
    /// Where the console is reached from outside.
    #[must_use]
    pub fn console_url(&self) -> &str {
        let own = self.console.url.as_deref();
        own.unwrap_or(match self.console.listen {
            // Nobody said where; what is reached by the socket has no TLS.
            Some(_) => "",
            None => &self.public_url,
        })
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// What every request sees.
pub(crate) struct Inner {
    pub(crate) app: App,
    pub(crate) lookup: Lookup,
    pub(crate) limiter: Limiter,
    /// Counts look-ups.
    pub(crate) lookups: Limiter,
    /// Counts look-ups of domains, which cost others questions.
    pub(crate) names: Limiter,
    /// Stands before removals.
    pub(crate) gate: Gate,
    /// Counts the files of the public log.
    pub(crate) tiles: Limiter,
    /// Counts the calls without a valid key.
    pub(crate) wrong_keys: Limiter,
    /// Counts the calls of those who enrolled.
    pub(crate) pulls: Limiter,
    pub(crate) exports: Exports,
    /// Who makes a picture or a report, and who waits.
    pub(crate) drawing: pages::Turns,
    /// Pages that make proofs of the public log.
    pub(crate) proving: Semaphore,
    /// How things are, for the overview of the console.
    pub(crate) pulse: Pulse,
    /// Those who watch it live.
    pub(crate) live: Watchers,
    /// Who signs in at the console.
    pub(crate) door: Door,
}

/// Look-ups of domains by one client in a minute: each is up to 18 questions to strangers.
const NAMES_PER_MINUTE: u32 = 10;

/// The state of the router.
pub(crate) type Shared = Arc<Inner>;

/// The address of the client, for the limits.
pub(crate) struct Client(pub(crate) IpAddr);

impl FromRequestParts<Shared> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Self::Rejection> {
        let trusted = &shared.app.config.web.trusted_proxies;
        Ok(Self(client::address(&parts.extensions, &parts.headers, trusted)))
    }
}

/// What every request to these pages shares.
fn shared(app: App) -> Shared {
    let limits = LookupLimits::new(&app.config.web, &app.config.delist);
    Arc::new(Inner {
        lookup: Lookup::new(app.store.clone(), Arc::clone(&app.zone), limits, &app.config),
        limiter: Limiter::new(app.config.web.posts_per_minute),
        lookups: Limiter::new(app.config.web.lookups_per_minute),
        names: Limiter::new(NAMES_PER_MINUTE),
        tiles: Limiter::new(pace::TILES_PER_MINUTE),
        gate: Gate::new(app.config.web.unsolved_removals_per_hour),
        wrong_keys: Limiter::new(app.config.web.wrong_keys_per_minute),
        pulls: Limiter::new(api::PULLS_PER_MINUTE),
        exports: Exports::new(app.config.exports.clone()),
        drawing: pages::Turns::new(),
        proving: Semaphore::new(pages::MOST_PROVING),
        pulse: Pulse::default(),
        live: Watchers::default(),
        door: Door::new(&app.config.console),
        app,
    })
}

/// Every page and the API; the console too, where it has no socket of its own.
pub fn router(app: App) -> Router {
    let shared = shared(app);
    let public = Router::new()
        .route("/", get(pages::home))
        .merge(lookups())
        .route("/policy", get(pages::policy))
        .route("/use", get(pages::using))
        .route("/data", get(pages::open_data))
        .route("/api", get(pages::api))
        .route("/stats", get(pages::overview))
        .route("/stats/{first}", get(pages::day))
        .route("/stats/{first}/{second}", get(pages::days_or_file))
        .route("/stats/{first}/{second}/{file}", get(pages::file_of_days))
        .route("/api/v1/stats", get(pages::api_list))
        .route("/api/v1/stats/{first}", get(pages::api_day))
        .route("/api/v1/stats/{first}/{last}", get(pages::api_days))
        .route("/notices/stop/{token}", get(pages::stop).post(pages::stopped))
        .merge(log())
        .merge(networks())
        .merge(feedback())
        .route("/api/openapi.json", get(api::openapi))
        .route("/api/v1/contact/{address}", get(api::contact))
        .route("/data/abuse-contact-finder/data.json", get(api::ripestat))
        .route("/api/v1/export/{format}", get(api::export))
        .route("/api/v1/feedback/events", get(api::events))
        .route("/api/v1/feedback/summary.csv", get(api::summary))
        .fallback(|| async { failure::Failure::NotFound })
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            pace::limit_lookups,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            pace::limit_posts,
        ));
    let public = shield::guarded(public, &Bounds::of_pages(&shared)).merge(reports::routes(&shared));
    let all = match shared.app.config.console.listen {
        Some(_) => public,
        None => public.merge(console::routes(&shared)),
    };
    dressed(all, shared)
}

/// The console alone, for a socket of its own.
pub(crate) fn console_router(app: App) -> Router {
    let shared = shared(app);
    let all = console::routes(&shared).fallback(|| async { failure::Failure::NotFound });
    dressed(all, shared)
}

/// Puts around all pages what each of them has.
fn dressed(pages: Router<Shared>, shared: Shared) -> Router {
    pages
        .merge(plumbing())
        .layer(middleware::from_fn(meters::measure))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            failure::dress,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            shield::add_headers,
        ))
        .layer(compression::layer())
        .with_state(shared)
}

/// Looking up, and leaving.
fn lookups() -> Router<Shared> {
    Router::new()
        .route("/ip", get(pages::search))
        .route("/ip/{address}", get(pages::address))
        .route("/ip/{address}/{length}", get(pages::range))
        .route("/name/{name}", get(pages::domain))
        .route(
            "/ip/{address}/remove",
            post(pages::remove).get(pages::back_to_address),
        )
        .route("/api/v1/ip/{address}", get(api::show))
        .route("/api/v1/ip/{address}/removal", post(api::remove))
        .route("/api/v1/ip/{address}/{length}", get(pages::api_range))
}

/// The public log, and the proofs that stand in it.
fn log() -> Router<Shared> {
    Router::new()
        .route("/log", get(pages::log))
        .route("/log/checkpoint", get(pages::checkpoint))
        .route("/log/key", get(pages::key))
        .route("/log/tile/{*path}", get(pages::tile))
        .route("/ip/{address}/proof", get(pages::proof))
        .route("/api/v1/ip/{address}/proof", get(pages::api_proofs))
        .route("/api/v1/ip/{address}/proof/{serial}", get(pages::api_proof))
}

/// Outside of the limits of work: these are asked when everything else is stuck, and cost nothing.
fn plumbing() -> Router<Shared> {
    Router::new()
        .route("/style.css", get(assets::style))
        .route("/removal.js", get(assets::script))
        .route("/console.css", get(assets::console_style))
        .route("/console.js", get(assets::console_script))
        .route("/mark.svg", get(assets::mark))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// The page of a network, which is opened by the link in a notice.
fn networks() -> Router<Shared> {
    Router::new()
        .route("/network", get(pages::ask_link).post(pages::link_asked))
        .route("/network/{ticket}", get(pages::network))
        .route(
            "/network/{ticket}/fixed",
            post(pages::network_fixed).get(pages::back_to_network),
        )
        .route(
            "/network/{ticket}/not-ours",
            post(pages::network_not_ours).get(pages::back_to_network),
        )
        .route(
            "/network/{ticket}/exception",
            post(pages::network_exception).get(pages::back_to_network),
        )
        .route("/network/{ticket}/ip/{address}", get(pages::network_address))
        .route("/network/{ticket}/addresses.csv", get(pages::network_csv))
        .route("/api/v1/network/{ticket}", get(pages::api_network))
}

/// Enrolling in the feedback loop, and what is enrolled by the link of a mail.
fn feedback() -> Router<Shared> {
    Router::new()
        .route("/feedback", get(pages::form).post(pages::asked))
        .route("/feedback/link", get(pages::back_to_form).post(pages::page_asked))
        .route("/feedback/mine/{ticket}", get(pages::mine))
        .route(
            "/feedback/mine/{ticket}/{step}",
            post(pages::step).get(pages::back_to_mine),
        )
}
