//! The ham of real people, read through the path of replayed mail and reported as spam by one member: nobody is listed by that, and what
//! is protected is not listed whoever agrees.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use atalaya_decide::simulate::{Step, World};
use atalaya_decide::{ProtectConfig, Protected, Protection, Rules};
use atalaya_model::{Clock, Handshake, Observation, Prefix, Sensor};
use atalaya_observe::TrapConfig;
use atalaya_observe::replay::{Age, Replay, ReplayConfig};
use atalaya_store::{Store, StoreUrl};

use crate::harness::{files_in, free_port, have, run, unpack, until};

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
    let seen: Vec<Observation> = seen.map(|read| read.observation).collect();
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

/// A name server with these records; killed when dropped.
struct NameServer {
    child: Child,
    address: SocketAddr,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl NameServer {
    /// NSD with all names of the world in one zone.
    fn start(folder: &Path, records: &str) -> Self {
        let port = free_port();
        let place = folder.display();
        let zone = format!(
            "$TTL 60\n. SOA ns.test. host.test. 1 3600 600 86400 60\n. NS ns.test.\nns.test. A 127.0.0.1\n{records}"
        );
        std::fs::write(folder.join("world.zone"), zone).unwrap();
        let config = format!(
            "server:\n ip-address: 127.0.0.1@{port}\n username: \"\"\n chroot: \"\"\n zonesdir: \"{place}\"\n database: \"\"\n \
             pidfile: \"\"\n xfrdfile: \"{place}/xfrd.state\"\n xfrdir: \"{place}\"\n zonelistfile: \"{place}/zone.list\"\n \
             server-count: 1\nremote-control:\n control-enable: no\nzone:\n name: \".\"\n zonefile: world.zone\n"
        );
        let file = folder.join("nsd.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("nsd");
        command.arg("-d").arg("-c").arg(&file);
        let child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn();
        let server = Self {
            child: child.unwrap(),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        };
        let question = ["+short", "+tries=1", "+timeout=1", "@127.0.0.1", "-p"];
        let port = port.to_string();
        until("the name server", || {
            let answer = run("dig", &[&question[..], &[&port, "ns.test", "A"]].concat());
            (answer == "127.0.0.1").then_some(())
        });
        server
    }
}

/// The addresses of the large senders by the domain that they greet with.
fn large_senders(ham: &[Observation]) -> BTreeMap<String, BTreeSet<IpAddr>> {
    let mut counts: HashMap<(String, IpAddr), usize> = HashMap::new();
    for seen in ham {
        let helo = seen.envelope.helo.to_lowercase();
        let labels: Vec<&str> = helo.split('.').collect();
        let domain = labels[usize::from(labels.len() > 2)..].join(".");
        let is_name = domain.contains('.') && domain.ends_with(|last: char| last.is_ascii_alphabetic());
        if is_name && seen.address.is_ipv4() {
            *counts.entry((domain, seen.address)).or_default() += 1;
        }
    }
    let mut large: BTreeMap<String, BTreeSet<IpAddr>> = BTreeMap::new();
    for ((domain, address), _) in counts.into_iter().filter(|(_, count)| *count >= LARGE) {
        large.entry(domain).or_default().insert(address);
    }
    large
}

/// What such a domain would publish: its first server takes mail, the others send by a record that is included.
fn records(domain: &str, addresses: &BTreeSet<IpAddr>) -> String {
    let mut addresses = addresses.iter();
    let first = addresses.next().unwrap();
    let mut others = String::new();
    for address in addresses {
        write!(others, " ip4:{address}").unwrap();
    }
    format!(
        "{domain}. MX 10 mx.{domain}.\nmx.{domain}. A {first}\n{domain}. TXT \"v=spf1 include:_spf.{domain} -all\"\n\
         _spf.{domain}. TXT \"v=spf1{others} -all\"\n"
    )
}

/// What DNS says of these domains.
fn protected_by(server: &NameServer, domains: Vec<String>, folder: &Path) -> Arc<Protected> {
    let config = ProtectConfig {
        domains,
        resolvers: vec![server.address],
        ..ProtectConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let clock = Clock::system();
        let url = StoreUrl::Sqlite(folder.join("store.db"));
        let store = Store::open(&url, clock.clone()).await.unwrap();
        let protection = Protection::open(config, store.clone(), clock).await.unwrap();
        protection.refresh().await.unwrap();
        store.close().await;
        protection.current()
    })
}

#[test]
fn large_senders_whose_domains_dns_knows_are_not_listed_by_many() {
    let Some(ham) = ham() else { return };
    if !have(&["nsd", "dig"]) {
        return;
    }
    let large = large_senders(&ham);
    assert!(large.len() >= 3, "{large:?}");
    let folder = tempfile::tempdir().unwrap();
    let zone: String = large
        .iter()
        .map(|(domain, addresses)| records(domain, addresses))
        .collect();
    let server = NameServer::start(folder.path(), &zone);
    let protected = protected_by(&server, large.keys().cloned().collect(), folder.path());
    let mut world = World::new(Arc::new(Rules::standard().unwrap()), protected);
    let reports = ["one", "two", "three", "four"]
        .iter()
        .flat_map(|member| ham.iter().map(move |seen| report(seen, member)));
    let by_many = listed(&mut world, reports);
    let mut senders = large.values().flatten().map(|address| Prefix::unit(*address));
    let hit = senders.find(|sender| by_many.contains(sender));
    assert_eq!(hit, None, "{} of others are listed", by_many.len());
    assert!(!by_many.is_empty(), "who is not protected is listed by so many");
}
