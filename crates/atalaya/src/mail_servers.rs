//! What mail servers ask while mail comes in: the sockets, and the services behind them.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use atalaya_model::{Class, Clock};
use atalaya_net::{bind_tcp, bind_unix};
use atalaya_observe::advice::{AdviceConfig, Adviser, Knowledge};
use atalaya_observe::milter::Milter;
use atalaya_observe::policy::Policy;
use atalaya_observe::{Hit, Trap};
use atalaya_publish::Zone;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::house::House;
use crate::serve::{Parts, put_to_work};

/// Permissions of a unix socket that mail servers ask at: its folder says who can reach it, and must not be open to everybody.
const FOR_ALL: u32 = 0o666;

/// What the folder of such a socket must not let do: its group write, others write or enter.
const TOO_OPEN: u32 = 0o023;

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
        if let Some(path) = socket {
            check_folder(path).with_context(|| format!("{name}.socket cannot be made"))?;
        }
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

/// Says what keeps the unix sockets of the configuration from being made, for `check-config`.
pub(crate) fn check_sockets(config: &Config) -> anyhow::Result<()> {
    let sockets = [
        ("policy", &config.policy.socket),
        ("milter", &config.milter.socket),
    ];
    for (name, path) in sockets {
        if let Some(path) = path {
            check_folder(path).with_context(|| format!("{name}.socket cannot be made"))?;
        }
    }
    Ok(())
}

/// Refuses a folder that is missing, that others may enter, who would be believed, or that they or its group may write, who could put another file in the place of
/// the socket.
fn check_folder(socket: &Path) -> anyhow::Result<()> {
    let folder = match socket.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let shown = folder.display();
    let make = format!(
        "make it for Atalaya and the mail server alone, as with `install -d -m 0750 -o atalaya -g postfix {shown}`"
    );
    match fs::metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("its folder {shown} is not there: {make}"),
        Err(error) => Err(error).with_context(|| format!("its folder {shown} is not to be seen: {make}")),
        Ok(found) if found.permissions().mode() & TOO_OPEN != 0 => {
            bail!("whoever reaches the socket is believed, and {shown} is open to others: {make}")
        }
        Ok(_) => Ok(()),
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
        advice(config),
        Box::new(knowledge),
        config.public_url(),
    ))
}

/// The advice, with our own addresses from all sections: whoever is spared in one place is spared here.
fn advice(config: &Config) -> AdviceConfig {
    AdviceConfig {
        own_networks: config.own_addresses(),
        ..config.advice.clone()
    }
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

#[cfg(test)]
mod tests {
    use atalaya_model::Prefix;

    use super::*;

    #[tokio::test]
    async fn a_socket_in_a_folder_that_others_may_enter_or_change_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("milter");
        for mode in [0o755, 0o751, 0o752, 0o770, 0o1777] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            let refused = Places::bind("milter", None, Some(&path))
                .map(|_places| ())
                .unwrap_err();
            let told = format!("{refused:#}");
            let line = format!(
                "install -d -m 0750 -o atalaya -g postfix {}",
                folder.path().display()
            );
            assert!(told.contains("milter.socket") && told.contains(&line), "{told}");
        }
        for mode in [0o750, 0o700] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            drop(Places::bind("milter", None, Some(&path)).unwrap());
        }
    }

    #[tokio::test]
    async fn the_missing_folder_of_a_socket_is_named_with_its_key_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none");
        let mut config = Config::default();
        assert!(check_sockets(&config).is_ok());
        config.policy.socket = Some(missing.join("policy"));
        let checked = check_sockets(&config).unwrap_err();
        let started = Places::bind("policy", None, config.policy.socket.as_deref());
        let started = started.map(|_places| ()).unwrap_err();
        let line = format!("install -d -m 0750 -o atalaya -g postfix {}", missing.display());
        for told in [format!("{checked:#}"), format!("{started:#}")] {
            assert!(told.contains("policy.socket") && told.contains(&line), "{told}");
        }
    }

    #[test]
    fn mail_servers_and_logs_spare_our_own_addresses_whichever_section_names_them() {
        let named: Vec<Prefix> = [
            "192.0.2.0/26",
            "192.0.2.64/26",
            "192.0.2.128/26",
            "192.0.2.192/26",
        ]
        .map(|prefix| prefix.parse().unwrap())
        .to_vec();
        let mut config = Config::default();
        let sections = [
            &mut config.complaints.own,
            &mut config.web.own_networks,
            &mut config.replay.trusted_relays,
            &mut config.advice.own_networks,
        ];
        for (section, prefix) in sections.into_iter().zip(&named) {
            *section = vec![*prefix];
        }
        assert_eq!(config.own_addresses(), named);
        assert_eq!(advice(&config).own_networks, named);
        config.web.own_networks.push("::/0".parse().unwrap());
        let wrong = config.check().join("; ");
        assert!(wrong.contains("web.own_networks names everybody"), "{wrong}");
    }
}
