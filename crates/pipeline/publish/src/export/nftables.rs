//! A file for `nft -f`: two sets of intervals in a table of their own, filled anew in one step.
//!
//! The names are given, so that rules elsewhere in that table can use them; the file makes no rule itself.

use std::io::{self, Write};

use super::ranges::Range;
use super::{Export, Family};

/// Elements of one command: `nft` reads a command whole.
const ELEMENTS: usize = 512;
/// The table.
const TABLE: &str = "inet atalaya";

/// Writes the table, its sets, and their elements.
pub(super) fn write(export: &Export, out: &mut dyn Write) -> io::Result<()> {
    export.comment("#", out)?;
    let sets = [
        (Family::V4, "listed4", "ipv4_addr"),
        (Family::V6, "listed6", "ipv6_addr"),
    ];
    let wanted = sets.into_iter().filter(|(family, ..)| export.filter.has(*family));
    writeln!(out, "add table {TABLE}")?;
    for (_, set, kind) in wanted {
        writeln!(out, "add set {TABLE} {set} {{ type {kind}; flags interval; }}")?;
        writeln!(out, "flush set {TABLE} {set}")?;
    }
    let mut ranges = export.joined().peekable();
    while let Some(first) = ranges.next() {
        let set = if first.is_ipv4() { "listed4" } else { "listed6" };
        write!(out, "add element {TABLE} {set} {{ {first}")?;
        let alike = |next: &Range| next.is_ipv4() == first.is_ipv4();
        for _ in 1..ELEMENTS {
            let Some(next) = ranges.next_if(alike) else { break };
            write!(out, ", {next}")?;
        }
        writeln!(out, " }}")?;
    }
    Ok(())
}
