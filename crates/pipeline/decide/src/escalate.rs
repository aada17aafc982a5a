//! Escalation: a whole /24 (IPv4) or /48 (IPv6) is listed once many different units inside are. Off unless the rules say so, never wider,
//! and never by the number of a network. A protected or allowed neighbour inside stops it.
//!
//! In: what the rules listed inside, what is protected, the rules, the time. Out: a decision, if one follows. Plain functions only.

use std::collections::BTreeSet;

use atalaya_formats::why::Why;
use atalaya_model::{Decision, Listing, Prefix, Timestamp, Verdict, reserved};

use crate::rules::{ESCALATION, Escalation, Rules};
use crate::withdraw::is_ruled;

/// The network of a unit that may be listed whole.
#[must_use]
pub fn network_of(unit: Prefix) -> Prefix {
    Prefix::new(unit.network(), if unit.is_ipv4() { 24 } else { 48 })
}

/// Says whether a network is to be listed, given what stands listed inside and whether anything in it is kept off the list.
#[must_use]
pub fn escalate(
    network: Prefix,
    inside: &[Listing],
    is_kept_off: KeptOff,
    rules: &Rules,
    now: Timestamp,
) -> Option<Decision> {
    let Escalation {
        units,
        class,
        lifetime,
    } = rules.escalation?;
    if is_kept_off == KeptOff::Yes || reserved(&network).is_some() {
        return None;
    }
    let stands = |listing: &&Listing| is_ruled(&listing.rule) && !listing.is_over(now);
    let listed: BTreeSet<Prefix> = inside
        .iter()
        .filter(stands)
        .map(|listing| listing.prefix)
        .filter(Prefix::is_unit)
        .collect();
    let count = u32::try_from(listed.len()).unwrap_or(u32::MAX);
    let is_listed = inside
        .iter()
        .any(|listing| listing.prefix == network && listing.class == class);
    if count < units || is_listed {
        return None;
    }
    Some(Decision {
        prefix: network,
        verdict: Verdict::List {
            class,
            until: Some(now.plus(lifetime.duration())),
        },
        rule: rules.rule(ESCALATION),
        score: f64::from(count),
        reason: Why::ManyListed(u64::from(count)).to_string(),
    })
}

/// Whether something inside a network is reserved, allowed or protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptOff {
    /// It is: the network is never listed whole.
    Yes,
    /// Nothing is.
    No,
}

#[cfg(test)]
mod tests {
    use atalaya_model::{Class, Rule, Serial};

    use super::*;
    use crate::rules::{SCORE, STANDARD};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn rules() -> Rules {
        let more = "[escalation]\nunits = 4\nclass = \"spam\"\nlifetime = \"2d\"\n";
        Rules::parse(&format!("{STANDARD}\n{more}")).unwrap()
    }

    fn listed(prefix: &str, rule: &str) -> Listing {
        Listing {
            prefix: prefix.parse().unwrap(),
            class: Class::Spam,
            reason: String::new(),
            rule: Rule::new(rule, 1),
            since: NOW,
            until: Some(NOW.plus(std::time::Duration::from_secs(60))),
            serial: Serial(1),
        }
    }

    #[test]
    fn a_network_is_listed_once_enough_of_its_units_are_and_nothing_in_it_is_kept_off() {
        let (rules, network) = (rules(), "192.0.2.0/24".parse().unwrap());
        let mut inside: Vec<Listing> = (1..4).map(|at| listed(&format!("192.0.2.{at}"), SCORE)).collect();
        inside.push(listed("192.0.2.9", "by-hand"));
        inside.push(inside[0].clone());
        assert_eq!(escalate(network, &inside, KeptOff::No, &rules, NOW), None);
        inside.push(listed("192.0.2.10", SCORE));
        let decision = escalate(network, &inside, KeptOff::No, &rules, NOW).unwrap();
        assert_eq!(
            (decision.prefix, decision.rule.0.as_str()),
            (network, "escalation/3")
        );
        assert_eq!(escalate(network, &inside, KeptOff::Yes, &rules, NOW), None);
        let over = NOW.plus(std::time::Duration::from_secs(60));
        assert_eq!(escalate(network, &inside, KeptOff::No, &rules, over), None);
        inside.push(listed("192.0.2.0/24", ESCALATION));
        assert_eq!(escalate(network, &inside, KeptOff::No, &rules, NOW), None);
        let off = Rules::standard().unwrap();
        inside.pop();
        assert_eq!(escalate(network, &inside, KeptOff::No, &off, NOW), None);
    }

    #[test]
    fn the_network_of_a_unit_is_its_24_or_its_48() {
        let network = |unit: &str| network_of(unit.parse().unwrap()).to_string();
        assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2::/64"), "2001:db8:1::/48");
    }
}
