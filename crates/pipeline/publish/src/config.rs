//! The section `publish` of the configuration.

use atalaya_model::{MailAddress, Period};

use crate::answer::LEAST_UDP_ANSWER;
use crate::apex::{Apex, NameServer};
use crate::files::FileZone;

/// The most that `max_udp_answer` may be: what servers are advised to start from (RFC 6891 section 6.2.5), and more than any network
/// should be asked to carry in fragments.
const MOST_UDP_ANSWER: u16 = 4096;

atalaya_model::settings! {
    /// The zone that mail servers ask, and the DNS server that answers for it.
    pub struct PublishConfig {
        /// The name of the zone: the address 192.0.2.99 is asked for as `99.2.0.192.` and this name. Use a sub-domain with name servers
        /// of its own, so that its load and its end touch nothing else (RFC 6471 section 3.1).
        zone: String = "bl.atalaya.test".to_owned(),
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
        /// Tasks that answer over UDP at each address of `listen.dns`: one for each processor that is to work for DNS.
        udp_tasks: u16 = 2,
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
    }
}

impl PublishConfig {
    /// Tells what is wrong, naming the key.
    ///
    /// # Errors
    /// A name is no domain name, a number is out of its range, or two settings contradict each other.
    pub fn check(&self) -> Result<(), String> {
        Apex::new(self).map_err(|error| error.to_string())?;
        let at_least_one = [
            ("udp_tasks", self.udp_tasks),
            ("max_connections", self.max_connections),
            ("max_connections_per_client", self.max_connections_per_client),
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
        let cases: [(&str, String); 10] = [
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
            ("publish.udp_tasks", complaint(|config| config.udp_tasks = 0)),
            (
                "publish.max_udp_answer",
                complaint(|config| config.max_udp_answer = 511),
            ),
            (
                "publish.max_udp_answer",
                complaint(|config| config.max_udp_answer = 4097),
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
