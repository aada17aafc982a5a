//! How the abuse contact is looked for, as the operator sets it.

use std::collections::BTreeMap;

use atalaya_formats::whois::Referral;
use atalaya_model::{ByteSize, Period, Prefix, settings};
use atalaya_net::server_of;

settings! {
    /// Finding the abuse contact of a network: RDAP first, then WHOIS.
    pub struct ContactConfig {
        /// Where the RDAP bootstrap files `ipv4.json` and `ipv6.json` are (RFC 9224). They say which registry answers for which
        /// addresses. Empty: only the servers of `rdap_servers` are asked.
        bootstrap_url: String = "https://data.iana.org/rdap/".to_owned(),
        /// After this time the bootstrap files are fetched anew. Where that fails, the old ones go on being used.
        bootstrap_fresh: Period = Period::days(7),
        /// RDAP servers by network; the longest prefix wins, and each wins over the bootstrap files.
        rdap_servers: BTreeMap<Prefix, String> = BTreeMap::new() => "{ \"192.0.2.0/24\" = \"http://127.0.0.1:8083/\" }",
        /// The WHOIS server to begin with, as `host` or `host:port`; it refers us on. Empty: no WHOIS.
        whois_server: String = "whois.iana.org".to_owned(),
        /// Where to reach WHOIS servers that answers refer us to, by name: for mirrors and relays of one's own.
        whois_servers: BTreeMap<String, String> = BTreeMap::new() => "{ \"whois.ripe.net\" = \"whois.example.net:43\" }",
        /// How long a contact is used before it is asked for again.
        fresh: Period = Period::days(7),
        /// How long it is remembered that a network names no contact. Shorter, because networks mend this.
        none_fresh: Period = Period::days(1),
        /// How often one registry server is asked. Registries ban those who ask too often; LACNIC allows about ten a minute.
        queries_per_minute: u32 = 10,
        /// How long one exchange with a server may take altogether, however slowly it sends.
        timeout: Period = Period::seconds(20),
        /// The largest answer that is read. Real ones stay below 100 KiB.
        max_answer: ByteSize = ByteSize::mib(2),
        /// How many redirects or referrals are followed from one question.
        max_hops: u32 = 5,
        /// When to ask again after a server failed without saying when.
        retry_after: Period = Period::minutes(15),
    }
}

impl ContactConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        let is_url = |url: &String| server_of(url).is_some();
        if !self.bootstrap_url.is_empty() && !is_url(&self.bootstrap_url) {
            return Err(
                "contact.bootstrap_url must be an address of the form https://host/path/, or empty"
                    .to_owned(),
            );
        }
        if let Some((prefix, _)) = self.rdap_servers.iter().find(|(_, url)| !is_url(url)) {
            return Err(format!(
                "contact.rdap_servers.\"{prefix}\" must be an address of the form https://host/path/"
            ));
        }
        let servers = self
            .whois_servers
            .values()
            .chain([&self.whois_server])
            .filter(|server| !server.is_empty());
        if let Some(server) = servers
            .into_iter()
            .find(|server| Referral::read(server).is_none())
        {
            return Err(format!(
                "contact.whois_server and whois_servers take host or host:port, not `{server}`"
            ));
        }
        if self.queries_per_minute == 0 || self.queries_per_minute > 600 {
            return Err("contact.queries_per_minute must be from 1 to 600".to_owned());
        }
        if self.max_hops == 0 || self.max_hops > 20 {
            return Err("contact.max_hops must be from 1 to 20".to_owned());
        }
        if self.timeout.duration().is_zero() || self.max_answer.bytes() < 1_024 {
            return Err(
                "contact.timeout must be longer than 0s and contact.max_answer at least 1KiB".to_owned(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(ContactConfig::default().check(), Ok(()));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let config = ContactConfig {
            bootstrap_url: "ftp://example.net".to_owned(),
            ..ContactConfig::default()
        };
        assert!(config.check().unwrap_err().starts_with("contact.bootstrap_url"));
        let servers = BTreeMap::from([("192.0.2.0/24".parse().unwrap(), "rdap.example.net".to_owned())]);
        let config = ContactConfig {
            rdap_servers: servers,
            ..ContactConfig::default()
        };
        assert!(
            config
                .check()
                .unwrap_err()
                .starts_with("contact.rdap_servers.\"192.0.2.0/24\"")
        );
        let config = ContactConfig {
            whois_server: "whois.example.net:x".to_owned(),
            ..ContactConfig::default()
        };
        assert!(config.check().unwrap_err().starts_with("contact.whois_server"));
        let config = ContactConfig {
            whois_server: String::new(),
            bootstrap_url: String::new(),
            ..ContactConfig::default()
        };
        assert_eq!(config.check(), Ok(()), "both can be turned off");
    }
}
