//! The section `web` of the configuration.

use atalaya_model::{ByteSize, MailAddress, Period, Prefix, settings};

settings! {
    /// The pages and the API.
    pub struct WebConfig {
        /// The name of whoever runs this list, as the pages show it.
        organisation: String = "Atalaya".to_owned(),
        /// The mailbox that answers for what no page can settle. It must take mail from listed addresses too (RFC 6471 section 2.2.2).
        postmaster: MailAddress = default_postmaster(),
        /// Reverse proxies in front of this server. Only what they say in `X-Forwarded-For` is believed; from anybody else a client
        /// could claim any address and so escape the limits. A proxy that is missing here counts as one single client: its visitors
        /// share the limits of one.
        trusted_proxies: Vec<Prefix> = Vec::new() => "[\"127.0.0.1\", \"10.0.0.0/8\"]",
        /// Names of this server beside those in `public_url` and `console.url`, as requests carry them in `Host`. The console, `/metrics` and whole
        /// lists answer to these, to `localhost` and to addresses; by any other name they answer 421, so that no page elsewhere whose name points here
        /// makes the browser of whoever may read them do so. A proxy that passes on a name of its own needs it here.
        own_names: Vec<String> = Vec::new() => "[\"atalaya.internal\"]",
        /// Who may read `/metrics`, by client address, without a proxy between. Others are told that there is no such page.
        metrics_clients: Vec<Prefix> = default_local_clients(),
        /// Who may fetch whole lists from `/api/v1/export/`, by client address. A list is personal data in bulk: open it to those whom
        /// you know, or to everybody with `["0.0.0.0/0", "::/0"]`.
        export_clients: Vec<Prefix> = default_local_clients(),
        /// Observations that a page or an answer of the API shows, newest first.
        observations_shown: u32 = 10,
        /// Decisions of the past that a page shows, newest first.
        decisions_shown: u32 = 20,
        /// How long a page waits for evidence and history. After that it says listed or not without them.
        details_timeout: Period = Period::seconds(1),
        /// How long a removal waits for the zone to answer without the listing, before the page says that it is on its way.
        zone_wait: Period = Period::seconds(2),
        /// How long a request may take in all.
        request_timeout: Period = Period::seconds(10),
        /// How long a client may take to send the header of a request, and how long an idle connection is kept.
        header_timeout: Period = Period::seconds(15),
        /// Connections at the same time. Further ones are told to come back later.
        max_connections: u32 = 1024,
        /// Connections at the same time from one client (an IPv4 address or an IPv6 /64), so that one cannot take them all. Trusted
        /// proxies are not held to it.
        max_connections_per_client: u32 = 64,
        /// Requests worked on at the same time; further ones wait, at most `request_timeout`.
        max_requests: u32 = 256,
        /// The longest body of a request. Our forms send nothing but their buttons.
        max_body: ByteSize = ByteSize::kib(4),
        /// Requests to change something (POST) that one client, an IPv4 address or an IPv6 /64, may send in a minute. All of an IPv6
        /// /48 together may send eight times as many.
        posts_per_minute: u32 = 30,
        /// Look-ups of addresses that one client may make on the pages and by the API in a minute, counted as `posts_per_minute` counts. Who
        /// is in `export_clients` may fetch all of the list and is not held up. Programs ask DNS.
        lookups_per_minute: u32 = 120,
        /// How hard the puzzle is that a browser solves before a removal, as a power of two: 16 is a fraction of a second, each one more
        /// twice that. It grows by itself for a client that removes much. 0 for none.
        puzzle_bits: u8 = 16,
        /// Removals that one client may make in an hour without a solved puzzle, as from a browser without scripts.
        unsolved_removals_per_hour: u32 = 5,
        /// The licence of the figures and lists that `/data` offers, as a name or the address of its text. Without one the page says that
        /// the operator is to be asked.
        data_licence: Option<String> = None => "\"CC BY 4.0\"",
        /// Calls of the report API without a valid key that are answered to one client in a minute; further ones are told to wait. A
        /// valid key is never held up by it.
        wrong_keys_per_minute: u32 = 10,
        /// Networks of ours, about which no report is taken.
        own_networks: Vec<Prefix> = Vec::new() => "[\"198.51.100.0/24\"]",
        /// The largest table of reports (`/api/v2/bulk-report`). It is read while it comes in, and takes no memory by its size.
        max_table: ByteSize = ByteSize::mib(128),
    }
}

/// Most observations or decisions on one page: more would make it slow to read and to make.
const MOST_SHOWN: u32 = 100;

/// The hardest first puzzle: a second or two for a phone. What is harder keeps people from leaving.
const MOST_FIRST_BITS: u8 = 20;

/// The longest timeout of a page: no reader waits longer, and browsers hang up before.
const LONGEST_TIMEOUT: Period = Period::minutes(5);

impl WebConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        self.check_texts()?;
        self.check_names()?;
        for (key, value) in [
            ("observations_shown", self.observations_shown),
            ("decisions_shown", self.decisions_shown),
        ] {
            if !(1..=MOST_SHOWN).contains(&value) {
                return Err(format!("web.{key} must be from 1 to {MOST_SHOWN}"));
            }
        }
        for (key, value) in [
            ("max_connections", self.max_connections),
            ("max_connections_per_client", self.max_connections_per_client),
            ("max_requests", self.max_requests),
            ("posts_per_minute", self.posts_per_minute),
            ("wrong_keys_per_minute", self.wrong_keys_per_minute),
            ("lookups_per_minute", self.lookups_per_minute),
            ("unsolved_removals_per_hour", self.unsolved_removals_per_hour),
        ] {
            if value == 0 {
                return Err(format!("web.{key} must be at least 1"));
            }
        }
        if self.puzzle_bits > MOST_FIRST_BITS {
            return Err(format!("web.puzzle_bits must be from 0 to {MOST_FIRST_BITS}"));
        }
        for (key, period) in [
            ("details_timeout", self.details_timeout),
            ("request_timeout", self.request_timeout),
            ("header_timeout", self.header_timeout),
        ] {
            if period.duration().is_zero() || period > LONGEST_TIMEOUT {
                return Err(format!(
                    "web.{key} must be longer than 0s and at most {LONGEST_TIMEOUT}"
                ));
            }
        }
        let waits = self
            .zone_wait
            .duration()
            .saturating_add(self.details_timeout.duration());
        if waits >= self.request_timeout.duration() {
            return Err(
                "web.zone_wait and web.details_timeout together must be shorter than web.request_timeout"
                    .to_owned(),
            );
        }
        if !(1024..=1 << 20).contains(&self.max_body.0) {
            return Err("web.max_body must be from 1KiB to 1MiB".to_owned());
        }
        if !(1024..=1 << 30).contains(&self.max_table.0) {
            return Err("web.max_table must be from 1KiB to 1GiB".to_owned());
        }
        Ok(())
    }

    /// Checks the names of the server.
    fn check_names(&self) -> Result<(), String> {
        let is_name = |name: &String| {
            let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !name.is_empty() && !name.ends_with('.') && name.bytes().all(is_of_name)
        };
        match self.own_names.iter().find(|name| !is_name(name)) {
            Some(name) => Err(format!(
                "web.own_names takes names alone, without scheme and port: `{name}` is none"
            )),
            None => Ok(()),
        }
    }

    /// Checks what pages show as it stands here.
    fn check_texts(&self) -> Result<(), String> {
        let licence = self.data_licence.as_deref().unwrap_or("none");
        for (key, text, most) in [
            ("organisation", self.organisation.as_str(), 80),
            ("data_licence", licence, 200),
        ] {
            if text.trim().is_empty() || text.chars().count() > most {
                return Err(format!("web.{key} must have from 1 to {most} characters"));
            }
        }
        Ok(())
    }
}

/// A mailbox of the example zone.
#[expect(
    clippy::expect_used,
    reason = "a constant of ours; a test makes the default configuration"
)]
fn default_postmaster() -> MailAddress {
    "postmaster@atalaya.test".parse().expect("a mail address")
}

/// This machine.
pub(crate) fn default_local_clients() -> Vec<Prefix> {
    vec![
        Prefix::new(std::net::Ipv4Addr::LOCALHOST.into(), 8),
        Prefix::single(std::net::Ipv6Addr::LOCALHOST.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        let config = WebConfig::default();
        assert_eq!(config.check(), Ok(()));
        assert!(config.metrics_clients[0].contains("127.0.0.9".parse().unwrap()));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        type Spoil = fn(&mut WebConfig);
        let wrong: [(&str, Spoil); 12] = [
            ("own_names", |web| {
                web.own_names = vec!["list.example:80".to_owned()];
            }),
            ("lookups_per_minute", |web| web.lookups_per_minute = 0),
            ("puzzle_bits", |web| web.puzzle_bits = 21),
            ("data_licence", |web| web.data_licence = Some(" ".to_owned())),
            ("organisation", |web| web.organisation = " ".to_owned()),
            ("observations_shown", |web| web.observations_shown = 101),
            ("max_requests", |web| web.max_requests = 0),
            ("header_timeout", |web| web.header_timeout = Period::seconds(0)),
            ("request_timeout", |web| {
                web.request_timeout = Period::seconds(u64::MAX);
            }),
            ("zone_wait", |web| web.zone_wait = Period::seconds(9)),
            ("zone_wait", |web| web.zone_wait = Period::seconds(u64::MAX)),
            ("max_body", |web| web.max_body = ByteSize(10)),
        ];
        for (key, spoil) in wrong {
            let mut config = WebConfig::default();
            spoil(&mut config);
            assert!(
                config.check().unwrap_err().starts_with(&format!("web.{key}")),
                "{key}"
            );
        }
    }
}
