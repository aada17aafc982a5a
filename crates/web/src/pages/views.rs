//! Views: what the page of an address shows, decided and written. Plain functions of facts, rules and language.

use atalaya_delist::{DelistConfig, Prospect, assess, wait_after};
use atalaya_formats::view::{PublicObservation, Spoken, System};
use atalaya_formats::why::{Why, is_typed};
use atalaya_model::{Class, Decided, Listing, MailAddress, Prefix, Rule, Timestamp, Verdict};
use atalaya_publish::{Held, PublicLog};
use atalaya_store::Notice;

use super::proof::{Folded, FoldedView};
use crate::lookup::{Details, Facts, Standing};
use crate::texts::{ClassTexts, Texts};
use crate::written::Moment;

/// A return code with its class.
pub(super) struct CodeView {
    pub(super) code: String,
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    /// What mail servers should do with it.
    pub(super) meant_for: &'static str,
}

/// All return codes.
pub(super) fn codes(t: &'static Texts) -> Vec<CodeView> {
    let view = |((class, texts), meant_for): ((Class, &'static ClassTexts), &'static str)| CodeView {
        code: class.code().to_string(),
        name: texts.name,
        meaning: texts.meaning,
        meant_for,
    };
    let classes = Class::ALL.into_iter().zip(&t.classes);
    classes.zip(t.short.uses).map(view).collect()
}

/// The codes of classes, with commas between.
pub(super) fn list_codes(classes: &[Class]) -> String {
    let codes = classes.iter().map(|class| class.code().to_string());
    codes.collect::<Vec<_>>().join(", ")
}

/// The sub-zones of a zone, with the classes in each.
pub(super) fn sub_zones(zone: &str) -> Vec<(String, Vec<Class>)> {
    let mut zones: Vec<(String, Vec<Class>)> = Vec::new();
    for class in Class::ALL {
        let name = format!("{}.{zone}", class.sub_zone());
        match zones.iter_mut().find(|(known, _)| *known == name) {
            Some((_, classes)) => classes.push(class),
            None => zones.push((name, vec![class])),
        }
    }
    zones
}

/// The verdict in one word or two, with the tone of its colour.
pub(super) fn verdict(standing: &Standing, t: &'static Texts) -> (&'static str, &'static str) {
    match standing {
        Standing::Listed(_) => ("listed", t.address.listed),
        Standing::TestEntry(_) => ("neutral", t.address.test_entry),
        Standing::Allowed(_) => ("allowed", t.address.allowed),
        Standing::Reserved(_) => ("neutral", t.address.reserved),
        Standing::NotListed => ("clear", t.address.not_listed),
    }
}

/// What the pages say about a class.
pub(crate) fn class_texts(t: &'static Texts, class: Class) -> &'static ClassTexts {
    let [manual, spam, bot, hijacked, declared, policy] = &t.classes;
    match class {
        Class::Manual => manual,
        Class::Spam => spam,
        Class::Bot => bot,
        Class::Hijacked => hijacked,
        Class::PolicyDeclared => declared,
        Class::Policy => policy,
    }
}

/// One listing.
pub(super) struct ListingView {
    pub(super) class: &'static str,
    pub(super) meaning: &'static str,
    pub(super) scope: String,
    pub(super) code: String,
    pub(super) until: Option<Moment>,
    pub(super) stored: Option<StoredView>,
}

/// What the store knows of a listing.
pub(super) struct StoredView {
    pub(super) reason: String,
    pub(super) reason_language: &'static str,
    pub(super) since: Moment,
    pub(super) rule: String,
    pub(super) serial: String,
    /// Its place in the public log, where it stands there.
    pub(super) entry: Option<String>,
    /// The proof of that, where it is at hand.
    pub(super) proof: Option<FoldedView>,
}

/// The public log, and what of it is at hand.
#[derive(Clone, Copy)]
pub(super) struct Logged<'a> {
    pub(super) log: Option<&'a PublicLog>,
    pub(super) proofs: &'a Folded,
}

/// One listing, with what the store knows of it.
pub(super) fn listing(held: &Held, facts: &Facts, logged: Logged<'_>, t: &'static Texts) -> ListingView {
    let texts = class_texts(t, held.class);
    ListingView {
        class: texts.name,
        meaning: texts.meaning,
        scope: scope(&held.prefix, &facts.unit, t),
        code: held.class.code().to_string(),
        until: facts.until(held).map(|until| t.units.moment(until)),
        stored: facts
            .stored(held)
            .map(|listing| stored(listing, facts, logged, t)),
    }
}

/// What the store knows of a listing, with the score of the decision behind it.
fn stored(listing: &Listing, facts: &Facts, logged: Logged<'_>, t: &'static Texts) -> StoredView {
    let decisions = facts
        .details
        .as_ref()
        .map_or(&[][..], |details| &details.kept.decisions);
    let score = decisions
        .iter()
        .find(|decided| decided.serial == listing.serial)
        .map(|by| by.decision.score);
    let (reason, reason_language) = reason(&listing.rule, &listing.reason, t);
    StoredView {
        reason,
        reason_language,
        since: t.units.moment(listing.since),
        rule: rule(&listing.rule.0, score, t),
        serial: listing.serial.to_string(),
        entry: logged
            .log
            .and_then(|log| log.place(listing.serial))
            .map(|index| (t.log.entry)(&t.units.number(index))),
        proof: logged.proofs.view(listing.serial, facts, t),
    }
}

/// What else a listing covers.
fn scope(prefix: &Prefix, unit: &Prefix, t: &'static Texts) -> String {
    if prefix.is_single() {
        t.address.scope_address.to_owned()
    } else if prefix == unit {
        (t.address.scope_unit)(&prefix.to_string())
    } else {
        (t.address.scope_range)(&prefix.to_string())
    }
}

/// The rule, with the score where one was involved.
fn rule(name: &str, score: Option<f64>, t: &'static Texts) -> String {
    match score.filter(|score| *score > 0.0) {
        Some(score) => (t.address.rule_with_score)(name, &t.units.score(score)),
        None => name.to_owned(),
    }
}

/// A kept reason as a page says it, with its language for `lang`. What our rules write is said in the words of the page; a sentence that is
/// none of theirs stands as it is kept, in English. What an operator typed is in a language that nobody told us, which HTML writes as an
/// empty text.
pub(crate) fn reason(rule: &Rule, kept: &str, t: &'static Texts) -> (String, &'static str) {
    match Why::of(rule, kept) {
        None if is_typed(rule) => (kept.to_owned(), ""),
        why => said(why, kept, t),
    }
}

/// What a trial of rules gives as a reason: the same, for nobody typed it.
pub(crate) fn reason_of_rules(kept: &str, t: &'static Texts) -> (String, &'static str) {
    said(Why::read(kept), kept, t)
}

/// A sentence in the words of the page, or as it is kept.
fn said(why: Option<Why>, kept: &str, t: &'static Texts) -> (String, &'static str) {
    match why {
        Some(why) => ((t.address.say_why)(&why), t.frame.tag),
        None => (kept.to_owned(), "en"),
    }
}

/// One observation.
pub(super) struct EvidenceView {
    pub(super) time: Moment,
    pub(super) sensor: &'static str,
    /// The address, where the listing covers more than one.
    pub(super) from: Option<String>,
    pub(super) helo: String,
    pub(super) sender: Option<String>,
    pub(super) subject: String,
    pub(super) size: String,
    /// The system, by its first packet.
    pub(super) system: Option<String>,
    /// The programs that speak so, or the name of the dialect.
    pub(super) dialect: Option<String>,
    /// Why it does not count.
    pub(super) note: Option<&'static str>,
}

/// An observation as a page shows it.
pub(super) fn evidence(seen: PublicObservation, unit: &Prefix, t: &'static Texts) -> EvidenceView {
    let or_empty = |text: String| {
        if text.is_empty() {
            t.address.empty.to_owned()
        } else {
            text
        }
    };
    let note = match (seen.counted, seen.kind) {
        (true, _) => None,
        (false, atalaya_model::Kind::Backscatter) => Some(t.address.backscatter),
        (false, _) => Some(t.address.unproven),
    };
    EvidenceView {
        time: t.units.moment(seen.seen_at),
        sensor: (t.seen.sensor)(seen.sensor),
        from: (!unit.is_single()).then(|| seen.address.to_string()),
        helo: or_empty(seen.helo),
        sender: seen.sender_domain,
        subject: or_empty(seen.subject),
        size: t.units.size(seen.size),
        system: seen.system.map(|seen| system(seen, t)),
        dialect: seen.dialect.map(|seen| dialect(seen, t)),
        note,
    }
}

/// What opened the connection, in words.
fn system(seen: System, t: &'static Texts) -> String {
    match (seen.label, seen.certain) {
        (None, _) => t.address.system_unknown.to_owned(),
        (Some(label), true) => label,
        (Some(label), false) => (t.address.system_likely)(&label),
    }
}

/// How it spoke, in words.
fn dialect(seen: Spoken, t: &'static Texts) -> String {
    match seen.programs {
        Some(programs) => (t.address.dialect_known)(&programs),
        None => (t.address.dialect_unknown)(&seen.id.to_string()),
    }
}

/// One decision of the past.
pub(crate) struct HistoryView {
    pub(crate) at: Moment,
    pub(crate) tone: &'static str,
    pub(crate) text: String,
    pub(crate) reason: Option<String>,
    pub(crate) reason_language: &'static str,
    pub(crate) rule: String,
    pub(crate) serial: String,
}

/// A decision as a page shows it, with its prefix where that is not the unit itself. Reasons of the allow list are for the operator
/// alone.
pub(crate) fn history(decided: &Decided, unit: &Prefix, t: &'static Texts) -> HistoryView {
    let (words, decision) = (&t.address.verdicts, &decided.decision);
    let name = |class| class_texts(t, class).name;
    let (tone, text) = match decision.verdict {
        Verdict::List { class, .. } => ("listed", (words.listed)(name(class))),
        Verdict::Extend { class, until } => {
            let end = until.map_or_else(|| t.address.endless.to_owned(), |until| t.units.day(until));
            ("listed", (words.extended)(name(class), &end))
        }
        Verdict::Withdraw { class } => ("clear", (words.withdrawn)(name(class))),
        Verdict::Allow { .. } => ("allowed", words.allowed.to_owned()),
        Verdict::Disallow => ("neutral", words.disallowed.to_owned()),
    };
    let (reason, reason_language) = reason(&decision.rule, &decision.reason, t);
    let text = if decision.prefix == *unit {
        text
    } else {
        format!("{text} ({})", decision.prefix)
    };
    HistoryView {
        at: t.units.moment(decided.at),
        tone,
        text,
        reason: decision
            .verdict
            .class()
            .map(|_| reason)
            .filter(|reason| !reason.is_empty()),
        reason_language,
        rule: rule(&decision.rule.0, Some(decision.score), t),
        serial: decided.serial.to_string(),
    }
}

/// Whom we told, without saying which mailbox.
pub(super) fn notice(notice: &Notice, t: &'static Texts) -> String {
    let at = notice.told_at.unwrap_or(notice.at);
    (t.address.notice)(&t.units.day(at), notice.contact.domain())
}

/// A mailbox to write to.
pub(super) struct MailView {
    pub(super) address: String,
    pub(super) link: String,
}

/// The postmaster, with a subject that names the address.
pub(super) fn mail(postmaster: &MailAddress, subject: &str) -> MailView {
    let subject: String = subject
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b".-_".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    MailView {
        address: postmaster.to_string(),
        link: format!("mailto:{postmaster}?subject={subject}"),
    }
}

/// What the holder can do about the listings.
pub(super) struct RemovalView {
    pub(super) paragraphs: Vec<String>,
    pub(super) button: Option<String>,
    pub(super) mail: Option<MailView>,
}

/// Says beforehand what the rules of leaving will answer.
pub(super) fn removal(
    facts: &Facts,
    details: &Details,
    (config, postmaster): (&DelistConfig, &MailAddress),
    t: &'static Texts,
) -> Option<RemovalView> {
    let r = &t.removal;
    let listings = &details.kept.listings;
    let write_to = || mail(postmaster, &(r.mail_subject)(&facts.address.to_string()));
    match assess(facts.address, listings, &details.kept.removals, config, facts.now) {
        Prospect::NotListed => None,
        Prospect::Now { staying, .. } => {
            let next = wait_after(earlier_removals(details).saturating_add(1), config);
            let comes_back = if next.is_zero() {
                r.comes_back_free.to_owned()
            } else {
                (r.comes_back)(&t.units.duration(next))
            };
            let mut paragraphs = vec![r.now.to_owned(), comes_back];
            if !staying.is_empty() {
                let staying: Vec<String> = staying.iter().map(|listing| named(listing, t)).collect();
                paragraphs.push((r.will_stay)(&staying.join(", ")));
            }
            Some(RemovalView {
                paragraphs,
                button: Some((r.button)(&facts.unit.to_string())),
                mail: (!staying.is_empty()).then(write_to),
            })
        }
        Prospect::Wait { until } => {
            let mut paragraphs = vec![(r.wait)(&t.units.moment(until).text), growing(details, config, t)];
            if let Some(end) = last_end(listings.iter().map(|listing| listing.until)) {
                paragraphs.push((r.wait_short)(&t.units.moment(end).text));
            }
            Some(RemovalView {
                paragraphs,
                button: None,
                mail: None,
            })
        }
        Prospect::ByHandOnly { staying } => Some(RemovalView {
            paragraphs: vec![by_hand(&staying, &facts.unit, t)],
            button: None,
            mail: Some(write_to()),
        }),
    }
}

/// Why it waits so long.
fn growing(details: &Details, config: &DelistConfig, t: &'static Texts) -> String {
    let period = t.units.duration(config.remember.duration());
    match earlier_removals(details) {
        1 => (t.proof.growing_once)(&period),
        times => (t.proof.growing)(&t.units.number(times as u64), &period),
    }
}

/// How often it was removed. One removal that withdrew from several classes stands there several times, side by side.
fn earlier_removals(details: &Details) -> usize {
    let mut removals = details.kept.removals.clone();
    removals.dedup();
    removals.len()
}

/// A listing with the name of its class.
pub(super) fn named(listing: &Listing, t: &'static Texts) -> String {
    format!("{} ({})", listing.prefix, class_texts(t, listing.class).name)
}

/// Why only the postmaster can do it.
pub(super) fn by_hand(staying: &[Listing], unit: &Prefix, t: &'static Texts) -> String {
    match staying.iter().find(|listing| !unit.covers(&listing.prefix)) {
        Some(range) => (t.removal.by_hand_range)(&range.prefix.to_string()),
        None => t.removal.by_hand.to_owned(),
    }
}

/// The last of the ends of some listings, if all of them end.
pub(super) fn last_end(ends: impl Iterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    let ends: Option<Vec<_>> = ends.collect();
    ends?.into_iter().max()
}
