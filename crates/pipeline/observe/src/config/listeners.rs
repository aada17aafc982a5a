//! What the listeners of the trap do with those who come: the parts of the section `[trap]` that are lists or sections of their own.

use std::net::SocketAddr;

use atalaya_model::{Period, Timestamp, Trap, TrapWeight};
use serde::{Deserialize, Serialize};

use super::LONGEST;

/// The name of the listener `listen.smtp`, as it stands in observations.
pub const FIRST_LISTENER: &str = "smtp";
/// The longest name of a listener.
const MOST_NAME: usize = 64;
/// The longest wait before a line of the tarpit: clients give up an answer after 5 minutes (RFC 5321 section 4.5.3.2), and one answer has up to ten
/// lines.
const LONGEST_DELAY: Period = Period::seconds(30);

/// Says which kind of trap an address or a domain is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrapAddress {
    /// `name@domain`, or `@domain` for every address of it.
    pub address: String,
    /// The kind.
    pub kind: Trap,
    /// Since when it is a trap. What comes earlier is kept and does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What hitting it weighs, as a part of what its kind weighs. Below 1 it never lists alone.
    #[serde(default, skip_serializing_if = "TrapWeight::is_full")]
    pub weight: TrapWeight,
}

impl TrapAddress {
    /// An address or domain that always was a trap.
    #[must_use]
    pub fn new(address: &str, kind: Trap) -> Self {
        Self {
            address: address.to_owned(),
            kind,
            since: None,
            weight: TrapWeight::FULL,
        }
    }
}

/// What a listener does with those who come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrapMode {
    /// Takes every message.
    #[default]
    Accept,
    /// Says 550 to every recipient: what the client does then is what is observed.
    RefuseRecipients,
    /// Keeps every message and says 550 at its end.
    RefuseMessages,
    /// Says 451 to the recipients of who comes for the first time, and takes the messages of who comes again as a mail server does.
    DeferOnce,
    /// Takes every message, and answers line by line with waits in between.
    Tarpit,
}

/// A listener beside `listen.smtp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrapListener {
    /// Its name, which stands in every observation that is made there.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it does.
    #[serde(default)]
    pub mode: TrapMode,
}

impl TrapListener {
    /// Says what is wrong with a list of them.
    pub(super) fn check(all: &[Self]) -> Result<(), String> {
        let mut names = vec![FIRST_LISTENER];
        for Self { name, .. } in all {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            if name.is_empty() || name.len() > MOST_NAME || !name.bytes().all(is_plain) {
                return Err(format!(
                    "trap.listeners: `{name}` is no name; use 1 to {MOST_NAME} letters, digits, dots, hyphens and underscores"
                ));
            }
            if names.contains(&name.as_str()) {
                return Err(format!("trap.listeners: there are two listeners named {name}"));
            }
            names.push(name);
        }
        Ok(())
    }
}

/// Which conversations are recorded as observations of their own, beside the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordConnections {
    /// None.
    None,
    /// Those in which no message came.
    WithoutMail,
    /// Every one.
    All,
}

atalaya_model::settings! {
    /// How a listener with the mode `tarpit` holds its clients up.
    pub struct TarpitConfig {
        /// The wait before each line of an answer, at most 30s.
        delay: Period = Period::seconds(5),
        /// How long a client is held up altogether; then it is answered as quickly as everybody.
        longest: Period = Period::minutes(10),
        /// Clients that are held up at once. Those beyond it are answered quickly, and so are all while more than half of
        /// `trap.max_connections` are taken.
        places: usize = 200,
    }
}

impl TarpitConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.delay > LONGEST_DELAY {
            return Err(format!("trap.tarpit.delay must be at most {LONGEST_DELAY}"));
        }
        if self.longest > LONGEST {
            return Err(format!("trap.tarpit.longest must be at most {LONGEST}"));
        }
        Ok(())
    }
}
