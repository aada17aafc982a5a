//! Proofs that a scope is somebody's: a record in its reverse zones, the names of its addresses, or the mailbox that its registry names.
//!
//! In: a scope, a mailbox, and how it is to be proven. Out: whether that stands now, or what is missing. The token is made of scope and mailbox
//! and says nothing: who reads it in DNS can do nothing with it.
//!
//! What is asked proves all of the prefix or nothing. Whoever has one address of it, or its first and its last, has not the others: so each of its
//! zones is asked, or one zone around it. The first that does not answer rightly ends it, so that only who has them costs us many questions.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::dnsbl;
use atalaya_model::{Contact, FeedbackScope, MailAddress, Prefix, Timestamp};
use atalaya_net::{DnsError, Resolver};
use atalaya_store::{Proof, StoreError};
use data_encoding::BASE32_NOPAD;
use tokio::sync::Semaphore;
use tracing::warn;

use super::Feedback;
use crate::contact::{ContactError, ContactFinder, SURE};

/// The label under which the record of a zone stands.
const LABEL: &str = "_atalaya-feedback";
/// What the name of an address begins with.
const NAME: &str = "atalaya-";
/// What stands before the token in a record.
const FIELD: &str = "token=";
/// Bytes of a token: 120 bits make 24 letters.
const TOKEN: usize = 15;
/// Most addresses that are proven by their names: all of them have to bear it.
pub(super) const MOST_NAMED: usize = 32;
/// Most questions to a registry for one prefix: what it says of one address holds for the network around it.
const MOST_PIECES: usize = 16;
/// How long somebody waits for the answer. What is being asked for goes on, so that the next try finds it.
const PATIENCE: Duration = Duration::from_secs(6);
/// Proofs that are looked at the same time.
const MOST_AT_ONCE: usize = 8;

/// Who is asked for proofs.
#[derive(Debug, Clone)]
pub struct Provers {
    resolver: Option<Resolver>,
    contacts: Option<Arc<ContactFinder>>,
    places: Arc<Semaphore>,
}

impl Provers {
    /// Asks DNS and the registries; whoever is missing proves nothing.
    #[must_use]
    pub fn new(resolver: Option<Resolver>, contacts: Option<Arc<ContactFinder>>) -> Self {
        Self {
            resolver,
            contacts,
            places: Arc::new(Semaphore::new(MOST_AT_ONCE)),
        }
    }
}

/// What came of looking at a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checked {
    /// It stands.
    Proven,
    /// What should be there is not, first of all under this name.
    Missing(String),
    /// The registry names this mailbox, which has to be asked.
    Ask(MailAddress),
    /// No registry names one mailbox for all of it.
    Nobody,
    /// This scope cannot be proven so.
    Unfit,
    /// It cannot be known now.
    Later,
}

/// Where records have to stand: under the first name, or under each of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordNames {
    /// In the zone of or around the prefix.
    pub around: Option<String>,
    /// In each of the zones inside.
    pub each: Vec<String>,
}

impl RecordNames {
    /// Those of a prefix.
    ///
    /// Zones are cut at octets (IPv4) and at nibbles (IPv6). Below an IPv4 /24 the record stands at the name of each address itself, which follows
    /// to wherever the zone has delegated it (RFC 2317).
    pub(super) fn of(prefix: &Prefix) -> Self {
        let (step, deepest) = if prefix.is_ipv4() { (8, 24) } else { (4, 128) };
        let length = prefix.length();
        let above = (length - length % step).min(deepest);
        let owner = |zone: Prefix| Some(format!("{LABEL}.{}", dnsbl::reverse_zone(&zone)?));
        let around = owner(Prefix::new(prefix.network(), above));
        let each = if length > deepest {
            let names = inside(prefix, 32);
            names.filter_map(|name| dnsbl::reverse_zone(&name)).collect()
        } else if length > above {
            inside(prefix, above + step).filter_map(owner).collect()
        } else {
            Vec::new()
        };
        Self { around, each }
    }
}

/// The prefixes of a length inside of a prefix.
fn inside(prefix: &Prefix, length: u8) -> impl Iterator<Item = Prefix> {
    let end = *prefix;
    let next = move |piece: &Prefix| after(piece).filter(|next| end.contains(*next));
    let piece = move |address: IpAddr| Prefix::new(address, length);
    std::iter::successors(Some(piece(prefix.network())), move |one| next(one).map(piece))
}

/// The address after the last of a prefix.
fn after(prefix: &Prefix) -> Option<IpAddr> {
    match prefix.last() {
        IpAddr::V4(last) => last.to_bits().checked_add(1).map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(last) => last.to_bits().checked_add(1).map(|next| IpAddr::V6(next.into())),
    }
}

/// Whether a TXT record under a name holds the token. For any name: of a reverse zone, or of a domain.
pub(super) async fn txt_stands(resolver: &Resolver, name: &str, token: &str) -> Result<bool, DnsError> {
    Ok(resolver.texts(name).await?.iter().any(|text| holds(text, token)))
}

/// Whether a text holds `token=TOKEN` as one of its words.
fn holds(text: &str, token: &str) -> bool {
    let words = text.split(|c: char| c == ';' || c.is_whitespace());
    let mut said = words.filter_map(|word| word.strip_prefix(FIELD));
    said.any(|said| said.eq_ignore_ascii_case(token))
}

/// Whether a name of an address begins with the token.
fn bears(name: &str, token: &str) -> bool {
    let label = name.split('.').next().unwrap_or_default();
    label.strip_prefix(NAME).is_some_and(|said| said == token)
}

/// The first name that does not hold the token; none where all that is needed is there.
async fn missing_record(
    resolver: &Resolver,
    names: &RecordNames,
    token: &str,
) -> Result<Option<String>, DnsError> {
    if let Some(around) = &names.around
        && txt_stands(resolver, around, token).await?
    {
        return Ok(None);
    }
    for name in &names.each {
        if !txt_stands(resolver, name, token).await? {
            return Ok(Some(name.clone()));
        }
    }
    Ok(names.around.clone().filter(|_| names.each.is_empty()))
}

/// The first address without a name that begins with the token; none where all have one.
async fn missing_name(
    resolver: &Resolver,
    addresses: impl Iterator<Item = IpAddr>,
    token: &str,
) -> Result<Option<String>, DnsError> {
    for address in addresses {
        let names = resolver.names_of(address).await?;
        if !names.iter().any(|name| bears(name, token)) {
            return Ok(Some(address.to_string()));
        }
    }
    Ok(None)
}

/// Whether every address of a prefix can be asked for its name.
pub(super) fn is_few(prefix: &Prefix) -> bool {
    inside(prefix, if prefix.is_ipv4() { 32 } else { 128 })
        .take(MOST_NAMED + 1)
        .count()
        <= MOST_NAMED
}

/// The mailboxes that the registry names for every part of a prefix.
async fn registered(
    finder: &ContactFinder,
    prefix: Prefix,
    now: Timestamp,
) -> Result<Vec<MailAddress>, ContactError> {
    let mut named: Option<Vec<MailAddress>> = None;
    let mut next = Some(prefix.network());
    for _ in 0..MOST_PIECES {
        let Some(address) = next.filter(|next| prefix.contains(*next)) else {
            return Ok(named.unwrap_or_default());
        };
        let Some(contact) = finder.find(address, now).await?.contact.filter(is_registered) else {
            return Ok(Vec::new());
        };
        next = after(&contact.prefix);
        let is_named = |mailbox: &MailAddress| contact.addresses.iter().any(|other| is_same(mailbox, other));
        named = Some(match named {
            None => contact.addresses.clone(),
            Some(before) => before.into_iter().filter(is_named).collect(),
        });
    }
    // What is wider than a registry speaks for in one answer.
    let is_done = next.is_none_or(|next| !prefix.contains(next));
    Ok(named.filter(|_| is_done).unwrap_or_default())
}

/// Whether a contact is the word of a registry, or of the operator, and no guess.
fn is_registered(contact: &Contact) -> bool {
    contact.confidence >= SURE && contact.source.is_registered()
}

/// Whether two addresses are one mailbox.
pub(super) fn is_same(one: &MailAddress, other: &MailAddress) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

impl Feedback {
    /// Asks these for proofs.
    #[must_use]
    pub fn proving_by(self, provers: Provers) -> Self {
        Self { provers, ..self }
    }

    /// What has to stand in DNS to prove that a scope belongs to whoever has a mailbox.
    pub(super) async fn token(
        &self,
        scope: &FeedbackScope,
        mailbox: &MailAddress,
    ) -> Result<String, StoreError> {
        let mailbox = mailbox.as_str().to_ascii_lowercase();
        let scope = scope.to_string();
        let code = self
            .code(&[b"proof", scope.as_bytes(), mailbox.as_bytes()])
            .await?;
        let front = code.get(..TOKEN).unwrap_or(&code);
        Ok(BASE32_NOPAD.encode(front).to_ascii_lowercase())
    }

    /// Whether a scope is proven now. Whoever may be asked by mail is not asked here.
    pub(super) async fn check_proof(
        &self,
        (scope, mailbox): (&FeedbackScope, &MailAddress),
        proof: Proof,
    ) -> Result<Checked, StoreError> {
        let FeedbackScope::Prefix(prefix) = *scope else {
            return Ok(Checked::Unfit);
        };
        let token = self.token(scope, mailbox).await?;
        let Ok(place) = Arc::clone(&self.provers.places).try_acquire_owned() else {
            return Ok(Checked::Later);
        };
        let (provers, mailbox, now) = (self.provers.clone(), mailbox.clone(), self.clock.now());
        let looking = tokio::spawn(async move {
            let _place = place;
            match proof {
                Proof::Mail => by_mail(&provers, (prefix, &mailbox), now).await,
                Proof::Txt | Proof::Reverse => by_dns(&provers, prefix, (proof, &token)).await,
                Proof::Operator => Checked::Unfit,
            }
        });
        // Whoever waits no longer leaves it going: the next try finds what it found.
        let checked = tokio::time::timeout(PATIENCE, looking).await;
        Ok(checked.ok().and_then(Result::ok).unwrap_or(Checked::Later))
    }
}

async fn by_dns(provers: &Provers, prefix: Prefix, (proof, token): (Proof, &str)) -> Checked {
    let Some(resolver) = &provers.resolver else {
        return Checked::Unfit;
    };
    let missing = if proof == Proof::Txt {
        missing_record(resolver, &RecordNames::of(&prefix), token).await
    } else if is_few(&prefix) {
        let single = inside(&prefix, if prefix.is_ipv4() { 32 } else { 128 });
        missing_name(resolver, single.map(|one| one.network()), token).await
    } else {
        return Checked::Unfit;
    };
    match missing {
        Ok(None) => Checked::Proven,
        Ok(Some(name)) => Checked::Missing(name),
        Err(_unanswered) => Checked::Later,
    }
}

async fn by_mail(provers: &Provers, (prefix, mailbox): (Prefix, &MailAddress), now: Timestamp) -> Checked {
    let Some(finder) = &provers.contacts else {
        return Checked::Unfit;
    };
    match registered(finder, prefix, now).await {
        Ok(named) if named.iter().any(|one| is_same(one, mailbox)) => Checked::Proven,
        Ok(named) => named.into_iter().next().map_or(Checked::Nobody, Checked::Ask),
        Err(ContactError::Later { .. }) => Checked::Later,
        Err(failed) => {
            let failed = &failed as &dyn std::error::Error;
            warn!(error = failed, "the contact of an enrolment cannot be looked for");
            Checked::Later
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefix: &str) -> (String, Vec<String>) {
        let names = RecordNames::of(&prefix.parse().unwrap());
        (names.around.unwrap(), names.each)
    }

    #[test]
    fn a_prefix_at_a_cut_has_one_record() {
        for (prefix, zone) in [
            ("192.0.2.0/24", "2.0.192.in-addr.arpa"),
            ("198.51.0.0/16", "51.198.in-addr.arpa"),
            ("12.0.0.0/8", "12.in-addr.arpa"),
            ("2001:db8::/32", "8.b.d.0.1.0.0.2.ip6.arpa"),
        ] {
            let owner = format!("_atalaya-feedback.{zone}");
            assert_eq!(names(prefix), (owner, Vec::new()), "{prefix}");
        }
    }

    #[test]
    fn between_two_cuts_the_zone_around_or_all_inside_are_asked() {
        let (around, each) = names("198.51.100.0/23");
        assert_eq!(around, "_atalaya-feedback.51.198.in-addr.arpa");
        assert_eq!(
            each,
            [
                "_atalaya-feedback.100.51.198.in-addr.arpa",
                "_atalaya-feedback.101.51.198.in-addr.arpa"
            ]
        );
        let (around, each) = names("2001:db8::/30");
        assert_eq!(around, "_atalaya-feedback.b.d.0.1.0.0.2.ip6.arpa");
        assert_eq!(each.len(), 4);
        for (widest, many) in [("10.0.0.0/9", 128), ("10.0.0.0/17", 128), ("2000::/19", 2)] {
            assert_eq!(names(widest).1.len(), many, "{widest}");
        }
    }

    #[test]
    fn below_24_bits_each_address_has_the_record_or_the_zone_around() {
        let (around, each) = names("192.0.2.4/31");
        assert_eq!(around, "_atalaya-feedback.2.0.192.in-addr.arpa");
        assert_eq!(each, ["4.2.0.192.in-addr.arpa", "5.2.0.192.in-addr.arpa"]);
        assert_eq!(names("192.0.2.128/25").1.len(), 128);
        assert_eq!(names("255.255.255.255").1, ["255.255.255.255.in-addr.arpa"]);
    }

    #[test]
    fn a_token_is_one_word_of_a_record_and_the_first_label_of_a_name() {
        for text in [
            "token=abc",
            "v=1; token=abc",
            "x token=ABC y",
            "token=abc;token=def",
        ] {
            assert!(holds(text, "abc"), "{text}");
        }
        for text in [
            "",
            "abc",
            "token=",
            "token=abcd",
            "xtoken=abc",
            "token= abc",
            "\u{fffd}token=abc",
        ] {
            assert!(!holds(text, "abc"), "{text}");
        }
        assert!(bears("atalaya-abc.example.net", "abc"));
        for name in [
            "abc.example.net",
            "atalaya-abcd.example.net",
            "x.atalaya-abc.net",
            "",
        ] {
            assert!(!bears(name, "abc"), "{name}");
        }
    }

    #[test]
    fn names_prove_no_more_addresses_than_can_be_asked() {
        for (prefix, fits) in [
            ("192.0.2.0/27", true),
            ("192.0.2.0/26", false),
            ("2001:db8::/123", true),
            ("2001:db8::/64", false),
            ("12.0.0.0/8", false),
        ] {
            assert_eq!(is_few(&prefix.parse().unwrap()), fits, "{prefix}");
        }
    }
}
