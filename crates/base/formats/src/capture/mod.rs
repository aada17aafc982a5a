//! Files of captured packets: pcap and pcapng, as tcpdump and Wireshark write them.
//!
//! In goes a stream of bytes; out come packets, one after the other, each with its time and with the kind of frame that it lies in.
//! [`Frame::ip`] finds the IP packet inside. Both orders of bytes and every resolution of time are read. A file that ends in the middle
//! gives what was whole, and then says so. No more than one packet is held at a time.

mod bytes;
mod frame;
mod pcap;
mod pcapng;

#[cfg(test)]
mod tests;

use std::io::Read;

use atalaya_model::Timestamp;

use self::bytes::Input;
pub use self::frame::Frame;
use self::pcap::Pcap;
use self::pcapng::PcapNg;

/// The longest packet that is taken: what tcpdump and libpcap allow.
const MOST_PACKET_BYTES: usize = 262_144;

/// One captured packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// When it was captured; simple packet blocks of pcapng do not say it.
    pub time: Option<Timestamp>,
    /// The kind of frame.
    pub frame: Frame,
    /// The frame, as much of it as was captured.
    pub bytes: Vec<u8>,
}

impl Packet {
    /// The IP packet inside; none where the frame carries something else.
    #[must_use]
    pub fn ip(&self) -> Option<&[u8]> {
        self.frame.ip(&self.bytes)
    }
}

/// Why a capture cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
pub enum BadCapture {
    /// It begins as no capture does.
    #[error("neither pcap nor pcapng")]
    NoCapture,
    /// It ends inside of a packet, a block or its head.
    #[error("it is cut: it ends in the middle of a packet")]
    Cut,
    /// A length or a number that no writer would have written.
    #[error("it is broken: {0}")]
    Broken(&'static str),
    /// It cannot be read.
    #[error("it cannot be read to its end")]
    Unreadable(#[from] std::io::Error),
}

/// A capture that is being read.
#[derive(Debug)]
pub struct Capture<R> {
    form: Form<R>,
    /// Nothing is read behind an error.
    is_over: bool,
}

#[derive(Debug)]
enum Form<R> {
    Pcap(Pcap<R>),
    PcapNg(PcapNg<R>),
}

impl<R: Read> Capture<R> {
    /// Begins to read a capture. Give a buffered reader: much is read in small pieces.
    ///
    /// # Errors
    /// It is none, or cannot be read.
    pub fn new(input: R) -> Result<Self, BadCapture> {
        let mut input = Input::new(input);
        let magic = input.start()?;
        let form = match pcap::Head::of(magic) {
            Some(head) => Form::Pcap(Pcap::new(input, head)?),
            None if magic == pcapng::MAGIC => Form::PcapNg(PcapNg::new(input)?),
            None => return Err(BadCapture::NoCapture),
        };
        Ok(Self { form, is_over: false })
    }
}

impl<R: Read> Iterator for Capture<R> {
    type Item = Result<Packet, BadCapture>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = match &mut self.form {
            Form::Pcap(pcap) => pcap.next(),
            Form::PcapNg(pcapng) => pcapng.next(),
        };
        self.is_over = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}
