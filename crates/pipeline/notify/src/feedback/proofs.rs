//! Proofs that a scope is somebody's: a record under its domain or in its reverse zones, the names of its addresses, or the mailbox that its registry names.
//!
//! In: a scope, a mailbox, and how it is to be proven. Out: whether that stands now, or what is missing. The token is made of scope and mailbox
//! and says nothing: who reads it in DNS can do nothing with it.
//!
//! What is asked proves all of the prefix or nothing. Whoever has one address of it, or its first and its last, has not the others: so each of its
//! zones is asked, or one zone around it. The first that does not answer rightly ends it, so that only who has them costs us many questions.

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::{Contact, FeedbackScope, MailAddress, Prefix, Timestamp};
use atalaya_net::{DnsError, Resolver};
use atalaya_store::{Proof, StoreError};
use data_encoding::BASE32_NOPAD;
use tokio::sync::Semaphore;
use tracing::warn;

use super::Feedback;
use super::names::{RecordNames, addresses, after, is_few};
use crate::contact::{ContactError, ContactFinder, SURE};

/// What the name of an address begins with.
const NAME: &str = "atalaya-";
/// What stands before the token in a record.
const FIELD: &str = "token=";
/// Bytes of a token: 120 bits make 24 letters.
const TOKEN: usize = 15;
/// Most questions to a registry for one prefix: what it says of one address holds for the network around it.
const MOST_PIECES: usize = 16;
/// How long somebody waits for the answer. What is being asked for goes on, so that the next try finds it.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long a look may take in all, whoever is slow: name servers of strangers are asked.
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// Proofs that are looked at the same time, for those who wait before a page.
const MOST_AT_ONCE: usize = 16;

/// Looks at what registries say that strangers may cause: a few at once, then two a minute. What registries answer in all is for notices.
const MOST_MAIL_LOOKS: u32 = 6;
/// How often there is one more.
const MAIL_LOOK_EVERY: Duration = Duration::from_secs(30);

/// How many looks there were, as the moment at which all of them are made up for.
#[derive(Debug, Default)]
struct Looks {
    even_at: Timestamp,
}

impl Looks {
    /// Whether there may be one more.
    fn take(&mut self, now: Timestamp) -> bool {
        let even_at = self.even_at.max(now).plus(MAIL_LOOK_EVERY);
        let may = even_at.since(now) <= MAIL_LOOK_EVERY.saturating_mul(MOST_MAIL_LOOKS);
        if may {
            self.even_at = even_at;
        }
        may
    }
}

/// Who is asked for proofs.
#[derive(Debug, Clone)]
pub struct Provers {
    resolver: Option<Resolver>,
    contacts: Option<Arc<ContactFinder>>,
    places: Arc<Semaphore>,
    looks: Arc<Mutex<Looks>>,
}

impl Provers {
    /// Asks DNS and the registries; whoever is missing proves nothing.
    #[must_use]
    pub fn new(resolver: Option<Resolver>, contacts: Option<Arc<ContactFinder>>) -> Self {
        Self {
            resolver,
            contacts,
            places: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            looks: Arc::default(),
        }
    }

    /// Asks whoever knows.
    async fn look(
        &self,
        (scope, mailbox): (&FeedbackScope, &MailAddress),
        (proof, token): (Proof, &str),
        now: Timestamp,
    ) -> Checked {
        match (scope, proof) {
            (FeedbackScope::Prefix(prefix), Proof::Mail) => by_mail(self, (*prefix, mailbox), now).await,
            (FeedbackScope::Network(number), Proof::Mail) => by_number(self, (*number, mailbox), now).await,
            (FeedbackScope::Prefix(prefix), Proof::Txt) => {
                by_record(self, &RecordNames::of(prefix), token).await
            }
            (FeedbackScope::Domain(domain), Proof::Txt) => {
                by_record(self, &RecordNames::of_domain(domain), token).await
            }
            (FeedbackScope::Prefix(prefix), Proof::Reverse) if is_few(prefix) => {
                by_names(self, prefix, token).await
            }
            _ => Checked::Unfit,
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
            .code(&[b"proof", scope.as_bytes(), b" ", mailbox.as_bytes()])
            .await?;
        let front = code.get(..TOKEN).unwrap_or(&code);
        Ok(BASE32_NOPAD.encode(front).to_ascii_lowercase())
    }

    /// Whether a scope is proven now, for somebody who waits before a page. Whoever may be asked by mail is not asked here.
    pub(super) async fn check_proof(
        &self,
        whose: (&FeedbackScope, &MailAddress),
        proof: Proof,
    ) -> Result<Checked, StoreError> {
        let may_look = |now| {
            let looks = self.provers.looks.lock();
            looks.unwrap_or_else(PoisonError::into_inner).take(now)
        };
        if proof == Proof::Mail && !may_look(self.clock.now()) {
            return Ok(Checked::Later);
        }
        let Ok(place) = Arc::clone(&self.provers.places).try_acquire_owned() else {
            return Ok(Checked::Later);
        };
        let look = self.look_at(whose, proof).await?;
        let looking = tokio::spawn(async move {
            let _place = place;
            look.await
        });
        // Whoever waits no longer leaves it going: the next try finds what it found.
        let checked = tokio::time::timeout(PATIENCE, looking).await;
        Ok(checked.ok().and_then(Result::ok).unwrap_or(Checked::Later))
    }

    /// Looks whether a scope is proven now.
    pub(super) async fn look_at(
        &self,
        (scope, mailbox): (&FeedbackScope, &MailAddress),
        proof: Proof,
    ) -> Result<impl Future<Output = Checked> + Send + use<>, StoreError> {
        let token = self.token(scope, mailbox).await?;
        let (scope, mailbox, now) = (scope.clone(), mailbox.clone(), self.clock.now());
        let provers = self.provers.clone();
        Ok(async move {
            let look = provers.look((&scope, &mailbox), (proof, &token), now);
            let checked = tokio::time::timeout(LONGEST_LOOK, look).await;
            checked.unwrap_or(Checked::Later)
        })
    }
}

async fn by_record(provers: &Provers, names: &RecordNames, token: &str) -> Checked {
    match &provers.resolver {
        Some(resolver) => checked(missing_record(resolver, names, token).await),
        None => Checked::Unfit,
    }
}

async fn by_names(provers: &Provers, prefix: &Prefix, token: &str) -> Checked {
    match &provers.resolver {
        Some(resolver) => checked(missing_name(resolver, addresses(prefix), token).await),
        None => Checked::Unfit,
    }
}

/// What the first name means that does not hold the token.
fn checked(missing: Result<Option<String>, DnsError>) -> Checked {
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
    said(registered(finder, prefix, now).await, mailbox)
}

async fn by_number(provers: &Provers, (number, mailbox): (u32, &MailAddress), now: Timestamp) -> Checked {
    let Some(finder) = &provers.contacts else {
        return Checked::Unfit;
    };
    match finder.registered_for_number(number, now).await.transpose() {
        Some(named) => said(named, mailbox),
        None => Checked::Unfit,
    }
}

/// What it means whom a registry names.
fn said(named: Result<Vec<MailAddress>, ContactError>, mailbox: &MailAddress) -> Checked {
    match named {
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

    #[test]
    fn looks_at_registries_are_few() {
        let (mut looks, start) = (Looks::default(), Timestamp::from_seconds(1_000_000));
        let mut taken = |now| (0..9).filter(|_| looks.take(now)).count();
        assert_eq!(taken(start), 6);
        assert_eq!(taken(start.plus(Duration::from_secs(29))), 0);
        assert_eq!(taken(start.plus(Duration::from_secs(60))), 2);
        assert_eq!(taken(start.plus(Duration::from_secs(86_400))), 6);
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
}
