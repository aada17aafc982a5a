//! A made-up dump in RPSL, split by class and packed as RIPE's is.
//!
//! Of 1,000 networks 5 are allocations that name their organisation, 45 are assignments with a contact of their own, 10 have a mailbox in their
//! remarks, and the others name nobody.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, ensure};

/// Addresses of a network.
pub(super) const SIZE: u32 = 128;
/// Networks of an allocation.
const ALLOCATED: u32 = 200;
/// The first address.
const FIRST: u32 = 0x0b00_0000;
/// What each network has beside what matters.
const FILLING: &str = "country:        NL\nadmin-c:        DUMY-RIPE\ntech-c:         DUMY-RIPE\nstatus:         ASSIGNED PA\n\
     mnt-by:         EXAMPLE-MNT\ncreated:        2004-11-23T12:00:00Z\nlast-modified:  2019-03-05T07:11:42Z\n\
     source:         RIPE\nremarks:        ****************************\nremarks:        * THIS OBJECT IS MODIFIED\n";

/// Writes the object of a number.
type WriteObject = fn(u32) -> String;

/// The files.
pub(super) struct Dump {
    pub(super) files: Vec<PathBuf>,
    pub(super) holders: u32,
    /// All of them unpacked.
    pub(super) bytes: u64,
}

/// Where a network begins.
pub(super) fn start(number: u32) -> u32 {
    FIRST.wrapping_add(number.wrapping_mul(SIZE))
}

impl Dump {
    /// Writes it.
    ///
    /// # Errors
    /// The disk is full, or gzip is not installed.
    pub(super) fn write(folder: &Path, networks: u32) -> anyhow::Result<Self> {
        ensure!(
            (1..=20_000_000).contains(&networks),
            "1 to 20,000,000 networks can be made"
        );
        let organisations = networks.div_ceil(ALLOCATED);
        let mut bytes = 0;
        let mut files = Vec::new();
        let classes: [(&str, u32, WriteObject); 3] = [
            ("inetnum", networks, network),
            ("organisation", organisations, organisation),
            ("role", organisations.saturating_mul(2), role),
        ];
        for (class, count, object) in classes {
            let mut file = Packed::create(&folder.join(format!("ripe.db.{class}.gz")))?;
            for number in 0..count {
                let text = object(number);
                bytes += text.len() as u64;
                file.input.write_all(text.as_bytes())?;
            }
            files.push(file.finish()?);
        }
        Ok(Self {
            files,
            holders: organisations.saturating_mul(3),
            bytes,
        })
    }
}

fn network(number: u32) -> String {
    let size = if number.is_multiple_of(ALLOCATED) {
        SIZE * ALLOCATED
    } else {
        SIZE
    };
    let first = Ipv4Addr::from_bits(start(number));
    let last = Ipv4Addr::from_bits(start(number).wrapping_add(size - 1));
    let allocation = number / ALLOCATED;
    let own = match number % 1_000 {
        _ if size > SIZE => format!("org:            ORG-E{allocation}-RIPE\n"),
        1..=45 => format!("abuse-c:        CU{allocation}-RIPE\n"),
        501..=510 => format!("remarks:        abuse reports to abuse@customer{number}.example\n"),
        _ => String::new(),
    };
    format!(
        "inetnum:        {first} - {last}\nnetname:        EXAMPLE-NET-{number}\ndescr:          Customer {number} of an example\n{own}{FILLING}\n"
    )
}

fn organisation(number: u32) -> String {
    format!(
        "organisation:   ORG-E{number}-RIPE\norg-name:       Example {number}\nabuse-c:        AR{number}-RIPE\n{FILLING}\n"
    )
}

/// The abuse contacts of organisations, and then those of customers.
fn role(number: u32) -> String {
    let (kind, number) = if number.is_multiple_of(2) {
        ("AR", number / 2)
    } else {
        ("CU", number / 2)
    };
    let name = kind.to_ascii_lowercase();
    format!(
        "role:           Abuse\nnic-hdl:        {kind}{number}-RIPE\nabuse-mailbox:  abuse@{name}{number}.example\n{FILLING}\n"
    )
}

/// A file that gzip packs.
struct Packed {
    path: PathBuf,
    child: Child,
    input: BufWriter<ChildStdin>,
}

impl Packed {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new("gzip")
            .arg("-1")
            .stdin(Stdio::piped())
            .stdout(File::create(path)?)
            .spawn()
            .context("cannot start gzip")?;
        let input = child.stdin.take().context("no input")?;
        Ok(Self {
            path: path.canonicalize()?,
            child,
            input: BufWriter::new(input),
        })
    }

    fn finish(self) -> anyhow::Result<PathBuf> {
        let Self {
            path,
            mut child,
            input,
        } = self;
        drop(input.into_inner()?);
        ensure!(child.wait()?.success(), "gzip failed");
        Ok(path)
    }
}
