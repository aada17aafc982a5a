//! Evidence as it is kept: named by its digest, packed with zstd.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use atalaya_model::Digest;
use ring::digest::SHA256;
use zstd::bulk::Compressor;

use crate::StoreError;

/// Largest message that is kept, in bytes. It bounds the memory that reading one back may cost, and what a sensor may be told to take.
pub const MAX_MESSAGE: usize = 256 << 20;
/// Messages above this are packed on a thread of their own, so as not to hold up the tasks that wait for the network.
const MAX_PACKED_HERE: usize = 128 << 10;
/// Bytes of the digest that are indexed.
const KEY_BYTES: usize = 8;
/// Packs mail to about half; higher levels cost several times as much for a few percent.
const LEVEL: i32 = 1;

thread_local! {
    /// Packs what is small. Making one costs more than packing a mail with it.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// What kind of evidence something is. Each has a retention of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    /// A message, or a report of others.
    Message,
    /// A conversation.
    Conversation,
}

impl EvidenceKind {
    /// The name in the store.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Conversation => "conversation",
        }
    }
}

/// What is kept with an observation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The message, or the report of others, as it was received.
    pub message: Option<Vec<u8>>,
    /// The conversation in which it came.
    pub conversation: Option<Vec<u8>>,
    /// The canonical text of the dialect that the observation names.
    pub dialect: Option<String>,
    /// The canonical text of the shape that the observation names.
    pub shape: Option<String>,
}

/// Only a message, as most sensors have it.
impl From<Option<Vec<u8>>> for Evidence {
    fn from(message: Option<Vec<u8>>) -> Self {
        Self {
            message,
            ..Self::default()
        }
    }
}

/// The same, on its way into the store.
#[derive(Default)]
pub(crate) struct PackedEvidence {
    pub(crate) message: Option<Packed>,
    pub(crate) conversation: Option<Packed>,
    pub(crate) dialect: Option<String>,
    pub(crate) shape: Option<String>,
}

impl PackedEvidence {
    /// Packs all of it.
    pub(crate) async fn pack(evidence: Evidence) -> Result<Self, StoreError> {
        Ok(Self {
            message: Packed::pack_some(EvidenceKind::Message, evidence.message).await?,
            conversation: Packed::pack_some(EvidenceKind::Conversation, evidence.conversation).await?,
            dialect: evidence.dialect,
            shape: evidence.shape,
        })
    }

    /// All that is packed.
    pub(crate) fn packed(&self) -> impl Iterator<Item = &Packed> {
        self.message.iter().chain(&self.conversation)
    }
}

/// A piece of evidence on its way into the store.
pub(crate) struct Packed {
    /// What it is.
    pub(crate) kind: EvidenceKind,
    /// Its SHA-256.
    pub(crate) digest: Digest,
    /// Its size before packing.
    pub(crate) size: u64,
    /// Its bytes, packed.
    pub(crate) packed: Vec<u8>,
}

impl Packed {
    async fn pack_some(kind: EvidenceKind, message: Option<Vec<u8>>) -> Result<Option<Self>, StoreError> {
        match message {
            Some(message) => Self::pack(kind, message).await.map(Some),
            None => Ok(None),
        }
    }

    async fn pack(kind: EvidenceKind, message: Vec<u8>) -> Result<Self, StoreError> {
        if message.len() > MAX_MESSAGE {
            return Err(StoreError::TooLarge {
                size: message.len(),
                limit: MAX_MESSAGE,
            });
        }
        if message.len() <= MAX_PACKED_HERE {
            return pack(kind, &message);
        }
        let packing = tokio::task::spawn_blocking(move || pack(kind, &message));
        packing.await.map_err(StoreError::unexpected)?
    }

    /// The beginning of its digest, by which it is looked for.
    pub(crate) fn key(&self) -> Vec<u8> {
        key(&self.digest)
    }
}

/// The beginning of a digest, as it is indexed.
pub(crate) fn key(digest: &Digest) -> Vec<u8> {
    digest.0.iter().take(KEY_BYTES).copied().collect()
}

fn pack(kind: EvidenceKind, message: &[u8]) -> Result<Packed, StoreError> {
    let packed = compress(message).map_err(|error| StoreError::Database(Arc::new(error)))?;
    Ok(Packed {
        kind,
        digest: digest(message),
        size: message.len() as u64,
        packed,
    })
}

/// Packs with what the thread keeps for it, unless the message is so large that this would stay large.
fn compress(message: &[u8]) -> io::Result<Vec<u8>> {
    if message.len() > MAX_PACKED_HERE {
        return zstd::bulk::compress(message, LEVEL);
    }
    PACKER.with_borrow_mut(|packer| {
        let packer = match packer {
            Some(packer) => packer,
            none => none.insert(Compressor::new(LEVEL)?),
        };
        packer.compress(message)
    })
}

/// Unpacks a message of `size` bytes, which bounds the memory used, and checks that it is the one that was kept.
pub(crate) fn unpack(wanted: &Digest, size: usize, packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    if size > MAX_MESSAGE {
        return Err(StoreError::corrupt(format!(
            "message {wanted} claims {size} bytes"
        )));
    }
    let message = zstd::bulk::decompress(packed, size)
        .map_err(|error| StoreError::corrupt(format!("message {wanted}: {error}")))?;
    if message.len() == size && digest(&message) == *wanted {
        Ok(message)
    } else {
        Err(StoreError::corrupt(format!(
            "message {wanted} is not the one that was kept"
        )))
    }
}

fn digest(message: &[u8]) -> Digest {
    let hash = ring::digest::digest(&SHA256, message);
    let mut digest = Digest([0; 32]);
    digest
        .0
        .iter_mut()
        .zip(hash.as_ref())
        .for_each(|(to, from)| *to = *from);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_as_it_was() {
        for message in [
            Vec::new(),
            b"Subject: x\r\n\r\n\0\xff".to_vec(),
            vec![b'a'; 1 << 20],
        ] {
            let kept = pack(EvidenceKind::Message, &message).unwrap();
            assert_eq!(
                unpack(&kept.digest, message.len(), &kept.packed).unwrap(),
                message
            );
        }
    }

    #[test]
    fn a_packed_bomb_is_refused() {
        let kept = pack(EvidenceKind::Message, &vec![0; 10 << 20]).unwrap();
        assert!(unpack(&kept.digest, 100, &kept.packed).is_err());
        assert!(unpack(&kept.digest, usize::MAX, &kept.packed).is_err());
    }

    #[test]
    fn another_message_under_the_same_name_is_noticed() {
        let [one, other] = [b"one", b"two"].map(|text| pack(EvidenceKind::Message, text).unwrap());
        assert!(matches!(
            unpack(&one.digest, 3, &other.packed),
            Err(StoreError::Corrupt(_))
        ));
    }
}
