//! Cutting the bytes of a connection into packets.

use super::Command;

/// Largest packet, in bytes behind its length. A server sends pieces of a body of at most 65,535 bytes, and a header field whole: Postfix cuts those at
/// 102,400 (`header_size_limit`).
pub const MAX_PACKET: usize = 256 * 1_024;
/// Bytes of a length.
const LENGTH: usize = 4;

/// Why what comes in is no command. The connection is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCommand {
    /// A packet has not even a letter.
    #[error("a packet is empty")]
    Empty,
    /// A packet is too large.
    #[error("a packet has {0} bytes, more than {MAX_PACKET}")]
    Large(u32),
    /// No command has this letter.
    #[error("there is no command with the letter {0:#04x}")]
    Unknown(u8),
    /// The offer of the server is cut short.
    #[error("the options are cut short")]
    Short,
    /// The server speaks a version of before 2001.
    #[error("the server speaks version {0} of the protocol, which is too old")]
    Old(u32),
}

/// Reads the commands of one connection.
#[derive(Debug, Default)]
pub struct Reader {
    length: Vec<u8>,
    packet: Vec<u8>,
}

impl Reader {
    /// Whether a packet has begun and not ended.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        !self.length.is_empty()
    }

    /// Reads up to the end of a packet and leaves what comes behind it in `input`; none where more has to come. Memory grows with what came, not
    /// with what a length announces.
    ///
    /// # Errors
    /// This is no command; close the connection.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Command>, NoCommand> {
        fill(&mut self.length, LENGTH, input);
        let Ok(length) = <[u8; LENGTH]>::try_from(self.length.as_slice()) else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(length);
        let wanted = match usize::try_from(length) {
            Ok(0) => return Err(NoCommand::Empty),
            Ok(wanted) if wanted <= MAX_PACKET => wanted,
            _ => return Err(NoCommand::Large(length)),
        };
        fill(&mut self.packet, wanted, input);
        if self.packet.len() < wanted {
            return Ok(None);
        }
        self.length.clear();
        Command::read(&std::mem::take(&mut self.packet)).map(Some)
    }
}

/// Moves bytes over until there are as many as wanted.
fn fill(into: &mut Vec<u8>, wanted: usize, input: &mut &[u8]) {
    let missing = wanted.saturating_sub(into.len()).min(input.len());
    if let Some((part, rest)) = input.split_at_checked(missing) {
        into.extend_from_slice(part);
        *input = rest;
    }
}
