//! Taking back what was done by hand: each act by its contrary, with what stood there before, once. Rules that were saved lead to the page on which the
//! former ones are tried.

use atalaya_model::{Act, AllowEntry, Listing, Prefix, Timestamp};
use atalaya_store::{DeedId, KeptDeed};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::act::{Deeds, MAIL, is_undoable, perform, role_of_undoing};
use super::hand::{allowed, back_to, listed, prefix_of};
use super::{keys, rules_back, set_contacts, suppressed, traps};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor};
use crate::console::operations::Order;
use crate::failure::Failure;

/// Which deed is to be taken back.
#[derive(Deserialize)]
pub(super) struct Undo {
    deed: u64,
}

/// `POST /console/undo`.
pub(super) async fn undo(State(shared): State<Shared>, posted: Posted<Undo>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(MAIL)?;
    let kept = shared.app.store.deed(DeedId(form.deed)).await?;
    let kept = kept.filter(is_undoable).ok_or(Failure::NotFound)?;
    visitor.needs(role_of_undoing(kept.deed.act))?;
    if kept.deed.act == Act::SaveRules {
        let page = visitor.reader.link_to(&rules_back::path(kept.id));
        return Ok(Redirect::to(&page).into_response());
    }
    let (deeds, back) = match kept.deed.act {
        Act::Suppress | Act::Unsuppress => suppressed::contrary(&shared, &kept).await?,
        Act::SetContact | Act::UnsetContact => set_contacts::contrary(&shared, &kept).await?,
        Act::AddTrap | Act::RemoveTrap => traps::contrary(&shared, &kept).await?,
        Act::MakeKey | Act::ChangeKey | Act::RevokeKey => keys::contrary(&shared, &kept).await?,
        _ => of_the_list(&shared, &visitor, &kept).await?,
    };
    perform(&shared, &visitor, deeds, &back).await
}

/// What takes back an act on the list.
async fn of_the_list(shared: &Inner, visitor: &Visitor, kept: &KeptDeed) -> Result<(Deeds, String), Failure> {
    let prefix = prefix_of(&kept.deed.target).ok_or(Failure::Internal)?;
    let reason = (visitor.reader.texts().console.list.undo_reason)(&kept.id.to_string());
    let now = shared.app.clock.now();
    let (act, orders) =
        contrary(kept.deed.act, prefix, &kept.deed.details, (reason, now)).ok_or(Failure::BadRequest)?;
    let before = match act {
        Act::List | Act::Unlist => json!(listed(shared, &prefix).await?),
        _ => json!(allowed(shared, &prefix).await?),
    };
    let deeds = Deeds {
        act,
        target: prefix.to_string(),
        details: json!({ "class": kept.deed.details.get("class"), "before": before }),
        undoes: Some(kept.id),
        orders,
    };
    Ok((deeds, back_to(&prefix)))
}

/// What takes an act back: what it is, and the orders. What has ended in the meantime does not come back.
fn contrary(
    act: Act,
    prefix: Prefix,
    details: &Value,
    (reason, now): (String, Timestamp),
) -> Option<(Act, Vec<Order>)> {
    let before = details.get("before").unwrap_or(&Value::Null);
    let class = details
        .get("class")
        .and_then(|class| serde_json::from_value(class.clone()).ok());
    let relist = |listings: Vec<Listing>| {
        let stands = |listing: &Listing| !listing.is_over(now);
        let order = |listing: Listing| Order::List {
            prefix,
            class: listing.class,
            reason: listing.reason,
            until: listing.until,
        };
        listings.into_iter().filter(stands).map(order).collect::<Vec<_>>()
    };
    let entry = || serde_json::from_value::<Option<AllowEntry>>(before.clone()).ok();
    let allow = |entry: AllowEntry| Order::Allow {
        prefix,
        reason: entry.reason,
        until: entry.until,
    };
    match act {
        Act::List => {
            let again = relist(serde_json::from_value(before.clone()).unwrap_or_default());
            let unlist = || Order::Unlist {
                prefix,
                class,
                reason,
            };
            Some(if again.is_empty() {
                (Act::Unlist, vec![unlist()])
            } else {
                (Act::List, again)
            })
        }
        Act::Unlist => {
            let again = relist(serde_json::from_value(before.clone()).ok()?);
            (!again.is_empty()).then_some((Act::List, again))
        }
        Act::Allow => Some(match entry()? {
            Some(earlier) => (Act::Allow, vec![allow(earlier)]),
            None => (Act::Disallow, vec![Order::Disallow { prefix, reason }]),
        }),
        Act::Disallow => entry()?.map(|earlier| (Act::Allow, vec![allow(earlier)])),
        _ => None,
    }
}
