//! `/name/DOMAIN`: the addresses of a domain's mail servers and of its name, each with its state.

use std::collections::BTreeSet;
use std::net::IpAddr;

use atalaya_model::domain_name;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{GroupView, ManyPage, is_listed, path_of, row, verdict};
use crate::address::BadAddress;
use crate::app::{Client, Inner, Shared};
use crate::failure::Failure;
use crate::lookup::{Facts, NotLoaded};
use crate::names::{Host, Task, hosts};
use crate::pages::{Frame, Reader, page};

/// `/name/DOMAIN`.
pub(crate) async fn domain(
    State(shared): State<Shared>,
    reader: Reader,
    Client(client): Client,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let bad = || BadAddress::name(&text);
    let name = domain_name(&text).ok_or_else(bad)?;
    let resolver = shared.app.config.resolver.as_ref().ok_or_else(bad)?;
    if !shared.names.admits(client, shared.app.clock.now()) {
        return Err(Failure::TooOften);
    }
    let hosts = hosts(resolver, &name).await;
    let hosts = hosts.map_err(|_unanswered| Failure::Unanswered(name.clone()))?;
    let template = view(&shared, &reader, &name, &hosts)?;
    Ok(page(StatusCode::OK, &reader, &template))
}

/// Decides and writes everything that the page shows.
fn view(shared: &Inner, reader: &Reader, name: &str, hosts: &[Host]) -> Result<ManyPage, NotLoaded> {
    let (t, now) = (reader.texts(), shared.app.clock.now());
    let m = &t.many;
    let (mut groups, mut all, mut listed) = (Vec::new(), BTreeSet::<IpAddr>::new(), BTreeSet::new());
    for host in hosts {
        let looked_up = host
            .addresses
            .iter()
            .map(|address| shared.lookup.standing(*address, now));
        let looked_up = looked_up.collect::<Result<Vec<Facts>, NotLoaded>>()?;
        all.extend(looked_up.iter().map(|facts| facts.address));
        listed.extend(
            looked_up
                .iter()
                .filter(|facts| is_listed(facts))
                .map(|facts| facts.address),
        );
        let heading = match host.task {
            Task::TakesMail => m.takes_mail,
            Task::IsNamed => m.is_named,
        };
        let row = |facts: &Facts| {
            let link = reader.link(&path_of(facts.address));
            row(facts, facts.address.to_string(), link, t)
        };
        groups.push(GroupView {
            heading: heading(&host.name),
            rows: looked_up.iter().map(row).collect(),
            empty: m.host_without,
        });
    }
    let (tone, verdict) = verdict(listed.len(), all.len(), t);
    let lead = if all.is_empty() {
        m.domain_none
    } else {
        m.domain_lead
    };
    let serial = shared.app.zone.serial().to_string();
    Ok(ManyPage {
        frame: Frame::now(shared, reader),
        subject: name.to_owned(),
        tone,
        verdict,
        lead: vec![lead(name)],
        at_serial: (t.address.at_serial)(&shared.lookup.zone_name, &serial),
        groups: if all.is_empty() { Vec::new() } else { groups },
        notes: vec![m.sends_elsewhere],
        network: None,
        json_link: None,
    })
}
