//! What the members of a document must be.

use std::net::IpAddr;

use atalaya_model::{MailAddress, Timestamp};
use data_encoding::BASE64_MIME_PERMISSIVE;
use serde_json::Value;

use super::super::values::{some_word, word};
use super::super::{Embedded, Refused, arf};

/// What a member must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Must {
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An IP address.
    Address,
    /// A port.
    Port,
    /// A port, or several.
    Ports,
    /// A date and time of RFC 3339.
    Moment,
    /// A mail address.
    Mailbox,
    /// A host name.
    Host,
    /// A URL.
    Url,
    /// A number of CVE.
    Cve,
    /// A whole number from 0.
    Count,
    /// `true` or `false`.
    Flag,
    /// An object.
    Object,
    /// An object whose members are texts and whole numbers.
    Plain,
    /// A list.
    List,
}

/// One member: where it stands, and what it must be.
pub(super) type Rule = (&'static str, Must);

impl Must {
    /// The rest of the sentence "it must be …".
    const fn be(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Word(_) => "one of the words of the schema",
            Self::Address => "an IP address",
            Self::Port => "a port",
            Self::Ports => "a port, or a list of them",
            Self::Moment => "a date and time such as 2026-12-31T18:00:00Z",
            Self::Mailbox => "a mail address",
            Self::Host => "a host name",
            Self::Url => "a URL",
            Self::Cve => "a number such as CVE-2026-12345",
            Self::Count => "a whole number",
            Self::Flag => "true or false",
            Self::Object => "an object",
            Self::Plain => "an object of texts and whole numbers",
            Self::List => "a list",
        }
    }

    fn fits(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Text => text.is_some(),
            Self::Word(words) => text.is_some_and(|text| words.contains(&text)),
            Self::Address => text.is_some_and(|text| text.parse::<IpAddr>().is_ok()),
            Self::Port => port(value).is_some(),
            Self::Ports => {
                port(value).is_some()
                    || value
                        .as_array()
                        .is_some_and(|list| list.iter().all(|one| port(one).is_some()))
            }
            Self::Moment => text.is_some_and(|text| text.len() > 10 && text.parse::<Timestamp>().is_ok()),
            Self::Mailbox => text.is_some_and(|text| text.parse::<MailAddress>().is_ok()),
            Self::Host => text.is_some_and(is_host),
            Self::Url => text.is_some_and(|text| {
                text.split_once(':')
                    .is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
            }),
            Self::Cve => text.is_some_and(is_cve),
            Self::Count => value.is_u64(),
            Self::Flag => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Plain => value.as_object().is_some_and(|members| {
                members
                    .values()
                    .all(|one| one.is_string() || one.is_i64() || one.is_u64())
            }),
            Self::List => value.is_array(),
        }
    }
}

/// A member by its path, with a dot between the names; `null` is none.
pub(super) fn at<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .try_fold(document, |value, name| value.get(name))
        .filter(|value| !value.is_null())
}

/// A text by its path, on one line and bounded.
pub(super) fn text(document: &Value, path: &str) -> Option<String> {
    at(document, path).and_then(Value::as_str).and_then(some_word)
}

/// A port by its path; 0 is none.
pub(super) fn port_at(document: &Value, path: &str) -> Option<u16> {
    at(document, path).and_then(port).filter(|port| *port != 0)
}

/// The moment by its path.
pub(super) fn moment_at(document: &Value, path: &str) -> Option<Timestamp> {
    at(document, path)?.as_str()?.parse().ok()
}

/// Members that must be there, and must be that.
pub(super) fn require(document: &Value, rules: &[Rule]) -> Result<(), Refused> {
    rules
        .iter()
        .try_for_each(|(path, must)| match at(document, path) {
            None => Err(Refused::Missing(path)),
            Some(value) => fitting(path, *must, value),
        })
}

/// Members that must be that where they are there.
pub(super) fn allow(document: &Value, rules: &[Rule]) -> Result<(), Refused> {
    rules
        .iter()
        .try_for_each(|(path, must)| match at(document, path) {
            None => Ok(()),
            Some(value) => fitting(path, *must, value),
        })
}

fn fitting(path: &'static str, must: Must, value: &Value) -> Result<(), Refused> {
    if must.fits(value) {
        Ok(())
    } else {
        Err(Refused::Wrong(path, must.be()))
    }
}

fn port(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok())
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Labels of letters, digits, hyphens and underscores.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.len() <= 253 && text.trim_end_matches('.').split('.').all(is_label)
}

fn is_cve(text: &str) -> bool {
    let is_number = |text: &str, least: usize, most: usize| {
        (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.strip_prefix("CVE-")
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(year, number)| is_number(year, 4, 4) && is_number(number, 4, 7))
}

/// The first mail among pieces of evidence: `kind` and `payload` are the names of their members.
pub(super) fn mail_in(
    pieces: Option<&Value>,
    kind: &str,
    payload: &str,
    is_encoded: impl Fn(&Value) -> bool,
) -> Result<Option<Embedded>, Refused> {
    let is_mail = |piece: &&Value| {
        let kind = text(piece, kind).unwrap_or_default().to_ascii_lowercase();
        kind.starts_with("message/rfc822") || kind.starts_with("text/email")
    };
    let pieces = pieces
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let Some(piece) = pieces.iter().find(is_mail) else {
        return Ok(None);
    };
    let payload = at(piece, payload).and_then(Value::as_str).unwrap_or_default();
    let bytes = if is_encoded(piece) {
        BASE64_MIME_PERMISSIVE
            .decode(payload.as_bytes())
            .unwrap_or_default()
    } else {
        payload.as_bytes().to_vec()
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(Embedded {
        bytes: arf::about(&bytes)?,
        is_whole: true,
    }))
}

/// Adds the text at a path to a list.
pub(super) fn push(list: &mut Vec<String>, document: &Value, path: &str) {
    if let Some(found) = at(document, path).and_then(Value::as_str) {
        super::super::values::push(list, &word(found));
    }
}
