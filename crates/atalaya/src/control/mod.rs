//! How commands reach the data: through the control socket of the server that runs on the folder, or by opening the store
//! themselves when none runs. The same code answers on both ways.
//!
//! The socket is `control.sock` in the data folder, open to its owner only. Each line is one JSON document: a [`Request`] one way, an
//! answer `{"ok": …}` or `{"error": "…"}` the other way.

mod client;
mod deeds;
mod parts;
mod server;

use std::net::IpAddr;

use atalaya_decide::import::Import;
use atalaya_decide::learn::worth;
use atalaya_decide::purge::{Mode, Wish};
use atalaya_decide::rules::Learning;
use atalaya_formats::view::View;
use atalaya_model::{Class, Kind, MailAddress, Observation, ObservationId, Prefix, Sensor, Timestamp};
use atalaya_notify::{Language, Queries, Registrar};
use atalaya_publish::{Family, Format};
use atalaya_store::{SetContact, SourceRecord};
use atalaya_web::{ContactShown, KeysOrder, ReportersOrder, SetContactsOrder, StepShown, TrapsOrder};
use serde::{Deserialize, Serialize};

use crate::access::AccessRequest;
use crate::exceptions::ExceptionsRequest;
use crate::feedback::FeedbackRequest;
use crate::hearing::RepliesRequest;
use crate::jobs::JobsRequest;
use crate::outgoing::{OutboxRequest, SuppressRequest};
use crate::public_log::LogRequest;
use crate::rulebook::RulesRequest;
use crate::statistics::StatsRequest;

pub(crate) use client::Line;
pub(crate) use server::{bind, serve};

/// The name of the socket in the data folder.
pub(crate) const SOCKET: &str = "control.sock";
/// Longest line, in bytes: a batch of replayed mails has to fit, which may be one of `replay.max_message_size` (at most 64 MiB) alone. In
/// base64 that takes a third more; what is left is for the observations.
pub(crate) const MAX_LINE: u64 = 96 << 20;

/// What a command asks of the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Request {
    /// What the list holds about an address.
    Lookup { address: IpAddr },
    /// List by hand.
    List {
        prefix: Prefix,
        class: Class,
        reason: String,
        until: Option<Timestamp>,
    },
    /// Take off the list.
    Unlist {
        prefix: Prefix,
        class: Option<Class>,
        reason: String,
    },
    /// A page of the listings that overlap a prefix, or of all; `after` is the last of the page before. The last page is empty.
    Listings {
        prefix: Option<Prefix>,
        after: Option<(Prefix, Class)>,
    },
    /// Put on the allow list.
    Allow {
        prefix: Prefix,
        reason: String,
        until: Option<Timestamp>,
    },
    /// Take off the allow list.
    Disallow { prefix: Prefix, reason: String },
    /// A page of the allow list, or of what of it overlaps a prefix; `after` is the last of the page before. The last page is empty.
    Allowed {
        prefix: Option<Prefix>,
        after: Option<Prefix>,
    },
    /// Whom to tell.
    Contacts(ContactRequest),
    /// Whom a person says is to be told.
    SetContacts(SetContactsOrder),
    /// The notice about a listing as it would be written now; the answer is a [`NoticeAnswer`].
    Notice {
        address: IpAddr,
        contact: Option<MailAddress>,
        language: Option<Language>,
    },
    /// Who asked most today, and about what: so many of each.
    Top { most: usize },
    /// Record replayed mails; the answer is [`Observed`].
    Observe { batch: Vec<Replayed> },
    /// A step of taking over a list of others.
    Import { wish: Import, step: ImportStep },
    /// The file of rules.
    Rules(RulesRequest),
    /// Judge the kept observations by other rules, in memory; the answer is a [`Report`](atalaya_decide::simulate::Report).
    Simulate { rules: String, since: Timestamp },
    /// Take back what followed from observations or a rule; the answer is [`Purged`](atalaya_decide::purge::Purged).
    Purge { wish: Wish, mode: Mode },
    /// What every source has proven to be worth; the answer is a list of [`SourceWorth`].
    Sources,
    /// How the lists of others are; the answer is an [`OthersShown`](atalaya_web::OthersShown).
    Feeds,
    /// Take the next list of a feed however much it grew or shrank.
    ReleaseFeed { name: String },
    /// Who is told by the feedback loop.
    Feedback(FeedbackRequest),
    /// What was seen.
    Evidence(EvidenceRequest),
    /// Write the list. The answer is many lines: `{"part": "…"}` with bytes in base64, and `{"ok": null}` behind the last.
    Export {
        format: Format,
        classes: Vec<Class>,
        family: Option<Family>,
    },
    /// What was counted.
    Stats(StatsRequest),
    /// Mails that leave.
    Outbox(OutboxRequest),
    /// Addresses that no mail goes to.
    Suppress(SuppressRequest),
    /// Work that waits.
    Jobs(JobsRequest),
    /// The traps.
    Traps(TrapsOrder),
    /// Who reports.
    Reporters(ReportersOrder),
    /// Who may ask by a key.
    Keys(KeysOrder),
    /// What comes back to notices.
    Replies(RepliesRequest),
    /// Lasting exceptions that networks ask for.
    Exceptions(ExceptionsRequest),
    /// The public log.
    PublicLog(LogRequest),
    /// Accounts, tokens and the audit trail.
    Access(AccessRequest),
    /// Judge all that was recorded, and say what is listed.
    Settle,
}

/// What is asked about contacts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "find", rename_all = "kebab-case")]
pub(crate) enum ContactRequest {
    /// That of an address, with every step of the search; the answer is [`ContactShown`].
    One { address: IpAddr },
    /// Everybody who may be that of an address; the answer is a list of [`Contact`](atalaya_model::Contact).
    All { address: IpAddr },
    /// Those of a domain name; the answer is [`DomainAnswer`].
    Domain { name: String },
    /// What those of addresses cost, one a network; the answer is a [`Plan`](atalaya_notify::Plan).
    Plan { addresses: Vec<IpAddr> },
    /// Queue questions to one server, of which so many were queued before.
    Queue { queries: Queries, before: u64 },
}

/// What is asked about observations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "show", rename_all = "kebab-case")]
pub(crate) enum EvidenceRequest {
    /// The newest of an address; the answer is a list of [`ObservationLine`].
    List { address: IpAddr, view: View },
    /// One of them; the answer is [`Shown`](atalaya_formats::view::Shown).
    One { id: ObservationId, view: View },
    /// One of them untouched; the answer is [`Sealed`], and for whom is written down.
    Sealed { id: ObservationId, asked: AskedBy },
}

/// A step of an import.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ImportStep {
    /// List prefixes; the answer is [`Imported`](atalaya_decide::import::Imported).
    List(Vec<Prefix>),
    /// What that would come to; the answer is the same.
    Preview(Vec<Prefix>),
    /// A page of what the import has listed, after the last of the page before. The last page is empty.
    Standing(Option<Prefix>),
    /// Withdraw what the import has listed and its list names no more; the answer is the number.
    Withdraw(Vec<Prefix>),
}

/// One replayed mail on its way to the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Replayed {
    /// What was seen.
    pub(crate) observation: Observation,
    /// The mail, in base64.
    #[serde(with = "base64")]
    pub(crate) message: Vec<u8>,
    /// The text of its shape.
    pub(crate) shape: String,
}

/// What became of replayed mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Observed {
    /// How many were kept.
    pub(crate) new: u64,
    /// How many had been kept before.
    pub(crate) known: u64,
}

/// What the list looks like once everything recorded is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settled {
    /// The serial of the list.
    pub(crate) serial: u64,
    /// The number of listings.
    pub(crate) listings: u64,
}

/// What a source has proven to be worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SourceWorth {
    /// The kind of sensor.
    pub(crate) sensor: Sensor,
    /// Which one of that kind.
    pub(crate) source: String,
    /// Listings that reached their end; old ones count less.
    pub(crate) stood: f64,
    /// Listings that were taken back.
    pub(crate) fell: f64,
    /// When one of its listings ended last.
    pub(crate) as_of: Timestamp,
    /// What its word is worth now, from 0 to 1.
    pub(crate) worth: f64,
}

impl SourceWorth {
    pub(crate) fn new(record: &SourceRecord, learning: &Learning, now: Timestamp) -> Self {
        Self {
            sensor: record.sensor,
            source: record.source.clone(),
            stood: record.stood,
            fell: record.fell,
            as_of: record.as_of,
            worth: worth(Some(record), learning, now),
        }
    }
}

/// An observation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObservationLine {
    /// Its name.
    pub(crate) id: ObservationId,
    /// The address that did it.
    pub(crate) address: IpAddr,
    /// When.
    pub(crate) seen_at: Timestamp,
    /// Which kind of sensor saw it.
    pub(crate) sensor: Sensor,
    /// What was seen.
    pub(crate) kind: Kind,
    /// Whether the rules count it.
    pub(crate) counted: bool,
    /// Bytes of the message.
    pub(crate) size: u64,
    /// The subject, as the view shows it.
    pub(crate) subject: String,
}

/// Who wants evidence untouched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedBy {
    /// Who asked the operator, and why.
    pub(crate) reason: String,
    /// The user of the system who gives it out; none at the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uid: Option<u32>,
    /// The account of the console that gives it out; none by command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
}

/// All that is kept of an observation, untouched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// When it was given out.
    pub(crate) at: Timestamp,
    /// What was observed.
    pub(crate) observation: Observation,
    /// The text of the dialect.
    pub(crate) dialect: Option<String>,
    /// The text of the shape.
    pub(crate) shape: Option<String>,
    /// The message.
    pub(crate) message: Option<Bytes>,
    /// The conversation.
    pub(crate) conversation: Option<Bytes>,
}

/// Bytes as they are, which travel in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Bytes(#[serde(with = "base64")] pub(crate) Vec<u8>);

/// A notice to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NoticeAnswer {
    /// Its subject.
    pub(crate) subject: String,
    /// Its text, in lines that end in CRLF.
    pub(crate) text: String,
    /// The whole mail.
    pub(crate) mail: Bytes,
}

/// What a search for the contacts of a domain name gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DomainAnswer {
    /// What a person set for the name or a domain above it.
    pub(crate) by_hand: Option<SetContact>,
    /// The registrar; none where the name is not registered.
    pub(crate) registrar: Option<Registrar>,
    /// What was asked, in order.
    pub(crate) steps: Vec<StepShown>,
    /// Why the search for the registrar came to no end.
    pub(crate) trouble: Option<String>,
    /// The machines behind the name, and their contacts.
    pub(crate) hosts: Vec<(IpAddr, ContactShown)>,
}

/// Bytes as base64 text (RFC 4648 section 4).
mod base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)
    }
}
