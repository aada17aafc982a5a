//! Segments are read back, add up in any order, and refuse what is none.

use atalaya_model::{DialectId, Kind, Sensor, Trap};
use proptest::prelude::*;

use super::*;

fn profile(number: u8) -> Profile {
    Profile {
        sensor: Sensor::Trap,
        kind: Kind::Spam,
        trap: (number & 1 == 0).then_some(Trap::Pristine),
        stack: format!("4:64:0:60+0:{number}:1,7:mss,nop,ws:df"),
        dialect: Some(DialectId([number; 8])),
        helo: "word".to_owned(),
        headers: None,
    }
}

fn cell() -> impl Strategy<Value = Cell> {
    let sender = prop_oneof![
        any::<u32>().prop_map(Sender::V4),
        (0..40_u32).prop_map(Sender::V4),
        any::<u64>().prop_map(Sender::V6)
    ];
    (sender, 0..4_u32, 0..24_u8, 0..3_600_u32, 0..5_000_u64).prop_map(
        |(sender, profile, hour, second, count)| {
            let first = u32::from(hour) * 3_600 + second;
            Cell {
                sender,
                profile,
                hour,
                first,
                last: first.saturating_add(7).min(u32::from(hour) * 3_600 + 3_599),
                counts: Counts {
                    connections: count,
                    envelopes: count / 2,
                    recipients: count * 3,
                    bytes: count << 30,
                },
            }
        },
    )
}

fn cells() -> impl Strategy<Value = Vec<Cell>> {
    proptest::collection::vec(cell(), 0..200)
}

fn segment(cells: Vec<Cell>) -> Segment {
    // In an order that is not theirs, one twice, one that no cell names.
    let profiles = [3, 1, 2, 1, 9].map(profile).to_vec();
    Segment::new(profiles, cells)
}

proptest! {
    #[test]
    fn a_segment_is_read_back(cells in cells()) {
        let segment = segment(cells);
        prop_assert_eq!(Segment::unpack(&segment.pack().unwrap()).unwrap(), segment);
    }

    #[test]
    fn any_pieces_in_any_order_are_the_same_as_the_whole(cells in cells(), cut in 0..200_usize, other in 0..200_usize) {
        let whole = segment(cells.clone());
        let (one, rest) = cells.split_at(cut.min(cells.len()));
        let (two, three) = rest.split_at(other.min(rest.len()));
        let pieces = || [one, two, three].map(|piece| segment(piece.to_vec())).to_vec();
        let mut backwards = pieces();
        backwards.reverse();
        let merged = Segment::merged(pieces());
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(Segment::merged(backwards).pack().unwrap(), whole.pack().unwrap());
    }

    #[test]
    fn damage_is_refused_or_is_another_segment_but_never_a_crash(cells in cells(), place: usize, byte: u8) {
        let mut packed = segment(cells).pack().unwrap();
        let place = place % packed.len();
        packed[place] ^= byte;
        drop(Segment::unpack(&packed));
        drop(Segment::unpack(&packed[..place]));
    }
}

#[test]
fn one_sender_in_one_hour_with_one_look_is_one_cell() {
    let one = Cell {
        sender: Sender::V4(7),
        profile: 1,
        hour: 3,
        first: 10_900,
        last: 10_910,
        counts: Counts {
            connections: 1,
            ..Counts::default()
        },
    };
    let same_look = Cell {
        profile: 3,
        first: 10_800,
        last: 10_905,
        ..one
    };
    let merged = segment(vec![one, same_look]);
    assert_eq!(merged.profiles(), [profile(1)]);
    let [cell] = merged.cells() else {
        panic!("{merged:?}")
    };
    assert_eq!(
        (cell.first, cell.last, cell.counts.connections),
        (10_800, 10_910, 2)
    );
}

#[test]
fn what_promises_more_than_it_has_gets_no_memory() {
    let lie = |size: u64, body: &[u8]| {
        let mut packed = b"ATALAYA DAY 1\n".to_vec();
        bytes::put(&mut packed, size);
        packed.extend(zstd::bulk::compress(body, 1).unwrap());
        Segment::unpack(&packed).unwrap_err().to_string()
    };
    assert!(lie(u64::MAX, b"").contains("size"));
    assert!(lie(1, &[0; 4_096]).contains("damaged"));
    let mut body = vec![2];
    body.extend(b"[]");
    bytes::put(&mut body, MOST_CELLS as u64);
    assert!(lie(body.len() as u64, &body).contains("cells"));
    assert!(Segment::unpack(b"ATALAYA DAY 2\n").is_err());
}

#[test]
fn what_is_packed_can_be_read_and_what_could_not_is_not_packed() {
    let many = |count: u32| {
        let profiles = (0..count).map(|number| Profile {
            dialect: Some(DialectId(u64::from(number).to_be_bytes())),
            ..profile(1)
        });
        let cell = |profile| Cell {
            sender: Sender::V4(profile),
            profile,
            hour: 0,
            first: 1,
            last: 1,
            counts: Counts::default(),
        };
        Segment::new(profiles.collect(), (0..count).map(cell).collect())
    };
    let most = u32::try_from(MOST_PROFILES).unwrap();
    let full = many(most);
    assert_eq!(
        Segment::unpack(&full.pack().unwrap()).unwrap().profiles().len(),
        MOST_PROFILES
    );
    assert!(many(most + 1).pack().is_err());
}

#[test]
fn what_no_sensor_can_have_seen_is_refused() {
    let with = |change: &dyn Fn(&mut Profile)| {
        let mut odd = profile(1);
        change(&mut odd);
        let cell = Cell {
            sender: Sender::V4(7),
            profile: 0,
            hour: 0,
            first: 1,
            last: 1,
            counts: Counts::default(),
        };
        let packed = Segment::new(vec![odd], vec![cell]).pack().unwrap();
        Segment::unpack(&packed)
    };
    assert!(with(&|odd| odd.helo = "word \"ylmf-pc\"".to_owned()).is_ok());
    assert!(with(&|odd| odd.helo = "<script>".to_owned()).is_err());
    assert!(with(&|odd| odd.helo = "word \"\u{1b}[2J\"".to_owned()).is_err());
    assert!(with(&|odd| odd.stack = "=cmd()".to_owned()).is_err());
    assert!(with(&|odd| odd.sensor = Sensor::Feed).is_err());
}
