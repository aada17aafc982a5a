//! The zone's own records, as configured: its name, its name servers and its SOA. Parsed once, so that no answer parses again.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use atalaya_model::{MailAddress, Period, Serial};
use domain::base::name::{NameBuilder, PushError};
use domain::base::{Name, Ttl};
use domain::rdata::Soa;

use crate::config::PublishConfig;
use crate::error::PublishError;
use crate::export::About;

/// A domain name of ours, in wire format.
pub(crate) type OwnName = Name<Vec<u8>>;

/// The longest zone name: 32 labels of one nibble, a key of 26 letters and `hijacked` must fit in front of it, with a byte of length
/// each (RFC 1035 section 2.3.4: 255 bytes in all).
const MOST_ZONE_BYTES: usize = 255 - 64 - 27 - 9;
/// The local part of the mailbox that answers for a zone (RFC 2142 section 7).
const HOSTMASTER: &str = "hostmaster";

/// A name server of the zone, and the addresses that we answer for its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    name: OwnName,
    addresses: Vec<IpAddr>,
}

impl NameServer {
    /// A name server whose addresses stand in another zone; the root where the text is no name.
    #[must_use]
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.parse().unwrap_or_else(|_bad| Name::root_vec()),
            addresses: Vec::new(),
        }
    }

    /// The name.
    pub(crate) fn name(&self) -> &Name<[u8]> {
        self.name.for_slice()
    }

    /// The addresses to answer for it.
    pub(crate) fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }
}

/// The text is no name server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name server: write its name and, where it lies in the zone, its addresses behind it")]
pub struct BadNameServer(String);

impl FromStr for NameServer {
    type Err = BadNameServer;

    fn from_str(text: &str) -> Result<Self, BadNameServer> {
        let refused = || BadNameServer(text.to_owned());
        let mut words = text.split_ascii_whitespace();
        let name = words.next().and_then(host_name).ok_or_else(refused)?;
        let addresses = words.map(str::parse).collect::<Result<_, _>>();
        Ok(Self {
            name,
            addresses: addresses.map_err(|_bad| refused())?,
        })
    }
}

impl fmt::Display for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        self.addresses
            .iter()
            .try_for_each(|address| write!(f, " {address}"))
    }
}

atalaya_model::as_text!(NameServer);

/// What the zone says about itself.
#[derive(Debug, Clone)]
pub(crate) struct Apex {
    /// The name of the zone.
    pub(crate) zone: OwnName,
    /// Its name servers; at least one, each name once.
    pub(crate) name_servers: Vec<NameServer>,
    primary: OwnName,
    contact: OwnName,
    refresh: Ttl,
    retry: Ttl,
    expire: Ttl,
    /// How long the zone's own records may be kept.
    pub(crate) ttl: Ttl,
    /// How long a listing may be kept.
    pub(crate) listing_ttl: Ttl,
    /// How long "there is none" may be kept.
    pub(crate) negative_ttl: Ttl,
}

impl Apex {
    /// Reads the configuration.
    ///
    /// # Errors
    /// A name is no domain name, or a server in the zone has no address.
    pub(crate) fn new(config: &PublishConfig) -> Result<Self, PublishError> {
        let zone = zone_name(&config.zone)?;
        let name_servers = merged(&config.name_servers);
        let first = first_server(&zone, &name_servers)?;
        let primary = match &config.primary_server {
            Some(name) => primary_name(name, &zone, &name_servers)?,
            None => first.name.clone(),
        };
        let contact = mailbox_name(config.contact.as_ref(), &zone)
            .map_err(|_too_long| setting("contact", "it is too long for a DNS name".to_owned()))?;
        Ok(Self {
            zone,
            name_servers,
            primary,
            contact,
            refresh: ttl(config.refresh),
            retry: ttl(config.retry),
            expire: ttl(config.expire),
            ttl: ttl(config.apex_ttl),
            listing_ttl: ttl(config.ttl),
            negative_ttl: ttl(config.negative_ttl),
        })
    }

    /// Every name in the records of the zone's own.
    pub(crate) fn own_names(&self) -> impl Iterator<Item = &Name<[u8]>> {
        let servers = self.name_servers.iter().map(NameServer::name);
        servers.chain([self.primary.for_slice(), self.contact.for_slice()])
    }

    /// The same for the zone `label` below this one.
    ///
    /// # Errors
    /// The name is too long for a domain name.
    pub(crate) fn below(&self, label: &str) -> Result<Self, PublishError> {
        let too_long = || setting("zone", format!("`{label}` does not fit in front of it"));
        let mut name = NameBuilder::new_vec();
        name.append_label(label.as_bytes())
            .map_err(|_too_long| too_long())?;
        let zone = name.append_origin(&self.zone).map_err(|_too_long| too_long())?;
        Ok(Self { zone, ..self.clone() })
    }

    /// The SOA record of the zone after a decision.
    pub(crate) fn soa(&self, serial: Serial) -> Soa<&Name<[u8]>> {
        Soa::new(
            self.primary.for_slice(),
            self.contact.for_slice(),
            serial.soa().into(),
            self.refresh,
            self.retry,
            self.expire,
            self.negative_ttl,
        )
    }

    /// The same as text, for zone files.
    pub(crate) fn about(&self, serial: Serial, public_url: &str) -> About {
        let soa = self.soa(serial);
        About {
            zone: self.zone.to_string(),
            public_url: public_url.to_owned(),
            soa: format!(
                "{} {} {} {} {} {} {}",
                soa.mname().fmt_with_dot(),
                soa.rname().fmt_with_dot(),
                soa.serial(),
                soa.refresh().as_secs(),
                soa.retry().as_secs(),
                soa.expire().as_secs(),
                soa.minimum().as_secs()
            ),
            name_servers: self
                .name_servers
                .iter()
                .map(|server| self.lines_of(server))
                .collect(),
            ttl: self.listing_ttl.as_secs(),
            apex_ttl: self.ttl.as_secs(),
        }
    }

    /// A name server as lines of a zone file. Addresses of names elsewhere are none of the zone's.
    fn lines_of(&self, server: &NameServer) -> String {
        let (name, ttl) = (server.name().fmt_with_dot(), self.ttl.as_secs());
        let own = server.name().ends_with(&self.zone);
        let addresses = server.addresses().iter().filter(|_| own);
        let kind = |address: &IpAddr| if address.is_ipv4() { "A" } else { "AAAA" };
        let addresses = addresses.map(|address| format!("{name} {ttl} {} {address}\n", kind(address)));
        std::iter::once(format!("@ {ttl} NS {name}\n"))
            .chain(addresses)
            .collect()
    }

    /// The TTL of the SOA record in a negative answer: the smaller of its own and its minimum (RFC 2308 section 3).
    pub(crate) fn negative_soa_ttl(&self) -> Ttl {
        self.ttl.min(self.negative_ttl)
    }
}

/// The name of the zone, or what is wrong with it.
fn zone_name(text: &str) -> Result<OwnName, PublishError> {
    let zone = host_name(text).ok_or_else(|| {
        setting(
            "zone",
            format!("`{text}` is no domain name: write bl.example.org"),
        )
    })?;
    if zone.len() > MOST_ZONE_BYTES {
        return Err(setting(
            "zone",
            "the name is too long: an IPv6 address, a key and a sub-zone must fit in front of it".to_owned(),
        ));
    }
    Ok(zone)
}

/// The name servers with each name and each address once: a set of records holds no two that are the same (RFC 2181 section 5).
fn merged(servers: &[NameServer]) -> Vec<NameServer> {
    let mut merged: Vec<NameServer> = Vec::with_capacity(servers.len());
    for server in servers {
        match merged.iter_mut().find(|known| known.name == server.name) {
            Some(known) => known.addresses.extend(&server.addresses),
            None => merged.push(server.clone()),
        }
    }
    for server in &mut merged {
        let mut seen = HashSet::new();
        server.addresses.retain(|address| seen.insert(*address));
    }
    merged
}

/// The configured first name server; in the zone it must be one of those that we answer for.
fn primary_name(text: &str, zone: &OwnName, servers: &[NameServer]) -> Result<OwnName, PublishError> {
    let name =
        host_name(text).ok_or_else(|| setting("primary_server", format!("`{text}` is no host name")))?;
    let is_known = servers.iter().any(|server| server.name == name);
    if name.ends_with(zone) && !is_known {
        let reason = format!("`{name}` lies in the zone, so it must stand in name_servers with its address");
        return Err(setting("primary_server", reason));
    }
    Ok(name)
}

/// The first name server, if all of them can be reached.
fn first_server<'a>(zone: &OwnName, servers: &'a [NameServer]) -> Result<&'a NameServer, PublishError> {
    let lost = servers
        .iter()
        .find(|server| server.name.is_root() || (server.name.ends_with(zone) && server.addresses.is_empty()));
    if let Some(server) = lost {
        let reason = format!(
            "`{server}` lies in the zone, so its address must stand behind it: \"{server} 192.0.2.53\""
        );
        return Err(setting("name_servers", reason));
    }
    servers.first().ok_or_else(|| {
        setting(
            "name_servers",
            "name at least one: resolvers refuse a zone without".to_owned(),
        )
    })
}

/// A host name of letters, digits, hyphens and underscores.
fn host_name(text: &str) -> Option<OwnName> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let name: OwnName = text.parse().ok()?;
    // `192.0.2.53` is a valid domain name, with a dot at its end too, and never what was meant.
    (plain && !name.is_root() && name.to_string().parse::<IpAddr>().is_err()).then_some(name)
}

/// A mail address as a domain name: the local part is one label, dots and all (RFC 1035 section 8).
fn mailbox_name(address: Option<&MailAddress>, zone: &OwnName) -> Result<OwnName, PushError> {
    let mut builder = NameBuilder::new_vec();
    let Some((local, domain)) = address.and_then(|address| address.as_str().rsplit_once('@')) else {
        builder.append_label(HOSTMASTER.as_bytes())?;
        return builder
            .append_origin(zone)
            .map_err(|_too_long| PushError::LongName);
    };
    builder.append_label(local.as_bytes())?;
    for label in domain.split('.') {
        builder.append_label(label.as_bytes())?;
    }
    builder.into_name()
}

/// A time to live: whole seconds, at most 2^31 - 1 (RFC 2181 section 8).
fn ttl(period: Period) -> Ttl {
    let seconds = u32::try_from(period.duration().as_secs()).unwrap_or(u32::MAX);
    Ttl::from_secs(seconds.min(i32::MAX.unsigned_abs()))
}

fn setting(key: &'static str, reason: String) -> PublishError {
    PublishError::Setting { key, reason }
}
