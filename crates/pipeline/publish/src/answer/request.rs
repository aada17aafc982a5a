//! Reads a query: header, one question, and the OPT record of EDNS wherever it stands in the additional section.
//!
//! Records are skipped without following their names, so that the work is bounded by the length of the message whatever the
//! compression pointers in it say. The name of the question stands first and can point to nothing before it, so that pointers
//! there are refused.

use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::message::Message;
use domain::base::opt::Opt;
use domain::base::wire::ParseError;
use domain::base::{Header, Name, ParsedName};
use domain::dep::octseq::Parser;

/// Bytes of the fixed header.
const HEADER_BYTES: usize = 12;

/// What a query says.
#[derive(Debug)]
pub(super) struct Request<'q> {
    /// Its header.
    pub(super) header: Header,
    /// Its question, if that much could be read.
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
#[derive(Debug, Clone, Copy)]
pub(super) struct Edns {
    /// The longest answer that the client takes over UDP.
    pub(super) udp_payload: u16,
    /// The version of EDNS.
    pub(super) version: u8,
    /// Whether the client understands DNSSEC, which the answer repeats.
    pub(super) dnssec_ok: bool,
}

impl<'q> Request<'q> {
    /// Reads a query; nothing where there is nobody to answer: no header, or an answer itself (two servers could go on for ever).
    pub(super) fn read(query: &'q [u8]) -> Option<Self> {
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
        // Never more than one (RFC 9619 section 4). None is for asking for a cookie alone (RFC 7873 section 5.4), and we have none.
        if counts.qdcount() != 1 {
            return Err(ParseError::form_error("not one question"));
        }
        self.question = Some(Question {
            name: Name::parse(&mut parser)?,
            rtype: Rtype::from_int(parser.parse_u16_be()?),
            class: Class::from_int(parser.parse_u16_be()?),
        });
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
            self.edns = self.edns.or(edns);
        }
        Ok(())
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
    if version == 0 {
        Opt::from_slice(options)?;
    }
    Ok(Some(Edns {
        udp_payload,
        version,
        dnssec_ok: flags & 0x80 != 0,
    }))
}
