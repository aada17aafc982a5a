//! The section `[trap]` of the configuration.

mod listeners;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use atalaya_model::{ByteSize, Period};
use atalaya_store::MAX_MESSAGE;

pub use self::listeners::{
    FIRST_LISTENER, RecordConnections, TarpitConfig, TrapAddress, TrapListener, TrapMode,
};

/// Longest time that any wait of the trap may be given: a client that needs a day does not deliver mail.
const LONGEST: Period = Period::days(1);

atalaya_model::settings! {
    /// The SMTP trap: takes mail for any recipient, records it, and never sends any.
    pub struct TrapConfig {
        /// The name that the trap gives in its banner. A name that looks like a mail server's is hit more.
        hostname: String = "mx.atalaya.test".to_owned(),
        /// Which recipients are which kind of trap: `pristine` (never was a person's), `recycled` (was, long ago), `typo` (looks like a
        /// real domain, misspelt) or `role` (anybody may write there: kept, never counted). `name@domain` names one address, `@domain`
        /// all of a domain. `postmaster` and `abuse` of any domain are roles unless they are named themselves, all other recipients
        /// that are not named are pristine. A mail to several counts as the strongest: pristine, then recycled, typo, role. With
        /// `since` it counts from that date on; `weight`, from 0 to 1, is the part that it weighs of what its kind does, and below 1 it
        /// never lists alone. `atalaya trap add` names further ones without a restart; what stands here goes first.
        addresses: Vec<TrapAddress> = Vec::new() => "[{ address = \"@old-customer.example\", kind = \"recycled\" }]",
        /// What the listener `listen.smtp` does: `accept`; `refuse-recipients` says 550 to every recipient; `refuse-messages` keeps the
        /// message and says 550; `defer-once` says 451 to who comes for the first time; `tarpit` answers slowly.
        mode: TrapMode = TrapMode::Accept,
        /// Further listeners, each with a name that stands in its observations, and a mode of its own.
        listeners: Vec<TrapListener> = Vec::new() => "[{ name = \"mx2\", address = \"127.0.0.1:2526\", mode = \"refuse-recipients\" }]",
        /// How much of what was said in a connection is kept with an observation, in bytes; messages count by their size alone. With 0 neither
        /// conversation nor dialect is kept.
        max_conversation: ByteSize = ByteSize::kib(8),
        /// Which conversations become observations of the kind `connection`, which never counts by itself: `none`, `without-mail` or `all`. Only
        /// there it is known whether the client said QUIT. One that said nothing at all is never recorded.
        record_connections: RecordConnections = RecordConnections::WithoutMail,
        /// Conversations recorded for one address (IPv6: one /64) in an hour, so that a flood does not fill the store.
        connections_per_address: u32 = 12,
        /// Conversations recorded for all addresses in an hour.
        connections_per_hour: u32 = 20_000,
        /// Whether STARTTLS is offered. Of a TLS session only version, cipher suite and the server name asked for are kept.
        starttls: bool = true,
        /// The certificate and those it was signed with, in a PEM file. Without it, the trap makes one for its hostname and keeps it in the data
        /// folder, which spam programs and mail servers take alike.
        certificate: Option<PathBuf> = None => "\"/etc/atalaya/mx.pem\"",
        /// The private key of `certificate`, in a PEM file.
        certificate_key: Option<PathBuf> = None => "\"/etc/atalaya/mx.key\"",
        /// Signature files of p0f, version 2 or 3, that name the systems of those who connect, by the first packet of the connection. They are
        /// asked in this order, and then the small set that comes with the program. Pages, notices and `atalaya evidence` show the name.
        signatures: Vec<PathBuf> = Vec::new() => "[\"/etc/p0f/p0f.fp\"]",
        /// Largest message that is taken, in bytes; announced to clients as SIZE. Spam is small: 99 of 100 are below 1 MiB.
        max_message_size: ByteSize = ByteSize::mib(25),
        /// Memory that all messages being received may take together, in bytes. One address (IPv6: one /64) may have a quarter of it, or
        /// what the largest message takes. Beyond it a message is refused with 452, and its sender may come again.
        max_memory: ByteSize = ByteSize::mib(256),
        /// Recipients of one message. RFC 5321 section 4.5.3.1.8 asks for at least 100.
        max_recipients: usize = 100,
        /// Messages in one connection; then the client is told 421 and has to connect again.
        max_messages: u64 = 1_000,
        /// Commands in one connection, so that nobody holds one open with NOOP.
        max_commands: u64 = 10_000,
        /// Commands that fail in one connection; then it is closed. Web browsers and scanners end here.
        max_errors: u64 = 20,
        /// Longest command line, in bytes. RFC 5321 section 4.5.3.1.4 asks for 512, extensions add to it. A longer one is answered 500
        /// and thrown away while it comes in. The lines of a message have no limit.
        max_line_length: ByteSize = ByteSize::kib(4),
        /// Connections open at once. Each takes one file descriptor and some KiB; raise the limit of open files with it.
        max_connections: usize = 16_384,
        /// Connections open at once from one address (IPv6: from one /64; from one /48 four times as many).
        max_connections_per_address: usize = 100,
        /// How long to listen before the banner. A client that speaks first is noted as an early talker. With `0s` only what came before
        /// the connection was taken up is noticed; every longer wait delays each connection.
        banner_delay: Period = Period::seconds(0),
        /// How long to wait for a whole command. RFC 5321 section 4.5.3.2.7 asks for 5 minutes. While more than half of all connections
        /// are taken, this and `data_timeout` are a fifth.
        command_timeout: Period = Period::minutes(5),
        /// How long to wait for the next piece of a message. RFC 5321 section 4.5.3.2.5 gives 3 minutes.
        data_timeout: Period = Period::minutes(3),
        /// How long one message may take altogether, so that a sender of one byte a minute ends.
        message_timeout: Period = Period::minutes(15),
        /// How long a connection may last altogether.
        session_timeout: Period = Period::hours(1),
        /// How long a client may take to accept an answer.
        reply_timeout: Period = Period::minutes(1),
        /// How long the store may take to keep a message; then the client is told 451 and comes again.
        store_timeout: Period = Period::minutes(1),
        /// When the program ends: how long a message that is coming in may go on. Clients that send nothing are told 421 at once.
        shutdown_grace: Period = Period::seconds(5),
        /// Peers on loopback that stand for another address, which is then recorded as theirs: for the demo, for tests, and for a proxy
        /// on this machine that has one loopback address per client. Only addresses of 127.0.0.0/8 and ::1 can stand for another,
        /// because nobody else can have those.
        stand_for: BTreeMap<IpAddr, IpAddr> = BTreeMap::new() => "{ \"127.0.0.11\" = \"192.0.2.11\" }",
        /// How a listener with the mode `tarpit` holds its clients up.
        tarpit: TarpitConfig,
    }
}

impl TrapConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if !is_host_name(&self.hostname) {
            return Err("trap.hostname must be a host name such as mx.example.net".to_owned());
        }
        self.check_counts()?;
        self.check_periods()?;
        self.tarpit.check()?;
        TrapListener::check(&self.listeners)?;
        if self.certificate.is_some() != self.certificate_key.is_some() {
            return Err("trap.certificate and trap.certificate_key must be given together".to_owned());
        }
        // A thousand commands of a usual length; more says nothing new, and every connection may take it.
        if self.max_conversation > ByteSize::kib(64) {
            return Err("trap.max_conversation must be at most 64KiB".to_owned());
        }
        for entry in &self.addresses {
            let domain = entry.address.rsplit_once('@').map_or("", |(_, domain)| domain);
            if domain.is_empty() {
                return Err(format!(
                    "trap.addresses: `{}` must be name@domain or @domain",
                    entry.address
                ));
            }
        }
        match self
            .stand_for
            .keys()
            .find(|key| !key.to_canonical().is_loopback())
        {
            None => Ok(()),
            Some(key) => Err(format!(
                "trap.stand_for: only a loopback address (127.0.0.0/8, ::1) can stand for another, not {key}"
            )),
        }
    }

    fn check_counts(&self) -> Result<(), String> {
        let at_least_one = [
            ("max_messages", self.max_messages == 0),
            ("max_commands", self.max_commands == 0),
            ("max_errors", self.max_errors == 0),
            ("max_connections", self.max_connections == 0),
            (
                "max_connections_per_address",
                self.max_connections_per_address == 0,
            ),
            ("max_recipients", self.max_recipients == 0),
        ];
        if let Some((key, _)) = at_least_one.iter().find(|(_, zero)| *zero) {
            return Err(format!("trap.{key} must be at least 1"));
        }
        // 510 and its CRLF: what every client may send (RFC 5321 section 4.5.3.1.4).
        if !(ByteSize(510)..=ByteSize::kib(64)).contains(&self.max_line_length) {
            return Err("trap.max_line_length must be between 510 and 64KiB".to_owned());
        }
        // RFC 5321 section 4.5.3.1.7: at least 64 KiB.
        if self.max_message_size < ByteSize::kib(64) || self.max_message_size.bytes() > MAX_MESSAGE {
            return Err(
                "trap.max_message_size must be between 64KiB and 256MiB, which the store keeps".to_owned(),
            );
        }
        if self.max_memory < self.max_message_size {
            return Err("trap.max_memory must be at least trap.max_message_size".to_owned());
        }
        Ok(())
    }

    fn check_periods(&self) -> Result<(), String> {
        let positive = [
            ("command_timeout", self.command_timeout),
            ("data_timeout", self.data_timeout),
            ("message_timeout", self.message_timeout),
            ("session_timeout", self.session_timeout),
            ("reply_timeout", self.reply_timeout),
            ("store_timeout", self.store_timeout),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, period)| period.duration().is_zero()) {
            return Err(format!("trap.{key} must be longer than 0s"));
        }
        let may_be_zero = [
            ("banner_delay", self.banner_delay),
            ("shutdown_grace", self.shutdown_grace),
        ];
        match positive
            .iter()
            .chain(&may_be_zero)
            .find(|(_, period)| *period > LONGEST)
        {
            None => Ok(()),
            Some((key, _)) => Err(format!("trap.{key} must be at most {LONGEST}")),
        }
    }

    /// The address that counts as the peer's.
    pub(crate) fn address_of(&self, peer: IpAddr) -> IpAddr {
        let peer = peer.to_canonical();
        self.stand_for.get(&peer).copied().unwrap_or(peer)
    }
}

/// Whether a text can stand in a banner: letters, digits, hyphens and dots.
fn is_host_name(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message of a configuration that was changed in one way.
    fn refusal(change: impl FnOnce(&mut TrapConfig)) -> String {
        let mut config = TrapConfig::default();
        change(&mut config);
        config.check().unwrap_err()
    }

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(TrapConfig::default().check(), Ok(()));
    }

    #[test]
    fn only_loopback_can_stand_for_another() {
        let mut config = TrapConfig::default();
        let stands: IpAddr = "127.0.0.11".parse().unwrap();
        let meant: IpAddr = "192.0.2.11".parse().unwrap();
        config.stand_for.insert(stands, meant);
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.address_of(stands), meant);
        assert_eq!(config.address_of("::ffff:127.0.0.11".parse().unwrap()), meant);
        let other = "198.51.100.1".parse().unwrap();
        assert_eq!(config.address_of(other), other);
        config.stand_for.insert(other, meant);
        assert!(config.check().unwrap_err().contains("198.51.100.1"));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        assert!(refusal(|config| config.max_recipients = 0).contains("trap.max_recipients"));
        assert!(refusal(|config| config.hostname = "a\r\nb".to_owned()).contains("trap.hostname"));
        assert!(refusal(|config| config.max_message_size = ByteSize::mib(257)).contains("256MiB"));
        assert_eq!(MAX_MESSAGE, ByteSize::mib(256).bytes(), "as the message says");
        assert!(refusal(|config| config.max_memory = ByteSize(1)).contains("trap.max_memory"));
        assert!(refusal(|config| config.max_line_length = ByteSize(100)).contains("trap.max_line_length"));
        assert!(refusal(|config| config.data_timeout = Period::seconds(0)).contains("trap.data_timeout"));
        assert!(refusal(|config| config.banner_delay = Period::days(2)).contains("trap.banner_delay"));
        let entry = TrapAddress::new("nobody", atalaya_model::Trap::Typo);
        assert!(refusal(|config| config.addresses = vec![entry]).contains("`nobody`"));
    }

    #[test]
    fn listeners_have_names_of_their_own_and_waits_have_ends() {
        let listener = |name: &str| TrapListener {
            name: name.to_owned(),
            address: "127.0.0.1:0".parse().unwrap(),
            mode: TrapMode::Tarpit,
        };
        for name in ["", "a b", "smtp", "mx2"] {
            let told = refusal(|config| config.listeners = vec![listener("mx2"), listener(name)]);
            assert!(told.contains("trap.listeners"), "{told}");
        }
        let slow = |config: &mut TrapConfig| config.tarpit.delay = Period::minutes(1);
        assert!(refusal(slow).contains("trap.tarpit.delay"));
        let long = |config: &mut TrapConfig| config.tarpit.longest = Period::days(2);
        assert!(refusal(long).contains("trap.tarpit.longest"));
        let alone = |config: &mut TrapConfig| config.certificate = Some("/mx.pem".into());
        assert!(refusal(alone).contains("trap.certificate_key"));
        let much = |config: &mut TrapConfig| config.max_conversation = ByteSize::mib(1);
        assert!(refusal(much).contains("trap.max_conversation"));
    }
}
