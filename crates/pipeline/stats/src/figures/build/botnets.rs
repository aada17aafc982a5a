//! The table of botnets: those of the catalogue, and whatever nobody has named and many share.

use super::{Around, kind, largest, precise, shares_by};
use crate::day::Day;
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

/// Fewer addresses than these say nothing of how many there are.
const LEAST_TO_TELL: u64 = 10;

/// A line of the table before it has its numbers.
struct Line {
    identity: Identity,
    /// The place of the identity.
    place: usize,
    group: Group,
    addresses: u64,
}

/// The rows, by addresses, each with the place of its identity; and how many more have no name.
pub(super) fn table(
    tally: &Tally,
    around: &Around,
    told: (&Crowd, &Crowd),
) -> (Vec<(BotnetRow, usize)>, u64) {
    let mut ordinary = Crowd::default();
    tally
        .stacks
        .ordinary
        .values()
        .for_each(|crowd| ordinary.add(crowd));
    let (lines, more) = lines(tally, around);
    let mut rows: Vec<(BotnetRow, usize)> = lines
        .into_iter()
        .map(|line| (row(tally, around, &line, (told.0, told.1, &ordinary)), line.place))
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
    (rows, more)
}

/// What gets a line: all that has a name, and of what has none those that most share.
fn lines(tally: &Tally, around: &Around) -> (Vec<Line>, u64) {
    let (mut lines, mut nameless) = (Vec::new(), Vec::new());
    for (identity, place) in tally.identities.keys() {
        let Some(group) = tally.identities.group(place) else {
            continue;
        };
        let line = Line {
            identity: identity.clone(),
            place,
            group: group.clone(),
            addresses: group.crowd.len(),
        };
        if identity.is_nameless() {
            nameless.push(line);
        } else {
            lines.push(line);
        }
    }
    nameless.sort_by(|one, two| {
        two.addresses
            .cmp(&one.addresses)
            .then_with(|| one.identity.cmp(&two.identity))
    });
    let most = around.config.rows as usize;
    let more = nameless.len().saturating_sub(most) as u64;
    nameless.truncate(most);
    lines.extend(nameless);
    (lines, more)
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
    let a_day = precise(figures.counts.recipients) / covered_days(tally, around);
    let more = tally.more.get(line.place);
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
        paired: more.map_or(0, |more| more.strange.common(ordinary)),
        size: size(tally, line),
        recipients_a_day: whole(a_day),
        world_a_day: around.config.share_of_mail.map(|share| whole(a_day / share)),
        hours: more.map_or([0; 24], |more| more.hours),
        countries: countries(tally, crowd),
        networks: networks(tally, crowd),
    }
}

/// How much is over of the days of which something is kept, in days; an hour at least.
fn covered_days(tally: &Tally, around: &Around) -> f64 {
    let over = |day: Day| day.end().min(around.now).since(day.start()).as_secs_f64() / DAY;
    let days: f64 = tally.days.iter().map(|tally| over(tally.day)).sum();
    days.max(1.0 / 24.0)
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

/// The mean of the estimates of the days; none where too few were seen to tell.
fn size(tally: &Tally, line: &Line) -> Option<Estimate> {
    if !line.identity.is_crowd() || line.addresses < LEAST_TO_TELL {
        return None;
    }
    let sizes = &tally.more.get(line.place)?.sizes;
    let days = precise(tally.days.len() as u64);
    let mean = |part: fn(&Estimate) -> u64| sizes.iter().map(|size| precise(part(size))).sum::<f64>() / days;
    Some(Estimate {
        low: whole(mean(|size| size.low).floor()),
        likely: whole(mean(|size| size.likely)),
        high: whole(mean(|size| size.high).ceil()),
    })
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
