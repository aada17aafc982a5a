//! The pages of the console: how things are, what is listed, what was seen, what a person does about it, the rules, and whom mail goes to.

mod about;
mod act;
mod allowed;
mod contacts;
mod evidence;
mod exceptions;
mod feedback;
mod feeds;
mod forms;
mod hand;
mod jobs;
mod keys;
mod listings;
mod made;
mod outbox;
mod overview;
mod read_out;
mod replies;
mod reporters;
mod rows;
mod rules;
mod rules_back;
mod sealed;
mod set_contacts;
mod suppressed;
mod tabs;
mod traps;
mod undo;

use axum::Router;
use axum::routing::{get, post};

use crate::app::Shared;

pub use act::MAX_ANSWER;
pub(crate) use act::{is_undoable, role_of_undoing};
pub(super) use forms::cut;
pub use rules::MAX_RULES;

/// The routes of the pages.
pub(crate) fn routes() -> Router<Shared> {
    sources()
        .route("/console", get(overview::overview))
        .route("/console/live", get(overview::live))
        .route("/console/listings", get(listings::listings))
        .route("/console/allowed", get(allowed::allowed))
        .route("/console/about", get(about::about))
        .route("/console/evidence/{id}", get(evidence::evidence))
        .route(
            "/console/evidence/{id}/sealed",
            get(sealed::form).post(sealed::unseal),
        )
        .route("/console/by-hand", get(hand::by_hand))
        .route("/console/list", post(hand::list))
        .route("/console/unlist", post(hand::unlist))
        .route("/console/allow", post(hand::allow))
        .route("/console/disallow", post(hand::disallow))
        .route("/console/undo", post(undo::undo))
        .route("/console/rules", get(rules::rules))
        .route("/console/rules/try", post(rules::try_rules))
        .route("/console/rules/save", post(rules::save))
        .route("/console/exceptions", get(exceptions::exceptions))
        .route("/console/exceptions/grant", post(exceptions::grant))
        .route("/console/exceptions/refuse", post(exceptions::refuse))
        .route("/console/outbox", get(outbox::outbox))
        .route("/console/outbox/{id}", get(outbox::mail))
        .route("/console/outbox/retry", post(outbox::retry))
        .route("/console/outbox/drop", post(outbox::drop_it))
        .route("/console/suppressed", get(suppressed::suppressed))
        .route("/console/replies", get(replies::replies))
        .route("/console/replies/{id}", get(replies::reply))
        .route("/console/replies/settle", post(replies::settle))
        .route("/console/feedback", get(feedback::feedback))
        .route("/console/feedback/enrol", post(feedback::enrol))
        .route("/console/feedback/rotate", post(feedback::rotate))
        .route("/console/feedback/approve", post(feedback::approve))
        .route("/console/feedback/prove", post(feedback::prove))
        .route("/console/feedback/end", post(feedback::end))
        .route(
            "/console/contacts",
            get(contacts::contacts).post(contacts::search),
        )
        .route("/console/contacts/by-hand", get(set_contacts::set_contacts))
        .route("/console/contacts/set", post(set_contacts::set))
        .route("/console/contacts/unset", post(set_contacts::unset))
        .route("/console/jobs", get(jobs::jobs))
        .route("/console/jobs/retry", post(jobs::retry))
        .route("/console/suppress", post(suppressed::suppress))
        .route("/console/unsuppress", post(suppressed::unsuppress))
}

/// Those of what tells us, and who asks.
fn sources() -> Router<Shared> {
    Router::new()
        .route("/console/traps", get(traps::traps))
        .route("/console/traps/add", post(traps::add))
        .route("/console/traps/remove", post(traps::remove))
        .route("/console/reporters", get(reporters::reporters))
        .route("/console/reporters/add", post(reporters::add))
        .route("/console/reporters/rotate", post(reporters::rotate))
        .route("/console/reporters/revoke", post(reporters::revoke))
        .route("/console/keys", get(keys::keys))
        .route("/console/keys/add", post(keys::add))
        .route("/console/keys/renew", post(keys::renew))
        .route("/console/keys/revoke", post(keys::revoke))
        .route("/console/feeds", get(feeds::feeds))
        .route("/console/feeds/release", post(feeds::release))
}
