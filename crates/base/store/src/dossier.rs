//! What is kept about one address, asked for at once: pages show it often, and must not keep anybody waiting.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::net::IpAddr;

use atalaya_model::{Contact, Decided, Listing, MailAddress, Observation, Prefix, Timestamp};

use crate::contacts::freshest;
use crate::decisions::{decided, decision};
use crate::listings::listing;
use crate::notices::notice;
use crate::observations::{counted, first_seen, seen};
use crate::sql::{Connection, Question, Row, Value, values};
use crate::{Notice, Store, StoreError, contacts, decisions, listings, notices, writer};

/// How much of each is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DossierLimits {
    /// Observations.
    pub observations: u32,
    /// Decisions.
    pub decisions: u32,
    /// Notices.
    pub notices: u32,
    /// Removals since this moment.
    pub removals_since: Timestamp,
}

/// What is kept about an address.
#[derive(Debug, Clone, Default)]
pub struct Dossier {
    /// The listings of every prefix that holds it.
    pub listings: Vec<Listing>,
    /// The observations against its unit, newest first.
    pub observations: Vec<Observation>,
    /// How many there are in all ([`Store::count_observations`]).
    pub observation_count: u64,
    /// When the oldest of them was seen.
    pub first_seen: Option<Timestamp>,
    /// The decisions about every prefix that holds it, newest first, and in any case those behind the listings.
    pub decisions: Vec<Decided>,
    /// The notices about its unit that a relay took, newest first.
    pub notices: Vec<Notice>,
    /// The removals of its unit, newest first.
    pub removals: Vec<Timestamp>,
    /// The cached contact ([`Store::contact_for`]).
    pub contact: Option<Contact>,
    /// The network that answers for it ([`Store::network_of`]).
    pub network: Option<MailAddress>,
}

impl Store {
    /// What is kept about an address, all by one connection.
    ///
    /// # Errors
    /// The store failed.
    pub async fn dossier(
        &self,
        address: IpAddr,
        limits: DossierLimits,
        now: Timestamp,
    ) -> Result<Dossier, StoreError> {
        let unit = Prefix::unit(address);
        let mut values = values![&unit, limits.removals_since];
        let first = values.len();
        values.extend(Prefix::single(address).with_parents().map(Value::from));
        let questions = Questions::new(&placeholders(first, values.len()), limits);
        let mut connection = self.read().await?;
        let [
            observations,
            listings,
            decisions,
            notices,
            newest,
            removals,
            contacts,
        ] = connection.rows_of_all(questions.all(), values).await?;
        let mut dossier = Dossier {
            listings: read(listings, listing)?,
            observations: read(observations, |row| Ok(seen(row)?.observation))?,
            observation_count: 0,
            first_seen: None,
            decisions: read(decisions, decided)?,
            notices: read(notices, notice)?,
            removals: read(removals, |mut row| row.take_time())?,
            contact: freshest(contacts, now)?,
            network: read(newest, |mut row| row.take_word())?.pop(),
        };
        dossier.removals.sort_unstable_by_key(|at| Reverse(*at));
        if dossier.network.is_none() {
            let found = dossier.contact.as_ref();
            dossier.network = found.and_then(|contact| contact.addresses.first().cloned());
        }
        dossier.complete(&mut connection, &unit, limits).await?;
        Ok(dossier)
    }
}

impl Dossier {
    /// Asks for what is seldom missing: the number of observations where there are more than are wanted, and decisions of long ago.
    async fn complete(
        &mut self,
        connection: &mut Connection,
        unit: &Prefix,
        limits: DossierLimits,
    ) -> Result<(), StoreError> {
        let (wanted, found) = (u64::from(limits.observations), self.observations.len() as u64);
        if found < wanted {
            self.observation_count = found;
            self.first_seen = self.observations.last().map(|seen| seen.seen_at);
        } else {
            self.observation_count = counted(connection, unit).await?;
            self.first_seen = first_seen(connection, unit).await?;
        }
        for listing in &self.listings {
            if !self.decisions.iter().any(|known| known.serial == listing.serial) {
                self.decisions.extend(decision(connection, listing.serial).await?);
            }
        }
        self.decisions.sort_by_key(|decided| Reverse(decided.serial));
        Ok(())
    }
}

/// The texts of the questions: `$1` is the unit, `$2` the moment since which removals count.
struct Questions([(String, &'static str); 7]);

impl Questions {
    fn new(around: &str, limits: DossierLimits) -> Self {
        let DossierLimits {
            observations: most_observations,
            decisions: most_decisions,
            notices: most_notices,
            ..
        } = limits;
        let (seen, listed, decided, told) = (
            writer::COLUMNS,
            listings::LISTING,
            decisions::COLUMNS,
            notices::COLUMNS,
        );
        let found = contacts::FOUND;
        Self([
            (
                format!(
                    "SELECT {seen} FROM observations WHERE unit = $1 ORDER BY seen_at DESC, position DESC \
                     LIMIT {most_observations}"
                ),
                seen,
            ),
            (
                format!("SELECT {listed} FROM listings WHERE prefix IN {around}"),
                listed,
            ),
            (
                format!(
                    "SELECT {decided} FROM decisions WHERE prefix IN {around} ORDER BY serial DESC \
                     LIMIT {most_decisions}"
                ),
                decided,
            ),
            (
                format!(
                    "SELECT {told} FROM notices WHERE prefix = $1 AND told_at IS NOT NULL \
                     ORDER BY told_at DESC, serial DESC LIMIT {most_notices}"
                ),
                told,
            ),
            (
                "SELECT contact FROM notices WHERE prefix = $1 ORDER BY written_at DESC, serial DESC LIMIT 1"
                    .to_owned(),
                "contact",
            ),
            (
                "SELECT removed_at FROM removals WHERE prefix = $1 AND removed_at >= $2".to_owned(),
                "removed_at",
            ),
            (
                format!("SELECT {found} FROM contacts WHERE prefix IN {around}"),
                found,
            ),
        ])
    }

    fn all(&self) -> [Question<'_>; 7] {
        self.0.each_ref().map(|(sql, columns)| Question {
            sql,
            width: columns.split(',').count(),
        })
    }
}

/// Placeholders for the values from `first` to `end`: `($3, $4)`.
fn placeholders(first: usize, end: usize) -> String {
    let mut text = String::with_capacity((end - first) * 5);
    for number in first..end {
        let before = if number == first { '(' } else { ',' };
        let written = write!(text, "{before}${}", number + 1);
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    text.push(')');
    text
}

/// Reads all rows with `one`.
fn read<T>(rows: Vec<Row>, one: impl Fn(Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(one).collect()
}
