//! How well somebody did who looked for contacts.

use std::fmt;

/// What came of one sample, from bad to good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Only people who are not right to write to.
    Wrong,
    /// Nobody, where somebody is right.
    Missed,
    /// Somebody who is right, and others.
    Mixed,
    /// Exactly as somebody found right who read it; also that there is nobody.
    Right,
}

impl Verdict {
    /// Of what was found.
    pub(super) fn of(found: &[String], right: &[&str]) -> Self {
        let hits = hits(found, right);
        match (found.len(), hits) {
            (0, _) if right.is_empty() => Self::Right,
            (0, _) => Self::Missed,
            (_, 0) => Self::Wrong,
            (all, hits) if all == hits => Self::Right,
            _ => Self::Mixed,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wrong => "wrong",
            Self::Missed => "missed",
            Self::Mixed => "right and others",
            Self::Right => "right",
        })
    }
}

/// Over many samples.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Score {
    /// Mailboxes that were found, and how many of them are right.
    mailboxes: (usize, usize),
    /// Samples with somebody to write to, and of how many he was found.
    samples: (usize, usize),
}

impl Score {
    /// Adds a sample.
    pub(super) fn add(&mut self, found: &[String], right: &[&str]) {
        let hits = hits(found, right);
        self.mailboxes.0 += found.len();
        self.mailboxes.1 += hits;
        self.samples.0 += usize::from(!right.is_empty());
        self.samples.1 += usize::from(hits > 0);
    }
}

impl fmt::Display for Score {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |(whole, part): (usize, usize)| part * 100 / whole.max(1);
        let ((found, right), (there, reached)) = (self.mailboxes, self.samples);
        write!(
            formatter,
            "precision {} % ({right} of {found} mailboxes), recall {} % ({reached} of {there} samples)",
            share(self.mailboxes),
            share(self.samples)
        )
    }
}

fn hits(found: &[String], right: &[&str]) -> usize {
    let is_right = |mailbox: &&String| right.iter().any(|right| right.eq_ignore_ascii_case(mailbox));
    found.iter().filter(is_right).count()
}
