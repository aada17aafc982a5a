//! The world outside, in small: an RDAP server (RFC 9082, RFC 9083) that answers for the demo's networks.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use anyhow::Context;
use atalaya_model::Prefix;
use axum::Json;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// A network of the demo: its prefix, its name, its abuse mailbox.
type Network = (&'static str, &'static str, &'static str);

/// The three documentation networks of RFC 5737 and who runs them in the demo.
const NETWORKS: [Network; 3] = [
    ("192.0.2.0/24", "EXAMPLE-ACCESS", "abuse@access.example"),
    ("198.51.100.0/24", "EXAMPLE-HOSTING", "abuse@hosting.example"),
    ("203.0.113.0/24", "EXAMPLE-OFFICES", "abuse@offices.example"),
];

/// The running RDAP server; it ends when this is dropped.
pub(super) struct RdapServer {
    /// Where it listens.
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for RdapServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts the RDAP server on a free port of loopback.
pub(super) async fn start() -> anyhow::Result<RdapServer> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .context("no port of 127.0.0.1 is free for the RDAP server")?;
    let address = listener.local_addr()?;
    let router = axum::Router::new().route("/ip/{address}", get(answer));
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the demo's RDAP server ended");
        }
    });
    Ok(RdapServer { address, task })
}

/// The configuration that sends questions about the demo's networks to the demo's server.
pub(super) fn served(server: SocketAddr) -> BTreeMap<Prefix, String> {
    NETWORKS
        .iter()
        .filter_map(|(prefix, _, _)| Some((prefix.parse().ok()?, format!("http://{server}/"))))
        .collect()
}

/// Answers `/ip/ADDRESS`.
async fn answer(Path(address): Path<IpAddr>) -> Response {
    let covers = |network: &&Network| {
        network
            .0
            .parse::<Prefix>()
            .is_ok_and(|prefix| prefix.contains(address))
    };
    match NETWORKS.iter().find(covers) {
        Some(network) => (
            [(header::CONTENT_TYPE, "application/rdap+json")],
            Json(document(network)),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The RDAP document of a network.
fn document((prefix, name, mailbox): &Network) -> Value {
    let (first, length) = prefix.split_once('/').unwrap_or((prefix, "32"));
    let last = prefix
        .parse::<Prefix>()
        .map(|prefix| prefix.last().to_string())
        .unwrap_or_default();
    json!({
        "objectClassName": "ip network",
        "rdapConformance": ["rdap_level_0", "cidr0"],
        "handle": name,
        "name": name,
        "ipVersion": "v4",
        "startAddress": first,
        "endAddress": last,
        "cidr0_cidrs": [{"v4prefix": first, "length": length.parse::<u8>().unwrap_or(32)}],
        "entities": [{
            "objectClassName": "entity",
            "handle": format!("{name}-ORG"),
            "roles": ["registrant"],
            "entities": [{
                "objectClassName": "entity",
                "handle": format!("{name}-ABUSE"),
                "roles": ["abuse"],
                "vcardArray": ["vcard", [
                    ["version", {}, "text", "4.0"],
                    ["fn", {}, "text", "Abuse desk"],
                    ["email", {}, "text", mailbox]
                ]]
            }]
        }]
    })
}
