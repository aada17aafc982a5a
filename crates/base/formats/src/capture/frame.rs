//! The frame around an IP packet, by the number that captures have for its kind (the link type of pcap).

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Frame {
    /// Ethernet, with or without tags of a VLAN.
    Ethernet,
    /// The bare IP packet.
    Ip,
    /// Linux, captured on all interfaces.
    LinuxCooked,
    /// The same, second version.
    LinuxCookedV2,
    /// The loopback interface of BSD: a number of four bytes for the family.
    Loopback,
    /// One that is not known here.
    Other(u16),
}

/// Tags of a VLAN, of which a frame may carry several.
const VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];
/// The most tags that are skipped.
const MOST_TAGS: usize = 4;
/// IPv4 and IPv6 by their number in frames.
const IP: [u16; 2] = [0x0800, 0x86dd];

impl From<u16> for Frame {
    fn from(number: u16) -> Self {
        match number {
            0 | 108 => Self::Loopback,
            1 => Self::Ethernet,
            // The raw number is 12 or 14 in files of the BSDs; 228 and 229 are of one family only.
            12 | 14 | 101 | 228 | 229 => Self::Ip,
            113 => Self::LinuxCooked,
            276 => Self::LinuxCookedV2,
            other => Self::Other(other),
        }
    }
}

impl Frame {
    /// The IP packet inside of a frame; none where it carries something else, is too short, or is of an unknown kind.
    #[must_use]
    pub fn ip(self, frame: &[u8]) -> Option<&[u8]> {
        match self {
            Self::Ip => Some(frame),
            // Families differ from system to system; the packet says itself what it is.
            Self::Loopback => frame.get(4..),
            Self::Ethernet => behind_tags(number(frame, 12)?, frame.get(14..)?),
            Self::LinuxCooked => behind_tags(number(frame, 14)?, frame.get(16..)?),
            Self::LinuxCookedV2 => behind_tags(number(frame, 0)?, frame.get(20..)?),
            Self::Other(_) => None,
        }
    }
}

fn number(frame: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*frame.get(at..)?.first_chunk()?))
}

/// Skips tags of a VLAN: two bytes of tag, two of what follows.
fn behind_tags(mut kind: u16, mut rest: &[u8]) -> Option<&[u8]> {
    for _tag in 0..MOST_TAGS {
        if !VLAN.contains(&kind) {
            break;
        }
        kind = number(rest, 2)?;
        rest = rest.get(4..)?;
    }
    IP.contains(&kind).then_some(rest)
}
