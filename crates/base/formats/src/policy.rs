//! The questions that Postfix puts to a policy service, and the answers (Postfix, `SMTPD_POLICY_README`).
//!
//! In: bytes of a connection, in pieces of any size. Out: one [`Request`] for each block of `name=value` lines that an empty line ends, and the bytes
//! of an [`Answer`]. Attributes that nobody here needs are passed over, as the protocol asks; of one that comes twice the first goes.

use std::fmt;
use std::net::IpAddr;

use crate::smtp::path::mailbox;

/// Longest line, in bytes without its end. Postfix cuts what clients say at 2,048 (`line_length_limit`).
pub const MAX_LINE: usize = 8 * 1_024;
/// Most lines of a request. Postfix 3.9 sends 29.
pub const MAX_ATTRIBUTES: usize = 128;
/// Largest request, in bytes with the ends of its lines.
pub const MAX_REQUEST: usize = 32 * 1_024;
/// Longest text of an answer, in bytes. Postfix reads lines of 2,048, and a reply of SMTP has 512 (RFC 5321 section 4.5.3.1.5).
pub const MAX_TEXT: usize = 400;

/// What Postfix says about a client that wants something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Whether it is a question of the one kind that there is, `request=smtpd_access_policy`.
    pub is_access_policy: bool,
    /// Where the conversation is: `RCPT`, `DATA`, `END-OF-MESSAGE` …
    pub protocol_state: String,
    /// Names one mail: the same in all requests about it.
    pub instance: String,
    /// The client; none where Postfix does not know it.
    pub client_address: Option<IpAddr>,
    /// The port that it speaks from.
    pub client_port: Option<u16>,
    /// What it called itself.
    pub helo_name: String,
    /// The sender; empty for the null sender.
    pub sender: String,
    /// The recipient that is asked about; empty where there are several.
    pub recipient: String,
    /// The name that the client logged in with; empty where it did not.
    pub sasl_username: String,
}

impl Request {
    /// Whether this request is about one recipient.
    #[must_use]
    pub fn is_of_recipient(&self) -> bool {
        self.protocol_state == "RCPT" && !self.recipient.is_empty()
    }

    /// Takes the value of an attribute, if it is one that is needed.
    fn set(&mut self, name: &[u8], value: &str) {
        match name {
            b"request" => self.is_access_policy = value == "smtpd_access_policy",
            b"protocol_state" => value.clone_into(&mut self.protocol_state),
            b"instance" => value.clone_into(&mut self.instance),
            b"client_address" => self.client_address = value.parse().ok().map(|ip: IpAddr| ip.to_canonical()),
            b"client_port" => self.client_port = value.parse().ok(),
            b"helo_name" => value.clone_into(&mut self.helo_name),
            b"sender" => value.clone_into(&mut self.sender),
            b"recipient" => self.recipient = mailbox(value),
            b"sasl_username" => value.clone_into(&mut self.sasl_username),
            _ => {}
        }
    }
}

/// Why what comes in is no request. The connection is of no use any more: nobody knows where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    /// A line has no `=`.
    #[error("a line is no attribute")]
    NotAttribute,
    /// A line is too long.
    #[error("a line is longer than {MAX_LINE} bytes")]
    LongLine,
    /// There are too many lines.
    #[error("a request has more than {MAX_ATTRIBUTES} attributes")]
    ManyAttributes,
    /// The request is too large.
    #[error("a request is larger than {MAX_REQUEST} bytes")]
    Large,
}

/// Reads the requests of one connection.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    /// The names of the attributes that came.
    names: Vec<Vec<u8>>,
    bytes: usize,
    request: Request,
}

impl Reader {
    /// Whether a request has begun and not ended.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        self.bytes > 0
    }

    /// Reads up to the end of a request and leaves what comes behind it in `input`; none where more has to come.
    ///
    /// # Errors
    /// This is no request; close the connection.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Request>, NoRequest> {
        while let Some((byte, rest)) = input.split_first() {
            *input = rest;
            self.bytes = self.bytes.saturating_add(1);
            if self.bytes > MAX_REQUEST {
                return Err(NoRequest::Large);
            }
            match byte {
                b'\n' if self.line.is_empty() => return Ok(Some(std::mem::take(self).request)),
                b'\n' => self.end_line()?,
                _ if self.line.len() >= MAX_LINE => return Err(NoRequest::LongLine),
                _ => self.line.push(*byte),
            }
        }
        Ok(None)
    }

    fn end_line(&mut self) -> Result<(), NoRequest> {
        let line = std::mem::take(&mut self.line);
        let mut parts = line.splitn(2, |byte| *byte == b'=');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
            return Err(NoRequest::NotAttribute);
        };
        if self.names.len() >= MAX_ATTRIBUTES {
            return Err(NoRequest::ManyAttributes);
        }
        if !self.names.iter().any(|known| known == name) {
            self.request.set(name, &presentable(value));
        }
        self.names.push(name.to_vec());
        Ok(())
    }
}

/// The text of a value. What is no UTF-8 and what steers a terminal becomes U+FFFD: a sender wrote it.
fn presentable(value: &[u8]) -> String {
    let shown = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    String::from_utf8_lossy(value).chars().map(shown).collect()
}

/// What Postfix is to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer {
    /// Nothing: its other restrictions decide.
    #[default]
    Dunno,
    /// Put this header before the mail.
    Prepend(String),
    /// Say this and a temporary error, if nothing else refuses the mail.
    DeferIfPermit(String),
    /// Refuse it, and say this.
    Reject(String),
}

/// As it goes over the wire, with the empty line at its end.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, text) = match self {
            Self::Dunno => ("DUNNO", ""),
            Self::Prepend(text) => ("PREPEND", text.as_str()),
            Self::DeferIfPermit(text) => ("DEFER_IF_PERMIT", text.as_str()),
            Self::Reject(text) => ("REJECT", text.as_str()),
        };
        // Another line would be another attribute, and what is cut here would be cut by Postfix.
        let text = presentable(text.as_bytes());
        let text = text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default();
        let gap = if text.is_empty() { "" } else { " " };
        write!(f, "action={word}{gap}{text}\n\n")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ASKED: &[u8] = b"request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=SMTP\nhelo_name=some.example\n\
        queue_id=8045F2AB23\nsender=foo=bar@bar.example\nrecipient=bar@foo.example\nclient_address=192.0.2.1\n\
        client_name=another.example\ninstance=123.456.7\nsasl_username=\nclient_port=40025\n\n";

    fn read(bytes: &[u8]) -> Result<Option<Request>, NoRequest> {
        Reader::default().read(&mut &*bytes)
    }

    #[test]
    fn a_request_is_read() {
        let request = read(ASKED).unwrap().unwrap();
        assert!(request.is_access_policy && request.is_of_recipient());
        assert_eq!(request.client_address, Some("192.0.2.1".parse().unwrap()));
        assert_eq!(request.client_port, Some(40_025));
        assert_eq!(request.sender, "foo=bar@bar.example");
        assert_eq!(
            (request.recipient.as_str(), request.instance.as_str()),
            ("bar@foo.example", "123.456.7")
        );
    }

    #[test]
    fn what_is_odd_is_passed_over_and_the_first_value_goes() {
        let request = read(b"client_address=unknown\nfoo=\nsender=a\x1b\xff@b\nsender=c\nclient_port=x\n\n");
        let request = request.unwrap().unwrap();
        assert_eq!((request.client_address, request.client_port), (None, None));
        assert_eq!(request.sender, "a\u{fffd}\u{fffd}@b");
        assert!(!request.is_access_policy && !request.is_of_recipient());
        assert_eq!(read(b"\n"), Ok(Some(Request::default())));
        assert_eq!(read(b"request=smtpd_access_policy\n"), Ok(None));
    }

    #[test]
    fn every_size_has_an_end() {
        let long = [b"sender=".as_slice(), &[b'x'; 1 << 20]].concat();
        assert_eq!(read(&long), Err(NoRequest::LongLine));
        assert_eq!(
            read(&b"a=\n".repeat(MAX_ATTRIBUTES + 1)),
            Err(NoRequest::ManyAttributes)
        );
        let wide = [b"a=".as_slice(), &[b'x'; MAX_LINE - 2], b"\n"].concat();
        assert_eq!(read(&wide.repeat(5)), Err(NoRequest::Large));
        assert_eq!(read(b"GET / HTTP/1.1\r\n"), Err(NoRequest::NotAttribute));
    }

    #[test]
    fn an_answer_is_one_line() {
        assert_eq!(Answer::Dunno.to_string(), "action=DUNNO\n\n");
        let text = "listed\naction=OK".to_owned();
        assert_eq!(
            Answer::Reject(text).to_string(),
            "action=REJECT listed\u{fffd}action=OK\n\n"
        );
        let long = Answer::Prepend("ñ".repeat(1_000)).to_string();
        assert!(long.len() <= MAX_TEXT + 20, "{}", long.len());
    }

    proptest! {
        #[test]
        fn requests_are_the_same_in_pieces(piece in 1_usize..40, times in 1_usize..4) {
            let bytes = ASKED.repeat(times);
            let (mut reader, mut found) = (Reader::default(), Vec::new());
            for mut part in bytes.chunks(piece) {
                while let Some(request) = reader.read(&mut part).unwrap() {
                    found.push(request);
                }
            }
            let whole = read(ASKED).unwrap().unwrap();
            prop_assert_eq!(found, vec![whole; times]);
            prop_assert!(!reader.is_inside());
        }
    }
}
