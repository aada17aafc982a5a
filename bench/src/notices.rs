//! Notices a second: rendered from jobs, then signed and handed to a mail server, beside Postfix's smtp-source, which has nothing to write,
//! to sign or to remember.
//!
//! They are handed to Postfix's smtp-sink, which keeps nothing, and to a Postfix that takes each into its queue and then throws it away.
//! `--relay HOST:PORT` names another server. `--notices N` says how many.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
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
use atalaya_testkit::Postfix;
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
/// The longest wait for a server to listen.
const START: Duration = Duration::from_secs(30);
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
    let folder = tempfile::tempdir_in(".").context("cannot make a data folder here")?;
    let keys = keys(folder.path())?;
    let runtime = Runtime::new()?;
    let (rendered, mail) = runtime.block_on(render(folder.path(), &config(""), count))?;
    println!(
        "{count} notices of {} bytes, {CONNECTIONS} connections",
        mail.message.len()
    );
    print("rendered into the outbox", rendered);
    let copies = Copies { mail, count };
    let hand = |name: &str, relay: &str| {
        println!("to {name}");
        hand_over(&runtime, &copies, relay, &keys)
    };
    if let Some(relay) = value("--relay") {
        return hand(relay, relay);
    }
    let (_sink, address) = Server::smtp_sink()?;
    hand("smtp-sink", &address.to_string())?;
    let (_postfix, address) = postfix()?;
    hand("Postfix", &address.to_string())
}

/// What is handed over.
struct Copies {
    mail: OutgoingMail,
    count: u32,
}

/// How notices are sent to a server.
fn config(relay: &str) -> NoticeConfig {
    NoticeConfig {
        sender: "abuse@list.example".parse().ok(),
        relay: Some(relay.to_owned()),
        delivery: Some(Delivery::Relay),
        tls: Tls::None,
        connections: CONNECTIONS,
        return_path: "bounces@list.example".parse().ok(),
        ..NoticeConfig::default()
    }
}

/// Hands all to a server, without and with signatures, and then smtp-source does.
fn hand_over(runtime: &Runtime, copies: &Copies, relay: &str, keys: &[DkimKey; 2]) -> anyhow::Result<()> {
    let mut sent = 0.0;
    for (name, keys) in [
        ("  handed over", &keys[..0]),
        ("  with Ed25519", &keys[..1]),
        ("  with Ed25519 and RSA", &keys[..]),
    ] {
        let config = NoticeConfig {
            dkim: keys.to_vec(),
            ..config(relay)
        };
        sent = runtime.block_on(send(config, copies))?;
        print(name, sent);
    }
    let source = source(relay, copies.count, copies.mail.message.len())?;
    print("  smtp-source", source);
    println!("{:<28} {:>12.2}", "  ratio to smtp-source", sent / source);
    Ok(())
}

/// A Postfix that takes all, and throws away what it has in its queue.
fn postfix() -> anyhow::Result<(Postfix, SocketAddr)> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let listener = format!("{address} inet n - n - - smtpd\n");
    let settings = "myhostname = relay.example\nmydestination =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
                    mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks, reject\nsmtpd_peername_lookup = no\n\
                    default_transport = discard:\nsmtpd_client_connection_count_limit = 0\n";
    let postfix = Postfix::start(&listener, settings).context("Postfix is not there, or we are not root")?;
    let started = Instant::now();
    while TcpStream::connect(address).is_err() {
        ensure!(
            started.elapsed() < START,
            "Postfix does not listen: {}",
            postfix.log()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((postfix, address))
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
async fn send(config: NoticeConfig, Copies { mail, count }: &Copies) -> anyhow::Result<f64> {
    let (clock, count) = (Clock::system(), *count);
    let folder = tempfile::tempdir_in(".").context("cannot make a data folder here")?;
    let path = folder.path().join("store.db");
    let store = Store::open(&StoreUrl::Sqlite(path.clone()), clock.clone()).await?;
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
    let sender = Sender::new(config, store.clone(), clock, folder.path().to_owned())?;
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
