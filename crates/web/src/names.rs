//! The addresses behind the name of a domain: those of its mail servers, and its own.
//!
//! Whoever searches for "my domain" means the machines that send its mail. Strangers choose the name, and strangers answer for it: how many
//! questions it costs, how much is taken of the answers and how long all of it lasts is bounded.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_net::{Exchanges, Resolver};
use tokio::task::JoinSet;

/// Most mail servers of a domain that are looked at, best first.
const MOST_SERVERS: usize = 8;
/// Most addresses of one host.
const MOST_ADDRESSES: usize = 8;
/// The longest wait for all answers together.
const PATIENCE: Duration = Duration::from_secs(5);

/// A host of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// Its name.
    pub(crate) name: String,
    /// What it does for the domain.
    pub(crate) task: Task,
    /// Its addresses; none where it has none, or nobody answered in time.
    pub(crate) addresses: Vec<IpAddr>,
}

/// What a host does for a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// It takes its mail.
    TakesMail,
    /// It has its name.
    IsNamed,
}

/// No resolver answers about the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unanswered;

/// Finds the hosts of a domain, the mail servers first.
///
/// # Errors
/// Nobody answers in time where its mail goes.
pub(crate) async fn hosts(resolver: &Resolver, domain: &str) -> Result<Vec<Host>, Unanswered> {
    let end = tokio::time::Instant::now() + PATIENCE;
    let asked = tokio::time::timeout_at(end, resolver.exchanges(domain)).await;
    let servers = match asked.map_err(|_late| Unanswered)? {
        Ok(Exchanges::Servers(servers)) => servers,
        Ok(Exchanges::NoMail | Exchanges::Unsaid) => Vec::new(),
        Err(_unanswered) => return Err(Unanswered),
    };
    let mut hosts: Vec<Host> = Vec::new();
    let of_mail = servers.into_iter().map(|name| (name, Task::TakesMail));
    for (name, task) in of_mail
        .take(MOST_SERVERS)
        .chain([(domain.to_owned(), Task::IsNamed)])
    {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if hosts.iter().all(|known| known.name != name) {
            hosts.push(Host {
                name,
                task,
                addresses: Vec::new(),
            });
        }
    }
    let mut asking = JoinSet::new();
    for (place, host) in hosts.iter().enumerate() {
        let (resolver, name) = (resolver.clone(), host.name.clone());
        asking.spawn(async move { (place, resolver.addresses(&name).await.unwrap_or_default()) });
    }
    while let Ok(Some(Ok((place, addresses)))) = tokio::time::timeout_at(end, asking.join_next()).await {
        if let Some(host) = hosts.get_mut(place) {
            host.addresses = addresses.into_iter().take(MOST_ADDRESSES).collect();
        }
    }
    Ok(hosts)
}
