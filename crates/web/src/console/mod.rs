//! The console of those who operate the list, under `/console`: who may enter (`access`), what stands around each page (`layout`), and the pages
//! (`pages`).
//!
//! Every handler takes a [`Visitor`](access::Visitor), who is signed in, and asks for the role that it [needs](access::Visitor::needs); forms come as
//! [`Posted`](access::Posted). What changes anything is written into the audit trail before it is done.

pub(crate) mod access;
mod allowing;
mod calls;
mod config;
mod layout;
mod looking;
mod operations;
mod pages;
mod reading;
mod watchers;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;

use std::sync::Arc;
use std::time::Duration;

use crate::app::{Client, Shared};
use crate::client::is_veiled;
use crate::failure::Failure;
use crate::host;
use crate::shield::{self, Bounds};

pub use config::{ConsoleConfig, SecondFactor};
pub(crate) use layout::{ConsoleFrame, NavLink, Place};
pub use operations::{
    Answering, ContactShown, ContactsOrder, EvidenceOrder, ExceptionsOrder, FeedbackOrder, JobsOrder,
    KeyShown, KeysOrder, Nobody, Operations, Order, OthersShown, OutboxOrder, RepliesOrder, ReporterShown,
    ReportersOrder, RulesOrder, RulesShown, SealedEvidence, SealedFor, SetContactsOrder, StepShown,
    SuppressOrder, TrapShown, TrapsOrder,
};
pub use pages::{MAX_ANSWER, MAX_RULES};
pub(crate) use reading::Pulse;
pub(crate) use watchers::{WatchPlace, Watchers};

/// Where the console begins.
pub(crate) const ROOT: &str = "/console";
/// Where the calls for programs begin.
pub(crate) const API: &str = "/api/v1/console";
/// The largest body of any form: a file of rules with room to grow. What a form takes is bounded by [`access::Posted`].
const MAX_BODY: usize = 1 << 20;
/// Requests worked on at the same time: a handful of people, each with a page or two.
const AT_ONCE: usize = 64;
/// How long a request may take: a simulation over weeks of observations is the longest.
const LONGEST: Duration = Duration::from_secs(60);

/// The routes of the console, for those who may reach it.
pub(crate) fn routes(shared: &Shared) -> Router<Shared> {
    let routes = access::routes().merge(pages::routes()).merge(calls::routes());
    let bounds = Bounds {
        body: MAX_BODY,
        at_once: AT_ONCE,
        time: LONGEST,
        url: shared.app.config.console_url().to_owned(),
    };
    let door = middleware::from_fn_with_state(Arc::clone(shared), door);
    shield::guarded(routes.layer(DefaultBodyLimit::disable()), &bounds).layer(door)
}

/// Tells everybody else that there is no such page, and those who may come that they came by a name that is not ours. A proxy that is not known as
/// one, or that names nobody, makes every stranger look like this machine.
async fn door(
    State(shared): State<Shared>,
    Client(client): Client,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let config = &shared.app.config;
    let is_hidden = is_veiled(
        request.extensions(),
        request.headers(),
        &config.web.trusted_proxies,
    );
    if is_hidden
        || !config
            .console
            .clients
            .iter()
            .any(|prefix| prefix.contains(client))
    {
        return Err(Failure::NotFound);
    }
    host::check(config, &request)?;
    Ok(next.run(request).await)
}
