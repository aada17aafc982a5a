//! Reading numbers of both orders of bytes from a stream, and telling its end from a cut.

use std::io::{ErrorKind, Read};

use super::BadCapture;

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The highest first.
    Big,
    /// The lowest first.
    Little,
}

impl Order {
    pub(super) const fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Big => u16::from_be_bytes(bytes),
            Self::Little => u16::from_le_bytes(bytes),
        }
    }

    pub(super) const fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        }
    }

    pub(super) const fn i64(self, bytes: [u8; 8]) -> i64 {
        match self {
            Self::Big => i64::from_be_bytes(bytes),
            Self::Little => i64::from_le_bytes(bytes),
        }
    }
}

/// A stream of which bytes are taken.
#[derive(Debug)]
pub(super) struct Input<R> {
    stream: R,
}

impl<R: Read> Input<R> {
    pub(super) const fn new(stream: R) -> Self {
        Self { stream }
    }

    /// The first four bytes of a file; what is shorter is no capture.
    pub(super) fn start(&mut self) -> Result<[u8; 4], BadCapture> {
        match self.next() {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) | Err(BadCapture::Cut) => Err(BadCapture::NoCapture),
            Err(error) => Err(error),
        }
    }

    /// The next bytes; none at the end of the stream.
    pub(super) fn next<const N: usize>(&mut self) -> Result<Option<[u8; N]>, BadCapture> {
        let mut bytes = [0; N];
        let mut filled = 0;
        while let Some(space) = bytes.get_mut(filled..)
            && !space.is_empty()
        {
            match self.stream.read(space) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(BadCapture::Cut),
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(bytes))
    }

    /// The next bytes, which must be there.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], BadCapture> {
        self.next()?.ok_or(BadCapture::Cut)
    }

    /// So many bytes, which must be there. The caller bounds the number.
    pub(super) fn bytes(&mut self, length: usize) -> Result<Vec<u8>, BadCapture> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(length).unwrap_or(u64::MAX);
        self.stream.by_ref().take(limit).read_to_end(&mut bytes)?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(BadCapture::Cut)
        }
    }

    /// Passes over so many bytes.
    pub(super) fn skip(&mut self, length: u64) -> Result<(), BadCapture> {
        let skipped = std::io::copy(&mut self.stream.by_ref().take(length), &mut std::io::sink())?;
        if skipped == length {
            Ok(())
        } else {
            Err(BadCapture::Cut)
        }
    }
}
