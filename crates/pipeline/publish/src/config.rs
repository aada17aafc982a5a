//! The section `publish` of the configuration.

use std::net::{Ipv4Addr, Ipv6Addr};

use atalaya_formats::tlog::LogKey;
use atalaya_model::{ByteSize, MailAddress, Period, Prefix, Secret};

use crate::answer::{Cookies, LEAST_UDP_ANSWER};
use crate::apex::NameServer;
use crate::files::FileZone;
use crate::published::PublishedZones;
use crate::transfer::{NotifyTarget, Secondaries, Secondary, TsigKey};

/// The most that `max_udp_answer` may be: what servers are advised to start from (RFC 6891 section 6.2.5), and more than any network
/// should be asked to carry in fragments.
const MOST_UDP_ANSWER: u16 = 4096;
/// The longest `version` and `identity`: they come with answers that have to fit in a datagram.
const MOST_SELF: usize = 64;

/// The prefixes of all addresses.
fn everybody() -> Vec<Prefix> {
    vec![
        Prefix::new(Ipv4Addr::UNSPECIFIED.into(), 0),
        Prefix::new(Ipv6Addr::UNSPECIFIED.into(), 0),
    ]
}

atalaya_model::settings! {
    /// The zone that mail servers ask, and the DNS server that answers for it.
    pub struct PublishConfig {
        /// The name of the zone: the address 192.0.2.99 is asked for as `99.2.0.192.` and this name. Use a sub-domain with name servers
        /// of its own, so that its load and its end touch nothing else (RFC 6471 section 3.1).
        zone: String = "bl.atalaya.test".to_owned(),
        /// Whether each class has a sub-zone as well, with its own SOA record: `manual`, `spam`, `bot`, `hijacked` and `policy` in
        /// front of the zone.
        sub_zones: bool = true,
        /// The addresses and networks that may ask without a key; by default everybody. Without any, only holders of a key may ask:
        /// see `atalaya key`. Others get REFUSED, which no mail server takes for a listing. The records of the zone itself
        /// (SOA, NS, addresses of its name servers) are told to everybody.
        clients: Vec<Prefix> = everybody(),
        /// The name servers of the zone (NS records): a name, and behind it the addresses to answer for it, which are needed where the
        /// name lies in the zone itself. At least one; without them resolvers refuse the zone.
        name_servers: Vec<NameServer> = vec![NameServer::named("ns1.atalaya.test")],
        /// The first name server of the zone (MNAME of the SOA record); the first of `name_servers` when absent. In the zone itself it
        /// must be one of those.
        primary_server: Option<String> = None => "\"ns1.example.org\"",
        /// The mailbox of the person responsible (RNAME of the SOA record); `hostmaster` in the zone when absent (RFC 2142).
        contact: Option<MailAddress> = None => "\"hostmaster@example.org\"",
        /// How long resolvers may keep a listing. This is also how long a removed address goes on being rejected.
        ttl: Period = Period::minutes(5),
        /// How long resolvers may keep "not listed". This is also how long a new listing goes on being missed by those who asked before.
        negative_ttl: Period = Period::minutes(2),
        /// How long resolvers may keep the records of the zone itself: SOA, NS and the addresses of its name servers.
        apex_ttl: Period = Period::hours(1),
        /// How often other name servers that copy the zone ask for changes (SOA refresh).
        refresh: Period = Period::minutes(5),
        /// How soon they ask again when that failed (SOA retry).
        retry: Period = Period::minutes(1),
        /// When they stop answering from a copy that they cannot renew (SOA expire): a list that nobody renews does harm. Below seven
        /// days checkers of zones complain.
        expire: Period = Period::days(7),
        /// The longest answer sent over UDP, in bytes; longer ones go over TCP. 1232 passes every IPv6 path without fragments. At
        /// least 512, which every client takes; at most 4096, because whoever forges its sender turns the answer on somebody else.
        max_udp_answer: u16 = 1232,
        /// Secrets of the DNS cookies, each of 32 hexadecimal digits; a random one, made at the start, when there are none. Servers that
        /// share one address need the same. The first one makes cookies, all are accepted: to change one, put the new one behind the
        /// old on all servers, then before it, and an hour later take the old one away (RFC 9018 section 5).
        cookie_secrets: Vec<Secret> = Vec::new(),
        /// What the server answers to `version.bind`; REFUSED when absent.
        version: Option<String> = None => "\"atalaya\"",
        /// The name of this server among others at the same address, told to `id.server`, `hostname.bind` and in the EDNS option NSID
        /// (RFC 5001); not told when absent. At most 64 printable characters.
        identity: Option<String> = None => "\"ns1-madrid\"",
        /// Threads that answer over UDP at each address of `listen.dns`; one for each processor when absent.
        udp_threads: Option<u16> = None => "2",
        /// Space for queries over UDP that wait, for each thread. The kernel gives no more than `net.core.rmem_max`, except to a process
        /// with CAP_NET_ADMIN; a query takes less than 1 KiB of it.
        udp_queue: ByteSize = ByteSize::mib(4),
        /// Answers over UDP in a second to one client network, an IPv4 /24 or an IPv6 /56 (response rate limiting): whoever forges his
        /// sender turns no more than these on somebody else. 0 for no limit.
        rate_limit: u32 = 5_000,
        /// Of so many queries beyond `rate_limit` one is told to ask over TCP, the others get nothing. 0 to tell none.
        rate_limit_slip: u32 = 2,
        /// Client networks without a limit: your own resolvers.
        rate_limit_exempt: Vec<Prefix> = vec![Prefix::new([127, 0, 0, 0].into(), 8), Prefix::single(Ipv6Addr::LOCALHOST.into())],
        /// Zones made of files that rbldnsd takes, each as it is written there: `ZONE:TYPE:FILE[,FILE...]`. The types are `ip4set`,
        /// `ip4tset`, `ip4trie`, `ip6tset`, `ip6trie`, `dnset`, `generic`, `combined` and `acl`. They are answered beside the list; where one
        /// has the name of the list, or lies in it, it goes before.
        files: Vec<FileZone> = Vec::new() => "[\"bl.example.org:ip4set:/var/lib/lists/bl\"]",
        /// How often these files are looked at for changes; 0s never.
        files_check: Period = Period::minutes(1),
        /// Connections over TCP at the same time, at all addresses together. While more than half are taken, whoever begins to wait
        /// for its next query has a fifth of `idle_timeout`.
        max_connections: u16 = 256,
        /// Connections over TCP from one client (an IPv4 address or an IPv6 /64), so that one cannot take them all.
        max_connections_per_client: u16 = 16,
        /// How long a TCP connection may take for its next whole query before it is closed (RFC 7766 section 6.2.3). One that sends
        /// what is no query, or one of more than 4096 bytes, is closed at once.
        idle_timeout: Period = Period::seconds(10),
        /// How long a client may take to receive an answer over TCP before it is cut off.
        write_timeout: Period = Period::seconds(5),
        /// Who may copy the zone (AXFR and IXFR): prefixes, names of keys of `tsig_keys`, or a prefix and a key with a space between, where
        /// both are needed. Nobody by default: a copy is the whole list.
        transfer_to: Vec<Secondary> = Vec::new(),
        /// The keys that secondaries sign with (TSIG, RFC 8945), each as `{ name = "k1", algorithm = "hmac-sha256", secret = "BASE64" }`.
        /// hmac-sha384 and hmac-sha512 work too. The clocks of both sides may differ by 5 minutes.
        tsig_keys: Vec<TsigKey> = Vec::new(),
        /// Who is told that the zone has changed (NOTIFY): an address, its port where it is not 53, and behind a space the name of the key to
        /// sign with.
        notify: Vec<NotifyTarget> = Vec::new(),
        /// How long changes are collected before the secondaries are told, so that a busy list does not tell them of each.
        notify_wait: Period = Period::seconds(2),
        /// Copies of the zone hold the texts too. Without them transfers are several times shorter, and mail servers get codes without
        /// reasons. Secondaries must fetch the whole zone anew after changing it.
        transfer_texts: bool = true,
        /// Changes that are kept for secondaries, some 56 bytes each. One that comes back after more than these gets the whole zone. Nothing
        /// is kept while `transfer_to` is empty.
        transfer_journal: u32 = 100_000,
        /// Copies sent at the same time, eight of them to one client. Who comes too much is told to come again (SERVFAIL).
        max_transfers: u16 = 16,
        /// Whether every decision stands in a public log that only grows and is signed, so that nobody can be told another history than
        /// others: see docs/guide/public-log.md. Addresses and reasons stand in it as sealed hashes. Each decision takes some 60 bytes more.
        public_log: bool = true,
        /// The name of the log, which its signatures carry; the address of the pages with `/log` behind it when absent. It is taken when the log
        /// begins; `atalaya public-log restart` begins another.
        log_origin: Option<String> = None => "\"lists.example.org/log\"",
        /// How long after a decision its entry in the log can be opened with its address. Then its salt is deleted, and nobody can tell any more
        /// whom the entry is about, unless somebody is still listed or allowed by it.
        log_keep: Period = Period::days(365),
    }
}

impl PublishConfig {
    /// Tells what is wrong, naming the key.
    ///
    /// # Errors
    /// A name is no domain name, a number is out of its range, or two settings contradict each other.
    pub fn check(&self) -> Result<(), String> {
        PublishedZones::new(self).map_err(|error| error.to_string())?;
        Cookies::new(self).map_err(|error| error.to_string())?;
        for (key, text) in [("version", &self.version), ("identity", &self.identity)] {
            let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            if text
                .as_deref()
                .is_some_and(|text| text.is_empty() || text.len() > MOST_SELF || !is_plain(text))
            {
                return Err(format!(
                    "publish.{key} must be 1 to {MOST_SELF} printable characters"
                ));
            }
        }
        Secondaries::new(self).map_err(|error| error.to_string())?;
        if let Some(origin) = &self.log_origin {
            LogKey::new(origin, [0; 32]).map_err(|error| format!("publish.log_origin: {error}"))?;
        }
        if let Some(above) = self.files.iter().find(|files| files.holds(&self.zone)) {
            return Err(format!(
                "publish.files: the zone of `{above}` holds the list's own, {}; serve it elsewhere",
                self.zone
            ));
        }
        let at_least_one = [
            ("udp_threads", self.udp_threads.unwrap_or(1)),
            ("max_connections", self.max_connections),
            ("max_connections_per_client", self.max_connections_per_client),
            ("max_transfers", self.max_transfers),
        ];
        for (key, value) in at_least_one {
            if value == 0 {
                return Err(format!("publish.{key} must be at least 1"));
            }
        }
        if !(LEAST_UDP_ANSWER..=MOST_UDP_ANSWER).contains(&self.max_udp_answer) {
            return Err(format!(
                "publish.max_udp_answer must be {LEAST_UDP_ANSWER} to {MOST_UDP_ANSWER}"
            ));
        }
        for (key, period) in [
            ("idle_timeout", self.idle_timeout),
            ("write_timeout", self.write_timeout),
        ] {
            if period.duration().is_zero() {
                return Err(format!("publish.{key} must be longer than 0s"));
            }
        }
        Ok(())
    }

    /// How many changes are kept for secondaries.
    pub(crate) fn journal_length(&self) -> usize {
        let length = usize::try_from(self.transfer_journal).unwrap_or(usize::MAX);
        if self.transfer_to.is_empty() { 0 } else { length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(change: impl FnOnce(&mut PublishConfig)) -> String {
        let mut config = PublishConfig::default();
        change(&mut config);
        config.check().unwrap_err()
    }

    #[test]
    fn the_default_is_right() {
        assert_eq!(PublishConfig::default().check(), Ok(()));
    }

    #[test]
    fn complaints_name_the_key() {
        let cases: [(&str, String); 14] = [
            (
                "publish.zone",
                complaint(|config| config.zone = "bad..name".to_owned()),
            ),
            ("publish.zone", complaint(|config| config.zone = ".".to_owned())),
            (
                "publish.zone",
                complaint(|config| config.zone = ["a23456789"; 20].join(".")),
            ),
            (
                "publish.name_servers",
                complaint(|config| config.name_servers.clear()),
            ),
            (
                "publish.name_servers",
                complaint(|config| config.name_servers = vec!["ns1.bl.atalaya.test".parse().unwrap()]),
            ),
            (
                "publish.primary_server",
                complaint(|config| config.primary_server = Some("a b".to_owned())),
            ),
            (
                "publish.files",
                complaint(|config| config.files = vec!["atalaya.test:ip4set:list".parse().unwrap()]),
            ),
            (
                "publish.udp_threads",
                complaint(|config| config.udp_threads = Some(0)),
            ),
            (
                "publish.max_udp_answer",
                complaint(|config| config.max_udp_answer = 511),
            ),
            (
                "publish.max_udp_answer",
                complaint(|config| config.max_udp_answer = 4097),
            ),
            (
                "publish.cookie_secrets",
                complaint(|config| config.cookie_secrets = vec![Secret::new("0123")]),
            ),
            (
                "publish.version",
                complaint(|config| config.version = Some(String::new())),
            ),
            (
                "publish.identity",
                complaint(|config| config.identity = Some("i".repeat(65))),
            ),
            (
                "publish.primary_server",
                complaint(|config| config.primary_server = Some("ns1.bl.atalaya.test".to_owned())),
            ),
        ];
        for (key, complaint) in cases {
            assert!(complaint.starts_with(key), "{complaint}");
        }
    }

    #[test]
    fn a_name_that_no_log_has_is_told() {
        let told = complaint(|config| config.log_origin = Some("a b".to_owned()));
        assert_eq!(told, "publish.log_origin: not a name of a log");
    }

    #[test]
    fn name_servers_are_written_as_they_are_read() {
        for text in ["ns1.example.org", "ns1.example.org 192.0.2.53 2001:db8::53"] {
            assert_eq!(text.parse::<NameServer>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "192.0.2.53 ns1.example.org",
            "192.0.2.53.",
            "ns1..example",
            "ns1.example.org 192.0.2",
        ] {
            assert!(text.parse::<NameServer>().is_err(), "{text:?}");
        }
    }
}
