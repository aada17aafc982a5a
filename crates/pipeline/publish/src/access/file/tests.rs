//! The file of the keys: what is written is read back, what is wrong is named, names are taken once.

use super::*;

fn two() -> KeyFile {
    let mut file = KeyFile::default();
    let key = Key::from_random([1; 16]);
    let terms = KeyTerms {
        per_day: Some(100_000),
        since: Some(Timestamp::from_seconds(1_000)),
        until: Some(Timestamp::from_seconds(2_000)),
    };
    file.add("mx.example.org".parse().unwrap(), &key, terms).unwrap();
    file.add(
        "partner".parse().unwrap(),
        &Key::from_random([2; 16]),
        KeyTerms::default(),
    )
    .unwrap();
    file
}

#[test]
fn keys_are_written_as_they_are_read_and_never_themselves() {
    let text = two().to_string();
    assert_eq!(KeyFile::parse(&text).unwrap(), two());
    let key = Key::from_random([1; 16]);
    assert_eq!(key.to_string(), "aeaqcaibaeaqcaibaeaqcaibae");
    assert!(!text.contains(&key.to_string()));
    assert_eq!(format!("{key:?}"), "***");
    assert_ne!(Key::random(), Key::random());
    assert_eq!(Key::random().to_string().len(), 26);
}

#[test]
fn a_wrong_line_is_named_and_nothing_of_the_file_is_taken() {
    let hash = "0".repeat(64);
    for (line, text) in [
        (1, "mx".to_owned()),
        (3, format!("\n# a comment\nmx {hash}")),
        (1, format!("mx {hash} many")),
        (1, format!("mx {hash} -1")),
        (1, format!("mx {hash} 1 2")),
        (1, format!("mx {hash} 1 - yesterday")),
        (1, format!("mx {hash} 1 - - -")),
        (1, format!("mx {} -", "0".repeat(62))),
        (2, format!("mx {hash} -\nm\u{fc}x {hash} -")),
    ] {
        let error = KeyFile::parse(&text).unwrap_err();
        assert!(
            matches!(error, KeyFileError::Line(found) if found == line),
            "{text}: {error}"
        );
    }
    let twice = format!("mx {hash} -\nmx {hash} -");
    assert!(matches!(KeyFile::parse(&twice), Err(KeyFileError::Known(_))));
    assert_eq!(KeyFile::parse("").unwrap(), KeyFile::default());
}

#[test]
fn names_are_taken_once_and_found_again() {
    let mut file = two();
    let name: KeyName = "partner".parse().unwrap();
    let error = file
        .add(name.clone(), &Key::random(), KeyTerms::default())
        .unwrap_err();
    assert!(matches!(error, KeyFileError::Known(_)), "{error}");
    file.remove(&name).unwrap();
    assert!(matches!(file.remove(&name), Err(KeyFileError::Unknown(_))));
    let left: Vec<&str> = file.keys().iter().map(|kept| kept.name.as_str()).collect();
    assert_eq!(left, ["mx.example.org"]);
    assert!("two words".parse::<KeyName>().is_err());
}

#[test]
fn a_file_is_put_in_place_whole_and_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    assert!(KeyFile::read(&path).unwrap().is_none());
    two().write(&path).unwrap();
    two().write(&path).unwrap();
    assert_eq!(KeyFile::read(&path).unwrap().unwrap(), two());
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(KeyFile::read(&path), Err(KeyFileError::Io(_))));
}

#[test]
fn lines_of_older_versions_are_read_and_stay_as_they_are() {
    let line = format!("older {} 5\n", "0".repeat(64));
    let file = KeyFile::parse(&line).unwrap();
    assert_eq!(file.keys()[0].terms.since, None);
    assert!(file.to_string().ends_with(&line), "{file}");
}

#[test]
fn a_key_that_is_renewed_keeps_its_day_and_its_end_unless_that_has_passed() {
    let (mut file, at) = (two(), Timestamp::from_seconds);
    let name: KeyName = "mx.example.org".parse().unwrap();
    let before = file.keys()[0].clone();
    let past = file.renew(&name, &Key::random(), (at(2_000), None)).unwrap_err();
    assert!(matches!(past, KeyFileError::Past), "{past}");
    assert_eq!(file.keys()[0], before);
    file.renew(&name, &Key::random(), (at(1_500), None)).unwrap();
    let renewed = file.keys()[0].clone();
    assert_ne!(renewed.digest, before.digest);
    let kept = (before.terms.per_day, before.terms.until);
    assert_eq!((renewed.terms.per_day, renewed.terms.until), kept);
    assert_eq!(renewed.terms.since, Some(at(1_500)));
    file.renew(&name, &Key::random(), (at(2_500), Some(at(3_000))))
        .unwrap();
    assert_eq!(file.keys()[0].terms.until, Some(at(3_000)));
    let nobody = "nobody".parse().unwrap();
    let unknown = file.renew(&nobody, &Key::random(), (at(0), None));
    assert!(matches!(unknown, Err(KeyFileError::Unknown(_))));
}
