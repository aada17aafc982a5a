//! Short names in the messages of a transfer (RFC 1035 section 4.1.4).
//!
//! Names come in the order of the tree, so that nearly each ends as the one before it did: two octets or nibbles of its own, and a pointer.
//! The last name and the places of its labels are all that is kept.

use domain::base::ToName;
use domain::base::name::Label;
use domain::base::wire::Composer;
use domain::dep::octseq::{OctetsBuilder, Truncate};

/// What marks the two bytes of a pointer.
const POINTER: u16 = 0xc000;
/// The first place that a pointer cannot say.
const POINTER_END: u16 = 0x4000;

/// A message that is being written.
#[derive(Debug, Default)]
pub(super) struct Compressor {
    bytes: Vec<u8>,
    /// The labels of the last name and where each stands, the first label of the name first, without the root.
    last: Vec<(Vec<u8>, u16)>,
}

impl Compressor {
    /// Starts a message with space for so many bytes.
    pub(super) fn new(space: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(space),
            last: Vec::new(),
        }
    }

    /// The message.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Composer for Compressor {
    fn append_compressed_name<N: ToName + ?Sized>(&mut self, name: &N) -> Result<(), Self::AppendError> {
        let labels: Vec<&Label> = name.iter_labels().filter(|label| !label.is_root()).collect();
        let ends = labels.iter().rev().zip(self.last.iter().rev());
        let shared = ends
            .take_while(|(label, (known, _))| label.as_slice().eq_ignore_ascii_case(known))
            .count();
        let target = self
            .last
            .len()
            .checked_sub(shared)
            .and_then(|at| self.last.get(at));
        let pointer = target.filter(|_| shared > 0).map(|(_, place)| POINTER | *place);
        self.last.drain(..self.last.len().saturating_sub(shared));
        let mut own = Vec::new();
        for label in labels.iter().take(labels.len().saturating_sub(shared)) {
            own.push((label.as_slice().to_vec(), self.bytes.len()));
            label.compose(self)?;
        }
        for (label, place) in own.into_iter().rev() {
            match u16::try_from(place) {
                Ok(place) if place < POINTER_END => self.last.insert(0, (label, place)),
                _ => break,
            }
        }
        match pointer {
            Some(pointer) => self.append_slice(&pointer.to_be_bytes()),
            None => Label::root().compose(self),
        }
    }

    fn can_compress(&self) -> bool {
        true
    }
}

impl OctetsBuilder for Compressor {
    type AppendError = <Vec<u8> as OctetsBuilder>::AppendError;

    fn append_slice(&mut self, slice: &[u8]) -> Result<(), Self::AppendError> {
        self.bytes.append_slice(slice)
    }
}

impl Truncate for Compressor {
    fn truncate(&mut self, length: usize) {
        // What was cut off may hold the last name.
        self.last.clear();
        Truncate::truncate(&mut self.bytes, length);
    }
}

impl AsRef<[u8]> for Compressor {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsMut<[u8]> for Compressor {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

#[cfg(test)]
mod tests {
    use domain::base::Name;

    use super::*;

    #[test]
    fn a_name_points_to_what_it_shares_with_the_last() {
        let mut message = Compressor::default();
        let mut written = |name: &str| {
            let before = message.bytes.len();
            let name: Name<Vec<u8>> = name.parse().unwrap();
            message.append_compressed_name(&name).unwrap();
            message.bytes.get(before..).unwrap().to_vec()
        };
        assert_eq!(written("bl.test"), b"\x02bl\x04test\0");
        assert_eq!(written("9.2.bl.test"), b"\x019\x012\xc0\x00");
        assert_eq!(written("9.2.bl.test"), [0xc0, 9]);
        assert_eq!(written("8.2.BL.test"), [1, b'8', 0xc0, 11]);
        assert_eq!(written("7.2.bl.test"), [1, b'7', 0xc0, 11]);
        assert_eq!(written("bl.test"), [0xc0, 0]);
        assert_eq!(written("other"), b"\x05other\0");
        assert_eq!(written("."), b"\0");
    }
}
