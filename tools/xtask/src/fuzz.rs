//! Fuzzing: runs one target of `fuzz/` under libFuzzer, for a while.
//!
//! In: the name of a target and the seconds. Out: libFuzzer's own report; what it finds stands in `fuzz/artifacts/TARGET`, what it
//! learns in `fuzz/corpus/TARGET`. libFuzzer needs the nightly toolchain; without one the mutations of the seed tests run instead,
//! many more of them than in a test.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};

use crate::run;

/// Where the entry points stand: one file for each target, named as it is.
const ENTRIES: &str = "fuzz/fuzz_targets";

/// What the compiler must add for libFuzzer: counters on every edge, compared values, and the address sanitizer.
const FLAGS: &str = "-Zsanitizer=address --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";

/// Longest input that is made; every format has told its story by then.
const LONGEST_INPUT: &str = "-max_len=16384";

/// An input that keeps a target busy for so many seconds is a finding.
const SLOWEST_INPUT: &str = "-timeout=10";

/// Mutations for each second asked for, when libFuzzer cannot be had.
const MUTATIONS_PER_SECOND: u32 = 500;

/// Runs the target of this name, or lists them.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> Result<ExitCode> {
    let targets = targets()?;
    let Some(target) = target else {
        println!("{}", targets.join("\n"));
        return Ok(ExitCode::SUCCESS);
    };
    ensure!(
        targets.iter().any(|known| known == target),
        "no target is named `{target}`; there are {}",
        targets.join(", ")
    );
    let good = match nightly() {
        Some(system) => under_libfuzzer(target, seconds, &system)?,
        None => by_mutations(target, seconds)?,
    };
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The names of the entry points.
fn targets() -> Result<Vec<String>> {
    let entries =
        std::fs::read_dir(run::root().join(ENTRIES)).with_context(|| format!("cannot read {ENTRIES}"))?;
    let names = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let mut names: Vec<String> = names
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// The system that the nightly toolchain builds for, if there is one.
fn nightly() -> Option<String> {
    let mut command = Command::new("rustup");
    let output = command
        .args(["run", "nightly", "rustc", "-vV"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
}

/// Builds the entry point as cargo-fuzz would, and runs it from the seeds.
fn under_libfuzzer(target: &str, seconds: u32, system: &str) -> Result<bool> {
    let folder = |kind: &str| run::root().join("fuzz").join(kind).join(target);
    for kind in ["corpus", "artifacts"] {
        std::fs::create_dir_all(folder(kind))
            .with_context(|| format!("cannot make {}", folder(kind).display()))?;
    }
    let mut command = run::program("rustup", &["run", "nightly", "cargo", "run", "--release"]);
    // A target that is named keeps the flags away from build scripts, which run on their own.
    command.args([
        "--package",
        "atalaya-fuzz",
        "--features",
        "libfuzzer",
        "--bin",
        target,
        "--target",
        system,
        "--",
    ]);
    command.arg(folder("corpus")).arg(folder("seeds"));
    command.args([
        &format!("-max_total_time={seconds}"),
        LONGEST_INPUT,
        SLOWEST_INPUT,
    ]);
    command.arg(format!("-artifact_prefix={}/", folder("artifacts").display()));
    own_toolchain(&mut command);
    command
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_PROFILE_RELEASE_LTO", "false");
    run::succeeds(&mut command)
}

/// Forgets the toolchain that runs this chore, which would otherwise win over the one that is named.
pub(crate) fn own_toolchain(command: &mut Command) {
    for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC", "RUSTDOC", "LD_LIBRARY_PATH"] {
        command.env_remove(name);
    }
}

/// Runs the mutations of the seed tests, as many as the time is good for.
fn by_mutations(target: &str, seconds: u32) -> Result<bool> {
    println!("no nightly toolchain here, so no libFuzzer: the seed tests run with many mutations instead");
    let mut command = run::cargo(&[
        "test",
        "--release",
        "--package",
        "atalaya-fuzz",
        "--test",
        "seeds",
        "--",
        target,
    ]);
    command.env(
        "ATALAYA_FUZZ_MUTATIONS",
        seconds.saturating_mul(MUTATIONS_PER_SECOND).to_string(),
    );
    ensure!(
        Path::new(&run::root().join("fuzz/seeds").join(target)).is_dir(),
        "{target} has no seeds"
    );
    run::succeeds(&mut command)
}
