//! Hiding in a conversation: what is understood is shown, all else is left out.
//!
//! A conversation was cut by reads, by its limit and by the messages in it, so that each side is put together again and taken line by line; a
//! line stands at the time at which it was whole. Of a line only what is known to be harmless is shown as it was said: the verb, the path
//! behind MAIL and the name behind HELO with everything hidden in them that a message would hide, a recipient by its pseudonym. User names,
//! passwords, and lines that no command begins (which may be the answer to a question for a password) are left out. A line that was cut in its
//! middle keeps its verb alone, because half an address is not found.

use super::{LEFT_OUT, Redactor};
use crate::conversation::{Conversation, Side, What};
use crate::smtp::{self, Address, Command, Oddities};

/// Commands that say nothing but themselves.
const PLAIN: [&str; 6] = ["DATA", "RSET", "QUIT", "STARTTLS", "NOOP", "HELP"];
/// Commands whose argument is never shown: ours that ask for secrets or mailboxes, and those of HTTP, which browsers and scanners say.
const CLOSED: [&str; 11] = [
    "AUTH", "VRFY", "EXPN", "ETRN", "XCLIENT", "GET", "POST", "HEAD", "PUT", "CONNECT", "OPTIONS",
];
/// The mechanisms of AUTH that are shown; another word could be a password already.
const MECHANISMS: [&str; 8] = [
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "DIGEST-MD5",
    "NTLM",
    "GSSAPI",
    "XOAUTH2",
    "OAUTHBEARER",
];
/// Parameters of MAIL whose values tell nothing of a mailbox.
const OPEN_PARAMETERS: [&str; 4] = ["SIZE", "BODY", "SMTPUTF8", "RET"];
/// The longest value of one of those.
const MAX_VALUE: usize = 20;
/// What separates words.
const SPACE: [char; 2] = [' ', '\t'];

/// What recipients are shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipients {
    /// By their pseudonyms, all of them.
    Hidden,
    /// As they are, but for what the redactor hides anyway.
    Shown,
}

/// A line, or what is left of one.
struct Line {
    at: u32,
    side: Side,
    bytes: Vec<u8>,
}

/// How much of a line is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// What can be shown.
    Arguments,
    /// The verb, or the number of a reply: the line was cut.
    Verb,
}

/// What happened, with whole lines.
enum Event<'a> {
    Line(Line),
    Other(u32, What<'a>),
}

impl Redactor {
    /// Hides in a conversation.
    #[must_use]
    pub fn hide_conversation(&self, talk: &Conversation, recipients: Recipients) -> Conversation {
        let mut out = Conversation::new(usize::MAX);
        // After AUTH, and after 334, what a client says is a secret, whatever it looks like (RFC 4954 section 4).
        let mut is_secret = false;
        for event in events(talk) {
            match event {
                Event::Line(line) if is_secret && line.side == Side::Client => {
                    let left = secret(&line.bytes);
                    out.say(line.at, line.side, left.as_bytes());
                }
                Event::Line(line) => {
                    is_secret = match line.side {
                        Side::Client => says_auth(&line.bytes),
                        Side::Server => line.bytes.starts_with(b"334"),
                    };
                    out.say(line.at, line.side, self.shown_line(&line, recipients).as_bytes());
                }
                Event::Other(at, What::Message(size, ends)) => out.send(at, size, ends),
                Event::Other(at, What::Tls) => out.begin_tls(at),
                Event::Other(at, What::Earlier) => out.leave_out_since(at, out.place()),
                Event::Other(_, What::Said(..)) => {}
            }
        }
        if talk.is_cut() {
            out.end_here();
        }
        out
    }

    /// A line as it may be shown, with its end.
    fn shown_line(&self, line: &Line, recipients: Recipients) -> String {
        let text = String::from_utf8_lossy(&line.bytes);
        let (text, end) = cut_end(&text);
        let keep = if end.is_empty() {
            Keep::Verb
        } else {
            Keep::Arguments
        };
        let shown = match line.side {
            Side::Client => self.command(text, recipients, keep),
            Side::Server => self.reply(text, keep),
        };
        format!("{shown}{end}")
    }

    fn reply(&self, text: &str, keep: Keep) -> String {
        let is_code = |front: &str| front.bytes().all(|byte| byte.is_ascii_digit());
        match text.split_at_checked(3).filter(|(front, _)| is_code(front)) {
            Some((code, rest)) if keep == Keep::Verb => {
                let sign = if rest.starts_with('-') { '-' } else { ' ' };
                format!("{code}{sign}{LEFT_OUT}")
            }
            _ if keep == Keep::Verb => LEFT_OUT.to_owned(),
            // Behind the hyphen of a reply with several lines a name begins: it is not the end of a longer one.
            Some((code, rest)) => match rest.strip_prefix('-') {
                Some(words) => format!("{code}-{}", self.hide_text(words)),
                None => self.hide_text(text),
            },
            None => self.hide_text(text),
        }
    }

    fn command(&self, text: &str, recipients: Recipients, keep: Keep) -> String {
        let start = text.trim_start_matches(SPACE);
        let blank = text.get(..text.len().saturating_sub(start.len()));
        let length = start
            .find(|sign: char| !sign.is_ascii_alphanumeric())
            .unwrap_or(start.len());
        let Some((verb, rest)) = start.split_at_checked(length) else {
            return LEFT_OUT.to_owned();
        };
        let upper = verb.to_ascii_uppercase();
        let is_in = |verbs: &[&str]| verbs.contains(&upper.as_str());
        let argument = match upper.as_str() {
            "HELO" | "EHLO" | "LHLO" => self.name(rest, keep),
            "MAIL" => self.mail(rest, keep),
            "RCPT" => self.recipient(rest, recipients, keep),
            "BDAT" => plain_size(rest),
            "AUTH" => mechanism(rest),
            _ if is_in(&PLAIN) || is_in(&CLOSED) => nothing_or_left_out(rest),
            // Not even the word: it may be one that was asked for.
            _ => return nothing_or_left_out(text).trim_start().to_owned(),
        };
        format!("{}{verb}{argument}", blank.unwrap_or_default())
    }

    fn name(&self, rest: &str, keep: Keep) -> String {
        match keep {
            Keep::Arguments if rest.starts_with(SPACE) => self.hide_text(rest),
            _ => nothing_or_left_out(rest),
        }
    }

    fn mail(&self, rest: &str, keep: Keep) -> String {
        let Some((front, path)) = behind_word(rest, "FROM").filter(|_| keep == Keep::Arguments) else {
            return nothing_or_left_out(rest);
        };
        let Some((_, behind)) = read_path(path) else {
            return format!("{front}{LEFT_OUT}");
        };
        let shown = path
            .get(..path.len().saturating_sub(behind.len()))
            .unwrap_or_default();
        format!("{front}{}{}", self.hide_text(shown), parameters(behind))
    }

    fn recipient(&self, rest: &str, recipients: Recipients, keep: Keep) -> String {
        let Some((front, path)) = behind_word(rest, "TO").filter(|_| keep == Keep::Arguments) else {
            return nothing_or_left_out(rest);
        };
        let Some((address, behind)) = read_path(path) else {
            return format!("{front}{LEFT_OUT}");
        };
        let shown = match recipients {
            _ if address.is_null() => String::new(),
            Recipients::Hidden => self.pseudonym(&address.0),
            Recipients::Shown => self.recipient_shown(&address.0),
        };
        let shown = if path.starts_with('<') {
            format!("<{shown}>")
        } else {
            shown
        };
        format!("{front}{shown}{}", nothing_or_left_out(behind))
    }

    /// A recipient that need not be hidden, or the pseudonym of one that must.
    #[must_use]
    pub fn recipient_shown(&self, address: &str) -> String {
        if self.finds_in(address.as_bytes()) {
            self.pseudonym(address)
        } else {
            address.to_owned()
        }
    }
}

/// The recipients that a client named, in the spelling that an observation has them in.
pub(super) fn recipients(talk: &Conversation) -> impl Iterator<Item = String> {
    events(talk).into_iter().filter_map(|event| match event {
        Event::Line(Line {
            side: Side::Client,
            bytes,
            ..
        }) => match Command::parse(bytes.trim_ascii_end()).command {
            Ok(Command::Rcpt(address)) => Some(address.0),
            _ => None,
        },
        _ => None,
    })
}

/// Puts the lines of each side together. A line that is cut has no end, and stands where its last piece did.
fn events(talk: &Conversation) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    let (mut client, mut server) = (None, None);
    for segment in talk.segments() {
        let What::Said(side, said) = segment.what else {
            // What stood behind it is gone, and with it the rest of a line.
            if segment.what == What::Earlier {
                events.extend(
                    [client.take(), server.take()]
                        .into_iter()
                        .flatten()
                        .map(Event::Line),
                );
            }
            events.push(Event::Other(segment.at, segment.what));
            continue;
        };
        let open = match side {
            Side::Client => &mut client,
            Side::Server => &mut server,
        };
        for piece in said.split_inclusive(|byte| *byte == b'\n') {
            let line = open.get_or_insert_with(|| Line {
                at: segment.at,
                side,
                bytes: Vec::new(),
            });
            line.at = segment.at;
            line.bytes.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                events.extend(open.take().map(Event::Line));
            }
        }
    }
    events.extend([client, server].into_iter().flatten().map(Event::Line));
    events
}

/// A line and its end, which is none where it was cut.
fn cut_end(text: &str) -> (&str, &str) {
    let length = ["\r\n", "\n"]
        .iter()
        .find(|end| text.ends_with(**end))
        .map_or(0, |end| end.len());
    text.split_at_checked(text.len().saturating_sub(length))
        .unwrap_or((text, ""))
}

/// The path at the beginning of a text, and what stands behind it, as the trap reads it.
fn read_path(text: &str) -> Option<(Address, &str)> {
    let mut ignored = Oddities::NONE;
    smtp::path::read(text, &mut ignored)
}

/// What stands up to the path behind FROM or TO, and the rest.
fn behind_word<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at_word = rest.trim_start_matches(SPACE);
    let (front, behind) = at_word.split_at_checked(word.len())?;
    if !front.eq_ignore_ascii_case(word) || at_word.len() == rest.len() {
        return None;
    }
    let at_colon = behind.trim_start_matches(SPACE);
    let path = at_colon
        .strip_prefix(':')
        .unwrap_or(at_colon)
        .trim_start_matches(SPACE);
    rest.split_at_checked(rest.len().saturating_sub(path.len()))
}

/// The parameters of MAIL, values left out where they could name somebody.
fn parameters(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split(SPACE).filter(|word| !word.is_empty()) {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let is_open = OPEN_PARAMETERS.iter().any(|open| open.eq_ignore_ascii_case(key));
        let is_short = value.len() <= MAX_VALUE && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        shown.push(' ');
        shown.push_str(if is_open && is_short { word } else { LEFT_OUT });
    }
    shown
}

/// The size behind BDAT.
fn plain_size(rest: &str) -> String {
    let mut words = rest.split(SPACE).filter(|word| !word.is_empty());
    let is_size = |word: &str| word.len() <= MAX_VALUE && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = words.next().is_some_and(is_size)
        && words.next().is_none_or(|word| word.eq_ignore_ascii_case("LAST"))
        && words.next().is_none();
    if is_plain {
        rest.to_owned()
    } else {
        nothing_or_left_out(rest)
    }
}

/// The mechanism behind AUTH, and never what follows.
fn mechanism(rest: &str) -> String {
    let mut words = rest.split(SPACE).filter(|word| !word.is_empty());
    let known = words
        .next()
        .and_then(|word| MECHANISMS.iter().find(|known| known.eq_ignore_ascii_case(word)));
    match (known, words.next()) {
        (Some(known), None) => format!(" {known}"),
        (Some(known), Some(_)) => format!(" {known} {LEFT_OUT}"),
        (None, _) => nothing_or_left_out(rest),
    }
}

/// Whether a client begins to authenticate itself.
fn says_auth(line: &[u8]) -> bool {
    let verb = line.trim_ascii_start().get(..4);
    verb.is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"))
}

/// A line of which nothing is shown but its end.
fn secret(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let (text, end) = cut_end(&text);
    format!("{}{end}", nothing_or_left_out(text).trim_start())
}

/// Nothing for blanks, a note for all else.
fn nothing_or_left_out(rest: &str) -> String {
    if rest.trim_matches(SPACE).is_empty() {
        rest.to_owned()
    } else {
        format!(" {LEFT_OUT}")
    }
}
