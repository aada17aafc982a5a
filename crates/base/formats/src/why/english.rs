//! The sentences in English, as they are kept. What was kept once is read for good: a sentence that is to say something else is another
//! variant, and the old one stays.

use std::fmt;

use atalaya_model::Kind;

use super::{Why, protected};

/// Around the number of messages that came to traps, and the day of the last.
pub(super) const TRAPPED: &str = "Spam reached our traps: ";
/// Before how often something was seen.
pub(super) const SEEN: &str = "Seen or reported ";
/// Before the day of the last time, with the mark that ends what stands before.
pub(super) const LAST_MESSAGE: &str = ", the last on ";
/// See `LAST_MESSAGE`.
pub(super) const LAST_TIME: &str = "; the last on ";
/// Behind the number of listed addresses.
pub(super) const MANY: &str = " addresses of this network are listed.";
/// Around the name of a rule, or of a kind of sensor.
pub(super) const RULE: &str = "What the rule ";
/// See `RULE`.
pub(super) const RULE_TAKEN_BACK: &str = " listed was taken back.";
/// See `RULE`.
pub(super) const SENSOR: &str = "Observations of a ";
/// See `RULE`.
pub(super) const SENSOR_TAKEN_BACK: &str = " were taken back.";
/// Behind a range, before why it is protected.
pub(super) const PROTECTED: &str = " is protected: ";
/// Why a range of the configuration is.
pub(super) const CONFIGURED: &str = "it is protected by the configuration";
/// Behind a domain whose range it is.
pub(super) const OF_DOMAIN: &str = " sends or takes mail there";
/// Behind a prefix.
pub(super) const ALLOWED: &str = " was put on the allow list";

/// The sentences that are always the same.
pub(super) const FIXED: [(Why, &str); 6] = [
    (Why::Ended, "The listing reached its end."),
    (
        Why::NewHolder,
        "The network has another holder than when this was seen.",
    ),
    (Why::Removed, "Removal was asked for on the page."),
    (Why::ReportsTakenBack, "What was reported of it was taken back."),
    (Why::Purged, "Observations were taken back."),
    (Why::OffItsList, "No longer on the list that it came from."),
];

/// Writes a sentence.
pub(super) fn write(why: &Why, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match why {
        Why::Trapped { messages, last } => {
            let word = if *messages == 1 { "message" } else { "messages" };
            write!(f, "{TRAPPED}{messages} {word}{LAST_MESSAGE}{}.", last.date())
        }
        Why::Seen { times, kinds, last } => {
            match times {
                1 => write!(f, "{SEEN}once: ")?,
                _ => write!(f, "{SEEN}{times} times: ")?,
            }
            let kinds: Vec<&str> = kinds.iter().map(|kind| english_kind(*kind)).collect();
            write!(f, "{}{LAST_TIME}{}.", kinds.join(", "), last.date())
        }
        Why::ManyListed(count) => write!(f, "{count}{MANY}"),
        Why::RulePurged(rule) => write!(f, "{RULE}{rule}{RULE_TAKEN_BACK}"),
        Why::SensorPurged(sensor) => write!(f, "{SENSOR}{sensor}{SENSOR_TAKEN_BACK}"),
        Why::Protected(range, protector) => f.write_str(&protected(range, &protector.to_string())),
        Why::Stopped(protector) => write!(f, "{protector}"),
        Why::Allowed(prefix) => write!(f, "{prefix}{ALLOWED}"),
        Why::Ended
        | Why::NewHolder
        | Why::Removed
        | Why::ReportsTakenBack
        | Why::Purged
        | Why::OffItsList => {
            let known = FIXED.iter().find(|(fixed, _)| fixed == why);
            f.write_str(known.map_or("", |(_, sentence)| sentence))
        }
    }
}

/// A kind in words.
#[must_use]
pub const fn english_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Spam => "spam",
        Kind::Backscatter => "bounces of forged mail",
        Kind::Connection => "a conversation without mail",
        Kind::UnknownRecipient => "mail to mailboxes that do not exist",
        Kind::Protocol => "a broken protocol",
        Kind::EarlyTalker => "speaking before the greeting",
        Kind::RelayAttempt => "attempts to relay",
        Kind::LoginAttack => "guessing of passwords",
        Kind::PortScan => "port scans",
        Kind::WebAttack => "attacks on web sites",
        Kind::Flood => "floods",
        Kind::Malware => "malware",
        Kind::Phishing => "phishing",
        Kind::Fraud => "fraud",
        Kind::Bot => "a bot",
        Kind::Listed => "the list of others",
        Kind::NotSpam => "what was no spam",
        Kind::Other => "other abuse",
    }
}
