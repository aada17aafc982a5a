//! Cutting a WHOIS answer into comments, objects and sections.

use std::borrow::Cow;

use crate::address_range::AddressRange;

/// Most lines that are read. The longest real answers have a few thousand.
const MAX_LINES: usize = 20_000;
/// Most networks of one answer. Real ones name fewer than ten; each may look its handles up among all objects.
const MAX_NETWORKS: usize = 100;
/// Longest key; longer ones are text with a colon in it.
const MAX_KEY: usize = 40;
/// The keys that open a network, in lower case, of all registries.
const NETWORK_KEYS: [&str; 7] = [
    "inetnum",
    "inet6num",
    "netrange",
    "network number",
    "ipv4 address",
    "ipv6 address",
    "netblock",
];

/// An answer cut into its parts.
#[derive(Debug, Default)]
pub(super) struct Text<'a> {
    /// The comment lines, without their mark.
    pub(super) comments: Vec<&'a str>,
    /// Lines that are nothing of this.
    pub(super) loose: Vec<&'a str>,
    /// Every object, also those before the first network.
    pub(super) objects: Vec<Object<'a>>,
    /// The networks.
    pub(super) sections: Vec<Section>,
}

/// A paragraph of `key: value` lines.
#[derive(Debug, Default, Clone)]
pub(super) struct Object<'a> {
    /// The pairs, the keys in lower case, in order. A key may come several times.
    pub(super) pairs: Vec<(String, &'a str)>,
    /// Whether it stands under a heading that speaks of abuse.
    pub(super) under_abuse: bool,
}

/// A network with the objects that belong to it.
#[derive(Debug)]
pub(super) struct Section {
    /// The ranges of the network.
    pub(super) ranges: Vec<AddressRange>,
    /// Where its objects begin in [`Text::objects`]; the first is the network itself.
    pub(super) begin: usize,
    /// Where they end.
    pub(super) end: usize,
}

/// What a line is.
enum Line<'a> {
    Comment(&'a str),
    Blank,
    Heading(&'a str),
    Pair(String, &'a str),
    Loose(&'a str),
}

/// Text of the answer: UTF-8 where it is that, else Latin-1, which never fails.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_not_utf8) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

impl<'a> Text<'a> {
    /// Cuts an answer.
    pub(super) fn read(decoded: &'a str) -> Self {
        let mut text = Self::default();
        let mut object = Object::default();
        for line in decoded.lines().take(MAX_LINES) {
            match classify(line) {
                Line::Comment(comment) => text.comments.push(comment),
                Line::Blank => text.close(&mut object),
                Line::Heading(heading) => {
                    text.close(&mut object);
                    object.under_abuse = heading.to_ascii_lowercase().contains("abuse");
                }
                Line::Pair(key, value) => {
                    let begins = opens_network(&key, value) && !object.pairs.is_empty();
                    begins.then(|| text.close(&mut object));
                    object.pairs.push((key, value));
                }
                Line::Loose(line) => text.loose.push(line),
            }
        }
        text.close(&mut object);
        text.cut_sections();
        text
    }

    /// Ends an object, if anything is in it. The next one stands under the same heading.
    fn close(&mut self, object: &mut Object<'a>) {
        if !object.pairs.is_empty() {
            let under_abuse = object.under_abuse;
            self.objects.push(std::mem::take(object));
            object.under_abuse = under_abuse;
        }
    }

    /// Finds the network objects; what follows each belongs to it.
    fn cut_sections(&mut self) {
        for (index, object) in self.objects.iter().enumerate() {
            let ranges = object.ranges();
            if ranges.is_empty() || self.sections.len() >= MAX_NETWORKS {
                continue;
            }
            if let Some(previous) = self.sections.last_mut() {
                previous.end = index;
            }
            self.sections.push(Section {
                ranges,
                begin: index,
                end: self.objects.len(),
            });
        }
    }

    /// The objects of a section.
    pub(super) fn objects_of(&self, section: &Section) -> &[Object<'a>] {
        self.objects.get(section.begin..section.end).unwrap_or_default()
    }

    /// The object with a handle, as `abuse-c` and `mnt-irt` name it.
    pub(super) fn by_handle(&self, handle: &str) -> Option<&Object<'a>> {
        let is_handle = |key: &str| key.starts_with("nic-hdl") || key == "irt" || key == "poc-handle";
        self.objects.iter().find(|object| {
            object
                .pairs
                .iter()
                .any(|(key, value)| is_handle(key) && value.eq_ignore_ascii_case(handle))
        })
    }
}

impl<'a> Object<'a> {
    /// The values of a key.
    pub(super) fn all<'b>(&'b self, wanted: &'b str) -> impl Iterator<Item = &'a str> + 'b {
        self.pairs
            .iter()
            .filter(move |(key, _)| key == wanted)
            .map(|(_, value)| *value)
    }

    /// The first value of one of these keys, the first key first.
    pub(super) fn first(&self, keys: &[&str]) -> Option<&'a str> {
        keys.iter()
            .find_map(|key| self.all(key).find(|value| !value.is_empty()))
    }

    /// The ranges, if this is a network.
    fn ranges(&self) -> Vec<AddressRange> {
        let named = self.pairs.iter().filter(|(key, value)| opens_network(key, value));
        named.filter_map(|(_, value)| AddressRange::read(value)).collect()
    }
}

/// Whether a pair says that a network begins.
fn opens_network(key: &str, value: &str) -> bool {
    NETWORK_KEYS.contains(&key) && AddressRange::read(value).is_some()
}

fn classify(line: &str) -> Line<'_> {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return Line::Blank;
    }
    if let Some(comment) = trimmed.strip_prefix(['%', '#']) {
        return Line::Comment(comment.trim());
    }
    bracketed(trimmed)
        .or_else(|| pair(trimmed))
        .unwrap_or(Line::Loose(trimmed))
}

/// `key: value`, also with spaces before the colon as in Korea.
fn pair(line: &str) -> Option<Line<'_>> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_ ./".contains(c);
    let fits = !key.is_empty() && key.len() <= MAX_KEY && key.chars().all(plain);
    fits.then(|| Line::Pair(key.to_ascii_lowercase(), value.trim()))
}

/// `[ Heading ]` as in Korea, `a. [Key]   value` as in Japan.
fn bracketed(line: &str) -> Option<Line<'_>> {
    let open = line.find('[').filter(|open| *open <= 3)?;
    let (key, value) = line.split_at_checked(open.checked_add(1)?)?.1.split_once(']')?;
    let (key, value) = (key.trim(), value.trim());
    if value.is_empty() {
        return Some(Line::Heading(key));
    }
    (key.len() <= MAX_KEY).then(|| Line::Pair(key.to_ascii_lowercase(), value))
}
