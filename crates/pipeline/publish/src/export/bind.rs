//! A zone file for ordinary name servers: a name for each address, a wildcard for what is wider.
//!
//! A wildcard answers only where no name stands on the way (RFC 4592 section 2.2.1): `9.2.0.192` hides `*.192` from all names below
//! `0.192`. So the names are walked as the tree that they are, and a wildcard stands again at each node on the way to something below
//! it. Where something below is allowed there is no wildcard: its children are spelled out.
//!
//! Octets and nibbles share the digits: in a zone with both families a nibble name such as `1.0.0.2` may stand where an IPv4 wildcard
//! should answer. Whoever lists ranges of 0.0.0.0/4 to 9.0.0.0/8 makes a zone for each family.

use std::io::{self, Write};
use std::iter::Peekable;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_formats::dnsbl;
use atalaya_model::{Class, Prefix};

use super::holes::Holes;
use super::{Export, Family};
use crate::set::Classes;

/// Writes the records of the zone itself, the test entries, and the tree of each family.
pub(super) fn write(export: &Export, out: &mut dyn Write) -> io::Result<()> {
    export.comment(";", out)?;
    let about = &export.about;
    writeln!(out, "$ORIGIN {}.", about.zone)?;
    writeln!(out, "$TTL {}", about.ttl)?;
    writeln!(out, "@ {} SOA {}", about.apex_ttl, about.soa)?;
    out.write_all(about.name_servers.as_bytes())?;
    let entries = export
        .entries()
        .map(|(prefix, mark)| (prefix, export.classes(mark)));
    let mut walk = Walk {
        entries: entries.peekable(),
        holes: &export.holes,
        out,
    };
    if export.filter.has(Family::V4) {
        for class in Class::ALL {
            walk.write(Prefix::from(class.code()), [class].into_iter().collect())?;
        }
        walk.node(Prefix::new(Ipv4Addr::UNSPECIFIED.into(), 0), Classes::default())?;
    }
    if export.filter.has(Family::V6) {
        walk.node(Prefix::new(Ipv6Addr::UNSPECIFIED.into(), 0), Classes::default())?;
    }
    Ok(())
}

/// The tree of names, walked in the order of the entries.
struct Walk<'a, I: Iterator<Item = (Prefix, Classes)>> {
    entries: Peekable<I>,
    holes: &'a Holes,
    out: &'a mut dyn Write,
}

impl<I: Iterator<Item = (Prefix, Classes)>> Walk<'_, I> {
    /// Writes a node and all below it; `around` are the classes of what is wider. Takes all entries inside.
    fn node(&mut self, at: Prefix, around: Classes) -> io::Result<()> {
        if self.holes.cover(&at) {
            return Ok(());
        }
        let mut classes = around;
        while let Some((_, own)) = self.entries.next_if(|(prefix, _)| *prefix == at) {
            classes = classes.with(own);
        }
        if classes.is_empty() && !self.has_inside(at) {
            return Ok(());
        }
        // At the root a wildcard of one family would answer for the other.
        if at.length() == 0 || self.holes.inside(at).next().is_some() {
            return self.children(at, classes, Children::All);
        }
        self.write(at, classes)?;
        self.children(at, classes, Children::Differing)
    }

    /// Writes children of a node.
    fn children(&mut self, at: Prefix, classes: Classes, which: Children) -> io::Result<()> {
        let mut child = first_child(at);
        // Entries wider than a child and narrower than the node.
        let mut between: Vec<(Prefix, Classes)> = Vec::new();
        while let Some(here) = child {
            between.retain(|(prefix, _)| prefix.covers(&here));
            let next = match which {
                Children::Differing if between.is_empty() => self.ahead(at, here),
                Children::Differing | Children::All => Some(here),
            };
            if next != Some(here) {
                child = next;
                continue;
            }
            let is_wider = |(prefix, _): &(Prefix, Classes)| prefix.covers(&here) && *prefix != here;
            while let Some(entry) = self.entries.next_if(is_wider) {
                between.push(entry);
            }
            let inherited = between.iter().fold(classes, |all, (_, own)| all.with(*own));
            self.node(here, inherited)?;
            child = next_child(at, here);
        }
        Ok(())
    }

    /// The child of a node that the next entry lies in or begins at.
    fn ahead(&mut self, at: Prefix, child: Prefix) -> Option<Prefix> {
        let (next, _) = self.entries.peek().filter(|(next, _)| at.covers(next))?;
        Some(Prefix::new(next.network(), child.length()))
    }

    fn has_inside(&mut self, at: Prefix) -> bool {
        self.entries.peek().is_some_and(|(prefix, _)| at.covers(prefix))
    }

    /// Writes the records of a node.
    fn write(&mut self, at: Prefix, classes: Classes) -> io::Result<()> {
        let Some(name) = dnsbl::write(&at) else {
            return Ok(());
        };
        let wildcard = if at.is_single() { "" } else { "*." };
        let mut classes = classes.iter();
        classes.try_for_each(|class| writeln!(self.out, "{wildcard}{name} A {}", class.code()))
    }
}

/// Which children of a node have names of their own.
#[derive(Debug, Clone, Copy)]
enum Children {
    /// All: there is no wildcard above them.
    All,
    /// Those that say more than the node.
    Differing,
}

/// Bits of a label.
fn step(at: Prefix) -> u8 {
    if at.is_ipv4() { 8 } else { 4 }
}

/// The first child of a node, if it has children.
fn first_child(at: Prefix) -> Option<Prefix> {
    let length = at.length().checked_add(step(at))?;
    (!at.is_single()).then(|| Prefix::new(at.network(), length))
}

/// The child after this one.
fn next_child(at: Prefix, child: Prefix) -> Option<Prefix> {
    let next: IpAddr = match child.last() {
        IpAddr::V4(last) => Ipv4Addr::from_bits(last.to_bits().checked_add(1)?).into(),
        IpAddr::V6(last) => Ipv6Addr::from_bits(last.to_bits().checked_add(1)?).into(),
    };
    at.contains(next).then(|| Prefix::new(next, child.length()))
}
