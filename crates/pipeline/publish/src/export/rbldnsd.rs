//! A combined data file of rbldnsd: `ip4set` and `ip6trie`, with what is allowed as exclusions.
//!
//! Of several entries that hold an address rbldnsd answers with the most specific; so each entry carries the classes of those around it.

use std::io::{self, Write};

use atalaya_formats::rbldnsd::{Header, Writer};
use atalaya_model::{Class, Prefix};

use super::{Export, Family, inherited};

/// Writes one data set for each family.
pub(super) fn write(export: &Export, out: &mut dyn Write) -> io::Result<()> {
    export.comment("#", out)?;
    let header = Header {
        ttl_seconds: export.about.ttl,
        ..Header::default()
    };
    let mut writer = Writer::new(out, &header)?;
    // The file is one for both families; each part has the name `@`, so that both answer for the zone itself.
    for (family, kind) in [(Family::V4, "ip4set"), (Family::V6, "ip6trie")] {
        if !export.filter.has(family) {
            continue;
        }
        writer.dataset(kind, &["@"])?;
        let is_of_family = |prefix: &Prefix| prefix.is_ipv4() == (family == Family::V4);
        let tests = Class::ALL.map(|class| (Prefix::from(class.code()), class));
        let mut tests = tests.iter().filter(|(prefix, _)| is_of_family(prefix));
        tests.try_for_each(|(prefix, class)| writer.entry_with(prefix, class.code(), class.why()))?;
        let entries = export.entries().filter(|(prefix, _)| is_of_family(prefix));
        let mut last: Option<Prefix> = None;
        for (prefix, classes) in inherited(entries.map(|(prefix, mark)| (prefix, export.classes(mark)))) {
            let mut classes = classes.iter();
            classes.try_for_each(|class| writer.entry_with(&prefix, class.code(), class.why()))?;
            if last.is_none_or(|last| !last.covers(&prefix)) {
                let mut holes = export.holes.inside(prefix);
                holes.try_for_each(|hole| writer.exclude(&hole))?;
                last = Some(prefix);
            }
        }
    }
    writer.finish().map(drop)
}
