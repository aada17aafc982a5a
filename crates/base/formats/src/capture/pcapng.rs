//! The newer form, `pcapng` (draft-ietf-opsawg-pcapng): blocks, each with its kind and its length, in sections with own orders of bytes.

use std::io::Read;

use atalaya_model::Timestamp;

use super::bytes::{Input, Order};
use super::{BadCapture, Frame, MOST_PACKET_BYTES, Packet};

/// The kind of the block that begins a section, which reads the same in both orders.
pub(super) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// The kinds of blocks that matter here.
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const PACKET: u32 = 6;
/// Bytes of a block around its body: kind, length, and the length again.
const AROUND: u32 = 12;
/// The longest block of an interface or a packet: the packet, its head, and options that are not read.
const MOST_BLOCK_BYTES: usize = MOST_PACKET_BYTES + 65_536;
/// The most interfaces of a section.
const MOST_INTERFACES: usize = 1024;

/// What packets were captured on.
#[derive(Debug, Clone, Copy)]
struct Interface {
    frame: Frame,
    /// The most bytes of a packet; 0 without limit.
    snapped: u32,
    clock: Ticks,
}

/// The clock of an interface.
#[derive(Debug, Clone, Copy)]
struct Ticks {
    /// In a second; none where that is out of reach.
    per_second: Option<u64>,
    /// Seconds to add.
    offset: i64,
}

/// A file of this form.
#[derive(Debug)]
pub(super) struct PcapNg<R> {
    input: Input<R>,
    order: Order,
    interfaces: Vec<Interface>,
}

impl<R: Read> PcapNg<R> {
    /// Reads the head of the first section; its kind was taken.
    pub(super) fn new(input: Input<R>) -> Result<Self, BadCapture> {
        let mut file = Self {
            input,
            order: Order::Little,
            interfaces: Vec::new(),
        };
        file.section()?;
        Ok(file)
    }

    /// The next packet; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Packet>, BadCapture> {
        while let Some(kind) = self.input.next()? {
            if kind == MAGIC {
                self.section()?;
                continue;
            }
            let kind = self.order.u32(kind);
            let length = self.order.u32(self.input.array()?);
            let body = body_length(length)?;
            if !matches!(kind, INTERFACE | PACKET | OLD_PACKET | SIMPLE_PACKET) {
                self.input.skip(u64::from(body).saturating_add(4))?;
                continue;
            }
            let body = self.body(body)?;
            if kind == INTERFACE {
                self.interface(&body)?;
            } else {
                let packet = self.packet(kind, &body);
                return packet.ok_or(BROKEN_PACKET).map(Some);
            }
        }
        Ok(None)
    }

    /// Reads the head of a section, behind its kind: its order of bytes holds until the next.
    fn section(&mut self) -> Result<(), BadCapture> {
        let length: [u8; 4] = self.input.array()?;
        self.order = match self.input.array()? {
            [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
            [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
            _ => return Err(BadCapture::Broken("a section without an order of bytes")),
        };
        self.interfaces.clear();
        // The order was the first four bytes of the body; the length stands behind it once more.
        let body = body_length(self.order.u32(length))?;
        self.input.skip(u64::from(body))
    }

    /// Reads a body and the length behind it.
    fn body(&mut self, length: u32) -> Result<Vec<u8>, BadCapture> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MOST_BLOCK_BYTES {
            return Err(BadCapture::Broken("a block longer than any packet can be"));
        }
        let body = self.input.bytes(length)?;
        let _again: [u8; 4] = self.input.array()?;
        Ok(body)
    }

    fn interface(&mut self, body: &[u8]) -> Result<(), BadCapture> {
        if self.interfaces.len() == MOST_INTERFACES {
            return Err(BadCapture::Broken("more interfaces than any machine has"));
        }
        let interface = self.read_interface(body);
        self.interfaces
            .push(interface.ok_or(BadCapture::Broken("an interface without its kind"))?);
        Ok(())
    }

    fn read_interface(&self, body: &[u8]) -> Option<Interface> {
        let order = self.order;
        Some(Interface {
            frame: Frame::from(order.u16(*body.first_chunk()?)),
            snapped: order.u32(*body.get(4..)?.first_chunk()?),
            clock: ticks(order, body.get(8..)?),
        })
    }

    /// Reads the body of a packet.
    fn packet(&self, kind: u32, body: &[u8]) -> Option<Packet> {
        let word = |at: usize| Some(self.order.u32(*body.get(at..)?.first_chunk()?));
        let (interface, stamp, captured, bytes) = match kind {
            SIMPLE_PACKET => {
                let interface = self.interfaces.first()?;
                let most = if interface.snapped == 0 {
                    u32::MAX
                } else {
                    interface.snapped
                };
                (interface, None, word(0)?.min(most), body.get(4..)?)
            }
            _ => {
                let number = if kind == OLD_PACKET {
                    u32::from(self.order.u16(*body.first_chunk()?))
                } else {
                    word(0)?
                };
                let interface = self.interfaces.get(usize::try_from(number).ok()?)?;
                let stamp = u64::from(word(4)?) << 32 | u64::from(word(8)?);
                (interface, Some(stamp), word(12)?, body.get(20..)?)
            }
        };
        Some(Packet {
            time: stamp.and_then(|stamp| interface.clock.moment(stamp)),
            frame: interface.frame,
            bytes: bytes.get(..usize::try_from(captured).ok()?)?.to_vec(),
        })
    }
}

const BROKEN_PACKET: BadCapture =
    BadCapture::Broken("a packet that does not fit into its block, or without an interface");

/// The length of a body, from that of its block.
fn body_length(block: u32) -> Result<u32, BadCapture> {
    block
        .checked_sub(AROUND)
        .filter(|body| body.is_multiple_of(4))
        .ok_or(BadCapture::Broken("a block with a length that cannot be"))
}

/// The clock of an interface, from its options: a code, a length, and the value, filled up to four bytes.
fn ticks(order: Order, mut options: &[u8]) -> Ticks {
    let mut ticks = Ticks {
        per_second: Some(1_000_000),
        offset: 0,
    };
    while let Some(([a, b, c, d], rest)) = options.split_first_chunk() {
        let length = usize::from(order.u16([*c, *d]));
        let value = rest.get(..length).unwrap_or_default();
        match (order.u16([*a, *b]), value) {
            // The end of the options.
            (0, _) => break,
            (9, [resolution]) => ticks.per_second = per_second(*resolution),
            (14, value) => ticks.offset = value.try_into().map_or(0, |bytes| order.i64(bytes)),
            _ => {}
        }
        options = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    ticks
}

/// Ticks in a second: a power of ten, or of two where the highest bit is set.
fn per_second(resolution: u8) -> Option<u64> {
    let power = u32::from(resolution & 0x7f);
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(power)
}

impl Ticks {
    /// The moment of a stamp; none where it is out of reach.
    fn moment(self, stamp: u64) -> Option<Timestamp> {
        let micros = u128::from(stamp)
            .saturating_mul(1_000_000)
            .checked_div(u128::from(self.per_second?))?;
        let offset = self.offset.checked_mul(1_000_000)?;
        Some(Timestamp::from_micros(
            i64::try_from(micros).ok()?.checked_add(offset)?,
        ))
    }
}
