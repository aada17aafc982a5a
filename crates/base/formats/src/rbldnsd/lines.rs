//! The lines of a file, one after the other, unpacked where it is packed with gzip.

use std::io::{self, BufRead, BufReader};

use flate2::bufread::MultiGzDecoder;

/// The longest line: a name, a code and a text of 255 bytes with all its variables stay far below.
const MOST_LINE_BYTES: usize = 4096;
/// How a file packed with gzip begins (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes that are unpacked at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// A line, or that it was too long and is passed over.
pub(super) enum Line<'a> {
    /// The line without white space around it.
    Whole(&'a [u8]),
    /// Too long.
    TooLong,
}

/// Calls `take` with each line, and tells how many bytes of `most` are left.
///
/// # Errors
/// The file cannot be read to its end, is cut in the middle of what is packed, or holds more than `most` bytes.
pub(super) fn each<R: BufRead>(mut file: R, most: u64, take: impl FnMut(Line<'_>)) -> io::Result<u64> {
    let is_packed = file.fill_buf()?.starts_with(&GZIP);
    if is_packed {
        let unpacked = BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(file));
        each_plain(unpacked, most, take)
    } else {
        each_plain(file, most, take)
    }
}

fn each_plain<R: BufRead>(file: R, most: u64, mut take: impl FnMut(Line<'_>)) -> io::Result<u64> {
    let mut file = file.take(most);
    let mut begun = Vec::new();
    let mut is_too_long = false;
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let end = memchr::memchr(b'\n', buffer);
        let (piece, used) = match end.and_then(|end| Some((buffer.get(..end)?, end.saturating_add(1)))) {
            Some(found) => found,
            None => (buffer, buffer.len()),
        };
        is_too_long |= begun.len().saturating_add(piece.len()) > MOST_LINE_BYTES;
        match (end, is_too_long, begun.is_empty()) {
            (Some(_), true, _) => take(Line::TooLong),
            (Some(_), false, true) => take(Line::Whole(piece.trim_ascii())),
            (Some(_), false, false) => {
                begun.extend_from_slice(piece);
                take(Line::Whole(begun.trim_ascii()));
            }
            (None, true, _) => begun.clear(),
            (None, false, _) => begun.extend_from_slice(piece),
        }
        if end.is_some() {
            begun.clear();
            is_too_long = false;
        }
        file.consume(used);
    }
    let left = file.limit();
    if left == 0 && !file.into_inner().fill_buf()?.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "more bytes than a dataset may have",
        ));
    }
    if is_too_long {
        take(Line::TooLong);
    } else if !begun.is_empty() {
        take(Line::Whole(begun.trim_ascii()));
    }
    Ok(left)
}
