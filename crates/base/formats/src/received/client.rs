//! Whom a server says it received a mail from: the address that its TCP connection came from.
//!
//! Between `from` and `by` stand things that the server knows (the address of its peer) beside things that the peer or its domain name
//! servers told it (HELO, host name, ident). Where the address stands depends on the software:
//!
//! ```text
//! from HELO (NAME [ADDRESS])                      Postfix, Sendmail, OpenSMTPD, Courier, Google
//! from HELO ([ADDRESS])                           Sendmail, Microsoft SMTPSVC, Domino, MailEnable
//! from NAME ([ADDRESS] helo=HELO)                 Exim; also with :PORT, port=, ident=; Momentum with [ADDRESS:PORT]
//! from [ADDRESS] (helo=HELO)                      Exim, where the address has no name
//! from NAME (HELO HELO) (IDENT@ADDRESS)           qmail; without HELO where it equals the name
//! from NAME (HELO HELO) ([ADDRESS])               IronPort, qmail-ldap; also EHLO
//! from HELO (ADDRESS)                             Exchange, PowerMTA, KumoMTA
//! from [ADDRESS] (HELO HELO)                      CommuniGate Pro
//! from [ADDRESS] (account USER HELO HELO)         CommuniGate Pro, logged in
//! from HELO [ADDRESS] by … (SMTPD32-…)            IMail; fetchmail too
//! from ADDRESS (EHLO HELO) by … with SMTPs        Yahoo
//! ```
//!
//! The word behind `from` is mostly HELO. Of an address that stands there only those forms are believed that say elsewhere what HELO
//! was, or whose software is known to write it there. Two addresses that could both be meant, in comments or behind `from`, are no
//! address: careful servers take brackets out of HELO, and against careless ones the client can at most make its mail unreadable.
//! (The exception would be a server that writes HELO, brackets and all, and no address. None is known.)

use std::net::IpAddr;

use super::clauses::Clauses;

/// Words in front of the client's own text: an address behind them is what it claims to be.
const CLAIMS: &[&str] = &["helo", "ehlo", "lhlo", "rhlo"];
/// First words of comments that hold text of the sender though they look like `NAME [ADDRESS]`.
const LABELS: &[&str] = &[
    "account",
    "auth",
    "authenticated",
    "envelope-from",
    "envelope-sender",
    "from",
    "ident",
    "login",
    "mailfrom",
    "sasl",
    "sender",
    "user",
    "using",
];

/// What a from clause says of the client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Read {
    /// Its address, if it is beyond doubt.
    pub(super) address: Option<IpAddr>,
    /// What it called itself.
    pub(super) helo: Option<String>,
    /// What its address resolves to, as far as the server says.
    pub(super) name: Option<String>,
}

/// Reads the from clause.
pub(super) fn read(clauses: &Clauses<'_>) -> Read {
    let mut found: Vec<IpAddr> = Vec::new();
    let mut claimed = None;
    let mut name = None;
    for comment in &clauses.from_comments {
        if let Some(claim) = claim(comment) {
            claimed = claimed.or(Some(claim));
            continue;
        }
        if let Some(peer) = peer(comment) {
            found.push(peer.address);
            name = name.or(peer.name);
            claimed = claimed.or(peer.claim);
        }
    }
    let first = clauses.from_words.first().copied().unwrap_or_default();
    if let Some((address, _)) = bracketed(first).filter(|_| claimed.is_some()) {
        found.push(address);
    }
    found.extend(address_in_words(clauses, claimed.as_deref()));
    found.sort_unstable();
    found.dedup();
    let address = match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let first =
        Some(first.to_owned()).filter(|word| bracketed(word).is_none_or(|(first, _)| Some(first) != address));
    match claimed {
        Some(helo) => Read {
            address,
            helo: Some(helo).filter(|helo| !helo.is_empty()),
            name: name.or_else(|| first.and_then(|first| host(&first))),
        },
        None => Read {
            address,
            helo: first.filter(|helo| !helo.is_empty()),
            name,
        },
    }
}

/// An address that stands behind `from` itself, where the software is one that writes it there; `helo` is what a comment says it was.
fn address_in_words(clauses: &Clauses<'_>, helo: Option<&str>) -> Option<IpAddr> {
    let says = |mark: &str| clauses.marks.iter().any(|comment| comment.starts_with(mark));
    match clauses.from_words.as_slice() {
        [.., last] if says("SMTPD32") || says("fetchmail") => bracketed(last).map(|(address, _)| address),
        [first, ..] if clauses.speaks("SMTPs") => bare(first).filter(|_| helo.is_some()),
        [one] => bracketed(one)
            .filter(|(_, before)| before.is_empty() && (says("Exim") || clauses.speaks("NNFMP")))
            .map(|(address, _)| address),
        _ => None,
    }
}

/// HELO, if this comment begins with it.
fn claim(comment: &str) -> Option<String> {
    let mut words = comment.split_whitespace();
    let first = words.next()?.to_ascii_lowercase();
    if CLAIMS.contains(&first.as_str()) {
        return Some(words.next().unwrap_or_default().to_owned());
    }
    let is_told = ["helo=", "ehlo=", "port=", "ident=", "account"]
        .iter()
        .any(|start| first.starts_with(start));
    is_told.then(|| claim_inside(comment).unwrap_or_default())
}

/// The text behind `helo=` or `HELO` somewhere in a comment.
fn claim_inside(comment: &str) -> Option<String> {
    let mut words = comment.split_whitespace();
    while let Some(word) = words.next() {
        let lower = word.to_ascii_lowercase();
        if CLAIMS.contains(&lower.as_str()) {
            return words.next().map(str::to_owned);
        }
        if lower.starts_with("helo=") {
            return word.get(5..).map(str::to_owned);
        }
    }
    None
}

/// What a comment says of the peer.
struct Peer {
    address: IpAddr,
    name: Option<String>,
    claim: Option<String>,
}

/// The peer, if this comment is one of the forms in which servers write it.
fn peer(comment: &str) -> Option<Peer> {
    let mut words = comment.split_whitespace();
    let first = words.next()?;
    let found = |address, before: &str, rest: &[&str]| Peer {
        address,
        name: host(before),
        claim: claim_inside(&rest.join(" ")),
    };
    let rest: Vec<&str> = words.collect();
    // `[ADDRESS] …`, `IDENT@[ADDRESS] …`
    if let Some((address, before)) = bracketed(first) {
        return is_quiet(&rest).then(|| found(address, before, &rest));
    }
    // `NAME [ADDRESS] …`
    if let Some((second, rest)) = rest.split_first()
        && let Some((address, "")) = bracketed(second)
        && !is_label(first)
    {
        return is_quiet(rest).then(|| found(address, first, rest));
    }
    // `ADDRESS`, `IDENT@ADDRESS`
    if rest.is_empty() {
        return bare(behind_at(first)).map(|address| found(address, "", &rest));
    }
    None
}

/// Whether what follows an address names no other one, also not behind an `@`. Behind `helo=` and `ident=` stands text of the client, which may.
fn is_quiet(rest: &[&str]) -> bool {
    rest.iter()
        .take_while(|word| {
            let lower = word.to_ascii_lowercase();
            !["helo", "ehlo", "ident="]
                .iter()
                .any(|start| lower.starts_with(start))
        })
        .all(|word| !word.contains('[') && bare(behind_at(word)).is_none())
}

/// What stands behind the last `@`, or all.
fn behind_at(word: &str) -> &str {
    word.rsplit_once('@').map_or(word, |(_, behind)| behind)
}

/// Whether a word announces text of the sender rather than naming the peer.
fn is_label(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.ends_with([':', '=']) || LABELS.contains(&lower.as_str()) || CLAIMS.contains(&lower.as_str())
}

/// The host name in `NAME`, `NAME.`, `IDENT@NAME`; none for `unknown`.
fn host(text: &str) -> Option<String> {
    let name = behind_at(text).trim_end_matches('.');
    let is_name = !name.is_empty() && !name.eq_ignore_ascii_case("unknown") && !name.contains(['[', ']']);
    is_name.then(|| name.to_owned())
}

/// The address of `[ADDRESS]`, `[ADDRESS]:PORT`, `[IPV4:PORT]` (Momentum) or `IDENT@[ADDRESS]`, and what stands before the bracket.
fn bracketed(word: &str) -> Option<(IpAddr, &str)> {
    let (before, inner) = word.split_once('[')?;
    let (inner, behind) = inner.split_once(']')?;
    let is_port = |text: &str| text.strip_prefix(':').is_some_and(is_number);
    let fits = (before.is_empty() || before.ends_with('@')) && (behind.is_empty() || is_port(behind));
    bare(inner).filter(|_| fits).map(|address| (address, before))
}

/// The address of `ADDRESS` or `IPV4:PORT`.
fn bare(word: &str) -> Option<IpAddr> {
    address(word).or_else(|| {
        let (left, port) = word.rsplit_once(':')?;
        left.parse::<std::net::Ipv4Addr>()
            .ok()
            .filter(|_| is_number(port))
            .map(IpAddr::from)
    })
}

/// An address as RFC 5321 section 4.1.3 writes it, or plain, with or without a zone.
fn address(text: &str) -> Option<IpAddr> {
    let plain = match text.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => text.get(5..)?,
        _ => text,
    };
    let plain = match plain.split_once('%') {
        Some((plain, zone)) if is_number(zone) => plain,
        Some(_) => return None,
        None => plain,
    };
    plain.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}
