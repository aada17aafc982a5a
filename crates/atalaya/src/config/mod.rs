//! The configuration: one typed tree. Each crate owns its section; this one holds what belongs to the whole.

mod example;
mod listen;
mod load;
mod rules;
mod signatures;
mod statistics;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use atalaya_decide::DecideConfig;
use atalaya_delist::DelistConfig;
use atalaya_formats::redact::TrapNames;
use atalaya_model::{Period, Prefix, Secret, settings};
use atalaya_notify::{ContactConfig, Delivery, FeedbackConfig, HearingConfig, NoticeConfig};
use atalaya_observe::advice::AdviceConfig;
use atalaya_observe::complaints::ComplaintsConfig;
use atalaya_observe::feeds::FeedsConfig;
use atalaya_observe::logs::LogsConfig;
use atalaya_observe::milter::MilterConfig;
use atalaya_observe::policy::PolicyConfig;
use atalaya_observe::replay::ReplayConfig;
use atalaya_observe::upstream::UpstreamConfig;
use atalaya_observe::{TrapConfig, TrapFile};
use atalaya_places::PlacesConfig;
use atalaya_publish::{ContactZone, PublishConfig};
use atalaya_stats::StatsConfig;
use atalaya_store::StoreUrl;
use atalaya_web::{ConsoleConfig, WebConfig};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

pub(crate) use example::example;
pub(crate) use listen::{DnsAddresses, ListenConfig};
pub(crate) use load::load;
pub(crate) use rules::{read as read_rules, rules_of};
pub(crate) use signatures::matcher_of;
pub(crate) use statistics::{catalogue_of, read_catalogue};

settings! {
    /// Everything that can be configured.
    pub struct Config {
        /// The data folder: database, control socket, cached registry files, notices. `--data` overrides it.
        data: PathBuf = PathBuf::from("/var/lib/atalaya"),
        /// Where the pages are reached from outside, without a slash at the end. It stands in DNS answers and in notices. Without it,
        /// the address of `listen.http`. With `notice.relay` it must be set, and https: strangers follow its links, and one click ends
        /// notices over https only (RFC 8058).
        public_url: Option<String> = None => "\"https://list.example.net\"",
        /// The sockets. Port 0 takes a free one. `--listen` overrides them.
        listen: ListenConfig,
        /// Where facts are kept.
        store: StoreConfig,
        /// The SMTP trap.
        trap: TrapConfig,
        /// Complaints by mail.
        complaints: ComplaintsConfig,
        /// What mail servers that ask are told to do with a client.
        advice: AdviceConfig,
        /// The policy service that a Postfix asks.
        policy: PolicyConfig,
        /// The milter that a Postfix or Sendmail asks.
        milter: MilterConfig,
        /// The logs of mail servers.
        logs: LogsConfig,
        /// Feeding kept mail into the trap's path.
        replay: ReplayConfig,
        /// Lists of others that are fetched.
        feeds: FeedsConfig,
        /// DNS blocklists of others that are asked.
        upstream: UpstreamConfig,
        /// In which country and network an address is.
        places: PlacesConfig,
        /// How much evidence lists an address, and for how long.
        decide: DecideConfig,
        /// The zone and the DNS server.
        publish: PublishConfig,
        /// Finding the abuse contact.
        contact: ContactConfig,
        /// Writing and sending notices.
        notice: NoticeConfig,
        /// Hearing what comes back to notices.
        hearing: HearingConfig,
        /// Our own feedback loop.
        feedback: FeedbackConfig,
        /// Leaving the list.
        delist: DelistConfig,
        /// Pages and API.
        web: WebConfig,
        /// The console of those who operate the list.
        console: ConsoleConfig,
        /// Statistics of botnets, systems, countries and networks.
        stats: StatsConfig,
        /// What is logged.
        log: LogConfig,
    }
}

settings! {
    /// Where facts are kept.
    pub struct StoreConfig {
        /// A PostgreSQL database (`postgres://USER:PASSWORD@HOST/NAME`) or an SQLite file (`sqlite:/path/to/file.db`). Without it,
        /// SQLite in the files atalaya.db and atalaya.db-facts of the data folder.
        url: Option<Secret> = None => "\"postgres://atalaya:secret@db.example.net/atalaya\"",
        /// How long a message is kept after it last arrived. What was observed stays, and counts as before.
        keep_messages: Period = Period::days(180),
        /// How long a conversation is kept.
        keep_conversations: Period = Period::days(180),
        /// How long it is kept that something was observed. Listings, and how often an address was listed, stay.
        keep_observations: Period = Period::days(730),
    }
}

settings! {
    /// What is logged, on standard error.
    pub struct LogConfig {
        /// The least serious level that is told: `error`, `warn`, `info`, `debug` or `trace`; or a filter such as `info,atalaya_publish=debug`.
        level: String = "info".to_owned(),
        /// `text` for people, `json` for programs.
        format: String = "text".to_owned(),
    }
}

/// The shortest time that evidence is kept: notices show it, and need some time to be written.
const SHORTEST_KEPT: Period = Period::days(2);

/// The levels of the log, as they are written.
const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace", "off"];

impl Config {
    /// Checks the ranges of every section and gives all that is wrong.
    pub(crate) fn check(&self) -> Vec<String> {
        let own = [
            self.check_public_url(),
            self.check_store(),
            self.check_log(),
            self.check_own_addresses(),
            self.check_oldest_line(),
        ];
        let sections = [
            self.trap.check(),
            self.complaints.check(),
            self.advice.check(),
            self.policy.check(),
            self.milter.check(),
            self.logs.check(),
            self.replay.check(),
            self.feeds.check(),
            self.upstream.check(),
            self.places.check(),
            self.decide.check(),
            self.publish.check(),
            self.contact.check(),
            self.check_contact_zone(),
            self.notice.check(),
            self.hearing.check(),
            self.feedback.check(),
            self.delist.check(),
            self.web.check(),
            self.console.check(),
            self.stats.check(),
        ];
        own.into_iter().chain(sections).filter_map(Result::err).collect()
    }

    /// The same with the addresses that the pages and the console were given, where port 0 was asked for.
    pub(crate) fn listening_at(mut self, http: SocketAddr, console: Option<SocketAddr>) -> Self {
        self.listen.http = http;
        self.console.listen = console;
        self
    }

    /// The console, with the address of its own socket where nobody said how it is reached.
    pub(crate) fn console_section(&self) -> ConsoleConfig {
        let mut console = self.console.clone();
        if let (None, Some(listen)) = (&console.url, console.listen) {
            console.url = Some(format!("http://{listen}"));
        }
        console
    }

    /// Where the pages are reached from outside.
    pub(crate) fn public_url(&self) -> String {
        self.public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.listen.http))
    }

    /// Our own addresses and those of our relays, whichever section names them: no line of a log and no mail server speaks against them.
    pub(crate) fn own_addresses(&self) -> Vec<Prefix> {
        let own = [
            &self.complaints.own,
            &self.web.own_networks,
            &self.replay.trusted_relays,
            &self.advice.own_networks,
        ];
        own.into_iter().flatten().copied().collect()
    }

    /// All names of traps that any section gives, and those that were added: what no evidence may show.
    pub(crate) fn trap_names(&self, added: &TrapFile) -> TrapNames {
        let added = added.traps().map(|(trap, _)| trap);
        let entries = self
            .trap
            .addresses
            .iter()
            .chain(added)
            .map(|entry| &entry.address);
        let more = self.complaints.addresses.iter().chain(&self.notice.trap_names);
        let names = std::iter::once(&self.trap.hostname).chain(more).chain(entries);
        let hosts: Vec<String> = self.trap_hosts().map(|host| host.to_string()).collect();
        TrapNames::new(names.chain(&hosts).map(String::as_str))
    }

    /// The addresses of the trap: clients call themselves by them, and write them into the headers that they forge. Behind a listener at all
    /// addresses it is that by which this machine speaks to others; further ones are named in `notice.trap_names`.
    fn trap_hosts(&self) -> impl Iterator<Item = IpAddr> {
        let hosts = self.trap_listeners().filter_map(|host| {
            if host.is_unspecified() {
                atalaya_net::outgoing_address(host)
            } else {
                Some(host)
            }
        });
        hosts.filter(|host| !host.is_loopback())
    }

    /// Whether the trap listens at all addresses, none is named in `notice.trap_names`, and this machine has no way to others yet by which it could be
    /// told which those are.
    pub(crate) fn is_trap_host_unknown(&self) -> bool {
        if self
            .notice
            .trap_names
            .iter()
            .any(|name| name.parse::<IpAddr>().is_ok())
        {
            return false;
        }
        let outgoing = |all| atalaya_net::outgoing_address(all).filter(|host| !host.is_loopback());
        self.trap_listeners()
            .any(|host| host.is_unspecified() && outgoing(host).is_none())
    }

    /// Where the trap listens.
    fn trap_listeners(&self) -> impl Iterator<Item = IpAddr> {
        let further = self.trap.listeners.iter().map(|listener| listener.address);
        let sockets = further.chain([self.listen.smtp]);
        sockets.map(|socket| socket.ip().to_canonical())
    }

    /// Whatever is our own is spared everywhere. The other sections look at theirs themselves.
    fn check_own_addresses(&self) -> Result<(), String> {
        let named = [
            ("complaints.own", &self.complaints.own),
            ("web.own_networks", &self.web.own_networks),
        ];
        let bad = named
            .iter()
            .find(|(_, own)| own.iter().any(|prefix| prefix.length() == 0));
        bad.map_or(Ok(()), |(key, _)| {
            Err(format!(
                "{key} names everybody, so that nobody would be spoken against"
            ))
        })
    }

    fn check_contact_zone(&self) -> Result<(), String> {
        let Some(name) = &self.contact.zone else {
            return Ok(());
        };
        let zone = ContactZone::new(name, &self.publish);
        zone.map(drop).map_err(|error| error.to_string())
    }

    /// What a line of a log made is deleted by age, and would be made again if the line were read once more.
    fn check_oldest_line(&self) -> Result<(), String> {
        if !self.logs.files.is_empty() && self.logs.oldest > self.store.keep_observations {
            return Err(
                "logs.oldest must not be longer than store.keep_observations: what an older line makes would be deleted, and made again"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn check_public_url(&self) -> Result<(), String> {
        let url = self.public_url();
        let host = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let is_plain = |host: &str| {
            let fits = |c: u8| c.is_ascii_graphic() && !b"?#".contains(&c);
            !host.is_empty() && !host.ends_with('/') && host.bytes().all(fits)
        };
        if !host.is_some_and(is_plain) {
            return Err(
                "public_url must be an http or https URL without `?` and `#`, and without a slash at the end"
                    .to_owned(),
            );
        }
        if self.notice.way() != Delivery::Folder && !url.starts_with("https://") {
            return Err(
                "public_url must be set to an https URL, because notices leave and lead to it".to_owned(),
            );
        }
        Ok(())
    }

    fn check_store(&self) -> Result<(), String> {
        if let Err(error) = self.store_url() {
            return Err(format!("store.url: {error}"));
        }
        let kept = [
            ("keep_messages", self.store.keep_messages),
            ("keep_conversations", self.store.keep_conversations),
            ("keep_observations", self.store.keep_observations),
        ];
        match kept.iter().find(|(_, period)| *period < SHORTEST_KEPT) {
            Some((name, _)) => Err(format!("store.{name} must be {SHORTEST_KEPT} at least")),
            None => Ok(()),
        }
    }

    fn check_log(&self) -> Result<(), String> {
        if !matches!(self.log.format.as_str(), "text" | "json") {
            return Err("log.format must be \"text\" or \"json\"".to_owned());
        }
        // A word without `=` that is no level would be taken for the name of a module, and everything else fall silent.
        for word in self
            .log
            .level
            .split(',')
            .map(str::trim)
            .filter(|word| !word.contains('='))
        {
            if word.is_empty() || word.parse::<LevelFilter>().is_err() {
                let hint = load::nearest(word, LEVELS)
                    .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                return Err(format!(
                    "log.level: `{word}` is no level, which are {}{hint}",
                    LEVELS.join(", ")
                ));
            }
        }
        self.log
            .level
            .parse::<EnvFilter>()
            .map(|_filter| ())
            .map_err(|error| format!("log.level: {error}"))
    }

    /// Where facts are kept.
    ///
    /// # Errors
    /// `store.url` is of no known form.
    pub(crate) fn store_url(&self) -> Result<StoreUrl, atalaya_store::StoreError> {
        match &self.store.url {
            Some(url) => url.expose().parse(),
            None => Ok(StoreUrl::Sqlite(self.in_data("atalaya.db"))),
        }
    }

    /// The path of a file or folder inside the data folder.
    pub(crate) fn in_data(&self, name: impl AsRef<Path>) -> PathBuf {
        self.data.join(name)
    }
}
