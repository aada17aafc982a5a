//! `contact plan`: what it costs to find the contacts of many addresses, and queueing it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use atalaya_formats::lists::{ListReader, next_line, unpacked};
use atalaya_model::{Listing, Prefix, Serial};
use atalaya_notify::{Plan, Queries, network_of};
use serde_json::json;

use crate::cli::ContactPlan;
use crate::commands::{line_to, print, print_json};
use crate::control::{ContactRequest, Line, Request};
use crate::folder::Missing;

/// Addresses asked about in one request.
const BATCH: usize = 5_000;
/// The most bytes that a packed list may unpack to.
const MAX_UNPACKED: u64 = 32 << 30;

/// Addresses, one a network: as many questions as are asked at most.
type Networks = BTreeMap<Prefix, IpAddr>;

/// Plans, prints the plan, and queues it where that was asked for.
pub(super) async fn run(command: ContactPlan) -> anyhow::Result<()> {
    let mut line = line_to(&command.place, Missing::Made).await?;
    let networks = match &command.file {
        Some(path) => read(path)?,
        None => listed(&mut line).await?,
    };
    let addresses: Vec<IpAddr> = networks.into_values().collect();
    let mut plan = Plan::default();
    for batch in addresses.chunks(BATCH) {
        let addresses = batch.to_vec();
        let request = Request::Contacts(ContactRequest::Plan { addresses });
        plan.add(line.ask(request).await?);
    }
    if command.run {
        for queries in plan.servers.values() {
            queue(&mut line, queries).await?;
        }
    }
    if command.json {
        let queued = if command.run { to_ask(&plan) } else { 0 };
        return print_json(&document(&plan, queued));
    }
    tell(&plan, addresses.len())?;
    if command.run {
        print("Queued: `atalaya serve` works it off.")?;
    }
    Ok(())
}

/// Queues the questions to a server.
async fn queue(line: &mut Line, queries: &Queries) -> anyhow::Result<()> {
    for (number, addresses) in (0_u64..).zip(queries.addresses.chunks(BATCH)) {
        let before = number.saturating_mul(BATCH as u64);
        let queries = Queries {
            addresses: addresses.to_vec(),
            per_minute: queries.per_minute,
        };
        let request = Request::Contacts(ContactRequest::Queue { queries, before });
        let () = line.ask(request).await?;
    }
    Ok(())
}

/// The addresses of all listings.
async fn listed(line: &mut Line) -> anyhow::Result<Networks> {
    let (mut networks, mut after) = (Networks::new(), None);
    loop {
        let request = Request::Listings { prefix: None, after };
        let (_serial, page): (Serial, Vec<Listing>) = line.ask(request).await?;
        let Some(last) = page.last() else {
            return Ok(networks);
        };
        after = Some((last.prefix, last.class));
        page.iter()
            .for_each(|listing| add(&mut networks, &listing.prefix));
    }
}

/// The addresses of a file. Lines that name none are passed over: `import` tells of them.
fn read(path: &Path) -> anyhow::Result<Networks> {
    let cannot = || format!("cannot read {}", path.display());
    let plain: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(cannot)?)
    };
    let mut input: Box<dyn BufRead> = unpacked(plain, MAX_UNPACKED).with_context(cannot)?;
    let (mut reader, mut line, mut networks) = (ListReader::new(None, None), Vec::new(), Networks::new());
    while next_line(&mut *input, &mut line).with_context(cannot)? {
        for prefix in reader.read(&line).unwrap_or_default() {
            add(&mut networks, &prefix);
        }
    }
    Ok(networks)
}

/// Adds the address that stands for a listing, unless its network has one already.
fn add(networks: &mut Networks, prefix: &Prefix) {
    let address = prefix.network();
    networks.entry(network_of(address)).or_insert(address);
}

/// Prints a plan.
fn tell(plan: &Plan, networks: usize) -> anyhow::Result<()> {
    print(format_args!(
        "{networks} networks: {} known, {} reserved, {} to ask about.",
        plan.known,
        plan.reserved,
        to_ask(plan)
    ))?;
    if plan.servers.is_empty() {
        return Ok(());
    }
    let header = ("server", "queries", "a minute", "hours");
    print(format_args!(
        "{:<32} {:>9} {:>9} {:>8}",
        header.0, header.1, header.2, header.3
    ))?;
    for (server, queries) in &plan.servers {
        let (count, per_minute, hours) = (
            queries.addresses.len(),
            queries.per_minute,
            hours(queries.takes()),
        );
        print(format_args!(
            "{server:<32} {count:>9} {per_minute:>9} {hours:>8.1}"
        ))?;
    }
    Ok(())
}

/// How many questions a plan comes to.
fn to_ask(plan: &Plan) -> usize {
    let servers = plan.servers.values();
    servers.map(|queries| queries.addresses.len()).sum()
}

/// A plan for programs.
fn document(plan: &Plan, queued: usize) -> serde_json::Value {
    let servers = plan.servers.iter().map(|(server, queries)| {
        json!({"server": server, "queries": queries.addresses.len(), "per_minute": queries.per_minute,
            "hours": hours(queries.takes())})
    });
    json!({"known": plan.known, "reserved": plan.reserved, "servers": servers.collect::<Vec<_>>(), "queued": queued})
}

fn hours(time: Duration) -> f64 {
    time.as_secs_f64() / 3_600.0
}
