//! The store of the network: one contact, told of each listing in one /15.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use atalaya_formats::{TICKET_SECRET, Ticket};
use atalaya_model::{Class, Clock, Decided, Decision, MailAddress, Prefix, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Notice, Store, StoreUrl};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// The network, and how many addresses it has.
const NETWORK: Ipv4Addr = Ipv4Addr::new(11, 2, 0, 0);
const ADDRESSES: u32 = 1 << 17;
/// Decisions in one transaction.
const BATCH: usize = 10_000;
/// How long they stand, and the link opens.
const STANDS: Duration = Duration::from_secs(30 * 86_400);
/// Who is told.
const CONTACT: &str = "abuse@cheap.example";

/// What the questions are about.
pub(super) struct Scene {
    /// Opens the page.
    pub(super) ticket: String,
    /// A decision near the first one.
    pub(super) first: Serial,
    /// The decision in the middle.
    pub(super) middle: Serial,
}

/// Nothing goes out to the registries.
pub(super) fn config() -> String {
    "[log]\nlevel = \"warn\"\n[contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\n".to_owned()
}

impl Scene {
    /// Fills the store in a data folder.
    ///
    /// # Errors
    /// There are too many for the network, or the store failed.
    pub(super) fn prepare(folder: &Path, listings: u32) -> anyhow::Result<Self> {
        ensure!(
            (100..=ADDRESSES).contains(&listings),
            "100 to {ADDRESSES} listings are a network"
        );
        Runtime::new()?.block_on(async {
            let (url, clock) = (StoreUrl::Sqlite(folder.join("atalaya.db")), Clock::system());
            let store = Store::open(&url, clock.clone()).await?;
            let (now, contact) = (clock.now(), CONTACT.parse()?);
            let decided = list(&store, listings, &contact, now).await?;
            let serial = |at: usize| decided.get(at).copied().unwrap_or_default();
            let ticket = Ticket {
                contact,
                until: now.plus(STANDS),
            };
            let key = store.secret(TICKET_SECRET).await?;
            store.close().await;
            Ok(Self {
                ticket: ticket.seal(&key),
                first: serial(50),
                middle: serial(decided.len() / 2),
            })
        })
    }
}

/// Lists so many addresses, and notes that the contact was told of each. Gives the decisions.
async fn list(
    store: &Store,
    listings: u32,
    contact: &MailAddress,
    now: Timestamp,
) -> anyhow::Result<Vec<Serial>> {
    let numbers: Vec<u32> = (0..listings).collect();
    let mut serials = Vec::new();
    for batch in numbers.chunks(BATCH) {
        let decisions: Vec<Decision> = batch.iter().map(|number| decision(*number, now)).collect();
        let mut transaction = store.begin_deciding().await?;
        let decided = transaction.decide_all(&decisions, now).await?;
        for decided in &decided {
            transaction.add_notice(&notice(decided, contact, now)).await?;
        }
        transaction.commit().await?;
        serials.extend(decided.iter().map(|decided| decided.serial));
    }
    Ok(serials)
}

fn decision(number: u32, now: Timestamp) -> Decision {
    let address = Ipv4Addr::from_bits(NETWORK.to_bits().wrapping_add(number));
    Decision {
        prefix: Prefix::single(address.into()),
        verdict: Verdict::List {
            class: Class::Spam,
            until: Some(now.plus(STANDS)),
        },
        rule: Rule::new("score", 3),
        score: 1.0,
        reason: "Spam reached our traps: 1 message.".to_owned(),
    }
}

fn notice(decided: &Decided, contact: &MailAddress, now: Timestamp) -> Notice {
    let id = Uuid::new_v4();
    Notice {
        id,
        serial: decided.serial,
        prefix: decided.decision.prefix,
        contact: contact.clone(),
        token: id.simple().to_string(),
        at: now,
        told_at: Some(now),
    }
}
