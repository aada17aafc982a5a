//! The classic form, `pcap`: a head, then packets with 16 bytes in front of each.

use std::io::Read;

use atalaya_model::Timestamp;

use super::bytes::{Input, Order};
use super::{BadCapture, Frame, MOST_PACKET_BYTES, Packet};

/// What the first four bytes tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    order: Order,
    /// Parts of a second in a microsecond.
    per_micro: u32,
}

impl Head {
    /// Whether a file that begins like this is of this form.
    pub(super) fn of(magic: [u8; 4]) -> Option<Self> {
        [Order::Big, Order::Little].into_iter().find_map(|order| {
            let per_micro = match order.u32(magic) {
                0xa1b2_c3d4 => 1,
                0xa1b2_3c4d => 1000,
                _ => return None,
            };
            Some(Self { order, per_micro })
        })
    }
}

/// A file of this form.
#[derive(Debug)]
pub(super) struct Pcap<R> {
    input: Input<R>,
    head: Head,
    frame: Frame,
}

impl<R: Read> Pcap<R> {
    /// Reads the rest of the head.
    pub(super) fn new(mut input: Input<R>, head: Head) -> Result<Self, BadCapture> {
        // Version, time zone, accuracy and length of packets: nobody fills them with anything of use.
        let _unused: [u8; 16] = input.array()?;
        let link = head.order.u32(input.array()?);
        // The upper bits say how long the check sequence of a frame is.
        let [_, _, low @ ..] = link.to_be_bytes();
        Ok(Self {
            input,
            head,
            frame: Frame::from(u16::from_be_bytes(low)),
        })
    }

    /// The next packet; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Packet>, BadCapture> {
        let order = self.head.order;
        let Some(seconds) = self.input.next()? else {
            return Ok(None);
        };
        let seconds = i64::from(order.u32(seconds));
        let parts = order.u32(self.input.array()?);
        let captured = order.u32(self.input.array()?);
        let _on_the_wire: [u8; 4] = self.input.array()?;
        let length = usize::try_from(captured).unwrap_or(usize::MAX);
        if length > MOST_PACKET_BYTES {
            return Err(BadCapture::Broken("a packet longer than any can be"));
        }
        let micros = parts.checked_div(self.head.per_micro).unwrap_or_default();
        let time = seconds
            .saturating_mul(1_000_000)
            .saturating_add(i64::from(micros));
        Ok(Some(Packet {
            time: Some(Timestamp::from_micros(time)),
            frame: self.frame,
            bytes: self.input.bytes(length)?,
        }))
    }
}
