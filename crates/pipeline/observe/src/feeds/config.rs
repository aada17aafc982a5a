//! The section `[feeds]` of the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;

use atalaya_formats::lists::{Column, Columns};
use atalaya_model::{ByteSize, Kind, Period, Prefix};
use atalaya_net::server_of;
use serde::{Deserialize, Serialize};

/// Most feeds: each is held in memory.
const MOST_FEEDS: usize = 100;
/// The longest name: it stands in every word of the feed.
const LONGEST_NAME: usize = 32;
/// The shortest time between two fetches: whoever publishes a list is not to be asked without end.
const SHORTEST: Period = Period::minutes(1);
/// The largest list, unpacked.
const LARGEST: ByteSize = ByteSize::mib(1_024);

atalaya_model::settings! {
    /// Lists of others, fetched on a schedule. What they say counts about addresses that a sensor of ours saw, and about no other.
    pub struct FeedsConfig {
        /// The lists, each best as a section `[[feeds.lists]]` of its own. `name` is the source of its words, and what the rules weigh it by;
        /// `url` is http, https, or the path of a file; `format` is `plain` (the default), `csv`, `jsonl` or `json`; `address`, `time` and
        /// `category` name columns or fields; `kind` (`listed`) is what its entries did, `categories` the kinds of its categories;
        /// `every` (1h) is how often it is fetched, `expires` (2d) how long an entry counts after the list named it last. Bounds, beyond
        /// which a list is refused as a whole: `max_size` (64MiB, unpacked), `max_addresses` (67108864 IPv4 addresses), `max_growth`
        /// (10 times, or to a tenth), `max_protected` (10 entries in protected ranges). Entries in the ranges `except` are passed over.
        /// `header` and `header_file` are the name of a header and the file with its value, for lists that want a key.
        lists: Vec<FeedConfig> = Vec::new() => "[{ name = \"drop\", url = \"https://www.spamhaus.org/drop/drop.txt\", every = \"12h\" }]",
        /// How long a fetch may take, from the first byte to the last.
        timeout: Period = Period::minutes(2),
    }
}

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedFormat {
    /// An address, a prefix or `FIRST-LAST` at the beginning of each line.
    #[default]
    Plain,
    /// Rows of columns, with commas, semicolons or tabs between.
    Csv,
    /// A JSON document a line.
    Jsonl,
    /// One JSON document with an array of entries.
    Json,
}

/// The text names no form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no form of a list: use plain, csv, jsonl or json")]
pub struct UnknownFormat(String);

impl FromStr for FeedFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "plain" => Ok(Self::Plain),
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::Jsonl),
            "json" => Ok(Self::Json),
            _ => Err(UnknownFormat(text.to_owned())),
        }
    }
}

/// Says what is known of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeedConfig {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Its form.
    pub format: FeedFormat,
    /// The column or field of the addresses; found out where it is not given.
    pub address: Option<String>,
    /// That of the times.
    pub time: Option<String>,
    /// That of the categories.
    pub category: Option<String>,
    /// What its entries did.
    pub kind: Kind,
    /// What those of a category did.
    pub categories: BTreeMap<String, Kind>,
    /// How often it is fetched.
    pub every: Period,
    /// How long an entry counts after the list named it last.
    pub expires: Period,
    /// Most bytes, unpacked.
    pub max_size: ByteSize,
    /// Most IPv4 addresses that all its entries cover.
    pub max_addresses: u64,
    /// How many times as long, or as short, it may be as the time before.
    pub max_growth: u32,
    /// Most entries in protected ranges.
    pub max_protected: usize,
    /// Entries in these ranges are passed over.
    pub except: Vec<Prefix>,
    /// The name of a header that is sent.
    pub header: Option<String>,
    /// The file with its value.
    pub header_file: Option<PathBuf>,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            url: String::new(),
            format: FeedFormat::default(),
            address: None,
            time: None,
            category: None,
            kind: Kind::Listed,
            categories: BTreeMap::new(),
            every: Period::hours(1),
            expires: Period::days(2),
            max_size: ByteSize::mib(64),
            max_addresses: 1 << 26,
            max_growth: 10,
            max_protected: 10,
            except: Vec::new(),
            header: None,
            header_file: None,
        }
    }
}

impl FeedsConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if self.lists.len() > MOST_FEEDS {
            return Err(format!("feeds.lists must be at most {MOST_FEEDS}"));
        }
        if self.timeout.duration().is_zero() {
            return Err("feeds.timeout must be longer than 0s".to_owned());
        }
        let mut names = BTreeSet::new();
        for feed in &self.lists {
            let wrong = |why| Err(format!("feeds.lists: {}: {why}", feed.name));
            if let Err(why) = feed.check() {
                return wrong(why);
            }
            if !names.insert(&feed.name) {
                return wrong("there are two lists of this name".to_owned());
            }
        }
        Ok(())
    }
}

impl FeedConfig {
    /// A list of this name at this place.
    #[must_use]
    pub fn new(name: &str, url: &str) -> Self {
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            ..Self::default()
        }
    }

    /// The path of the file that the list is, where it is one.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        let path = self.url.strip_prefix("file://").unwrap_or(&self.url);
        path.starts_with('/').then(|| path.into())
    }

    /// Which columns or fields are read.
    pub(super) fn columns(&self) -> Columns {
        let column = |name: &Option<String>| {
            name.as_ref().map(|name| match Column::from_str(name) {
                Ok(column) => column,
            })
        };
        Columns {
            address: column(&self.address),
            at: column(&self.time),
            category: column(&self.category),
        }
    }

    /// What an entry of a category did.
    pub(super) fn kind_of(&self, category: Option<&str>) -> Kind {
        let named = category.and_then(|category| {
            let mut known = self.categories.iter();
            known.find(|(name, _)| name.eq_ignore_ascii_case(category))
        });
        named.map_or(self.kind, |(_, kind)| *kind)
    }

    /// Says what is wrong with the values, without the name.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if !is_name(&self.name) {
            return Err(format!(
                "`name` must be 1 to {LONGEST_NAME} letters, digits, dots, hyphens and underscores, a letter or digit first"
            ));
        }
        if self.path().is_none() && server_of(&self.url).is_none() {
            return Err(
                "`url` must be http:// or https:// without a user, or the path of a file from the root"
                    .to_owned(),
            );
        }
        let mut kinds = self.categories.values().chain([&self.kind]);
        if let Some(kind) = kinds.find(|kind| !kind.is_abuse()) {
            return Err(format!("`{kind}` speaks against nobody, and cannot be a `kind`"));
        }
        if self.every < SHORTEST {
            return Err(format!("`every` must be at least {SHORTEST}"));
        }
        if self.expires < self.every {
            return Err("`expires` must be at least as long as `every`".to_owned());
        }
        self.check_bounds()
    }

    fn check_bounds(&self) -> Result<(), String> {
        if !(1..=LARGEST.0).contains(&self.max_size.0) {
            return Err(format!("`max_size` must be 1 to {LARGEST}"));
        }
        if self.max_growth < 2 {
            return Err("`max_growth` must be at least 2".to_owned());
        }
        if self.header.is_some() != self.header_file.is_some() {
            return Err("`header` and `header_file` belong together".to_owned());
        }
        let columns = [&self.address, &self.time, &self.category];
        if self.format == FeedFormat::Plain && columns.into_iter().any(Option::is_some) {
            return Err("a plain list has no columns: say `format`".to_owned());
        }
        if self.category.is_none() && !self.categories.is_empty() {
            return Err("`categories` needs `category`, the column that they stand in".to_owned());
        }
        Ok(())
    }
}

/// Whether a text can name a list: it becomes the name of files too.
pub(crate) fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    name.len() <= LONGEST_NAME
        && name.bytes().all(is_plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut FeedConfig)) -> String {
        let mut feed = FeedConfig::new("drop", "https://list.example/drop.txt");
        change(&mut feed);
        let config = FeedsConfig {
            lists: vec![feed],
            ..FeedsConfig::default()
        };
        config.check().unwrap_err()
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        assert_eq!(FeedsConfig::default().check(), Ok(()));
        assert!(refusal(|feed| feed.name = "../x".to_owned()).contains("name"));
        assert!(refusal(|feed| feed.url = "ftp://x/y".to_owned()).contains("url"));
        assert!(refusal(|feed| feed.url = "https://me:key@x.example/".to_owned()).contains("without a user"));
        assert!(refusal(|feed| feed.url = "relative".to_owned()).contains("url"));
        assert!(refusal(|feed| feed.kind = Kind::NotSpam).contains("not-spam"));
        assert!(refusal(|feed| feed.every = Period::seconds(1)).contains("every"));
        assert!(refusal(|feed| feed.expires = Period::minutes(1)).contains("expires"));
        assert!(refusal(|feed| feed.max_size = ByteSize(0)).contains("max_size"));
        assert!(refusal(|feed| feed.max_growth = 1).contains("max_growth"));
        assert!(refusal(|feed| feed.header = Some("Key".to_owned())).contains("header_file"));
        assert!(refusal(|feed| feed.address = Some("ip".to_owned())).contains("format"));
        let feed = FeedConfig::new("drop", "/srv/drop.txt");
        let twice = FeedsConfig {
            lists: vec![feed.clone(), feed],
            ..FeedsConfig::default()
        };
        assert!(twice.check().unwrap_err().contains("two lists"));
    }

    #[test]
    fn categories_are_kinds_whatever_their_case() {
        let feed = FeedConfig {
            categories: BTreeMap::from([("Brute".to_owned(), Kind::LoginAttack)]),
            ..FeedConfig::new("x", "/x")
        };
        assert_eq!(feed.kind_of(Some("brute")), Kind::LoginAttack);
        assert_eq!(feed.kind_of(Some("other")), Kind::Listed);
        assert_eq!(feed.kind_of(None), Kind::Listed);
    }
}
