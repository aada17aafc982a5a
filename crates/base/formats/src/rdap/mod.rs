//! RDAP answers about a network, its number, or a domain (RFC 9083) and the bootstrap files that say whom to ask (RFC 9224).
//!
//! In: the body of an answer, whatever it holds. Out: the range it speaks for and the mailboxes that may be its abuse contact. What has
//! the wrong type is passed over, because every registry breaks the standard somewhere; what is missing altogether is an error. Depth
//! is bounded by the JSON reader (128) and, for entities inside entities, by `entity::MAX_DEPTH`.

mod autnum;
mod bootstrap;
mod domain;
mod entity;
mod jcard;
mod network;
mod retry;

pub use autnum::{Autnum, read_autnum};
pub use bootstrap::Bootstrap;
pub use domain::{Domain, read_domain};
pub use network::Network;
pub use retry::retry_after;

use serde_json::Value;

use crate::mailbox::Mailbox;

/// Longest text that is taken from an answer, in characters: names are shown to people.
const MAX_TEXT: usize = 120;

/// Why a body is no answer about a network.
#[derive(Debug, thiserror::Error)]
pub enum RdapError {
    /// The body is not JSON, or nested too deeply.
    #[error("the answer is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// The server answers with an error object (RFC 9083 section 6).
    #[error("the server answers with error {code}: {title}")]
    Error {
        /// The error code, usually the HTTP status.
        code: u64,
        /// What it says.
        title: String,
    },
    /// The answer speaks of something else, or does not say which addresses it speaks for.
    #[error("the answer names no range of addresses")]
    NotANetwork,
    /// The answer speaks of something else than the number of a network, or does not say of which.
    #[error("the answer names no number of a network")]
    NotAnAutnum,
    /// The answer speaks of something else than a domain.
    #[error("the answer names no domain")]
    NotADomain,
    /// The bootstrap file holds no usable entry.
    #[error("the bootstrap file names no server")]
    NoServers,
}

/// Reads an answer about a network.
///
/// # Errors
/// If the body is no such answer. Parts that are wrong inside a right answer are passed over.
pub fn read(body: &[u8]) -> Result<Network, RdapError> {
    let value = parse(body)?;
    Network::from_json(&value).ok_or(RdapError::NotANetwork)
}

/// Reads an answer about the abuse entity of a network: its mailboxes, all of them named for abuse by whoever linked to it.
///
/// # Errors
/// If the body is not JSON or an error object.
pub fn read_abuse_entity(body: &[u8]) -> Result<Vec<Mailbox>, RdapError> {
    let value = parse(body)?;
    Ok(entity::mailboxes_of_abuse_entity(&value))
}

/// Parses JSON leniently: a byte order mark and stray bytes are tolerated.
fn parse(body: &[u8]) -> Result<Value, RdapError> {
    let text = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    match value.get("errorCode").and_then(Value::as_u64) {
        Some(code) => Err(RdapError::Error {
            code,
            title: text_of(&value, "title").unwrap_or_default(),
        }),
        None => Ok(value),
    }
}

/// A member of an object as text: cut to [`MAX_TEXT`], without control characters, none if empty.
fn text_of(object: &Value, key: &str) -> Option<String> {
    let text = object.get(key)?.as_str()?;
    let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A member of an object as a list; empty if it is none.
fn list_of<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
