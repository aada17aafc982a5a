//! What the server and every command stand on: configuration, store, zone, judge and contact finder, wired once. What is asked of it is answered in
//! `answering`; what keeps it in order stands in `running`.

mod answering;
mod running;

use std::sync::Arc;

use anyhow::Context;
use atalaya_decide::{Judge, Protection, RulesInForce};
use atalaya_formats::signatures::Matcher;
use atalaya_model::Clock;
use atalaya_net::Resolver;
use atalaya_notify::{ContactFinder, Delivery, Hearer, ListNames};
use atalaya_observe::{Others, TrapFile};
use atalaya_publish::Zone;
use atalaya_stats::{Counter, Statistics};
use atalaya_store::Store;
use atalaya_web::{App, AppConfig, Nobody, Reporters, Telling};

use crate::commands::trap::TRAPS;
use crate::config::{Config, catalogue_of, matcher_of, rules_of};
use crate::{factor_key, feedback, hearing, others, process, public_log, rulebook, statistics};

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
    pub(crate) rules: RulesInForce,
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
        let store = open_store(&config, &clock).await?;
        let zone = Arc::new(Zone::new(&config.publish, &config.public_url())?);
        let rules = Arc::new(rules_of(&config)?);
        rulebook::adopt(&rules, &store, clock.now()).await?;
        let rules = RulesInForce::from(rules);
        rulebook::begin(&config, &store, &rules).await?;
        let protect = config.decide.protect.clone();
        let protection = Arc::new(Protection::open(protect, store.clone(), clock.clone()).await?);
        let judge = Judge::new(
            rules.clone(),
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
            factors: factor_key::open(&config, &store).await?,
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
}

/// Opens the store where the configuration says.
async fn open_store(config: &Config, clock: &Clock) -> anyhow::Result<Store> {
    let url = config.store_url().context("store.url cannot be used")?;
    let opened = Store::open(&url, clock.clone()).await;
    opened.with_context(|| format!("cannot open {url}"))
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
fn app_config(config: &Config, rules: &RulesInForce, signatures: Arc<Matcher>) -> anyhow::Result<AppConfig> {
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
        rules: rules.clone(),
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
