//! The sources of contacts, one file each, in the order in which they are asked.
//!
//! ```text
//! operator ─► by hand ─► bulk ─► (what the store remembers) ─► rdap ─► zones ─► whois ─► abuse.net ─► soa ─► reverse name ─► security.txt
//!      files and store                                                        network
//! ```
//!
//! Each takes a [`Search`], tells its steps, and gives an [`Outcome`]. None knows another, and none decides what is written to.

mod abuse_net;
mod bootstrap;
mod by_hand;
mod number;
mod operator;
mod rdap;
mod registrar;
mod registry_files;
mod reverse;
mod reverse_name;
mod security_txt;
mod soa;
mod whois;
mod zones;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::whois::Referral;
use atalaya_model::{Confidence, Prefix, reserved};
use atalaya_net::{ExchangeLimits, HttpClient, Reach, Resolver, WHOIS_PORT, server_of};

use super::answer::{Outcome, Wait};
use super::budget::Budgets;
use super::domain::Registrar;
use super::gathered::Gathered;
use super::step::{ReverseName, Search, in_full};
use super::{ContactConfig, ContactError, confidence};
use abuse_net::AbuseNet;
use bootstrap::Servers;
use operator::Operator;
use rdap::Rdap;
use registry_files::RegistryFiles;
use reverse::Reverse;
use security_txt::SecurityTxtFiles;
use whois::Whois;
use zones::Zones;

pub(super) use bootstrap::Server;
pub(super) use number::Said;
pub(super) use operator::read as read_own_file;

/// What steps call the source that is a person's word.
pub const BY_HAND: &str = "by-hand";

/// A kind of source, in the order of the cascade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Operator,
    Hand,
    Bulk,
    Rdap,
    Zones,
    Whois,
    AbuseNet,
    Soa,
    ReverseName,
    SecurityTxt,
}

/// Those that are at hand, and asked each time.
const FILES: [Source; 3] = [Source::Operator, Source::Hand, Source::Bulk];
/// Those that are asked by the network, and remembered.
const NETWORK: [Source; 7] = [
    Source::Rdap,
    Source::Zones,
    Source::Whois,
    Source::AbuseNet,
    Source::Soa,
    Source::ReverseName,
    Source::SecurityTxt,
];

/// How far to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// To the first source that is sure.
    Sure,
    /// Through all of them.
    End,
}

impl Source {
    /// Its name in steps and metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Hand => BY_HAND,
            Self::Bulk => "bulk",
            Self::Rdap => "rdap",
            Self::Zones => "zone",
            Self::AbuseNet => "abuse.net",
            Self::Whois => "whois",
            Self::Soa => "soa",
            Self::ReverseName => "reverse-name",
            Self::SecurityTxt => "security.txt",
        }
    }

    /// How sure its best answer is.
    const fn best(self) -> Confidence {
        match self {
            Self::Operator | Self::Hand | Self::Bulk | Self::Rdap | Self::Whois => Confidence::FULL,
            Self::Zones => confidence::ZONE,
            Self::AbuseNet => confidence::ABUSE_NET,
            Self::Soa => confidence::SOA,
            Self::ReverseName => confidence::REVERSE_NAME,
            Self::SecurityTxt => confidence::SECURITY_TXT,
        }
    }
}

/// All sources, as configured.
#[derive(Debug)]
pub(super) struct Sources {
    operator: Operator,
    files: RegistryFiles,
    rdap: Rdap,
    zones: Zones,
    abuse_net: AbuseNet,
    whois: Whois,
    /// None where there is no resolver to ask.
    reverse: Option<Reverse>,
    security_txt: SecurityTxtFiles,
    /// How often each server may be asked.
    pub(super) budgets: Arc<Budgets>,
    retry_after: Duration,
    none_fresh: Duration,
    least: Confidence,
}

impl Sources {
    /// Makes the clients. Bootstrap files are kept in `folder`.
    pub(super) fn new(config: &ContactConfig, folder: &Path) -> Result<Self, ContactError> {
        config.check().map_err(ContactError::Config)?;
        let limits = ExchangeLimits {
            timeout: config.timeout.duration(),
            max_answer: config.max_answer.bytes(),
        };
        let reach = Arc::new(reach(config));
        let budgets = Arc::new(Budgets::new(config.queries_per_minute, &config.budgets));
        let retry_after = config.retry_after.duration();
        let client = HttpClient::new(limits, config.max_hops, Arc::clone(&reach))?;
        let resolver = (!config.resolvers.is_empty()).then(|| Resolver::new(config.resolvers.clone()));
        let elsewhere = config
            .whois_servers
            .iter()
            .filter_map(|(name, place)| Some((name.to_ascii_lowercase(), Referral::read(place)?)));
        Ok(Self {
            operator: Operator::new(config.file.clone()),
            files: RegistryFiles::new(config.bulk.clone()),
            zones: Zones::new(config.zones.clone(), resolver.clone()),
            abuse_net: AbuseNet::new(&config.abuse_net_zone, resolver.clone()),
            reverse: resolver.map(Reverse::new),
            security_txt: SecurityTxtFiles::new(client.clone(), Arc::clone(&budgets)),
            rdap: Rdap {
                client,
                servers: Servers::new(config, folder),
                budgets: Arc::clone(&budgets),
                retry_after,
            },
            whois: Whois {
                first: Referral::read(&config.whois_server),
                elsewhere: elsewhere.collect(),
                limits,
                max_hops: config.max_hops,
                reach,
                budgets: Arc::clone(&budgets),
                retry_after,
            },
            budgets,
            retry_after,
            none_fresh: config.none_fresh.duration(),
            least: Confidence::percent(config.least_confidence),
        })
    }

    /// Whether a contact of this confidence may be written to.
    pub(super) fn counts(&self, confidence: Confidence) -> bool {
        confidence >= self.least
    }

    /// Looks into the files, and at what was set by hand.
    ///
    /// # Errors
    /// The operator's file cannot be used and never could: it may say that nobody is to be told. Or another file cannot, and nobody is surely known.
    pub(super) async fn look_up(&self, search: &mut Search) -> Result<Gathered, Wait> {
        let mut gathered = Gathered::new(search.address, self.least);
        for source in FILES {
            let outcome = match source {
                Source::Operator => self.operator.ask(search).await,
                Source::Hand => by_hand::said(search),
                _ => self.files.ask(search).await,
            };
            let until = search.now.plus(self.retry_after);
            match counted(source, outcome) {
                Outcome::Failed(why) if gathered.is_sure() => gathered.wait_for(Wait { until, why }),
                Outcome::Failed(why) => return Err(Wait { until, why }),
                outcome => gathered.take(outcome, until),
            }
            if gathered.is_over() {
                break;
            }
        }
        Ok(gathered)
    }

    /// Asks by the network.
    ///
    /// Where nobody names a contact but somebody failed, it may only have been out of order: then the answer is to wait. But where RDAP
    /// says that nobody is named, that stands, also with WHOIS out of reach for good, or with its budget used up: networks that filter its
    /// port are many, and each new search would ask RDAP again. Where one will not say, failures of others are not soon tried again.
    ///
    /// # Errors
    /// A server cannot be asked before a certain time, and the search need not go [to its end](Until::End).
    pub(super) async fn ask(&self, search: &mut Search, until: Until) -> Result<Gathered, Wait> {
        let mut gathered = Gathered::new(search.address, self.least);
        let single = Prefix::single(search.address);
        let range = reserved(&single).filter(|_| self.rdap.servers.by_hand(search.address).is_none());
        if let Some(range) = range {
            let why = format!("not asked: the address is reserved for {range}");
            search.end("rdap", search.address.to_string(), why);
            return Ok(gathered);
        }
        for source in NETWORK {
            // What it could say would not count.
            if source.best() < self.least {
                continue;
            }
            match self.ask_one(source, search).await {
                Ok(outcome) => {
                    let later = search.now.plus(self.patience(&gathered));
                    gathered.take(counted(source, outcome), later);
                }
                Err(wait) if until == Until::End || gathered.knows_nobody() => gathered.wait_for(wait),
                Err(wait) => return Err(wait),
            }
            if until == Until::Sure && gathered.is_sure() {
                break;
            }
        }
        Ok(gathered)
    }

    /// How long to wait after a failure: where somebody will not say, he would be asked again too, and in vain.
    const fn patience(&self, gathered: &Gathered) -> Duration {
        if gathered.is_useless() {
            self.none_fresh
        } else {
            self.retry_after
        }
    }

    async fn ask_one(&self, source: Source, search: &mut Search) -> Result<Outcome, Wait> {
        match source {
            Source::Rdap => self.rdap.ask(search).await,
            Source::Zones => Ok(self.zones.ask(search).await),
            Source::AbuseNet => Ok(self.abuse_net.ask(self.reverse.as_ref(), search).await),
            Source::Whois => self.whois.ask(search).await,
            Source::Soa | Source::ReverseName | Source::SecurityTxt => {
                let Some(reverse) = &self.reverse else {
                    return Ok(Outcome::Unknown);
                };
                match source {
                    Source::Soa => Ok(reverse.ask_soa(search).await),
                    Source::ReverseName => Ok(reverse.ask_name(search).await),
                    _ => Ok(self.security_txt.ask(reverse, search).await),
                }
            }
            Source::Operator | Source::Hand | Source::Bulk => Ok(Outcome::Unknown),
        }
    }

    /// Asks who the registrar of a domain name is.
    ///
    /// # Errors
    /// The registry cannot be asked before a certain time.
    pub(super) async fn ask_registrar(
        &self,
        name: &str,
        search: &mut Search,
    ) -> Result<Result<Option<Registrar>, String>, Wait> {
        self.rdap.ask_registrar(name, search).await
    }

    /// Asks the registry of the number of a network.
    ///
    /// # Errors
    /// If it cannot be asked before a certain time.
    pub(super) async fn ask_number(&self, number: u32, search: &mut Search) -> Result<Said, Wait> {
        self.rdap.ask_number(number, search).await
    }

    /// The reverse name of the address of a search, if it leads back; none where nobody can be asked, or does not answer.
    pub(super) async fn reverse_name(&self, search: &mut Search) -> Option<ReverseName> {
        self.reverse.as_ref()?.name(search).await.ok()?
    }

    /// The addresses of a domain name; none where nobody says so.
    pub(super) async fn addresses_of(&self, name: &str, search: &mut Search) -> Vec<IpAddr> {
        let Some(reverse) = &self.reverse else {
            return Vec::new();
        };
        search.begin();
        let found = reverse.resolver.addresses(name).await;
        let told = match &found {
            Ok(addresses) => format!("{} addresses", addresses.len()),
            Err(error) => in_full(error),
        };
        search.end("dns", name, told);
        found.unwrap_or_default()
    }

    /// When to ask again after a failure.
    pub(super) const fn retry_after(&self) -> Duration {
        self.retry_after
    }

    /// The RDAP server that would be asked about an address, where that is known without asking.
    pub(super) async fn server_for(&self, search: &mut Search) -> Result<Option<Server>, String> {
        self.rdap.servers.server_for(&self.rdap.client, search).await
    }
}

/// Counts what came of asking a source.
fn counted(source: Source, outcome: Outcome) -> Outcome {
    metrics::counter!("atalaya_notify_contact_searches_total", "source" => source.name(), "outcome" => outcome.name()).increment(1);
    outcome
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
