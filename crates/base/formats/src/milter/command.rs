//! What a mail server tells a filter.

use std::net::IpAddr;

use super::{NoCommand, Options};
use crate::smtp::path::mailbox;

/// Most characters kept of a name, an address or a macro. Postfix cuts what clients say at 2,048 bytes (`line_length_limit`).
const MOST_TEXT: usize = 2_048;
/// Most macros read of one packet; Sendmail sends a dozen.
const MOST_MACROS: usize = 64;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What the server offers (`O`).
    Options(Options),
    /// The values of macros for the command that follows (`D`).
    Macros(Macros),
    /// A client came (`C`).
    Connect(Client),
    /// What it calls itself (`H`).
    Helo(String),
    /// The sender of a message, without angle brackets (`M`).
    Mail(String),
    /// A recipient, without angle brackets (`R`).
    Recipient(String),
    /// The client said DATA (`T`).
    Data,
    /// A header field (`L`).
    Header(Header),
    /// The header is over (`N`).
    HeaderEnd,
    /// A piece of the body (`B`).
    Body(Vec<u8>),
    /// The message is over; a last piece of the body may come with it (`E`).
    End(Vec<u8>),
    /// The message is given up, the connection of the client goes on (`A`).
    Abort,
    /// The client said something that the server does not know (`U`).
    Unknown,
    /// Everything is over (`Q`).
    Quit,
    /// The client is gone, and the next one may follow (`K`).
    NextClient,
}

/// A client, as far as the server tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// Its address; none of one on the same machine, or where the server does not know it.
    pub address: Option<IpAddr>,
    /// The port that it speaks from.
    pub port: Option<u16>,
}

/// A header field as it came, but for the ends of its lines, which are LF.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// Its name.
    pub name: Vec<u8>,
    /// What stands behind the colon; without the first space, unless [`LEADING_SPACE`](super::steps::LEADING_SPACE) is agreed on.
    pub value: Vec<u8>,
}

/// The command that macros are for. The number is that of the list in which a filter names those that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Stage {
    /// A client came.
    Connect = 0,
    /// The sender.
    Mail = 2,
}

/// The values of macros.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Macros(Vec<(String, String)>);

impl Macros {
    /// The value of a macro, by its name without braces; none where it is absent or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn read(data: &[u8]) -> Self {
        // The letter of the command that they are for.
        let data = data.get(1..).unwrap_or_default();
        let mut texts = data.split(|byte| *byte == 0);
        let mut values = Vec::new();
        while let (Some(name), Some(value)) = (texts.next(), texts.next())
            && values.len() < MOST_MACROS
        {
            let name = presentable(name);
            values.push((name.trim_matches(['{', '}']).to_owned(), presentable(value)));
        }
        Self(values)
    }
}

impl Command {
    /// Reads a packet.
    ///
    /// # Errors
    /// It is no command.
    pub(super) fn read(packet: &[u8]) -> Result<Self, NoCommand> {
        let (letter, data) = packet.split_first().ok_or(NoCommand::Empty)?;
        Ok(match letter {
            b'O' => Self::Options(read_options(data).ok_or(NoCommand::Short)?),
            b'D' => Self::Macros(Macros::read(data)),
            b'C' => Self::Connect(read_client(data).unwrap_or_default()),
            b'H' => Self::Helo(presentable(text(data).0)),
            b'M' => Self::Mail(path(data)),
            b'R' => Self::Recipient(path(data)),
            b'T' => Self::Data,
            b'L' => {
                let (name, rest) = text(data);
                Self::Header(Header {
                    name: name.to_vec(),
                    value: text(rest).0.to_vec(),
                })
            }
            b'N' => Self::HeaderEnd,
            b'B' => Self::Body(data.to_vec()),
            b'E' => Self::End(data.to_vec()),
            b'A' => Self::Abort,
            b'U' => Self::Unknown,
            b'Q' => Self::Quit,
            b'K' => Self::NextClient,
            _ => return Err(NoCommand::Unknown(*letter)),
        })
    }
}

/// Three numbers; what follows them in later versions is passed over.
fn read_options(data: &[u8]) -> Option<Options> {
    let (version, data) = number(data)?;
    let (actions, data) = number(data)?;
    let (steps, _) = number(data)?;
    Some(Options {
        version,
        actions,
        steps,
    })
}

fn number(data: &[u8]) -> Option<(u32, &[u8])> {
    let (bytes, rest) = data.split_first_chunk()?;
    Some((u32::from_be_bytes(*bytes), rest))
}

/// The name of the client, then `4` or `6`, its port, and its address as text. Clients of other families have no address.
fn read_client(data: &[u8]) -> Option<Client> {
    let (family, data) = text(data).1.split_first()?;
    if !matches!(family, b'4' | b'6') {
        return None;
    }
    let (port, data) = data.split_first_chunk()?;
    let address = presentable(text(data).0);
    let bare = address.strip_prefix("IPv6:").unwrap_or(&address);
    Some(Client {
        address: bare.parse().ok().map(|address: IpAddr| address.to_canonical()),
        port: Some(u16::from_be_bytes(*port)).filter(|port| *port != 0),
    })
}

/// The path of MAIL or RCPT; their parameters follow it.
fn path(data: &[u8]) -> String {
    mailbox(&presentable(text(data).0))
}

/// Bytes up to a NUL or the end, and what is behind it.
fn text(data: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(0, data).unwrap_or(data.len());
    let (text, rest) = data.split_at_checked(end).unwrap_or((data, &[]));
    (text, rest.get(1..).unwrap_or_default())
}

/// Text of bounded length. What is no UTF-8 and what steers a terminal becomes U+FFFD: a sender wrote it.
pub(super) fn presentable(bytes: &[u8]) -> String {
    let shown = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    // A character has at least one byte.
    let bytes = bytes.get(..bytes.len().min(MOST_TEXT)).unwrap_or_default();
    String::from_utf8_lossy(bytes).chars().map(shown).collect()
}
