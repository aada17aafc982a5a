//! The section `[upstream]` of the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use atalaya_model::{Kind, Period};
use serde::{Deserialize, Serialize};

use super::answer::is_code;
use crate::feeds::is_name;

/// Most lists: each address is asked about in every one.
const MOST_LISTS: usize = 50;
/// Most questions a second.
const MOST_QUESTIONS: u32 = 10_000;
/// The longest zone: what stands before it for an IPv6 address takes 64 of the 253 characters of a name.
const LONGEST_ZONE: usize = 180;

atalaya_model::settings! {
    /// DNS blocklists of others, asked about the addresses that our own sensors just saw. Each is tested before anything that it says counts.
    pub struct UpstreamConfig {
        /// The lists, each best as a section `[[upstream.lists]]` of its own. `zone` is what is asked below; `name` is the source of its words, and
        /// what the rules weigh it by (the zone, where it is not given: a zone with a key in it needs one); `kind` (`listed`) is what
        /// a listed address did. With `codes`, as `{ "127.0.0.2" = "spam", "127.0.0.4" = "bot" }`, no other code counts. `addresses` is
        /// `ipv4` (the default) or `both`.
        lists: Vec<UpstreamList> = Vec::new() => "[{ zone = \"bl.example.net\", codes = { \"127.0.0.2\" = \"spam\" } }]",
        /// The resolvers that are asked. Many lists refuse large public resolvers: use your own.
        resolvers: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 53))],
        /// Most questions in one second, to all lists together. Addresses that come faster are not asked about.
        max_questions: u32 = 20,
        /// How often a list is tested that is in use (RFC 5782 section 5).
        test_every: Period = Period::days(1),
        /// How often one is that is in quarantine.
        retest_every: Period = Period::minutes(15),
    }
}

/// Which addresses a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Families {
    /// IPv4.
    #[default]
    Ipv4,
    /// IPv4 and IPv6.
    Both,
}

/// Says what is known of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamList {
    /// What is asked below.
    pub zone: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// What a listed address did.
    #[serde(default = "listed")]
    pub kind: Kind,
    /// What it did by code.
    #[serde(default)]
    pub codes: BTreeMap<Ipv4Addr, Kind>,
    /// Which addresses it has.
    #[serde(default)]
    pub addresses: Families,
}

const fn listed() -> Kind {
    Kind::Listed
}

impl UpstreamList {
    /// A list with this zone.
    #[must_use]
    pub fn new(zone: &str) -> Self {
        Self {
            zone: zone.to_owned(),
            name: None,
            kind: Kind::Listed,
            codes: BTreeMap::new(),
            addresses: Families::Ipv4,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.zone)
    }

    fn check(&self) -> Result<(), String> {
        let zone = &self.zone;
        let is_label = |label: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            (1..=63).contains(&label.len()) && label.bytes().all(fits)
        };
        if zone.len() > LONGEST_ZONE || !zone.split('.').all(is_label) {
            return Err("`zone` must be a domain, without a dot at the end".to_owned());
        }
        if self.name.as_ref().is_some_and(|name| !is_name(name)) {
            return Err("`name` must be 1 to 32 letters, digits, dots, hyphens and underscores".to_owned());
        }
        if let Some(code) = self.codes.keys().find(|code| !is_code(**code)) {
            return Err(format!("{code} is no code of a list: they lie in 127.0.0.0/8"));
        }
        let mut kinds = self.codes.values().chain([&self.kind]);
        match kinds.find(|kind| !kind.is_abuse()) {
            Some(kind) => Err(format!("`{kind}` speaks against nobody, and cannot be a kind")),
            None => Ok(()),
        }
    }
}

impl UpstreamConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if self.lists.len() > MOST_LISTS {
            return Err(format!("upstream.lists must be at most {MOST_LISTS}"));
        }
        if !(1..=MOST_QUESTIONS).contains(&self.max_questions) {
            return Err(format!("upstream.max_questions must be 1 to {MOST_QUESTIONS}"));
        }
        let periods = [
            ("test_every", self.test_every),
            ("retest_every", self.retest_every),
        ];
        if let Some((key, _)) = periods.iter().find(|(_, period)| *period < Period::minutes(1)) {
            return Err(format!("upstream.{key} must be at least 1m"));
        }
        if self.resolvers.is_empty() && !self.lists.is_empty() {
            return Err("upstream.resolvers must name one, because upstream.lists is set".to_owned());
        }
        let mut names = BTreeSet::new();
        for list in &self.lists {
            list.check()
                .map_err(|why| format!("upstream.lists: {}: {why}", list.name()))?;
            if !names.insert(list.name()) {
                return Err(format!(
                    "upstream.lists: there are two lists named {}",
                    list.name()
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut UpstreamList)) -> String {
        let mut list = UpstreamList::new("bl.example.net");
        change(&mut list);
        let config = UpstreamConfig {
            lists: vec![list],
            ..UpstreamConfig::default()
        };
        config.check().err().unwrap_or_default()
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        assert_eq!(UpstreamConfig::default().check(), Ok(()));
        assert_eq!(refusal(|_| {}), "");
        assert!(refusal(|list| list.zone = "a..b".to_owned()).contains("zone"));
        assert!(refusal(|list| list.zone = "x".repeat(64)).contains("zone"));
        assert!(refusal(|list| list.name = Some("a b".to_owned())).contains("name"));
        assert!(refusal(|list| list.kind = Kind::Backscatter).contains("backscatter"));
        let code = Ipv4Addr::new(192, 0, 2, 1);
        assert!(refusal(|list| list.codes = BTreeMap::from([(code, Kind::Spam)])).contains("192.0.2.1"));
        let none = UpstreamConfig {
            max_questions: 0,
            ..UpstreamConfig::default()
        };
        assert!(none.check().unwrap_err().contains("max_questions"));
    }
}
