//! Entries as a file of ours: packed with zstd, and read back whole or not at all.
//!
//! Numbers are little-endian. Behind the two counts stand the single addresses (address, mark), then the networks (16 bytes of the address, of which
//! IPv4 fills the first four; the family; the length; mark).

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::Prefix;

use super::{Entries, MOST_KEPT, Mark};

/// What the unpacked file begins with.
const MAGIC: &[u8; 16] = b"atalaya entries1";
/// Packs addresses to about half, quickly.
const LEVEL: i32 = 1;

impl Entries {
    /// Writes them.
    ///
    /// # Errors
    /// None, in memory.
    pub(in crate::feeds) fn pack(&self) -> io::Result<Vec<u8>> {
        let mut plain = MAGIC.to_vec();
        for count in [self.singles.len(), self.ranges.len()] {
            plain.extend((count as u64).to_le_bytes());
        }
        for (address, mark) in &self.singles {
            plain.extend(address.to_le_bytes());
            plain.extend(mark.0.to_le_bytes());
        }
        for (range, mark) in &self.ranges {
            let mut address = [0; 16];
            let family = match range.network() {
                IpAddr::V4(four) => {
                    let bytes = four.octets();
                    address.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
                    4
                }
                IpAddr::V6(six) => {
                    address = six.octets();
                    6
                }
            };
            plain.extend(address);
            plain.extend([family, range.length()]);
            plain.extend(mark.0.to_le_bytes());
        }
        zstd::stream::encode_all(plain.as_slice(), LEVEL)
    }

    /// Reads them.
    ///
    /// # Errors
    /// It is no such file, or its end is missing.
    pub(in crate::feeds) fn unpack(packed: &[u8]) -> io::Result<Self> {
        let mut plain = io::BufReader::new(zstd::stream::Decoder::new(packed)?);
        if &read::<16>(&mut plain)? != MAGIC {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let counts = [read(&mut plain)?, read(&mut plain)?].map(u64::from_le_bytes);
        let [singles, ranges] = counts;
        if singles.saturating_add(ranges) > MOST_KEPT as u64 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut entries = Self::default();
        for _ in 0..singles {
            let address = u32::from_le_bytes(read(&mut plain)?);
            let mark = Mark(u32::from_le_bytes(read(&mut plain)?));
            entries.singles.push((address, mark));
        }
        for _ in 0..ranges {
            let address: [u8; 16] = read(&mut plain)?;
            let [family, length] = read(&mut plain)?;
            let mark = Mark(u32::from_le_bytes(read(&mut plain)?));
            let [a, b, c, d, ..] = address;
            let address: IpAddr = match family {
                4 => Ipv4Addr::new(a, b, c, d).into(),
                _ => Ipv6Addr::from(address).into(),
            };
            entries.ranges.push((Prefix::new(address, length), mark));
        }
        entries.sort();
        Ok(entries)
    }
}

/// Reads so many bytes.
fn read<const N: usize>(plain: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    plain.read_exact(&mut bytes)?;
    Ok(bytes)
}
