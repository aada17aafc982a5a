//! The set on disk: written now and then, read when the process starts, so that it answers again in a moment.
//!
//! The file is no truth of its own, the store is. It says after which decision it was written; whoever reads it asks the store for that decision
//! first, and reads everything from there if it is another one. A file that is cut, altered or of another version is refused by the checksum
//! of its frame or by its first line.
//!
//! ```text
//! first line | zstd frame with checksum: length of the header u32, header as JSON, the set
//! ```

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use atalaya_model::{Decided, Decision, Prefix, Rule, Serial, Timestamp, Verdict};
use serde::{Deserialize, Serialize};

use crate::set::{Set, View};

/// What the file begins with; the number is that of the form.
const FIRST_LINE: &[u8] = b"atalaya list 1\n";
/// The longest header: a decision with its reason.
const MOST_HEADER: u32 = 1 << 20;
/// The level of compression: the file is to be written and read quickly.
const LEVEL: i32 = 1;
/// Bytes that are read and written at once.
const BUFFER: usize = 1 << 18;

/// Where a set stands in the sequence of decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The last decision that went into it.
    pub serial: Serial,
    /// That decision; none before the first.
    pub last: Option<Decided>,
}

/// The same as it stands in the file, exact to the last bit: it is compared with what the store has, and the words of pages and API keep
/// no parts of a second.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    serial: Serial,
    last: Option<Last>,
}

/// A decision in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Last {
    serial: Serial,
    at_micros: i64,
    prefix: Prefix,
    verdict: String,
    class: Option<String>,
    until_micros: Option<i64>,
    rule: Rule,
    score_bits: u64,
    reason: String,
}

impl From<&Standing> for Header {
    fn from(standing: &Standing) -> Self {
        Self {
            serial: standing.serial,
            last: standing.last.as_ref().map(Last::from),
        }
    }
}

impl Header {
    fn standing(self) -> Option<Standing> {
        Some(Standing {
            serial: self.serial,
            last: match self.last {
                Some(last) => Some(last.decided()?),
                None => None,
            },
        })
    }
}

impl From<&Decided> for Last {
    fn from(decided: &Decided) -> Self {
        let Decision {
            prefix,
            verdict,
            rule,
            score,
            reason,
        } = &decided.decision;
        Self {
            serial: decided.serial,
            at_micros: decided.at.micros(),
            prefix: *prefix,
            verdict: verdict.name().to_owned(),
            class: verdict.class().map(|class| class.name().to_owned()),
            until_micros: verdict.until().map(Timestamp::micros),
            rule: rule.clone(),
            score_bits: score.to_bits(),
            reason: reason.clone(),
        }
    }
}

impl Last {
    fn decided(self) -> Option<Decided> {
        let until = self.until_micros.map(Timestamp::from_micros);
        Some(Decided {
            serial: self.serial,
            at: Timestamp::from_micros(self.at_micros),
            decision: Decision {
                prefix: self.prefix,
                verdict: Verdict::from_parts(&self.verdict, self.class.as_deref(), until).ok()?,
                rule: self.rule,
                score: f64::from_bits(self.score_bits),
                reason: self.reason,
            },
        })
    }
}

/// Writes a set to a file, which has either all of it or what it had before.
///
/// # Errors
/// The disk does not take it.
pub fn save(path: &Path, standing: &Standing, view: &View) -> io::Result<()> {
    let new = beside(path);
    write(&new, standing, view)
        .and_then(|()| fs::rename(&new, path))
        .inspect_err(|_failed| {
            // It may not be there; the one that is there stays.
            drop(fs::remove_file(&new));
        })?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Reads a set; none where there is no file.
///
/// # Errors
/// The file cannot be read, or is not as it was written.
pub fn load(path: &Path) -> io::Result<Option<(Standing, Set)>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut file = BufReader::with_capacity(BUFFER, file);
    let mut first_line = [0; FIRST_LINE.len()];
    file.read_exact(&mut first_line)?;
    if first_line != FIRST_LINE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it has another form"));
    }
    let mut frame = BufReader::with_capacity(BUFFER, zstd::Decoder::with_buffer(file)?.single_frame());
    let mut length = [0; 4];
    frame.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MOST_HEADER {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its header is too long",
        ));
    }
    let mut header = Vec::new();
    (&mut frame).take(length.into()).read_to_end(&mut header)?;
    let header: Header = serde_json::from_slice(&header)?;
    let standing = header
        .standing()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its decision is none"))?;
    let set = Set::read(&mut frame)?;
    // The checksum stands at the end, and is looked at only when the end is read.
    if frame.read(&mut [0])? > 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it goes on behind its end",
        ));
    }
    Ok(Some((standing, set)))
}

fn write(path: &Path, standing: &Standing, view: &View) -> io::Result<()> {
    // For nobody else to read, as everything in the data folder.
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    let mut file = BufWriter::with_capacity(BUFFER, file);
    file.write_all(FIRST_LINE)?;
    let mut frame = zstd::Encoder::new(file, LEVEL)?;
    frame.include_checksum(true)?;
    let mut buffer = BufWriter::with_capacity(BUFFER, frame);
    let header = serde_json::to_vec(&Header::from(standing))?;
    let length = u32::try_from(header.len()).map_err(io::Error::other)?;
    buffer.write_all(&length.to_le_bytes())?;
    buffer.write_all(&header)?;
    view.write(&mut buffer)?;
    let frame = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
    let file = frame
        .finish()?
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

/// The name of the file while it is written.
fn beside(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::os::unix::fs::PermissionsExt;

    use atalaya_model::{AllowEntry, Class, Listing};
    use proptest::prelude::*;

    use super::*;

    fn listing(prefix: Prefix, class: Class, until: Option<Timestamp>, rule: &str) -> Listing {
        Listing {
            prefix,
            class,
            reason: format!("reason {}", prefix.length()),
            rule: Rule::new(rule, 1),
            since: Timestamp::EPOCH,
            until,
            serial: Serial(1),
        }
    }

    fn prefix() -> impl Strategy<Value = Prefix> {
        let ipv4 =
            (any::<[u8; 4]>(), prop_oneof![4 => Just(32_u8), 1 => 8_u8..32]).prop_map(|(octets, length)| {
                Prefix::new(
                    IpAddr::from([octets[0] % 4, octets[1] % 3, octets[2] % 5, octets[3]]),
                    length,
                )
            });
        let ipv6 =
            (any::<[u8; 16]>(), 0_u8..=128).prop_map(|(octets, length)| Prefix::new(octets.into(), length));
        prop_oneof![4 => ipv4, 1 => ipv6]
    }

    fn set() -> impl Strategy<Value = Set> {
        let listing = (
            prefix(),
            0..Class::ALL.len(),
            prop::option::of(0_i64..400_000),
            prop::sample::select(vec!["by-hand", "trap-spam"]),
        )
            .prop_map(|(prefix, class, until, rule)| {
                listing(
                    prefix,
                    Class::ALL[class],
                    until.map(Timestamp::from_seconds),
                    rule,
                )
            });
        (
            prop::collection::vec(listing, 0..200),
            prop::collection::vec(prefix(), 0..10),
        )
            .prop_map(|(listings, allowed)| {
                Set::new(
                    listings,
                    allowed.into_iter().map(|prefix| AllowEntry {
                        prefix,
                        reason: String::new(),
                        since: Timestamp::EPOCH,
                        until: None,
                        serial: Serial(2),
                    }),
                )
            })
    }

    fn standing() -> Standing {
        Standing {
            serial: Serial(7),
            last: None,
        }
    }

    fn bytes(set: &Set) -> Vec<u8> {
        let mut bytes = Vec::new();
        set.view().write(&mut bytes).unwrap();
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_was_saved_comes_back_and_goes_on_as_before(
            mut set in set(),
            more in prop::collection::vec((prefix(), any::<bool>()), 0..40),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("list");
            save(&path, &standing(), set.view()).unwrap();
            let (read, mut loaded) = load(&path).unwrap().unwrap();
            prop_assert_eq!(read, standing());
            for (prefix, is_listed) in more {
                let class = Class::Spam;
                let decided = Decided {
                    serial: Serial(8),
                    at: Timestamp::EPOCH,
                    decision: Decision {
                        prefix,
                        verdict: if is_listed {
                            Verdict::List { class, until: None }
                        } else {
                            Verdict::Withdraw { class }
                        },
                        rule: Rule::new("by-hand", 1),
                        score: 0.0,
                        reason: "more".to_owned(),
                    },
                };
                set.apply([&decided]);
                loaded.apply([&decided]);
                let asked = prefix.network();
                let now = Timestamp::from_seconds(200_000);
                prop_assert!(set.view().listings_of(asked, now).eq(loaded.view().listings_of(asked, now)));
            }
            prop_assert_eq!(set.view().listings(), loaded.view().listings());
            prop_assert_eq!(set.view().allow_entries(), loaded.view().allow_entries());
        }

        #[test]
        fn broken_bytes_never_come_in(set in set(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("list");
            save(&path, &standing(), set.view()).unwrap();
            let whole = fs::read(&path).unwrap();
            let at = at.index(whole.len());
            fs::write(&path, &whole[..at]).unwrap();
            prop_assert!(load(&path).is_err(), "cut after {at} of {} bytes", whole.len());
            let mut altered = whole.clone();
            altered[at] ^= 1 << bit;
            fs::write(&path, &altered).unwrap();
            // Some bits of a frame say nothing; then what is read is what was written.
            if let Ok(read) = load(&path) {
                prop_assert_eq!(bytes(&read.unwrap().1), bytes(&set));
            }
            fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
            prop_assert_eq!(load(&path).unwrap().unwrap().0, standing(), "what stands behind the frame is not read");
        }
    }

    #[test]
    fn the_last_decision_comes_back_exactly() {
        let until = Some(Timestamp::from_micros(1_795_435_200_123_456));
        let class = Class::Policy;
        for verdict in [
            Verdict::List { class, until },
            Verdict::Extend { class, until: None },
            Verdict::Withdraw { class },
            Verdict::Allow { until },
            Verdict::Disallow,
        ] {
            let last = Decided {
                serial: Serial(9),
                at: Timestamp::from_micros(1_795_435_200_654_321),
                decision: Decision {
                    prefix: "2001:db8::/48".parse().unwrap(),
                    verdict,
                    rule: Rule::new("trap-spam", 3),
                    score: 1.0 / 3.0,
                    reason: "\u{f1}\n\"".to_owned(),
                },
            };
            let standing = Standing {
                serial: Serial(9),
                last: Some(last),
            };
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("list");
            save(&path, &standing, Set::default().view()).unwrap();
            assert_eq!(load(&path).unwrap().unwrap().0, standing);
        }
    }

    #[test]
    fn nothing_is_there_before_the_first_and_a_failure_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        assert!(load(&path).unwrap().is_none());
        save(&path, &standing(), Set::default().view()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::create_dir(beside(&path)).unwrap();
        let later = Standing {
            serial: Serial(8),
            last: None,
        };
        assert!(save(&path, &later, Set::default().view()).is_err());
        assert_eq!(load(&path).unwrap().unwrap().0, standing());
    }
}
