//! A whole list on disk, sorted: what a list is compared through that may be longer than memory.
//!
//! In go prefixes in any order; out they come by first and last address, each once, as often as one likes. They are kept in files that
//! have no name any more, so that nothing is left behind however the command ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};

use atalaya_model::Prefix;

/// Prefixes that are sorted in memory at once, some 20 MB of them.
const RUN: usize = 1 << 20;
/// Most sorted files: more than two hundred million prefixes, and fewer than a process may open.
const MOST_RUNS: usize = 256;
/// Bytes of a prefix on disk: the address and its length in IPv6.
const RECORD: usize = 17;

/// The order of a prefix among others: that of [`atalaya_decide::import::standing`].
type Key = (Ipv6Addr, Ipv6Addr);

/// The list.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    run: Vec<Prefix>,
    files: Vec<File>,
    run_length: usize,
}

impl Spool {
    /// An empty one; its files are made in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self::with_runs_of(folder, RUN)
    }

    fn with_runs_of(folder: &Path, run_length: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            run: Vec::new(),
            files: Vec::new(),
            run_length,
        }
    }

    /// Adds a prefix.
    pub(super) fn push(&mut self, prefix: Prefix) -> io::Result<()> {
        self.run.push(prefix);
        if self.run.len() >= self.run_length {
            self.write_run()?;
        }
        Ok(())
    }

    /// All prefixes in their order.
    pub(super) fn sorted(&mut self) -> io::Result<Sorted> {
        self.write_run()?;
        let runs = self.files.iter().map(|file| {
            let mut file = file.try_clone()?;
            file.rewind()?;
            Ok(BufReader::new(file))
        });
        let mut sorted = Sorted {
            runs: runs.collect::<io::Result<_>>()?,
            next: BinaryHeap::new(),
            last: None,
        };
        for run in 0..sorted.runs.len() {
            sorted.refill(run)?;
        }
        Ok(sorted)
    }

    /// Sorts what is in memory and writes it out.
    fn write_run(&mut self) -> io::Result<()> {
        if self.run.is_empty() {
            return Ok(());
        }
        if self.files.len() >= MOST_RUNS {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "this is more than any list is long",
            ));
        }
        self.run.sort_unstable_by_key(key);
        let mut out = BufWriter::new(nameless(&self.folder)?);
        for prefix in self.run.drain(..) {
            let shift = if prefix.is_ipv4() { 96 } else { 0 };
            out.write_all(&wide(prefix.network()).octets())?;
            out.write_all(&[prefix.length().saturating_add(shift)])?;
        }
        self.files
            .push(out.into_inner().map_err(io::IntoInnerError::into_error)?);
        Ok(())
    }
}

/// The prefixes of a [`Spool`] in their order, each once.
#[derive(Debug)]
pub(super) struct Sorted {
    runs: Vec<BufReader<File>>,
    /// The next prefix of each run.
    next: BinaryHeap<Reverse<(Key, usize, Prefix)>>,
    last: Option<Prefix>,
}

impl Sorted {
    /// Whether it holds a prefix; whoever asks does so in the order of the keys.
    pub(super) fn has(&mut self, prefix: &Prefix) -> io::Result<bool> {
        let wanted = key(prefix);
        while let Some(Reverse((here, ..))) = self.next.peek() {
            if *here > wanted {
                break;
            }
            self.take()?;
        }
        Ok(self.last.as_ref() == Some(prefix))
    }

    /// Takes the next prefix; it may be the same again.
    fn take(&mut self) -> io::Result<Option<Prefix>> {
        let Some(Reverse((_, run, prefix))) = self.next.pop() else {
            return Ok(None);
        };
        self.refill(run)?;
        self.last = Some(prefix);
        Ok(Some(prefix))
    }

    /// Reads the next prefix of a run.
    fn refill(&mut self, run: usize) -> io::Result<()> {
        let Some(file) = self.runs.get_mut(run) else {
            return Ok(());
        };
        let mut record = [0; RECORD];
        match file.read_exact(&mut record) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let [octets @ .., length] = record;
        let prefix = Prefix::new(Ipv6Addr::from(octets).into(), length);
        self.next.push(Reverse((key(&prefix), run, prefix)));
        Ok(())
    }
}

impl Iterator for Sorted {
    type Item = io::Result<Prefix>;

    fn next(&mut self) -> Option<io::Result<Prefix>> {
        let before = self.last;
        loop {
            match self.take().transpose()? {
                Ok(prefix) if before == Some(prefix) => {}
                other => return Some(other),
            }
        }
    }
}

/// The order of a prefix: IPv4 stands where its mapped form does.
fn key(prefix: &Prefix) -> Key {
    (wide(prefix.network()), wide(prefix.last()))
}

/// An address as one of IPv6.
fn wide(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// A file that goes with whoever holds it.
fn nameless(folder: &Path) -> io::Result<File> {
    let path = folder.join(format!("import-{}.part", std::process::id()));
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: [&str; 9] = [
        "2001:db8::/64",
        "192.0.2.9",
        "192.0.2.0/24",
        "::/64",
        "192.0.2.0",
        "192.0.2.9",
        "203.0.113.0/24",
        "192.0.2.0/25",
        "2001:db8::/32",
    ];

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn what_goes_in_comes_out_sorted_and_once_again_and_again() {
        let folder = tempfile::tempdir().unwrap();
        for run_length in [1, 2, 4, 99] {
            let mut spool = Spool::with_runs_of(folder.path(), run_length);
            for text in LIST {
                spool.push(prefix(text)).unwrap();
            }
            for _ in 0..2 {
                let sorted: Vec<String> = spool
                    .sorted()
                    .unwrap()
                    .map(|prefix| prefix.unwrap().to_string())
                    .collect();
                let expected = [
                    "::/64",
                    "192.0.2.0",
                    "192.0.2.0/25",
                    "192.0.2.0/24",
                    "192.0.2.9",
                    "203.0.113.0/24",
                    "2001:db8::/64",
                    "2001:db8::/32",
                ];
                assert_eq!(sorted, expected);
            }
            let mut sorted = spool.sorted().unwrap();
            for (text, is_there) in [
                ("::/64", true),
                ("192.0.2.0/26", false),
                ("192.0.2.0/25", true),
                ("192.0.2.9", true),
                ("192.0.2.9", true),
                ("198.51.100.1", false),
                ("2001:db8::/32", true),
                ("2001:db9::/32", false),
            ] {
                assert_eq!(sorted.has(&prefix(text)).unwrap(), is_there, "{text}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_empty_list_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(folder.path());
        assert!(!spool.sorted().unwrap().has(&prefix("192.0.2.1")).unwrap());
        assert_eq!(spool.sorted().unwrap().count(), 0);
    }
}
