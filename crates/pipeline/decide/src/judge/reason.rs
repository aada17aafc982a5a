//! Why a unit is listed, in one sentence that its holder may read. It names kinds and numbers, never a trap or a reporter.

use atalaya_model::Kind;
use atalaya_store::Case;

/// The sentence.
pub(super) fn reason(case: &Case) -> String {
    let count = case.observations;
    let last = case.at.date();
    // What was replayed before one trap was one witness has names of its own.
    let is_trapped = |name: &String| name.starts_with("trap:") || name.starts_with("replay:");
    let is_spam = case.weights.keys().all(|kind| *kind == Kind::Spam);
    if is_spam && case.witnesses.keys().all(is_trapped) {
        let messages = if count == 1 { "message" } else { "messages" };
        return format!("Spam reached our traps: {count} {messages}, the last on {last}.");
    }
    let kinds: Vec<&str> = case.weights.keys().map(|kind| words(*kind)).collect();
    let times = if count == 1 {
        "once".to_owned()
    } else {
        format!("{count} times")
    };
    format!(
        "Seen or reported {times}: {}; the last on {last}.",
        kinds.join(", ")
    )
}

/// A kind in words.
const fn words(kind: Kind) -> &'static str {
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
