//! A zone file for ordinary name servers: what a secondary would copy, as of an hour.
//!
//! A name stands for each address and a wildcard for what is wider; `transfer::walk` says where which is right. The texts are those of the
//! answers, but for a range, whose text leads to the page of its first address.

use std::io::{self, Write};

use atalaya_formats::dnsbl;
use atalaya_model::{Class, Prefix};

use super::Export;
use crate::answer::text;
use crate::set::Held;
use crate::transfer::names;

/// The longest string of a TXT record (RFC 1035 section 3.3).
const LONGEST_STRING: usize = 255;

/// Whether the file has TXT records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// Beside each code.
    Beside,
    /// No: it is smaller without.
    Without,
}

/// Writes the records of the zone itself, then those of each name.
pub(super) fn write(export: &Export, texts: Texts, out: &mut dyn Write) -> io::Result<()> {
    export.comment(";", out)?;
    let about = &export.about;
    writeln!(out, "$ORIGIN {}.", about.zone)?;
    writeln!(out, "$TTL {}", about.ttl)?;
    writeln!(out, "@ {} SOA {}", about.apex_ttl, about.soa)?;
    out.write_all(about.name_servers.as_bytes())?;
    let wanted = Class::ALL.into_iter().filter(|class| export.filter.wants(*class));
    let fits = |prefix: &Prefix| export.filter.admits(prefix);
    for (prefix, listings) in names(export.view.clone(), wanted.collect(), export.hour, fits) {
        let Some(labels) = dnsbl::write(&prefix) else {
            continue;
        };
        let wildcard = if prefix.is_single() { "" } else { "*." };
        let name = format!("{wildcard}{labels}");
        codes(&name, &listings, out)?;
        if texts == Texts::Beside {
            let texts = listings.iter();
            let mut texts = texts.map(|listing| text(listing, prefix.network(), &about.public_url));
            texts.try_for_each(|text| writeln!(out, "{name} TXT {}", quoted(&text)))?;
        }
    }
    Ok(())
}

/// Writes the codes of a name, each once.
fn codes(name: &str, listings: &[Held], out: &mut dyn Write) -> io::Result<()> {
    let mut codes: Vec<_> = listings.iter().map(|listing| listing.class.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut codes = codes.into_iter();
    codes.try_for_each(|code| writeln!(out, "{name} A {code}"))
}

/// A text of printable ASCII as strings in quotes (RFC 1035 section 5.1).
fn quoted(text: &str) -> String {
    let strings = text.as_bytes().chunks(LONGEST_STRING);
    let strings = strings.map(|string| {
        let escaped = string.iter().map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(*byte)),
            _ => char::from(*byte).to_string(),
        });
        format!("\"{}\"", escaped.collect::<String>())
    });
    strings.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_cut_into_strings() {
        assert_eq!(quoted(r#"say "no" \ now"#), r#""say \"no\" \\ now""#);
        let long = quoted(&"x".repeat(300));
        assert_eq!(long, format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
    }
}
