//! What a mail is that came back to us: a bounce, a delay, an automatic answer, the acknowledgement of a desk, or somebody's answer.
//!
//! In: the bytes of a mail. Out: a [`Reading`]: what it is, how sure that is and why; for bounces the mailboxes with status (RFC 3463), diagnosis
//! and [`Reason`]; the Message-ID of the mail that it is about. Read are the delivery status of RFC 3464, in its part (RFC 6522) or
//! pasted into text, and the free words of mail servers and providers.
//!
//! Anybody can write such a mail. Whether to believe it is the business of whoever knows what was sent: here nothing is decided.

mod delivery_status;
mod failure;
mod free;
mod phrases;
mod reason;
mod signs;
mod sns;
mod status;

use delivery_status::DeliveryStatus;
use free::{Free, Mention, addresses_in};

pub use failure::{Action, Failure, Lasting, MAX_DIAGNOSIS};
pub use reason::Reason;
pub use status::Status;

use crate::letter::Letter;
use crate::message::{Head, presentable};

/// Longest Message-ID that is taken.
const MAX_ID: usize = 255;
/// Most Message-IDs that are taken.
pub const MAX_IDS: usize = 50;
/// Most mailboxes of a report.
pub const MAX_FAILURES: usize = 100;
/// Most bytes of a field.
const MAX_VALUE: usize = 8_192;
/// Points from which a mail is taken for a bounce, an automatic answer, an acknowledgement.
const ENOUGH: u8 = 60;

/// What a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A mail of ours will not arrive.
    Bounce,
    /// One is still tried.
    Delayed,
    /// One arrived.
    Delivered,
    /// A report about abuse (RFC 5965): of somebody else's mail.
    Report,
    /// A program answered for somebody who is away (RFC 3834).
    AutoReply,
    /// A desk says that it got what we wrote.
    Acknowledgement,
    /// Somebody wrote.
    Reply,
}

impl Kind {
    /// The name, as it is kept and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Report => "report",
            Self::AutoReply => "auto-reply",
            Self::Acknowledgement => "acknowledgement",
            Self::Reply => "reply",
        }
    }
}

/// What was read out of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it is.
    pub kind: Kind,
    /// How sure that is, from 0 to 99.
    pub confidence: u8,
    /// What speaks for it, as a sentence.
    pub because: String,
    /// What it says of mailboxes.
    pub failures: Vec<Failure>,
    /// The Message-IDs of mails that it is about, without angle brackets: first that of the mail that came back, then those it answers.
    pub about: Vec<String>,
    /// The number that a desk gave.
    pub ticket: Option<String>,
}

impl Reading {
    fn new(kind: Kind, confidence: u8, because: impl Into<String>) -> Self {
        Self {
            kind,
            confidence,
            because: because.into(),
            failures: Vec::new(),
            about: Vec::new(),
            ticket: None,
        }
    }
}

/// Reads a mail. Total; what is looked at is bounded.
#[must_use]
pub fn read(mail: &[u8]) -> Reading {
    let letter = Letter::read(mail);
    let text = letter.text();
    let free = Free::cut(&text);
    let mut reading = report(&letter)
        .or_else(|| status(&letter, &free))
        .or_else(|| sns(&text))
        .or_else(|| told(&letter, &free))
        .unwrap_or_else(|| answer(&letter, &free));
    reading.failures.truncate(MAX_FAILURES);
    reading.about = about(&letter, &free, std::mem::take(&mut reading.about));
    reading
}

/// A report about abuse.
fn report(letter: &Letter<'_>) -> Option<Reading> {
    let is_report = letter.part("message/feedback-report").is_some()
        || letter
            .field("Content-Type")
            .to_ascii_lowercase()
            .contains("feedback-report");
    is_report.then(|| Reading::new(Kind::Report, signs::MOST, "a feedback report (RFC 5965)"))
}

/// A delivery status, in a part of its own or pasted into the text.
fn status(letter: &Letter<'_>, free: &Free<'_>) -> Option<Reading> {
    let parts = ["message/delivery-status", "message/global-delivery-status"];
    let part = parts.iter().find_map(|kind| letter.part(kind));
    let (found, because) = match part {
        Some(part) => (DeliveryStatus::read(&part.body), "a delivery status (RFC 3464)"),
        // What a person quotes has marks in front of it, and is not found.
        None => (pasted(letter)?, "a delivery status in its text"),
    };
    if found.recipients.is_empty() {
        return None;
    }
    let ours = ours(letter);
    let mentions = free.mentions(&ours);
    let failed = letter.field("X-Failed-Recipients");
    let failed = addresses_in(&failed).next().or_else(|| pick(&mentions));
    let only = found.recipients.len() == 1;
    let concluded = |(mut failure, said): (Failure, String)| {
        if failure.address().is_none() && only {
            failure.recipient.clone_from(&failed);
        }
        let around = around(&failure, &mentions, free.said);
        failure.conclude(&said, &around)
    };
    let failures: Vec<Failure> = found.recipients.into_iter().map(concluded).collect();
    let worst = failures.iter().map(|failure| failure.action).max();
    let kind = match worst {
        Some(Action::Failed) | None => Kind::Bounce,
        Some(Action::Delayed) => Kind::Delayed,
        Some(Action::Delivered) => Kind::Delivered,
    };
    Some(Reading {
        failures,
        about: found.message_id.into_iter().collect(),
        ..Reading::new(kind, signs::MOST, because)
    })
}

/// A delivery status that stands in the text of a mail server.
fn pasted(letter: &Letter<'_>) -> Option<DeliveryStatus> {
    let text = letter.text();
    let lower = text.to_ascii_lowercase();
    let starts = ["\nfinal-recipient:", "\noriginal-recipient:", "\naction: failed"];
    let at = starts.iter().filter_map(|start| lower.find(start)).min()?;
    let signs = signs::of_bounce(letter, text.get(..at).unwrap_or_default());
    (signs.points >= ENOUGH).then(|| DeliveryStatus::read(text.get(at..).unwrap_or_default().as_bytes()))
}

/// A notification of Amazon's.
fn sns(text: &str) -> Option<Reading> {
    let (failures, id) = sns::read(text)?;
    let kind = match failures.iter().map(|failure| failure.action).max()? {
        Action::Failed => Kind::Bounce,
        Action::Delayed => Kind::Delayed,
        Action::Delivered => Kind::Delivered,
    };
    Some(Reading {
        failures,
        about: id.into_iter().collect(),
        ..Reading::new(kind, 95, "a notification of Amazon SES")
    })
}

/// A report in free words.
fn told(letter: &Letter<'_>, free: &Free<'_>) -> Option<Reading> {
    let signs = signs::of_bounce(letter, free.said);
    if signs.points < ENOUGH {
        return None;
    }
    let (kind, action) = if signs::is_delayed(letter, free.said) {
        (Kind::Delayed, Action::Delayed)
    } else {
        (Kind::Bounce, Action::Failed)
    };
    let mentions = recipients(letter, free);
    let is_only = mentions.len() == 1;
    let failures = mentions.into_iter().map(|mention| {
        let said = if is_only {
            &mention.said
        } else {
            failure::own_words(&mention.said)
        };
        let failure = Failure {
            action,
            recipient: Some(mention.address.clone()),
            original: None,
            status: Status::first_in(said),
            remote: None,
            diagnosis: failure::shown(said),
            reason: Reason::Other,
            lasting: Lasting::Hard,
        };
        failure.conclude(said, &mention.said)
    });
    Some(Reading {
        failures: failures.collect(),
        ..Reading::new(kind, signs.points, signs.because.join(", "))
    })
}

/// The mailboxes that a report in free words is about, each with what is said of it.
fn recipients(letter: &Letter<'_>, free: &Free<'_>) -> Vec<Mention> {
    let mentions = free.mentions(&ours(letter));
    let failed = letter.field("X-Failed-Recipients");
    let mut named: Vec<String> = addresses_in(&failed).collect();
    if named.is_empty() && mentions.is_empty() {
        let returned = free.returned();
        let to = returned
            .first("To")
            .map(|field| field.line(MAX_VALUE))
            .unwrap_or_default();
        named.extend(addresses_in(&to).take(1));
    }
    let mut all = match named.is_empty() {
        true => mentions,
        false => named
            .into_iter()
            .map(|address| {
                let said = mentions
                    .iter()
                    .find(|mention| mention.address.eq_ignore_ascii_case(&address));
                let said = said.map_or(free.said, |mention| mention.said.as_str()).to_owned();
                Mention { address, said }
            })
            .collect(),
    };
    // Of a single one all is said that is said.
    if let [only] = &mut all[..] {
        only.said = free.said.to_owned();
    }
    all
}

/// What stands around a mailbox in the text: what is said of it, or all.
fn around(failure: &Failure, mentions: &[Mention], all: &str) -> String {
    let is_it = |mention: &&Mention| {
        let names = [&failure.recipient, &failure.original];
        names
            .into_iter()
            .flatten()
            .any(|name| name.eq_ignore_ascii_case(&mention.address))
    };
    match mentions.iter().find(is_it) {
        Some(mention) if mentions.len() > 1 => mention.said.clone(),
        _ => all.to_owned(),
    }
}

/// The only mailbox that is mentioned.
fn pick(mentions: &[Mention]) -> Option<String> {
    match mentions {
        [only] => Some(only.address.clone()),
        _ => None,
    }
}

/// The addresses to which and from which the mail itself goes, in lower case.
fn ours(letter: &Letter<'_>) -> Vec<String> {
    let fields = [
        "To",
        "From",
        "Cc",
        "Reply-To",
        "Delivered-To",
        "X-Original-To",
        "Return-Path",
    ];
    fields
        .iter()
        .flat_map(|name| addresses_in(&letter.field(name)).collect::<Vec<_>>())
        .map(|address| address.to_ascii_lowercase())
        .collect()
}

/// An answer of a program or of somebody.
fn answer(letter: &Letter<'_>, free: &Free<'_>) -> Reading {
    let automatic = signs::of_automatic(letter, free.said);
    let (desk, ticket) = signs::of_desk(letter, free.said);
    if desk.points >= ENOUGH && desk.points >= automatic.points {
        return Reading {
            ticket,
            ..Reading::new(Kind::Acknowledgement, desk.points, desk.because.join(", "))
        };
    }
    if automatic.points < ENOUGH {
        let sure = signs::MOST.saturating_sub(automatic.points.max(desk.points));
        return Reading::new(Kind::Reply, sure, "nothing says that a program wrote it");
    }
    Reading {
        failures: gone(free).into_iter().collect(),
        ..Reading::new(Kind::AutoReply, automatic.points, automatic.because.join(", "))
    }
}

/// The mailbox of which an automatic answer says that nobody reads it any more.
fn gone(free: &Free<'_>) -> Option<Failure> {
    let failure = Failure {
        action: Action::Failed,
        recipient: pick(&free.mentions(&[])),
        original: None,
        status: None,
        remote: None,
        diagnosis: failure::shown(free.said),
        reason: Reason::Other,
        lasting: Lasting::Soft,
    };
    let failure = failure.conclude(free.said, "");
    matches!(failure.reason, Reason::Disabled | Reason::UnknownUser).then_some(failure)
}

/// The Message-IDs of mails that it is about.
fn about(letter: &Letter<'_>, free: &Free<'_>, told: Vec<String>) -> Vec<String> {
    let returned = [
        "message/rfc822",
        "text/rfc822-headers",
        "message/global",
        "message/global-headers",
    ];
    let inside = letter
        .parts
        .iter()
        .filter(|part| returned.contains(&part.kind.as_str()));
    let id = |head: &Head<'_>| head.first("Message-ID").map(|field| field.line(MAX_VALUE));
    let inside = inside.filter_map(|part| id(&Head::read(&part.body)));
    let said = free.said.lines().filter_map(|line| {
        let (name, value) = line.trim().split_once(':')?;
        name.eq_ignore_ascii_case("Message-ID").then(|| value.to_owned())
    });
    let answered = ["In-Reply-To", "References"].map(|name| letter.field(name));
    let all = told
        .into_iter()
        .chain(inside)
        .chain(id(&free.returned()))
        .chain(said)
        .chain(answered);
    let mut ids: Vec<String> = Vec::new();
    for id in all.flat_map(|line| ids_in(&line)) {
        if ids.len() < MAX_IDS && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// The Message-IDs in a field (RFC 5322 section 3.6.4).
fn ids_in(line: &str) -> Vec<String> {
    let is_id = |id: &&str| (3..=MAX_ID).contains(&id.len()) && id.contains('@');
    let words = line.split(|c: char| c.is_whitespace() || "<>,".contains(c));
    words
        .filter(is_id)
        .take(MAX_IDS)
        .map(|id| presentable(id, MAX_ID))
        .collect()
}

#[cfg(test)]
mod tests;
