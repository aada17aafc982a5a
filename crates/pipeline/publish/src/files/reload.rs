//! Reading a changed dataset of IPv4 addresses while the old one answers, without a second one beside it.
//!
//! The files are read several times. The first time they are looked at only: what cannot be used leaves everything as it was. Each further
//! time the single addresses of a few networks of the first octet are taken, no more than a small part of all, and put in the place of
//! the old ones. So in the middle of it the addresses up to some point answer by the new files and those behind it by the old ones,
//! each by one of the two wholly. The serial of the zone, and what else it says about itself, changes at the end.
//!
//! The files stay open, so that another file put in their place counts the next time. What is written into an open file may be found
//! out only in the middle; then both stay as they are, the reload ends, and the next look begins another one.
//!
//! Networks and texts are few; both of the old and of the new are in memory meanwhile.

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atalaya_formats::rbldnsd::{Entry, Kind, Options, Parsed, Reader, Sink, Variables};

use super::addresses::{IP4_BITS, Ip4, each_network};
use super::dataset::Dataset;
use super::networks::{Gathered, Networks};
use super::source::BadFile;
use super::values::{Grouping, Number, Together, number_of};
use crate::set::singles::Singles;

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 128 * 1024;
/// Of all addresses so many parts are taken, at least: an address waiting takes several times what it takes in the set.
const PARTS: u64 = 16;
/// So many addresses are taken in any case: as many take no more than a mebibyte.
const LEAST: u64 = 1 << 16;

/// Files that stay open.
#[derive(Debug)]
pub(super) struct OpenFiles(Vec<(PathBuf, File)>);

impl OpenFiles {
    /// Opens files; none if one of them cannot be read twice.
    pub(super) fn open(paths: &[PathBuf]) -> Result<Option<Self>, BadFile> {
        let mut files = Vec::new();
        for path in paths {
            let file = File::open(path).map_err(|error| unreadable(path, error))?;
            if !file.metadata().is_ok_and(|about| about.is_file()) {
                return Ok(None);
            }
            files.push((path.clone(), file));
        }
        Ok(Some(Self(files)))
    }

    /// Reads all of them from the beginning.
    fn read<S: Sink>(&self, kind: Kind, options: Options, sink: S) -> Result<(Parsed, S), BadFile> {
        let mut reader = Reader::new(kind, options, sink);
        for (path, file) in &self.0 {
            let mut file: &File = file;
            file.seek(SeekFrom::Start(0))
                .and_then(|_start| reader.read(BufReader::with_capacity(BUFFER_BYTES, file)))
                .map_err(|error| unreadable(path, error))?;
        }
        Ok(reader.finish())
    }
}

fn unreadable(path: &Path, source: io::Error) -> BadFile {
    BadFile::Unreadable {
        path: path.to_path_buf(),
        source,
    }
}

/// What is taken of the entries of the files: the networks, or the single addresses of some first octets.
#[derive(Debug)]
struct Share {
    kind: Kind,
    octets: Option<RangeInclusive<u8>>,
    networks: Gathered<u32>,
    singles: Vec<(u32, Number)>,
    /// Single addresses by their first octet.
    counts: Vec<u64>,
    entries: u64,
}

impl Share {
    fn new(kind: Kind, octets: Option<RangeInclusive<u8>>, count: u64) -> Self {
        Self {
            kind,
            octets,
            networks: Gathered::default(),
            singles: Vec::with_capacity(usize::try_from(count).unwrap_or_default()),
            counts: vec![0; 1 << u8::BITS],
            entries: 0,
        }
    }
}

impl Sink for Share {
    fn begin(&mut self, _kind: Kind) {}

    fn entry(&mut self, entry: Entry<'_>) {
        self.entries = self.entries.saturating_add(1);
        let Entry::Ip4 { first, last, value } = entry else {
            return;
        };
        let number = number_of(value);
        each_network(self.kind, first, last, |network, length| {
            let [octet, ..] = network.to_be_bytes();
            match (length, &self.octets) {
                (IP4_BITS, _) => {}
                (_, None) => return self.networks.push(network, length, number),
                (_, Some(_)) => return,
            }
            if let Some(count) = self.counts.get_mut(usize::from(octet)) {
                *count = count.saturating_add(1);
            }
            let is_wanted = self.octets.as_ref().is_some_and(|octets| octets.contains(&octet));
            if is_wanted && self.singles.len() < self.singles.capacity() {
                self.singles.push((network, number));
            }
        });
    }
}

/// A dataset on its way into the place of another one.
#[derive(Debug)]
pub(super) struct Reload {
    kind: Kind,
    options: Options,
    files: OpenFiles,
    variables: Variables,
    ttl_seconds: u32,
    /// What the first look found: single addresses by their first octet, and entries.
    counts: Vec<u64>,
    pub(super) entries: u64,
    grouping: Grouping,
    singles: Singles,
    networks: Arc<Networks<u32>>,
    /// The first octet of what is to be taken next.
    next: u8,
    /// So many addresses are taken in any case.
    pub(super) least: u64,
}

/// What a step has come to.
#[derive(Debug)]
pub(super) enum Step {
    /// The new dataset as far as it is in, and the last address of that.
    Part(Arc<Dataset>, u32),
    /// There are more values than the set can number: the files must be read another way.
    TooManyValues,
}

impl Reload {
    /// Looks at the files, and gives what they say beside their entries.
    pub(super) fn begin(kind: Kind, options: Options, files: OpenFiles) -> Result<(Self, Parsed), BadFile> {
        let (mut parsed, survey) = files.read(kind, options, Share::new(kind, None, 0))?;
        let part = parsed.parts.pop();
        let (values, variables, ttl_seconds) = match part {
            Some(part) => (part.values, part.variables, part.ttl_seconds),
            None => (Vec::new(), Variables::default(), options.ttl_seconds),
        };
        let mut grouping = Grouping::new(values);
        let networks = survey.networks.finish(&mut grouping, together(kind));
        let reload = Self {
            kind,
            options,
            files,
            variables,
            ttl_seconds,
            counts: survey.counts,
            entries: survey.entries,
            grouping,
            singles: Singles::default(),
            networks: Arc::new(networks),
            next: 0,
            least: LEAST,
        };
        Ok((reload, parsed))
    }

    /// Takes the next addresses.
    pub(super) fn step(&mut self) -> Result<Step, BadFile> {
        let (last, count) = self.share();
        let share = Share::new(self.kind, Some(self.next..=last), count);
        let (parsed, mut share) = self.files.read(self.kind, self.options, share)?;
        let values = parsed
            .parts
            .first()
            .map_or(&[][..], |part| part.values.as_slice());
        let is_same = share.counts == self.counts && share.entries == self.entries;
        if !is_same || !self.grouping.values().are(values) {
            let path = self.files.0.first().map(|(path, _)| path.clone());
            return Err(BadFile::Changed {
                path: path.unwrap_or_default(),
            });
        }
        drop(parsed);
        // Files mostly have their order already, and sorting takes memory.
        if !share.singles.is_sorted_by_key(|(address, _)| *address) {
            share.singles.sort_by_key(|(address, _)| *address);
        }
        if !self.take(&share.singles) {
            return Ok(Step::TooManyValues);
        }
        self.next = last.saturating_add(1);
        let last = u32::from_be_bytes([last, u8::MAX, u8::MAX, u8::MAX]);
        let ip4 = Ip4::up_to(last, self.singles.clone(), Arc::clone(&self.networks));
        let (values, variables) = (self.grouping.values().clone(), self.variables.clone());
        let dataset = Dataset::of_ip4(ip4, values, variables, self.ttl_seconds);
        Ok(Step::Part(Arc::new(dataset), last))
    }

    /// The last octet of the next share, and how many addresses it has.
    fn share(&self) -> (u8, u64) {
        let all = self
            .counts
            .iter()
            .fold(0, |all: u64, count| all.saturating_add(*count));
        let most = all.div_euclid(PARTS).max(self.least);
        let counts = (0_u8..=u8::MAX).zip(&self.counts).skip(usize::from(self.next));
        let (mut last, mut sum) = (self.next, 0_u64);
        for (octet, count) in counts {
            let with = sum.saturating_add(*count);
            if with > most && sum > 0 {
                break;
            }
            (last, sum) = (octet, with);
        }
        (last, sum)
    }

    /// Puts single addresses in; tells whether all of them could be numbered.
    fn take(&mut self, entries: &[(u32, Number)]) -> bool {
        let (grouping, together) = (&mut self.grouping, together(self.kind));
        let mut is_numbered = true;
        self.singles.change(entries, |_none, group| {
            let number = grouping.join(group.iter().map(|(_, number)| *number), together);
            let mark = u16::try_from(number).ok();
            is_numbered &= mark.is_some();
            mark
        });
        is_numbered
    }
}

/// What several entries for one address mean in a dataset of IPv4 addresses.
pub(super) fn together(kind: Kind) -> Together {
    match kind {
        Kind::Ip4Set => Together::All,
        _ => Together::First,
    }
}
