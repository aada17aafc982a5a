//! The grammar of command lines (RFC 5321 section 4.1, RFC 1870, RFC 3030, RFC 6531).
//!
//! Lenient, because a trap has to take what spam programs send: any case, odd spacing, missing colons and brackets are understood
//! and noted. What cannot be understood is refused with the reason that the reply code needs.

use super::path::{self, Address};
use super::{Oddities, Oddity};

/// A command that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `EHLO name`.
    Ehlo(String),
    /// `HELO name`.
    Helo(String),
    /// `MAIL FROM:<path> parameters`.
    Mail(MailCommand),
    /// `RCPT TO:<path>`.
    Rcpt(Address),
    /// `DATA`.
    Data,
    /// `BDAT size [LAST]`.
    Bdat {
        /// Bytes that follow the line.
        size: u64,
        /// Whether they end the message.
        last: bool,
    },
    /// `STARTTLS` (RFC 3207).
    StartTls,
    /// `RSET`.
    Rset,
    /// `NOOP`.
    Noop,
    /// `VRFY text`.
    Vrfy,
    /// `HELP`.
    Help,
    /// `QUIT`.
    Quit,
}

/// What `MAIL` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailCommand {
    /// The reverse path.
    pub from: Address,
    /// The size that the client announces, in bytes (RFC 1870).
    pub size: Option<u64>,
    /// Whether addresses beyond ASCII were announced (RFC 6531 section 3.4).
    pub is_utf8: bool,
}

/// Why a line is no command that can be obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The verb is unknown.
    Unknown,
    /// The verb is known and not offered: `AUTH`, `EXPN`, `ETRN`, `TURN` …
    NotOffered,
    /// The argument cannot be read; the text shows the right form.
    Syntax(&'static str),
    /// The reverse path cannot be read.
    BadSender,
    /// The forward path cannot be read.
    BadRecipient,
    /// The size of a chunk cannot be read: nobody can tell where the next command begins.
    BadChunk,
}

/// A line, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The command, or why there is none.
    pub command: Result<Command, Refusal>,
    /// What was odd about it.
    pub oddities: Oddities,
}

/// Verbs of SMTP and its extensions that a trap has no use for.
const NOT_OFFERED: [&str; 8] = ["AUTH", "EXPN", "ETRN", "TURN", "ATRN", "SEND", "SOML", "SAML"];

impl Command {
    /// Reads one line, without its end.
    #[must_use]
    pub fn parse(line: &[u8]) -> Parsed {
        let mut oddities = Oddities::NONE;
        let text = String::from_utf8_lossy(line);
        if matches!(text, std::borrow::Cow::Owned(_)) {
            oddities.add(Oddity::BadUtf8);
        }
        let trimmed = text.trim_start_matches(SPACE);
        if trimmed.len() != text.len() {
            oddities.add(Oddity::OddSpacing);
        }
        // RFC 5321 section 4.1.1: trailing white space should be tolerated.
        let command = read(trimmed.trim_end_matches(SPACE), &mut oddities);
        match &command {
            Err(Refusal::Unknown) => oddities.add(Oddity::UnknownCommand),
            Err(Refusal::NotOffered) | Ok(_) => {}
            Err(_) => oddities.add(Oddity::BadSyntax),
        }
        Parsed { command, oddities }
    }
}

/// What separates words.
const SPACE: [char; 2] = [' ', '\t'];

fn read(line: &str, oddities: &mut Oddities) -> Result<Command, Refusal> {
    if let Some(path) = envelope(line, "MAIL", "FROM", oddities) {
        return mail(path, oddities);
    }
    if let Some(path) = envelope(line, "RCPT", "TO", oddities) {
        return recipient(path, oddities);
    }
    let (verb, argument) = first_word(line, oddities);
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => name(argument).map(Command::Ehlo),
        "HELO" => name(argument).map(Command::Helo),
        "MAIL" => Err(Refusal::Syntax("MAIL FROM:<address>")),
        "RCPT" => Err(Refusal::Syntax("RCPT TO:<address>")),
        "DATA" => Ok(without(argument, Command::Data, oddities)),
        "BDAT" => chunk(argument),
        "STARTTLS" => Ok(without(argument, Command::StartTls, oddities)),
        "RSET" => Ok(without(argument, Command::Rset, oddities)),
        "NOOP" => Ok(Command::Noop),
        "VRFY" if argument.is_empty() => Err(Refusal::Syntax("VRFY text")),
        "VRFY" => Ok(Command::Vrfy),
        "HELP" => Ok(Command::Help),
        "QUIT" => Ok(without(argument, Command::Quit, oddities)),
        known if NOT_OFFERED.contains(&known) => Err(Refusal::NotOffered),
        _ => Err(Refusal::Unknown),
    }
}

/// Splits off the first word and drops the space behind it.
fn first_word<'a>(line: &'a str, oddities: &mut Oddities) -> (&'a str, &'a str) {
    let Some((word, rest)) = line.split_once(SPACE) else {
        return (line, "");
    };
    let argument = rest.trim_start_matches(SPACE);
    if argument.len() != rest.len() {
        oddities.add(Oddity::OddSpacing);
    }
    (word, argument)
}

/// Recognises `MAIL FROM:` and `RCPT TO:` in all their spellings and returns what follows.
fn envelope<'a>(line: &'a str, verb: &str, word: &str, oddities: &mut Oddities) -> Option<&'a str> {
    let behind_verb = strip_word(line, verb)?;
    let at_word = behind_verb.trim_start_matches(SPACE);
    let behind_word = strip_word(at_word, word)?;
    let at_colon = behind_word.trim_start_matches(SPACE);
    let path = match at_colon.strip_prefix(':') {
        Some(path) => path,
        // `MAIL FROM <a@b>` is understood; `MAIL FROMAGE` is not.
        None if at_colon.len() != behind_word.len() || at_colon.starts_with('<') => {
            oddities.add(Oddity::NoColon);
            at_colon
        }
        None if at_colon.is_empty() => at_colon,
        None => return None,
    };
    let trimmed = path.trim_start_matches(SPACE);
    let one_space = behind_verb.len().saturating_sub(at_word.len()) == 1;
    let tight = at_colon.len() == behind_word.len() || !at_colon.starts_with(':');
    if !one_space || !tight || trimmed.len() != path.len() {
        oddities.add(Oddity::OddSpacing);
    }
    Some(trimmed)
}

/// Takes `word` in any case off the front.
fn strip_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let (front, rest) = line.split_at_checked(word.len())?;
    front.eq_ignore_ascii_case(word).then_some(rest)
}

fn mail(argument: &str, oddities: &mut Oddities) -> Result<Command, Refusal> {
    let (from, rest) = path::read(argument, oddities).ok_or(Refusal::BadSender)?;
    let (mut size, mut is_utf8) = (None, false);
    for parameter in rest.split(SPACE).filter(|word| !word.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match key.to_ascii_uppercase().as_str() {
            "SIZE" => size = Some(decimal(value).ok_or(Refusal::Syntax("SIZE=bytes"))?),
            "BODY"
                if ["7BIT", "8BITMIME"]
                    .iter()
                    .any(|kind| value.eq_ignore_ascii_case(kind)) => {}
            "SMTPUTF8" => is_utf8 = true,
            _ => oddities.add(Oddity::UnknownParameter),
        }
    }
    if !from.0.is_ascii() && !is_utf8 {
        oddities.add(Oddity::UnannouncedUtf8);
    }
    Ok(Command::Mail(MailCommand { from, size, is_utf8 }))
}

fn recipient(argument: &str, oddities: &mut Oddities) -> Result<Command, Refusal> {
    let (to, rest) = path::read(argument, oddities).ok_or(Refusal::BadRecipient)?;
    if to.is_null() {
        return Err(Refusal::BadRecipient);
    }
    if !rest.trim_matches(SPACE).is_empty() {
        oddities.add(Oddity::UnknownParameter);
    }
    Ok(Command::Rcpt(to))
}

/// The name behind HELO and EHLO. Anything goes but nothing: spam programs give all sorts, and that is evidence.
fn name(argument: &str) -> Result<String, Refusal> {
    if argument.is_empty() || argument.chars().any(char::is_control) {
        return Err(Refusal::Syntax("EHLO host.name"));
    }
    Ok(argument.to_owned())
}

fn chunk(argument: &str) -> Result<Command, Refusal> {
    let mut words = argument.split(SPACE).filter(|word| !word.is_empty());
    let size = words.next().and_then(decimal).ok_or(Refusal::BadChunk)?;
    let last = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("LAST") => true,
        Some(_) => return Err(Refusal::BadChunk),
    };
    match words.next() {
        None => Ok(Command::Bdat { size, last }),
        Some(_) => Err(Refusal::BadChunk),
    }
}

/// A number in digits only: `u64::from_str` would take `+5`.
fn decimal(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// A command that takes no argument and may have got one.
fn without(argument: &str, command: Command, oddities: &mut Oddities) -> Command {
    if !argument.is_empty() {
        oddities.add(Oddity::ExtraArgument);
    }
    command
}

#[cfg(test)]
mod tests;
