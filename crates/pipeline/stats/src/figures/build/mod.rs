//! From what was added up to the picture: rankings, the table of botnets, pairs.

use std::collections::HashMap;

use atalaya_model::{Prefix, Timestamp};
use atalaya_places::Language;

use super::crowd::Crowd;
use super::group::Group;
use super::look::{Identity, short};
use super::picture::{
    BotnetKind, BotnetRow, DayRow, Dimension, Figures, Measure, Pair, Picture, Ranking, Row, Share, VERSION,
};
use super::tally::{OF_PROFILES, Tally};
use crate::config::StatsConfig;
use crate::day::Days;

mod botnets;

/// Shares that a row shows.
const MOST_SHARES: usize = 10;
/// Pairs that are shown.
const MOST_PAIRS: usize = 50;

/// What a picture needs beside the cells.
#[derive(Debug)]
pub(crate) struct Around {
    pub(crate) days: Days,
    pub(crate) now: Timestamp,
    /// What was listed and told of in these days.
    pub(crate) listed: Vec<Prefix>,
    pub(crate) notified: Vec<Prefix>,
    /// Who was seen in the days before, and how many days that are.
    pub(crate) before: Crowd,
    pub(crate) before_days: u32,
    pub(crate) missing: Vec<String>,
    pub(crate) closed: Vec<String>,
    pub(crate) config: StatsConfig,
}

/// Makes the picture.
pub(crate) fn picture(tally: &Tally, around: &Around) -> Picture {
    let total = &tally.total.crowd;
    let listed = total.within(&around.listed);
    let notified = total.within(&around.notified);
    let known = total.common(&around.before);
    let (botnets, more_botnets) = botnets::table(tally, around, (&listed, &notified));
    Picture {
        version: VERSION,
        first_day: around.days.first.to_string(),
        last_day: around.days.last.to_string(),
        made_at: around.now,
        is_complete: around.now >= around.days.last.end(),
        missing_days: around.missing.clone(),
        closed_days: around.closed.clone(),
        origins: Vec::new(),
        total: tally.total.figures(),
        new: total.len().saturating_sub(known),
        new_days: around.before_days,
        listed: listed.len(),
        notified: notified.len(),
        days: days(tally, &botnets),
        botnets: botnets.into_iter().map(|(row, _place)| row).collect(),
        more_botnets,
        rankings: rankings(tally, around.config.rows as usize),
        pairs: pairs(tally, &around.config),
    }
}

/// The rankings, in the order of [`Dimension::ALL`].
fn rankings(tally: &Tally, most: usize) -> Vec<Ranking> {
    Dimension::ALL
        .into_iter()
        .map(|by| ranking(tally, by, most))
        .collect()
}

fn ranking(tally: &Tally, by: Dimension, most: usize) -> Ranking {
    let rows: Vec<Row> = match by {
        Dimension::Country => countries(tally),
        Dimension::Network => networks(tally),
        Dimension::Prefix => prefixes(tally),
        Dimension::Hour => {
            let hours = tally.hours.iter().zip(0_u8..);
            hours
                .map(|(group, hour)| row(format!("{hour:02}"), group.figures()))
                .collect()
        }
        _ => {
            let place = OF_PROFILES.iter().position(|of| *of == by);
            let table = place.and_then(|place| tally.rankings.get(place));
            let groups = table.into_iter().flat_map(super::table::Table::iter);
            groups.map(|(key, group)| named(tally, by, key, group)).collect()
        }
    };
    let all = rows.len() as u64;
    let rows = if by == Dimension::Hour {
        rows
    } else {
        foremost(rows, most)
    };
    Ranking { by, all, rows }
}

/// A row with its name.
fn named(tally: &Tally, by: Dimension, key: &str, group: &Group) -> Row {
    let text = match by {
        Dimension::Dialect => key.parse().ok().and_then(|id| tally.names.dialects.get(&id)),
        Dimension::Headers => key.parse().ok().and_then(|id| tally.names.shapes.get(&id)),
        _ => None,
    };
    Row {
        key: key.to_owned(),
        name: text.map_or(key, String::as_str).to_owned(),
        figures: group.figures(),
    }
}

fn row(key: String, figures: Figures) -> Row {
    Row {
        name: key.clone(),
        key,
        figures,
    }
}

/// The rows that some measure puts among the first, by addresses.
fn foremost(mut rows: Vec<Row>, most: usize) -> Vec<Row> {
    let mut keep = vec![rows.len() <= most; rows.len()];
    for place in Measure::ALL
        .into_iter()
        .flat_map(|measure| first_by(&rows, measure, most))
    {
        if let Some(keep) = keep.get_mut(place) {
            *keep = true;
        }
    }
    let mut keep = keep.into_iter();
    rows.retain(|_row| keep.next().unwrap_or(false));
    rows.sort_by(|one, two| {
        let measure = |row: &Row| (row.figures.addresses, row.figures.counts.connections);
        measure(two)
            .cmp(&measure(one))
            .then_with(|| one.key.cmp(&two.key))
    });
    rows
}

/// The places of the rows that a measure puts first.
fn first_by(rows: &[Row], measure: Measure, most: usize) -> impl Iterator<Item = usize> {
    let mut order: Vec<(usize, &Row)> = rows.iter().enumerate().collect();
    order.sort_by(|(_, one), (_, two)| {
        let of = |row: &Row| measure.of(&row.figures);
        of(two).cmp(&of(one)).then_with(|| one.key.cmp(&two.key))
    });
    let first: Vec<usize> = order.into_iter().take(most).map(|(place, _)| place).collect();
    first.into_iter()
}

fn countries(tally: &Tally) -> Vec<Row> {
    let addresses = shares_by(&tally.total.crowd, |sender| {
        tally.places.country(sender.address())
    });
    let rows = tally.countries.iter().map(|(country, sum)| {
        let figures = sum.figures(addresses.get(country).copied().unwrap_or(0));
        match country {
            Some(country) => Row {
                key: country.to_string(),
                name: country.name(Language::English).to_owned(),
                figures,
            },
            None => row(UNKNOWN.to_owned(), figures),
        }
    });
    rows.collect()
}

fn networks(tally: &Tally) -> Vec<Row> {
    let asn =
        |sender: crate::sender::Sender| tally.places.network(sender.address()).map(|network| network.asn);
    let addresses = shares_by(&tally.total.crowd, asn);
    let rows = tally.networks.iter().map(|(asn, sum)| {
        let figures = sum.figures(addresses.get(asn).copied().unwrap_or(0));
        match asn {
            Some(asn) => Row {
                key: format!("AS{asn}"),
                name: tally.places.network_name(*asn).unwrap_or_default().to_owned(),
                figures,
            },
            None => row(UNKNOWN.to_owned(), figures),
        }
    });
    rows.collect()
}

fn prefixes(tally: &Tally) -> Vec<Row> {
    let addresses = tally.total.crowd.by_neighbourhood();
    let rows = tally.prefixes.iter().map(|(prefix, sum)| {
        row(
            prefix.to_string(),
            sum.figures(addresses.get(prefix).copied().unwrap_or(0)),
        )
    });
    rows.collect()
}

/// The key of what is in no country or network that is known.
const UNKNOWN: &str = "unknown";

/// How many of a crowd have what in common.
fn shares_by<K: std::hash::Hash + Eq>(
    crowd: &Crowd,
    key: impl Fn(crate::sender::Sender) -> K,
) -> HashMap<K, u64> {
    let mut shares = HashMap::new();
    for sender in crowd.iter() {
        let count: &mut u64 = shares.entry(key(sender)).or_default();
        *count = count.saturating_add(1);
    }
    shares
}

/// The largest shares.
fn largest(mut shares: Vec<Share>) -> Vec<Share> {
    shares.sort_by(|one, two| {
        two.addresses
            .cmp(&one.addresses)
            .then_with(|| one.key.cmp(&two.key))
    });
    shares.truncate(MOST_SHARES);
    shares
}

/// Each day, with the addresses of each botnet of the table.
fn days(tally: &Tally, botnets: &[(BotnetRow, usize)]) -> Vec<DayRow> {
    let row = |day: &super::tally::DayTally| DayRow {
        day: day.day.to_string(),
        figures: day.figures,
        botnets: botnets
            .iter()
            .map(|(_, place)| day.identities.get(place).copied().unwrap_or(0))
            .collect(),
    };
    tally.days.iter().map(row).collect()
}

/// The strange stacks by how many of their addresses show an ordinary system too.
fn pairs(tally: &Tally, config: &StatsConfig) -> Vec<Pair> {
    let mut ordinary = Crowd::default();
    tally
        .stacks
        .ordinary
        .values()
        .for_each(|crowd| ordinary.add(crowd));
    let strange = tally.stacks.strange.iter();
    let mut found: Vec<(&String, &Crowd, u64)> = strange
        .map(|(signature, crowd)| (signature, crowd, crowd.common(&ordinary)))
        .filter(|(.., both)| *both > 0)
        .collect();
    found.sort_by(|(one, _, some), (two, _, others)| others.cmp(some).then_with(|| one.cmp(two)));
    found.truncate(MOST_PAIRS);
    found
        .into_iter()
        .map(|(signature, crowd, both)| pair(tally, config, (signature, crowd), both))
        .collect()
}

fn pair(tally: &Tally, config: &StatsConfig, (signature, crowd): (&str, &Crowd), both: u64) -> Pair {
    let addresses = crowd.len();
    let systems = tally.stacks.ordinary.iter().map(|(system, other)| Share {
        key: system.clone(),
        name: system.clone(),
        addresses: crowd.common(other),
    });
    Pair {
        signature: signature.to_owned(),
        name: format!("stack #{}", short(signature)),
        addresses,
        both,
        is_suspected: both >= u64::from(config.pair_least)
            && precise(both) >= precise(addresses) * config.pair_share,
        systems: largest(systems.filter(|share| share.addresses > 0).collect()),
    }
}

/// A count as a number to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "what is reckoned with it has no 53 right bits"
)]
const fn precise(count: u64) -> f64 {
    count as f64
}

/// Which kind of name an identity has.
const fn kind(identity: &Identity) -> BotnetKind {
    match identity {
        Identity::Botnet(_) => BotnetKind::Botnet,
        Identity::Stack(_) => BotnetKind::Stack,
        Identity::Dialect(_) => BotnetKind::Dialect,
        Identity::Program(_) => BotnetKind::Program,
        Identity::Backscatter => BotnetKind::Backscatter,
        Identity::Unknown => BotnetKind::Other,
    }
}
