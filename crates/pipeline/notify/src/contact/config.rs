//! How the abuse contact is looked for, as the operator sets it.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;

use atalaya_formats::whois::Referral;
use atalaya_model::{ByteSize, Period, Prefix, settings};
use atalaya_net::server_of;

use super::sources::read_own_file;

/// Most files of registries' data.
const MOST_FILES: usize = 100;
/// Most contact zones: each is a question for each network.
const MOST_ZONES: usize = 8;

settings! {
    /// Finding the abuse contact of a network: files first, then RDAP, and others where that names nobody.
    pub struct ContactConfig {
        /// A file of your own: a network a line, then the mailboxes to tell, or `nobody` (`192.0.2.0/24, abuse@example.net`). The longest prefix
        /// wins, and what it says goes before all else. It is read again when it has changed.
        file: Option<PathBuf> = None => "\"/etc/atalaya/contacts.csv\"",
        /// Registries' bulk data (RPSL, as RIPE, APNIC and AFRINIC publish it; split or whole, plain or packed with gzip or zstd). Name the
        /// files of networks (`inetnum`, `inet6num`) and those of their holders (`organisation`, `role`, `irt`). They are read again when one has
        /// changed, and answer without asking anybody.
        bulk: Vec<PathBuf> = Vec::new() => "[\"/var/lib/atalaya/bulk/ripe.db.inetnum.gz\"]",
        /// Where the RDAP bootstrap files `ipv4.json`, `ipv6.json` and `dns.json` are (RFC 9224). They say which registry answers for which
        /// addresses and names. Empty: only the servers of `rdap_servers` are asked.
        bootstrap_url: String = "https://data.iana.org/rdap/".to_owned(),
        /// After this time the bootstrap files are fetched anew. Where that fails, the old ones go on being used.
        bootstrap_fresh: Period = Period::days(7),
        /// RDAP servers by network; the longest prefix wins, and each wins over the bootstrap files.
        rdap_servers: BTreeMap<Prefix, String> = BTreeMap::new() => "{ \"192.0.2.0/24\" = \"http://127.0.0.1:8083/\" }",
        /// The WHOIS server to begin with, as `host` or `host:port`; it refers us on. Empty: no WHOIS.
        whois_server: String = "whois.iana.org".to_owned(),
        /// Where to reach WHOIS servers that answers refer us to, by name: for mirrors and relays of one's own.
        whois_servers: BTreeMap<String, String> = BTreeMap::new() => "{ \"whois.ripe.net\" = \"whois.example.net:43\" }",
        /// Contact zones in DNS, in the order in which they are asked: a TXT record under the address written backwards. That of Abusix is
        /// `abuse-contacts.abusix.zone`; it has terms of use, so that none is asked unless you name it.
        zones: Vec<String> = Vec::new() => "[\"abuse-contacts.abusix.zone\"]",
        /// The zone of abuse.net, `contacts.abuse.net`, which is asked by the domain of the reverse name. Empty: not asked. It is free to use
        /// but for commerce (<https://www.abuse.net/using.phtml>).
        abuse_net_zone: String = String::new() => "\"contacts.abuse.net\"",
        /// The resolvers for contact zones, reverse zones and reverse names. Empty: none of these is asked.
        resolvers: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 53))],
        /// A zone of our own in which others ask for contacts by DNS, in the layout of Abusix: `4.3.2.1.` and this name. It may lie below
        /// `publish.zone`. Whoever may ask the list may ask it. Not served when absent.
        zone: Option<String> = None => "\"contacts.bl.example.org\"",
        /// Whether an address that others asked that zone for, and that is unknown, is looked up later. At most 500 an hour.
        serve_lookup: bool = false,
        /// How sure a contact has to be, in percent, to be written to. Registries' contacts have 55 and more, those of contact zones 75, of
        /// reverse zones 35, `abuse@` of the reverse name 30, of security.txt 20. What could not reach this is not asked.
        least_confidence: u8 = 30,
        /// How long a contact is used before it is asked for again.
        fresh: Period = Period::days(7),
        /// How long it is remembered that a network names no contact. Shorter, because networks mend this.
        none_fresh: Period = Period::days(1),
        /// How often a process asks one registry server in a minute. Divide it by the number of servers that you run: registries ban those who ask
        /// too often; LACNIC allows about ten a minute.
        queries_per_minute: u32 = 10,
        /// Other numbers for single servers, or for a domain whose servers share them.
        budgets: BTreeMap<String, u32> = BTreeMap::new() => "{ \"arin.net\" = 60 }",
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
        self.check_numbers()
    }

    /// Checks that the files that it names can be used: `file` is read, and those of `bulk` are opened.
    ///
    /// # Errors
    /// A sentence that names the key and the file, and the line where there is one.
    pub fn check_files(&self) -> Result<(), String> {
        if let Some(path) = &self.file {
            read_own_file(path)
                .map_err(|why| format!("contact.file {} cannot be used: {why}", path.display()))?;
        }
        for path in &self.bulk {
            File::open(path)
                .map_err(|error| format!("contact.bulk {} cannot be read: {error}", path.display()))?;
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), String> {
        let mut budgets = self.budgets.values().chain([&self.queries_per_minute]);
        if budgets.any(|budget| !(1..=600).contains(budget)) {
            return Err("contact.queries_per_minute and contact.budgets must be from 1 to 600".to_owned());
        }
        if self.least_confidence > 100 {
            return Err("contact.least_confidence must be from 0 to 100".to_owned());
        }
        if self.bulk.len() > MOST_FILES || self.zones.len() > MOST_ZONES {
            return Err(format!(
                "contact.bulk may name {MOST_FILES} files, and contact.zones {MOST_ZONES} zones"
            ));
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

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_line() {
        let folder = tempfile::TempDir::new().unwrap();
        let (own, absent) = (folder.path().join("own"), folder.path().join("absent"));
        std::fs::write(&own, "192.0.2.0/24, nobody\n192.0.3.0/24, spoilt\n").unwrap();
        let told = |file: Option<&PathBuf>, bulk: &[PathBuf]| {
            let config = ContactConfig {
                file: file.cloned(),
                bulk: bulk.to_vec(),
                ..ContactConfig::default()
            };
            config.check_files().unwrap_err()
        };
        let wrong = told(Some(&own), &[]);
        assert!(
            wrong.starts_with("contact.file ") && wrong.contains("line 2: `spoilt`"),
            "{wrong}"
        );
        assert!(told(Some(&absent), &[]).contains("absent cannot be used: "));
        std::fs::write(&own, "192.0.2.0/24, nobody\n").unwrap();
        let wrong = told(Some(&own), &[own.clone(), absent]);
        assert!(
            wrong.starts_with("contact.bulk ") && wrong.contains("absent cannot be read"),
            "{wrong}"
        );
    }
}
