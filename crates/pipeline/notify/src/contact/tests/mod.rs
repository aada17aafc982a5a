//! The cascade against scripted peers on loopback: recorded answers of every registry, and peers that lie.

mod bootstrap;
mod by_hand;
mod cache;
mod candidates;
mod compared;
mod files;
mod lying_dns;
mod lying_rdap;
mod lying_whois;
mod names;
mod plan;
mod recorded;
mod truth;

use std::time::Duration;

use atalaya_model::{Clock, MailAddress, Period, Prefix, Timestamp};
use atalaya_testkit::TestClock;
use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply, HttpPeer, HttpReply, LinePeer, LineReply};
use tempfile::TempDir;

use super::answer::{Answer, Wait};
use super::sources::{Sources, Until};
use super::step::Search;
use super::{ContactConfig, Step};

/// A file of the recorded answers; none where the test data is absent.
fn recorded_file(path: &str) -> Option<Vec<u8>> {
    let found = atalaya_testkit::data(&format!("rdap-whois/{path}"));
    if found.is_none() {
        atalaya_testkit::skip("the shared test data is absent");
    }
    found.map(|path| std::fs::read(path).unwrap())
}

/// A configuration that asks nobody.
fn nobody_to_ask() -> ContactConfig {
    ContactConfig {
        bootstrap_url: String::new(),
        whois_server: String::new(),
        resolvers: Vec::new(),
        queries_per_minute: 100,
        ..ContactConfig::default()
    }
}

/// The same configuration for peers that keep us waiting.
fn hasty(config: ContactConfig) -> ContactConfig {
    ContactConfig {
        timeout: Period::millis(300),
        ..config
    }
}

/// A configuration that asks `peer` by RDAP about everything.
fn by_rdap(peer: &HttpPeer) -> ContactConfig {
    let mut config = nobody_to_ask();
    for everything in ["0.0.0.0/0", "::/0"] {
        config
            .rdap_servers
            .insert(everything.parse().unwrap(), peer.url("/rdap"));
    }
    config
}

/// A configuration that asks `peer` by WHOIS about everything.
fn by_whois(peer: &LinePeer) -> ContactConfig {
    ContactConfig {
        whois_server: peer.address().to_string(),
        ..nobody_to_ask()
    }
}

/// An RDAP server that gives every question the same reply.
async fn rdap_peer(reply: HttpReply) -> HttpPeer {
    HttpPeer::start(move |_path| reply.clone()).await.unwrap()
}

/// A resolver that knows these records.
async fn resolver(records: Vec<DnsRecord>) -> DnsPeer {
    DnsPeer::start(move |name| {
        let found: Vec<_> = records
            .iter()
            .filter(|record| record.is_about(name))
            .cloned()
            .collect();
        if found.is_empty() {
            DnsReply::Status(3)
        } else {
            DnsReply::Records(found)
        }
    })
    .await
    .unwrap()
}

/// A reverse zone of 192.0.2.0/24 with a mailbox in the domain of its name server.
fn reverse_zone(mailbox: &str) -> [DnsRecord; 2] {
    let zone = "2.0.192.in-addr.arpa";
    [
        DnsRecord::soa(zone, mailbox),
        DnsRecord::ns(zone, "ns1.example.net"),
    ]
}

/// A configuration that asks nobody but a resolver.
fn by_dns(peer: &DnsPeer) -> ContactConfig {
    ContactConfig {
        resolvers: vec![peer.address()],
        zones: vec!["contacts.example".to_owned()],
        abuse_net_zone: "abuse-net.example".to_owned(),
        least_confidence: 25,
        ..nobody_to_ask()
    }
}

/// A WHOIS server that gives every question the same reply.
async fn whois_peer(reply: LineReply) -> LinePeer {
    LinePeer::start(move |_line| reply.clone()).await.unwrap()
}

/// Registries as configured, with a folder of their own and a clock that is set by hand.
struct Bench {
    registries: Sources,
    folder: TempDir,
    time: TestClock,
}

/// What a search gave.
struct Searched {
    result: Result<Option<Answer>, Wait>,
    steps: Vec<Step>,
}

impl Bench {
    fn new(config: &ContactConfig) -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            // A folder that nobody made yet.
            registries: Sources::new(config, &folder.path().join("rdap")).unwrap(),
            folder,
            time: TestClock::default(),
        }
    }

    async fn ask(&self, address: &str) -> Searched {
        let mut search = Search::new(address.parse().unwrap(), self.time.now(), Clock::system());
        let gathered = self.registries.ask(&mut search, Until::Sure).await;
        let result = gathered.and_then(super::gathered::Gathered::best);
        Searched {
            result,
            steps: search.into_taken(),
        }
    }

    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn later(&self, by: u64) -> Timestamp {
        self.now().plus(Duration::from_secs(by))
    }
}

impl Searched {
    /// The contact's addresses with the prefix for which it is kept.
    fn kept(&self, address: &str) -> Option<(String, Prefix)> {
        let answer = self.result.as_ref().unwrap().clone()?;
        let contact = answer.into_contact(address.parse().unwrap(), Timestamp::EPOCH);
        let addresses: Vec<_> = contact.addresses.iter().map(MailAddress::as_str).collect();
        Some((addresses.join(" "), contact.prefix))
    }

    /// The contact: mailboxes, prefix, how sure, and by which source.
    fn told(&self) -> String {
        match &self.result {
            Ok(Some(answer)) => {
                let addresses: Vec<_> = answer.addresses.iter().map(MailAddress::as_str).collect();
                let (addresses, prefix) = (addresses.join(" "), answer.prefix);
                format!(
                    "{addresses} for {prefix}, {}, {}",
                    answer.confidence, answer.source
                )
            }
            Ok(None) => "nobody".to_owned(),
            Err(wait) => format!("wait: {}", wait.why),
        }
    }

    /// The outcomes of the steps, one a line.
    fn outcomes(&self) -> String {
        self.steps
            .iter()
            .map(|step| format!("{}\n", step.outcome))
            .collect()
    }

    /// When to ask again, where the search came to no end.
    fn wait(&self) -> Timestamp {
        self.result.as_ref().unwrap_err().until
    }
}

/// The body of a right answer about 192.0.2.0/24.
fn right_answer() -> String {
    answer_about("192.0.2.0", "192.0.2.255", "abuse@example.net")
}

/// The body of an answer about a range with one abuse mailbox.
fn answer_about(first: &str, last: &str, mailbox: &str) -> String {
    serde_json::json!({"objectClassName": "ip network", "startAddress": first, "endAddress": last, "name": "EXAMPLE",
        "entities": [{"roles": ["registrant"], "entities": [{"roles": ["abuse"],
            "vcardArray": ["vcard", [["email", {}, "text", mailbox]]]}]}]})
    .to_string()
}
