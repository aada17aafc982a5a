//! Looking through millions of listings at the console: how long the first, a middle and a last page of each filter take, and how many calls it takes
//! to see 500 listings, or that there are no more.
//!
//! In: `--listed NUMBER`, `--filled FILE`, `--binary FILE`, the URL of an empty PostgreSQL database, or of one that an earlier run filled, to measure
//! there. Out: a table.
//!
//! The listings have shares as a list of traps has them, and were listed over a year, in 100,000 networks:
//!
//! ```text
//! spam 84 %   bot 10 %   policy 3 %   policy-declared 2 %   hijacked 1 %   manual 0.01 %, by hand, as is 0.01 % of spam
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use atalaya_model::{Class, Clock, Decision, Prefix, Rule, Timestamp, Verdict};
use atalaya_store::Store;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::asking::{Answer, ask};
use crate::filling::Filling;
use crate::process::{Server, binary};
use crate::random::Dice;

/// Networks that the listings lie in.
const NETWORKS: u32 = 100_000;
/// The distance of two listed addresses of a network, all of which lie in 1,024.
const STEP: u32 = 20;
/// Listings decided in one transaction.
const BATCH: u32 = 16_384;
/// Over how long they were listed.
const YEAR: Duration = Duration::from_secs(365 * 86_400);
/// How often each page is fetched.
const ROUNDS: usize = 5;
/// Calls after which nobody would go on.
const MOST_CALLS: usize = 40;
/// Listings that somebody wants to see.
const ENOUGH: usize = 500;
/// Where pages in the middle and at the end begin.
const PAGES: [(&str, &str); 3] = [
    ("first", ""),
    ("middle", "spam:128.0.0.0"),
    ("last", "spam:2a00:ff00::/64"),
];
/// What is asked for; `-7d` is a day a week ago.
const QUESTIONS: [&str; 32] = [
    "",
    "class=spam",
    "class=hijacked",
    "class=manual",
    "origin=hand",
    "origin=rules",
    "since=+30d",
    "since=-1d",
    "since=-7d",
    "since=-120d",
    "class=hijacked&origin=hand",
    "class=spam&origin=hand",
    "class=manual&origin=rules",
    "class=hijacked&origin=rules",
    "class=spam&origin=rules",
    "class=spam&since=+30d",
    "class=bot&since=-1d",
    "class=bot&since=-7d",
    "class=manual&since=-7d",
    "origin=hand&since=-7d",
    "origin=rules&since=-7d",
    "around=100.0.0.0/8",
    "around=100.0.0.0/8&class=manual",
    "country=US",
    "country=UY",
    "country=TV",
    "country=UY&class=manual",
    "country=UY&since=-7d",
    "country=UY&since=-1d",
    "country=US&since=-7d",
    "country=US&since=-1d",
    "country=TV&class=hijacked&origin=rules",
];

/// Fills a store, starts the server on it, and asks.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let filling = Filling::read(arguments)?;
    let binary = binary(arguments)?;
    let folder = tempfile::tempdir_in(".").context("cannot make a data folder here")?;
    let now = Clock::system().now();
    let file = format!("sqlite:{}", folder.path().join("atalaya.db").display());
    let url = filling.url.clone().unwrap_or(file);
    let runtime = Runtime::new()?;
    let kept = filling.kept.as_deref().filter(|_| filling.url.is_none());
    if let Some(kept) = kept.filter(|kept| kept.exists()) {
        std::fs::copy(kept, folder.path().join("atalaya.db"))?;
    }
    runtime.block_on(fill(&url, filling.listed, now))?;
    if let Some(kept) = kept.filter(|kept| !kept.exists()) {
        std::fs::copy(folder.path().join("atalaya.db"), kept)?;
    }
    let (_server, at) = Server::atalaya(&binary, folder.path(), &config(&url))?;
    let console = Console {
        at: at.http,
        token: token(&binary, folder.path(), now)?,
        now,
    };
    println!("best and longest of {ROUNDS}, and what it found; + where it goes on");
    for question in QUESTIONS {
        console.measure(question)?;
    }
    Ok(())
}

/// Lists so many where nothing is listed.
async fn fill(url: &str, listed: u32, now: Timestamp) -> anyhow::Result<()> {
    let begun = Instant::now();
    let store = Store::open(&url.parse()?, Clock::system()).await?;
    println!("opened and brought up to date in {:.1?}", begun.elapsed());
    if store.count_listings().await? == 0 {
        let mut dice = Dice::new(7);
        for begin in (0..listed).step_by(BATCH as usize) {
            let end = begin.saturating_add(BATCH).min(listed);
            let mut decisions: Vec<Decision> =
                (begin..end).map(|number| listing(number, &mut dice)).collect();
            // Those of a class are written together.
            decisions.sort_by_key(|decision| decision.verdict.class());
            let at = now.minus(YEAR.mul_f64(1.0 - f64::from(begin) / f64::from(listed)));
            let mut transaction = store.begin_deciding().await?;
            transaction.decide_all(&decisions, at).await?;
            transaction.commit().await?;
        }
    }
    store.close().await;
    Ok(())
}

/// The listing of this number. Networks come in turn, so that neighbours were listed at different times.
fn listing(number: u32, dice: &mut Dice) -> Decision {
    let (network, host) = (number % NETWORKS, number / NETWORKS);
    // Scattered over 1.0.0.0 to 223.255.255.255.
    let scattered = u64::from(network.wrapping_mul(2_654_435_761));
    let begin = 0x0100_0000 + (((scattered * 0xdf00_0000) >> 32) & 0xffff_fc00);
    let address = Ipv4Addr::from_bits(u32::try_from(begin).unwrap_or_default() + host * STEP);
    let v6 = (0x2a00_u128 << 112) | u128::from(network) << 80 | u128::from(host) << 64;
    let prefix = match dice.small(100) {
        0 => Prefix::new(IpAddr::V6(Ipv6Addr::from_bits(v6)), 64),
        _ => Prefix::single(address.into()),
    };
    let (class, rule) = match dice.small(10_000) {
        0 => (Class::Manual, "by-hand"),
        1 => (Class::Spam, "by-hand"),
        2..=8_400 => (Class::Spam, "policy"),
        8_401..=9_400 => (Class::Bot, "policy"),
        9_401..=9_700 => (Class::Policy, "policy"),
        9_701..=9_900 => (Class::PolicyDeclared, "policy"),
        _ => (Class::Hijacked, "policy"),
    };
    Decision {
        prefix,
        verdict: Verdict::List { class, until: None },
        rule: Rule::new(rule, 1),
        score: 1.0,
        reason: "Spam reached our traps.".to_owned(),
    }
}

/// The configuration: nothing goes out to the registries.
fn config(url: &str) -> String {
    format!(
        "[log]\nlevel = \"warn\"\n[publish]\nzone = \"list.example\"\n[contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\n[store]\nurl = \"{url}\"\n"
    )
}

/// A token that reads. One of an earlier run may be there.
fn token(binary: &Path, data: &Path, now: Timestamp) -> anyhow::Result<String> {
    let mut command = Command::new(binary);
    let name = format!("bench-{}", now.micros());
    command.args(["token", "create", &name, "--scope", "read", "--json", "--data"]);
    let made = command.arg(data).output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout)?;
    let token = made.get("token").and_then(Value::as_str);
    token.map(ToOwned::to_owned).context("no token")
}

/// The console of a running server.
struct Console {
    at: SocketAddr,
    token: String,
    now: Timestamp,
}

/// A page of listings.
struct Page {
    took: Duration,
    found: usize,
    after: Option<String>,
}

impl Console {
    /// Prints the line of a question.
    fn measure(&self, question: &str) -> anyhow::Result<()> {
        let mut line = format!("{question:<40}");
        for (name, begin) in PAGES {
            let pages: Vec<Page> = (0..ROUNDS)
                .map(|_| self.page(question, begin))
                .collect::<Result<_, _>>()?;
            let times = || pages.iter().map(|page| page.took.as_secs_f64() * 1e3);
            let (best, longest) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
            let more = pages.iter().any(|page| page.after.is_some());
            let (found, sign) = (
                pages.first().map_or(0, |page| page.found),
                if more { "+" } else { "" },
            );
            line.push_str(&format!(" | {name} {best:.0} to {longest:.0} ms, {found}{sign}"));
        }
        let (mut calls, mut found, mut longest, mut after) = (0, 0, Duration::ZERO, String::new());
        while calls < MOST_CALLS && found < ENOUGH {
            let page = self.page(question, &after)?;
            (calls, found, longest) = (calls + 1, found + page.found, longest.max(page.took));
            match page.after {
                Some(next) => after = next,
                None => break,
            }
        }
        println!("{line} | {found} after {calls} calls, the longest {longest:.0?}");
        Ok(())
    }

    /// Fetches a page.
    fn page(&self, question: &str, after: &str) -> anyhow::Result<Page> {
        let path = format!(
            "/api/v1/console/listings?{}&after={after}",
            self.in_words(question)
        );
        let header = format!("Authorization: Bearer {}\r\n", self.token);
        let Answer { took, bytes } = ask(self.at, &path, &header)?;
        let answer = String::from_utf8(bytes)?;
        let (_head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        let page: Value = serde_json::from_str(body)?;
        let after = page.get("after").and_then(Value::as_str).map(ToOwned::to_owned);
        let found = page.get("listings").and_then(Value::as_array).map_or(0, Vec::len);
        Ok(Page { took, found, after })
    }

    /// A question with the days that it names.
    fn in_words(&self, question: &str) -> String {
        let Some((head, rest)) = question.split_once("since=") else {
            return question.to_owned();
        };
        let (days, tail) = rest.split_once('&').unwrap_or((rest, ""));
        let number: u64 = days
            .trim_matches(|letter: char| !letter.is_ascii_digit())
            .parse()
            .unwrap_or_default();
        let span = Duration::from_secs(number * 86_400);
        let day = match days.starts_with('+') {
            true => self.now.plus(span),
            false => self.now.minus(span),
        };
        format!("{head}since={}&{tail}", day.date())
    }
}
