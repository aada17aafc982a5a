//! Short names in an answer (RFC 1035 section 4.1.4).
//!
//! Nearly every name of an answer is the one that was asked for, or ends as it ends: the zone, its mailbox, its name servers. So the
//! name in the question is all that others point to. That takes no memory and few comparisons, and works for the 32 labels of an
//! IPv6 address as for four. What two name servers elsewhere share is written twice.

use domain::base::name::{Label, ToLabelIter};
use domain::base::wire::Composer;
use domain::base::{Name, ToName};
use domain::dep::octseq::{OctetsBuilder, Truncate};

/// Where the name in the question stands: behind the header (RFC 1035 section 4.1.1).
const QUESTION_AT: u16 = 12;
/// What marks the two bytes of a pointer.
const POINTER: u16 = 0xc000;

/// The bytes of an answer that is being written, with the name that others point to.
#[derive(Debug)]
pub(super) struct Compressor<'a> {
    bytes: Vec<u8>,
    asked: Option<&'a Name<[u8]>>,
}

impl<'a> Compressor<'a> {
    /// Starts an answer to a question about `asked`, with space for so many bytes.
    pub(super) fn new(asked: Option<&'a Name<[u8]>>, space: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(space),
            asked,
        }
    }

    /// The bytes that were written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The name to point to; none before it was written itself.
    fn target(&self) -> Option<&'a Name<[u8]>> {
        self.asked
            .filter(|_asked| self.bytes.len() > usize::from(QUESTION_AT))
    }
}

impl Composer for Compressor<'_> {
    fn append_compressed_name<N: ToName + ?Sized>(&mut self, name: &N) -> Result<(), Self::AppendError> {
        let Some(asked) = self.target() else {
            return name.compose(self);
        };
        if name.name_eq(asked) {
            return self.append_slice(&(POINTER | QUESTION_AT).to_be_bytes());
        }
        let shared = shared_labels(name, asked);
        // The root alone is shorter than a pointer.
        if shared <= 1 {
            return name.compose(self);
        }
        let own = name.iter_labels().count().saturating_sub(shared);
        for label in name.iter_labels().take(own) {
            label.compose(self)?;
        }
        let before = asked.label_count().saturating_sub(shared);
        let place: u16 = asked.iter_labels().take(before).map(Label::compose_len).sum();
        self.append_slice(&(POINTER | QUESTION_AT.saturating_add(place)).to_be_bytes())
    }

    fn can_compress(&self) -> bool {
        true
    }
}

/// How many labels two names have in common at their ends.
fn shared_labels<N: ToName + ?Sized>(name: &N, asked: &Name<[u8]>) -> usize {
    let (one, other) = (name.iter_labels().rev(), asked.iter_labels().rev());
    one.zip(other).take_while(|(one, other)| one == other).count()
}

impl OctetsBuilder for Compressor<'_> {
    type AppendError = <Vec<u8> as OctetsBuilder>::AppendError;

    fn append_slice(&mut self, slice: &[u8]) -> Result<(), Self::AppendError> {
        self.bytes.append_slice(slice)
    }
}

impl Truncate for Compressor<'_> {
    fn truncate(&mut self, length: usize) {
        Truncate::truncate(&mut self.bytes, length);
    }
}

impl AsRef<[u8]> for Compressor<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsMut<[u8]> for Compressor<'_> {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written of `name` behind a question about `asked`.
    fn written(asked: &str, name: &str) -> Vec<u8> {
        let [asked, name] = [asked, name].map(|name| Name::vec_from_str(name).unwrap());
        let mut compressor = Compressor::new(Some(asked.for_slice()), 0);
        compressor.append_slice(&[0; 12]).unwrap();
        compressor.append_compressed_name(&asked).unwrap();
        assert_eq!(compressor.as_ref().get(12..), Some(asked.as_slice()));
        let before = compressor.as_ref().len();
        compressor.append_compressed_name(&name).unwrap();
        compressor.into_bytes().split_off(before)
    }

    #[test]
    fn a_name_points_to_what_it_shares_with_the_question() {
        assert_eq!(written("a.bl.test", "a.bl.test"), [0xc0, 12]);
        assert_eq!(written("a.bl.test", "A.BL.test"), [0xc0, 12]);
        assert_eq!(written("a.bl.test", "bl.test"), [0xc0, 14]);
        assert_eq!(written("a.bl.test", "ns.bl.test"), b"\x02ns\xc0\x0e");
        assert_eq!(written("a.bl.test", "ns.test"), b"\x02ns\xc0\x11");
        assert_eq!(written("bl.test", "a.bl.test"), b"\x01a\xc0\x0c");
    }

    #[test]
    fn a_name_that_shares_the_root_alone_is_written_whole() {
        assert_eq!(written("a.bl.test", "ns.example"), b"\x02ns\x07example\0");
        assert_eq!(written("a.bl.test", "."), [0]);
        assert_eq!(written(".", "bl.test"), b"\x02bl\x04test\0");
    }
}
