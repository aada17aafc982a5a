//! Days that go from machine to machine: what one counted of a day, as a file, and taking such a file in.
//!
//! ```text
//! ATALAYA DAYS 1\n
//! {"origin":"3f2a…","day":"2026-11-26"}\n
//! for each segment: its length in eight bytes, the highest first, and its bytes
//! ```
//!
//! A file stands for all that its machine has counted of that day. Taking it again, or a later one, puts it in the place of the one before, so
//! that nothing counts twice.

use serde::{Deserialize, Serialize};

use crate::day::{BadDay, Day};
use crate::error::StatsError;
use crate::segment::Segment;
use crate::statistics::Statistics;

/// What a file begins with.
const MAGIC: &[u8] = b"ATALAYA DAYS 1\n";
/// The longest head, in bytes.
const MOST_HEAD: usize = 256;
/// Most segments of a file.
const MOST_SEGMENTS: usize = 1_000;
/// Digits of the name of a machine.
const ORIGIN: usize = 16;
/// The secret that a machine's name is made of.
const SECRET: &str = "stats-origin";

/// What one machine has counted of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayFile {
    /// The name of the machine.
    pub origin: String,
    /// The day.
    pub day: Day,
    segments: Vec<Piece>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    origin: String,
    day: String,
}

/// A segment: how many cells it has, and its bytes.
type Piece = (u64, Vec<u8>);

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The day.
    pub day: String,
    /// The machine that counted it.
    pub origin: String,
    /// Cells of it.
    pub cells: u64,
    /// Whether it stands in the place of an earlier one.
    pub is_again: bool,
}

impl Statistics {
    /// What this machine has counted of a day, as a file.
    ///
    /// # Errors
    /// It has counted nothing, or the store failed.
    pub async fn export(&self, day: Day) -> Result<Vec<u8>, StatsError> {
        let kept = self.store().segments_from(day.number(), "").await?;
        if kept.is_empty() {
            return Err(StatsError::Refused(format!(
                "nothing that could be handed on is kept of {day}"
            )));
        }
        let head = Head {
            origin: self.origin().await?,
            day: day.to_string(),
        };
        let mut file = MAGIC.to_vec();
        file.extend(serde_json::to_vec(&head).map_err(|error| StatsError::Pack(error.into()))?);
        file.push(b'\n');
        for segment in kept {
            file.extend((segment.packed.len() as u64).to_be_bytes());
            file.extend(segment.packed);
        }
        Ok(file)
    }

    /// Takes in what another machine has counted of a day.
    ///
    /// # Errors
    /// The file is damaged, or from this machine itself; the day is closed or has not come; or the store failed.
    pub async fn import(&self, file: &[u8]) -> Result<Taken, StatsError> {
        let DayFile {
            origin,
            day,
            segments,
        } = DayFile::read(file).map_err(StatsError::Refused)?;
        if origin == self.origin().await? {
            return Err(StatsError::Refused(
                "this file was made here: what is in it is counted already".to_owned(),
            ));
        }
        if day > self.today().plus(1) {
            return Err(StatsError::Refused(format!("{day} has not come yet")));
        }
        if self.store().picture(day.number()).await?.is_some() {
            return Err(StatsError::Refused(format!(
                "{day} is closed: only its picture is kept, to which nothing can be added"
            )));
        }
        let cells = segments.iter().map(|(cells, _)| cells).sum();
        let mut transaction = self.store().begin().await?;
        let before = transaction.delete_segments_from(day.number(), &origin).await?;
        for (cells, packed) in segments {
            transaction
                .add_segment((day.number(), &origin), cells, packed)
                .await?;
        }
        transaction.commit().await?;
        Ok(Taken {
            day: day.to_string(),
            origin,
            cells,
            is_again: before > 0,
        })
    }

    /// The name of this machine, or of all that share its store.
    async fn origin(&self) -> Result<String, StatsError> {
        let secret = self.store().secret(SECRET).await?;
        let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(digits.chars().take(ORIGIN).collect())
    }
}

impl DayFile {
    /// Reads a file of [`Statistics::export`]. Every byte is checked.
    ///
    /// # Errors
    /// It is something else, damaged or cut off, in a sentence.
    pub fn read(file: &[u8]) -> Result<Self, String> {
        let none = || "this is no file of `atalaya stats export`".to_owned();
        let rest = file.strip_prefix(MAGIC).ok_or_else(none)?;
        let end = rest
            .iter()
            .take(MOST_HEAD)
            .position(|byte| *byte == b'\n')
            .ok_or_else(none)?;
        let (head, rest) = rest.split_at_checked(end).ok_or_else(none)?;
        let head: Head = serde_json::from_slice(head).map_err(|_other| none())?;
        if head.origin.len() != ORIGIN || !head.origin.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(none());
        }
        Ok(Self {
            origin: head.origin.to_ascii_lowercase(),
            day: head.day.parse().map_err(|error: BadDay| error.to_string())?,
            segments: pieces(rest.get(1..).unwrap_or_default())?,
        })
    }
}

/// The segments, one behind the other.
fn pieces(mut rest: &[u8]) -> Result<Vec<Piece>, String> {
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let cut = || "the file is cut off".to_owned();
        let (length, behind) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
        let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_too_long| cut())?;
        let (packed, behind) = behind.split_at_checked(length).ok_or_else(cut)?;
        let segment = Segment::unpack(packed).map_err(|error| error.to_string())?;
        segments.push((segment.cells().len() as u64, packed.to_vec()));
        rest = behind;
        if segments.len() > MOST_SEGMENTS {
            return Err(format!("the file has more than {MOST_SEGMENTS} pieces"));
        }
    }
    if segments.is_empty() {
        return Err("the file holds nothing".to_owned());
    }
    Ok(segments)
}
