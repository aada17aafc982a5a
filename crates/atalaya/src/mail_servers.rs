//! What mail servers ask while mail comes in: the sockets, and the services behind them.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use atalaya_model::{Class, Clock};
use atalaya_net::{bind_tcp, bind_unix};
use atalaya_observe::advice::{Adviser, Knowledge};
use atalaya_observe::milter::Milter;
use atalaya_observe::policy::Policy;
use atalaya_observe::{Hit, Trap};
use atalaya_publish::Zone;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::house::House;
use crate::serve::{Parts, put_to_work};

/// Permissions of a unix socket that mail servers ask at: the folder says who can reach it.
const FOR_ALL: u32 = 0o666;

/// The sockets of everything that mail servers ask.
pub(crate) struct MailServerSockets {
    policy: Places,
    milter: Places,
}

/// Where one service is asked; nowhere if it is off.
struct Places {
    port: Option<TcpListener>,
    socket: Option<UnixListener>,
}

impl Places {
    /// Binds what is configured in `listen.NAME` and in `NAME.socket`.
    fn bind(name: &str, port: Option<SocketAddr>, socket: Option<&Path>) -> anyhow::Result<Self> {
        let port = port.map(bind_tcp).transpose();
        let socket = socket.map(|path| bind_unix(path, FOR_ALL)).transpose();
        Ok(Self {
            port: port.with_context(|| format!("listen.{name} has no socket"))?,
            socket: socket.with_context(|| format!("{name}.socket cannot be made"))?,
        })
    }

    const fn is_off(&self) -> bool {
        self.port.is_none() && self.socket.is_none()
    }
}

impl MailServerSockets {
    /// Binds those that are configured.
    ///
    /// # Errors
    /// One is not to be had.
    pub(crate) fn bind(config: &Config) -> anyhow::Result<Self> {
        let (listen, policy, milter) = (&config.listen, &config.policy, &config.milter);
        Ok(Self {
            policy: Places::bind("policy", listen.policy, policy.socket.as_deref())?,
            milter: Places::bind("milter", listen.milter, milter.socket.as_deref())?,
        })
    }

    /// Where the ports are, by name.
    pub(crate) fn addresses(&self) -> anyhow::Result<Vec<(&'static str, SocketAddr)>> {
        let mut addresses = Vec::new();
        for (name, places) in [("policy", &self.policy), ("milter", &self.milter)] {
            if let Some(port) = &places.port {
                addresses.push((name, port.local_addr()?));
            }
        }
        Ok(addresses)
    }

    /// Puts those to work who answer there.
    pub(crate) fn serve(self, house: &House, trap: Arc<Trap>, tasks: &mut Parts, stop: &CancellationToken) {
        let adviser = adviser(house, trap);
        if !self.policy.is_off() {
            serve_policy(self.policy, house, &adviser, tasks, stop);
        }
        if !self.milter.is_off() {
            serve_milter(self.milter, house, &adviser, tasks, stop);
        }
    }
}

fn serve_policy(
    at: Places,
    house: &House,
    adviser: &Arc<Adviser>,
    tasks: &mut Parts,
    stop: &CancellationToken,
) {
    let (config, clock) = (house.config.policy.clone(), house.clock.clone());
    let (policy, keeping) = Policy::new(config, Arc::clone(adviser), house.store.clone(), clock);
    put_to_work(tasks, "the keeper of what the policy service sees", keeping);
    let policy = Arc::new(policy);
    if let Some(listener) = at.port {
        let serving = Arc::clone(&policy).serve(listener, stop.clone());
        put_to_work(tasks, "the policy service", serving);
    }
    if let Some(listener) = at.socket {
        let serving = policy.serve_socket(listener, stop.clone());
        put_to_work(tasks, "the policy service at its unix socket", serving);
    }
}

fn serve_milter(
    at: Places,
    house: &House,
    adviser: &Arc<Adviser>,
    tasks: &mut Parts,
    stop: &CancellationToken,
) {
    let (config, clock) = (house.config.milter.clone(), house.clock.clone());
    let (milter, keeping) = Milter::new(config, Arc::clone(adviser), house.store.clone(), clock);
    put_to_work(tasks, "the keeper of what the milter sees", keeping);
    let milter = Arc::new(milter);
    if let Some(listener) = at.port {
        let serving = Arc::clone(&milter).serve(listener, stop.clone());
        put_to_work(tasks, "the milter", serving);
    }
    if let Some(listener) = at.socket {
        let serving = milter.serve_socket(listener, stop.clone());
        put_to_work(tasks, "the milter at its unix socket", serving);
    }
}

/// Who knows what to tell mail servers.
fn adviser(house: &House, trap: Arc<Trap>) -> Arc<Adviser> {
    let knowledge = ListAndTraps {
        zone: Arc::clone(&house.zone),
        clock: house.clock.clone(),
        trap,
    };
    let config = &house.config;
    Arc::new(Adviser::new(
        config.advice.clone(),
        Box::new(knowledge),
        config.public_url(),
    ))
}

/// The list in memory, and the traps that were named.
#[derive(Debug)]
struct ListAndTraps {
    zone: Arc<Zone>,
    clock: Clock,
    trap: Arc<Trap>,
}

impl Knowledge for ListAndTraps {
    fn classes(&self, address: IpAddr) -> Option<Vec<Class>> {
        if !self.zone.is_loaded() {
            return None;
        }
        let answer = self.zone.lookup(address, self.clock.now());
        Some(answer.listings.iter().map(|held| held.class).collect())
    }

    fn trap(&self, recipient: &str) -> Option<Hit> {
        self.trap.named_trap(recipient)
    }
}
