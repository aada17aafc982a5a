//! Target `statistics`: what was counted of a day, as machines hand it on, and catalogues of botnets.

use atalaya_stats::{Catalogue, DayFile, Segment};

/// Characters of the longest sentence about a file or a line of it.
const LONGEST_REFUSAL: usize = 6_000;

/// Reads the bytes as a segment before and after packing, as a file of a day and as a catalogue: what is read is in order, is written and
/// read again as the same, and adds up with itself to twice as much.
pub fn statistics(data: &[u8]) {
    if let Ok(segment) = Segment::from_bytes(data) {
        check(&segment);
    }
    drop(Segment::unpack(data));
    if let Err(why) = DayFile::read(data) {
        assert!(why.chars().count() <= LONGEST_REFUSAL);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(mistakes) = Catalogue::read(text)
    {
        assert!(
            !mistakes.is_empty() && mistakes.iter().all(|told| told.starts_with("line ")),
            "{mistakes:?}"
        );
    }
}

fn check(segment: &Segment) {
    let cells = segment.cells();
    let keys = || cells.iter().map(|cell| (cell.sender, cell.profile, cell.hour));
    assert!(
        keys().zip(keys().skip(1)).all(|(one, two)| one < two),
        "cells out of order"
    );
    assert!(segment.profiles().is_sorted());
    assert!(
        cells
            .iter()
            .all(|cell| (cell.profile as usize) < segment.profiles().len())
    );
    let packed = segment.pack().expect("a segment can be packed");
    assert_eq!(
        &Segment::unpack(&packed).expect("what was packed is read"),
        segment
    );
    let twice = Segment::merged(vec![segment.clone(), segment.clone()]);
    assert_eq!(twice.cells().len(), cells.len());
    for (one, two) in cells.iter().zip(twice.cells()) {
        assert_eq!(two.counts.connections, one.counts.connections.saturating_mul(2));
    }
}
