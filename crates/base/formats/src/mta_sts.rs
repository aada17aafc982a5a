//! MTA-STS (RFC 8461): how a domain says that mail to it must travel in TLS, and which servers are its own.
//!
//! In: the TXT records of `_mta-sts.DOMAIN`, and the policy that is fetched over HTTPS. Out: the id that tells a new policy from an old one, and
//! the policy. Fetching and remembering are not here.

use std::time::Duration;

/// Longest policy that is read (RFC 8461 section 3.3 suggests 64 kilobytes).
pub const MAX_POLICY: usize = 64 * 1_024;
/// Most patterns of servers that are taken.
const MOST_SERVERS: usize = 64;
/// The longest life of a policy (RFC 8461 section 3.2).
const LONGEST_LIFE: u64 = 31_557_600;
/// Longest id (RFC 8461 section 3.1).
const LONGEST_ID: usize = 32;

/// What a domain asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To deliver only to its servers, with valid certificates.
    Enforce,
    /// To deliver anyway, and to report what would have failed.
    Testing,
    /// Nothing any more.
    None,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What the domain asks for.
    pub mode: Mode,
    /// Its servers: names, or `*.` before one.
    pub servers: Vec<String>,
    /// How long that holds after it was fetched.
    pub max_age: Duration,
}

/// A document that is no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPolicy {
    /// It is too long, or no text.
    #[error("the policy is longer than 64 KiB, or no text")]
    NoText,
    /// Its version is another one, or missing.
    #[error("the policy is of another version than STSv1")]
    Version,
    /// A key is missing or has a value that means nothing.
    #[error("the policy has no usable `{0}`")]
    Key(&'static str),
}

impl Policy {
    /// Reads a policy. Of a key that stands twice the first counts, but for `mx` (RFC 8461 section 3.2).
    ///
    /// # Errors
    /// The document is none.
    pub fn parse(document: &[u8]) -> Result<Self, NoPolicy> {
        let text = Some(document).filter(|text| text.len() <= MAX_POLICY);
        let text = text
            .and_then(|text| str::from_utf8(text).ok())
            .ok_or(NoPolicy::NoText)?;
        let pairs = || text.lines().filter_map(|line| line.split_once(':'));
        let all = |key: &'static str| {
            pairs()
                .filter(move |(name, _)| name.trim() == key)
                .map(|(_, value)| value.trim())
        };
        if all("version").next() != Some("STSv1") {
            return Err(NoPolicy::Version);
        }
        let mode = match all("mode").next() {
            Some("enforce") => Mode::Enforce,
            Some("testing") => Mode::Testing,
            Some("none") => Mode::None,
            _ => return Err(NoPolicy::Key("mode")),
        };
        let max_age = all("max_age").next().and_then(|value| value.parse::<u64>().ok());
        let max_age = max_age.ok_or(NoPolicy::Key("max_age"))?.min(LONGEST_LIFE);
        let servers: Vec<String> = all("mx")
            .take(MOST_SERVERS)
            .filter(|name| is_pattern(name))
            .map(str::to_ascii_lowercase)
            .collect();
        if servers.is_empty() && mode != Mode::None {
            return Err(NoPolicy::Key("mx"));
        }
        Ok(Self {
            mode,
            servers,
            max_age: Duration::from_secs(max_age),
        })
    }

    /// Whether a server is one of the domain. A `*` stands for exactly one label (RFC 8461 section 4.1).
    #[must_use]
    pub fn covers(&self, server: &str) -> bool {
        let server = server.trim_end_matches('.').to_ascii_lowercase();
        self.servers
            .iter()
            .any(|pattern| match pattern.strip_prefix("*.") {
                Some(above) => server
                    .split_once('.')
                    .is_some_and(|(label, rest)| !label.is_empty() && rest == above),
                None => server == *pattern,
            })
    }
}

/// The id of the policy that the TXT records of `_mta-sts.DOMAIN` announce; none where they announce none, or more than one.
#[must_use]
pub fn announced(records: &[String]) -> Option<String> {
    let mut announcements = records.iter().filter_map(|text| text.strip_prefix("v=STSv1;"));
    let fields = announcements.next()?;
    if announcements.next().is_some() {
        return None;
    }
    let id = fields
        .split(';')
        .find_map(|field| field.trim().strip_prefix("id="))?;
    let is_id = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| id.to_owned())
}

fn is_pattern(name: &str) -> bool {
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    bare.len() <= 253 && bare.contains('.') && bare.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.Example.net\r\nmax_age: 604800\r\n";

    #[test]
    fn the_example_of_the_rfc_is_read() {
        let policy = Policy::parse(GOOD.as_bytes()).unwrap();
        assert_eq!((policy.mode, policy.max_age.as_secs()), (Mode::Enforce, 604_800));
        for (server, is_own) in [
            ("mail.example.com", true),
            ("MAIL.example.com.", true),
            ("a.example.net", true),
            ("a.b.example.net", false),
            ("example.net", false),
            (".example.net", false),
            ("mail.example.com.evil.example", false),
        ] {
            assert_eq!(policy.covers(server), is_own, "{server}");
        }
        assert_eq!(Policy::parse(GOOD.replace("\r\n", "\n").as_bytes()), Ok(policy));
    }

    #[test]
    fn what_is_no_policy_is_told() {
        let broken = |from: &str, to: &str| Policy::parse(GOOD.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(broken("STSv1", "STSv2"), NoPolicy::Version);
        assert_eq!(broken("enforce", "always"), NoPolicy::Key("mode"));
        assert_eq!(broken("604800", "-1"), NoPolicy::Key("max_age"));
        assert_eq!(broken("mx:", "nx:"), NoPolicy::Key("mx"));
        assert_eq!(Policy::parse(&vec![b'a'; MAX_POLICY + 1]), Err(NoPolicy::NoText));
        assert_eq!(Policy::parse(b"\xff"), Err(NoPolicy::NoText));
    }

    #[test]
    fn one_record_announces_a_policy_and_two_announce_none() {
        let records = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let good = "v=STSv1; id=20160831085700Z;";
        assert_eq!(
            announced(&records(&["other", good])).as_deref(),
            Some("20160831085700Z")
        );
        assert_eq!(announced(&records(&[good, good])), None);
        assert_eq!(announced(&records(&["v=STSv1; id=../x"])), None);
        assert_eq!(announced(&records(&["v=STSv1;"])), None);
        assert_eq!(announced(&[]), None);
    }
}
