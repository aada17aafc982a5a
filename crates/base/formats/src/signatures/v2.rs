//! Signatures of p0f v2, one a line: `wwww:ttt:D:ss:OOO:QQ:OS:details`.

use super::field::{Wanted, number};
use super::matcher::Distance;
use super::{Family, Fit, Label};
use crate::syn::{END, MOST_OPTIONS_OF_V2, MSS, NOP, SACK_PERMITTED, SCALE, STAMPS, Syn, Version};

/// The most routers that are believed in between.
const MOST_HOPS: u8 = 40;
/// The letters of the quirks, in the order of p0f.
const QUIRKS: &str = "Q0PZIUXATFD!";

/// What a SYN must be like.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    window: Window,
    ttl: u8,
    is_whole: bool,
    /// The size of the packet; none asks for a big one.
    size: Option<u32>,
    pub(super) kinds: Vec<u8>,
    mss: Wanted,
    scale: Wanted,
    is_stamped: bool,
    /// The letters in the order of p0f; `.` without any.
    quirks: String,
    /// Whether the time to live means nothing.
    has_no_distance: bool,
}

#[derive(Debug, Clone, Copy)]
enum Window {
    Bytes(Wanted),
    /// So many segments.
    Segments(u16),
    /// So many packets.
    Packets(u16),
}

/// Reads a line.
pub(super) fn read(line: &str) -> Result<(Label, Signature), &'static str> {
    let fields: Vec<&str> = line.splitn(8, ':').collect();
    let [window, ttl, whole, size, options, quirks, genre, details] = fields.as_slice() else {
        return Err("a signature has eight fields with colons between");
    };
    let name = genre.trim_start_matches(['-', '*', '@']);
    let prefix = genre.strip_suffix(name).unwrap_or_default();
    if name.is_empty() {
        return Err("a signature without the name of a system");
    }
    let label = Label {
        family: if prefix.contains('-') {
            Family::Tool
        } else {
            Family::Unstated
        },
        name: name.to_owned(),
        flavour: (*details).to_owned(),
        is_generic: prefix.contains('@'),
    };
    let mut signature = Signature {
        window: Window::read(window).ok_or("the window is n, *, %n, Sn or Tn")?,
        ttl: number(ttl)
            .filter(|ttl| *ttl > 0)
            .ok_or("the time to live is 1 to 255")?,
        is_whole: match *whole {
            "0" => false,
            "1" => true,
            _ => return Err("\"don't fragment\" is 0 or 1"),
        },
        size: if size.starts_with('*') {
            None
        } else {
            Some(number(size).ok_or("the size of the packet is a number or *")?)
        },
        kinds: Vec::new(),
        mss: Wanted::Exactly(0),
        scale: Wanted::Exactly(0),
        is_stamped: false,
        quirks: read_quirks(quirks)?,
        has_no_distance: prefix.contains('*'),
    };
    signature.read_options(options)?;
    Ok((label, signature))
}

impl Window {
    fn read(text: &str) -> Option<Self> {
        let (first, rest) = (text.chars().next()?, text.get(1..));
        match (first, rest) {
            ('S' | 's', Some(times)) => number(times).map(Self::Segments),
            ('T' | 't', Some(times)) => number(times).map(Self::Packets),
            _ => Wanted::read(text).map(Self::Bytes),
        }
    }

    fn takes(self, syn: &Syn) -> bool {
        match self {
            Self::Bytes(wanted) => wanted.takes(syn.window),
            Self::Segments(times) => syn.segments() == Some(times),
            Self::Packets(times) => syn.packets() == Some(times),
        }
    }
}

/// Reads the letters, in any order.
fn read_quirks(text: &str) -> Result<String, &'static str> {
    let letters = text.to_ascii_uppercase();
    if letters.contains('E') {
        return Err("quirk E is an option now: write it behind the last one");
    }
    if letters.is_empty()
        || !letters
            .chars()
            .all(|letter| letter == '.' || QUIRKS.contains(letter))
    {
        return Err("a quirk that no SYN has");
    }
    let known: String = QUIRKS
        .chars()
        .filter(|letter| letters.contains(*letter))
        .collect();
    Ok(if known.is_empty() { ".".to_owned() } else { known })
}

impl Signature {
    /// Reads options with commas, blanks or nothing between them.
    fn read_options(&mut self, text: &str) -> Result<(), &'static str> {
        let mut rest = text.trim_start_matches('.');
        while let Some(letter) = rest.chars().next() {
            let behind = rest.get(letter.len_utf8()..).unwrap_or_default();
            let is_next =
                |char: char| char.is_ascii_alphabetic() || char == '?' || char == ',' || char == ' ';
            let (value, next) = behind.split_at(behind.find(is_next).unwrap_or(behind.len()));
            if self.kinds.last() == Some(&END) {
                return Err("the end of the options is the last of them");
            }
            if self.kinds.len() == MOST_OPTIONS_OF_V2 {
                return Err("more options than p0f v2 looks at");
            }
            self.option(letter, value)?;
            rest = next.trim_start_matches([',', ' ']);
        }
        Ok(())
    }

    fn option(&mut self, letter: char, value: &str) -> Result<(), &'static str> {
        let kind = match (letter.to_ascii_uppercase(), value) {
            ('N', "") => NOP,
            ('E', "") => END,
            ('S', "") => SACK_PERMITTED,
            ('T', "0") => STAMPS,
            ('T', "") => {
                self.is_stamped = true;
                STAMPS
            }
            ('W', value) => {
                self.scale = Wanted::read(value).ok_or("the scale is Wn, W* or W%n")?;
                SCALE
            }
            ('M', value) => {
                self.mss = Wanted::read(value).ok_or("the segment size is Mn, M* or M%n")?;
                MSS
            }
            ('?', value) => number(value).ok_or("an unknown option is ?n")?,
            _ => return Err("an option that p0f v2 does not know"),
        };
        self.kinds.push(kind);
        Ok(())
    }

    /// How well a SYN fits whose options are those of the signature; none where it does not. Version 2 knows IPv4 only.
    pub(super) fn fit(&self, syn: &Syn) -> Option<Fit> {
        let is_this = syn.version == Version::V4
            && self.size == syn.size_of_v2()
            && self.is_stamped == syn.is_stamped()
            && self.quirks == syn.quirks_of_v2()
            && self.mss.takes(syn.mss)
            && self.scale.takes(u16::from(syn.scale))
            && self.window.takes(syn);
        let whole = match (self.is_whole, syn.is_whole()) {
            (true, false) => Fit::Fuzzy,
            (wanted, seen) if wanted == seen => Fit::Exact,
            _ => return None,
        };
        let hops = self.ttl.checked_sub(syn.ttl);
        let is_near = hops.is_some_and(|hops| hops <= MOST_HOPS || self.has_no_distance);
        let ttl = if is_near { Fit::Exact } else { Fit::Fuzzy };
        is_this.then(|| whole.worse(ttl))
    }

    /// How far away the sender is; none where its time to live means nothing.
    pub(super) fn distance(&self, syn: &Syn) -> Option<Distance> {
        let hops = self.ttl.checked_sub(syn.ttl).filter(|hops| *hops <= MOST_HOPS);
        (!self.has_no_distance).then(|| Distance {
            hops: hops.unwrap_or_else(|| syn.likely_distance()),
            is_bound: false,
        })
    }
}
