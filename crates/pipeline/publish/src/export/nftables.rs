//! A file for `nft -f`: two sets of intervals in a table of their own, filled anew in one step.
//!
//! What ends has a timeout, so that a firewall that gets no new file still lets go. It is counted from the hour of the export, because the
//! bytes must not change within it. The names are given, so that rules elsewhere in that table can use them; the file makes no rule itself.

use std::io::{self, Write};

use atalaya_model::Timestamp;

use super::timed::Timed;
use super::{Export, Family, HOUR};

/// Elements of one command: `nft` reads a command whole.
const ELEMENTS: usize = 512;
/// The longest timeout in hours, a hundred years: the kernel refuses a file for one of six hundred.
const LONGEST: i64 = 876_000;
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
        writeln!(
            out,
            "add set {TABLE} {set} {{ type {kind}; flags interval, timeout; }}"
        )?;
        writeln!(out, "flush set {TABLE} {set}")?;
    }
    let mut ranges = export.timed().peekable();
    while let Some(first) = ranges.next() {
        let is_ipv4 = first.0.is_ipv4();
        let set = if is_ipv4 { "listed4" } else { "listed6" };
        write!(
            out,
            "add element {TABLE} {set} {{ {}",
            element(&first, export.hour)
        )?;
        for _ in 1..ELEMENTS {
            let Some(next) = ranges.next_if(|(next, _)| next.is_ipv4() == is_ipv4) else {
                break;
            };
            write!(out, ", {}", element(&next, export.hour))?;
        }
        writeln!(out, " }}")?;
    }
    Ok(())
}

/// A range, and how long it is to stay. Ends are full hours behind the hour of the export.
fn element((range, until): &Timed, hour: Timestamp) -> String {
    let left = |until: &Timestamp| until.seconds().saturating_sub(hour.seconds()).div_euclid(HOUR);
    match until.as_ref().map(left).filter(|hours| *hours <= LONGEST) {
        Some(hours) => format!("{range} timeout {hours}h"),
        None => range.to_string(),
    }
}
