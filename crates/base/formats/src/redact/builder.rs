//! What a redactor is made of: what is to be hidden, what must stay, and in which spellings each is looked for.
//!
//! The sender of a spam chooses its recipients, and so chooses what is hidden. What the evidence stands or falls with is therefore
//! never hidden by itself: the source address, the sender's HELO and domain, the words of headers and markup, and names so short that
//! they would hit everything. The names of our own traps, which the operator gave, are hidden whatever the sender says.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use atalaya_model::{Observation, Sensor};

use super::needles::{Edges, Needle, Needles, blurred};
use super::{Redactor, TrapNames, conversation, mentioned, pseudonym, words};
use crate::conversation::Conversation;

/// Shortest local part that is hidden where it stands alone; shorter ones are found in every text.
const MIN_LOCAL_PART: usize = 4;
/// Longest local part that is (RFC 5321 section 4.5.3.1.1). Longer ones could be made to be found in one place by the thousand.
const MAX_LOCAL_PART: usize = 64;
/// Shortest local part of digits alone that is: fewer are a year, a size, a port.
const MIN_DIGITS: usize = 7;

/// Collects what is to be hidden.
#[derive(Debug, Clone)]
pub struct RedactorBuilder {
    key: Vec<u8>,
    traps: TrapNames,
    recipients: BTreeSet<String>,
    mentioned: BTreeSet<String>,
    senders: Vec<Sender>,
    /// The domains of recipients at a trap.
    trapped: BTreeSet<String>,
    /// What messages give as their author and their Message-ID.
    own: BTreeSet<String>,
    hides_all: bool,
}

/// What the sender of a spam is known by.
#[derive(Debug, Clone)]
struct Sender {
    source: IpAddr,
    helo: String,
    mail_from: String,
    at_trap: bool,
}

/// An address, cut.
struct Cut<'a> {
    whole: &'a str,
    local: &'a str,
    domain: &'a str,
}

impl RedactorBuilder {
    /// Hides nothing yet. The key makes the pseudonyms; who does not hold it cannot test guesses.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self {
            key: key.to_vec(),
            traps: TrapNames::default(),
            recipients: BTreeSet::new(),
            mentioned: BTreeSet::new(),
            senders: Vec::new(),
            trapped: BTreeSet::new(),
            own: BTreeSet::new(),
            hides_all: false,
        }
    }

    /// Hides the names of our own traps.
    #[must_use]
    pub fn traps(mut self, traps: &TrapNames) -> Self {
        self.traps.extend(traps);
        self
    }

    /// Hides a recipient: the address, its domain, and its local part where that is no common word.
    #[must_use]
    pub fn recipient(mut self, address: &str) -> Self {
        self.recipients.insert(address_of(address));
        self
    }

    /// Hides the recipients of an observation, and keeps what its sender is known by.
    #[must_use]
    pub fn observation(mut self, seen: &Observation) -> Self {
        let envelope = &seen.envelope;
        let at_trap = seen.trap.is_some() || seen.sensor == Sensor::Trap;
        self.senders.push(Sender {
            source: seen.address.to_canonical(),
            helo: host_of(&envelope.helo),
            mail_from: address_of(&envelope.mail_from),
            at_trap,
        });
        if at_trap {
            let domain = |address: &String| Some(address_of(address).rsplit_once('@')?.1.to_owned());
            self.trapped.extend(envelope.recipients.iter().filter_map(domain));
        }
        envelope
            .recipients
            .iter()
            .fold(self, |this, recipient| this.recipient(recipient))
    }

    /// Hides the addresses that the header of a message names as recipients, and their local parts; not their domains, which are as
    /// often those of strangers.
    #[must_use]
    pub fn mentioned_in(mut self, message: &[u8]) -> Self {
        self.mentioned.extend(mentioned::recipients(message));
        self.own.extend(mentioned::own(message));
        self
    }

    /// Hides whatever looks like an address, but for that of the sender and author, and the Message-ID, which the network finds in its logs: who
    /// puts many into one mail must not learn from what is hidden and what is not which of them are traps.
    #[must_use]
    pub fn every_address(mut self) -> Self {
        self.hides_all = true;
        self
    }

    /// Hides the recipients that a client named, also those of mails that it then did not send.
    #[must_use]
    pub fn said_in(self, talk: &Conversation) -> Self {
        conversation::recipients(talk).fold(self, |this, recipient| this.recipient(&recipient))
    }

    /// Hides no recipient after all but those that are known to be traps.
    #[must_use]
    pub fn only_traps(mut self) -> Self {
        let Self {
            traps,
            recipients,
            mentioned,
            ..
        } = &mut self;
        recipients.retain(|address| traps.has_mailbox(address));
        mentioned.retain(|address| traps.has_mailbox(address));
        self
    }

    /// The redactor.
    #[must_use]
    pub fn build(self) -> Redactor {
        let mut spellings = Spellings::new(&self.key);
        for host in self.traps.hosts() {
            match host.parse::<IpAddr>() {
                Ok(ip) if self.senders.iter().all(|sender| sender.source != ip) => spellings.ip(ip),
                Err(_) if is_host(host) => spellings.host(host),
                _ => {}
            }
        }
        for address in self.traps.addresses().chain(&self.recipients) {
            let Some(cut) = Cut::of(address) else {
                self.local_part(&mut spellings, address, address);
                continue;
            };
            if self.hides_domain(cut.domain) {
                spellings.host(cut.domain);
            }
            self.address(&mut spellings, &cut);
        }
        for address in &self.mentioned {
            let of_sender = self.senders.iter().any(|sender| sender.mail_from == *address);
            let is_hidden = |cut: &Cut<'_>| !of_sender || self.traps.covers(cut.domain);
            if let Some(cut) = Cut::of(address).filter(is_hidden) {
                self.address(&mut spellings, &cut);
            }
        }
        let exact = Needles::new(spellings.exact);
        let blurred = Needles::new(spellings.blurred);
        let senders = self.senders.into_iter().map(|sender| sender.mail_from);
        let spared = self.hides_all.then(|| senders.chain(self.own).collect());
        Redactor {
            key: self.key,
            exact,
            blurred,
            spared,
        }
    }

    /// The spellings of an address. Inside of other words it is looked for only where its domain cannot be the sender's: else
    /// `s@domain` would hide the end of `offers@domain`.
    fn address(&self, spellings: &mut Spellings<'_>, cut: &Cut<'_>) {
        let domain_is_hidden = self.hides_domain(cut.domain);
        if self
            .senders
            .iter()
            .any(|sender| holds_ip(cut.whole, sender.source))
        {
            return;
        }
        let edges = if domain_is_hidden { Edges::Any } else { Edges::Word };
        spellings.whole(cut, edges);
        let is_hidden = self.local_part(spellings, cut.local, cut.whole);
        if is_hidden && domain_is_hidden {
            spellings.inside_others(cut);
        }
    }

    /// Hides a local part where it stands alone, unless that would hide other things. Says whether it does.
    fn local_part(&self, spellings: &mut Spellings<'_>, local: &str, address: &str) -> bool {
        let is_hidden = is_telling(local)
            && pseudonym::length(local.as_bytes()) == 0
            && self.senders.iter().all(|sender| !sender.is_called(local));
        if is_hidden {
            spellings.local_part(local, address);
        }
        is_hidden
    }

    /// Whether a recipient's domain is hidden. A sender that uses it as its own name keeps it, unless it is known to be ours, or the
    /// recipient's whole address is given as the sender: that is how those write who have no name of their own.
    fn hides_domain(&self, domain: &str) -> bool {
        let is_spared = || {
            self.senders
                .iter()
                .any(|sender| sender.is_below(domain) && !self.recipients.contains(&sender.mail_from))
        };
        is_host(domain) && (self.traps.covers(domain) || self.is_trapped(domain) || !is_spared())
    }

    /// Whether a domain is that of a recipient at a trap. It may be one of traps that the operator did not name.
    fn is_trapped(&self, domain: &str) -> bool {
        let is_its = |address: &String| address.rsplit_once('@').is_some_and(|(_, its)| its == domain);
        let at_traps = !self.senders.is_empty() && self.senders.iter().all(|sender| sender.at_trap);
        self.trapped.contains(domain) || (at_traps && self.recipients.iter().any(is_its))
    }
}

impl Sender {
    fn domain(&self) -> &str {
        self.mail_from.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether one of its names is this one.
    fn is_called(&self, name: &str) -> bool {
        [self.helo.as_str(), self.domain()].contains(&name)
    }

    /// Whether one of its names is this one or lies below it.
    fn is_below(&self, name: &str) -> bool {
        [self.helo.as_str(), self.domain()]
            .iter()
            .any(|own| is_at_or_below(own, name))
    }
}

impl<'a> Cut<'a> {
    fn of(address: &'a str) -> Option<Self> {
        let (local, domain) = address.rsplit_once('@')?;
        let local = local.trim_matches('"');
        (!local.is_empty() && !domain.is_empty()).then_some(Self {
            whole: address,
            local,
            domain,
        })
    }
}

/// The needles while they are collected, each once.
struct Spellings<'k> {
    key: &'k [u8],
    exact: Vec<Needle>,
    blurred: Vec<Needle>,
    known: HashSet<(String, bool)>,
}

impl<'k> Spellings<'k> {
    fn new(key: &'k [u8]) -> Self {
        Self {
            key,
            exact: Vec::new(),
            blurred: Vec::new(),
            known: HashSet::new(),
        }
    }

    fn whole(&mut self, cut: &Cut<'_>, edges: Edges) {
        let stand_in = format!("{}@{}", self.of_address(cut.whole), self.of_domain(cut.domain));
        self.add(format!("{}@{}", cut.local, cut.domain), edges, stand_in);
    }

    /// An address that is part of another, as in `bounce-name=domain@list.example`.
    fn inside_others(&mut self, cut: &Cut<'_>) {
        let text = blurred(format!("{}.{}", cut.local, cut.domain).as_bytes());
        let text = String::from_utf8_lossy(&text).into_owned();
        if self.known.insert((text.clone(), true)) {
            let stand_in = format!("{}={}", self.of_address(cut.whole), self.of_domain(cut.domain));
            self.blurred.push(Needle {
                text,
                edges: Edges::Word,
                stand_in,
            });
        }
    }

    fn host(&mut self, name: &str) {
        self.add(name.to_owned(), Edges::Host, self.of_domain(name));
    }

    fn ip(&mut self, ip: IpAddr) {
        let stand_in = self.of_domain(&ip.to_string());
        self.add(ip.to_string(), Edges::Ip, stand_in.clone());
        if let IpAddr::V6(ip) = ip {
            let groups = ip.segments();
            let spelled = groups.map(|group| format!("{group:x}")).join(":");
            let filled = groups.map(|group| format!("{group:04x}")).join(":");
            self.add(spelled, Edges::Ip, stand_in.clone());
            self.add(filled, Edges::Ip, stand_in);
        }
    }

    fn local_part(&mut self, local: &str, address: &str) {
        self.add(local.to_owned(), Edges::Word, self.of_address(address));
    }

    fn add(&mut self, text: String, edges: Edges, stand_in: String) {
        if self.known.insert((text.clone(), false)) {
            self.exact.push(Needle {
                text,
                edges,
                stand_in,
            });
        }
    }

    fn of_address(&self, address: &str) -> String {
        pseudonym::of_address(self.key, address)
    }

    fn of_domain(&self, domain: &str) -> String {
        pseudonym::of_domain(self.key, domain)
    }
}

/// An address as it is looked for.
pub(super) fn address_of(text: &str) -> String {
    text.trim().trim_matches(['<', '>']).to_ascii_lowercase()
}

/// A host name as it is looked for.
pub(super) fn host_of(text: &str) -> String {
    text.trim().trim_matches(['.', '[', ']']).to_ascii_lowercase()
}

/// Whether an address stands in a text, and not as a part of a longer one.
fn holds_ip(text: &str, ip: IpAddr) -> bool {
    let ip = ip.to_string();
    text.match_indices(&ip)
        .any(|(start, _)| Edges::Ip.allow(text.as_bytes(), start, start.saturating_add(ip.len())))
}

/// Whether a name is the other or lies below it.
pub(super) fn is_at_or_below(name: &str, other: &str) -> bool {
    name.strip_suffix(other)
        .is_some_and(|front| front.is_empty() || front.ends_with('.'))
}

/// Whether this is the name of a host or domain that can be hidden: several labels, no address, and not one of our pseudonyms.
fn is_host(name: &str) -> bool {
    let mut labels = name.split('.');
    let is_label = |label: &str| !label.is_empty() && !label.contains(['[', ']', ':', '@']);
    name.contains('.')
        && labels.all(is_label)
        && !name.ends_with(".invalid")
        && name.parse::<IpAddr>().is_err()
}

/// Whether a local part says something where it stands alone: a word that not everybody uses, or a long number.
fn is_telling(local: &str) -> bool {
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |word: &str| !word.is_empty() && !is_number(word) && !words::is_common(word);
    let is_ascii_sign = |sign: char| sign.is_ascii() && !sign.is_ascii_alphanumeric();
    let has_letters = local.split(is_ascii_sign).any(is_word);
    let is_long_number = is_number(local) && local.len() >= MIN_DIGITS;
    (MIN_LOCAL_PART..=MAX_LOCAL_PART).contains(&local.len())
        && local.parse::<IpAddr>().is_err()
        && (has_letters || is_long_number)
}
