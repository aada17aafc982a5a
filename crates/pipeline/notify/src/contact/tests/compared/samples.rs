//! Every recorded answer, asked for by both: `cargo test -p atalaya-notify beside_net_abuse_utils -- --nocapture` prints the table of
//! docs/benchmarks.md.

use std::collections::BTreeMap;

use atalaya_testkit::contacts::{NetAbuseUtils, Sample};

use super::super::*;
use super::score::{Score, Verdict};

/// The registries' WHOIS servers, and how ARIN calls who runs each.
const SERVERS: [(&str, &str); 5] = [
    ("whois.arin.net", "ARIN"),
    ("whois.ripe.net", "RIPE"),
    ("whois.apnic.net", "APNIC"),
    ("whois.lacnic.net", "LACNIC"),
    ("whois.afrinic.net", "AFRINIC"),
];
/// What a server says that knows nothing.
const NOTHING: &str = "% nothing found\n";

/// The internet around one sample: its server gives it, IANA and ARIN refer there, and nobody else knows anything.
struct Internet {
    rdap: Option<HttpPeer>,
    iana: LinePeer,
    whois: BTreeMap<&'static str, LinePeer>,
}

impl Internet {
    async fn around(sample: &Sample, body: &[u8]) -> Self {
        let mut whois = BTreeMap::new();
        for (server, _) in SERVERS {
            whois.insert(server, whois_peer(reply_of(server, sample, body)).await);
        }
        let rdap = match sample.whois_server {
            None => Some(rdap_peer(HttpReply::rdap(body)).await),
            Some(_) => None,
        };
        let iana = match sample.whois_server {
            Some(server) => format!("refer: {server}\n"),
            None => NOTHING.to_owned(),
        };
        Self {
            rdap,
            iana: whois_peer(LineReply::text(iana)).await,
            whois,
        }
    }

    /// Whom we find.
    async fn ours(&self, address: &str) -> Vec<String> {
        let mut config = by_whois(&self.iana);
        if let Some(rdap) = &self.rdap {
            config.rdap_servers = by_rdap(rdap).rdap_servers;
        }
        for (server, peer) in &self.whois {
            let place = peer.address().to_string();
            config.whois_servers.insert((*server).to_owned(), place);
        }
        // Who is told to come again has nobody to write to, as well as who is told that there is nobody.
        let found = Bench::new(&config).ask(address).await.result;
        let found = found.ok().flatten().map(|found| found.addresses);
        found.iter().flatten().map(ToString::to_string).collect()
    }

    /// Whom the library finds: its one function that looks for the contact of an address.
    async fn theirs(&self, address: &str) -> Vec<String> {
        let places = self.whois.iter();
        let library = NetAbuseUtils {
            whois: places
                .map(|(name, peer)| ((*name).to_owned(), peer.address()))
                .collect(),
            resolver: None,
        };
        let mut answers = library
            .ask(&[format!("get_ipwi_contacts {address}")])
            .await
            .unwrap();
        let mut found = answers.pop().unwrap();
        found.sort();
        found
    }
}

/// What a WHOIS server says in the world of a sample.
fn reply_of(server: &str, sample: &Sample, body: &[u8]) -> LineReply {
    match sample.whois_server {
        Some(home) if home == server => LineReply::text(body),
        Some(home) if server == "whois.arin.net" => {
            let registry = SERVERS.iter().find(|(name, _)| *name == home).unwrap().1;
            LineReply::text(format!(
                "OrgId:          {registry}\n\nReferralServer: whois://{home}\n"
            ))
        }
        _ => LineReply::text(NOTHING),
    }
}

/// The scores of both.
#[derive(Default)]
struct Scores {
    ours: Score,
    theirs: Score,
}

impl Scores {
    fn add(&mut self, sample: &Sample, ours: &[String], theirs: &[String]) {
        self.ours.add(ours, &sample.right);
        self.theirs.add(theirs, &sample.right);
    }

    fn print(&self, over: &str) {
        println!(
            "\nOver {over}:\n\n- Atalaya: {}\n- Net::Abuse::Utils: {}",
            self.ours, self.theirs
        );
    }
}

#[tokio::test]
async fn on_every_sample_we_do_as_well_or_better_beside_net_abuse_utils() {
    if !NetAbuseUtils::is_there().await {
        return atalaya_testkit::skip("Perl's Net::Abuse::Utils is not installed");
    }
    let (mut all, mut whois) = (Scores::default(), Scores::default());
    println!("| sample | address | right | Atalaya | Net::Abuse::Utils |\n|---|---|---|---|---|");
    for sample in Sample::all() {
        let Some(body) = sample.body() else {
            return atalaya_testkit::skip("the shared test data is absent");
        };
        let internet = Internet::around(&sample, &body).await;
        let (ours, theirs) = (
            internet.ours(sample.address).await,
            internet.theirs(sample.address).await,
        );
        let [our, their] = [&ours, &theirs].map(|found| Verdict::of(found, &sample.right));
        println!(
            "| `{}` | {} | {} | {our} | {their}: {} |",
            sample.path,
            sample.address,
            or_nobody(&sample.right.join(" ")),
            or_nobody(&theirs.join(" "))
        );
        assert!(our >= their, "{}: {ours:?} against {theirs:?}", sample.path);
        all.add(&sample, &ours, &theirs);
        if sample.whois_server.is_some() {
            whois.add(&sample, &ours, &theirs);
        }
    }
    whois.print("the samples of WHOIS, the one protocol of both");
    all.print("all samples");
}

fn or_nobody(mailboxes: &str) -> &str {
    if mailboxes.is_empty() { "nobody" } else { mailboxes }
}
