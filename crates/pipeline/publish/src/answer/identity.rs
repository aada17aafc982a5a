//! What the server tells about itself, where the operator wants it told: its version, and its name among others at the same address
//! (RFC 4892, RFC 5001). By default nothing.

use domain::base::Record;
use domain::base::iana::{Class, Rcode, Rtype};
use domain::base::opt::nsid::Nsid;
use domain::base::{Name, Ttl};
use domain::rdata::Txt;

use super::records::OurRecord;
use super::reply::Reply;
use super::request::Question;
use crate::config::PublishConfig;

/// The names that ask for the version.
const VERSION: [&[u8]; 2] = [b"\x07version\x04bind\0", b"\x07version\x06server\0"];
/// The names that ask which server this is (RFC 4892 section 2).
const WHICH: [&[u8]; 2] = [b"\x02id\x06server\0", b"\x08hostname\x04bind\0"];

/// The texts to tell.
#[derive(Debug)]
pub(crate) struct Identity {
    version: Option<String>,
    name: Option<String>,
}

impl Identity {
    pub(crate) fn new(config: &PublishConfig) -> Self {
        Self {
            version: config.version.clone(),
            name: config.identity.clone(),
        }
    }

    /// The name of this server as an option of EDNS.
    pub(super) fn nsid(&self) -> Option<Nsid<&[u8]>> {
        Nsid::from_octets(self.name.as_ref()?.as_bytes()).ok()
    }

    /// Answers a question of the class CH; what is not to be told is refused.
    pub(super) fn answer<'a>(&self, question: &'a Question<'_>) -> Reply<'a> {
        let name: &Name<[u8]> = question.name.for_slice();
        let is_any_of = |names: &[&[u8]]| {
            let asked = name.as_slice();
            names.iter().any(|name| name.eq_ignore_ascii_case(asked))
        };
        let text = match question.rtype {
            Rtype::TXT | Rtype::ANY if is_any_of(&VERSION) => self.version.as_deref(),
            Rtype::TXT | Rtype::ANY if is_any_of(&WHICH) => self.name.as_deref(),
            _ => None,
        };
        let record = text.and_then(|text| text_record(name, text));
        record.map_or_else(|| Reply::failed(Rcode::REFUSED), Reply::of_server)
    }
}

/// A text of the class CH. Nobody is to keep it: it is asked for to see which server answers now.
fn text_record<'a>(name: &'a Name<[u8]>, text: &str) -> Option<OurRecord<'a>> {
    let text = Txt::build_from_slice(text.as_bytes()).ok()?;
    Some(Record::new(name, Class::CH, Ttl::ZERO, text.into()))
}
