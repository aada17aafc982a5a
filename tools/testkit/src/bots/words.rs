//! What an operator would have written of this world: a catalogue, signatures, a file of networks.

use std::fmt::Write as _;

use super::look::{Kind, Named};

/// The ordinary system that most of the kinds run on, as far as Linux can be made to show it.
pub const SIGNATURES: &str =
    "classes = win\n[tcp:request]\nlabel = s:win:Windows:XP\nsig = 4:128:0:*:*,0:mss,nop,nop,sok:df,id+:0\n";

/// The catalogue of those kinds that have a name.
#[must_use]
pub fn catalogue(kinds: &[&Kind]) -> String {
    let mut text = "version = \"simulated\"\n".to_owned();
    for kind in kinds {
        let rule = match kind.named {
            Named::ByStack => format!("stack = \"{}\"\n", kind.stack.signature()),
            Named::ByDialect => {
                let dialect = kind.speech.dialect;
                let value = |field: &str| {
                    let found = dialect.split(' ').find_map(|word| word.strip_prefix(field));
                    found.unwrap_or("-").to_owned()
                };
                let (hello, order, mail) = (value("hello="), value("order="), value("mail="));
                format!(
                    "stack = \"4:128:0:*:*,0:mss,nop,nop,sok:df,id+:0\"\n\
                     dialect = {{ hello = \"{hello}\", order = \"{order}\", mail = \"{mail}\" }}\n"
                )
            }
            _ => continue,
        };
        let written = write!(
            text,
            "[[botnet]]\nname = \"{}\"\naliases = [\"sized as {}\"]\nconfidence = \"confirmed\"\nprovenance = \"a simulation\"\n\
             [[botnet.rule]]\n{rule}",
            kind.name, kind.like
        );
        debug_assert!(written.is_ok());
    }
    text
}

/// The number of the first network that is made up: those from here on are for private use (RFC 6996).
const FIRST_NETWORK: u32 = 64_512;
/// Networks of a kind.
const MOST_PLACES: u32 = 16;

/// A file of networks in which each place of each kind is one, so that a count by network is one by kind.
#[must_use]
pub fn networks(kinds: &[&Kind]) -> String {
    let mut rows: Vec<(u32, String)> = Vec::new();
    for (kind, number) in kinds.iter().zip(0_u32..) {
        for (place, at) in kind.places.iter().zip(0_u32..) {
            let first = place.network.to_bits();
            let last = first | (u32::MAX >> place.length);
            let asn = FIRST_NETWORK + number * MOST_PLACES + at;
            rows.push((
                first,
                format!(
                    "{},{},{asn},{} {at}\n",
                    place.network,
                    std::net::Ipv4Addr::from_bits(last),
                    kind.name
                ),
            ));
        }
    }
    rows.sort();
    rows.into_iter().map(|(_, row)| row).collect()
}
