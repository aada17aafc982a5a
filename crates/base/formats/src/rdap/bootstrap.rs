//! Bootstrap files: which RDAP server answers for which addresses, names and numbers of networks (RFC 9224 sections 4 and 5).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use atalaya_model::Prefix;
use serde_json::Value;

use super::{RdapError, list_of, parse};

/// Most entries that are read. The files of IANA have about 250 for IPv4 and 50 for IPv6.
const MAX_ENTRIES: usize = 10_000;

/// The contents of `ipv4.json`, `ipv6.json`, `dns.json` or `asn.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bootstrap {
    entries: Vec<(Prefix, String)>,
    domains: BTreeMap<String, String>,
    numbers: Vec<(RangeInclusive<u32>, String)>,
}

impl Bootstrap {
    /// Reads a bootstrap file. Entries that cannot be used are passed over.
    ///
    /// # Errors
    /// If it is not JSON, or no entry can be used.
    pub fn read(body: &[u8]) -> Result<Self, RdapError> {
        let value = parse(body)?;
        let mut found = Self::default();
        for service in list_of(&value, "services").iter().filter_map(Value::as_array) {
            let [prefixes, urls, ..] = service.as_slice() else {
                continue;
            };
            let Some(url) = best(urls) else { continue };
            let prefixes = prefixes.as_array().map_or(&[][..], Vec::as_slice);
            let texts = prefixes.iter().filter_map(Value::as_str);
            texts.for_each(|text| found.take(text, &url));
        }
        if found.len() == 0 {
            Err(RdapError::NoServers)
        } else {
            Ok(found)
        }
    }

    /// Takes an entry: a prefix, numbers, or a domain.
    fn take(&mut self, text: &str, url: &str) {
        if self.len() >= MAX_ENTRIES {
            return;
        }
        if let Ok(prefix) = text.parse() {
            self.entries.push((prefix, url.to_owned()));
        } else if let Some(numbers) = numbers(text) {
            self.numbers.push((numbers, url.to_owned()));
        } else if is_domain(text) {
            self.domains.insert(text.to_ascii_lowercase(), url.to_owned());
        }
    }

    fn len(&self) -> usize {
        self.entries
            .len()
            .saturating_add(self.domains.len())
            .saturating_add(self.numbers.len())
    }

    /// The base URL for `address` and the prefix that it answers for: the longest prefix wins (RFC 9224 section 5).
    #[must_use]
    pub fn server_for(&self, address: IpAddr) -> Option<(Prefix, &str)> {
        let around = self.entries.iter().filter(|(prefix, _)| prefix.contains(address));
        around
            .max_by_key(|(prefix, _)| prefix.length())
            .map(|(prefix, url)| (*prefix, url.as_str()))
    }

    /// The base URL for the number of a network: ranges do not overlap.
    #[must_use]
    pub fn server_for_number(&self, number: u32) -> Option<&str> {
        let mut around = self
            .numbers
            .iter()
            .filter(|(numbers, _)| numbers.contains(&number));
        around.next().map(|(_, url)| url.as_str())
    }

    /// The base URL for a domain name.
    #[must_use]
    pub fn server_for_name(&self, name: &str) -> Option<&str> {
        let mut name = name;
        loop {
            if let Some(url) = self.domains.get(name) {
                return Some(url);
            }
            name = name.split_once('.')?.1;
        }
    }
}

/// The numbers of an entry: one, or the first and the last of a range (RFC 9224 section 5.3).
fn numbers(text: &str) -> Option<RangeInclusive<u32>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        text.parse()
            .ok()
            .filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    Some(number(first)?..=number(last)?)
}

/// Whether an entry is a domain: labels, of which the largest number that fits a name wins (RFC 9224 section 4).
fn is_domain(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    (1..=253).contains(&text.len()) && text.bytes().all(fits)
}

/// The URL to use: HTTPS where offered (RFC 9224 section 3).
fn best(urls: &Value) -> Option<String> {
    let urls: Vec<_> = urls.as_array()?.iter().filter_map(Value::as_str).collect();
    let with = |scheme: &str| {
        urls.iter()
            .find(|url| url.starts_with(scheme))
            .map(|url| (*url).to_owned())
    };
    with("https://").or_else(|| with("http://"))
}
