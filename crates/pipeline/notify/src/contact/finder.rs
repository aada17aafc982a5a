//! The finder: files and what was set by hand first, then what the store remembers, then the network; and what of it is remembered.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use atalaya_model::{Clock, Contact, MailAddress, Timestamp};
use atalaya_store::{Store, StoreError};
use tokio::sync::Mutex;

use super::answer::{Answer, Wait, neighbourhood};
use super::budget::LONGEST_CLOSED;
use super::confidence::SURE;
use super::sources::{Sources, Until};
use super::step::Search;
use super::{ContactConfig, ContactError, Step};

/// How often it is looked in the store which servers want to be left alone.
const RECALL_AGAIN: Duration = Duration::from_secs(60);

/// Whether reverse names may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// They are.
    Asked,
    /// They are not: a plan for a million addresses asks nobody.
    NotAsked,
}

/// What a search gave.
#[derive(Debug, Clone)]
pub struct Found {
    /// The contact; none where nobody is known.
    pub contact: Option<Contact>,
    /// What was asked, in order.
    pub steps: Vec<Step>,
}

/// A search with its steps, also where it came to no end.
#[derive(Debug)]
pub struct Explanation {
    /// What was asked, in order.
    pub steps: Vec<Step>,
    /// What came of it.
    pub result: Result<Option<Contact>, ContactError>,
}

/// Finds the abuse contact of addresses.
#[derive(Debug)]
pub struct ContactFinder {
    pub(super) sources: Sources,
    pub(super) store: Store,
    pub(super) clock: Clock,
    fresh: Duration,
    none_fresh: Duration,
    /// When it was last looked which servers want to be left alone, by what other processes heard.
    recalled_at: Mutex<Option<Timestamp>>,
}

impl ContactFinder {
    /// Makes a finder that keeps its answers in `store` and the bootstrap files in `folder`.
    ///
    /// # Errors
    /// If the configuration is out of range, or the HTTPS client cannot be made.
    pub fn new(
        config: &ContactConfig,
        store: Store,
        clock: Clock,
        folder: &Path,
    ) -> Result<Self, ContactError> {
        Ok(Self {
            sources: Sources::new(config, folder)?,
            store,
            clock,
            fresh: config.fresh.duration(),
            none_fresh: config.none_fresh.duration(),
            recalled_at: Mutex::default(),
        })
    }

    /// Finds the abuse contact of `address`, from files or the cache if it is there.
    ///
    /// # Errors
    /// [`ContactError::Later`] where a registry cannot be asked now; [`ContactError::Store`] where the cache cannot be used.
    pub async fn find(&self, address: IpAddr, now: Timestamp) -> Result<Found, ContactError> {
        let Explanation { steps, result } = self.explain(address, now).await;
        Ok(Found {
            contact: result?,
            steps,
        })
    }

    /// Finds the abuse contact of `address` and tells every step, whatever comes of it.
    pub async fn explain(&self, address: IpAddr, now: Timestamp) -> Explanation {
        let mut search = self.search(address, now);
        let result = self.walk(&mut search).await;
        Explanation {
            steps: search.into_taken(),
            result,
        }
    }

    /// Everybody who may be the abuse contact of `address`, the surest first, by asking all sources: for when the one that
    /// [`Self::find`] gives is dead. Empty where the operator says that nobody is to be told.
    ///
    /// # Errors
    /// As [`Self::find`]; a registry that cannot be asked now is no failure where others know somebody.
    pub async fn candidates(&self, address: IpAddr, now: Timestamp) -> Result<Vec<Contact>, ContactError> {
        let mut search = self.search(address, now);
        self.read_by_hand(&mut search, Names::Asked).await?;
        let in_files = self.sources.look_up(&mut search).await.map_err(later)?;
        let is_over = in_files.is_over();
        let address = search.address;
        let (in_files, _) = in_files.ranked();
        let mut all: Vec<Contact> = in_files
            .into_iter()
            .map(|answer| answer.into_contact(address, now))
            .collect();
        if !is_over {
            all.extend(self.others(&mut search).await?);
        }
        all.sort_by_key(|contact| std::cmp::Reverse(contact.confidence));
        Ok(without_repetition(all))
    }

    /// The candidates that the network gives, or gave lately.
    async fn others(&self, search: &mut Search) -> Result<Vec<Contact>, ContactError> {
        let (address, now) = (search.address, search.now);
        if let Some(mut kept) = self.store.candidates_for(address, now).await? {
            kept.retain(|contact| self.sources.counts(contact.confidence));
            return Ok(kept);
        }
        let gathered = self.ask(search, Until::End).await?;
        let (answers, wait) = gathered.ranked();
        let found: Vec<Contact> = answers
            .into_iter()
            .map(|answer| answer.into_contact(address, now))
            .collect();
        let until = match wait {
            Some(Wait { until, why }) if found.is_empty() => {
                return Err(ContactError::Later { at: until, why });
            }
            Some(Wait { until, .. }) => until,
            None => now.plus(self.fresh),
        };
        let prefixes = found.iter().map(|contact| contact.prefix);
        let narrowest = prefixes.max_by_key(atalaya_model::Prefix::length);
        let prefix = narrowest.unwrap_or_else(|| neighbourhood(address));
        self.store.keep_candidates(&prefix, &found, until).await?;
        Ok(found)
    }

    pub(super) fn search(&self, address: IpAddr, now: Timestamp) -> Search {
        Search::new(address.to_canonical(), now, self.clock.clone())
    }

    async fn walk(&self, search: &mut Search) -> Result<Option<Contact>, ContactError> {
        self.read_by_hand(search, Names::Asked).await?;
        if let Some(known) = self.known(search).await? {
            return Ok(Some(known).filter(|contact| !contact.addresses.is_empty()));
        }
        let gathered = self.ask(search, Until::Sure).await?;
        let Some(answer) = gathered.best().map_err(later)? else {
            return Ok(None);
        };
        self.keep(answer, search).await
    }

    /// Reads what a person set for the address: for the longest prefix around it, else for the domain of its reverse name, which is asked for only
    /// where a contact is set for any domain.
    pub(super) async fn read_by_hand(&self, search: &mut Search, names: Names) -> Result<(), StoreError> {
        let (address, now) = (search.address, search.now);
        search.by_hand = self.store.contact_set_around(address, now).await?;
        let is_asked = names == Names::Asked && search.by_hand.is_none();
        if is_asked
            && self.store.has_contacts_of_domains(now).await?
            && let Some(found) = self.sources.reverse_name(search).await
        {
            search.by_hand = self.store.contact_set_above(&found.name, now).await?;
        }
        Ok(())
    }

    /// What is known without asking anybody; no addresses where it is known that there is nobody.
    pub(super) async fn known(&self, search: &mut Search) -> Result<Option<Contact>, ContactError> {
        let (address, now) = (search.address, search.now);
        let in_files = self.sources.look_up(search).await.map_err(later)?;
        if in_files.is_sure() {
            // Who is sure waits for nobody.
            let best = in_files.best().ok().flatten();
            return Ok(best.map(|answer| answer.into_contact(address, now)));
        }
        let counts = |kept: &Contact| kept.addresses.is_empty() || self.sources.counts(kept.confidence);
        let kept = self.store.contact_for(address, now).await?.filter(counts);
        if let Some(kept) = &kept {
            search.end("cache", kept.prefix.to_string(), remembered(kept));
        }
        Ok(kept)
    }

    /// Asks the network. Who asks to be left alone is remembered, also by the next process.
    async fn ask(
        &self,
        search: &mut Search,
        until: Until,
    ) -> Result<super::gathered::Gathered, ContactError> {
        self.recall_closed(search.now).await?;
        let gathered = self.sources.ask(search, until).await;
        self.remember_closed(search).await?;
        gathered.map_err(later)
    }

    /// Keeps who wants to be left alone.
    pub(super) async fn remember_closed(&self, search: &mut Search) -> Result<(), StoreError> {
        for (server, until) in std::mem::take(&mut search.closed) {
            self.store.keep_closed_server(&server, until).await?;
        }
        Ok(())
    }

    /// Learns now and then who wants to be left alone: it may have been another process that was told.
    pub(super) async fn recall_closed(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut recalled_at = self.recalled_at.lock().await;
        if recalled_at.is_some_and(|at| at <= now && now.since(at) < RECALL_AGAIN) {
            return Ok(());
        }
        let latest = now.plus(LONGEST_CLOSED);
        for (server, until) in self.store.closed_servers(now).await? {
            // Written by a clock that was ahead: left so, it would hold for good.
            if until > latest {
                self.store.keep_closed_server(&server, latest).await?;
            }
            self.sources.budgets.close(&server, until, now);
        }
        *recalled_at = Some(now);
        Ok(())
    }

    /// Keeps an answer; the contact, if it is one. What is not sure is asked for again as soon as where nobody is known.
    async fn keep(&self, answer: Answer, search: &Search) -> Result<Option<Contact>, ContactError> {
        let contact = answer.into_contact(search.address, search.now);
        let named = !contact.addresses.is_empty();
        let is_sure = named && contact.confidence >= SURE;
        let fresh = if is_sure { self.fresh } else { self.none_fresh };
        self.store.keep_contact(&contact, search.now.plus(fresh)).await?;
        Ok(named.then_some(contact))
    }
}

fn later(Wait { until, why }: Wait) -> ContactError {
    ContactError::Later { at: until, why }
}

/// The contacts without mailboxes that a better one has named; those that name no other are left out.
fn without_repetition(all: Vec<Contact>) -> Vec<Contact> {
    let mut seen: Vec<String> = Vec::new();
    let mut left = Vec::new();
    for mut contact in all {
        contact.addresses.retain(|address| {
            let mailbox = address.as_str().to_ascii_lowercase();
            let is_new = !seen.contains(&mailbox);
            if is_new {
                seen.push(mailbox);
            }
            is_new
        });
        if !contact.addresses.is_empty() {
            left.push(contact);
        }
    }
    left
}

/// A kept answer in one sentence.
fn remembered(contact: &Contact) -> String {
    let who: Vec<_> = contact.addresses.iter().map(MailAddress::as_str).collect();
    let who = if who.is_empty() {
        "nobody is named for abuse".to_owned()
    } else {
        who.join(", ")
    };
    format!(
        "{} ({}): {who}, {} sure, from {} of {}",
        contact.prefix,
        contact.network,
        contact.confidence,
        contact.source,
        contact.found_at.date()
    )
}
