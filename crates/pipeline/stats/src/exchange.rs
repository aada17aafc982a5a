//! Days that go from machine to machine: what one counted of a day, as a file, and taking such a file in.
//!
//! ```text
//! ATALAYA DAYS 1\n
//! {"origin":"3f2a…","day":"2026-11-26"}\n
//! the texts of dialects and header shapes: length in eight bytes, the highest first, and a JSON list packed with zstd
//! each segment: length in eight bytes, and its bytes
//! ```
//!
//! A file stands for all that its machine has counted of that day. Taking it again, or a later one, puts it in the place of the one before, so
//! that nothing counts twice.

use std::collections::BTreeSet;

use atalaya_formats::smtp::Dialect;
use atalaya_store::KeptSegment;
use serde::{Deserialize, Serialize};

use crate::day::{BadDay, Day};
use crate::error::StatsError;
use crate::segment::Segment;
use crate::statistics::Statistics;

/// What a file begins with.
const MAGIC: &[u8] = b"ATALAYA DAYS 1\n";
/// The longest head, in bytes.
const MOST_HEAD: usize = 256;
/// Most segments of a file, and most cells of all of them.
const MOST_SEGMENTS: usize = 1_000;
const MOST_CELLS: u64 = 16 << 20;
/// Most bytes of all texts, and of one.
const MOST_TEXTS: usize = 64 << 20;
const MOST_TEXT: usize = 4_096;
/// How hard texts are packed.
const LEVEL: i32 = 3;
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
    /// The texts of dialects and header shapes, by their names.
    texts: Vec<(String, String)>,
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
        put(&mut file, &self.texts(&kept).await?);
        for segment in kept {
            put(&mut file, &segment.packed);
        }
        Ok(file)
    }

    /// The texts that segments name, packed.
    async fn texts(&self, kept: &[KeptSegment]) -> Result<Vec<u8>, StatsError> {
        let (mut dialects, mut shapes) = (BTreeSet::new(), BTreeSet::new());
        for kept in kept {
            for profile in Segment::unpack(&kept.packed)?.profiles() {
                dialects.extend(profile.dialect);
                shapes.extend(profile.headers);
            }
        }
        let mut texts: Vec<String> = self.store().texts_of(dialects).await?.into_values().collect();
        texts.extend(self.store().texts_of(shapes).await?.into_values());
        texts.sort_unstable();
        let json = serde_json::to_vec(&texts).map_err(|error| StatsError::Pack(error.into()))?;
        zstd::bulk::compress(&json, LEVEL).map_err(StatsError::Pack)
    }

    /// Takes in what another machine has counted of a day.
    ///
    /// # Errors
    /// The file is damaged, or from this machine itself; the day is closed or has not come; or the store failed.
    pub async fn import(&self, file: Vec<u8>) -> Result<Taken, StatsError> {
        let read = tokio::task::spawn_blocking(move || DayFile::read(&file)).await?;
        let DayFile {
            origin,
            day,
            texts,
            segments,
        } = read.map_err(StatsError::Refused)?;
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
        let texts = texts.iter().map(|(id, text)| (id.as_str(), text.as_str()));
        self.store().add_texts(texts, self.now()).await?;
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
        let mut rest = rest.get(1..).unwrap_or_default();
        let texts = piece(&mut rest)?;
        Ok(Self {
            origin: head.origin.to_ascii_lowercase(),
            texts: texts_of(texts)?,
            day: head.day.parse().map_err(|error: BadDay| error.to_string())?,
            segments: segments_of(rest)?,
        })
    }
}

/// Appends a piece with its length.
fn put(file: &mut Vec<u8>, piece: &[u8]) {
    file.extend((piece.len() as u64).to_be_bytes());
    file.extend(piece);
}

/// Takes a piece from the front.
fn piece<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let cut = || "the file is cut off".to_owned();
    let (length, behind) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_too_long| cut())?;
    let (piece, behind) = behind.split_at_checked(length).ok_or_else(cut)?;
    *rest = behind;
    Ok(piece)
}

/// The texts, each under the name that it has by its digest.
fn texts_of(packed: &[u8]) -> Result<Vec<(String, String)>, String> {
    let damaged = || "its texts of dialects are damaged".to_owned();
    let json = zstd::bulk::decompress(packed, MOST_TEXTS).map_err(|_damaged| damaged())?;
    let texts: Vec<String> = serde_json::from_slice(&json).map_err(|_other| damaged())?;
    let is_text = |text: &String| text.len() <= MOST_TEXT && !text.chars().any(char::is_control);
    if !texts.iter().all(is_text) {
        return Err(damaged());
    }
    Ok(texts
        .into_iter()
        .map(|text| (Dialect::id(&text).to_string(), text))
        .collect())
}

/// The segments, one behind the other.
fn segments_of(mut rest: &[u8]) -> Result<Vec<Piece>, String> {
    let (mut segments, mut cells) = (Vec::new(), 0_u64);
    while !rest.is_empty() {
        let packed = piece(&mut rest)?;
        let segment = Segment::unpack(packed).map_err(|error| error.to_string())?;
        cells = cells.saturating_add(segment.cells().len() as u64);
        segments.push((segment.cells().len() as u64, packed.to_vec()));
        if segments.len() > MOST_SEGMENTS || cells > MOST_CELLS {
            return Err(format!(
                "the file has more than {MOST_SEGMENTS} pieces or {MOST_CELLS} cells"
            ));
        }
    }
    if segments.is_empty() {
        return Err("the file holds nothing".to_owned());
    }
    Ok(segments)
}
