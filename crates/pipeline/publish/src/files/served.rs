//! The zones made of files, as they answer now.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use atalaya_formats::rbldnsd::{Key, Kind, NameServers, Soa};
use atalaya_model::Timestamp;
use domain::base::name::NameBuilder;
use domain::base::{Serial, Ttl};

use super::dataset::Dataset;
use super::names::label_ends;
use super::source::Source;
use super::spec::FileZone;
use crate::apex::OwnName;

/// All zones of one moment.
#[derive(Debug, Default)]
pub(crate) struct Served {
    zones: HashMap<Key, ServedZone>,
    /// The access list of all zones.
    pub(super) acl: Option<Arc<Dataset>>,
}

/// A zone.
#[derive(Debug)]
pub(crate) struct ServedZone {
    /// The datasets by the sub-zone that they answer in.
    pub(super) nodes: BTreeMap<Key, Vec<Arc<Dataset>>>,
    /// The access list.
    pub(super) acl: Option<Arc<Dataset>>,
    /// Its name.
    pub(crate) name: OwnName,
    pub(crate) soa: Option<Apex>,
    pub(crate) name_servers: Vec<OwnName>,
    pub(crate) name_servers_ttl: Ttl,
    /// From when on its data must not be used.
    pub(super) expires: Option<Timestamp>,
    /// Whether all of its files were loaded.
    pub(super) is_whole: bool,
}

/// The SOA record of a zone.
#[derive(Debug)]
pub(crate) struct Apex {
    pub(crate) ttl: Ttl,
    pub(crate) primary: OwnName,
    pub(crate) contact: OwnName,
    pub(crate) serial: Serial,
    pub(crate) times: [Ttl; 4],
}

impl Apex {
    fn new(soa: &Soa, written: u32) -> Option<Self> {
        let serial = if soa.serial == 0 { written } else { soa.serial };
        Some(Self {
            ttl: Ttl::from_secs(soa.ttl_seconds),
            primary: wire(&soa.primary)?,
            contact: wire(&soa.contact)?,
            serial: serial.into(),
            times: soa.times.map(Ttl::from_secs),
        })
    }

    /// How long "there is none" may be kept (RFC 2308 section 5).
    pub(crate) fn negative_ttl(&self) -> Ttl {
        let [.., minimum] = self.times;
        minimum.min(self.ttl)
    }
}

impl Served {
    /// Puts together what the sources hold.
    pub(super) fn new(zones: &[(FileZone, usize)], sources: &[Source]) -> Self {
        let mut served = Self::default();
        for (file_zone, at) in zones {
            let Some(source) = sources.get(*at) else { continue };
            if file_zone.zone == Key::default() {
                served.acl = source.first();
                continue;
            }
            let zone = served.zones.entry(file_zone.zone.clone());
            let zone = zone.or_insert_with(|| ServedZone::new(&file_zone.zone));
            zone.add(source);
        }
        // The serial of a zone is the time of the newest of its files; an access list changes nothing in it.
        for (name, zone) in &mut served.zones {
            let own = zones
                .iter()
                .filter(|(own, _)| own.zone == *name && own.kind != Kind::Acl);
            let own: Vec<_> = own
                .filter_map(|(_, at)| sources.get(*at)?.loaded.as_deref())
                .collect();
            let written = own.iter().map(|loaded| loaded.written).max().unwrap_or_default();
            let soa = own.iter().find_map(|loaded| loaded.soa.as_ref());
            zone.soa = soa.and_then(|soa| Apex::new(soa, written));
            if let Some(servers) = own.iter().find_map(|loaded| loaded.name_servers.as_ref()) {
                zone.take_servers(servers);
            }
        }
        served
    }

    /// The zone that a name belongs to, the longest of several, and where the rest of the name begins in its key.
    pub(crate) fn zone_of(&self, name: &Key) -> Option<(&ServedZone, usize)> {
        let key = name.as_bytes();
        let ends: Vec<usize> = label_ends(key).collect();
        ends.into_iter()
            .rev()
            .find_map(|end| Some((self.zones.get(key.get(..end)?)?, end)))
    }
}

impl ServedZone {
    fn new(name: &Key) -> Self {
        Self {
            nodes: BTreeMap::new(),
            acl: None,
            // Each key was a name when it was read.
            name: wire(name).unwrap_or_else(OwnName::root_vec),
            soa: None,
            name_servers: Vec::new(),
            name_servers_ttl: Ttl::ZERO,
            expires: None,
            is_whole: true,
        }
    }

    fn add(&mut self, source: &Source) {
        let Some(loaded) = &source.loaded else {
            self.is_whole = false;
            return;
        };
        self.expires = self.expires.into_iter().chain(loaded.expires).min();
        if source.kind == Kind::Acl {
            self.acl = source.first();
            return;
        }
        for (origins, dataset) in &loaded.parts {
            for origin in origins {
                let node = self.nodes.entry(origin.clone()).or_default();
                node.push(Arc::clone(dataset));
            }
        }
    }

    fn take_servers(&mut self, servers: &NameServers) {
        self.name_servers = servers.names.iter().filter_map(wire).collect();
        self.name_servers_ttl = Ttl::from_secs(servers.ttl_seconds);
    }

    /// The datasets that answer for a name in the zone, and where their sub-zone ends in its key.
    pub(super) fn node(&self, key: &[u8]) -> Option<(&[Arc<Dataset>], usize)> {
        let ends: Vec<usize> = std::iter::once(0).chain(label_ends(key)).collect();
        ends.into_iter()
            .rev()
            .find_map(|end| Some((self.nodes.get(key.get(..end)?)?.as_slice(), end)))
    }

    /// Whether a sub-zone lies at or below a name.
    pub(super) fn has_node_at_or_below(&self, key: &[u8]) -> bool {
        let next = self
            .nodes
            .range::<[u8], _>((Bound::Included(key), Bound::Unbounded))
            .next();
        next.is_some_and(|(origin, _)| origin.as_bytes().starts_with(key))
    }
}

impl Source {
    /// The only dataset of an access list.
    fn first(&self) -> Option<Arc<Dataset>> {
        let (_, dataset) = self.loaded.as_ref()?.parts.first()?;
        Some(Arc::clone(dataset))
    }
}

/// A name as it stands in a message.
pub(crate) fn wire(key: &Key) -> Option<OwnName> {
    let mut labels: Vec<&[u8]> = key.labels().collect();
    labels.reverse();
    let mut builder = NameBuilder::new_vec();
    for label in labels {
        builder.append_label(label).ok()?;
    }
    builder.into_name().ok()
}
