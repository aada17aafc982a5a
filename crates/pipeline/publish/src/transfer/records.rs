//! The zone as records, one after the other: what is sent to a secondary, whole or as a difference.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::Serial;
use domain::base::iana::Class as DnsClass;
use domain::base::name::ToName;
use domain::base::{Name, Record, Ttl};
use domain::rdata::{A, Aaaa, Ns, Txt, ZoneRecordData};

use super::node::Node;
use super::walk::{Change, Walk};
use crate::answer::text;
use crate::apex::{Apex, OwnName};
use crate::published::PublishedZone;
use crate::set::Held;
use crate::zone::Zone;

/// A record that needs nobody else.
pub(super) type OwnRecord = Record<OwnName, Content>;
/// What it says.
type Content = ZoneRecordData<Vec<u8>, OwnName>;

/// A part of what is sent.
#[derive(Debug)]
pub(super) enum Part {
    /// The SOA record at a serial.
    Soa(Serial),
    /// The other records of the zone itself: name servers and their addresses.
    Apex,
    /// What is there at these names and was not before.
    Added(Walk),
    /// What was there at these names and is not any more.
    Removed(Walk),
}

/// Records, made when they are asked for. Holds a part's place in its walk and the records of one name.
#[derive(Debug)]
pub(super) struct Records {
    zone: Arc<Zone>,
    /// The number of the zone among those that are published.
    number: usize,
    parts: VecDeque<Part>,
    ready: VecDeque<OwnRecord>,
}

impl Records {
    /// The records of these parts of a zone.
    pub(super) fn new(zone: Arc<Zone>, number: usize, parts: impl IntoIterator<Item = Part>) -> Self {
        Self {
            zone,
            number,
            parts: parts.into_iter().collect(),
            ready: VecDeque::new(),
        }
    }

    /// Makes the records of a part's next name ready; `false` when the part is at its end.
    fn prepare(&mut self, part: &mut Part) -> bool {
        let Some(PublishedZone { apex, .. }) = self.zone.published().get(self.number) else {
            return false;
        };
        let (change, of) = match part {
            Part::Soa(serial) => {
                self.ready.push_back(soa(apex, *serial));
                return false;
            }
            Part::Apex => {
                self.ready = own(apex).into();
                if self.number == 0 {
                    self.ready.extend(cuts(&self.zone));
                }
                return false;
            }
            Part::Added(walk) => (walk.next(), (|change| (change.after, change.before)) as Sides),
            Part::Removed(walk) => (walk.next(), (|change| (change.before, change.after)) as Sides),
        };
        let Some(change) = change else { return false };
        let node = change.node;
        let (wanted, other) = of(change);
        self.ready = only_in(&wanted, &other, node, (&self.zone, apex));
        true
    }
}

/// Which side of a change is wanted, and the other.
type Sides = fn(Change) -> (Vec<Held>, Vec<Held>);

impl Iterator for Records {
    type Item = OwnRecord;

    fn next(&mut self) -> Option<OwnRecord> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(record);
            }
            let mut part = self.parts.pop_front()?;
            if self.prepare(&mut part) {
                self.parts.push_front(part);
            }
        }
    }
}

/// The SOA record.
pub(super) fn soa(apex: &Apex, serial: Serial) -> OwnRecord {
    let soa = apex.soa(serial);
    let soa = domain::rdata::Soa::new(
        soa.mname().to_vec(),
        soa.rname().to_vec(),
        soa.serial(),
        soa.refresh(),
        soa.retry(),
        soa.expire(),
        soa.minimum(),
    );
    record(apex.zone.clone(), apex.ttl, soa.into())
}

/// The name servers, and the addresses of those in the zone.
fn own(apex: &Apex) -> Vec<OwnRecord> {
    let servers = apex.name_servers.iter();
    let names = servers.clone().map(|server| {
        record(
            apex.zone.clone(),
            apex.ttl,
            Ns::new(server.name().to_vec()).into(),
        )
    });
    let inside = servers.filter(|server| server.name().ends_with(&apex.zone));
    let addresses = inside.flat_map(|server| {
        server.addresses().iter().map(|address| {
            let content = match address {
                IpAddr::V4(v4) => A::new(*v4).into(),
                IpAddr::V6(v6) => Aaaa::new(*v6).into(),
            };
            record(server.name().to_vec(), apex.ttl, content)
        })
    });
    names.chain(addresses).collect()
}

/// The name servers of the zones below the combined one: whoever copies that one alone sends its clients to them.
fn cuts(zone: &Zone) -> Vec<OwnRecord> {
    let apex = zone.apex();
    let servers = |cut: &Name<[u8]>| {
        let cut = cut.to_vec();
        let servers = apex.name_servers.iter();
        servers.map(move |server| record(cut.clone(), apex.ttl, Ns::new(server.name().to_vec()).into()))
    };
    zone.published().cuts().flat_map(servers).collect()
}

/// The records of a name that stand for `wanted` and not for `other`.
fn only_in(wanted: &[Held], other: &[Held], node: Node, (zone, apex): (&Zone, &Apex)) -> VecDeque<OwnRecord> {
    let Ok(owner) = node.owner(&apex.zone) else {
        // The longest name of a zone leaves space for every name below it.
        return VecDeque::new();
    };
    let other = contents(other, node, zone);
    let wanted = contents(wanted, node, zone).into_iter();
    wanted
        .filter(|content| !other.contains(content))
        .map(|content| record(owner.clone(), apex.listing_ttl, content))
        .collect()
}

/// What the records of a name say, each once: codes, and texts where they are sent.
fn contents(listings: &[Held], node: Node, zone: &Zone) -> Vec<Content> {
    let mut codes: Vec<_> = listings.iter().map(|listing| listing.class.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    let codes = codes.into_iter().map(|code| A::new(code).into());
    let texts = listings.iter().filter(|_listing| zone.sends_texts());
    // A wildcard has one text for all, which leads to the page of its first address.
    let texts = texts.map(|listing| text(listing, node.address(), zone.public_url()));
    let texts = texts.filter_map(|text| Txt::build_from_slice(text.as_bytes()).ok());
    codes.chain(texts.map(Content::from)).collect()
}

fn record(owner: OwnName, ttl: Ttl, content: Content) -> OwnRecord {
    Record::new(owner, DnsClass::IN, ttl, content)
}
