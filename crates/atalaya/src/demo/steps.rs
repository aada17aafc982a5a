//! The steps of the demo, each shown and checked.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use atalaya_model::{Prefix, Timestamp};
use domain::base::Rtype;
use domain::base::iana::Rcode;

use super::ask::{dns, http, leave, query_name};
use super::mails::{SENDERS, Sender, send};
use crate::commands::print;
use crate::serve::Server;

/// The longest wait for a step to show; on loopback each takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a wait looks again.
const LOOK: Duration = Duration::from_millis(10);

/// Shows and checks every step.
///
/// # Errors
/// The first step that does not hold.
pub(super) async fn run(server: &Server, folder: &Path) -> anyhow::Result<()> {
    let demo = Demo { server, folder };
    demo.introduce()?;
    demo.observe().await.context("step 1, observe")?;
    demo.decide().await.context("step 2, decide")?;
    demo.publish().await.context("step 3, publish")?;
    demo.notify().await.context("step 4, notify")?;
    demo.delist().await.context("step 5, delist")?;
    print("\nEvery step held.")
}

/// Says what can be tried while the demo stays up.
///
/// # Errors
/// Standard output is closed, or the store failed.
pub(super) async fn invite(server: &Server) -> anyhow::Result<()> {
    let still_listed = spammers().nth(1).context("one wrote only")?.stands_for;
    let (dns, web) = (first_dns(server)?, server.addresses.http);
    let name = query_name(still_listed, &server.house.config.publish.zone);
    let console = server
        .house
        .first_path()
        .await?
        .context("somebody has signed up already")?;
    print(format_args!(
        "\nThe demo stays up. {still_listed} is still listed; try:\n  \
         dig +short -p {} @{} {name} TXT\n  \
         http://{web}/ip/{still_listed} in a browser, with the button that removes it\n  \
         http://{web}{console} for its console, as administrator\n\
         Ctrl-C ends the demo and removes its folder.",
        dns.port(),
        dns.ip(),
    ))
}

/// Where to ask the DNS server.
fn first_dns(server: &Server) -> anyhow::Result<SocketAddr> {
    server
        .addresses
        .dns
        .first()
        .copied()
        .context("nobody answers DNS")
}

/// A running server and its folder.
struct Demo<'a> {
    server: &'a Server,
    folder: &'a Path,
}

/// Those who send spam, not bounces.
fn spammers() -> impl Iterator<Item = &'static Sender> {
    SENDERS.iter().filter(|sender| !sender.mail_from.is_empty())
}

impl Demo<'_> {
    fn introduce(&self) -> anyhow::Result<()> {
        print(format_args!(
            "Atalaya on loopback, in the scratch folder {}.",
            self.folder.display()
        ))?;
        print("Loopback addresses stand for documentation addresses, as the trap's option stand_for says:")?;
        SENDERS.iter().try_for_each(|sender| {
            print(format_args!(
                "  {} stands for {}",
                sender.local, sender.stands_for
            ))
        })
    }

    /// Spam and a bounce arrive.
    async fn observe(&self) -> anyhow::Result<()> {
        let trap = self.server.addresses.smtp;
        print(format_args!(
            "\n1. Observe: mail arrives at the trap, {trap}, and is kept before it says 250"
        ))?;
        for sender in &SENDERS {
            let reply = send(sender, trap).await?;
            let from = if sender.mail_from.is_empty() {
                "<>, a bounce"
            } else {
                sender.mail_from
            };
            print(format_args!(
                "  {:<15} from {from}\n  {:<15} {reply}",
                sender.stands_for, ""
            ))?;
        }
        Ok(())
    }

    /// The rules list the senders, and leave the bounce alone.
    async fn decide(&self) -> anyhow::Result<()> {
        print("\n2. Decide: evidence against rules")?;
        let house = &self.server.house;
        for sender in spammers() {
            let unit = Prefix::unit(sender.stands_for);
            let listing = until(async || Ok(house.store.listings(&unit).await?.into_iter().next())).await?;
            let end = listing.until.map(Timestamp::date).unwrap_or_default();
            print(format_args!(
                "  {:<15} is listed as {} until {end}, serial {}",
                unit, listing.class, listing.serial
            ))?;
            print(format_args!(
                "  {:<15} {} (rule {})",
                "", listing.reason, listing.rule
            ))?;
        }
        house.settle().await?;
        for sender in SENDERS.iter().filter(|sender| sender.mail_from.is_empty()) {
            let unit = Prefix::unit(sender.stands_for);
            ensure!(
                house.store.listings(&unit).await?.is_empty(),
                "{unit} was listed for a bounce"
            );
            print(format_args!(
                "  {unit:<15} is left alone: a bounce is kept as backscatter and never lists"
            ))?;
        }
        Ok(())
    }

    /// DNS answers for the list.
    async fn publish(&self) -> anyhow::Result<()> {
        print("\n3. Publish: any mail server can ask")?;
        let listed = SENDERS.first().context("nobody wrote")?.stands_for;
        let code = self.dig(listed, Rtype::A).await?;
        ensure!(code == ["127.0.0.3"], "{listed} answered {code:?}, not 127.0.0.3");
        ensure!(
            self.dig(listed, Rtype::TXT).await?.len() == 1,
            "{listed} has no TXT record"
        );
        let bounce = SENDERS.last().context("nobody wrote")?.stands_for;
        ensure!(
            self.dig(bounce, Rtype::A).await?.is_empty(),
            "{bounce} is listed for a bounce"
        );
        Ok(())
    }

    /// The networks are told.
    async fn notify(&self) -> anyhow::Result<()> {
        print("\n4. Notify: each network is told, with evidence")?;
        let house = &self.server.house;
        for sender in spammers() {
            let unit = Prefix::unit(sender.stands_for);
            let notice =
                until(async || Ok(house.store.notices_of(&unit, 1).await?.into_iter().next())).await?;
            let contact = house
                .store
                .contact_for(sender.stands_for, house.clock.now())
                .await?
                .context("no contact")?;
            let to = notice.contact.as_str().to_owned();
            print(format_args!(
                "  {unit:<15} {to}, the abuse role of {} ({})",
                contact.prefix, contact.network
            ))?;
            print(format_args!("  {:<15} by {}", "", contact.source))?;
        }
        let wanted = spammers().count();
        let files = until(async || {
            let files = mails_in(&self.folder.join("notices"))?;
            Ok((files.len() >= wanted).then_some(files))
        });
        for file in files.await? {
            let page = network_page(&std::fs::read_to_string(&file)?).context("a notice without a link")?;
            let (status, _) = http(self.server.addresses.http, "GET", &page).await?;
            ensure!(status == 200, "the page of a network answered {status}");
            print(format_args!("  written: {}", file.display()))?;
            print(format_args!(
                "  the page of its network: http://{}{page}",
                self.server.addresses.http
            ))?;
        }
        Ok(())
    }

    /// The owner of a listed address leaves.
    async fn delist(&self) -> anyhow::Result<()> {
        print("\n5. Delist: the owner fixes the machine and leaves")?;
        let address = SENDERS.first().context("nobody wrote")?.stands_for;
        let web = self.server.addresses.http;
        print(format_args!(
            "  http://{web}/ip/{address} says why, since when, until when"
        ))?;
        let (status, page) = http(web, "GET", &format!("/ip/{address}")).await?;
        ensure!(status == 200, "the page answered {status}");
        let trap = SENDERS.first().map_or("", |sender| sender.recipient);
        ensure!(!page.contains(trap), "the page shows the trap's address");
        let status = leave(web, address).await?;
        ensure!(status == 201, "the removal answered {status}");
        print(
            "  its puzzle was solved, as a browser does when the button is pressed: removed, no questions the first time",
        )?;
        ensure!(
            self.dig(address, Rtype::A).await?.is_empty(),
            "{address} still answers after its removal"
        );
        Ok(())
    }

    /// Asks the DNS server and shows question and answer as `dig` would.
    async fn dig(&self, address: IpAddr, record_type: Rtype) -> anyhow::Result<Vec<String>> {
        let server = first_dns(self.server)?;
        let name = query_name(address, &self.server.house.config.publish.zone);
        print(format_args!(
            "  $ dig +short -p {} @{} {name} {record_type}",
            server.port(),
            server.ip()
        ))?;
        let answer = dns(server, &name, record_type).await?;
        match answer.code {
            Rcode::NOERROR => answer
                .records
                .iter()
                .try_for_each(|record| print(format_args!("  {record}")))?,
            Rcode::NXDOMAIN => print("  (no answer: not listed)")?,
            other => bail!("{name} answered {other}"),
        }
        Ok(answer.records)
    }
}

/// Waits until `look` finds something.
async fn until<T>(look: impl AsyncFn() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let found = async {
        loop {
            if let Some(found) = look().await? {
                return anyhow::Ok(found);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, found)
        .await
        .context("nothing came of it in time")?
}

/// The path of the page that a notice links to.
fn network_page(mail: &str) -> Option<String> {
    // A long line of the text was broken (RFC 2045 section 6.7).
    let mail = mail.replace("=\r\n", "");
    let (_, rest) = mail.split_once("/network/")?;
    let is_of_a_ticket = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let ticket: String = rest
        .chars()
        .take_while(|letter| is_of_a_ticket(*letter))
        .collect();
    Some(format!("/network/{ticket}"))
}

/// The mail files in a folder and the folders in it.
fn mails_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "eml") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
