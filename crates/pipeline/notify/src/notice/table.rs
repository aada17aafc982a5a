//! The table of all addresses that a notice tells, as CSV (RFC 4180), for spreadsheets and programs.

use std::net::IpAddr;

use atalaya_formats::csv;
use atalaya_model::{Class, Contact, Prefix, Serial, Timestamp};
use serde::{Deserialize, Serialize};

/// The name of the file.
pub(super) const NAME: &str = "addresses.csv";
/// Most rows: what a person still opens, and a mail server still takes (some 200 bytes a row).
pub(super) const MOST_ROWS: u32 = 10_000;
const HEAD: &str = "address,class,code,first_seen,last_seen,reason,decision,link\r\n";

/// What is noted of an incident when it is counted, for the letter that will tell it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Incident {
    /// The address that was seen.
    pub(super) address: IpAddr,
    /// Who answers for it, and how we know.
    pub(super) contact: Contact,
    /// The class that it was listed as.
    pub(super) class: Class,
    /// Why.
    pub(super) reason: String,
    /// When the first and the last of what speaks against it were seen.
    pub(super) first_seen: Timestamp,
    /// See `first_seen`.
    pub(super) last_seen: Timestamp,
}

/// A row: an incident and the decision about it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// What was listed.
    pub(super) prefix: Prefix,
    /// By which decision.
    pub(super) serial: Serial,
    /// What was noted.
    pub(super) incident: Incident,
}

/// Writes the table; each row links to the page of its address below `public_url`.
pub(super) fn write(rows: &[Row], public_url: &str) -> String {
    rows.iter().fold(HEAD.to_owned(), |mut out, row| {
        let incident = &row.incident;
        let fields = [
            row.prefix.to_string(),
            incident.class.to_string(),
            incident.class.code().to_string(),
            incident.first_seen.to_string(),
            incident.last_seen.to_string(),
            incident.reason.clone(),
            row.serial.to_string(),
            format!("{public_url}/ip/{}", incident.address),
        ];
        out.push_str(&fields.map(|text| csv::field(&text)).join(","));
        out.push_str("\r\n");
        out
    })
}
