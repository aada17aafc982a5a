//! Notices a second: rendered from jobs, then signed and handed to a mail server, beside Postfix's smtp-source, which has nothing to write,
//! to sign or to remember.
//!
//! `--relay HOST:PORT` names the server, a local Postfix as a rule; without it smtp-sink takes all. `--notices N` says how many.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use atalaya_model::{
    Class, Clock, Confidence, Contact, ContactSource, Decision, Envelope, Handshake, Kind, Observation,
    ObservationId, Prefix, Rule, Sensor, Timestamp, Trap, Verdict,
};
use atalaya_notify::{
    ContactError, Delivery, DkimKey, FindContact, ListNames, NoticeConfig, NoticeWriter, Sender, Tls,
    new_ed25519_key,
};
use atalaya_store::{NewMail, OutgoingMail, Store, StoreUrl};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::process::Server;

/// Notices, unless another number is given.
const NOTICES: u32 = 5_000;
/// Decisions in one transaction.
const BATCH: usize = 500;
/// Connections at once, for both.
const CONNECTIONS: u32 = 20;
/// How often it is looked whether all is done: each look reads all that wait, which costs as much as some notices.
const LOOK: Duration = Duration::from_millis(500);
/// A spam of usual length.
const SPAM: &str = "From: offers@cheap.example\r\nSubject: offer\r\nMIME-Version: 1.0\r\n\r\n";

/// Knows a contact of its own for each address.
struct Contacts;

impl FindContact for Contacts {
    async fn find_contact(&self, address: IpAddr, now: Timestamp) -> Result<Option<Contact>, ContactError> {
        let host = address.to_string().replace('.', "-");
        Ok(format!("abuse@n{host}.example")
            .parse()
            .ok()
            .map(|mailbox| Contact {
                prefix: Prefix::unit(address),
                addresses: vec![mailbox],
                network: "CHEAP-NET".to_owned(),
                source: ContactSource::Rdap {
                    url: "https://rdap.example/".to_owned(),
                },
                found_at: now,
                confidence: Confidence::percent(90),
            }))
    }

    async fn candidates(&self, address: IpAddr, now: Timestamp) -> Result<Vec<Contact>, ContactError> {
        Ok(self.find_contact(address, now).await?.into_iter().collect())
    }
}

/// Runs the benchmark and prints the table.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let count = value("--notices").map_or(Ok(NOTICES), |text| text.parse())?;
    let (_sink, relay) = match value("--relay") {
        Some(relay) => (None, relay.clone()),
        None => {
            let (server, address) = Server::smtp_sink()?;
            (Some(server), address.to_string())
        }
    };
    let folder = tempfile::tempdir_in(".").context("cannot make a data folder here")?;
    let keys = keys(folder.path())?;
    let config = NoticeConfig {
        sender: Some("abuse@list.example".parse()?),
        relay: Some(relay.clone()),
        delivery: Some(Delivery::Relay),
        tls: Tls::None,
        connections: CONNECTIONS,
        return_path: Some("bounces@list.example".parse()?),
        ..NoticeConfig::default()
    };
    let runtime = Runtime::new()?;
    let (rendered, mail) = runtime.block_on(render(folder.path(), &config, count))?;
    let size = mail.message.len();
    println!("{count} notices of {size} bytes, {CONNECTIONS} connections, to {relay}");
    print("rendered into the outbox", rendered);
    let mut sent = 0.0;
    for (number, (name, keys)) in [
        ("handed over", &keys[..0]),
        ("with Ed25519", &keys[..1]),
        ("with Ed25519 and RSA", &keys),
    ]
    .into_iter()
    .enumerate()
    {
        let config = NoticeConfig {
            dkim: keys.to_vec(),
            ..config.clone()
        };
        let path = folder.path().join(format!("send{number}.db"));
        sent = runtime.block_on(send(&path, config, &mail, count))?;
        print(name, sent);
    }
    let source = source(&relay, count, size)?;
    print("smtp-source", source);
    println!("{:<28} {:>12.2}", "ratio to smtp-source", sent / source);
    Ok(())
}

fn print(name: &str, rate: f64) {
    println!("{name:<28} {rate:>10.0}/s");
}

/// A key of each kind.
fn keys(folder: &Path) -> anyhow::Result<[DkimKey; 2]> {
    let key = |selector: &str| -> anyhow::Result<DkimKey> {
        Ok(DkimKey {
            selector: selector.to_owned(),
            domain: "list.example".to_owned(),
            key: folder.canonicalize()?.join(selector),
        })
    };
    let keys = [key("ed25519")?, key("rsa")?];
    std::fs::write(&keys[0].key, new_ed25519_key()?)?;
    let made = Command::new("openssl")
        .args([
            "genpkey",
            "-quiet",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
        ])
        .arg(&keys[1].key)
        .status()
        .context("cannot start openssl")?;
    ensure!(made.success(), "openssl made no key");
    Ok(keys)
}

/// Writes notices about as many listings; gives how many a second, and one of them.
async fn render(folder: &Path, config: &NoticeConfig, count: u32) -> anyhow::Result<(f64, OutgoingMail)> {
    let clock = Clock::system();
    let store = Store::open(&StoreUrl::Sqlite(folder.join("render.db")), clock.clone()).await?;
    list(&store, count, clock.now()).await?;
    let names = ListNames {
        zone: "bl.list.example".to_owned(),
        public_url: "https://list.example".to_owned(),
    };
    let writer = NoticeWriter::new(config.clone(), names, store.clone(), Contacts, clock);
    let stop = CancellationToken::new();
    let begun = Instant::now();
    let running = tokio::spawn(writer.run(stop.clone()));
    while store.mails(Some("waiting"), None, count).await?.len() < usize::try_from(count)? {
        tokio::time::sleep(LOOK).await;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    stop.cancel();
    running.await?;
    let mail = store.take_mail(LOOK).await?.context("no notice was written")?;
    store.close().await;
    Ok((rate, mail))
}

/// Records a spam from each of so many addresses, and lists them, as the judge does.
async fn list(store: &Store, count: u32, now: Timestamp) -> anyhow::Result<()> {
    let addresses: Vec<Ipv4Addr> = (0..count)
        .map(|number| Ipv4Addr::from_bits(0x0b00_0000 + number))
        .collect();
    let body = format!("{SPAM}{}", "an offer that nobody asked for\r\n".repeat(100));
    for some in addresses.chunks(BATCH) {
        let mut records = JoinSet::new();
        for address in some {
            let (store, seen, message) = (store.clone(), observation((*address).into(), now), body.clone());
            records.spawn(async move { store.record(seen, Some(message.into_bytes())).await });
        }
        while let Some(recorded) = records.join_next().await {
            recorded??;
        }
        let mut transaction = store.begin().await?;
        for address in some {
            let decided = transaction.decide(&decision((*address).into(), now), now).await?;
            let (key, payload) = (
                decided.serial.to_string(),
                format!("{{\"serial\":{}}}", decided.serial),
            );
            transaction.add_job("notice", &key, &payload, now).await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

fn observation(address: IpAddr, now: Timestamp) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        envelope: Envelope {
            helo: "mail.cheap.example".to_owned(),
            mail_from: "offers@cheap.example".to_owned(),
            recipients: vec!["maria@trap.example".to_owned()],
        },
        ..Observation::new(ObservationId(Uuid::now_v7()), address, now, Sensor::Trap)
    }
}

fn decision(address: IpAddr, now: Timestamp) -> Decision {
    Decision {
        prefix: Prefix::unit(address),
        verdict: Verdict::List {
            class: Class::Spam,
            until: Some(now.plus(Duration::from_secs(86_400))),
        },
        rule: Rule::new("trap-spam", 1),
        score: 1.0,
        reason: "sent spam to a mailbox that never asked for mail".to_owned(),
    }
}

/// Sends so many copies of a mail; gives how many a second.
async fn send(path: &Path, config: NoticeConfig, mail: &OutgoingMail, count: u32) -> anyhow::Result<f64> {
    let clock = Clock::system();
    let store = Store::open(&StoreUrl::Sqlite(path.to_owned()), clock.clone()).await?;
    let mut transaction = store.begin().await?;
    for number in 0..count {
        let copy = NewMail {
            id: Uuid::new_v4(),
            sender: mail.sender.clone(),
            recipient: format!("abuse@n{number}.example").parse()?,
            message: mail.message.clone(),
        };
        transaction.add_mail(&copy).await?;
    }
    transaction.commit().await?;
    let sender = Sender::new(config, store.clone(), clock, path.to_owned())?;
    let stop = CancellationToken::new();
    let begun = Instant::now();
    let running = tokio::spawn(sender.run(stop.clone()));
    while !store.mails(Some("waiting"), None, 1).await?.is_empty() {
        tokio::time::sleep(LOOK).await;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    stop.cancel();
    running.await?;
    let sent = store.mails(Some("sent"), None, count).await?.len();
    ensure!(
        sent == usize::try_from(count)?,
        "{sent} were sent; the others failed"
    );
    store.close().await;
    Ok(rate)
}

/// The same number of mails of the same size by smtp-source, over as many connections.
fn source(relay: &str, count: u32, size: usize) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let done = Command::new("/usr/sbin/smtp-source")
        .args(["-d", "-s", &CONNECTIONS.to_string(), "-m", &count.to_string()])
        .args([
            "-l",
            &size.to_string(),
            "-f",
            "abuse@list.example",
            "-t",
            "abuse@cheap.example",
            relay,
        ])
        .status()
        .context("cannot start smtp-source; it is part of Debian's package postfix")?;
    ensure!(done.success(), "smtp-source failed");
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}
