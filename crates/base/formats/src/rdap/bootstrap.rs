//! Bootstrap files: which RDAP server answers for which addresses (RFC 9224 section 5).

use std::net::IpAddr;

use atalaya_model::Prefix;
use serde_json::Value;

use super::{RdapError, list_of, parse};

/// Most entries that are read. The files of IANA have about 250 for IPv4 and 50 for IPv6.
const MAX_ENTRIES: usize = 10_000;

/// The contents of `ipv4.json` or `ipv6.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bootstrap {
    entries: Vec<(Prefix, String)>,
}

impl Bootstrap {
    /// Reads a bootstrap file. Entries that cannot be used are passed over.
    ///
    /// # Errors
    /// If it is not JSON, or no entry can be used.
    pub fn read(body: &[u8]) -> Result<Self, RdapError> {
        let value = parse(body)?;
        let mut entries = Vec::new();
        for service in list_of(&value, "services").iter().filter_map(Value::as_array) {
            let [prefixes, urls, ..] = service.as_slice() else {
                continue;
            };
            let Some(url) = best(urls) else { continue };
            let prefixes = prefixes.as_array().map_or(&[][..], Vec::as_slice);
            entries.extend(
                prefixes
                    .iter()
                    .filter_map(|prefix| Some((prefix.as_str()?.parse().ok()?, url.clone()))),
            );
        }
        entries.truncate(MAX_ENTRIES);
        if entries.is_empty() {
            Err(RdapError::NoServers)
        } else {
            Ok(Self { entries })
        }
    }

    /// The base URL for `address` and the prefix that it answers for: the longest prefix wins (RFC 9224 section 5).
    #[must_use]
    pub fn server_for(&self, address: IpAddr) -> Option<(Prefix, &str)> {
        let around = self.entries.iter().filter(|(prefix, _)| prefix.contains(address));
        around
            .max_by_key(|(prefix, _)| prefix.length())
            .map(|(prefix, url)| (*prefix, url.as_str()))
    }
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
