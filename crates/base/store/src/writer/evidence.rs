//! Evidence as it is kept: named by its digest, packed with zstd.

use std::sync::Arc;

use atalaya_model::Digest;
use sha2::{Digest as _, Sha256};

use crate::StoreError;

/// Largest message that is kept, in bytes. It bounds the memory that reading one back may cost, and what a sensor may be told to take.
pub const MAX_MESSAGE: usize = 256 << 20;
/// Messages above this are packed on a thread of their own, so as not to hold up the tasks that wait for the network.
const MAX_PACKED_HERE: usize = 128 << 10;
/// Packs mail to about half; higher levels cost several times as much for a few percent.
const LEVEL: i32 = 1;

/// What is kept with an observation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The message, or the report of others, as it was received.
    pub message: Option<Vec<u8>>,
    /// The conversation in which it came.
    pub conversation: Option<Vec<u8>>,
    /// The canonical text of the dialect that the observation names.
    pub dialect: Option<String>,
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
}

impl PackedEvidence {
    /// Packs all of it.
    pub(crate) async fn pack(evidence: Evidence) -> Result<Self, StoreError> {
        Ok(Self {
            message: Packed::pack_some(evidence.message).await?,
            conversation: Packed::pack_some(evidence.conversation).await?,
            dialect: evidence.dialect,
        })
    }

    /// All that is packed.
    pub(crate) fn packed(&self) -> impl Iterator<Item = &Packed> {
        self.message.iter().chain(&self.conversation)
    }
}

/// A piece of evidence on its way into the store.
pub(crate) struct Packed {
    /// Its SHA-256.
    pub(crate) digest: Digest,
    /// Its size before packing.
    pub(crate) size: u64,
    /// Its bytes, packed.
    pub(crate) packed: Vec<u8>,
}

impl Packed {
    async fn pack_some(message: Option<Vec<u8>>) -> Result<Option<Self>, StoreError> {
        match message {
            Some(message) => Self::pack(message).await.map(Some),
            None => Ok(None),
        }
    }

    async fn pack(message: Vec<u8>) -> Result<Self, StoreError> {
        if message.len() > MAX_MESSAGE {
            return Err(StoreError::TooLarge {
                size: message.len(),
                limit: MAX_MESSAGE,
            });
        }
        if message.len() <= MAX_PACKED_HERE {
            return pack(&message);
        }
        let packing = tokio::task::spawn_blocking(move || pack(&message));
        packing.await.map_err(StoreError::unexpected)?
    }
}

fn pack(message: &[u8]) -> Result<Packed, StoreError> {
    let packed =
        zstd::bulk::compress(message, LEVEL).map_err(|error| StoreError::Database(Arc::new(error)))?;
    Ok(Packed {
        digest: digest(message),
        size: message.len() as u64,
        packed,
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
    Digest(Sha256::digest(message).into())
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
            let kept = pack(&message).unwrap();
            assert_eq!(
                unpack(&kept.digest, message.len(), &kept.packed).unwrap(),
                message
            );
        }
    }

    #[test]
    fn a_packed_bomb_is_refused() {
        let kept = pack(&vec![0; 10 << 20]).unwrap();
        assert!(unpack(&kept.digest, 100, &kept.packed).is_err());
        assert!(unpack(&kept.digest, usize::MAX, &kept.packed).is_err());
    }

    #[test]
    fn another_message_under_the_same_name_is_noticed() {
        let (one, other) = (pack(b"one").unwrap(), pack(b"two").unwrap());
        assert!(matches!(
            unpack(&one.digest, 3, &other.packed),
            Err(StoreError::Corrupt(_))
        ));
    }
}
