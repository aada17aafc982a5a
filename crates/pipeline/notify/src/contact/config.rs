//! How the abuse contact is looked for, as the operator sets it.

use std::collections::BTreeMap;

use atalaya_model::{ByteSize, Period, Prefix, settings};

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
