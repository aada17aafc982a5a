//! A response policy zone: addresses as triggers, what is listed gets no answer (NXDOMAIN).
//!
//! The owner names are relative, so that the file can be loaded under any name. The longest prefix wins in a policy zone; no two overlap here.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv6Addr};

use atalaya_model::Prefix;

use super::Export;
use super::ranges::Range;

/// Writes the zone; `trigger` is the label that says what the addresses are compared with.
pub(super) fn write(export: &Export, trigger: &str, out: &mut dyn Write) -> io::Result<()> {
    export.comment(";", out)?;
    let about = &export.about;
    writeln!(out, "$TTL {}", about.ttl)?;
    writeln!(out, "@ SOA {}", about.soa)?;
    writeln!(out, "@ NS localhost.")?;
    let mut prefixes = export.joined().flat_map(Range::prefixes);
    prefixes.try_for_each(|prefix| {
        write_labels(prefix, out)?;
        writeln!(out, ".{trigger} CNAME .")
    })
}

/// The length and the address from its end: `24.0.2.0.192`, `48.zz.8.db8.2001`.
fn write_labels(prefix: Prefix, out: &mut dyn Write) -> io::Result<()> {
    let length = prefix.length();
    match prefix.network() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            write!(out, "{length}.{d}.{c}.{b}.{a}")
        }
        IpAddr::V6(address) => {
            write!(out, "{length}")?;
            let mut labels = words(address);
            labels.reverse();
            labels.iter().try_for_each(|label| write!(out, ".{label}"))
        }
    }
}

/// The words of an address, the first of the longest runs of zeros as `zz`: the one form that BIND takes.
fn words(address: Ipv6Addr) -> Vec<String> {
    let text = address.segments().map(|word| format!("{word:x}"));
    let run = |from: usize| text.iter().skip(from).take_while(|word| *word == "0").count();
    let longest = (0..text.len())
        .rev()
        .max_by_key(|from| run(*from))
        .map(|from| (from, run(from)));
    let Some((from, length)) = longest.filter(|(_, length)| *length > 1) else {
        return text.to_vec();
    };
    let before = text.iter().take(from).cloned();
    let behind = text.iter().skip(from.saturating_add(length)).cloned();
    before
        .chain(std::iter::once("zz".to_owned()))
        .chain(behind)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_written_as_policy_zones_name_them() {
        for (prefix, name) in [
            ("192.0.2.1", "32.1.2.0.192"),
            ("192.0.2.0/24", "24.0.2.0.192"),
            ("2001:db8::/64", "64.zz.db8.2001"),
            ("2001:db8:0:1::/64", "64.zz.1.0.db8.2001"),
            ("2001:db8:1:2:3:4:5:6", "128.6.5.4.3.2.1.db8.2001"),
            ("2001:0:0:1:0:0:1:0", "128.0.1.0.0.1.zz.2001"),
            ("::/0", "0.zz"),
        ] {
            let mut out = Vec::new();
            write_labels(prefix.parse().unwrap(), &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), name);
        }
    }
}
