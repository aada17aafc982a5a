//! The cascade itself: which source is asked next, and what is kept.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use atalaya_model::{Clock, Contact};
use atalaya_store::Store;

use super::{ContactConfig, ContactError};

/// What a search gave.
#[derive(Debug, Clone)]
pub struct Found {
    /// The contact; none where the registries name nobody for abuse.
    pub contact: Option<Contact>,
    /// What was asked, in order.
    pub steps: Vec<Step>,
}

/// One question of a search, for people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// The kind of source: `cache`, `bootstrap`, `rdap` or `whois`.
    pub source: &'static str,
    /// What was asked: a URL or a server.
    pub asked: String,
    /// What came of it, in one sentence.
    pub outcome: String,
    /// How long it took.
    pub took: Duration,
}

/// Finds the abuse contact of addresses.
#[derive(Debug)]
pub struct ContactFinder {
    clock: Clock,
}
