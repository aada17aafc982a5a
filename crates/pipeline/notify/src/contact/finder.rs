//! The cascade itself: which source is asked next, and what is kept.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::whois::Referral;
use atalaya_model::{Clock, Contact, MailAddress, Prefix, Timestamp, reserved};
use atalaya_net::{ExchangeLimits, HttpClient, Reach, WHOIS_PORT, server_of};
use atalaya_store::Store;

use super::answer::{Answer, Outcome, Wait};
use super::bootstrap::Servers;
use super::budget::Budgets;
use super::rdap::Rdap;
use super::step::Search;
use super::whois::Whois;
use super::{ContactConfig, ContactError, Step};

/// What a search gave.
#[derive(Debug, Clone)]
pub struct Found {
    /// The contact; none where the registries name nobody for abuse.
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
    registries: Registries,
    store: Store,
    clock: Clock,
    fresh: Duration,
    none_fresh: Duration,
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
            registries: Registries::new(config, folder)?,
            store,
            clock,
            fresh: config.fresh.duration(),
            none_fresh: config.none_fresh.duration(),
        })
    }

    /// Finds the abuse contact of `address`, from the cache if it is there.
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
        let mut search = Search::new(address.to_canonical(), now, self.clock.clone());
        let result = self.walk(&mut search).await;
        Explanation {
            steps: search.into_taken(),
            result,
        }
    }

    async fn walk(&self, search: &mut Search) -> Result<Option<Contact>, ContactError> {
        let (address, now) = (search.address, search.now);
        if let Some(kept) = self.store.contact_for(address, now).await? {
            search.end("cache", kept.prefix.to_string(), remembered(&kept));
            return Ok(Some(kept).filter(|contact| !contact.addresses.is_empty()));
        }
        let answer = match self.registries.ask(search).await {
            Ok(answer) => answer,
            Err(Wait { until, why }) => return Err(ContactError::Later { at: until, why }),
        };
        let Some(answer) = answer else { return Ok(None) };
        let contact = answer.into_contact(address, now);
        let named = !contact.addresses.is_empty();
        let fresh = if named { self.fresh } else { self.none_fresh };
        self.store.keep_contact(&contact, now.plus(fresh)).await?;
        Ok(named.then_some(contact))
    }
}

/// The registries, by RDAP and by WHOIS.
#[derive(Debug)]
pub(super) struct Registries {
    rdap: Rdap,
    whois: Whois,
    retry_after: Duration,
}

impl Registries {
    /// Makes the clients.
    pub(super) fn new(config: &ContactConfig, folder: &Path) -> Result<Self, ContactError> {
        config.check().map_err(ContactError::Config)?;
        let limits = ExchangeLimits {
            timeout: config.timeout.duration(),
            max_answer: config.max_answer.bytes(),
        };
        let reach = Arc::new(reach(config));
        let budgets = Arc::new(Budgets::new(config.queries_per_minute));
        let retry_after = config.retry_after.duration();
        let rdap = Rdap {
            client: HttpClient::new(limits, config.max_hops, Arc::clone(&reach))?,
            servers: Servers::new(config, folder),
            budgets: Arc::clone(&budgets),
            retry_after,
        };
        let elsewhere = config
            .whois_servers
            .iter()
            .filter_map(|(name, place)| Some((name.to_ascii_lowercase(), Referral::read(place)?)));
        let whois = Whois {
            first: Referral::read(&config.whois_server),
            elsewhere: elsewhere.collect(),
            limits,
            max_hops: config.max_hops,
            reach,
            budgets,
            retry_after,
        };
        Ok(Self {
            rdap,
            whois,
            retry_after,
        })
    }

    /// Asks about the address of a search: RDAP, then WHOIS. None where there is nobody to ask.
    ///
    /// Where neither names a contact but one of them failed, it may only have been out of order: then the answer is to wait. But where
    /// RDAP says that nobody is named, that stands, also with WHOIS out of reach for good: networks that filter its port are many.
    ///
    /// # Errors
    /// If the answer must be waited for.
    pub(super) async fn ask(&self, search: &mut Search) -> Result<Option<Answer>, Wait> {
        let address = search.address;
        let range =
            reserved(&Prefix::single(address)).filter(|_| self.rdap.servers.by_hand(address).is_none());
        if let Some(range) = range {
            search.end(
                "rdap",
                address.to_string(),
                format!("not asked: the address is reserved for {range}"),
            );
            return Ok(None);
        }
        let mut nobody = None;
        let mut failed = None;
        for source in [Source::Rdap, Source::Whois] {
            let outcome = match source {
                Source::Rdap => self.rdap.ask(search).await?,
                Source::Whois => self.whois.ask(search).await?,
            };
            metrics::counter!("atalaya_notify_contact_searches_total", "source" => source.name(), "outcome" => outcome.name()).increment(1);
            match outcome {
                Outcome::Contact(answer) => return Ok(Some(answer)),
                Outcome::Nobody(answer) => nobody = nobody.or(Some(answer)),
                Outcome::Failed(why) if nobody.is_none() => failed = failed.or(Some(why)),
                Outcome::Unknown | Outcome::Failed(_) => {}
            }
        }
        match failed {
            Some(why) => Err(Wait {
                until: search.now.plus(self.retry_after),
                why,
            }),
            None => Ok(nobody),
        }
    }
}

/// A kind of source.
#[derive(Clone, Copy)]
enum Source {
    Rdap,
    Whois,
}

impl Source {
    const fn name(self) -> &'static str {
        match self {
            Self::Rdap => "rdap",
            Self::Whois => "whois",
        }
    }
}

impl Outcome {
    const fn name(&self) -> &'static str {
        match self {
            Self::Contact(_) => "contact",
            Self::Nobody(_) => "nobody",
            Self::Unknown => "unknown",
            Self::Failed(_) => "failed",
        }
    }
}

/// The servers that the configuration names, and with them the ranges that it opens, see [`Reach`].
fn reach(config: &ContactConfig) -> Reach {
    let mut reach = Reach::default();
    for (host, port) in config
        .rdap_servers
        .values()
        .chain([&config.bootstrap_url])
        .filter_map(|url| server_of(url))
    {
        reach.allow(&host, port);
    }
    for server in config
        .whois_servers
        .values()
        .chain([&config.whois_server])
        .filter_map(|server| Referral::read(server))
    {
        reach.allow(&server.host, server.port.unwrap_or(WHOIS_PORT));
    }
    reach
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
        "{} ({}): {who}, from {} of {}",
        contact.prefix,
        contact.network,
        contact.source,
        contact.found_at.date()
    )
}
