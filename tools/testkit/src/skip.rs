//! Skipping: a test that cannot run says so, and is counted.

use std::fs::OpenOptions;
use std::io::Write;

/// Tells that the running test is skipped, and why: on standard error, and in the file named by `ATALAYA_SKIPS` if it is set.
///
/// # Panics
/// The file cannot be written: a skip that nobody counts would look like a pass.
#[expect(clippy::print_stderr, reason = "cargo shows the standard error of tests")]
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration; xtask hands the file over this way"
)]
#[expect(clippy::expect_used, reason = "this runs in tests only")]
pub fn skip(reason: &str) {
    eprintln!("SKIPPED: {reason}");
    if let Ok(path) = std::env::var("ATALAYA_SKIPS") {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .expect("the list of skips opens");
        writeln!(file, "{}", reason.replace('\n', " ")).expect("the list of skips is written");
    }
}
