//! What a catalogue may not hold: rules that nothing can fit, and rules of two botnets that the same sender may fit.

use super::condition::TextCondition;
use super::{Botnet, Rule};

/// Mistakes that are told at once.
const MOST_TOLD: usize = 50;

/// Why nothing can fit a rule; none where something may.
pub(super) fn contradiction(rule: &Rule) -> Option<String> {
    let (Some(helo), Some(TextCondition::Fields(fields))) = (&rule.helo, &rule.dialect) else {
        return None;
    };
    let spoken = fields.get("hello")?;
    let class = |hello: &String| hello.rsplit('_').next().unwrap_or_default().to_owned();
    let is_open = |hello: &String| hello.ends_with('*') || hello.ends_with("_server");
    let fits = |hello: &String| {
        let spoken = super::HelloCondition(vec![class(hello)]);
        is_open(hello) || helo.meets(&spoken)
    };
    if spoken.iter().any(fits) {
        return None;
    }
    Some(format!(
        "`helo` and `hello` of the dialect contradict each other: {:?} is none of {:?}",
        spoken, helo.0
    ))
}

/// Every pair of rules of two botnets that one sender may fit, where none says that it goes first.
pub(super) fn conflicts(botnets: &[Botnet]) -> Vec<String> {
    let mut told = Vec::new();
    for (place, one) in botnets.iter().enumerate() {
        if told.len() >= MOST_TOLD {
            break;
        }
        if goes_round(botnets, place) {
            told.push(format!(
                "line {}: {} goes before itself, by `over`",
                first_line(one),
                one.name
            ));
        }
        for (behind, two) in botnets.iter().enumerate().skip(place.saturating_add(1)) {
            if told.len() < MOST_TOLD && !one.over.contains(&behind) && !two.over.contains(&place) {
                told.extend(meetings(one, two));
            }
        }
    }
    told
}

/// Whether the way of `over` from a botnet leads back to it.
fn goes_round(botnets: &[Botnet], place: usize) -> bool {
    let over = |place: usize| {
        botnets
            .get(place)
            .map_or(&[][..], |botnet| botnet.over.as_slice())
    };
    let (mut open, mut seen) = (over(place).to_vec(), vec![false; botnets.len()]);
    while let Some(next) = open.pop() {
        if next == place {
            return true;
        }
        if let Some(seen) = seen.get_mut(next).filter(|seen| !**seen) {
            *seen = true;
            open.extend_from_slice(over(next));
        }
    }
    false
}

fn first_line(botnet: &Botnet) -> usize {
    botnet.rules.first().map_or(1, |rule| rule.line)
}

fn meetings(one: &Botnet, two: &Botnet) -> Vec<String> {
    let mut told = Vec::new();
    for rule in &one.rules {
        for other in two.rules.iter().filter(|other| meet(rule, other)).take(MOST_TOLD) {
            told.push(format!(
                "line {}: a sender may be told by this rule of {} and by that of {} in line {}: say with `over` which goes first, or \
                 narrow one of them",
                other.line, two.name, one.name, rule.line
            ));
        }
    }
    told
}

/// Whether one sender may fit both rules.
fn meet(one: &Rule, two: &Rule) -> bool {
    let stack = match (&one.stack, &two.stack) {
        (Some(one), Some(two)) => one.iter().any(|one| two.iter().any(|two| one.meets(two))),
        _ => true,
    };
    let helo = match (&one.helo, &two.helo) {
        (Some(one), Some(two)) => one.meets(two),
        _ => true,
    };
    let text = |one: &Option<TextCondition>, two: &Option<TextCondition>| match (one, two) {
        (Some(one), Some(two)) => one.meets(two),
        _ => true,
    };
    stack && helo && text(&one.dialect, &two.dialect) && text(&one.headers, &two.headers)
}
