//! One JSON document a line: a prefix and its classes, each with its code and its end. All documents that hold an address together say what
//! the zone says.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use atalaya_model::{Class, Prefix, Timestamp};
use serde::Serialize;

use super::Export;
use super::ranges::Range;

/// A line.
#[derive(Serialize)]
struct Line<'a> {
    prefix: Prefix,
    classes: &'a [InClass],
}

/// A class of a line.
#[derive(Serialize)]
struct InClass {
    class: Class,
    code: Ipv4Addr,
    until: Option<Timestamp>,
}

/// Writes a line for each entry, or for each part of one that is allowed in part.
pub(super) fn write(export: &Export, out: &mut dyn Write) -> io::Result<()> {
    for (prefix, mark) in export.entries() {
        let classes = mark.classes(export.hour);
        let wanted = classes.filter(|(class, _)| export.filter.wants(*class));
        let classes: Vec<InClass> = wanted
            .map(|(class, until)| InClass {
                class,
                code: class.code(),
                until,
            })
            .collect();
        let parts = export.holes.outside(Range::from(prefix));
        for prefix in parts.flat_map(Range::prefixes) {
            let classes = &classes;
            serde_json::to_writer(&mut *out, &Line { prefix, classes })?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}
