//! The network object of an RDAP answer (RFC 9083 section 5.4).

use std::net::IpAddr;

use atalaya_model::Prefix;
use serde_json::Value;

use super::entity::{Harvest, remarks};
use super::{list_of, text_of};
use crate::address_range::{AddressRange, read_address};
use crate::holding::Holding;
use crate::mailbox::{Basis, Mailbox, recommended, remove, struck_out};

/// Most prefixes of one network that are read. The largest real list has a few hundred.
const MAX_CIDRS: usize = 1_024;

/// What a registry says about a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The first and the last address, if both are given and fit.
    pub range: Option<AddressRange>,
    /// The prefixes that make it up, where the server gives them (extension `cidr0`).
    pub cidrs: Vec<Prefix>,
    /// The handle in the registry.
    pub handle: String,
    /// The name that the holder gave it.
    pub name: String,
    /// How it is held.
    pub holding: Holding,
    /// What may be its abuse contact, the best first.
    pub mailboxes: Vec<Mailbox>,
    /// Where abuse entities without a card can be asked for.
    pub abuse_links: Vec<String>,
    /// Whether the server says that it withholds mailboxes (RFC 9537), or that something may not be shown (RFC 9083 section 10.2.1).
    pub withheld: bool,
}

impl Network {
    /// Reads a network object; none if it says for no addresses that it speaks for them.
    pub(super) fn from_json(object: &Value) -> Option<Self> {
        let end = |key| read_address(object.get(key)?.as_str()?);
        let range = end("startAddress")
            .zip(end("endAddress"))
            .and_then(|(first, last)| AddressRange::new(first, last));
        let cidrs: Vec<_> = list_of(object, "cidr0_cidrs")
            .iter()
            .take(MAX_CIDRS)
            .filter_map(read_cidr)
            .collect();
        if range.is_none() && cidrs.is_empty() {
            return None;
        }
        let harvest = mailboxes_of(object);
        Some(Self {
            range,
            cidrs,
            handle: text_of(object, "handle").unwrap_or_default(),
            name: text_of(object, "name").unwrap_or_default(),
            holding: text_of(object, "type").map_or(Holding::Other, |words| Holding::read(&words)),
            mailboxes: harvest.mailboxes,
            abuse_links: harvest.links,
            withheld: withholds(object),
        })
    }

    /// The prefix around `address` that the answer speaks for; none if it speaks for other addresses.
    ///
    /// The prefixes of the extension are exact, but where a range is given too, they must lie inside: a list that is wider than its range
    /// cannot be right.
    #[must_use]
    pub fn prefix_for(&self, address: IpAddr) -> Option<Prefix> {
        let in_range = match self.range {
            Some(range) => Some(range.prefix_around(address)?),
            None => None,
        };
        let listed = self
            .cidrs
            .iter()
            .filter(|cidr| cidr.contains(address))
            .max_by_key(|cidr| cidr.length());
        match (in_range, listed) {
            (Some(wide), Some(cidr)) if wide.covers(cidr) => Some(*cidr),
            (Some(wide), _) => Some(wide),
            (None, cidr) => cidr.copied(),
        }
    }
}

/// The mailboxes of an object, the best first, and links to entities that may have others.
pub(super) fn mailboxes_of(object: &Value) -> Harvest {
    let mut harvest = Harvest::default();
    harvest.gather(list_of(object, "entities"), 0);
    for remark in remarks(object) {
        harvest.dead.extend(struck_out(remark));
        recommended(remark).for_each(|address| harvest.add(address, Basis::Remark, 0));
    }
    remove(&mut harvest.mailboxes, &harvest.dead);
    harvest.mailboxes.sort_by_key(|found| found.rank);
    harvest
}

/// Whether a server says that it withholds what could be a mailbox.
fn withholds(object: &Value) -> bool {
    /// Most members of the list that are looked at.
    const MOST: usize = 200;
    let is_mail = |redaction: &Value| {
        let name = redaction.get("name");
        let texts = ["type", "description"].map(|key| name.and_then(|name| text_of(name, key)));
        let path = text_of(redaction, "prePath");
        texts
            .into_iter()
            .chain([path])
            .flatten()
            .any(|text| text.to_ascii_lowercase().contains("mail"))
    };
    let by_remark = |remark: &Value| {
        let kind = text_of(remark, "type").unwrap_or_default();
        kind.ends_with("due to authorization") || kind.starts_with("object redacted")
    };
    let entities = list_of(object, "entities").iter();
    list_of(object, "redacted").iter().take(MOST).any(is_mail)
        || [object]
            .into_iter()
            .chain(entities.take(MOST))
            .flat_map(|part| list_of(part, "remarks"))
            .any(by_remark)
}

/// Reads `{"v4prefix": "192.0.2.0", "length": 24}`.
fn read_cidr(cidr: &Value) -> Option<Prefix> {
    let address = ["v4prefix", "v6prefix"]
        .into_iter()
        .find_map(|key| read_address(cidr.get(key)?.as_str()?))?;
    let length = cidr
        .get("length")?
        .as_u64()
        .and_then(|length| u8::try_from(length).ok())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    (length <= longest).then(|| Prefix::new(address, length))
}
