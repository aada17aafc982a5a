//! Datasets that are read again in steps, against the old and the new one read whole.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;

use atalaya_formats::rbldnsd::Key;
use proptest::prelude::*;

use super::super::dataset::Said;
use super::super::place::Place;
use super::*;

const NOW: Timestamp = Timestamp::EPOCH;

/// Lines of a file; what one kind refuses is left out there.
fn any_file() -> impl Strategy<Value = String> {
    let octets = (0_u8..3, 0_u8..2, 0_u8..2, 0_u8..5).prop_map(|(a, b, c, d)| {
        let first = [9, 10, 223][usize::from(a)];
        Ipv4Addr::new(first, b, c, d)
    });
    let length =
        prop_oneof![6 => Just(None), 1 => (1_u8..=32).prop_map(Some), 1 => (22_u8..=31).prop_map(Some)];
    let value = prop_oneof![3 => Just(""), 1 => Just(" :3:three $"), 1 => Just(" :4:four")];
    let line = (octets, length, value, prop::bool::weighted(0.1)).prop_map(
        |(address, length, value, is_excluded)| {
            let sign = if is_excluded { "!" } else { "" };
            let network = length.map_or(address, |length| {
                Ipv4Addr::from_bits(
                    address.to_bits() & u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0),
                )
            });
            let length = length.map_or(String::new(), |length| format!("/{length}"));
            format!("{sign}{network}{length}{value}\n")
        },
    );
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.concat())
}

/// What datasets say about an address, and whether about anything around it.
fn says(parts: &[(Vec<Key>, Arc<Dataset>)], address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    let mut said = String::new();
    for name in [format!("{d}.{c}.{b}.{a}"), format!("{c}.{b}.{a}"), format!("{a}")] {
        let key = Key::read(name.as_bytes()).unwrap();
        let place = Place::new(key.as_bytes());
        for (_, dataset) in parts {
            match dataset.say(&place) {
                Said::Nothing => {}
                Said::Excluded => said.push_str("excluded "),
                Said::Listed(listed) => write!(said, "{listed:?} ").unwrap(),
                Said::Records(_) => panic!("no records here"),
            }
        }
        if parts.iter().any(|(_, dataset)| dataset.has_below(&place)) {
            write!(said, "below {name} ").unwrap();
        }
    }
    said
}

fn parts(source: &Source) -> Vec<(Vec<Key>, Arc<Dataset>)> {
    source.loaded.as_ref().unwrap().parts.clone()
}

fn source(kind: Kind, path: &Path) -> Source {
    Source::new(kind, vec![path.to_path_buf()])
}

/// Puts a file in the place of another one, and makes sure that it looks like another one.
fn write(path: &Path, text: &str, version: u64) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    let file = File::options().write(true).open(&new).unwrap();
    file.set_modified(UNIX_EPOCH + std::time::Duration::from_secs(version))
        .unwrap();
    std::fs::rename(new, path).unwrap();
}

fn load(kind: Kind, path: &Path) -> Source {
    let mut source = source(kind, path);
    assert!(matches!(
        source.look(Options::default(), NOW).unwrap(),
        Look::Loaded
    ));
    source
}

fn reloading(source: &mut Source) -> Reloading {
    match source.look(Options::default(), NOW).unwrap() {
        Look::Reloading(mut reloading) => {
            reloading.reload.least = 0;
            *reloading
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn each_step_says_what_the_old_files_or_the_new_ones_say(
        old in any_file(),
        new in any_file(),
        kind in prop::sample::select(vec![Kind::Ip4Set, Kind::Ip4TSet, Kind::Ip4Trie]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        write(&path, &old, 1);
        let mut source = load(kind, &path);
        let before = parts(&source);
        write(&path, &new, 2);
        let after = parts(&load(kind, &path));
        // More than half of an empty file cannot be wrong.
        let mut reloading = match source.look(Options::default(), NOW) {
            Ok(Look::Reloading(reloading)) => reloading,
            Ok(other) => panic!("{other:?}"),
            Err(BadFile::Garbage { .. }) => return Ok(()),
            Err(error) => panic!("{error}"),
        };
        reloading.reload.least = 0;
        let ends = [0, 1, 4, 255];
        let asked = [9, 10, 11, 223].into_iter().flat_map(|a| [0, 1].into_iter().flat_map(move |c| ends.map(|d| Ipv4Addr::new(a, c, c, d))));
        let asked: Vec<Ipv4Addr> = asked.collect();
        let mut steps = 0;
        loop {
            let progress = source.proceed(&mut reloading, (Options::default(), NOW)).unwrap();
            steps += 1;
            let now = parts(&source);
            for address in &asked {
                let (said, was, will) = (says(&now, *address), says(&before, *address), says(&after, *address));
                prop_assert!(said == was || said == will, "{address}: {said}, not {was} or {will}");
                if progress == Progress::Done {
                    prop_assert_eq!(said, will);
                }
            }
            if progress == Progress::Done {
                break;
            }
        }
        prop_assert!(steps <= 256);
        prop_assert_eq!(parts(&source).len(), 1);
    }
}

#[test]
fn what_cannot_be_used_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    write(&path, "9.0.0.1\n10.0.0.1\n", 1);
    let mut source = load(Kind::Ip4TSet, &path);
    let before = says(&parts(&source), Ipv4Addr::new(9, 0, 0, 1));
    write(&path, "9.0.0.2\nnonsense\nmore of it\n", 2);
    assert!(matches!(
        source.look(Options::default(), NOW),
        Err(BadFile::Garbage { .. })
    ));
    assert_eq!(says(&parts(&source), Ipv4Addr::new(9, 0, 0, 1)), before);
    assert!(
        matches!(source.look(Options::default(), NOW), Ok(Look::Same)),
        "it is told once"
    );
}

#[test]
fn a_file_put_in_the_place_of_one_that_is_being_read_counts_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    write(&path, "9.0.0.1\n", 1);
    let mut source = load(Kind::Ip4TSet, &path);
    write(&path, "9.0.0.2\n10.0.0.2\n", 2);
    let mut begun = reloading(&mut source);
    write(&path, "9.0.0.3\n", 3);
    while source.proceed(&mut begun, (Options::default(), NOW)).unwrap() == Progress::More {}
    assert!(says(&parts(&source), Ipv4Addr::new(10, 0, 0, 2)).contains("127.0.0.2"));
    assert!(matches!(
        source.look(Options::default(), NOW),
        Ok(Look::Reloading(_))
    ));
}

#[test]
fn a_file_that_is_written_into_while_it_is_read_ends_the_reload_and_begins_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    write(&path, "9.0.0.1\n10.0.0.1\n", 1);
    let mut source = load(Kind::Ip4TSet, &path);
    write(&path, "9.0.0.2\n10.0.0.2\n", 2);
    let mut begun = reloading(&mut source);
    assert_eq!(
        source.proceed(&mut begun, (Options::default(), NOW)).unwrap(),
        Progress::More
    );
    std::fs::write(&path, "9.0.0.2\n10.0.0.2\n10.0.0.3\n").unwrap();
    let failed = source.proceed(&mut begun, (Options::default(), NOW));
    assert!(matches!(failed, Err(BadFile::Changed { .. })), "{failed:?}");
    // The first address is as the new file has it, the other one as the old one.
    assert!(says(&parts(&source), Ipv4Addr::new(9, 0, 0, 2)).contains("127.0.0.2"));
    assert!(says(&parts(&source), Ipv4Addr::new(10, 0, 0, 1)).contains("127.0.0.2"));
    let mut again = reloading(&mut source);
    while source.proceed(&mut again, (Options::default(), NOW)).unwrap() == Progress::More {}
    assert!(says(&parts(&source), Ipv4Addr::new(10, 0, 0, 3)).contains("127.0.0.2"));
    assert!(!says(&parts(&source), Ipv4Addr::new(10, 0, 0, 1)).contains("127.0.0.2"));
}
