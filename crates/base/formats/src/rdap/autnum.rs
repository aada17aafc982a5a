//! The autnum object of an RDAP answer (RFC 9083 section 5.5): the numbers that it speaks for, and who is to be told of abuse.

use serde_json::Value;

use super::network::mailboxes_of;
use super::{RdapError, parse, text_of};
use crate::mailbox::Mailbox;

/// What a registry says about the number of an autonomous system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autnum {
    /// The first number that it speaks for.
    pub first: u32,
    /// The last one.
    pub last: u32,
    /// The name that the holder gave it, else its handle.
    pub name: String,
    /// What may be its abuse contact, the best first.
    pub mailboxes: Vec<Mailbox>,
}

/// Reads an answer about a number.
///
/// # Errors
/// If the body is no such answer, or does not say which numbers it speaks for.
pub fn read_autnum(body: &[u8]) -> Result<Autnum, RdapError> {
    let value = parse(body)?;
    let number = |key| u32::try_from(value.get(key).and_then(Value::as_u64)?).ok();
    let (first, last) = number("startAutnum")
        .zip(number("endAutnum"))
        .filter(|(first, last)| first <= last)
        .ok_or(RdapError::NotAnAutnum)?;
    Ok(Autnum {
        first,
        last,
        name: ["name", "handle"]
            .into_iter()
            .find_map(|key| text_of(&value, key))
            .unwrap_or_default(),
        mailboxes: mailboxes_of(&value).mailboxes,
    })
}
