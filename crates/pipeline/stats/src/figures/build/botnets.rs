//! The table of botnets: those of the catalogue, and whatever nobody has named and many share.

use super::{Around, kind, largest, precise, shares_by};
use crate::figures::crowd::Crowd;
use crate::figures::estimate::{Estimate, whole};
use crate::figures::group::Group;
use crate::figures::look::Identity;
use crate::figures::picture::{BotnetKind, BotnetRow, Share};
use crate::figures::tally::Tally;
use crate::sender::Sender;
use atalaya_places::Language;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// A line of the table before it has its numbers.
struct Line {
    identity: Identity,
    /// The places of what it is made of.
    places: Vec<usize>,
    group: Group,
}

/// The rows, by addresses, each with the places of the identities that it is made of.
pub(super) fn table(tally: &Tally, around: &Around, told: (&Crowd, &Crowd)) -> Vec<(BotnetRow, Vec<usize>)> {
    let mut ordinary = Crowd::default();
    tally
        .stacks
        .ordinary
        .values()
        .for_each(|crowd| ordinary.add(crowd));
    let mut rows: Vec<(BotnetRow, Vec<usize>)> = lines(tally, around)
        .into_iter()
        .map(|line| {
            (
                row(tally, around, &line, (told.0, told.1, &ordinary)),
                line.places,
            )
        })
        .collect();
    rows.sort_by(|(one, _), (two, _)| {
        // What tells nothing stands behind what does.
        let rank = |row: &BotnetRow| {
            (
                row.kind == BotnetKind::Other,
                std::cmp::Reverse(row.figures.addresses),
            )
        };
        rank(one).cmp(&rank(two)).then_with(|| one.name.cmp(&two.name))
    });
    rows
}

/// What gets a line: what few share and nobody has named is one with what tells nothing.
fn lines(tally: &Tally, around: &Around) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut rest = Line {
        identity: Identity::Unknown,
        places: Vec::new(),
        group: Group::default(),
    };
    for (identity, place) in tally.identities.keys() {
        let Some(group) = tally.identities.group(place) else {
            continue;
        };
        let is_rare = group.crowd.len() < u64::from(around.config.cluster_least);
        if *identity == Identity::Unknown || (identity.is_nameless() && is_rare) {
            rest.places.push(place);
            rest.group.merge(group);
        } else {
            lines.push(Line {
                identity: identity.clone(),
                places: vec![place],
                group: group.clone(),
            });
        }
    }
    if !rest.places.is_empty() {
        lines.push(rest);
    }
    lines
}

fn row(
    tally: &Tally,
    around: &Around,
    line: &Line,
    (listed, notified, ordinary): (&Crowd, &Crowd, &Crowd),
) -> BotnetRow {
    let crowd = &line.group.crowd;
    let known = match &line.identity {
        Identity::Botnet(name) => tally
            .names
            .catalogue
            .botnets()
            .iter()
            .find(|botnet| botnet.name == *name),
        _ => None,
    };
    let figures = line.group.figures();
    let days = covered_days(around);
    let a_day = whole(precise(figures.counts.recipients) / days);
    let has_strange = line
        .places
        .iter()
        .filter_map(|place| tally.more.get(*place))
        .any(|more| {
            more.signatures
                .iter()
                .any(|signature| tally.stacks.strange.contains_key(signature))
        });
    BotnetRow {
        name: line.identity.name(),
        kind: kind(&line.identity),
        aliases: known.map(|botnet| botnet.aliases.clone()).unwrap_or_default(),
        confidence: known.map(|botnet| botnet.confidence),
        told_by: told_by(
            tally,
            &line.identity,
            known.map(|botnet| botnet.provenance.as_str()),
        ),
        figures,
        new: figures.addresses.saturating_sub(crowd.common(&around.before)),
        listed: crowd.common(listed),
        notified: crowd.common(notified),
        paired: if has_strange { crowd.common(ordinary) } else { 0 },
        size: size(tally, line),
        recipients_a_day: a_day,
        world_a_day: around
            .config
            .share_of_mail
            .map(|share| whole(precise(a_day) / share)),
        hours: hours(tally, line),
        countries: countries(tally, crowd),
        networks: networks(tally, crowd),
    }
}

/// How much of these days is over, in days; a moment at least.
fn covered_days(around: &Around) -> f64 {
    let end = around.days.last.end().min(around.now);
    let over = end.since(around.days.first.start()).as_secs_f64() / DAY;
    let missing = precise(around.missing.len() as u64);
    (over - missing).max(1.0 / 24.0)
}

fn told_by(tally: &Tally, identity: &Identity, provenance: Option<&str>) -> String {
    match identity {
        Identity::Botnet(_) => provenance.unwrap_or_default().to_owned(),
        Identity::Stack(signature) => signature.clone(),
        Identity::Dialect(id) => tally
            .names
            .dialects
            .get(id)
            .cloned()
            .unwrap_or_else(|| id.to_string()),
        Identity::Program(_) => "its dialect".to_owned(),
        Identity::Backscatter => "null senders and delivery reports".to_owned(),
        Identity::Unknown => String::new(),
    }
}

/// The mean of the estimates of the days.
fn size(tally: &Tally, line: &Line) -> Estimate {
    let sizes = line
        .places
        .iter()
        .filter_map(|place| tally.more.get(*place))
        .flat_map(|more| &more.sizes);
    let days = tally.days.len().max(1) as u64;
    let mut sum = Estimate {
        low: 0,
        likely: 0,
        high: 0,
    };
    for size in sizes {
        sum.low = sum.low.saturating_add(size.low);
        sum.likely = sum.likely.saturating_add(size.likely);
        sum.high = sum.high.saturating_add(size.high);
    }
    Estimate {
        low: sum.low / days,
        likely: sum.likely / days,
        high: sum.high / days,
    }
}

fn hours(tally: &Tally, line: &Line) -> [u64; 24] {
    let mut hours = [0_u64; 24];
    for more in line.places.iter().filter_map(|place| tally.more.get(*place)) {
        for (sum, count) in hours.iter_mut().zip(more.hours) {
            *sum = sum.saturating_add(count);
        }
    }
    hours
}

fn countries(tally: &Tally, crowd: &Crowd) -> Vec<Share> {
    let shares = shares_by(crowd, |sender: Sender| tally.places.country(sender.address()));
    let share = |(country, addresses): (Option<atalaya_places::Country>, u64)| Share {
        key: country.map_or_else(|| super::UNKNOWN.to_owned(), |country| country.to_string()),
        name: country
            .map_or(super::UNKNOWN, |country| country.name(Language::English))
            .to_owned(),
        addresses,
    };
    largest(shares.into_iter().map(share).collect())
}

fn networks(tally: &Tally, crowd: &Crowd) -> Vec<Share> {
    let asn = |sender: Sender| tally.places.network(sender.address()).map(|network| network.asn);
    let share = |(asn, addresses): (Option<u32>, u64)| Share {
        key: asn.map_or_else(|| super::UNKNOWN.to_owned(), |asn| format!("AS{asn}")),
        name: asn
            .and_then(|asn| tally.places.network_name(asn))
            .unwrap_or_default()
            .to_owned(),
        addresses,
    };
    largest(shares_by(crowd, asn).into_iter().map(share).collect())
}
