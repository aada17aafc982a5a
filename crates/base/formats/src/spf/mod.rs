//! SPF records (RFC 7208): which addresses a domain says that it sends mail from.
//!
//! In: the text of a TXT record. Out: its terms, or why it cannot be used. Who follows them through DNS counts its questions against
//! [`MOST_LOOKUPS`]. Nothing here asks DNS. Macros are not filled in: what they name depends on a mail that is not at hand, so that such a
//! term names nobody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::Prefix;

/// Longest record that is read, in bytes: what fits into one DNS message over TCP is more than anybody writes.
pub const MAX_RECORD: usize = 16 * 1024;
/// Most terms of one record.
pub const MAX_TERMS: usize = 512;
/// Most terms that ask DNS, over all records that one leads to (RFC 7208 section 4.6.4).
pub const MOST_LOOKUPS: u32 = 10;
/// Longest name of a domain, in bytes.
const MAX_NAME: usize = 253;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The mechanisms that let somebody send: those with another qualifier than `+` are left out, but for what they cost.
    pub terms: Vec<Term>,
    /// Where to go on if nothing fits (section 6.1); void where the record has `all`.
    pub redirect: Option<String>,
    /// Terms that ask DNS and lead nowhere here: `ptr`, `exists`, macros, and those that let nobody send.
    pub idle_lookups: u32,
}

/// A mechanism that lets somebody send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Everybody.
    All,
    /// These addresses.
    Network(Prefix),
    /// The addresses of a name; of the domain itself where it names none.
    A(Hosts),
    /// The addresses of the mail servers of a name; of the domain itself where it names none.
    Mx(Hosts),
    /// Whoever the record of another domain lets send.
    Include(String),
}

/// Addresses by name, each with those around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// The name; none for the domain of the record.
    pub name: Option<String>,
    /// The length of the prefix around an IPv4 address.
    pub ipv4_length: u8,
    /// The length of the prefix around an IPv6 address.
    pub ipv6_length: u8,
}

impl Hosts {
    /// The prefix around one of the addresses.
    #[must_use]
    pub fn around(&self, address: IpAddr) -> Prefix {
        match address {
            IpAddr::V4(_) => Prefix::new(address, self.ipv4_length),
            IpAddr::V6(_) => Prefix::new(address, self.ipv6_length),
        }
    }
}

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSpf {
    /// It is not an SPF record: it does not begin with `v=spf1`.
    #[error("no SPF record")]
    NotSpf,
    /// It is longer than any sound record, or has more terms.
    #[error("the SPF record is too long")]
    TooLong,
    /// A term is none. RFC 7208 section 4.6 makes the whole record void.
    #[error("the SPF record has a wrong term: {0}")]
    BadTerm(String),
}

impl Record {
    /// Reads a record: the text of a TXT record with its strings joined.
    ///
    /// # Errors
    /// It is none, or void.
    pub fn parse(text: &str) -> Result<Self, BadSpf> {
        if text.len() > MAX_RECORD {
            return Err(BadSpf::TooLong);
        }
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        if !words
            .next()
            .is_some_and(|version| version.eq_ignore_ascii_case("v=spf1"))
        {
            return Err(BadSpf::NotSpf);
        }
        let mut record = Self::default();
        let mut has_all = false;
        for (number, word) in words.enumerate() {
            if number >= MAX_TERMS {
                return Err(BadSpf::TooLong);
            }
            has_all |= record.add(word)?;
        }
        if has_all {
            record.redirect = None;
        }
        Ok(record)
    }

    /// Adds a term; tells whether it is `all`, with whatever qualifier.
    fn add(&mut self, word: &str) -> Result<bool, BadSpf> {
        let bad = || BadSpf::BadTerm(word.chars().take(80).collect());
        if let Some((name, value)) = modifier(word) {
            let is_redirect = name.eq_ignore_ascii_case("redirect");
            return if !is_redirect || self.lead_on(value) {
                Ok(false)
            } else {
                Err(bad())
            };
        }
        let (qualifier, mechanism) = match word.strip_prefix(['+', '-', '~', '?']) {
            Some(rest) => (word.as_bytes().first().copied().unwrap_or(b'+'), rest),
            None => (b'+', word),
        };
        let end = mechanism.find([':', '/']).unwrap_or(mechanism.len());
        let (name, rest) = mechanism.split_at(end);
        let name = name.to_ascii_lowercase();
        let term = match (name.as_str(), rest) {
            ("all", "") => Some(Term::All),
            ("ip4" | "ip6", _) => Some(Term::Network(network(&name, rest).ok_or_else(bad)?)),
            ("a" | "mx", _) => hosts(rest).ok_or_else(bad)?.map(|hosts| match name.as_str() {
                "a" => Term::A(hosts),
                _ => Term::Mx(hosts),
            }),
            ("include" | "exists", _) => {
                let target = rest.strip_prefix(':').and_then(domain).ok_or_else(bad)?;
                plain(target).filter(|_| name == "include").map(Term::Include)
            }
            ("ptr", "") => None,
            ("ptr", _) => {
                rest.strip_prefix(':').and_then(domain).ok_or_else(bad)?;
                None
            }
            _ => return Err(bad()),
        };
        let is_all = term == Some(Term::All);
        let asks = !matches!(term, Some(Term::All | Term::Network(_)));
        match term {
            Some(term) if qualifier == b'+' => self.terms.push(term),
            _ => self.idle_lookups = self.idle_lookups.saturating_add(u32::from(asks)),
        }
        Ok(is_all)
    }

    /// Takes a redirect; tells whether it is a right one, and the first.
    fn lead_on(&mut self, target: &str) -> bool {
        let Some(target) = domain(target).filter(|_| self.redirect.is_none()) else {
            return false;
        };
        self.redirect = plain(target);
        self.idle_lookups = self
            .idle_lookups
            .saturating_add(u32::from(self.redirect.is_none()));
        true
    }
}

/// A modifier: `NAME=VALUE`. Unknown ones are passed over (section 6).
fn modifier(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_name.then_some((name, value))
}

/// A name of a domain, which may hold macros.
fn domain(text: &str) -> Option<&str> {
    let is_fit = (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && (text.contains('%') || !text.contains('/'));
    is_fit.then_some(text)
}

/// A name without macros.
fn plain(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    (!name.is_empty() && !name.contains('%')).then(|| name.to_ascii_lowercase())
}

/// `:ADDRESS` or `:ADDRESS/LENGTH`; bits behind the length do not matter (section 5.6).
fn network(name: &str, rest: &str) -> Option<Prefix> {
    let text = rest.strip_prefix(':')?;
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let (address, longest): (IpAddr, u8) = match name {
        "ip4" => (address.parse::<Ipv4Addr>().ok()?.into(), 32),
        _ => (address.parse::<Ipv6Addr>().ok()?.into(), 128),
    };
    let length = length.map_or(Some(longest), |length| cidr(length, longest))?;
    Some(Prefix::new(address, length))
}

/// What follows `a` and `mx`: `:NAME`, `/LENGTH`, `//LENGTH`, each if at all. None inside where the name has macros.
fn hosts(rest: &str) -> Option<Option<Hosts>> {
    let (name, lengths) = match rest.strip_prefix(':') {
        Some(named) if !named.contains('%') => {
            let end = named.find('/').unwrap_or(named.len());
            let (name, lengths) = named.split_at(end);
            (Some(domain(name)?), lengths)
        }
        Some(named) => return domain(named).map(|_macros| None),
        None => (None, rest),
    };
    let (four, six) = match lengths.split_once("//") {
        Some((four, six)) => (four, Some(six)),
        None => (lengths, None),
    };
    let ipv4_length = match four.strip_prefix('/') {
        Some(length) => cidr(length, 32)?,
        None if four.is_empty() => 32,
        None => return None,
    };
    let ipv6_length = six.map_or(Some(128), |length| cidr(length, 128))?;
    let name = match name {
        Some(name) => Some(plain(name)?),
        None => None,
    };
    Some(Some(Hosts {
        name,
        ipv4_length,
        ipv6_length,
    }))
}

/// The length of a prefix: digits without a leading zero.
fn cidr(text: &str, longest: u8) -> Option<u8> {
    let is_number = text == "0" || (text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0'));
    let length: u8 = is_number.then(|| text.parse().ok()).flatten()?;
    (length <= longest).then_some(length)
}

#[cfg(test)]
mod tests;
