//! Where a WHOIS server refers us to, and how it says that it was asked too often.

use super::text::Text;

/// Longest host name (RFC 1035 section 2.3.4).
const MAX_HOST: usize = 253;
/// Longest refusal that is kept, in characters.
const MAX_REFUSAL: usize = 160;
/// Parts of the lines with which servers turn away who asks too often, in lower case.
const REFUSALS: [&str; 8] = [
    "rate limit",
    "query limit",
    "limit exceeded",
    "access denied",
    "error:201",
    "too many",
    "quota",
    "temporarily blocked",
];

/// A server to ask next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Referral {
    /// Its name or address, in lower case.
    pub host: String,
    /// Its port, if it is not the usual one (43).
    pub port: Option<u16>,
}

impl Referral {
    /// Reads `host`, `host:port` or `[address]:port`, with `whois://` before it or not.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('/');
        let place = match text.split_once("://") {
            Some((scheme, place)) => scheme.eq_ignore_ascii_case("whois").then_some(place)?,
            None => text,
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                (host, rest.strip_prefix(':'))
            }
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
        let plausible = host.contains(['.', ':']) || host == "localhost";
        let port = port.map(str::parse).transpose().ok()?.filter(|port| *port != 43);
        (plausible && host.len() <= MAX_HOST && host.chars().all(fits)).then(|| Self {
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

/// Finds the referral of an answer. IANA writes `refer`, ARIN `ReferralServer` and `ResourceLink`; `rwhois` (RFC 2167) and web pages are
/// passed over.
pub(super) fn find(text: &Text<'_>) -> Option<Referral> {
    let values = |wanted: &'static str| text.objects.iter().flat_map(move |object| object.all(wanted));
    let is_server = |link: &&str| link.starts_with("whois.") || link.starts_with("whois://");
    let mut named = values("referralserver")
        .chain(values("refer"))
        .filter_map(Referral::read);
    named
        .next()
        .or_else(|| values("resourcelink").filter(is_server).find_map(Referral::read))
        .or_else(|| values("whois").find_map(Referral::read))
}

/// The line with which a server turned us away. Asked only where the answer names no network: a remark may hold such words too.
pub(super) fn refusal(text: &Text<'_>) -> Option<String> {
    let lines = text.comments.iter().chain(&text.loose).copied();
    let values = text
        .objects
        .iter()
        .flat_map(|object| object.pairs.iter().map(|(_, value)| *value));
    let refuses = |line: &&str| {
        let line = line.to_ascii_lowercase();
        REFUSALS.iter().any(|part| line.contains(part))
    };
    lines.chain(values).find(refuses).map(|line| {
        line.chars()
            .filter(|c| !c.is_control())
            .take(MAX_REFUSAL)
            .collect()
    })
}
