//! Reads a query: header, one question, and the OPT record of EDNS wherever it stands in the additional section.
//!
//! Records are skipped without following their names, so that the work is bounded by the length of the message whatever the
//! compression pointers in it say. The name of the question stands first and can point to nothing before it, so that pointers
//! there are refused.

use domain::base::iana::{Class, Opcode, OptionCode, Rcode, Rtype};
use domain::base::message::Message;
use domain::base::opt::cookie::Cookie;
use domain::base::opt::{Opt, UnknownOptData};
use domain::base::wire::ParseError;
use domain::base::{Header, Name, ParsedName};
use domain::dep::octseq::Parser;

/// Bytes of the fixed header.
const HEADER_BYTES: usize = 12;

/// What a query says.
#[derive(Debug)]
pub(crate) struct Request<'q> {
    /// Its header.
    pub(super) header: Header,
    /// Its question, if that much could be read; none where it only asks for a cookie.
    pub(super) question: Option<Question<'q>>,
    /// Its OPT record, if it has one.
    pub(super) edns: Option<Edns>,
    /// Why it cannot be answered whatever it asks.
    pub(super) fault: Option<Rcode>,
}

/// The question of a query.
#[derive(Debug)]
pub(super) struct Question<'q> {
    /// The name, with the letters as the client wrote them.
    pub(super) name: Name<&'q [u8]>,
    /// The type.
    pub(super) rtype: Rtype,
    /// The class.
    pub(super) class: Class,
}

/// What the OPT record of a query says (RFC 6891 section 6.1.3).
#[derive(Debug, Clone)]
pub(super) struct Edns {
    /// The longest answer that the client takes over UDP.
    pub(super) udp_payload: u16,
    /// The version of EDNS.
    pub(super) version: u8,
    /// Whether the client understands DNSSEC, which the answer repeats.
    pub(super) dnssec_ok: bool,
    /// The cookie of the client, with ours if it has one (RFC 7873 section 4).
    pub(super) cookie: Option<Cookie>,
    /// Whether the client wants to know which server this is (RFC 5001 section 2.1).
    pub(super) wants_identity: bool,
}

impl<'q> Request<'q> {
    /// Reads a query; nothing where there is nobody to answer: no header, or an answer itself (two servers could go on for ever).
    pub(crate) fn read(query: &'q [u8]) -> Option<Self> {
        let message = Message::from_slice(query).ok()?;
        let header = message.header();
        if header.qr() {
            return None;
        }
        let mut request = Self {
            header,
            question: None,
            edns: None,
            fault: None,
        };
        if request.read_sections(message).is_err() {
            request.fault = Some(Rcode::FORMERR);
        }
        // What stands in the sections of another operation is not ours to judge (RFC 1035 section 4.1.1).
        if header.opcode() != Opcode::QUERY {
            request.question = None;
            request.fault = Some(Rcode::NOTIMP);
        }
        Some(request)
    }

    /// Reads what stands behind the header. Bytes behind the last record are left alone, as most servers do.
    fn read_sections(&mut self, message: &'q Message<[u8]>) -> Result<(), ParseError> {
        let counts = message.header_counts();
        let mut parser = Parser::from_ref(message.as_slice());
        parser.advance(HEADER_BYTES)?;
        // Never more than one (RFC 9619 section 4).
        if counts.qdcount() > 1 {
            return Err(ParseError::form_error("more than one question"));
        }
        if counts.qdcount() == 1 {
            self.question = Some(Question {
                name: Name::parse(&mut parser)?,
                rtype: Rtype::from_int(parser.parse_u16_be()?),
                class: Class::from_int(parser.parse_u16_be()?),
            });
        }
        for _record in 0..counts.ancount() {
            read_record(&mut parser)?;
        }
        for _record in 0..counts.nscount() {
            read_record(&mut parser)?;
        }
        for _record in 0..counts.arcount() {
            let edns = read_record(&mut parser)?;
            // RFC 6891 section 6.1.1: one OPT record at most.
            if edns.is_some() && self.edns.is_some() {
                return Err(ParseError::form_error("two OPT records"));
            }
            self.edns = self.edns.take().or(edns);
        }
        // No question is for asking for a cookie alone (RFC 7873 section 5.4).
        if self.question.is_none() && self.cookie().is_none() {
            return Err(ParseError::form_error("no question"));
        }
        Ok(())
    }

    /// The cookie of the client.
    pub(super) fn cookie(&self) -> Option<&Cookie> {
        self.edns.as_ref()?.cookie.as_ref()
    }
}

/// Reads over one record and returns what it says if it is an OPT record.
fn read_record(parser: &mut Parser<'_, [u8]>) -> Result<Option<Edns>, ParseError> {
    let is_root = parser.peek(1)?.first() == Some(&0);
    ParsedName::skip(parser)?;
    let rtype = Rtype::from_int(parser.parse_u16_be()?);
    let udp_payload = parser.parse_u16_be()?;
    let [_extended_rcode, version, flags, _flags] = parser.parse_u32_be()?.to_be_bytes();
    let length = usize::from(parser.parse_u16_be()?);
    let options = parser.parse_octets(length)?;
    if rtype != Rtype::OPT {
        return Ok(None);
    }
    // RFC 6891 section 6.1.2: the owner is the root, the data a row of whole options. What another version puts there we do not know,
    // and are to say just that (section 6.1.3).
    if !is_root {
        return Err(ParseError::form_error("OPT record below the root"));
    }
    let mut edns = Edns {
        udp_payload,
        version,
        dnssec_ok: flags & 0x80 != 0,
        cookie: None,
        wants_identity: false,
    };
    if version == 0 {
        read_options(options, &mut edns)?;
    }
    Ok(Some(edns))
}

/// Reads the options of an OPT record.
fn read_options(options: &[u8], edns: &mut Edns) -> Result<(), ParseError> {
    let options = Opt::from_slice(options)?;
    for option in options.iter::<UnknownOptData<_>>() {
        let option = option?;
        match option.code() {
            // RFC 7873 section 5.2: all but the first are ignored.
            OptionCode::COOKIE if edns.cookie.is_none() => edns.cookie = Some(read_cookie(option.data())?),
            OptionCode::NSID => edns.wants_identity = true,
            _ => {}
        }
    }
    Ok(())
}

/// Reads a cookie: 8 bytes of the client, or those and 8 to 32 of a server. Another length is a format error (RFC 7873 section 5.2.2).
fn read_cookie(bytes: &[u8]) -> Result<Cookie, ParseError> {
    let mut parser = Parser::from_ref(bytes);
    let cookie = Cookie::parse(&mut parser)?;
    if parser.remaining() > 0 {
        return Err(ParseError::form_error("cookie too long"));
    }
    Ok(cookie)
}
