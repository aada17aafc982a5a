//! What follows from a mail: a plain function of what was read out of it and of the notice that it is about.
//!
//! Whoever names a notice by its return path or by its Message-ID has had it before him: neither can be guessed. That proves no sender, since notices
//! are passed on and quoted. So a mail can note something, count for a contact, or take a contact away; what it does
//! always leaves the address listed.
//!
//! What takes a contact away at once must come to the sealed address, which stands in no quoted text. What somebody says must also be plain,
//! and come from the contact's own domain, which is not one where anybody gets a mailbox.

use atalaya_formats::bounce::{Action, Failure, Kind, Lasting, Reading};
use atalaya_formats::reply::{Answer, Intent, PLAIN};
use atalaya_model::{MailAddress, Prefix};
use atalaya_store::{DeathRules, Effect, Notice};
use serde_json::{Value, json};

/// What was done, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It was kept, and nothing else.
    Noted,
    /// It counts against the contact.
    Counted,
    /// The contact gets no more notices.
    LeftAlone,
    /// The contact is no answer for the prefix any more.
    Refused,
    /// A person has to read it.
    Person,
    /// A person has read it.
    Settled,
}

impl Done {
    /// The name, as it is kept and shown. The store looks for `person` and `counted`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Noted => "noted",
            Self::Counted => "counted",
            Self::LeftAlone => "left-alone",
            Self::Refused => "refused",
            Self::Person => "person",
            Self::Settled => "settled",
        }
    }
}

/// What was read out of a mail.
#[derive(Debug)]
pub(super) struct Read<'a> {
    /// What it is.
    pub(super) reading: &'a Reading,
    /// What somebody meant by it.
    pub(super) answer: &'a Answer,
    /// The address in `From`.
    pub(super) from: &'a str,
    /// Where it comes from.
    pub(super) origin: Origin,
}

/// Where a mail comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// From us, or it says so.
    Ourselves,
    /// From somebody else.
    Others,
    /// From somebody at whose domain we never wrote to anybody.
    Strangers,
}

/// How a mail names a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// It came to an address that we sealed for this notice.
    Sealed,
    /// It refers to the Message-ID, which whoever has seen a quotation knows too.
    Referred,
}

/// What a mail is about.
#[derive(Debug, Clone)]
pub(super) struct About {
    /// The notice whose name the letter bears.
    pub(super) notice: Notice,
    /// The prefixes that the letter tells of: a digest tells of many.
    pub(super) prefixes: Vec<Prefix>,
    /// How the mail names it.
    pub(super) named: Named,
}

/// What follows.
#[derive(Debug, PartialEq)]
pub(super) struct Conclusion {
    pub(super) kind: &'static str,
    pub(super) confidence: u8,
    pub(super) because: String,
    pub(super) done: Done,
    pub(super) effects: Vec<Effect>,
    pub(super) details: Value,
}

/// Concludes what follows from a mail about a notice, or about nothing that we know.
pub(super) fn conclude(read: &Read<'_>, about: Option<&About>, rules: DeathRules) -> Conclusion {
    let Read { reading, answer, .. } = read;
    let (done, effects) = match (read.origin, about) {
        (Origin::Ourselves, _) => (Done::Noted, Vec::new()),
        (_, Some(about)) => known(read, about, rules),
        (Origin::Others, None) => (unknown(reading.kind), Vec::new()),
        // A published address gets spam.
        (Origin::Strangers, None) => (Done::Noted, Vec::new()),
    };
    let (kind, confidence, because) = match reading.kind {
        Kind::Reply => (answer.intent.name(), answer.confidence, answer.because.join(", ")),
        kind => (kind.name(), reading.confidence, reading.because.clone()),
    };
    Conclusion {
        kind,
        confidence,
        because,
        done,
        effects,
        details: details(read, about),
    }
}

/// What is about no notice of ours and was written by somebody, a person may read. The rest is kept.
const fn unknown(kind: Kind) -> Done {
    match kind {
        Kind::Reply | Kind::Report => Done::Person,
        Kind::Bounce | Kind::Delayed | Kind::Delivered | Kind::AutoReply | Kind::Acknowledgement => {
            Done::Noted
        }
    }
}

/// What follows from a mail about a notice.
fn known(read: &Read<'_>, about: &About, rules: DeathRules) -> (Done, Vec<Effect>) {
    let reading = read.reading;
    match reading.kind {
        Kind::Bounce => bounced(reading, about, rules),
        Kind::Delayed => (Done::Noted, Vec::new()),
        Kind::Delivered => (Done::Noted, vec![Effect::Alive]),
        // One says that nobody reads the mailbox any more, which programs should not decide.
        Kind::AutoReply if !reading.failures.is_empty() => (Done::Person, Vec::new()),
        Kind::AutoReply => (Done::Noted, vec![Effect::Alive]),
        Kind::Acknowledgement => (Done::Noted, vec![Effect::Wrote]),
        Kind::Report => (Done::Person, Vec::new()),
        Kind::Reply => replied(read, about),
    }
}

/// What follows from a bounce: a failure that lasts counts, once a notice.
fn bounced(reading: &Reading, about: &About, rules: DeathRules) -> (Done, Vec<Effect>) {
    let mut failed = reading
        .failures
        .iter()
        .filter(|failure| failure.action == Action::Failed);
    let Some((failure, whose)) =
        failed.find_map(|failure| Some((failure, whose(failure, &about.notice.contact)?)))
    else {
        return (Done::Noted, Vec::new());
    };
    if failure.lasting == Lasting::Soft {
        return (Done::Noted, Vec::new());
    }
    let effect = Effect::Failed {
        certain: failure.is_certain() && whose == Whose::Contact && about.named == Named::Sealed,
        rules,
        why: failure.diagnosis.clone(),
    };
    (Done::Counted, vec![effect])
}

/// Whose mailbox failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The contact's.
    Contact,
    /// One that the contact passes mail on to, perhaps one of several.
    Behind,
}

/// Whose mailbox failed; none where it is somebody's whom the contact has nothing to do with.
fn whose(failure: &Failure, contact: &MailAddress) -> Option<Whose> {
    let is_contact = |address: &Option<String>| {
        address
            .as_deref()
            .is_some_and(|address| address.eq_ignore_ascii_case(contact.as_str()))
    };
    match (&failure.recipient, &failure.original) {
        (Some(_), _) if is_contact(&failure.recipient) => Some(Whose::Contact),
        (None, None) => Some(Whose::Behind),
        (None, Some(_)) if is_contact(&failure.original) => Some(Whose::Contact),
        (Some(_), _) if is_contact(&failure.original) => Some(Whose::Behind),
        _ => None,
    }
}

/// What follows from what somebody wrote.
fn replied(read: &Read<'_>, about: &About) -> (Done, Vec<Effect>) {
    let (answer, notice) = (read.answer, &about.notice);
    let is_from_there = is_of(read.from, &notice.contact) && !is_freemail(notice.contact.domain());
    let is_plain = answer.confidence >= PLAIN && about.named == Named::Sealed && is_from_there;
    match (answer.intent, about.prefixes.as_slice()) {
        (Intent::Stop, _) if is_plain => (Done::LeftAlone, vec![Effect::Wrote, Effect::LeaveAlone]),
        // Of many prefixes, a program cannot know which one is meant.
        (Intent::NotOurs, [prefix]) if is_plain => {
            (Done::Refused, vec![Effect::Wrote, Effect::Refuse(*prefix)])
        }
        (Intent::Fixed | Intent::Acknowledged | Intent::OutOfOffice, _) => (Done::Noted, vec![Effect::Wrote]),
        (Intent::Stop | Intent::NotOurs | Intent::Question | Intent::Unsure, _) => {
            (Done::Person, wrote(read, notice))
        }
    }
}

/// Domains where anybody gets a mailbox: who writes from there need not be the contact.
const FREEMAIL: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "bk.ru",
    "foxmail.com",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "hotmail.es",
    "icloud.com",
    "inbox.ru",
    "libero.it",
    "list.ru",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "outlook.com",
    "outlook.es",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rediffmail.com",
    "seznam.cz",
    "sina.com",
    "t-online.de",
    "terra.com.br",
    "tutanota.com",
    "uol.com.br",
    "web.de",
    "wp.pl",
    "yahoo.com",
    "yahoo.com.br",
    "yahoo.es",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
];

/// Whether anybody gets a mailbox at a domain.
pub(super) fn is_freemail(domain: &str) -> bool {
    FREEMAIL.iter().any(|known| known.eq_ignore_ascii_case(domain))
}

/// Whoever writes from there is there.
fn wrote(read: &Read<'_>, notice: &Notice) -> Vec<Effect> {
    match is_of(read.from, &notice.contact) {
        true => vec![Effect::Wrote],
        false => Vec::new(),
    }
}

/// Whether an address is of the domain of the contact, above it or below.
fn is_of(from: &str, contact: &MailAddress) -> bool {
    let from = from
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain)
        .to_ascii_lowercase();
    let own = contact.domain();
    let is_below = |name: &str, above: &str| {
        let before = name.strip_suffix(above);
        above.contains('.') && before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    is_below(&from, own) || is_below(own, &from)
}

/// What else was read, for whoever looks.
fn details(read: &Read<'_>, about: Option<&About>) -> Value {
    let failures = read.reading.failures.iter().take(10).map(|failure| {
        json!({
            "recipient": failure.recipient,
            "original": failure.original,
            "status": failure.status.map(|status| status.to_string()),
            "reason": failure.reason.name(),
            "lasting": failure.lasting.name(),
            "remote": failure.remote,
            "diagnosis": failure.diagnosis,
        })
    });
    json!({
        "failures": failures.collect::<Vec<_>>(),
        "ticket": read.reading.ticket,
        "said": read.answer.said,
        "prefixes": about.map(|about| &about.prefixes),
    })
}
