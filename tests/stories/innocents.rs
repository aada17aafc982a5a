//! The ham of real people, read through the path of replayed mail and reported as spam by one member: nobody is listed by that, and what
//! is protected is not listed whoever agrees.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use atalaya_decide::simulate::{Step, World};
use atalaya_decide::{Protected, Rules};
use atalaya_model::{Clock, Handshake, Observation, Prefix, Sensor};
use atalaya_observe::TrapConfig;
use atalaya_observe::replay::{Age, Replay, ReplayConfig};

use crate::harness::{files_in, unpack};

/// A source of this share of the ham and more is a large shared sender.
const LARGE: usize = 3;

/// The ham as observations.
fn ham() -> Option<Vec<Observation>> {
    let folder = unpack("mails/spamassassin-part.tar.zst")?;
    let replay = Replay::new(&ReplayConfig::default(), &TrapConfig::default(), Age::AsNew);
    let now = Clock::system().now();
    let files = files_in(folder.path());
    let ham = files.iter().filter(|file| file.to_string_lossy().contains("ham"));
    let seen = ham.filter_map(|file| replay.observe(&std::fs::read(file).unwrap(), None, now).ok());
    let seen: Vec<Observation> = seen.map(|(seen, _)| seen).collect();
    assert!(seen.len() > 100, "{} hams have a source", seen.len());
    Some(seen)
}

/// Whom a list would hold after these reports.
fn listed(world: &mut World, reports: impl Iterator<Item = Observation>) -> BTreeSet<Prefix> {
    let mut listed = BTreeSet::new();
    for report in reports {
        world.advance(report.seen_at);
        for step in world.observe(&report) {
            if let Step::Decided(decision) = step {
                listed.insert(decision.prefix);
            }
        }
    }
    listed
}

/// A mail reported by a member.
fn report(seen: &Observation, member: &str) -> Observation {
    Observation {
        sensor: Sensor::Report,
        source: member.to_owned(),
        handshake: Handshake::Reported,
        ..seen.clone()
    }
}

#[test]
fn ham_that_one_member_reports_lists_nobody_and_large_senders_are_not_listed_by_many() {
    let Some(ham) = ham() else { return };
    let rules = Arc::new(Rules::standard().unwrap());
    let mut counts: HashMap<IpAddr, usize> = HashMap::new();
    for seen in &ham {
        *counts.entry(seen.address).or_default() += 1;
    }
    let mut alone = World::new(Arc::clone(&rules), Arc::default());
    let by_one = listed(&mut alone, ham.iter().map(|seen| report(seen, "member")));
    assert_eq!(by_one, BTreeSet::new());

    let mut protected = Protected::default();
    let large: Vec<Prefix> = counts
        .iter()
        .filter(|(_, count)| **count >= LARGE)
        .map(|(address, _)| Prefix::unit(*address))
        .collect();
    assert!(!large.is_empty());
    large
        .iter()
        .for_each(|sender| protected.add(*sender, "a large sender"));
    let mut many = World::new(rules, Arc::new(protected));
    let members = ["one", "two", "three", "four"];
    let reports = members
        .iter()
        .flat_map(|member| ham.iter().map(move |seen| report(seen, member)));
    let by_many = listed(&mut many, reports);
    let hit = large.iter().find(|sender| by_many.contains(sender));
    assert_eq!(hit, None, "{} of others are listed", by_many.len());
}
