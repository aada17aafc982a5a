//! The tally of a test run.
//!
//! In: the lines that cargo prints, how it ended, and the skips that tests wrote down. Out: how many passed, failed and were
//! skipped. A skipped test ends well for cargo, so each skip is taken off the passed ones: it is reported, never counted as passed.

use std::collections::BTreeMap;
use std::process::ExitStatus;

/// Counts of one run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    /// Tests that ended well for cargo, with those that skipped.
    ended_well: usize,
    /// Tests that failed.
    failed: usize,
    /// Tests that cargo was told to ignore.
    ignored: usize,
    /// Reasons of skips, each with how often it was given.
    skips: BTreeMap<String, usize>,
    /// What went wrong beside the tests themselves.
    trouble: Option<&'static str>,
}

impl Tally {
    /// Reads one line of cargo's output.
    pub(super) fn read(&mut self, line: &str) {
        // A test that prints without a line end can push the words away from the start of the line.
        let Some((_, result)) = line.split_once("test result: ") else {
            return;
        };
        let count = |word: &str| {
            let part = result
                .split(['.', ';'])
                .find_map(|part| part.trim().strip_suffix(word));
            part.and_then(|number| number.trim().parse().ok())
                .unwrap_or(0_usize)
        };
        self.ended_well += count("passed");
        self.failed += count("failed");
        self.ignored += count("ignored");
    }

    /// Takes in how cargo ended, when all else is read. A test program that does not build or that dies prints no result, and must
    /// not go unseen.
    pub(super) fn end(&mut self, status: ExitStatus) {
        if !status.success() && self.failed == 0 {
            self.failed = 1;
            self.trouble = Some(
                "cargo test failed beside the tests (a build, or a test program that died): counted as one failure",
            );
        } else if status.success() && self.passed() == 0 {
            self.failed = 1;
            self.trouble = Some("no test ran: counted as one failure");
        }
    }

    /// Reads the skips, one on each line.
    pub(super) fn read_skips(&mut self, text: &str) {
        for reason in text.lines().map(str::trim).filter(|reason| !reason.is_empty()) {
            *self.skips.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// The reasons of skips, each with how often it was given.
    pub(super) fn skips(&self) -> impl Iterator<Item = (&str, usize)> {
        let ignored = (self.ignored > 0).then_some(("marked with #[ignore]", self.ignored));
        self.skips
            .iter()
            .map(|(reason, count)| (reason.as_str(), *count))
            .chain(ignored)
    }

    /// What went wrong beside the tests themselves.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        self.trouble
    }

    /// Whether nothing failed.
    pub(super) fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// The last line of a run, which CI reads; `others` are failures that are no tests.
    pub(super) fn last_line(&self, others: usize) -> String {
        let (failed, skipped) = (self.failed + others, self.written_skips() + self.ignored);
        format!("{} passed, {failed} failed, {skipped} skipped", self.passed())
    }

    /// Tests that ran to a good end.
    fn passed(&self) -> usize {
        self.ended_well.saturating_sub(self.written_skips())
    }

    /// Skips that tests wrote down.
    fn written_skips(&self) -> usize {
        self.skips.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    /// How cargo ends when all went well, and otherwise.
    const WELL: i32 = 0;
    const BADLY: i32 = 101 << 8;

    const GOOD: &str =
        "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s";
    const BAD: &str =
        "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s";

    fn tally(lines: &[&str], status: i32, skips: &str) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(line);
        }
        tally.read_skips(skips);
        tally.end(ExitStatus::from_raw(status));
        tally
    }

    #[test]
    fn results_of_all_programs_are_added() {
        let tally = tally(&["running 12 tests", GOOD, "noise", BAD], BADLY, "");
        assert_eq!(tally.last_line(0), "15 passed, 2 failed, 1 skipped");
        assert!(!tally.is_good());
        assert_eq!(tally.trouble(), None);
    }

    #[test]
    fn a_skip_is_not_a_pass() {
        let tally = tally(&[GOOD], WELL, "no initdb here\n\nno initdb here\nno dig here\n");
        assert_eq!(tally.last_line(0), "9 passed, 0 failed, 4 skipped");
        let skips: Vec<_> = tally.skips().collect();
        assert_eq!(
            skips,
            [
                ("no dig here", 1),
                ("no initdb here", 2),
                ("marked with #[ignore]", 1)
            ]
        );
    }

    #[test]
    fn a_run_without_tests_fails() {
        let empty =
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        for lines in [&[][..], &[empty]] {
            let tally = tally(lines, WELL, "");
            assert!(!tally.is_good());
            assert_eq!(tally.last_line(0), "0 passed, 1 failed, 0 skipped");
        }
    }

    #[test]
    fn a_run_of_skips_alone_fails() {
        let one =
            "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(
            tally(&[one], WELL, "no dig here\n").last_line(0),
            "0 passed, 1 failed, 1 skipped"
        );
    }

    #[test]
    fn a_test_program_that_dies_is_a_failure() {
        let tally = tally(&[GOOD], BADLY, "");
        assert!(!tally.is_good());
        assert_eq!(tally.last_line(0), "12 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn failed_checks_are_told_in_the_last_line() {
        assert_eq!(
            tally(&[GOOD], WELL, "").last_line(2),
            "12 passed, 2 failed, 1 skipped"
        );
    }

    #[test]
    fn a_result_is_found_behind_what_a_test_printed() {
        assert_eq!(
            tally(&[&format!("half a line{GOOD}")], WELL, "").last_line(0),
            "12 passed, 0 failed, 1 skipped"
        );
    }
}
