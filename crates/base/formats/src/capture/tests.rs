//! Captures in every form, whole and broken.

use super::*;

const PACKET: &[u8] = b"a packet";

/// Numbers in one order of bytes.
#[derive(Clone, Copy)]
enum Bytes {
    Big,
    Little,
}

impl Bytes {
    fn u16(self, number: u16) -> Vec<u8> {
        match self {
            Self::Big => number.to_be_bytes().to_vec(),
            Self::Little => number.to_le_bytes().to_vec(),
        }
    }

    fn u32(self, numbers: &[u32]) -> Vec<u8> {
        let bytes = |number: &u32| match self {
            Self::Big => number.to_be_bytes(),
            Self::Little => number.to_le_bytes(),
        };
        numbers.iter().flat_map(bytes).collect()
    }

    /// A pcap file with one packet.
    fn pcap(self, magic: u32, link: u32, parts: u32) -> Vec<u8> {
        let head = self.u32(&[magic, 0, 0, 0, 65_535, link]);
        let packet = self.u32(&[1_000_000_000, parts, 8, 60]);
        [head, packet, PACKET.to_vec()].concat()
    }

    /// A block of pcapng.
    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 12).unwrap();
        [self.u32(&[kind, length]), body.to_vec(), self.u32(&[length])].concat()
    }

    fn section(self) -> Vec<u8> {
        self.block(
            0x0a0d_0d0a,
            &[self.u32(&[0x1a2b_3c4d, 1]), vec![0xff; 8]].concat(),
        )
    }

    /// An interface with these options.
    fn interface(self, link: u16, options: &[u8]) -> Vec<u8> {
        self.block(
            1,
            &[self.u16(link), vec![0; 2], self.u32(&[0]), options.to_vec()].concat(),
        )
    }

    /// A packet of an interface, with a stamp.
    fn packet(self, interface: u32, stamp: u64) -> Vec<u8> {
        let halves = [
            u32::try_from(stamp >> 32).unwrap(),
            u32::try_from(stamp & 0xffff_ffff).unwrap(),
        ];
        let head = self.u32(&[interface, halves[0], halves[1], 8, 60]);
        self.block(6, &[head, PACKET.to_vec()].concat())
    }
}

/// What is read of a file: packets, and the error at the end, if any.
fn read(file: &[u8]) -> (Vec<Packet>, Option<String>) {
    let mut packets = Vec::new();
    let capture = match Capture::new(file) {
        Ok(capture) => capture,
        Err(error) => return (packets, Some(error.to_string())),
    };
    for packet in capture {
        match packet {
            Ok(packet) => packets.push(packet),
            Err(error) => return (packets, Some(error.to_string())),
        }
    }
    (packets, None)
}

/// The only packet of a file that is whole.
fn only(file: &[u8]) -> Packet {
    let (mut packets, error) = read(file);
    assert_eq!((packets.len(), error), (1, None));
    packets.remove(0)
}

#[test]
fn pcap_is_read_in_both_orders_and_both_resolutions() {
    for bytes in [Bytes::Big, Bytes::Little] {
        for (magic, parts) in [(0xa1b2_c3d4, 250_000), (0xa1b2_3c4d, 250_000_999)] {
            let packet = only(&bytes.pcap(magic, 101, parts));
            assert_eq!(packet.time, Some(Timestamp::from_micros(1_000_000_000_250_000)));
            assert_eq!((packet.frame, packet.bytes.as_slice()), (Frame::Ip, PACKET));
        }
    }
    // The upper bits tell of check sequences.
    assert_eq!(
        only(&Bytes::Big.pcap(0xa1b2_c3d4, 0x2800_0001, 0)).frame,
        Frame::Ethernet
    );
}

#[test]
fn pcapng_is_read_with_every_clock() {
    for bytes in [Bytes::Big, Bytes::Little] {
        let option = |code: u16, value: &[u8]| {
            let length = u16::try_from(value.len()).unwrap();
            let mut option = [bytes.u16(code), bytes.u16(length), value.to_vec()].concat();
            option.resize(option.len().next_multiple_of(4), 0);
            option
        };
        let moment = |options: &[u8], stamp: u64| {
            let blocks = [
                bytes.section(),
                bytes.interface(1, options),
                bytes.packet(0, stamp),
            ];
            only(&blocks.concat()).time.map(Timestamp::micros)
        };
        assert_eq!(moment(&[], 5_000_001), Some(5_000_001));
        assert_eq!(moment(&option(9, &[9]), 5_000_001_999), Some(5_000_001));
        assert_eq!(moment(&option(9, &[0]), 5), Some(5_000_000));
        assert_eq!(moment(&option(9, &[0x8a]), 5120), Some(5_000_000));
        assert_eq!(
            moment(
                &[option(2, b"eth0!"), option(9, &[3]), option(0, &[])].concat(),
                5001
            ),
            Some(5_001_000)
        );
        assert_eq!(moment(&option(14, &bytes.u32(&[0, 0])), 7), Some(7));
        assert_eq!(moment(&option(9, &[30]), 5), None, "out of reach");
    }
    let offset = [
        Bytes::Little.u16(14),
        Bytes::Little.u16(8),
        10_i64.to_le_bytes().to_vec(),
    ]
    .concat();
    let blocks = [
        Bytes::Little.section(),
        Bytes::Little.interface(1, &offset),
        Bytes::Little.packet(0, 7),
    ];
    assert_eq!(
        only(&blocks.concat()).time,
        Some(Timestamp::from_micros(10_000_007))
    );
}

#[test]
fn pcapng_sections_and_blocks_of_every_kind_are_passed() {
    let (big, little) = (Bytes::Big, Bytes::Little);
    let simple = big.block(3, &[big.u32(&[8]), PACKET.to_vec()].concat());
    let old = [
        little.u16(1),
        little.u16(0),
        little.u32(&[0, 9, 8, 60]),
        PACKET.to_vec(),
    ]
    .concat();
    let file = [
        big.section(),
        big.interface(113, &[]),
        big.block(5, &[0; 400]),
        simple,
        little.section(),
        little.interface(1, &[]),
        little.interface(276, &[]),
        little.block(2, &old),
    ];
    let (packets, error) = read(&file.concat());
    assert_eq!(error, None);
    let seen: Vec<_> = packets.iter().map(|packet| (packet.time, packet.frame)).collect();
    let micros = |micros| Some(Timestamp::from_micros(micros));
    assert_eq!(
        seen,
        [(None, Frame::LinuxCooked), (micros(9), Frame::LinuxCookedV2)]
    );
    assert!(packets.iter().all(|packet| packet.bytes == PACKET));
}

#[test]
fn a_file_that_is_cut_gives_what_is_whole_and_says_so() {
    let cut = Some("it is cut: it ends in the middle of a packet".to_owned());
    let one = Bytes::Little.pcap(0xa1b2_c3d4, 1, 0);
    let two = [&one[..], &one[24..]].concat();
    for length in one.len() + 1..two.len() {
        assert_eq!(read(&two[..length]), (vec![only(&one)], cut.clone()), "{length}");
    }
    for length in 4..24 {
        assert_eq!(read(&one[..length]), (vec![], cut.clone()), "{length}");
    }
    let start = [Bytes::Big.section(), Bytes::Big.interface(1, &[])].concat();
    let whole = [&start[..], &Bytes::Big.packet(0, 1)].concat();
    for length in start.len() + 1..whole.len() {
        assert_eq!(read(&whole[..length]), (vec![], cut.clone()), "{length}");
    }
    assert_eq!(read(&start), (vec![], None), "no packet is no fault");
}

#[test]
fn what_no_writer_writes_is_broken() {
    let big = Bytes::Big;
    let start = [big.section(), big.interface(1, &[])].concat();
    let mut long = big.pcap(0xa1b2_c3d4, 1, 0);
    long[32..36].copy_from_slice(&[0xff; 4]);
    let many = [big.section(), big.interface(1, &[]).repeat(1025)].concat();
    for (file, why) in [
        (long, "a packet longer than any can be"),
        (
            [&start[..], &big.u32(&[6, 13])].concat(),
            "a block with a length that cannot be",
        ),
        (
            [&start[..], &big.u32(&[6, 0x4000_0000])].concat(),
            "a block longer than any packet can be",
        ),
        (
            [&start[..], &big.packet(1, 0)].concat(),
            "a packet that does not fit",
        ),
        (
            [&start[..], &big.block(6, &[0; 8])].concat(),
            "a packet that does not fit",
        ),
        (
            [big.section(), big.block(1, &[])].concat(),
            "an interface without its kind",
        ),
        (
            big.block(0x0a0d_0d0a, &[0; 16]),
            "a section without an order of bytes",
        ),
        (many, "more interfaces than any machine has"),
    ] {
        let (packets, error) = read(&file);
        assert!(packets.is_empty());
        let error = error.unwrap();
        assert!(
            error.starts_with("it is broken: ") && error.contains(why),
            "{error}"
        );
    }
    for none in [&b""[..], b"abc", b"GET / HTTP/1.1", &[0; 64]] {
        assert_eq!(read(none).1.unwrap(), "neither pcap nor pcapng");
    }
}

#[test]
fn the_ip_packet_is_found_in_every_frame() {
    let ip = [0x45, 0, 0, 40];
    let frame = |head: &[u8]| [head, &ip].concat();
    let ethernet = |behind: &[u8]| frame(&[&[0; 12], behind].concat());
    for (kind, bytes) in [
        (1, ethernet(&[8, 0])),
        (1, ethernet(&[0x86, 0xdd])),
        (1, ethernet(&[0x81, 0, 0, 5, 8, 0])),
        (1, ethernet(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0])),
        (101, ip.to_vec()),
        (12, ip.to_vec()),
        (113, frame(&[&[0; 14], &[8, 0][..]].concat())),
        (276, frame(&[&[8, 0], &[0; 18][..]].concat())),
        (0, frame(&[2, 0, 0, 0])),
        (108, frame(&[0, 0, 0, 2])),
    ] {
        assert_eq!(
            Frame::from(kind).ip(&bytes),
            Some(&ip[..]),
            "{kind}: {bytes:02x?}"
        );
        assert_eq!(
            Frame::from(kind)
                .ip(&bytes[..bytes.len() - 5.min(bytes.len())])
                .filter(|ip| !ip.is_empty()),
            None
        );
    }
    assert_eq!(Frame::Ethernet.ip(&ethernet(&[8, 6])), None, "ARP");
    assert_eq!(
        Frame::Ethernet.ip(&ethernet(&[0x81, 0, 0, 5].repeat(5))),
        None,
        "tags without end"
    );
    assert_eq!(Frame::from(105), Frame::Other(105));
    assert_eq!(Frame::Other(105).ip(&ip), None);
}
