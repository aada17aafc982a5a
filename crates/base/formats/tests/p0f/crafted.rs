//! Packets that nobody sends: thousands of SYNs of random fields, and the three on which we follow p0f's manual and not p0f.

use std::net::Ipv4Addr;

use super::{Told, is_here, ours, p0f, signatures};

/// Packets in one run.
const PACKETS: u32 = 8000;

/// A SYN that can be written as a packet.
#[derive(Debug, Clone)]
struct Made {
    is_v6: bool,
    number: u32,
    ttl: u8,
    /// Type of service or traffic class, and flow label.
    service: u8,
    flow: u32,
    /// The two upper bits of the IPv4 flags, and the identification.
    flags: u8,
    id: u16,
    ip_options: Vec<u8>,
    seq: u32,
    ack: u32,
    reserved: u8,
    tcp_flags: u8,
    window: u16,
    urgent: u16,
    options: Vec<u8>,
    payload: Vec<u8>,
}

impl Made {
    /// An ordinary one; the number makes its address.
    fn plain(number: u32) -> Self {
        Self {
            is_v6: false,
            number,
            ttl: 64,
            service: 0,
            flow: 0,
            flags: 0x40,
            id: 7,
            ip_options: Vec::new(),
            seq: 5,
            ack: 0,
            reserved: 0,
            tcp_flags: 2,
            window: 8192,
            urgent: 0,
            options: Vec::new(),
            payload: Vec::new(),
        }
    }

    /// Half of them are ordinary but for options, window and time to live, so that signatures fit.
    fn random(number: u32, dice: &mut Dice) -> Self {
        let plain = Self {
            is_v6: dice.one_in(4),
            ttl: dice.pick(&[64, 64, 64, 128, 128, 255, 60, 30, 129, 100, 90, 1, 0, 200]),
            window: dice.pick(&[
                65_535, 8192, 16_384, 5840, 5792, 64_240, 14_600, 29_200, 1024, 512, 6000, 0, 4,
            ]),
            options: options(dice),
            ..Self::plain(number)
        };
        if dice.one_in(2) {
            return plain;
        }
        Self {
            service: dice.pick(&[0, 0, 0, 0, 1, 3, 0x10]),
            flow: dice.pick(&[0, 0, 1, 0xf_ffff]),
            flags: dice.pick(&[0x40, 0x40, 0x40, 0, 0, 0xc0, 0x80]),
            id: dice.pick(&[7, 7, 7, 0]),
            ip_options: dice.pick(&[vec![], vec![], vec![], vec![], vec![1; 4], vec![1; 40]]),
            seq: dice.pick(&[5, 5, 5, 5, 5, 5, 0]),
            // p0f looks at one bit of the first byte only.
            ack: dice.pick(&[0, 0, 0, 0, 0, 0x0100_0000, 0xff00_0001]),
            reserved: dice.pick(&[0, 0, 0, 0, 0, 0, 1, 2]),
            tcp_flags: dice.pick(&[2, 2, 2, 2, 2, 0x42, 0xc2, 0x0a, 0x22]),
            urgent: dice.pick(&[0, 0, 0, 0, 0, 9]),
            payload: dice.pick(&[vec![], vec![], vec![], vec![], vec![b'x'; 3]]),
            ..plain
        }
    }

    fn packet(&self) -> Vec<u8> {
        let tcp_length = 20 + self.options.len();
        let mut tcp = vec![0x40, 0, 0, 25];
        tcp.extend(self.seq.to_be_bytes());
        tcp.extend(self.ack.to_be_bytes());
        tcp.extend([
            u8::try_from(tcp_length / 4).unwrap() << 4 | self.reserved,
            self.tcp_flags,
        ]);
        tcp.extend(self.window.to_be_bytes());
        tcp.extend([0, 0]);
        tcp.extend(self.urgent.to_be_bytes());
        tcp.extend(&self.options);
        tcp.extend(&self.payload);
        let mut packet = if self.is_v6 {
            self.head_v6(tcp.len())
        } else {
            self.head_v4(tcp.len())
        };
        packet.extend(tcp);
        packet
    }

    fn head_v4(&self, behind: usize) -> Vec<u8> {
        let length = 20 + self.ip_options.len();
        let mut head = vec![0x40 | u8::try_from(length / 4).unwrap(), self.service];
        head.extend(u16::try_from(length + behind).unwrap().to_be_bytes());
        head.extend(self.id.to_be_bytes());
        head.extend([self.flags, 0, self.ttl, 6, 0, 0]);
        head.extend(Ipv4Addr::from(0x0a00_0000 + self.number).octets());
        head.extend([192, 0, 2, 1]);
        head.extend(&self.ip_options);
        head
    }

    fn head_v6(&self, behind: usize) -> Vec<u8> {
        let first = 6 << 28 | u32::from(self.service) << 20 | self.flow;
        let mut head = first.to_be_bytes().to_vec();
        head.extend(u16::try_from(behind).unwrap().to_be_bytes());
        head.extend([6, self.ttl, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0]);
        head.extend(self.number.to_be_bytes());
        head.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        head
    }
}

/// Options that signatures ask for, and others, filled up to a multiple of four.
fn options(dice: &mut Dice) -> Vec<u8> {
    let mss = dice.pick(&[[2, 4, 5, 0xb4], [2, 4, 5, 0x78], [2, 4, 2, 0x18], [2, 4, 0, 50]]);
    let scale = [3, 3, dice.pick(&[0, 1, 2, 4, 6, 7, 8, 10, 15])];
    let stamps = dice.pick(&[
        [8, 10, 0, 0, 0, 1, 0, 0, 0, 0],
        [8, 10, 0, 0, 0, 1, 0, 0, 0, 0],
        [8, 10, 0, 0, 0, 0, 0, 0, 0, 0],
        [8, 10, 0, 0, 0, 1, 0, 0, 0, 1],
    ]);
    let (mss, scale, stamps) = (&mss[..], &scale[..], &stamps[..]);
    let (nop, sack) = (&[1][..], &[4, 2][..]);
    let known = [
        vec![mss],
        vec![mss, sack, stamps, nop, scale],
        vec![mss, nop, nop, sack],
        vec![mss, nop, scale, nop, nop, sack],
        vec![mss, nop, scale, nop, nop, stamps, sack, &[0, 0]],
        vec![mss, nop, scale, sack, stamps],
        vec![mss, nop, nop, sack, nop, scale],
        vec![mss, nop, nop, sack, nop, scale, nop, nop, stamps],
        vec![sack, stamps, scale, &[0]],
    ];
    let mut bytes = if dice.one_in(3) {
        let any = [
            mss,
            scale,
            sack,
            nop,
            &[99, 3, 7][..],
            &[254, 4, 1, 2],
            &[5, 10, 0, 0, 0, 0, 0, 0, 0, 0],
            &[2, 9, 1, 1],
            &[99, 1],
            &[8, 10],
        ];
        (0..dice.below(7))
            .flat_map(|_one| dice.pick(&any).to_vec())
            .collect()
    } else {
        dice.pick(&known).concat()
    };
    bytes.truncate(40);
    bytes.resize(bytes.len().next_multiple_of(4), dice.pick(&[0, 0, 0, 1]));
    // p0f does not see a last byte behind the end of the options.
    if bytes.contains(&0)
        && let Some(last) = bytes.last_mut()
    {
        *last = 0;
    }
    bytes
}

/// Numbers that follow from a seed alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most).unwrap()).unwrap()
    }

    fn one_in(&mut self, most: usize) -> bool {
        self.below(most) == 0
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// A capture of bare IP packets.
fn capture(packets: &[Vec<u8>]) -> Vec<u8> {
    let numbers = |numbers: &[u32]| {
        numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let mut file = numbers(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 101]);
    for packet in packets {
        let length = u32::try_from(packet.len()).unwrap();
        file.extend(numbers(&[1_000_000_000, 0, length, length]));
        file.extend(packet);
    }
    file
}

/// What p0f and we tell of packets.
fn both(packets: &[Vec<u8>]) -> (Vec<Told>, Vec<Told>) {
    let scratch = tempfile::tempdir().unwrap();
    let file = capture(packets);
    let path = scratch.path().join("capture");
    std::fs::write(&path, &file).unwrap();
    let ours = ours(&file, &signatures())
        .into_iter()
        .map(|(told, _)| told)
        .collect();
    (p0f(&path, scratch.path()), ours)
}

#[test]
fn we_agree_with_p0f_on_thousands_of_odd_syns() {
    if !is_here() {
        return;
    }
    let mut dice = Dice(0x005e_ed0f_0b07);
    let made: Vec<Made> = (0..PACKETS)
        .map(|number| Made::random(number, &mut dice))
        .collect();
    let packets: Vec<_> = made.iter().map(Made::packet).collect();
    let (theirs, ours) = both(&packets);
    assert_eq!(theirs.len(), made.len());
    for ((theirs, ours), made) in theirs.iter().zip(&ours).zip(&made) {
        assert_eq!(theirs, ours, "{made:?}");
    }
    let named = ours.iter().filter(|told| told.name != "os=???").count();
    let fuzzy = ours.iter().filter(|told| told.is_fuzzy).count();
    assert!(
        named > 500 && fuzzy > 100,
        "{named} named, {fuzzy} of them fuzzily"
    );
}

#[test]
fn where_p0f_differs_from_its_manual_we_follow_the_manual() {
    if !is_here() {
        return;
    }
    // "ack+: ACK number is non-zero, but ACK flag not set". p0f looks at the lowest bit of the first byte alone.
    let ack = Made {
        ack: 2,
        ..Made::plain(1)
    };
    // "opt+: trailing non-zero data in options segment". p0f misses the last byte.
    let trailer = Made {
        options: vec![0, 0, 0, 1],
        ..Made::plain(2)
    };
    // "signature for IPv4 ('4')". p0f takes it for IPv6 too.
    let version = Made {
        is_v6: true,
        window: 4096,
        options: vec![2, 4, 4, 0],
        ..Made::plain(3)
    };
    let (theirs, ours) = both(&[ack.packet(), trailer.packet(), version.packet()]);
    let raw = |told: &[Told]| told.iter().map(|told| told.raw.clone()).collect::<Vec<_>>();
    assert_eq!(
        raw(&theirs),
        [
            "4:64+0:0:0:8192,0::df,id+:0",
            "4:64+0:0:0:8192,0:eol+3:df,id+:0",
            "6:64+0:0:1024:mss*4,0:mss::0"
        ]
    );
    assert_eq!(
        raw(&ours),
        [
            "4:64+0:0:0:8192,0::df,id+,ack+:0",
            "4:64+0:0:0:8192,0:eol+3:df,id+,opt+:0",
            "6:64+0:0:1024:mss*4,0:mss::0"
        ]
    );
    assert_eq!(
        (theirs[2].name.as_str(), theirs[2].is_generic),
        ("os=NeXTSTEP", false)
    );
    assert_eq!(
        (ours[2].name.as_str(), ours[2].is_generic),
        ("os=Linux 2.2.x-3.x (barebone)", true)
    );
}
