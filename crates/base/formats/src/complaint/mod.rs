//! Complaints by others: feedback reports (ARF, RFC 5965), X-ARF of all versions, and spam sent on as an attachment.
//!
//! In: a mail that somebody sent to the address for complaints, or a JSON document. Out: a [`Complaint`], or [`Refused`] with the reason.
//!
//! A complaint is the word of a stranger. So it says of each thing where it came from, above all of the source: stated by the report,
//! or derived from the Received fields of the mail that is complained about ([`How`]), and how the two fit together ([`Agreement`]). What is
//! believed of whom is for others to decide; nothing here looks at who may complain.
//!
//! The forms, and how one is told from the other, in this order:
//!
//! ```text
//! part message/feedback-report                   ARF; the mail is in message/rfc822 or text/rfc822-headers   arf.rs
//! part with Reported-From, Report-Type, Source   X-ARF 0.1 and 0.2: fields, as YAML writes them              fields.rs
//! JSON with Version, ReporterInfo, Report        X-ARF 1 to 3                                                json/v3.rs
//! JSON with xarf_version                         X-ARF 4                                                     json/v4.rs
//! nothing of all that, one part message/rfc822   a mail sent on, as Microsoft did for long                   arf.rs
//! ```

mod abuse;
mod arf;
mod fields;
mod json;
mod redacted;
mod refused;
mod source;
mod values;

use std::net::IpAddr;

use atalaya_model::{Prefix, Timestamp, reserved};

use crate::message::{Glance, Head};

pub use abuse::Abuse;
pub use json::{MAX_JSON_BYTES, read_json};
pub use refused::Refused;
pub use source::{Agreement, How, NoSource, Source};

/// Most addresses, domains or URIs of one kind that are kept of a report.
pub const MAX_NAMED: usize = 100;
/// Most characters of a word, name, address or URI that are kept.
pub const MAX_WORD: usize = 1_000;

/// How a complaint was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Abuse Reporting Format (RFC 5965).
    Arf,
    /// X-ARF 0.1 and 0.2: a mail with a part of fields.
    XarfFields,
    /// X-ARF 1 to 4: JSON.
    XarfJson,
    /// A mail sent on as it came, without a word for programs.
    SentOn,
}

impl Format {
    /// The name in documents and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arf => "arf",
            Self::XarfFields => "xarf-fields",
            Self::XarfJson => "xarf-json",
            Self::SentOn => "sent-on",
        }
    }
}

/// Who complains, as the report says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reporter {
    /// The organisation.
    pub organisation: Option<String>,
    /// The mailbox that the report names; of ARF, which names none, the `From` of the mail.
    pub mailbox: Option<String>,
    /// The program that wrote the report.
    pub user_agent: Option<String>,
}

/// The mail that is complained about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Its bytes, as they were attached.
    pub bytes: Vec<u8>,
    /// Whether the whole mail was attached; else its fields alone.
    pub is_whole: bool,
}

/// A complaint. Text is on one line and cut to [`MAX_WORD`], lists to [`MAX_NAMED`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// How it was written.
    pub format: Format,
    /// The version of that format, as written; empty where it is not told.
    pub version: String,
    /// What the source is said to have done.
    pub abuse: Abuse,
    /// The report's own word for that: `abuse`, `login-attack`, `messaging/spam`.
    pub word: String,
    /// Who did it.
    pub source: Result<Source, NoSource>,
    /// The port that it came from.
    pub source_port: Option<u16>,
    /// When it happened.
    pub arrived: Option<Timestamp>,
    /// Who complains.
    pub reporter: Reporter,
    /// The first address in `From` of the mail that brought the report. Nothing proves it: signatures are not checked here.
    pub sent_by: Option<String>,
    /// The envelope sender, without angle brackets: stated, else `Return-Path` of the mail complained about. Empty for the null sender.
    pub mail_from: Option<String>,
    /// The envelope recipients, as far as they are told.
    pub recipients: Vec<String>,
    /// Domains that the report is about.
    pub domains: Vec<String>,
    /// URIs that the report is about.
    pub uris: Vec<String>,
    /// How many incidents the report stands for, at least 1.
    pub incidents: u64,
    /// The mail complained about.
    pub message: Option<Embedded>,
    /// Whether something was taken out of the report to protect somebody (RFC 6590).
    pub is_redacted: bool,
}

impl Complaint {
    /// A complaint of which only the form is known.
    const fn new(format: Format) -> Self {
        Self {
            format,
            version: String::new(),
            abuse: Abuse::Other,
            word: String::new(),
            source: Err(NoSource::Untold),
            source_port: None,
            arrived: None,
            reporter: Reporter {
                organisation: None,
                mailbox: None,
                user_agent: None,
            },
            sent_by: None,
            mail_from: None,
            recipients: Vec::new(),
            domains: Vec::new(),
            uris: Vec::new(),
            incidents: 1,
            message: None,
            is_redacted: false,
        }
    }

    /// The address of the source, however it was found.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.source.as_ref().ok().map(|source| source.address)
    }

    /// What the address is reserved for, if it names no machine of the Internet: nobody can be listed for that.
    #[must_use]
    pub fn reserved(&self) -> Option<&'static str> {
        self.address()
            .and_then(|address| reserved(&Prefix::single(address)))
    }

    /// The domain of whoever sent the report: that of [`Self::sent_by`], or of the report's own mailbox where no mail brought it.
    #[must_use]
    pub fn reporter_domain(&self) -> Option<String> {
        let mailbox = self.sent_by.as_ref().or(self.reporter.mailbox.as_ref())?;
        let (_, domain) = mailbox.rsplit_once('@')?;
        Some(domain.trim_end_matches(['>', '.']).to_ascii_lowercase()).filter(|domain| !domain.is_empty())
    }
}

/// Reads a complaint that came as a mail.
///
/// `trusted` are the relays of the reporter: servers that the mail complained about passed after its source had handed it over.
///
/// # Errors
///
/// It is none, or one that nothing can be done with: see [`Refused`].
pub fn read(mail: &[u8], trusted: &[Prefix]) -> Result<Complaint, Refused> {
    let found = crate::parts::parts(mail)?;
    let glance = Glance::of(&Head::read(mail));
    let mut complaint = if let Some(complaint) = arf::read(&found, trusted)? {
        complaint
    } else if let Some(complaint) = fields::read(&found, trusted)? {
        complaint
    } else if let Some(complaint) = json::read_parts(&found, trusted)? {
        complaint
    } else {
        arf::read_sent_on(mail, &glance, &found, trusted)?
    };
    complaint.sent_by = glance.from;
    if complaint.reporter.mailbox.is_none() {
        complaint.reporter.mailbox.clone_from(&complaint.sent_by);
    }
    complaint.is_redacted |= redacted::is_redacted(&complaint);
    Ok(complaint)
}

#[cfg(test)]
mod tests;
