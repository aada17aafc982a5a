//! Reading one file, of any layout, into claims on ranges of addresses.
//!
//! A file is believed as a whole or not at all: more than one wrong row in a hundred, an end before its time, or nothing that is right, and
//! nothing of it counts.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;

use atalaya_formats::AddressRange;
use atalaya_formats::lists::{next_line, unpacked};
use atalaya_formats::places::{Layout, Line, Registry, Row, RowReader, WrongRow};
use atalaya_model::Timestamp;

use crate::country::Country;
use crate::ranges::{Claim, Layer};
use crate::{Part, PlacesError};

/// The most bytes of a file, unpacked: ten times what the largest registry writes.
const MOST_BYTES: u64 = 256 << 20;
/// The most rows of a file.
const MOST_ROWS: u64 = 8_000_000;
/// The most networks that have a name.
const MOST_NAMES: usize = 1_000_000;
/// Of so many rows, one may be wrong; and of so many records, one may be missing.
const WRONG_OF: u64 = 100;

/// The names of networks by their number.
pub(crate) type Names = HashMap<u32, Box<str>>;

/// What files claim, by family.
#[derive(Debug)]
pub(crate) struct Claims<V> {
    pub(crate) v4: Vec<Claim<u32, V>>,
    pub(crate) v6: Vec<Claim<u64, V>>,
}

impl<V> Default for Claims<V> {
    fn default() -> Self {
        Self {
            v4: Vec::new(),
            v6: Vec::new(),
        }
    }
}

impl<V> Claims<V> {
    /// Claims a range. Of IPv6 whole /64 count: a range inside of one claims nothing.
    pub(crate) fn add(&mut self, range: &AddressRange, layer: Layer, value: V) {
        match (range.first(), range.last()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => self.v4.push(Claim {
                first: first.to_bits(),
                last: last.to_bits(),
                layer,
                value,
            }),
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                if let Some((first, last)) = whole(first.to_bits(), last.to_bits()) {
                    self.v6.push(Claim {
                        first,
                        last,
                        layer,
                        value,
                    });
                }
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {}
        }
    }

    /// How many there are, to come back to.
    fn mark(&self) -> (usize, usize) {
        (self.v4.len(), self.v6.len())
    }

    /// Forgets what was claimed since.
    fn back_to(&mut self, (v4, v6): (usize, usize)) {
        self.v4.truncate(v4);
        self.v6.truncate(v6);
    }
}

/// The first and the last /64 that lie wholly between two addresses.
fn whole(first: u128, last: u128) -> Option<(u64, u64)> {
    let block = |bits: u128| u64::try_from(bits >> 64).ok();
    let rest = u128::from(u64::MAX);
    let begin = block(first.checked_add(rest)?)?;
    let end = block(last.checked_add(1).unwrap_or(last))?;
    let end = if last == u128::MAX {
        end
    } else {
        end.checked_sub(1)?
    };
    (begin <= end).then_some((begin, end))
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) layout: Layout,
    /// The registries whose statistics it holds.
    pub(crate) registries: Vec<Registry>,
    /// The day that it says it is of; the earliest, if there are several.
    pub(crate) day: Option<Timestamp>,
    pub(crate) rows: u64,
    pub(crate) wrong: u64,
}

/// Reads the countries of a file. If it is refused, `claims` are as they were.
pub(crate) fn read_countries(path: &Path, claims: &mut Claims<u16>) -> Result<Reading, PlacesError> {
    let mark = claims.mark();
    let read = read(path, Part::Countries, &mut |layout, row| {
        let country = row.country.and_then(Country::new);
        // What is not routed is still somebody's: that row says nothing against another file.
        if country.is_some() || layout != Layout::Both {
            claims.add(&row.range, Layer::Files, Country::to_bits(country));
        }
        Ok(())
    });
    read.inspect_err(|_refused| claims.back_to(mark))
}

/// Reads the networks of a file. If it is refused, `claims` and `names` are as they were.
pub(crate) fn read_networks(
    path: &Path,
    claims: &mut Claims<u32>,
    names: &mut Names,
) -> Result<Reading, PlacesError> {
    let mark = claims.mark();
    let mut found = Names::new();
    let read = read(path, Part::Networks, &mut |_layout, row| {
        let Some(asn) = row.asn else { return Ok(()) };
        claims.add(&row.range, Layer::Files, asn);
        if !row.name.is_empty() && !names.contains_key(&asn) && !found.contains_key(&asn) {
            found.insert(asn, row.name.into());
        }
        if found.len().saturating_add(names.len()) > MOST_NAMES {
            return Err(PlacesError::TooLong(path.to_owned()));
        }
        Ok(())
    });
    let reading = read.inspect_err(|_refused| claims.back_to(mark))?;
    names.extend(found);
    Ok(reading)
}

/// What a file holds, without taking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// For what it is good: rows with both are taken for their networks.
    pub part: Part,
    /// Rows that say where addresses are.
    pub rows: u64,
    /// Wrong rows among them, few enough to be passed over.
    pub wrong: u64,
    /// The day that it says it is of.
    pub date: Option<Timestamp>,
}

/// Reads a file to its end and says what it holds.
///
/// # Errors
/// It would not be used.
pub fn examine(path: &Path) -> Result<Examined, PlacesError> {
    let ignore = &mut |_layout, _row: Row<'_>| Ok(());
    let (part, reading) = match read(path, Part::Networks, ignore) {
        Err(PlacesError::OtherPart(..)) => (Part::Countries, read(path, Part::Countries, ignore)?),
        read => (Part::Networks, read?),
    };
    Ok(Examined {
        part,
        rows: reading.rows,
        wrong: reading.wrong,
        date: reading.day,
    })
}

/// Takes a row of a file of that layout, unless there is no place for it.
type Take<'a> = dyn FnMut(Layout, Row<'_>) -> Result<(), PlacesError> + 'a;

fn read(path: &Path, part: Part, take: &mut Take<'_>) -> Result<Reading, PlacesError> {
    let unreadable = |error| PlacesError::Unreadable(path.to_owned(), error);
    let mut input = open(path).map_err(unreadable)?;
    let (mut reader, mut counts, mut line) = (RowReader::default(), Counts::default(), Vec::new());
    while next_line(&mut input, &mut line).map_err(unreadable)? {
        counts.lines = counts.lines.saturating_add(1);
        let read = reader.read(&line);
        if reader.layout().is_some_and(|layout| !has(layout, part)) {
            return Err(PlacesError::OtherPart(path.to_owned(), part));
        }
        if let (Some(row), Some(layout)) = (counts.count(read), reader.layout()) {
            take(layout, row)?;
        }
        if counts.rows > MOST_ROWS {
            return Err(PlacesError::TooLong(path.to_owned()));
        }
        if matches!(counts.first_wrong, Some((_, WrongRow::NoLayout))) {
            break;
        }
    }
    counts.judge(path, reader.layout())
}

/// Opens a file, packed or not.
fn open(path: &Path) -> io::Result<Box<dyn io::BufRead>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    unpacked(file.take(MOST_BYTES), MOST_BYTES)
}

/// Whether rows of a layout have this part.
const fn has(layout: Layout, part: Part) -> bool {
    match part {
        Part::Countries => layout.has_countries(),
        Part::Networks => layout.has_networks(),
    }
}

/// What came while a file was read.
#[derive(Debug, Default)]
struct Counts {
    lines: u64,
    /// Rows that say where addresses are.
    rows: u64,
    /// Records of any kind.
    records: u64,
    /// Records that headers promise.
    promised: u64,
    wrong: u64,
    first_wrong: Option<(u64, WrongRow)>,
    registries: Vec<Registry>,
    day: Option<Timestamp>,
}

impl Counts {
    /// Counts a line, and gives its row.
    fn count<'a>(&mut self, read: Result<Line<'a>, WrongRow>) -> Option<Row<'a>> {
        match read {
            Ok(Line::Nothing) => {}
            Ok(Line::Other) => self.records = self.records.saturating_add(1),
            Ok(Line::Header(header)) => {
                self.promised = self.promised.saturating_add(header.records);
                self.registries.push(header.registry);
                self.day = match (self.day, header.day) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
            Ok(Line::Row(row)) => {
                self.records = self.records.saturating_add(1);
                self.rows = self.rows.saturating_add(1);
                return Some(row);
            }
            Err(wrong) => {
                self.wrong = self.wrong.saturating_add(1);
                self.first_wrong.get_or_insert((self.lines, wrong));
            }
        }
        None
    }

    /// Whether the file is believed.
    fn judge(self, path: &Path, layout: Option<Layout>) -> Result<Reading, PlacesError> {
        let path = path.to_owned();
        let all = self.rows.saturating_add(self.wrong);
        if self.wrong.saturating_mul(WRONG_OF) > all
            && let Some((line, source)) = self.first_wrong
        {
            return Err(PlacesError::Wrong {
                path,
                wrong: self.wrong,
                rows: all,
                line,
                source,
            });
        }
        let Some(layout) = layout.filter(|_| self.rows > 0) else {
            return Err(PlacesError::Empty(path));
        };
        let missing = self.promised.saturating_sub(self.records);
        if missing.saturating_mul(WRONG_OF) > self.promised {
            return Err(PlacesError::Cut {
                path,
                rows: self.records,
                promised: self.promised,
            });
        }
        Ok(Reading {
            layout,
            registries: self.registries,
            day: self.day,
            rows: self.rows,
            wrong: self.wrong,
        })
    }
}
