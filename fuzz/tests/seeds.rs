//! Feeds every seed, and thousands of mutations of it, to its target. No fuzzer is needed, and a failure is repeated by running the
//! test again: mutations depend on their number alone.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test: it fails by panicking, says which input it was, and has no other way to be told for how long to run"
)]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use atalaya_fuzz::TARGETS;
use atalaya_fuzz::mutate::mutate;

/// Mutations of a target in an ordinary run. `cargo xtask fuzz` sets more, where libFuzzer cannot be had.
const MUTATIONS: u64 = 2_000;

/// Makes one test for each target, so that they run in parallel and fail by name.
macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                feed(stringify!($name));
            }
        )+

        /// The targets that have a test.
        const TESTED: &[&str] = &[$(stringify!($name)),+];
    };
}

targets!(
    bounce,
    complaint,
    config,
    contacts,
    conversation,
    dkim,
    dns,
    lists,
    logs,
    mbox,
    message,
    milter,
    mta_sts,
    pcap,
    places,
    policy,
    puzzle,
    rbldnsd,
    rdap,
    received,
    redact,
    reply,
    reports,
    shape,
    signatures,
    smtp,
    spf,
    statistics,
    syn,
    ticket,
    tlog,
    verp,
    whois,
    words
);

/// A folder of this package.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The seeds of a target with their names, in order.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder("seeds").join(target)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths
        .iter()
        .map(|path| (name(path), std::fs::read(path).unwrap()))
        .collect()
}

/// Feeds seeds and mutations to a target.
fn feed(name: &str) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let seeds = seeds(name);
    let inputs: Vec<Vec<u8>> = seeds.iter().map(|(_, bytes)| bytes.clone()).collect();
    for (file, bytes) in &seeds {
        run(*target, bytes, &format!("seed {name}/{file}"));
    }
    let mutations = std::env::var("ATALAYA_FUZZ_MUTATIONS")
        .ok()
        .and_then(|text| text.parse().ok());
    for number in 0..mutations.unwrap_or(MUTATIONS) {
        let at = usize::try_from(number).unwrap() % seeds.len();
        let (file, bytes) = &seeds[at];
        run(
            *target,
            &mutate(bytes, &inputs, number),
            &format!("mutation {number} of seed {name}/{file}"),
        );
    }
}

/// Runs a target; if it fails, says on which input before the test does.
fn run(target: atalaya_fuzz::Target, input: &[u8], what: &str) {
    if let Err(failure) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        eprintln!(
            "failed on {what}, {} bytes:\n\"{}\"",
            input.len(),
            input.escape_ascii()
        );
        resume_unwind(failure);
    }
}

/// The names of the files of a folder, without their ending.
fn names(folder_name: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder(folder_name)).unwrap();
    entries
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[test]
fn every_target_has_seeds_an_entry_and_a_test() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("seeds"), targets, "folders of seeds");
    assert_eq!(names("fuzz_targets"), targets, "entry points");
    assert_eq!(
        TESTED
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>(),
        targets,
        "tests"
    );
    for target in &targets {
        let entry = std::fs::read_to_string(folder("fuzz_targets").join(format!("{target}.rs"))).unwrap();
        assert!(
            entry.contains(&format!("atalaya_fuzz::{target}(data)")),
            "the entry of {target} calls another"
        );
        assert!(!seeds(target).is_empty(), "{target} has no seeds");
    }
}
