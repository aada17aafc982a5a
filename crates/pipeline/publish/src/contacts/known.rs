//! Who is known, by prefix: an entry of some 40 bytes each, and each list of mailboxes once, however many networks it answers for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{Contact, MailAddress, Prefix, Timestamp};

/// The most prefixes that are known; what comes beyond is left out until others are forgotten.
const MOST_PREFIXES: usize = 4_000_000;
/// The longest string of a TXT record (RFC 1035 section 3.3.14): clients differ in how they join several.
const MOST_TEXT: usize = 255;

/// How sure a contact has to be, in percent: those that a registry or a contact zone names are.
const SURE: u8 = 50;

/// All who are known.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    by_prefix: HashMap<Prefix, Entry>,
    /// How many prefixes there are of each family and length: where a search looks.
    lengths: BTreeMap<(bool, u8), usize>,
    texts: HashSet<Arc<str>>,
    changes: u64,
}

/// What is known of a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The mailboxes with commas between; none where it is known that there is nobody.
    pub(super) mailboxes: Option<Arc<str>>,
    /// How long that holds.
    pub(super) until: Timestamp,
}

impl Contacts {
    /// The entry of the longest prefix around an address that still holds.
    pub(super) fn find(&self, address: IpAddr, now: Timestamp) -> Option<&Entry> {
        let family = address.is_ipv4();
        let lengths = self.lengths.range((family, 0)..=(family, u8::MAX)).rev();
        lengths
            .filter_map(|((_, length), _)| self.by_prefix.get(&Prefix::new(address, *length)))
            .find(|entry| entry.until > now)
    }

    /// Takes a contact, in place of what was known of its prefix.
    pub(super) fn keep(&mut self, contact: &Contact, until: Timestamp) {
        if self.by_prefix.len() >= MOST_PREFIXES && !self.by_prefix.contains_key(&contact.prefix) {
            return;
        }
        // A text says nothing of how sure it is, so that it names nobody who is only guessed.
        let is_sure = contact.confidence.as_percent() >= SURE;
        let told = text_of(&contact.addresses).filter(|_| is_sure);
        let mailboxes = told.map(|text| self.interned(text));
        let entry = Entry { mailboxes, until };
        if self.by_prefix.get(&contact.prefix) == Some(&entry) {
            return;
        }
        self.remove(&contact.prefix);
        self.by_prefix.insert(contact.prefix, entry);
        let length = (contact.prefix.is_ipv4(), contact.prefix.length());
        let count = self.lengths.entry(length).or_default();
        *count = count.saturating_add(1);
    }

    /// Forgets what holds no longer.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let over = self.by_prefix.iter().filter(|(_, entry)| entry.until <= now);
        let over: Vec<Prefix> = over.map(|(prefix, _)| *prefix).collect();
        for prefix in over {
            self.remove(&prefix);
        }
    }

    /// How often something changed.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    fn remove(&mut self, prefix: &Prefix) {
        self.changes = self.changes.saturating_add(1);
        let Some(entry) = self.by_prefix.remove(prefix) else {
            return;
        };
        let length = (prefix.is_ipv4(), prefix.length());
        if let Some(count) = self.lengths.get_mut(&length) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.lengths.remove(&length);
            }
        }
        // The set has one and this is the other.
        if let Some(text) = entry.mailboxes.filter(|text| Arc::strong_count(text) <= 2) {
            self.texts.remove(&text);
        }
    }

    fn interned(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.texts.get(text.as_str()) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        text
    }
}

/// The mailboxes of an answer; none where there is none to be told. As many as one string holds, the best first.
fn text_of(mailboxes: &[MailAddress]) -> Option<String> {
    let mut text = String::new();
    for mailbox in mailboxes
        .iter()
        .map(MailAddress::as_str)
        .filter(|text| is_plain(text))
    {
        let length = text.len().saturating_add(mailbox.len()).saturating_add(1);
        if length > MOST_TEXT {
            break;
        }
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(mailbox);
    }
    (!text.is_empty()).then_some(text)
}

/// Whether a mailbox can stand in a list with commas that clients put into a command line: what a registry holds, anybody wrote.
fn is_plain(mailbox: &str) -> bool {
    !mailbox.starts_with('-')
        && mailbox
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"@.-_+=".contains(&byte))
}

#[cfg(test)]
mod tests {
    use atalaya_model::{Confidence, ContactSource};

    use super::*;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn contact(prefix: &str, addresses: &[&str]) -> Contact {
        Contact {
            prefix: prefix.parse().unwrap(),
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            network: String::new(),
            source: ContactSource::Whois {
                server: String::new(),
            },
            confidence: Confidence::FULL,
            found_at: Timestamp::EPOCH,
        }
    }

    fn told(contacts: &Contacts, address: &str, now: i64) -> Option<String> {
        let entry = contacts.find(address.parse().unwrap(), at(now))?;
        Some(entry.mailboxes.as_deref().unwrap_or("nobody").to_owned())
    }

    #[test]
    fn the_longest_prefix_that_holds_answers() {
        let mut contacts = Contacts::default();
        contacts.keep(&contact("192.0.0.0/16", &["wide@example.net"]), at(DAY));
        contacts.keep(
            &contact("192.0.2.0/24", &["a@example.net", "b@example.net"]),
            at(100),
        );
        contacts.keep(&contact("192.0.2.64/28", &[]), at(100));
        contacts.keep(&contact("2001:db8::/32", &["six@example.net"]), at(100));
        let told = |address, now| told(&contacts, address, now);
        assert_eq!(told("192.0.2.1", 0).unwrap(), "a@example.net,b@example.net");
        assert_eq!(told("192.0.2.65", 0).unwrap(), "nobody");
        assert_eq!(told("192.0.2.65", 100).unwrap(), "wide@example.net");
        assert_eq!(told("2001:db8::1", 0).unwrap(), "six@example.net");
        assert_eq!((told("192.1.0.1", 0), told("2001:db8::1", 100)), (None, None));
    }

    #[test]
    fn who_is_only_guessed_is_told_to_nobody() {
        let mut contacts = Contacts::default();
        let guess = Contact {
            confidence: Confidence::percent(30),
            ..contact("192.0.2.0/24", &["guess@example.net"])
        };
        contacts.keep(&guess, at(DAY));
        assert_eq!(told(&contacts, "192.0.2.1", 0).unwrap(), "nobody");
    }

    #[test]
    fn a_newer_contact_takes_the_place_and_what_is_over_is_forgotten_whole() {
        let mut contacts = Contacts::default();
        for (mailbox, until) in [
            ("old@example.net", 10),
            ("new@example.net", 20),
            ("new@example.net", 30),
        ] {
            contacts.keep(&contact("192.0.2.0/24", &[mailbox]), at(until));
        }
        contacts.keep(&contact("198.51.100.0/24", &["new@example.net"]), at(30));
        assert_eq!(told(&contacts, "192.0.2.1", 25).unwrap(), "new@example.net");
        assert_eq!((contacts.texts.len(), contacts.lengths.len()), (1, 1));
        let changes = contacts.changes();
        contacts.keep(&contact("192.0.2.0/24", &["new@example.net"]), at(30));
        assert_eq!(contacts.changes(), changes, "the same is no change");
        contacts.forget(at(30));
        assert!(contacts.by_prefix.is_empty() && contacts.texts.is_empty() && contacts.lengths.is_empty());
    }

    #[test]
    fn only_plain_mailboxes_are_told_and_no_more_than_one_string_holds() {
        let long: Vec<MailAddress> = (0..50)
            .map(|number| format!("abuse{number}@example.net").parse().unwrap())
            .collect();
        let text = text_of(&long).unwrap();
        assert!(text.len() <= MOST_TEXT && text.ends_with(".net") && text.starts_with("abuse0@example.net,"));
        for bad in [
            "a;reboot@example.net",
            "$(id)@example.net",
            "-f@example.net",
            "a'b@example.net",
            "a|b@example.net",
        ] {
            let Ok(mailbox) = bad.parse() else { continue };
            assert_eq!(text_of(&[mailbox]), None, "{bad}");
        }
    }
}
