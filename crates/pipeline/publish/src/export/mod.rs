//! Exports of the list: everything that is listed, written in the words of other programs.
//!
//! In goes one version of the zone, a [`Filter`] and a [`Format`]; out comes text, a line at a time, in memory that does not grow with
//! the list. The bytes follow from the serial, the hour, the filter and the format alone, so that whoever fetches one in parts gets parts of
//! the same: ends are kept by the hour, and what is over by the full hour is left out.
//!
//! Whatever the format, an export lists an address where the zone does: what is allowed is cut out of the ranges around it. The test
//! entries in 127.0.0.0/8 stand in the formats that name servers read, and in no other.
//!
//! # Another format
//!
//! A variant of [`Format`] with its name and media type, a file here with a function that takes [`Export`] and a writer, and a line in
//! [`Export::write`]. The tests read each format back and compare it with the zone.

mod bind;
mod filter;
mod format;
mod holes;
mod jsonl;
mod lists;
mod nftables;
mod ranges;
mod rbldnsd;
mod rpz;
mod timed;

use std::io::{self, Write};

use atalaya_model::{Prefix, Serial, Timestamp};

use self::bind::Texts;
pub use self::filter::{BadFamily, Family, Filter};
pub use self::format::{Format, UnknownFormat};
use self::holes::Holes;
use self::ranges::{Range, joined};
use crate::set::{Classes, Mark, View};

/// Seconds of the step in which exports change by time alone.
const HOUR: i64 = 3600;

/// One version of the list, ready to be written in any format.
#[derive(Debug, Clone)]
pub struct Export {
    pub(crate) view: View,
    pub(crate) serial: Serial,
    /// The hour for which it holds.
    pub(crate) hour: Timestamp,
    pub(crate) filter: Filter,
    pub(crate) holes: Holes,
    pub(crate) about: About,
}

/// What the zone says about itself, as text.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// Its name.
    pub(crate) zone: String,
    /// Where people read why an address is listed.
    pub(crate) public_url: String,
    /// The SOA record's value as in a zone file.
    pub(crate) soa: String,
    /// NS records and their addresses as lines of a zone file.
    pub(crate) name_servers: String,
    /// How long resolvers may keep a listing, in seconds.
    pub(crate) ttl: u32,
    /// How long they may keep the zone's own records, in seconds.
    pub(crate) apex_ttl: u32,
}

impl Export {
    /// An export of a version; `now` says what is over.
    pub(crate) fn new(view: View, serial: Serial, about: About, filter: Filter, now: Timestamp) -> Self {
        let hour = Timestamp::from_seconds(now.seconds().div_euclid(HOUR).saturating_mul(HOUR));
        let holes = Holes::new(view.allowed(hour));
        Self {
            view,
            serial,
            hour,
            filter,
            holes,
            about,
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// The writer failed.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Plain => lists::plain(self, out),
            Format::Cidr => lists::cidr(self, out),
            Format::Postfix => lists::postfix(self, out),
            Format::Nftables => nftables::write(self, out),
            Format::Jsonl => jsonl::write(self, out),
            Format::Rbldnsd => rbldnsd::write(self, out),
            Format::Bind => bind::write(self, Texts::Beside, out),
            Format::BindCodes => bind::write(self, Texts::Without, out),
            Format::Rpz => rpz::write(self, "rpz-client-ip", out),
            Format::RpzIp => rpz::write(self, "rpz-ip", out),
        }
    }

    /// What two exports of the same bytes have in common and all others have not, in letters, digits and `-`.
    #[must_use]
    pub fn tag(&self, format: Format) -> String {
        let hours = self.hour.seconds().div_euclid(HOUR);
        format!("{format}-{}-{hours}-{}", self.serial, self.filter.tag())
    }

    /// The serial of the version.
    #[must_use]
    pub fn serial(&self) -> Serial {
        self.serial
    }

    /// What is listed and not allowed as a whole, with the classes that are wanted; in the order of the networks.
    fn entries(&self) -> impl Iterator<Item = (Prefix, Mark)> {
        let entries = self.view.entries();
        entries.filter(|(prefix, mark)| {
            self.filter.admits(prefix) && !self.classes(*mark).is_empty() && !self.holes.cover(prefix)
        })
    }

    /// The classes of an entry that hold and are wanted.
    fn classes(&self, mark: Mark) -> Classes {
        let hold = mark.classes(self.hour).map(|(class, _)| class);
        hold.filter(|class| self.filter.wants(*class)).collect()
    }

    /// The ranges that are listed, each address once, as the entries stand; what is allowed is cut out.
    fn ranges(&self) -> impl Iterator<Item = Range> {
        widest(self.entries().map(|(prefix, _)| prefix))
            .flat_map(|prefix| self.holes.outside(Range::from(prefix)))
    }

    /// The same with neighbours joined: the fewest ranges that say it.
    fn joined(&self) -> impl Iterator<Item = Range> {
        joined(self.ranges())
    }

    /// The lines that say what this is, each behind the sign of a comment.
    fn comment(&self, sign: &str, out: &mut dyn Write) -> io::Result<()> {
        let About { zone, public_url, .. } = &self.about;
        let Self { serial, hour, .. } = self;
        writeln!(
            out,
            "{sign} zone {zone}, serial {serial}, as of {hour}, {}",
            self.filter
        )?;
        writeln!(out, "{sign} why an address is listed: {public_url}/ip/ADDRESS")
    }
}

/// The prefixes of an order that lie in no other.
fn widest(prefixes: impl Iterator<Item = Prefix>) -> impl Iterator<Item = Prefix> {
    let mut last: Option<Prefix> = None;
    prefixes.filter(move |prefix| {
        if last.is_some_and(|last| last.covers(prefix)) {
            return false;
        }
        last = Some(*prefix);
        true
    })
}

/// Puts each entry together with the classes of those around it: programs that know only the most specific entry then say the same.
fn inherited(entries: impl Iterator<Item = (Prefix, Classes)>) -> impl Iterator<Item = (Prefix, Classes)> {
    let mut around: Vec<(Prefix, Classes)> = Vec::new();
    entries.map(move |(prefix, own)| {
        while around.pop_if(|(outer, _)| !outer.covers(&prefix)).is_some() {}
        let classes = around.last().map_or(own, |(_, classes)| classes.with(own));
        around.push((prefix, classes));
        (prefix, classes)
    })
}

#[cfg(test)]
mod tests;
