//! Answering in the house: what commands on the control socket and the console ask for, one request at a time.
//!
//! In: a [`Request`]. Out: its answer, or what was refused or failed, as a sentence for the operator.

use std::sync::Arc;

use anyhow::{Context, bail};
use atalaya_decide::import::{self, Import};
use atalaya_decide::{Rules, by_hand, purge, simulate};
use atalaya_model::{Class, Decided, Prefix, Serial, Timestamp};
use atalaya_notify::{ContactError, DomainContacts, Explanation, Step};
use atalaya_store::{Evidence, Recorded};
use atalaya_web::{ContactShown, StepShown};
use serde_json::Value;

use super::{House, Upkeep};
use crate::commands::top::TopAnswer;
use crate::control::{ContactRequest, DomainAnswer, ImportStep, Observed, Replayed, Request, SourceWorth};
use crate::exceptions::ExceptionsRequest;
use crate::{
    exceptions, feedback, hearing, jobs, others, outgoing, public_log, registries, rulebook, set_contacts,
    statistics,
};

/// Listings, or entries of the allow list, in one answer: a page of a list that may have millions.
const LISTINGS_PAGE: u32 = 1_000;

/// Sources read at once.
const SOURCES_PAGE: u32 = 1_000;

impl House {
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
            Request::SetContacts(asked) => set_contacts::answer(store, asked, now).await?,
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
            Request::Rules(asked) => rulebook::answer(&self.config, (store, now), &self.rules, asked).await?,
            Request::Evidence(asked) => self.answer_about_evidence(asked).await?,
            Request::Stats(asked) => statistics::answer(&self.statistics, &self.counter, asked).await?,
            Request::Exceptions(asked) => self.answer_about_exceptions(asked).await?,
            Request::PublicLog(asked) => public_log::answer(self.pages.log.as_deref(), asked).await?,
            request @ (Request::Outbox(_)
            | Request::Suppress(_)
            | Request::Replies(_)
            | Request::Jobs(_)
            | Request::Traps(_)
            | Request::Reporters(_)
            | Request::Keys(_)) => self.answer_about_keeping(request, now).await?,
            Request::Export { .. } => bail!("an export is not one answer"),
            Request::Access(_) => bail!("accounts are kept by a user of the system"),
            Request::Settle => serde_json::to_value(self.settle().await?)?,
        })
    }

    /// Answers a command about what somebody has to keep: mail that leaves, what comes back, work, traps, reporters.
    async fn answer_about_keeping(&self, request: Request, now: Timestamp) -> anyhow::Result<Value> {
        let (config, store) = (&self.config, &self.store);
        match request {
            Request::Outbox(asked) => outgoing::answer_about_outbox(store, asked).await,
            Request::Suppress(asked) => outgoing::answer_about_suppressed(store, asked, now).await,
            Request::Replies(asked) => hearing::answer(&self.hearer, store, asked).await,
            Request::Jobs(asked) => jobs::answer(store, asked).await,
            Request::Traps(asked) => registries::answer_about_traps(config, asked).await,
            Request::Reporters(asked) => registries::answer_about_reporters(config, asked, now).await,
            Request::Keys(asked) => {
                let used = match self.upkeep {
                    Upkeep::Follower => self.zone.access().used(now),
                    Upkeep::OnDemand => Vec::new(),
                };
                registries::answer_about_keys(config, used, (asked, now)).await
            }
            _ => bail!("this is nothing that is kept"),
        }
    }

    /// Answers a command about lasting exceptions; what is granted shows in the zone then.
    async fn answer_about_exceptions(&self, asked: ExceptionsRequest) -> anyhow::Result<Value> {
        let (answer, decided) = exceptions::answer(&self.store, &self.clock, asked).await?;
        if let Some(serial) = decided {
            self.await_zone(serial).await?;
        }
        Ok(answer)
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
            Request::Allowed { prefix, after } => self.allow_list(prefix, after).await?,
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

    /// A page of the allow list, as far as it overlaps a prefix, and the serial of that moment.
    async fn allow_list(&self, around: Option<Prefix>, after: Option<Prefix>) -> anyhow::Result<Value> {
        let (around, after) = (around.as_ref(), after.as_ref());
        let page = self.store.allowed_page(around, after, LISTINGS_PAGE).await?;
        Ok(serde_json::to_value((self.store.serial().await?, page))?)
    }

    /// Answers a command that asks about the rules and what followed from them.
    async fn answer_about_judging(&self, request: Request, now: Timestamp) -> anyhow::Result<Value> {
        Ok(match request {
            Request::Simulate { rules, since } => serde_json::to_value(self.simulate(&rules, since).await?)?,
            Request::Purge { wish, mode } => {
                let purged = purge::purge(&self.store, &self.rules.current(), &wish, mode, now).await?;
                self.await_zone(purged.serial).await?;
                serde_json::to_value(purged)?
            }
            _ => serde_json::to_value(self.sources().await?)?,
        })
    }

    /// Judges the kept observations by other rules, in memory.
    async fn simulate(&self, rules: &str, since: Timestamp) -> anyhow::Result<simulate::Report> {
        let present = self.rules.current();
        let trial = simulate::Trial {
            tried: Arc::new(Rules::parse(rules)?.with_forwarders(present.forwarders.clone())),
            present,
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
            let (rules, now) = (self.rules.current(), self.clock.now());
            all.extend(
                page.into_iter()
                    .map(|record| SourceWorth::new(&record, &rules.learning, now)),
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
}

/// The last of these decisions.
fn last_serial(decided: &[Decided]) -> Serial {
    decided.last().map_or(Serial(0), |last| last.serial)
}

/// What a search gave, as it travels.
fn contact_answer(Explanation { steps, result }: Explanation) -> ContactShown {
    let (contact, trouble) = or_trouble(result);
    ContactShown {
        contact,
        steps: step_answers(steps),
        trouble,
    }
}

/// What a search for the contacts of a domain name gave, as it travels.
fn domain_answer(found: DomainContacts) -> DomainAnswer {
    let (registrar, trouble) = or_trouble(found.registrar);
    let (by_hand, unread) = or_trouble(found.by_hand);
    let trouble = trouble.or(unread);
    let hosts = found.hosts.into_iter();
    DomainAnswer {
        by_hand,
        registrar,
        steps: step_answers(found.steps),
        trouble,
        hosts: hosts
            .map(|(address, found)| (address, contact_answer(found)))
            .collect(),
    }
}

fn step_answers(steps: Vec<Step>) -> Vec<StepShown> {
    let steps = steps.into_iter().map(|step| StepShown {
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
