//! The tree against its definition, and every form written and read back.

use atalaya_model::{Class, Decided, Decision, Digest, Rule, Serial, Timestamp, Verdict};
use proptest::prelude::*;

use super::*;

/// The tree hash as RFC 6962 section 2.1 defines it.
fn defined(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => fold(&[]),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(1 << (many.len() - 1).ilog2());
            node(&defined(left), &defined(right))
        }
    }
}

fn leaves(count: u32) -> Vec<Digest> {
    (0..count).map(|number| leaf(&number.to_be_bytes())).collect()
}

/// The hashes of each level of tiles.
fn levels(leaves: &[Digest]) -> Vec<Vec<Digest>> {
    let above = |below: &Vec<Digest>| below.chunks_exact(256).map(fold).collect::<Vec<_>>();
    let first = above(&leaves.to_vec());
    let second = above(&first);
    vec![leaves.to_vec(), first, second]
}

fn read_range(levels: &[Vec<Digest>], range: Range) -> Digest {
    let subtrees = range.subtrees();
    let hashes = subtrees.iter().map(|at| {
        let first = usize::try_from(at.first).unwrap();
        fold(&levels[usize::from(at.level)][first..first + usize::from(at.count)])
    });
    join(hashes.collect())
}

/// The hashes of RFC 6962's own tests, as Certificate Transparency publishes them: an empty tree, and an entry of no bytes.
#[test]
fn known_hashes_are_met() {
    assert_eq!(
        fold(&[]).to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        leaf(b"").to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
}

#[test]
fn an_edge_has_the_root_of_the_whole_tree_at_every_size() {
    let all = leaves(700);
    let mut edge = Edge::default();
    assert_eq!(edge.root(), defined(&[]));
    for (at, leaf) in all.iter().enumerate() {
        let made = edge.push(*leaf);
        let size = at + 1;
        assert_eq!(edge.root(), defined(&all[..size]), "{size}");
        assert_eq!(made.len(), usize::from(size % 256 == 0), "{size}");
        for made in made {
            assert_eq!((made.level, made.number), (1, size as u64 / 256 - 1));
            assert_eq!(made.hash, defined(&all[size - 256..size]));
        }
    }
}

#[test]
fn an_edge_is_put_together_from_what_its_shape_asks_for() {
    let all = leaves(66_000);
    let mut edge = Edge::default();
    let mut made = Vec::new();
    for leaf in &all {
        made.extend(edge.push(*leaf));
    }
    let levels = levels(&all);
    for one in &made {
        let number = usize::try_from(one.number).unwrap();
        assert_eq!(levels[usize::from(one.level)][number], one.hash);
    }
    assert_eq!(made.len(), 66_000 / 256 + 1);
    let read = Edge::shape(66_000).map(|(level, first, width)| {
        let first = usize::try_from(first).unwrap();
        levels[usize::from(level)][first..first + usize::from(width)].to_vec()
    });
    let read: Vec<Vec<Digest>> = read.collect();
    assert_eq!(Edge::of(66_000, read.clone()), Some(edge));
    assert_eq!(Edge::of(66_001, read), None);
}

proptest! {
    #[test]
    fn every_entry_is_proven_and_no_other(size in 1_u32..2_000, at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let levels = levels(&all);
        let place = |index: usize| (index as u64, u64::from(size));
        let at = at.index(all.len());
        let ranges = path(at as u64, u64::from(size)).unwrap();
        let hashes: Vec<Digest> = ranges.iter().map(|range| read_range(&levels, *range)).collect();
        for subtree in ranges.iter().flat_map(|range| range.subtrees()) {
            let tile = subtree.tile(size.into());
            prop_assert!(tile.is_of(size.into()));
            let end = subtree.first + u64::from(subtree.count);
            prop_assert!(tile.first() <= subtree.first && end <= tile.first() + u64::from(tile.width));
        }
        let root = defined(&all);
        prop_assert_eq!(root_of(all[at], place(at), &hashes), Some(root));
        let other = other.index(all.len());
        if other != at {
            prop_assert_ne!(root_of(all[other], place(at), &hashes), Some(root));
            prop_assert_ne!(root_of(all[at], place(other), &hashes), Some(root));
        }
        prop_assert_eq!(path(u64::from(size), u64::from(size)), None);
        prop_assert_eq!(root_of(all[at], place(at), &[&hashes[..], &[root]].concat()), None);
    }

    #[test]
    fn paths_of_tiles_are_read_back(level in 0_u8..8, number in any::<u64>(), width in 1_u16..=256) {
        for kind in [TileKind::Hashes(level), TileKind::Entries] {
            let tile = Tile { kind, number, width };
            prop_assert_eq!(tile.to_string().parse(), Ok(tile));
        }
    }
}

#[test]
fn tiles_have_the_paths_of_the_specification() {
    let tile = |kind, number, width| Tile { kind, number, width }.to_string();
    assert_eq!(tile(TileKind::Hashes(0), 1_234_067, 256), "0/x001/x234/067");
    assert_eq!(tile(TileKind::Hashes(2), 5, 17), "2/005.p/17");
    assert_eq!(tile(TileKind::Entries, 273, 112), "entries/273.p/112");
    for bad in [
        "",
        "0",
        "0/",
        "0/5",
        "0/0005",
        "00/005",
        "8/005",
        "-1/005",
        "0/x000/005",
        "0/005.p/0",
        "0/005.p/256",
        "0/005.p/01",
        "0/005.p/",
        "0/001/234",
        "0/x001",
        "0/+05",
        "0/../005",
        "data/005",
        "0/005/",
        "entries/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(bad.parse::<Tile>().is_err(), "{bad}");
    }
}

/// The example of the specification: a tree of 70,000 entries.
#[test]
fn a_tree_has_the_tiles_that_the_specification_counts() {
    let has = |path: &str| path.parse::<Tile>().unwrap().is_of(70_000);
    for path in [
        "0/000",
        "0/272",
        "0/273.p/112",
        "0/273.p/1",
        "1/000",
        "1/001.p/17",
        "2/000.p/1",
        "entries/273.p/112",
    ] {
        assert!(has(path), "{path}");
    }
    for path in [
        "0/273",
        "0/273.p/113",
        "0/274.p/1",
        "1/001",
        "1/001.p/18",
        "2/000",
        "2/000.p/2",
        "3/000.p/1",
        "entries/274",
    ] {
        assert!(!has(path), "{path}");
    }
    assert_eq!(
        (
            width(70_000, 0),
            width(70_000, 1),
            width(70_000, 2),
            width(70_000, 3)
        ),
        (112, 17, 1, 0)
    );
    let tiles: Vec<String> = Tile::entries(69_700, 70_000)
        .map(|tile| tile.to_string())
        .collect();
    assert_eq!(tiles, ["entries/272", "entries/273.p/112"]);
    assert_eq!(Tile::entries(512, 512).count(), 0);
}

/// The checkpoint and the key of Go's checksum database, as its client has them built in.
#[test]
fn a_key_is_written_as_go_writes_it() {
    let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    let key: LogKey = text.parse().unwrap();
    assert_eq!(
        (key.name(), key.id()),
        ("sum.golang.org", [0x03, 0x3d, 0xe0, 0xae])
    );
    assert_eq!(key.to_string(), text);
    for bad in [
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza",
        "sum.golang.org",
        "",
    ] {
        assert!(bad.parse::<LogKey>().is_err(), "{bad}");
    }
    for bad in ["", "a b", "a+b", "a\nb"] {
        assert!(LogKey::new(bad, [0; 32]).is_err(), "{bad:?}");
    }
}

#[test]
fn a_checkpoint_goes_into_a_note_and_comes_back() {
    let key = LogKey::new("example.org/log", [7; 32]).unwrap();
    let checkpoint = Checkpoint {
        origin: "example.org/log".to_owned(),
        size: 42,
        root: leaf(b"x"),
    };
    let text = write_note(&checkpoint.text(), &key, &[9; 64]);
    let note = Note::read(&text).unwrap();
    assert_eq!(Checkpoint::read(&note.text), Ok(checkpoint.clone()));
    assert_eq!(note.signatures_of(&key).collect::<Vec<_>>(), [&[9; 64][..]]);
    let other = LogKey::new("example.org/log", [8; 32]).unwrap();
    assert_eq!(note.signatures_of(&other).count(), 0);
    let extended = format!("{}more\n", checkpoint.text());
    assert_eq!(Checkpoint::read(&extended), Ok(checkpoint.clone()));
    for bad in [
        "",
        "\n\n",
        "a\n1\n\n",
        "a\n01\nAAAA\n",
        &checkpoint.text().replace("42", "+42"),
        &checkpoint.text().replace('=', ""),
    ] {
        assert!(Checkpoint::read(bad).is_err(), "{bad:?}");
    }
    for bad in [
        checkpoint.text(),
        text.trim_end().to_owned(),
        text.replace("— ", "- "),
        text.replace("42", "4\t2"),
        format!("{text}\n"),
        format!("{text}{}", "x".repeat(100_000)),
    ] {
        assert!(Note::read(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_proof_is_a_file_of_the_specification() {
    let proof = Proof {
        extra: Some(b"{}".to_vec()),
        index: 3,
        hashes: leaves(2),
        checkpoint: "a\n4\nAAAA\n\n— a AAAAAAAA\n".to_owned(),
    };
    let text = proof.to_string();
    assert!(
        text.starts_with("c2sp.org/tlog-proof@v1\nextra e30=\nindex 3\n"),
        "{text}"
    );
    assert_eq!(text.parse(), Ok(proof.clone()));
    let bare = Proof {
        extra: None,
        hashes: Vec::new(),
        ..proof
    };
    assert_eq!(bare.to_string().parse(), Ok(bare));
    for bad in [
        text.replace("v1", "v2"),
        text.replace("index 3", "index 03"),
        text.replace("extra e30=", "extra e30"),
        text.replace("\n\n", "\nx\n\n"),
        text.replace(
            "index 3\n",
            &format!(
                "index 3\n{}",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(65)
            ),
        ),
    ] {
        assert!(bad.parse::<Proof>().is_err(), "{bad}");
    }
}

fn decided() -> Decided {
    Decided {
        serial: Serial(7),
        at: "2026-01-02T03:04:05Z".parse().unwrap(),
        decision: Decision {
            prefix: "192.0.2.1".parse().unwrap(),
            verdict: Verdict::List {
                class: Class::Spam,
                until: Some("2026-01-09T00:00:00Z".parse::<Timestamp>().unwrap()),
            },
            rule: Rule::new("score", 3),
            score: 6.5,
            reason: "spam seen by \"3\" sensors".to_owned(),
        },
    }
}

/// These bytes stand in logs: if this test fails, every log that was written before is broken.
#[test]
fn an_entry_has_the_same_bytes_for_ever() {
    let sealed = seal(&[1; SALT], &Opening::text(&decided()));
    let entry = LogEntry::new(&decided(), sealed);
    let bytes = entry.bytes().unwrap();
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        "{\"serial\":7,\"at\":\"2026-01-02T03:04:05Z\",\"verdict\":\"list\",\"class\":\"spam\",\
         \"until\":\"2026-01-09T00:00:00Z\",\"rule\":\"score/3\",\
         \"sealed\":\"dc2204706d02efbc6c76237227db0db21e8f23adee55089bdf550c4a921e391c\"}"
    );
    assert_eq!(
        Opening::text(&decided()),
        "{\"prefix\":\"192.0.2.1\",\"score\":6.5,\"reason\":\"spam seen by \\\"3\\\" sensors\"}"
    );
    assert_eq!(LogEntry::read(&bytes), Ok(entry));
}

#[test]
fn a_seal_opens_for_what_was_sealed_only() {
    let opening = Opening::text(&decided());
    let entry = LogEntry::new(&decided(), seal(&[1; SALT], &opening));
    let shown = Shown {
        entry: String::from_utf8(entry.bytes().unwrap()).unwrap(),
        salt: Some("01".repeat(SALT)),
        opening: Some(opening.clone()),
    };
    let (read, opened) = shown.open().unwrap();
    assert_eq!(
        (read, opened.unwrap().prefix),
        (entry, "192.0.2.1".parse().unwrap())
    );
    let lie = |change: fn(&mut Shown)| {
        let mut lie = shown.clone();
        change(&mut lie);
        lie.open()
    };
    let others: [fn(&mut Shown); 4] = [
        |lie| {
            lie.opening = lie
                .opening
                .as_ref()
                .map(|text| text.replace("192.0.2.1", "192.0.2.2"));
        },
        |lie| lie.salt = Some("02".repeat(SALT)),
        |lie| lie.salt = Some("01".repeat(SALT - 1)),
        |lie| lie.salt = Some("zz".to_owned()),
    ];
    for other in others {
        assert_eq!(lie(other), Err(SealError::Other));
    }
    assert_eq!(lie(|lie| lie.entry.truncate(9)), Err(SealError::Entry));
    assert_eq!(lie(|lie| lie.salt = None).unwrap().1, None);
}

#[test]
fn entries_are_bundled_behind_their_lengths() {
    let long = vec![b'x'; 65_535];
    let bundle = write_bundle([&b"one"[..], b"", &long]).unwrap();
    assert_eq!(bundle[..7], *b"\x00\x03one\x00\x00");
    assert_eq!(read_bundle(&bundle).unwrap(), [&b"one"[..], b"", &long]);
    assert_eq!(read_bundle(b"").unwrap().len(), 0);
    assert!(read_bundle(&bundle[..bundle.len() - 1]).is_err());
    assert!(read_bundle(b"\x00").is_err());
    assert!(write_bundle([&vec![b'x'; 65_536][..]]).is_err());
    assert!(read_bundle(&[0; 2 * 257]).is_err());
    assert_eq!(read_bundle(&[0; 2 * 256]).unwrap().len(), 256);
}
