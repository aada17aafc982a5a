//! Orders about the files of the data folder that hold traps, those who report, and the keys for asking the list.

use atalaya_model::{Timestamp, Trap, TrapWeight};
use atalaya_publish::{KeptKey, KeyName};
use serde::{Deserialize, Serialize};

/// What is asked about the traps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "traps", rename_all = "kebab-case")]
pub enum TrapsOrder {
    /// All of them; the answer is a list of [`TrapShown`].
    List,
    /// Say that an address or a domain is one.
    Add {
        /// `name@domain`, or `@domain` for all its addresses.
        address: String,
        /// The kind.
        kind: Trap,
        /// Since when.
        since: Option<Timestamp>,
        /// What hitting it weighs.
        weight: TrapWeight,
        /// A note for the operator.
        note: String,
    },
    /// Say that it is none any more.
    Remove {
        /// The address or domain.
        address: String,
    },
}

/// A trap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrapShown {
    /// `name@domain`, or `@domain` for all its addresses.
    pub address: String,
    /// The kind.
    pub kind: Trap,
    /// Since when.
    pub since: Option<Timestamp>,
    /// What hitting it weighs.
    pub weight: TrapWeight,
    /// The operator's note; none where the configuration names the trap, which only its file changes.
    pub note: Option<String>,
}

/// What is asked about those who report.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "reporters", rename_all = "kebab-case")]
pub enum ReportersOrder {
    /// All of them; the answer is a list of [`ReporterShown`].
    List,
    /// Give somebody a key; the answer is the key, which is kept nowhere.
    Add {
        /// Its name.
        name: String,
        /// Calls a day; none for any number.
        per_day: Option<u64>,
        /// What the key is good for: `report`, `read`, or both with a comma between.
        scopes: String,
    },
    /// Give a reporter another key, which is the answer; the old one ends.
    Rotate {
        /// Its name.
        name: String,
    },
    /// Take a reporter's key away.
    Remove {
        /// Its name.
        name: String,
    },
}

/// Somebody who reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReporterShown {
    /// Its name.
    pub name: String,
    /// Calls a day; none for any number.
    pub per_day: Option<u64>,
    /// What was used of them today.
    pub today: u64,
    /// What the key is good for.
    pub scopes: String,
}

/// What is asked about the keys for asking the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "keys", rename_all = "kebab-case")]
pub enum KeysOrder {
    /// All of them; the answer is a list of [`KeyShown`].
    List,
    /// Give somebody a key; the answer is the key, which is kept nowhere.
    Add {
        /// Who gets it.
        name: KeyName,
        /// Questions a day; none for any number.
        per_day: Option<u64>,
        /// Until when; for good without.
        until: Option<Timestamp>,
    },
    /// Give a holder another key, which is the answer; the old one ends.
    Renew {
        /// Who.
        name: KeyName,
        /// Until when; as before without.
        until: Option<Timestamp>,
    },
    /// Take a key away.
    Remove {
        /// Whose.
        name: KeyName,
    },
    /// Let one that was taken away be good again.
    PutBack(KeptKey),
    /// Let the one before a renewal be good again in the place of the present one, which ends.
    GoBack(KeptKey),
}

/// A key for asking the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyShown {
    /// What is kept of it.
    #[serde(flatten)]
    pub kept: KeptKey,
    /// Questions since midnight (UTC); none where nobody counts them.
    pub today: Option<u64>,
}
