//! The set as bytes in a file, and back.
//!
//! It is written as it lies in memory, leaf by leaf, so that reading it is little more than copying. Numbers stand low byte first. Whoever
//! keeps the file sees to it that broken bytes are found out; what is read here is checked all the same, so that nothing that is out
//! of its bounds comes in.
//!
//! ```text
//! texts:    count u32, then each: length u16, bytes
//! marks:    count u32, then each: its bytes, uses u64
//! singles:  leaves u32, then each: first two octets, length u32, bytes
//! listed:   count u32, then each: prefix, mark u16
//! allowed:  count u32, then each: prefix, end u32
//! listings: count u64
//! prefix:   family u8 (4 or 6), length u8, 4 or 16 bytes
//! ```

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use atalaya_model::Prefix;

use super::leaf::Leaf;
use super::mark::{End, Mark, Marks};
use super::prefixes::Prefixes;
use super::singles::Singles;
use super::{MOST_TEXTS, Set, View};

/// The longest leaf: all addresses of a /16, each with a mark of its own.
const MOST_LEAF_BYTES: u32 = 2 + 2 * 256 + 65_536 + 2 * 65_536;

impl View {
    /// Writes all of it.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        put_count(out, self.texts.len())?;
        for text in self.texts.iter() {
            let length = u16::try_from(text.len()).map_err(io::Error::other)?;
            out.write_all(&length.to_le_bytes())?;
            out.write_all(text.as_bytes())?;
        }
        let uses = self.uses();
        put_count(out, uses.len())?;
        for (number, uses) in (0..).zip(&uses) {
            out.write_all(&self.marks.get(number).to_bytes())?;
            out.write_all(&uses.to_le_bytes())?;
        }
        put_count(out, self.singles.leaves().count())?;
        for (octets, leaf) in self.singles.leaves() {
            out.write_all(&octets)?;
            put_count(out, leaf.as_bytes().len())?;
            out.write_all(leaf.as_bytes())?;
        }
        put_prefixes(out, &self.listed, |out, mark| out.write_all(&mark.to_le_bytes()))?;
        put_prefixes(out, &self.allowed, |out, end| out.write_all(&end.to_bytes()))?;
        out.write_all(&(self.listings as u64).to_le_bytes())
    }

    /// How many entries use each mark.
    fn uses(&self) -> Vec<u64> {
        let mut uses = vec![0_u64; self.marks.numbers()];
        let singles = self.singles.leaves().flat_map(|(_, leaf)| leaf.entries());
        let marks = singles
            .map(|(_, mark)| mark)
            .chain(self.listed.entries().map(|(_, mark)| mark));
        for mark in marks {
            if let Some(count) = uses.get_mut(usize::from(mark)) {
                *count = count.saturating_add(1);
            }
        }
        let used = uses
            .iter()
            .rposition(|count| *count > 0)
            .map_or(0, |last| last.saturating_add(1));
        uses.truncate(used);
        uses
    }
}

impl Set {
    /// Reads what [`View::write`] wrote.
    pub(crate) fn read(input: &mut impl Read) -> io::Result<Self> {
        let mut texts = Vec::new();
        for _text in 0..get_count(input)? {
            let length = get_u16(input)?;
            let bytes = take(input, length.into())?;
            texts.push(Arc::<str>::from(
                String::from_utf8(bytes).map_err(io::Error::other)?,
            ));
        }
        if texts.len() > MOST_TEXTS {
            return Err(broken());
        }
        let count = get_count(input)?;
        let marks: Vec<(Mark, u64)> = (0..count)
            .map(|_mark| get_mark(input))
            .collect::<io::Result<_>>()?;
        let marks = Marks::restore(marks).ok_or_else(broken)?;
        let singles = get_singles(input)?;
        let listed = get_prefixes(input, get_u16)?;
        let allowed = get_prefixes(input, |input| Ok(End::from_bytes(get(input)?)))?;
        let listings = usize::try_from(u64::from_le_bytes(get(input)?)).map_err(io::Error::other)?;
        let view = View {
            singles,
            listed,
            allowed,
            marks: marks.table().clone(),
            texts: Arc::new(texts),
            listings,
        };
        let texts = (0..)
            .zip(view.texts.iter())
            .map(|(number, text)| (Arc::clone(text), number))
            .collect();
        Ok(Self { view, marks, texts })
    }
}

fn put_count(out: &mut impl Write, count: usize) -> io::Result<()> {
    let count = u32::try_from(count).map_err(io::Error::other)?;
    out.write_all(&count.to_le_bytes())
}

fn put_prefixes<V: Copy, W: Write>(
    out: &mut W,
    prefixes: &Prefixes<V>,
    put: impl Fn(&mut W, V) -> io::Result<()>,
) -> io::Result<()> {
    put_count(out, prefixes.len())?;
    for (prefix, value) in prefixes.entries() {
        match prefix.network() {
            IpAddr::V4(network) => {
                out.write_all(&[4, prefix.length()])?;
                out.write_all(&network.octets())?;
            }
            IpAddr::V6(network) => {
                out.write_all(&[6, prefix.length()])?;
                out.write_all(&network.octets())?;
            }
        }
        put(out, value)?;
    }
    Ok(())
}

fn get<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// So many bytes; space is made for what is there, whatever is announced.
fn take(input: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == u64::from(length) {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn get_u16(input: &mut impl Read) -> io::Result<u16> {
    get(input).map(u16::from_le_bytes)
}

fn get_count(input: &mut impl Read) -> io::Result<u32> {
    get(input).map(u32::from_le_bytes)
}

fn get_mark(input: &mut impl Read) -> io::Result<(Mark, u64)> {
    let mark = Mark::from_bytes(&get(input)?).ok_or_else(broken)?;
    Ok((mark, u64::from_le_bytes(get(input)?)))
}

fn get_singles(input: &mut impl Read) -> io::Result<Singles> {
    let mut singles = Singles::default();
    let mut bytes = Vec::new();
    for _leaf in 0..get_count(input)? {
        let octets = get(input)?;
        let length = get_count(input)?;
        if length > MOST_LEAF_BYTES {
            return Err(broken());
        }
        bytes.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        input.read_exact(&mut bytes)?;
        singles.put(octets, Leaf::from_bytes(&bytes).ok_or_else(broken)?);
    }
    Ok(singles)
}

fn get_prefixes<V: Copy, R: Read>(
    input: &mut R,
    value: impl Fn(&mut R) -> io::Result<V>,
) -> io::Result<Prefixes<V>> {
    let count = get_count(input)?;
    (0..count)
        .map(|_prefix| Ok((get_prefix(input)?, value(input)?)))
        .collect()
}

fn get_prefix(input: &mut impl Read) -> io::Result<Prefix> {
    let [family, length] = get(input)?;
    match (family, length) {
        (4, 0..=32) => Ok(Prefix::new(Ipv4Addr::from(get::<4>(input)?).into(), length)),
        (6, 0..=128) => Ok(Prefix::new(Ipv6Addr::from(get::<16>(input)?).into(), length)),
        _ => Err(broken()),
    }
}

/// Bytes that no set was ever written as.
fn broken() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
