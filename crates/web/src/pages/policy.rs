//! The policy, filled in with the figures of the configuration.

use std::time::Duration;

use askama::Template;
use atalaya_decide::rules::Lifetime;
use atalaya_delist::{DelistConfig, wait_after};
use atalaya_model::{Class, Kind, Period, Sensor, Trap};
use axum::extract::State;
use axum::response::Response;

use super::views::{self, CodeView, MailView, codes};
use super::{Frame, Reader, lasting};
use crate::app::{AppConfig, Shared, Telling};
use crate::texts::{EscalationFigures, Figures, PolicyTexts, Section, Texts};

/// Waits that are spelled out.
const WAITS_SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    frame: Frame,
    p: &'static PolicyTexts,
    before_codes: Vec<SectionView>,
    codes: SectionView,
    code_views: Vec<CodeView>,
    lifetime: SectionView,
    leaving: SectionView,
    mail: MailView,
    after: Vec<SectionView>,
    never: SectionView,
    ranges: Vec<(String, &'static str)>,
}

/// A section, written.
struct SectionView {
    title: &'static str,
    paragraphs: Vec<String>,
}

/// `/policy`.
pub(crate) async fn policy(State(shared): State<Shared>, reader: Reader) -> Response {
    let (t, config) = (reader.texts(), &shared.app.config);
    let p = &t.policy;
    let figures = figures(config, t);
    let section = |section: &'static Section| SectionView {
        title: section.title,
        paragraphs: (section.paragraphs)(&figures),
    };
    let notices = (config.telling == Telling::ByMail).then_some(&p.notices);
    let after = std::iter::once(&p.shown)
        .chain(notices)
        .chain([&p.advice, &p.ending]);
    let template = PolicyPage {
        frame: Frame::now(&shared, &reader),
        p,
        before_codes: vec![section(&p.purpose), section(&p.criteria)],
        codes: section(&p.codes),
        code_views: codes(t),
        lifetime: section(&p.lifetime),
        leaving: section(&p.leaving),
        mail: views::mail(&config.web.postmaster, &figures.zone),
        after: after.map(section).collect(),
        never: section(&p.never),
        ranges: atalaya_model::reserved_ranges()
            .map(|(prefix, purpose)| (prefix.to_string(), purpose))
            .collect(),
    };
    lasting(&reader, &template)
}

/// Writes the figures of the configuration in the reader's language.
pub(super) fn figures(config: &AppConfig, t: &'static Texts) -> Figures {
    let (units, delist, publish) = (&t.units, &config.delist, &config.publish);
    let rules = config.rules.current();
    let spam = rules.classes.get(&Class::Spam);
    let lifetime =
        |of: fn(&Lifetime) -> Period| units.duration(spam.map_or(Duration::ZERO, |life| of(life).duration()));
    let trap = |trap: Trap| units.score(rules.weight_of(Kind::Spam, Sensor::Trap, trap));
    let names = delist
        .self_service
        .iter()
        .map(|class| format!("{} ({})", views::class_texts(t, *class).name, class.code()));
    Figures {
        organisation: config.web.organisation.clone(),
        zone: publish.zone.clone(),
        list_at: units.score(rules.list_at),
        half_life: units.duration(rules.half_life(Kind::Spam).unwrap_or_default()),
        pristine: trap(Trap::Pristine),
        recycled: trap(Trap::Recycled),
        typo: trap(Trap::Typo),
        witnesses: units.number(u64::from(rules.witnesses)),
        first_lifetime: lifetime(|life| life.first),
        longest_lifetime: lifetime(|life| life.longest),
        forget_after: units.duration(rules.forget_after.duration()),
        self_service: names.collect::<Vec<_>>().join(", "),
        waits: units.durations(&waits(delist)),
        longest_wait: units.duration(delist.longest_wait.duration()),
        remember: units.duration(delist.remember.duration()),
        hourly: units.number(u64::from(delist.client_hourly)),
        network_hourly: units.number(u64::from(delist.network_hourly)),
        all_hourly: units.number(u64::from(delist.all_hourly)),
        daily: units.number(u64::from(delist.client_daily)),
        unsolved: (config.web.puzzle_bits > 0)
            .then(|| units.number(u64::from(config.web.unsolved_removals_per_hour))),
        ttl: units.duration(publish.ttl.duration()),
        negative_ttl: units.duration(publish.negative_ttl.duration()),
        escalation: rules.escalation.map(|network| EscalationFigures {
            units: units.number(u64::from(network.units)),
            lifetime: units.duration(network.lifetime.duration()),
        }),
    }
}

/// The waits after the first removals.
fn waits(config: &DelistConfig) -> Vec<Duration> {
    (1..=WAITS_SHOWN)
        .map(|removals| wait_after(removals, config))
        .collect()
}
