//! What stays the same from one usual answer of a zone to the next, made once.

use atalaya_model::{Serial, Timestamp};
use domain::base::Name;
use domain::base::name::Label;

use super::{A_IN, TYPE_AND_CLASS};
use crate::answer::reply::{Options, Reply};
use crate::answer::request::Request;
use crate::published::PublishedZone;
use crate::set::{Classes, Codes};

/// What marks the two bytes of a pointer.
const POINTER: u16 = 0xc000;
/// Bytes in front of the data of a record whose owner is a pointer.
const BEFORE_DATA: usize = 12;

/// What stays the same from answer to answer.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The name of the zone in wire format.
    pub(super) zone: Box<[u8]>,
    /// The classes that it holds.
    pub(super) classes: Classes,
    /// The SOA record of negative answers, with serial 0.
    soa: Box<[u8]>,
    /// The pointers in it: where each stands, and how far behind the beginning of the zone's name it points to.
    pointers: Vec<(usize, u16)>,
    /// Where the serial stands in it.
    serial_at: usize,
    /// How long a listing may be kept, in seconds.
    listing_ttl: u32,
}

impl Prepared {
    /// Prepares the answers of a zone; none where names of its own look like addresses in front of it.
    pub(super) fn new(zone: &PublishedZone) -> Option<Self> {
        let PublishedZone { apex, classes, .. } = zone;
        let zone = apex.zone.as_slice();
        let is_like_an_address = |name: &Name<[u8]>| {
            let labels = name.label_count().checked_sub(apex.zone.label_count());
            let inside = labels.filter(|_| name.ends_with(&apex.zone));
            inside.is_some_and(|labels| name.iter().take(labels).any(is_numeric))
        };
        if apex.own_names().any(is_like_an_address) {
            return None;
        }
        // The ordinary way of answering writes the record, so that both are the same.
        let question = [&[1, b'1', 1, b'1', 1, b'1', 2, b'1', b'1'][..], zone, &A_IN].concat();
        let query = [&[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &question].concat();
        let request = Request::read(&query)?;
        let answered = Reply::no_such_name(apex, Serial(0)).write(&request, &Options::default(), u16::MAX)?;
        let soa = answered.bytes.get(query.len()..)?;
        let zone_at = query.len().checked_sub(zone.len().checked_add(TYPE_AND_CLASS)?)?;
        let mut at = 0;
        let mut pointers = Vec::new();
        // The owner; name server and mailbox behind what stands in front of the data.
        for name_at in [Some(0), Some(BEFORE_DATA), None] {
            at = skip_name(soa, name_at.unwrap_or(at))?;
            let last = at.checked_sub(2)?;
            let pointer = u16::from_be_bytes(*soa.get(last..)?.first_chunk()?);
            if let Some(to) = pointer.checked_sub(POINTER) {
                pointers.push((last, to.checked_sub(u16::try_from(zone_at).ok()?)?));
            }
        }
        Some(Self {
            zone: zone.into(),
            classes: *classes,
            soa: soa.into(),
            pointers,
            serial_at: at,
            listing_ttl: apex.listing_ttl.as_secs(),
        })
    }

    /// Writes the codes.
    pub(super) fn put_codes(&self, answer: &mut Vec<u8>, codes: Codes, now: Timestamp) {
        let lasts = codes.first_end().map_or(u32::MAX, |end| {
            u32::try_from(end.since(now).as_secs()).unwrap_or(u32::MAX)
        });
        let [ttl_1, ttl_2, ttl_3, ttl_4] = self.listing_ttl.min(lasts).to_be_bytes();
        for class in codes.iter() {
            let [a, b, c, d] = class.code().octets();
            // The name of the question, type A, class IN, the TTL, and four bytes of data.
            answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, ttl_1, ttl_2, ttl_3, ttl_4, 0, 4, a, b, c, d]);
        }
    }

    /// Writes the SOA record that says how long to believe that there are none.
    pub(super) fn put_soa(&self, answer: &mut Vec<u8>, zone_at: usize, serial: Serial) -> Option<()> {
        let start = answer.len();
        answer.extend_from_slice(&self.soa);
        let soa = answer.get_mut(start..)?;
        let zone_at = POINTER.saturating_add(u16::try_from(zone_at).ok()?);
        for (at, to) in &self.pointers {
            let pointer = zone_at.saturating_add(*to).to_be_bytes();
            *soa.get_mut(*at..)?.first_chunk_mut()? = pointer;
        }
        *soa.get_mut(self.serial_at..)?.first_chunk_mut()? = serial.soa().to_be_bytes();
        Some(())
    }
}

/// Where a name ends that may end in a pointer.
fn skip_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = *bytes.get(at)?;
        match length {
            0 => return at.checked_add(1),
            0xc0.. => return at.checked_add(2),
            _ => at = at.checked_add(usize::from(length))?.checked_add(1)?,
        }
    }
}

/// Whether a label could be an octet or a nibble of an address.
fn is_numeric(label: &Label) -> bool {
    matches!(label.as_slice(), [nibble] if nibble.is_ascii_hexdigit())
        || label.as_slice().iter().all(u8::is_ascii_digit)
}
