//! Reports of others through the API, made observations.
//!
//! In: a [`Report`] with the name of its reporter. Out: an observation of the sensor `report`, with the reporter as `source` and what he wrote
//! as evidence; or the sentence why not. The address is the reporter's word alone (`reported`), and where what he saw needs no handshake, so
//! that its sender may be forged, not even that (`unproven`). Nothing here waits or asks the store.
//!
//! The id follows from reporter, address, kind and quarter of an hour: who says the same twice in one has said it once.

mod categories;
mod services;

use std::net::IpAddr;
use std::time::Duration;

use atalaya_formats::reports::{Report, read_address, read_categories, read_time};
use atalaya_model::{Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp, reserved};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

pub use self::categories::{CATEGORIES, Category, categories_of};
pub use self::services::service_categories;

/// Most bytes of a comment that are kept. Tools cut theirs at 1,000 characters; the logs of blocklist.de are longer.
pub const MAX_COMMENT: usize = 16 << 10;
/// The oldest report that is taken: who sent spam before that may be somebody else today.
pub const OLDEST: Duration = Duration::from_secs(60 * 86_400);
/// How far the clock of a reporter may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(300);
/// Seconds in which the same report counts once.
const MERGED: i64 = 900;
/// The oddity of a comment that was cut.
pub(crate) const CUT: &str = "cut";
/// What stands before the number of a category in the oddities of an observation.
const CATEGORY: &str = "category-";

/// Why a report is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadReport {
    /// There is no address, or it is none.
    #[error("the address is no valid IPv4 or IPv6 address")]
    Address,
    /// It is in a range that is never listed.
    #[error("the address is reserved: {0}")]
    Reserved(&'static str),
    /// It is one of ours.
    #[error("the address belongs to this list itself")]
    Own,
    /// No category, too many, or one that there is not.
    #[error("the categories must be numbers from 1 to 23 with commas between")]
    Categories,
    /// The time cannot be read.
    #[error("the time must be like 2026-11-26T18:00:00Z")]
    Time,
    /// It lies ahead.
    #[error("the time lies in the future")]
    Future,
    /// It is too long ago.
    #[error("the time is more than 60 days ago")]
    Old,
}

/// A report that is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// What the store keeps.
    pub observation: Observation,
    /// What the reporter wrote.
    pub comment: Option<Vec<u8>>,
}

/// Makes the observation of a report. `own` are our addresses, about which nothing is taken.
///
/// # Errors
/// A field is wrong, or nobody may report this address.
pub fn observe(
    report: Report,
    reporter: &str,
    own: &[Prefix],
    now: Timestamp,
) -> Result<Reported, BadReport> {
    let address = read_reportable(&report.address, own)?;
    let categories = read_categories(&report.categories).ok_or(BadReport::Categories)?;
    let seen_at = read_moment(&report.at, now)?;
    let (kind, handshake) = categories::judge(&categories);
    let mut oddities: Vec<String> = categories
        .iter()
        .map(|number| format!("{CATEGORY}{number}"))
        .collect();
    let mut comment = report.comment;
    if comment.len() > MAX_COMMENT {
        comment.truncate(MAX_COMMENT);
        oddities.push(CUT.to_owned());
    }
    let observation = Observation {
        source: reporter.to_owned(),
        kind,
        handshake,
        message_size: comment.len() as u64,
        oddities,
        ..Observation::new(
            id((reporter, address), kind, seen_at),
            address,
            seen_at,
            Sensor::Report,
        )
    };
    Ok(Reported {
        observation,
        comment: Some(comment).filter(|comment| !comment.is_empty()),
    })
}

/// The observation by which a reporter takes back all that he said of an address so far.
#[must_use]
pub fn take_back(address: IpAddr, reporter: &str, now: Timestamp) -> Observation {
    Observation {
        source: reporter.to_owned(),
        kind: Kind::NotSpam,
        handshake: Handshake::Reported,
        ..Observation::new(ObservationId(Uuid::new_v4()), address, now, Sensor::Report)
    }
}

/// The id of a report that was made before, taken back at a moment, and is made again: it is a new one, once.
#[must_use]
pub fn id_after(report: &Observation, back: Timestamp) -> ObservationId {
    named(&format!(
        "atalaya report again 1 {} {}",
        report.id.0,
        back.micros()
    ))
}

/// Reads an address that may be reported.
///
/// # Errors
/// It is none, reserved, or ours.
pub fn read_reportable(text: &[u8], own: &[Prefix]) -> Result<IpAddr, BadReport> {
    let address = read_address(text).ok_or(BadReport::Address)?;
    if let Some(purpose) = reserved(&Prefix::single(address)) {
        return Err(BadReport::Reserved(purpose));
    }
    if own.iter().any(|prefix| prefix.contains(address)) {
        return Err(BadReport::Own);
    }
    Ok(address)
}

/// When it happened: as the reporter says, or now.
fn read_moment(text: &[u8], now: Timestamp) -> Result<Timestamp, BadReport> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return Ok(now);
    }
    let at = read_time(text).ok_or(BadReport::Time)?;
    if at > now.plus(AHEAD) {
        return Err(BadReport::Future);
    }
    if at < now.minus(OLDEST) {
        return Err(BadReport::Old);
    }
    Ok(at.min(now))
}

/// The id of a report (RFC 9562 section 5.8).
fn id((reporter, address): (&str, IpAddr), kind: Kind, at: Timestamp) -> ObservationId {
    let quarter = at.seconds().div_euclid(MERGED);
    // The name of a reporter has no space.
    named(&format!("atalaya report 1 {reporter} {address} {kind} {quarter}"))
}

/// The id that a text names.
fn named(text: &str) -> ObservationId {
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(Sha256::digest(text)) {
        *byte = from;
    }
    ObservationId(Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests;
