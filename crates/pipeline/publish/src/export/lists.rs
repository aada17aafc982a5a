//! Lists of one address or prefix a line: plain, aggregated, and the CIDR table of Postfix.

use std::io::{self, Write};

use super::Export;
use super::ranges::Range;

/// The entries as they stand, each address once.
pub(super) fn plain(export: &Export, out: &mut dyn Write) -> io::Result<()> {
    export.comment("#", out)?;
    let mut prefixes = export.ranges().flat_map(Range::prefixes);
    prefixes.try_for_each(|prefix| writeln!(out, "{prefix}"))
}

/// The fewest prefixes that say the same.
pub(super) fn cidr(export: &Export, out: &mut dyn Write) -> io::Result<()> {
    export.comment("#", out)?;
    let mut prefixes = export.joined().flat_map(Range::prefixes);
    prefixes.try_for_each(|prefix| writeln!(out, "{prefix}"))
}

/// The same with what Postfix is to do (`cidr_table(5)`, `access(5)`). It takes the first line that fits and goes through them in
/// order, so that few lines count.
pub(super) fn postfix(export: &Export, out: &mut dyn Write) -> io::Result<()> {
    export.comment("#", out)?;
    let zone = &export.about.zone;
    let url = &export.about.public_url;
    let mut prefixes = export.joined().flat_map(Range::prefixes);
    prefixes.try_for_each(|prefix| {
        let address = prefix.network();
        writeln!(out, "{prefix} REJECT listed by {zone}, see {url}/ip/{address}")
    })
}
