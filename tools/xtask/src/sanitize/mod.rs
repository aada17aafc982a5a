//! Sanitizers: runs the tests of the set and of what threads share while the compiler watches each access to memory.
//!
//! In: nothing, or the name of one tool. Out: the output of the tests; a finding of a tool fails its test run. The thread and the address
//! sanitizer are part of the stable toolchain, behind a switch of its own; miri is a component of nightly, and what lacks is said.

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Result, ensure};

use crate::fuzz::own_toolchain;
use crate::run;
use crate::workspace::Workspace;

/// What is run: the set, what threads share, readers beside a writer over the real thing, and what calls the system.
const TESTS: [&[&str]; 3] = [
    &[
        "--package",
        "atalaya-publish",
        "--lib",
        "--",
        "access::",
        "meters::",
        "rate::",
        "set::",
    ],
    &["--package", "atalaya-publish", "--test", "versions"],
    &["--package", "atalaya-net", "--lib"],
];

/// What is run under the address sanitizer alone: the whole server stands on tokio, whose threads hand on their work behind orders of the
/// standard library that the thread sanitizer does not see.
const WITH_TOKIO: &[&str] = &["--package", "atalaya-publish", "--test", "server"];

/// What of it needs no sockets, which miri does not know.
const WITHOUT_SOCKETS: [&[&str]; 2] = [
    &["--package", "atalaya-publish", "--lib", "--", "set::"],
    &["--package", "atalaya-publish", "--test", "versions"],
];

/// The compiler's own sanitizers.
const SANITIZERS: [&str; 2] = ["thread", ADDRESS];
const ADDRESS: &str = "address";
/// The interpreter.
const MIRI: &str = "miri";

/// The standard library comes compiled without a sanitizer, and the compiler wants to hear that this is meant.
const MIXED: &str = "-Cunsafe-allow-abi-mismatch=sanitizer";

/// What the thread sanitizer cannot see into and therefore misjudges, each with its reason.
const SUPPRESSIONS: &str = "tools/xtask/src/sanitize/thread.supp";

/// Runs the tool of this name, or all of them.
pub(crate) fn run(workspace: &Workspace, tool: Option<&str>) -> Result<ExitCode> {
    let all = SANITIZERS.iter().chain([&MIRI]).copied();
    let tools: Vec<&str> = all.filter(|name| tool.is_none_or(|tool| tool == *name)).collect();
    ensure!(!tools.is_empty(), "there are thread, address and miri");
    let mut are_good = true;
    for tool in tools {
        println!("\n{tool}");
        are_good &= if tool == MIRI {
            interpreted()?
        } else {
            sanitized(workspace, tool)?
        };
    }
    Ok(if are_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the tests under one sanitizer. A folder of its own keeps what is built for it apart.
fn sanitized(workspace: &Workspace, sanitizer: &str) -> Result<bool> {
    let (suppressions, system) = (run::root().join(SUPPRESSIONS), system()?);
    let mut are_good = true;
    let alone = (sanitizer == ADDRESS).then_some(WITH_TOKIO);
    for test in TESTS.into_iter().chain(alone) {
        // A system that is named keeps the flags away from build scripts and macros, which run in the compiler.
        let mut command = run::cargo(&["test", "--target", &system]);
        command.args(test).env("RUSTC_BOOTSTRAP", "1");
        command.env(
            "CARGO_TARGET_DIR",
            workspace.target().join("sanitize").join(sanitizer),
        );
        // Watched code is slow enough.
        command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
        command.env("RUSTFLAGS", format!("-Zsanitizer={sanitizer} {MIXED}"));
        command.env(
            "TSAN_OPTIONS",
            format!("suppressions={} halt_on_error=1", suppressions.display()),
        );
        are_good &= run::succeeds(&mut command)?;
    }
    Ok(are_good)
}

/// The system that this toolchain builds for.
fn system() -> Result<String> {
    let version = run::output(&mut run::program("rustc", &["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| anyhow::anyhow!("rustc names no host"))
}

/// Runs the tests in miri, where it is at hand.
fn interpreted() -> Result<bool> {
    if !has_miri() {
        println!("skipped: nightly has no miri here (`rustup +nightly component add miri`)");
        return Ok(true);
    }
    let mut are_good = true;
    for test in WITHOUT_SOCKETS {
        let mut command = run::program("rustup", &["run", "nightly", "cargo", "miri", "test"]);
        own_toolchain(&mut command);
        // Property tests look for the file of their failures.
        command.args(test).env("MIRIFLAGS", "-Zmiri-disable-isolation");
        are_good &= run::succeeds(&mut command)?;
    }
    Ok(are_good)
}

/// Whether nightly has miri.
fn has_miri() -> bool {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "miri", "--version"]);
    own_toolchain(&mut command);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
