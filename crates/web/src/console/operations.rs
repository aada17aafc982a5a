//! What the console asks of the rest of the program: the orders that commands give on the control socket, in the same words, so that neither can do
//! what the other cannot.
//!
//! In: an [`Order`]. Out: the answer that the command gets, or what was refused or failed, as a sentence for the operator.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use atalaya_formats::view::View;
use atalaya_model::{Class, MailAddress, ObservationId, Prefix, Timestamp};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// An answer on its way.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Value, String>> + Send + 'a>>;

/// Whoever does what the console asks for.
pub trait Operations: Debug + Send + Sync {
    /// Does it.
    fn answer(&self, order: Order) -> Answering<'_>;
}

/// What the console asks for. Written as JSON it is a request of the control socket.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Order {
    /// List by hand.
    List {
        /// What.
        prefix: Prefix,
        /// As what.
        class: Class,
        /// Why.
        reason: String,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Take off the list.
    Unlist {
        /// What.
        prefix: Prefix,
        /// From one class, or from all.
        class: Option<Class>,
        /// Why.
        reason: String,
    },
    /// Put on the allow list.
    Allow {
        /// What.
        prefix: Prefix,
        /// Why.
        reason: String,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Take off the allow list.
    Disallow {
        /// What.
        prefix: Prefix,
        /// Why.
        reason: String,
    },
    /// Show what was seen.
    Evidence(EvidenceOrder),
    /// Judge the kept observations by other rules, in memory.
    Simulate {
        /// The text of the rules.
        rules: String,
        /// From when on.
        since: Timestamp,
    },
    /// The rules themselves.
    Rules(RulesOrder),
    /// Mails that leave.
    Outbox(OutboxOrder),
    /// Addresses that no mail goes to.
    Suppress(SuppressOrder),
    /// Lasting exceptions that networks ask for.
    Exceptions(ExceptionsOrder),
}

/// What is asked about observations.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "show", rename_all = "kebab-case")]
pub enum EvidenceOrder {
    /// One of them; the answer is [`Shown`](atalaya_formats::view::Shown).
    One {
        /// Which.
        id: ObservationId,
        /// For whose eyes.
        view: View,
    },
}

/// What is asked about the rules.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "rules", rename_all = "kebab-case")]
pub enum RulesOrder {
    /// Their text and where they stand; the answer is [`RulesShown`].
    Show,
    /// Put others in their place, if they are still those of this digest; the answer is [`RulesShown`].
    Save {
        /// The new text.
        text: String,
        /// The digest of the text that it replaces.
        instead_of: String,
    },
}

/// The rules as they stand.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RulesShown {
    /// The file; none where the rules are those in the program.
    pub file: Option<String>,
    /// Their text.
    pub text: String,
    /// Its digest.
    pub digest: String,
    /// The version that it names.
    pub version: String,
    /// The version that the server judges by: the one that it was started with.
    pub in_force: String,
}

/// What is answered to networks that ask for lasting exceptions.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "exceptions", rename_all = "kebab-case")]
pub enum ExceptionsOrder {
    /// Put the address of one on the allow list; the answer is the serial of that decision.
    Grant {
        /// Which.
        id: u64,
        /// Until when; for good without.
        until: Option<Timestamp>,
        /// What the network reads.
        words: String,
    },
    /// Leave everything as it is; the answer is whether it waited.
    Refuse {
        /// Which.
        id: u64,
        /// What the network reads.
        words: String,
    },
}

/// What is asked about the outbox.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "mails", rename_all = "kebab-case")]
pub enum OutboxOrder {
    /// One with its words; the answer is a [`ShownMail`](atalaya_notify::ShownMail).
    Read {
        /// Which.
        id: Uuid,
    },
    /// Have one tried at once and anew, or all that failed; the answer is their number.
    Retry {
        /// Which.
        id: Option<Uuid>,
    },
    /// Give one up that waits; the answer is whether it did.
    Drop {
        /// Which.
        id: Uuid,
    },
}

/// What is done about addresses that no mail goes to.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "addresses", rename_all = "kebab-case")]
pub enum SuppressOrder {
    /// Send one no more mail.
    Add {
        /// Which.
        address: MailAddress,
        /// Why.
        why: String,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Mail may go there again; the answer is whether it could not.
    Remove {
        /// Which.
        address: MailAddress,
        /// Whether what it asked for itself is forgotten too.
        even_if_asked: bool,
    },
}

/// Where nobody does anything: a command without a server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Operations for Nobody {
    fn answer(&self, _order: Order) -> Answering<'_> {
        Box::pin(async { Err("no server runs here that could do it".to_owned()) })
    }
}
