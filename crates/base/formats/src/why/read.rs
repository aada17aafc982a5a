//! From a kept sentence to what happened. Whatever is read is written again and compared: only the very sentence counts.

use atalaya_model::{Kind, Timestamp};

use super::english::{
    ALLOWED, CONFIGURED, FIXED, LAST_MESSAGE, LAST_TIME, MANY, OF_DOMAIN, PROTECTED, RULE, RULE_TAKEN_BACK,
    SEEN, SENSOR, SENSOR_TAKEN_BACK, TRAPPED, english_kind,
};
use super::{Protector, Why};

/// The longest sentence that is looked at, in bytes: all kinds together have some 300.
const LONGEST: usize = 1_024;

/// Reads a sentence.
pub(super) fn read(text: &str) -> Option<Why> {
    if text.len() > LONGEST {
        return None;
    }
    let read = fixed(text)
        .or_else(|| trapped(text))
        .or_else(|| seen(text))
        .or_else(|| taken_back(text))
        .or_else(|| about_a_prefix(text))?;
    (read.to_string() == text).then_some(read)
}

/// What is always the same.
fn fixed(text: &str) -> Option<Why> {
    let known = FIXED.into_iter().find(|(_, sentence)| *sentence == text);
    known.map(|(why, _)| why)
}

fn trapped(text: &str) -> Option<Why> {
    let (messages, last) = text.strip_prefix(TRAPPED)?.split_once(LAST_MESSAGE)?;
    let (messages, _word) = messages.split_once(' ')?;
    Some(Why::Trapped {
        messages: messages.parse().ok()?,
        last: day(last)?,
    })
}

fn seen(text: &str) -> Option<Why> {
    let (times, rest) = text.strip_prefix(SEEN)?.split_once(": ")?;
    let (kinds, last) = rest.split_once(LAST_TIME)?;
    let kind = |said: &str| Kind::ALL.iter().copied().find(|kind| english_kind(*kind) == said);
    Some(Why::Seen {
        times: match times.split_once(' ') {
            Some((times, _word)) => times.parse().ok()?,
            None => 1,
        },
        kinds: kinds.split(", ").map(kind).collect::<Option<_>>()?,
        last: day(last)?,
    })
}

fn taken_back(text: &str) -> Option<Why> {
    let between = |before, behind| text.strip_prefix(before)?.strip_suffix(behind);
    if let Some(rule) = between(RULE, RULE_TAKEN_BACK) {
        return Some(Why::RulePurged(rule.to_owned()));
    }
    let sensor: &str = between(SENSOR, SENSOR_TAKEN_BACK)?;
    sensor.parse().ok().map(Why::SensorPurged)
}

fn about_a_prefix(text: &str) -> Option<Why> {
    if let Some(count) = text.strip_suffix(MANY) {
        return count.parse().ok().map(Why::ManyListed);
    }
    if let Some(prefix) = text.strip_suffix(ALLOWED) {
        return prefix.parse().ok().map(Why::Allowed);
    }
    if let Some((range, by)) = text.strip_suffix('.').and_then(|text| text.split_once(PROTECTED)) {
        return Some(Why::Protected(range.parse().ok()?, protector(by)?));
    }
    protector(text).map(Why::Stopped)
}

/// What protects a range. A domain is one word.
fn protector(text: &str) -> Option<Protector> {
    if text == CONFIGURED {
        return Some(Protector::Configured);
    }
    let domain = text.strip_suffix(OF_DOMAIN)?;
    (!domain.contains(' ')).then(|| Protector::Domain(domain.to_owned()))
}

/// The day at the end of a sentence.
fn day(text: &str) -> Option<Timestamp> {
    let day = text.strip_suffix('.')?;
    format!("{day}T00:00:00Z").parse().ok()
}
