//! Secrets that were just made, on the page that shows them this once: a key, or a key and a secret.

use axum::response::Response;
use serde_json::Value;

use super::act::{Deeds, perform_for_secret};
use crate::app::Shared;
use crate::console::access::Visitor;
use crate::failure::Failure;

/// What was made, for whom; the templates call it `made`.
pub(super) struct Made {
    pub(super) title: String,
    /// Each with what it is; without a word where there is one alone.
    pub(super) secrets: Vec<(&'static str, String)>,
}

/// Makes a key, and gives it with the name of who it is for. Where it was refused or failed, the way back to a page that says so.
pub(super) async fn make_key(
    shared: &Shared,
    visitor: &Visitor,
    deeds: Deeds,
    back: &str,
) -> Result<Result<(String, String), Response>, Failure> {
    let name = deeds.target.clone();
    match perform_for_secret(shared, visitor, deeds, back).await? {
        Ok(Value::String(key)) => Ok(Ok((name, key))),
        Ok(_no_key) => Err(Failure::Internal),
        Err(refused) => Ok(Err(refused)),
    }
}
