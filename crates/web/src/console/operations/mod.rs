//! What the console asks of the rest of the program: the orders that commands give on the control socket, in the same words, so that neither can do
//! what the other cannot.
//!
//! In: an [`Order`]. Out: the answer that the command gets, or what was refused or failed, as a sentence for the operator.

mod registries;

use std::fmt::Debug;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use atalaya_formats::view::View;
use atalaya_model::{
    Class, Contact, ContactSubject, MailAddress, Observation, ObservationId, Prefix, Timestamp,
};
use atalaya_notify::{BY_HAND, NewEnrolment, Settlement};
use atalaya_observe::feeds::FeedStatus;
use atalaya_observe::upstream::UpstreamStatus;
use atalaya_store::DeedId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use self::registries::{KeyShown, KeysOrder, ReporterShown, ReportersOrder, TrapShown, TrapsOrder};

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
    /// What came back to notices.
    Replies(RepliesOrder),
    /// Work that waits.
    Jobs(JobsOrder),
    /// Who is told by the feedback loop.
    Feedback(FeedbackOrder),
    /// Whom to tell.
    Contacts(ContactsOrder),
    /// Whom a person says is to be told.
    SetContacts(SetContactsOrder),
    /// The traps.
    Traps(TrapsOrder),
    /// Who reports.
    Reporters(ReportersOrder),
    /// Who may ask by a key.
    Keys(KeysOrder),
    /// How the lists of others are; the answer is [`OthersShown`].
    Feeds,
    /// Take the next list of a feed however much it grew or shrank.
    ReleaseFeed {
        /// Its name.
        name: String,
    },
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
    /// One of them untouched, once it is written down for whom; the answer is [`SealedEvidence`].
    Sealed {
        /// Which.
        id: ObservationId,
        /// For whom.
        asked: SealedFor,
    },
}

/// For whom evidence leaves untouched.
#[derive(Debug, Clone, Serialize)]
pub struct SealedFor {
    /// Who asked, and why.
    pub reason: String,
    /// The account that gives it out.
    pub account: String,
}

/// All that is kept of an observation, untouched.
#[derive(Debug, Serialize, Deserialize)]
pub struct SealedEvidence {
    /// When it was given out.
    pub at: Timestamp,
    /// What was observed.
    pub observation: Observation,
    /// The text of the dialect.
    pub dialect: Option<String>,
    /// The text of the shape.
    pub shape: Option<String>,
    /// The message, in base64.
    pub message: Option<String>,
    /// The conversation, in base64.
    pub conversation: Option<String>,
}

/// What is asked about the rules.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "rules", rename_all = "kebab-case")]
pub enum RulesOrder {
    /// Their text and where they stand; the answer is [`RulesShown`].
    Show,
    /// Put others in their place and in force, if they are still those of this digest; the answer is [`RulesShown`].
    Save {
        /// The new text.
        text: String,
        /// The digest of the text that it replaces.
        instead_of: String,
        /// The save that it takes back, whose former text this must be.
        #[serde(skip_serializing_if = "Option::is_none")]
        undoes: Option<DeedId>,
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
    /// The version that it names; none where it cannot be used.
    pub version: Option<String>,
    /// The version that is judged by.
    pub in_force: String,
    /// Whether it is this text that is judged by.
    pub is_in_force: bool,
    /// Why it cannot be used, where somebody broke the file.
    pub trouble: Option<String>,
    /// The version that was saved last on the store, where another one is judged by.
    #[serde(default)]
    pub saved_last: Option<String>,
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

/// What is done about answers to notices.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum RepliesOrder {
    /// Do what a person decided about one.
    Settle {
        /// Which.
        id: Uuid,
        /// What it means.
        settlement: Settlement,
        /// The prefixes that it is about, where the notice tells of several.
        prefixes: Vec<Prefix>,
    },
}

/// What is done about jobs.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "jobs", rename_all = "kebab-case")]
pub enum JobsOrder {
    /// Have one tried anew that was given up, or all; the answer is their number.
    Retry {
        /// Which.
        id: Option<i64>,
    },
}

/// What is done about those whom the feedback loop tells.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "feedback", rename_all = "kebab-case")]
pub enum FeedbackOrder {
    /// Enrol somebody by our word; the answer holds his secrets.
    Add(NewEnrolment),
    /// Make somebody's secrets anew; the answer holds them, and the old ones end.
    Rotate {
        /// Which.
        id: Uuid,
    },
    /// Let in who asks, without another proof.
    Approve {
        /// Which.
        id: Uuid,
    },
    /// Say that an enrolment is still theirs.
    Prove {
        /// Which.
        id: Uuid,
    },
    /// End an enrolment, or drop what was asked for.
    Remove {
        /// Which.
        id: Uuid,
    },
}

/// What is asked about contacts.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "find", rename_all = "kebab-case")]
pub enum ContactsOrder {
    /// That of an address, with every step of the search; the answer is [`ContactShown`].
    One {
        /// Of which.
        address: IpAddr,
    },
}

/// What is asked about contacts that are set by hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "by_hand", rename_all = "kebab-case")]
pub enum SetContactsOrder {
    /// A page of all, behind the last one of the page before. The last page is empty. The answer is a list of
    /// [`SetContact`](atalaya_store::SetContact).
    Show {
        /// The subject of that one.
        after: String,
    },
    /// Set one, in the place of what was set for the same before.
    Set {
        /// For what.
        subject: ContactSubject,
        /// Where to write, the best first; nowhere where nobody is to be told.
        mailboxes: Vec<MailAddress>,
        /// Why.
        reason: String,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Take one away; the answer is whether there was one.
    Unset {
        /// For what it was set.
        subject: ContactSubject,
    },
}

/// What a search for a contact gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactShown {
    /// The contact; none where the registries name nobody for abuse.
    pub contact: Option<Contact>,
    /// What was asked, in order.
    pub steps: Vec<StepShown>,
    /// Why the search came to no end.
    pub trouble: Option<String>,
}

impl ContactShown {
    /// The step that says that nobody is to be told, by the word of a person: it ends a search.
    #[must_use]
    pub fn nobody_by_hand(&self) -> Option<&StepShown> {
        let is_open = self.contact.is_none() && self.trouble.is_none();
        self.steps.last().filter(|last| is_open && last.source == BY_HAND)
    }
}

/// One question of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepShown {
    /// The kind of source.
    pub source: String,
    /// The URL or server.
    pub asked: String,
    /// What came of it.
    pub outcome: String,
}

/// How the lists of others are.
#[derive(Debug, Serialize, Deserialize)]
pub struct OthersShown {
    /// Those that are fetched.
    pub feeds: Vec<FeedStatus>,
    /// Those that are asked.
    pub upstream: Vec<UpstreamStatus>,
}

/// Where nobody does anything: a command without a server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Operations for Nobody {
    fn answer(&self, _order: Order) -> Answering<'_> {
        Box::pin(async { Err("no server runs here that could do it".to_owned()) })
    }
}
