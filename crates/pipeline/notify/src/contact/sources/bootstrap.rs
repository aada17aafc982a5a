//! Which RDAP server to ask about an address: the operator's table first, then the bootstrap files of IANA (RFC 9224).
//!
//! A file is fetched when it is first needed, kept in the data folder with its date, and fetched anew when that is old. Where fetching
//! fails, the old file goes on being used, and fetching is not tried again for a while.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atalaya_formats::rdap::Bootstrap;
use atalaya_model::{Prefix, Timestamp};
use atalaya_net::HttpClient;
use tokio::sync::Mutex;

use crate::contact::ContactConfig;
use crate::contact::step::{Search, in_full};

/// The server for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::contact) struct Server {
    /// The addresses that it answers for: an answer of it speaks for none outside.
    pub(in crate::contact) territory: Prefix,
    /// Its base URL.
    pub(in crate::contact) base: String,
}

/// All servers.
#[derive(Debug)]
pub(super) struct Servers {
    by_hand: BTreeMap<Prefix, String>,
    ipv4: File,
    ipv6: File,
    dns: File,
    numbers: File,
}

impl Servers {
    /// Servers as the configuration names them, with bootstrap files kept in `folder`.
    pub(super) fn new(config: &ContactConfig, folder: &Path) -> Self {
        let file = |name: &str| File {
            url: (!config.bootstrap_url.is_empty())
                .then(|| format!("{}/{name}", config.bootstrap_url.trim_end_matches('/'))),
            path: folder.join(format!("rdap-{name}")),
            fresh: config.bootstrap_fresh.duration(),
            retry: config.retry_after.duration(),
            state: Mutex::default(),
        };
        Self {
            by_hand: config.rdap_servers.clone(),
            ipv4: file("ipv4.json"),
            ipv6: file("ipv6.json"),
            dns: file("dns.json"),
            numbers: file("asn.json"),
        }
    }

    /// The server that the operator's table names for `address`.
    pub(super) fn by_hand(&self, address: IpAddr) -> Option<Server> {
        let around = self.by_hand.iter().filter(|(prefix, _)| prefix.contains(address));
        let (territory, base) = around.max_by_key(|(prefix, _)| prefix.length())?;
        Some(Server {
            territory: *territory,
            base: base.clone(),
        })
    }

    /// The server for the address of a search, the operator's table first; none where none is registered.
    ///
    /// # Errors
    /// Why it cannot be known: there is no bootstrap file, not even an old one.
    pub(super) async fn server_for(
        &self,
        client: &HttpClient,
        search: &mut Search,
    ) -> Result<Option<Server>, String> {
        if let Some(server) = self.by_hand(search.address) {
            return Ok(Some(server));
        }
        let address = search.address;
        let file = if address.is_ipv4() { &self.ipv4 } else { &self.ipv6 };
        let find = |bootstrap: &Bootstrap| {
            let (territory, base) = bootstrap.server_for(address)?;
            Some(Server {
                territory,
                base: base.to_owned(),
            })
        };
        file.look(client, search, find).await
    }

    /// The base URL of the server for a domain name; none where none is registered.
    ///
    /// # Errors
    /// Why it cannot be known: there is no bootstrap file, not even an old one.
    pub(super) async fn server_for_name(
        &self,
        client: &HttpClient,
        search: &mut Search,
        name: &str,
    ) -> Result<Option<String>, String> {
        let find = |bootstrap: &Bootstrap| bootstrap.server_for_name(name).map(str::to_owned);
        self.dns.look(client, search, find).await
    }

    /// The base URL of the server for the number of a network; none where none is registered.
    ///
    /// # Errors
    /// Why it cannot be known: there is no bootstrap file, not even an old one.
    pub(super) async fn server_for_number(
        &self,
        client: &HttpClient,
        search: &mut Search,
        number: u32,
    ) -> Result<Option<String>, String> {
        let find = |bootstrap: &Bootstrap| bootstrap.server_for_number(number).map(str::to_owned);
        self.numbers.look(client, search, find).await
    }
}

/// One bootstrap file.
#[derive(Debug)]
struct File {
    /// Where it is fetched; none where the operator turned that off.
    url: Option<String>,
    /// Where it is kept.
    path: PathBuf,
    fresh: Duration,
    retry: Duration,
    state: Mutex<State>,
}

/// What is known of a file.
#[derive(Debug, Default)]
struct State {
    kept: Option<(Timestamp, Bootstrap)>,
    /// When fetching was last tried; none before the first use, when the folder has not been looked at either.
    tried_at: Option<Timestamp>,
}

/// A file as it is kept in the folder.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    fetched_at: Timestamp,
    url: String,
    file: serde_json::Value,
}

impl File {
    /// Looks something up in the file, which is fetched before if it is missing or old.
    async fn look<T>(
        &self,
        client: &HttpClient,
        search: &mut Search,
        find: impl FnOnce(&Bootstrap) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(url) = self.url.as_deref() else {
            return Ok(None);
        };
        let now = search.now;
        let mut state = self.state.lock().await;
        if state.tried_at.is_none() {
            state.kept = self.load(url).await;
            state.tried_at = state.kept.as_ref().map(|(fetched_at, _)| *fetched_at);
        }
        let fresh = state
            .kept
            .as_ref()
            .is_some_and(|(at, _)| now.since(*at) < self.fresh);
        let tried_lately = state.tried_at.is_some_and(|at| now.since(at) < self.retry);
        if !fresh && !tried_lately {
            state.tried_at = Some(now);
            search.begin();
            match self.fetch(url, client, now).await {
                Ok(bootstrap) => {
                    search.end("bootstrap", url, "fetched anew");
                    state.kept = Some((now, bootstrap));
                }
                Err(why) => {
                    tracing::warn!(
                        bootstrap.url = url,
                        why,
                        "the RDAP bootstrap file cannot be fetched; the old one is used if there is one"
                    );
                    search.end("bootstrap", url, why);
                }
            }
        }
        let Some((_, bootstrap)) = &state.kept else {
            return Err("there is no RDAP bootstrap file yet".to_owned());
        };
        Ok(find(bootstrap))
    }

    /// Reads what the folder holds, if it came from the same place.
    async fn load(&self, url: &str) -> Option<(Timestamp, Bootstrap)> {
        let kept: Kept = serde_json::from_slice(&tokio::fs::read(&self.path).await.ok()?).ok()?;
        let bootstrap = Bootstrap::read(kept.file.to_string().as_bytes()).ok()?;
        (kept.url == url).then_some((kept.fetched_at, bootstrap))
    }

    /// Fetches the file and keeps it. That it cannot be kept is no failure: it serves this process.
    async fn fetch(&self, url: &str, client: &HttpClient, now: Timestamp) -> Result<Bootstrap, String> {
        let answer = client
            .get(url, "application/json")
            .await
            .map_err(|error| in_full(&error))?;
        if answer.status != 200 {
            return Err(format!("the server answers with status {}", answer.status));
        }
        let bootstrap = Bootstrap::read(&answer.body).map_err(|error| in_full(&error))?;
        let file = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        let kept = Kept {
            fetched_at: now,
            url: url.to_owned(),
            file,
        };
        if let Err(error) = self.keep(&kept).await {
            tracing::warn!(%error, path = %self.path.display(), "the RDAP bootstrap file cannot be kept");
        }
        Ok(bootstrap)
    }

    /// Writes the file beside its place and moves it there, so that a crash leaves the old one or the new one.
    async fn keep(&self, kept: &Kept) -> std::io::Result<()> {
        if let Some(folder) = self.path.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let beside = self.path.with_extension("new");
        tokio::fs::write(&beside, serde_json::to_vec(kept)?).await?;
        tokio::fs::rename(&beside, &self.path).await
    }
}
