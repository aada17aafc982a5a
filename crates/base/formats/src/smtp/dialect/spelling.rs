//! How a command line is spelled, with a sign in the place of everything that belongs to the mail.

use crate::smtp::{Oddities, path};

/// The longest spelling, in bytes.
pub(super) const MOST: usize = 96;
/// Spaces that are told one by one; more look the same.
const MOST_SPACES: usize = 3;
/// What separates words.
const SPACE: [char; 2] = [' ', '\t'];

/// Verbs of SMTP, its extensions and its private ones, and those of HTTP that browsers and scanners say.
const VERBS: &[&str] = &[
    "HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "VRFY", "EXPN", "HELP", "QUIT",
    "STARTTLS", "AUTH", "ETRN", "TURN", "ATRN", "SEND", "SOML", "SAML", "XCLIENT", "XFORWARD", "XEXCH50",
    "GET", "POST", "HEAD", "PUT", "CONNECT", "OPTIONS",
];
/// Parameters of MAIL and RCPT (the registry of RFC 5321 section 2.2.2).
const PARAMETERS: &[&str] = &[
    "SIZE",
    "RET",
    "ENVID",
    "NOTIFY",
    "ORCPT",
    "AUTH",
    "BY",
    "HOLDFOR",
    "HOLDUNTIL",
    "MT-PRIORITY",
    "MTRK",
    "CONPERM",
    "CONNEG",
    "SOLICIT",
    "TRANSID",
    "REQUIRETLS",
    "RRVS",
    "LIMITS",
];
/// Parameters that depend on the text of the message.
const OF_THE_TEXT: &[&str] = &["BODY", "SMTPUTF8"];

/// The verb of a line as it is spelled, `?` where SMTP does not know it.
pub(super) fn verb(line: &str) -> String {
    let line = line.trim_start_matches(SPACE);
    let end = line
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(line.len());
    known(line.get(..end).unwrap_or_default(), VERBS).to_owned()
}

/// HELO or EHLO, with the class of its name.
pub(super) fn hello(line: &str, class: impl FnOnce(&str) -> String) -> String {
    let mut out = Spelling::default();
    let rest = out.spaces(line);
    let (word, rest) = word(rest);
    out.push(known(word, VERBS));
    let rest = out.spaces(rest);
    let name = rest.trim_end_matches(SPACE);
    out.push(&class(name));
    out.spaces(rest.get(name.len()..).unwrap_or_default());
    out.0
}

/// MAIL or RCPT, with its path and parameters.
pub(super) fn envelope(line: &str) -> String {
    let mut out = Spelling::default();
    let rest = out.spaces(line);
    let (verb, rest) = word(rest);
    out.push(known(verb, VERBS));
    let rest = out.spaces(rest);
    let end = rest.find([' ', '\t', ':', '<']).unwrap_or(rest.len());
    let (from_or_to, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    out.push(known(from_or_to, &["FROM", "TO"]));
    let mut rest = out.spaces(rest);
    if let Some(behind) = rest.strip_prefix(':') {
        out.push(":");
        rest = out.spaces(behind);
    }
    let mut ignored = Oddities::NONE;
    let Some((_, behind)) = path::read(rest, &mut ignored) else {
        out.push("?");
        return out.0;
    };
    let end = rest.len().saturating_sub(behind.len());
    out.path(rest.get(..end).unwrap_or_default());
    out.parameters(behind);
    out.0
}

/// Whether a BDAT line says that its chunk is the last (RFC 3030 section 2).
pub(super) fn is_last_chunk(line: &str) -> bool {
    line.split(SPACE).any(|word| word.eq_ignore_ascii_case("LAST"))
}

/// The word itself if it is one of these in any case, otherwise a question mark. Nothing for nothing.
fn known<'a>(word: &'a str, words: &[&str]) -> &'a str {
    if word.is_empty() || words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        word
    } else {
        "?"
    }
}

/// The first word, and what stands behind it with its spaces.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(SPACE).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A spelling that is being put together.
#[derive(Default)]
struct Spelling(String);

impl Spelling {
    fn push(&mut self, text: &str) {
        if self.0.len().saturating_add(text.len()) <= MOST {
            self.0.push_str(text);
        }
    }

    /// Spells the spaces in front of a text, and gives the text.
    fn spaces<'a>(&mut self, text: &'a str) -> &'a str {
        let rest = text.trim_start_matches(SPACE);
        let count = text.len().saturating_sub(rest.len());
        for space in text.chars().take(count.min(MOST_SPACES)) {
            self.push(if space == ' ' { "_" } else { "\\t" });
        }
        rest
    }

    /// Spells a path: its brackets, and the spaces inside them.
    fn path(&mut self, path: &str) {
        let inner = path.trim_start_matches('<');
        let opened = path.len().saturating_sub(inner.len());
        // The null sender belongs to the mail as any other.
        let text = inner.trim_end_matches('>');
        let closed = inner.len().saturating_sub(text.len());
        self.push("<".repeat(opened.min(2)).as_str());
        let text = self.spaces(text);
        self.push("@");
        self.spaces(text.get(text.trim_end_matches(SPACE).len()..).unwrap_or_default());
        self.push(">".repeat(closed.min(2)).as_str());
    }

    /// Spells parameters with the spaces between them.
    fn parameters(&mut self, mut rest: &str) {
        loop {
            let spaced = rest;
            rest = rest.trim_start_matches(SPACE);
            let (parameter, behind) = word(rest);
            let (key, value) = parameter
                .split_once('=')
                .map_or((parameter, None), |(key, value)| (key, Some(value)));
            if OF_THE_TEXT.iter().any(|known| known.eq_ignore_ascii_case(key)) {
                rest = behind;
                continue;
            }
            self.spaces(spaced);
            if parameter.is_empty() {
                return;
            }
            self.push(known(key, PARAMETERS));
            match value {
                None => {}
                Some(value) if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    self.push("=#");
                }
                Some(_) => self.push("=*"),
            }
            rest = behind;
        }
    }
}
