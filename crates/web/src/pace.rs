//! How often one client may look up and change something.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::api;
use crate::app::{Client, Shared};
use crate::failure::Failure;
use crate::host;

/// Where paths begin that tell of single addresses.
const LOOKUPS: [&str; 4] = ["/ip", "/name/", "/api/v1/ip/", "/api/v1/contact/"];

/// Where the files of the public log begin.
const TILES: &str = "/log/tile/";
/// Files of the public log for one client in a minute: whoever checks a log of millions reads thousands, each the work of a millisecond.
pub(crate) const TILES_PER_MINUTE: u32 = 3_000;

/// Lets each client change something only so often.
pub(crate) async fn limit_posts(
    State(shared): State<Shared>,
    Client(client): Client,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    if request.method() == Method::POST && !shared.limiter.admits(client, shared.app.clock.now()) {
        return Err(Failure::TooOften);
    }
    Ok(next.run(request).await)
}

/// Whether a client may fetch all of the list, and has come by a name of ours: no page of others reads it out in his browser.
fn is_trusted(client: IpAddr, request: &Request, shared: &Shared) -> bool {
    let config = &shared.app.config;
    api::is_open_to(client, request, &config.web) && host::check(config, request).is_ok()
}

/// Lets each client look up only so often, so that nobody reads the list out by its pages. Who may fetch all of it is not held up.
pub(crate) async fn limit_lookups(
    State(shared): State<Shared>,
    Client(client): Client,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let path = request.uri().path();
    let is_lookup = request.method() != Method::POST && LOOKUPS.iter().any(|begin| path.starts_with(begin));
    if is_lookup
        && !is_trusted(client, &request, &shared)
        && !shared.lookups.admits(client, shared.app.clock.now())
    {
        return Err(Failure::TooOften);
    }
    if path.starts_with(TILES) && !shared.tiles.admits(client, shared.app.clock.now()) {
        return Err(Failure::TooOften);
    }
    Ok(next.run(request).await)
}
