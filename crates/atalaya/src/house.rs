//! What the server and every command stand on: configuration, store, zone, judge and contact finder, wired once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use atalaya_decide::import::{self, Import};
use atalaya_decide::{Judge, Protection, Rules, by_hand, purge, simulate};
use atalaya_formats::signatures::Matcher;
use atalaya_model::{Class, Clock, Decided, Period, Prefix, Serial, Timestamp};
use atalaya_net::Resolver;
use atalaya_notify::{
    ContactError, ContactFinder, Delivery, DomainContacts, Explanation, Hearer, ListNames, Step,
};
use atalaya_observe::{Others, TrapFile};
use atalaya_publish::{Export, Filter, Zone};
use atalaya_stats::{Counter, Statistics};
use atalaya_store::{Evidence, EvidenceKind, Recorded, Rulebook, Store, StoreError, Topic};
use atalaya_web::{App, AppConfig, Nobody, Reporters, Telling};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::commands::top::TopAnswer;
use crate::commands::trap::TRAPS;
use crate::config::{Config, catalogue_of, matcher_of, rules_of};
use crate::control::{
    ContactAnswer, ContactRequest, DomainAnswer, ImportStep, Observed, Replayed, Request, Settled,
    SourceWorth, StepAnswer,
};
use crate::{feedback, hearing, others, outgoing, process, public_log, rulebook, statistics};

/// The longest wait for the zone to show what was just decided.
const ZONE_WAIT: Duration = Duration::from_secs(10);
/// How often that wait looks again, should it miss the follower's step.
const ZONE_LOOK: Duration = Duration::from_millis(5);

/// Listings in one answer: a page of a list that may have millions.
const LISTINGS_PAGE: u32 = 1_000;

/// Sources read at once.
const SOURCES_PAGE: u32 = 1_000;

/// How long finished jobs and sent mails are kept: long enough to ask what became of a notice.
const FINISHED_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// How often it is looked for older ones.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);

/// Who keeps the zone at what was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// A follower, as in a server.
    Follower,
    /// Nobody: a command without a server loads it for a lookup, and does without for everything else.
    OnDemand,
}

/// The wired parts.
#[derive(Debug)]
pub(crate) struct House {
    /// The configuration.
    pub(crate) config: Config,
    /// The time.
    pub(crate) clock: Clock,
    /// Facts, derived state, jobs, outbox.
    pub(crate) store: Store,
    /// The list in memory.
    pub(crate) zone: Arc<Zone>,
    /// The rules of judging.
    pub(crate) rules: Arc<Rules>,
    /// What the rules never list.
    pub(crate) protection: Arc<Protection>,
    /// The rules at work.
    pub(crate) judge: Judge,
    /// The search for abuse contacts.
    pub(crate) finder: Arc<ContactFinder>,
    /// Whoever hears what comes back to notices.
    pub(crate) hearer: Hearer,
    /// Lists of others.
    pub(crate) others: Arc<Others>,
    /// Whoever counts what is observed.
    pub(crate) counter: Counter,
    /// Whoever answers for what was counted.
    pub(crate) statistics: Arc<Statistics>,
    /// What pages and API need.
    pub(crate) pages: App,
    upkeep: Upkeep,
}

impl House {
    /// Opens the store and wires the parts.
    ///
    /// # Errors
    /// The store cannot be opened, or a part refuses its configuration.
    pub(crate) async fn open(config: Config, clock: Clock, upkeep: Upkeep) -> anyhow::Result<Arc<Self>> {
        let url = config.store_url().context("store.url cannot be used")?;
        let store = Store::open(&url, clock.clone())
            .await
            .with_context(|| format!("cannot open {url}"))?;
        let zone = Arc::new(Zone::new(&config.publish, &config.public_url())?);
        let rules = Arc::new(rules_of(&config)?);
        adopt(&rules, &store, clock.now()).await?;
        let protect = config.decide.protect.clone();
        let protection = Arc::new(Protection::open(protect, store.clone(), clock.clone()).await?);
        let judge = Judge::new(
            Arc::clone(&rules),
            Arc::clone(&protection),
            store.clone(),
            clock.clone(),
        );
        let others = others::open(&config, &store, &clock, &rules, &protection)?;
        let finder = Arc::new(ContactFinder::new(
            &config.contact,
            store.clone(),
            clock.clone(),
            &config.in_data("rdap"),
        )?);
        let signatures = Arc::new(matcher_of(&config.trap.signatures)?);
        let catalogue = Arc::new(catalogue_of(&config)?);
        let statistics = statistics::open(&config, (&store, &clock), &catalogue, &signatures);
        let counter = statistics::counter((&store, &clock), &catalogue, config.stats.keep);
        let shown = app_config(&config, &rules, signatures)?;
        let names = list_names(&config);
        let feedback = feedback::open(&config, names, (&store, &clock), shown.traps.clone(), &finder)?;
        let pages = App {
            store: store.clone(),
            zone: Arc::clone(&zone),
            clock: clock.clone(),
            reporters: Arc::new(Reporters::open(&config.data).context("the reporters cannot be read")?),
            statistics: Arc::clone(&statistics),
            metrics: process::metrics()?,
            feedback,
            log: public_log::open(&config, &store, &clock).await?,
            operations: Arc::new(Nobody),
            config: shown,
        };
        Ok(Arc::new(Self {
            hearer: hearing::hearer(&config, &store, &clock),
            config,
            clock,
            store,
            zone,
            rules,
            protection,
            judge,
            finder,
            others,
            counter,
            statistics,
            pages,
            upkeep,
        }))
    }

    /// The names of the list, as notices give them.
    pub(crate) fn names(&self) -> ListNames {
        list_names(&self.config)
    }

    /// Fills the zone from the store, where nobody keeps it.
    async fn load_zone(&self) -> anyhow::Result<()> {
        if self.upkeep != Upkeep::OnDemand {
            return Ok(());
        }
        atalaya_publish::load_list(&self.store, &self.zone).await?;
        Ok(())
    }

    /// Answers a command.
    ///
    /// # Errors
    /// What was refused or failed, as a sentence for the operator.
    pub(crate) async fn answer(&self, request: Request) -> anyhow::Result<Value> {
        let now = self.clock.now();
        let store = &self.store;
        Ok(match request {
            Request::Lookup { address } => {
                self.load_zone().await?;
                atalaya_web::answer_json(&self.pages, address).await?
            }
            request @ (Request::List { .. }
            | Request::Unlist { .. }
            | Request::Allow { .. }
            | Request::Disallow { .. }
            | Request::Listings { .. }
            | Request::Allowed { .. }) => self.answer_about_the_list(request, now).await?,
            Request::Contacts(asked) => self.answer_about_contacts(asked, now).await?,
            Request::Notice {
                address,
                contact,
                language,
            } => self.preview_notice(address, contact, language).await?,
            Request::Top { most } => serde_json::to_value(self.top(most)?)?,
            Request::Observe { batch } => serde_json::to_value(self.observe(batch).await?)?,
            Request::Import { wish, step } => self.import(&wish, step).await?,
            request @ (Request::Feeds | Request::ReleaseFeed { .. } | Request::Feedback(_)) => {
                self.answer_about_others(request).await?
            }
            request @ (Request::Simulate { .. } | Request::Purge { .. } | Request::Sources) => {
                self.answer_about_judging(request, now).await?
            }
            Request::Rules(asked) => rulebook::answer(&self.config, store, &self.rules, asked).await?,
            Request::Evidence(asked) => self.answer_about_evidence(asked).await?,
            Request::Stats(asked) => statistics::answer(&self.statistics, &self.counter, asked).await?,
            Request::Outbox(asked) => outgoing::answer_about_outbox(store, asked).await?,
            Request::Suppress(asked) => outgoing::answer_about_suppressed(store, asked, now).await?,
            Request::PublicLog(asked) => public_log::answer(self.pages.log.as_deref(), asked).await?,
            Request::Replies(asked) => hearing::answer(&self.hearer, store, asked).await?,
            Request::Export { .. } => bail!("an export is not one answer"),
            Request::Access(_) => bail!("accounts are kept by a user of the system"),
            Request::Settle => serde_json::to_value(self.settle().await?)?,
        })
    }

    /// Answers a command about what is listed and what may not be.
    async fn answer_about_the_list(&self, request: Request, now: Timestamp) -> anyhow::Result<Value> {
        let store = &self.store;
        Ok(match request {
            Request::List {
                prefix,
                class,
                reason,
                until,
            } => {
                let decided = by_hand::list(store, (prefix, class), &reason, until, now).await?;
                self.await_zone(decided.serial).await?;
                serde_json::to_value(decided)?
            }
            Request::Unlist {
                prefix,
                class,
                reason,
            } => {
                let decided = by_hand::unlist(store, prefix, class, &reason, now).await?;
                self.await_zone(last_serial(&decided)).await?;
                serde_json::to_value(decided)?
            }
            Request::Allow {
                prefix,
                reason,
                until,
            } => {
                let allowed = by_hand::allow(store, prefix, &reason, until, now).await?;
                self.await_zone(allowed.serial).await?;
                serde_json::to_value(allowed)?
            }
            Request::Disallow { prefix, reason } => {
                let decided = by_hand::disallow(store, prefix, &reason, now).await?;
                self.await_zone(decided.serial).await?;
                serde_json::to_value(decided)?
            }
            Request::Listings { prefix, after } => self.listings(prefix, after).await?,
            Request::Allowed { prefix } => self.allow_list(prefix).await?,
            _ => bail!("this is no question about the list"),
        })
    }

    /// Answers a command that asks whom to tell.
    async fn answer_about_contacts(&self, asked: ContactRequest, now: Timestamp) -> anyhow::Result<Value> {
        let finder = &self.finder;
        Ok(match asked {
            ContactRequest::One { address } => {
                serde_json::to_value(contact_answer(finder.explain(address, now).await))?
            }
            ContactRequest::All { address } => serde_json::to_value(finder.candidates(address, now).await?)?,
            ContactRequest::Domain { name } => {
                serde_json::to_value(domain_answer(finder.explain_domain(&name, now).await))?
            }
            ContactRequest::Plan { addresses } => serde_json::to_value(finder.plan(&addresses, now).await?)?,
            ContactRequest::Queue { queries, before } => {
                serde_json::to_value(finder.queue(&queries, before, now).await?)?
            }
        })
    }

    /// Answers a command that asks about what others tell us, and what we tell others.
    async fn answer_about_others(&self, request: Request) -> anyhow::Result<Value> {
        Ok(match request {
            Request::Feedback(asked) => feedback::answer(&self.pages.feedback, asked).await?,
            Request::ReleaseFeed { name } => serde_json::to_value(others::release(&self.others, &name)?)?,
            _ => serde_json::to_value(others::status(&self.others))?,
        })
    }

    /// Does a step of an import.
    async fn import(&self, wish: &Import, step: ImportStep) -> anyhow::Result<Value> {
        let (store, now) = (&self.store, self.clock.now());
        Ok(match step {
            ImportStep::List(prefixes) => {
                serde_json::to_value(import::import(store, wish, &prefixes, now).await?)?
            }
            ImportStep::Preview(prefixes) => {
                serde_json::to_value(import::preview(store, wish, &prefixes, now).await?)?
            }
            ImportStep::Standing(after) => {
                serde_json::to_value(import::standing(store, wish, after.as_ref()).await?)?
            }
            ImportStep::Withdraw(prefixes) => {
                serde_json::to_value(import::withdraw(store, wish, &prefixes, now).await?)?
            }
        })
    }

    /// A page of the listings that overlap a prefix, and the serial of that moment.
    async fn listings(
        &self,
        around: Option<Prefix>,
        after: Option<(Prefix, Class)>,
    ) -> anyhow::Result<Value> {
        let (around, after) = (around.as_ref(), after.as_ref());
        let page = self.store.listings_page(around, after, LISTINGS_PAGE).await?;
        Ok(serde_json::to_value((self.store.serial().await?, page))?)
    }

    /// The allow list, as far as it overlaps a prefix, and the serial of that moment.
    async fn allow_list(&self, prefix: Option<Prefix>) -> anyhow::Result<Value> {
        let mut entries = self.store.allowed().await?;
        entries.retain(|entry| prefix.is_none_or(|prefix| prefix.overlaps(&entry.prefix)));
        Ok(serde_json::to_value((self.store.serial().await?, entries))?)
    }

    /// Answers a command that asks about the rules and what followed from them.
    async fn answer_about_judging(&self, request: Request, now: Timestamp) -> anyhow::Result<Value> {
        Ok(match request {
            Request::Simulate { rules, since } => serde_json::to_value(self.simulate(&rules, since).await?)?,
            Request::Purge { wish, mode } => {
                let purged = purge::purge(&self.store, &self.rules, &wish, mode, now).await?;
                self.await_zone(purged.serial).await?;
                serde_json::to_value(purged)?
            }
            _ => serde_json::to_value(self.sources().await?)?,
        })
    }

    /// Judges the kept observations by other rules, in memory.
    async fn simulate(&self, rules: &str, since: Timestamp) -> anyhow::Result<simulate::Report> {
        let trial = simulate::Trial {
            present: Arc::clone(&self.rules),
            tried: Arc::new(Rules::parse(rules)?.with_forwarders(self.rules.forwarders.clone())),
            protected: self.protection.current(),
            since,
        };
        Ok(simulate::simulate(&self.store, &trial).await?)
    }

    /// What every source has proven to be worth.
    async fn sources(&self) -> anyhow::Result<Vec<SourceWorth>> {
        let mut all: Vec<SourceWorth> = Vec::new();
        loop {
            let after = all.last().map(|last| (last.sensor, last.source.as_str()));
            let page = self.store.sources(after, SOURCES_PAGE).await?;
            if page.is_empty() {
                return Ok(all);
            }
            let (learning, now) = (&self.rules.learning, self.clock.now());
            all.extend(
                page.into_iter()
                    .map(|record| SourceWorth::new(&record, learning, now)),
            );
        }
    }

    /// Who asked most today, where a server counts it.
    fn top(&self, most: usize) -> anyhow::Result<TopAnswer> {
        if self.upkeep == Upkeep::OnDemand {
            bail!("no server runs on this data folder, and only a running one counts questions");
        }
        let now = self.clock.now();
        Ok(TopAnswer {
            report: self.zone.top(most, now),
            keys: self.zone.access().used(now),
        })
    }

    /// The list as it stands, to be written.
    ///
    /// # Errors
    /// It cannot be loaded, or is not loaded yet.
    pub(crate) async fn export(&self, filter: Filter) -> anyhow::Result<Export> {
        if self.upkeep == Upkeep::OnDemand {
            self.load_zone().await?;
        }
        let export = self.zone.export(filter, self.clock.now());
        export.context("the list is not loaded yet; ask again in a moment")
    }

    /// Deletes now and then what is finished or kept long enough, until `stop`.
    pub(crate) async fn tidy(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.delete_old().await {
                // Others write in between.
                Ok(true) => Duration::from_millis(100),
                Ok(false) => TIDY_EVERY,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "what is old stays in the store for now"
                    );
                    TIDY_EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Deletes some of what is kept longer than wanted; tells whether there may be more.
    async fn delete_old(&self) -> Result<bool, StoreError> {
        let (now, kept) = (self.clock.now(), &self.config.store);
        let before = |period: Period| now.minus(period.duration());
        let mut is_more = self.store.delete_finished(now.minus(FINISHED_KEPT)).await?;
        for (kind, period) in [
            (EvidenceKind::Message, kept.keep_messages),
            (EvidenceKind::Conversation, kept.keep_conversations),
        ] {
            is_more |= self.store.delete_evidence(kind, before(period)).await?;
        }
        let counted = self.store.position(atalaya_stats::READER).await?;
        let told = self.store.told_up_to().await?.unwrap_or(u64::MAX);
        let done = self.judge.position().await?.min(counted).min(told);
        let old = before(kept.keep_observations);
        is_more |= self.store.delete_observations(old, done).await?;
        is_more |= self.store.delete_heard(old).await?;
        // Observations name them, and the pieces of days.
        let longest = kept.keep_observations.max(self.config.stats.keep);
        is_more |= self.store.delete_habits(before(longest)).await?;
        Ok(is_more)
    }

    /// Records replayed mails; they share as few commits as the store can make of them.
    async fn observe(&self, batch: Vec<Replayed>) -> anyhow::Result<Observed> {
        let mut records = tokio::task::JoinSet::new();
        for replayed in batch {
            let store = self.store.clone();
            let evidence = Evidence {
                message: Some(replayed.message),
                shape: Some(replayed.shape),
                ..Evidence::default()
            };
            records.spawn(async move { store.record(replayed.observation, evidence).await });
        }
        let mut observed = Observed::default();
        while let Some(recorded) = records.join_next().await {
            let count = match recorded.context("a record was cut short")?? {
                Recorded::New => &mut observed.new,
                Recorded::Known => &mut observed.known,
            };
            *count = count.saturating_add(1);
        }
        Ok(observed)
    }

    /// Judges everything recorded, and waits until the zone shows it.
    pub(crate) async fn settle(&self) -> anyhow::Result<Settled> {
        self.judge.catch_up().await?;
        let serial = self.store.serial().await?;
        self.await_zone(serial).await?;
        let listings = match self.upkeep {
            Upkeep::Follower => self.zone.size().0 as u64,
            Upkeep::OnDemand => self.store.count_listings().await?,
        };
        Ok(Settled {
            serial: serial.0,
            listings,
        })
    }

    /// Waits until the zone knows the decision `serial`, where somebody keeps it.
    async fn await_zone(&self, serial: Serial) -> anyhow::Result<()> {
        if self.upkeep == Upkeep::OnDemand {
            return Ok(());
        }
        let mut decisions = self.store.subscribe(Topic::Decisions);
        let reached = async {
            while self.zone.serial() < serial {
                decisions.changed(ZONE_LOOK).await;
            }
        };
        if tokio::time::timeout(ZONE_WAIT, reached).await.is_err() {
            bail!(
                "decided as serial {serial}, but the zone does not show it yet; DNS follows as soon as it can"
            );
        }
        Ok(())
    }
}

/// The names of the list that a configuration gives.
fn list_names(config: &Config) -> ListNames {
    ListNames {
        zone: config.publish.zone.clone(),
        public_url: config.public_url(),
    }
}

/// What pages and API need of the configuration.
///
/// # Errors
/// The traps that were added cannot be read.
fn app_config(config: &Config, rules: &Arc<Rules>, signatures: Arc<Matcher>) -> anyhow::Result<AppConfig> {
    let added = TrapFile::read(&config.in_data(TRAPS))?.unwrap_or_default();
    if config.is_trap_host_unknown() {
        tracing::warn!(
            "the trap listens at all addresses, and which they are cannot be told, so that evidence may show them: name them in notice.trap_names"
        );
    }
    Ok(AppConfig {
        public_url: config.public_url(),
        telling: match config.notice.way() {
            Delivery::Folder => Telling::Silent,
            Delivery::Relay | Delivery::Direct => Telling::ByMail,
        },
        web: config.web.clone(),
        delist: config.delist.clone(),
        rules: Arc::clone(rules),
        publish: config.publish.clone(),
        resolver: (!config.contact.resolvers.is_empty())
            .then(|| Resolver::new(config.contact.resolvers.clone())),
        contact_zone: config.contact.zone.clone(),
        exports: config.in_data("exports"),
        console: config.console_section(),
        traps: config.trap_names(&added).into(),
        signatures,
    })
}

/// Keeps the rules in the store under their version.
///
/// # Errors
/// The store failed, or it knows other rules of that version: what earlier decisions name would change its meaning.
async fn adopt(rules: &Rules, store: &Store, now: Timestamp) -> anyhow::Result<()> {
    let book = Rulebook {
        version: rules.version.clone(),
        digest: rules.digest.to_string(),
        text: rules.text.clone(),
        since: now,
    };
    let kept = store.keep_rulebook(&book).await?;
    if kept.digest != book.digest {
        bail!(
            "the rules have changed since {} but not their version, which earlier decisions name: \
             give `version` in the file of rules another value than \"{}\"",
            kept.since,
            kept.version
        );
    }
    Ok(())
}

/// The last of these decisions.
fn last_serial(decided: &[Decided]) -> Serial {
    decided.last().map_or(Serial(0), |last| last.serial)
}

/// What a search gave, as it travels.
fn contact_answer(Explanation { steps, result }: Explanation) -> ContactAnswer {
    let (contact, trouble) = or_trouble(result);
    ContactAnswer {
        contact,
        steps: step_answers(steps),
        trouble,
    }
}

/// What a search for the contacts of a domain name gave, as it travels.
fn domain_answer(found: DomainContacts) -> DomainAnswer {
    let (registrar, trouble) = or_trouble(found.registrar);
    let hosts = found.hosts.into_iter();
    DomainAnswer {
        registrar,
        steps: step_answers(found.steps),
        trouble,
        hosts: hosts
            .map(|(address, found)| (address, contact_answer(found)))
            .collect(),
    }
}

fn step_answers(steps: Vec<Step>) -> Vec<StepAnswer> {
    let steps = steps.into_iter().map(|step| StepAnswer {
        source: step.source.to_string(),
        asked: step.asked,
        outcome: step.outcome,
    });
    steps.collect()
}

fn or_trouble<T>(result: Result<Option<T>, ContactError>) -> (Option<T>, Option<String>) {
    match result {
        Ok(found) => (found, None),
        Err(error) => (None, Some(format!("{:#}", anyhow::Error::new(error)))),
    }
}
