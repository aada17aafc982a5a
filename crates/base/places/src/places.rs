//! What is known of addresses, held in memory.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use atalaya_model::Timestamp;

use crate::built_in::{self, Countries};
use crate::country::Country;
use crate::ranges::Ranges;
use crate::read::Names;
use crate::{PlacesConfig, Source};

/// In which country and network addresses are. It is made once and never changes: a reload makes another.
#[derive(Debug, Default)]
pub struct Places {
    pub(crate) countries: Countries,
    pub(crate) networks: Networks,
    pub(crate) sources: Vec<Source>,
    /// The files that were looked at, as they were then.
    pub(crate) stamps: Vec<Stamp>,
}

/// Where an address is to be: in the country and in the network, as far as either is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The country.
    pub country: Option<Country>,
    /// The number of the network (ASN).
    pub asn: Option<u32>,
}

/// A network as the routes of the Internet know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network<'a> {
    /// Its number (ASN).
    pub asn: u32,
    /// Its name as the file has it: text of strangers. Empty where it has none.
    pub name: &'a str,
}

impl Places {
    /// The country that an address is registered in, or what the registry wrote in its place; none for addresses that are nobody's.
    #[must_use]
    pub fn country(&self, address: IpAddr) -> Option<Country> {
        Country::from_bits(match address.to_canonical() {
            IpAddr::V4(address) => self.countries.v4.get(address.to_bits()),
            IpAddr::V6(address) => self.countries.v6.get(block(address.to_bits())),
        })
    }

    /// The network that an address is in; none without a file of networks.
    #[must_use]
    pub fn network(&self, address: IpAddr) -> Option<Network<'_>> {
        let asn = match address.to_canonical() {
            IpAddr::V4(address) => self.networks.v4.get(address.to_bits()),
            IpAddr::V6(address) => self.networks.v6.get(block(address.to_bits())),
        };
        (asn != 0).then(|| Network {
            asn,
            name: self.network_name(asn).unwrap_or_default(),
        })
    }

    /// Whether networks are known at all: the program brings none with it.
    #[must_use]
    pub fn knows_networks(&self) -> bool {
        self.networks.v4.len().saturating_add(self.networks.v6.len()) > 0
    }

    /// Whether an address is there.
    #[must_use]
    pub fn is_in(&self, address: IpAddr, place: &Place) -> bool {
        let asn = |asn: u32| self.network(address).is_some_and(|network| network.asn == asn);
        let country = |country: Country| self.country(address) == Some(country);
        place.asn.is_none_or(asn) && place.country.is_none_or(country)
    }

    /// The first address from `from` on, IPv4 before IPv6, that may be there; between the two is none that is. Who walks a long list leaps by it.
    #[must_use]
    pub fn next_in(&self, from: IpAddr, place: &Place) -> Option<IpAddr> {
        let of_country = |bits: u16| place.country == Country::from_bits(bits);
        let of_network = |asn: u32| place.asn == Some(asn);
        let (v4, v6) = match from.to_canonical() {
            IpAddr::V4(address) => (Some(address.to_bits()), 0),
            IpAddr::V6(address) => (None, block(address.to_bits())),
        };
        let next_v4 = v4.and_then(|from| match (place.asn, place.country) {
            (Some(_), _) => self.networks.v4.next(from, of_network),
            (None, Some(_)) => self.countries.v4.next(from, of_country),
            (None, None) => Some(from),
        });
        if let Some(next) = next_v4 {
            return Some(IpAddr::V4(next.into()));
        }
        let next_v6 = match (place.asn, place.country) {
            (Some(_), _) => self.networks.v6.next(v6, of_network),
            (None, Some(_)) => self.countries.v6.next(v6, of_country),
            (None, None) => Some(v6),
        };
        let begin = |next: u64| IpAddr::V6((u128::from(next) << 64).into());
        // The first of a block is no later than an address in it.
        next_v6.map(|next| begin(next).max(if v4.is_none() { from } else { begin(0) }))
    }

    /// The name of a network.
    #[must_use]
    pub fn network_name(&self, asn: u32) -> Option<&str> {
        self.networks.names.get(asn)
    }

    /// What each part came from.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Whether the files that a configuration names are not those that were read, or have changed since.
    #[must_use]
    pub fn has_changed(&self, config: &PlacesConfig) -> bool {
        stamps_of(config) != self.stamps
    }

    /// Bytes in memory, without names of paths.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let parts = [
            self.countries.v4.bytes(),
            self.countries.v6.bytes(),
            self.networks.v4.bytes(),
            self.networks.v6.bytes(),
            self.networks.names.bytes(),
        ];
        parts.into_iter().fold(0, usize::saturating_add)
    }

    /// The countries as a file that the program brings with it, of a day: for `cargo xtask places`.
    ///
    /// # Errors
    /// They cannot be packed.
    pub fn pack_countries(&self, day: Timestamp) -> std::io::Result<Vec<u8>> {
        built_in::pack(&self.countries, day)
    }
}

/// The /64 that an IPv6 address is in.
fn block(bits: u128) -> u64 {
    u64::try_from(bits >> 64).unwrap_or_default()
}

/// The networks of addresses, and their names.
#[derive(Debug, Default)]
pub(crate) struct Networks {
    pub(crate) v4: Ranges<u32, u32>,
    pub(crate) v6: Ranges<u64, u32>,
    pub(crate) names: NameTable,
}

/// Names by number: all in one text, in the order of the numbers.
#[derive(Debug, Default)]
pub(crate) struct NameTable {
    /// Each number, and where its name ends.
    ends: Box<[(u32, u32)]>,
    text: Box<str>,
}

impl NameTable {
    pub(crate) fn new(names: Names) -> Self {
        let mut names: Vec<(u32, Box<str>)> = names.into_iter().collect();
        names.sort_unstable_by_key(|(asn, _)| *asn);
        let (mut ends, mut text) = (Vec::with_capacity(names.len()), String::new());
        for (asn, name) in names {
            text.push_str(&name);
            ends.push((asn, u32::try_from(text.len()).unwrap_or(u32::MAX)));
        }
        Self {
            ends: ends.into(),
            text: text.into(),
        }
    }

    fn get(&self, asn: u32) -> Option<&str> {
        let at = self.ends.binary_search_by_key(&asn, |(known, _)| *known).ok()?;
        let end = |at: usize| self.ends.get(at).map(|(_, end)| *end as usize);
        let begin = at.checked_sub(1).map_or(Some(0), end)?;
        self.text.get(begin..end(at)?)
    }

    fn bytes(&self) -> usize {
        size_of_val(&*self.ends).saturating_add(self.text.len())
    }
}

/// A file as it was when it was read: another size or time is another file.
pub(crate) type Stamp = (PathBuf, Option<(u64, SystemTime)>);

/// The files of a configuration as they are now.
pub(crate) fn stamps_of(config: &PlacesConfig) -> Vec<Stamp> {
    let paths = config.countries.iter().chain(&config.networks);
    let stamp = |path: &PathBuf| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.len(), file.modified().ok()?))
    };
    paths.map(|path| (path.clone(), stamp(path))).collect()
}
