//! Real captures: the table of the guide says on how many SYNs we agree, and this test says whether it is true.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use atalaya_formats::signatures::Signatures;

use super::{Told, is_here, ours, p0f, signatures};

/// The page that holds the table.
const PAGE: &str = include_str!("../../../../../docs/guide/fingerprints.md");
/// The first line of the table.
const HEADING: &str = "| capture | SYNs | same raw signature | same name, generic, fuzzy, distance | only ours |\n|---|---:|---:|---:|---:|\n";

/// The captures below a folder, in order.
fn captures(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            captures(&path, found);
        } else if [".pcap", ".pcapng", ".pcap.gz"]
            .iter()
            .any(|end| path.to_string_lossy().ends_with(end))
        {
            found.push(path);
        }
    }
}

/// The bytes of a capture, unpacked.
fn bytes(path: &Path) -> Vec<u8> {
    let packed = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|end| end == "gz") {
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&packed[..])
            .read_to_end(&mut bytes)
            .unwrap();
        return bytes;
    }
    packed
}

/// What p0f tells and we tell of one capture, and the SYNs that p0f does not tell.
fn compare(path: &Path, scratch: &Path, signatures: &Signatures) -> (Vec<Told>, Vec<Told>, usize) {
    let bytes = bytes(path);
    let unpacked = scratch.join("capture");
    std::fs::write(&unpacked, &bytes).unwrap();
    let theirs = p0f(&unpacked, scratch);
    // p0f tells a SYN that was sent again once, as it follows connections, and reads no tags.
    let mut seen = HashSet::new();
    let (both, only_ours): (Vec<_>, Vec<_>) = ours(&bytes, signatures)
        .into_iter()
        .partition(|(told, is_tagged)| !is_tagged && seen.insert(told.ends.clone()));
    (
        theirs,
        both.into_iter().map(|(told, _)| told).collect(),
        only_ours.len(),
    )
}

#[test]
fn we_agree_with_p0f_on_every_syn_of_the_captures() {
    let Some(folder) = atalaya_testkit::data("syn-pcaps") else {
        return atalaya_testkit::skip("the captures of syn-pcaps are not here");
    };
    if !is_here() {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let signatures = signatures();
    let mut paths = Vec::new();
    captures(&folder, &mut paths);
    let mut table = HEADING.to_owned();
    let mut sum = [0; 4];
    for path in paths {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let (theirs, ours, only_ours) = compare(&path, scratch.path(), &signatures);
        assert_eq!(theirs, ours, "{name}");
        let same = |what: fn(&Told) -> Vec<String>| {
            let pairs = theirs.iter().zip(&ours);
            pairs.filter(|(theirs, ours)| what(theirs) == what(ours)).count()
        };
        let raw = same(|told| vec![told.raw.clone()]);
        let named = same(|told| {
            let flags = format!("{} {}", told.is_generic, told.is_fuzzy);
            vec![told.name.clone(), flags, told.distance.clone()]
        });
        let row = [theirs.len(), raw, named, only_ours];
        writeln!(
            table,
            "| {name} | {} | {} | {} | {} |",
            row[0], row[1], row[2], row[3]
        )
        .unwrap();
        for (sum, number) in sum.iter_mut().zip(row) {
            *sum += number;
        }
    }
    writeln!(
        table,
        "| **all** | {} | {} | {} | {} |",
        sum[0], sum[1], sum[2], sum[3]
    )
    .unwrap();
    assert!(PAGE.contains(&table), "the guide should say:\n{table}");
}
