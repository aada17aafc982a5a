//! What stands beside the verdict on the page of an address: whose it is, when it was seen, how often it was listed, which zones have it.

use atalaya_model::{Class, Verdict};
use atalaya_publish::PublishConfig;
use atalaya_store::MOST_COUNTED;

use super::views;
use crate::lookup::{Details, Facts, Standing};
use crate::texts::Texts;
use crate::written::Moment;

/// Beside the verdict.
pub(super) struct GlanceView {
    /// Names with what stands behind them; some are text of registries.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) first_seen: Option<Moment>,
    pub(super) last_seen: Option<Moment>,
}

/// A zone and what it answers.
pub(super) struct ZoneView {
    pub(super) name: String,
    pub(super) tone: &'static str,
    pub(super) answer: String,
}

/// The network that announces an address: its number and its name, which is text of strangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announcer {
    pub(super) asn: u32,
    pub(super) name: String,
}

/// What is known beside the verdict; nothing where nobody sends mail from.
pub(super) fn glance(
    facts: &Facts,
    details: &Details,
    announcer: Option<Announcer>,
    t: &'static Texts,
) -> Option<GlanceView> {
    if matches!(facts.standing, Standing::Reserved(_) | Standing::TestEntry(_)) {
        return None;
    }
    let (g, kept) = (&t.glance, &details.kept);
    let mut known = Vec::new();
    if let Some(Announcer { asn, name }) = announcer {
        known.push((g.network, format!("AS{asn} {name}").trim_end().to_owned()));
    }
    let contact = kept.contact.as_ref();
    if let Some(holder) = contact
        .map(|contact| &contact.network)
        .filter(|name| !name.is_empty())
    {
        known.push((g.holder, holder.clone()));
    }
    // The mailbox itself is for its network and for those who may ask for it.
    if let Some(mailbox) = contact.and_then(|contact| contact.addresses.first()) {
        known.push((g.contact, (g.contact_at)(mailbox.domain())));
    }
    if kept.observation_count > 0 {
        known.push((g.messages, count(kept.observation_count, t)));
    }
    known.push((g.before, before(facts, details, t)));
    Some(GlanceView {
        facts: known,
        first_seen: kept.first_seen.map(|at| t.units.moment(at)),
        last_seen: kept.observations.first().map(|seen| t.units.moment(seen.seen_at)),
    })
}

/// How often it was listed before what stands now, as far as the decisions that are shown go back.
fn before(facts: &Facts, details: &Details, t: &'static Texts) -> String {
    let lists = details.kept.decisions.iter().filter(|decided| {
        matches!(decided.decision.verdict, Verdict::List { .. })
            && facts.unit.covers(&decided.decision.prefix)
    });
    let now = facts
        .listings()
        .iter()
        .filter(|held| facts.unit.covers(&held.prefix))
        .count();
    match lists.count().saturating_sub(now) {
        0 => t.glance.never.to_owned(),
        1 => t.glance.once.to_owned(),
        times => (t.glance.times)(&t.units.number(times as u64)),
    }
}

/// A number of observations; they are not counted to their end.
pub(super) fn count(observations: u64, t: &'static Texts) -> String {
    let number = t.units.number(observations);
    if observations < MOST_COUNTED {
        number
    } else {
        number + "+"
    }
}

/// What each zone answers about an address.
pub(super) fn zones(facts: &Facts, config: &PublishConfig, zone: &str, t: &'static Texts) -> Vec<ZoneView> {
    if matches!(facts.standing, Standing::Reserved(_) | Standing::TestEntry(_)) {
        return Vec::new();
    }
    let mut zones = vec![(zone.to_owned(), Class::ALL.to_vec())];
    if config.sub_zones {
        zones.extend(views::sub_zones(zone));
    }
    zones
        .into_iter()
        .map(|(name, classes)| answer(name, &classes, facts, t))
        .collect()
}

/// What a zone with these classes answers.
fn answer(name: String, classes: &[Class], facts: &Facts, t: &'static Texts) -> ZoneView {
    let held = facts.listings().iter().map(|held| held.class);
    let mut held: Vec<Class> = held.filter(|class| classes.contains(class)).collect();
    held.sort_unstable();
    held.dedup();
    let (tone, answer) = match held.is_empty() {
        true => ("clear", t.glance.not_listed.to_owned()),
        false => ("listed", views::list_codes(&held)),
    };
    ZoneView { name, tone, answer }
}
