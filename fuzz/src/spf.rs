//! Target `spf`: the SPF record of a domain.
//!
//! Input: the text of a TXT record. What is read is bounded and names no macro, and the same terms written again read as the same.

use atalaya_formats::spf::{MAX_TERMS, Record, Term};

/// Reads a record.
pub fn spf(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(record) = Record::parse(&text) else { return };
    assert!(record.terms.len() <= MAX_TERMS);
    let mut again = String::from("v=spf1");
    for term in &record.terms {
        let (what, name) = match term {
            Term::All => ("all".to_owned(), None),
            Term::Network(prefix) => {
                let family = if prefix.is_ipv4() { "ip4" } else { "ip6" };
                (format!("{family}:{}/{}", prefix.network(), prefix.length()), None)
            }
            Term::Include(name) => (format!("include:{name}"), Some(name)),
            Term::A(hosts) | Term::Mx(hosts) => {
                let kind = if matches!(term, Term::A(_)) { "a" } else { "mx" };
                let named = hosts
                    .name
                    .as_ref()
                    .map(|name| format!(":{name}"))
                    .unwrap_or_default();
                let (four, six) = (hosts.ipv4_length, hosts.ipv6_length);
                (format!("{kind}{named}/{four}//{six}"), hosts.name.as_ref())
            }
        };
        assert!(name.is_none_or(|name| !name.is_empty() && !name.contains('%')));
        again.push(' ');
        again.push_str(&what);
    }
    // An IPv4 address inside an IPv6 one is written as IPv4; and what has grown too long is not read again.
    if let Ok(read) = Record::parse(&again) {
        assert_eq!(read.terms, record.terms, "{again}");
    }
}
