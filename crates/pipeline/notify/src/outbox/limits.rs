//! How long each part of handing a mail over may take (RFC 5321 section 4.5.3.2).

use std::time::Duration;

/// Finding a server, connecting to it, TLS and login, whatever the number of servers.
const CONNECT: Duration = Duration::from_secs(180);
/// The answer to the sender, or to the recipient.
const COMMAND: Duration = Duration::from_secs(300);
/// The answer to `DATA`.
const DATA: Duration = Duration::from_secs(120);

/// How long each part may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) command: Duration,
    pub(super) data: Duration,
    /// The mail itself, and the answer to the dot behind it.
    pub(super) dot: Duration,
}

impl Limits {
    /// Nothing takes longer than `dot`.
    pub(super) fn new(dot: Duration) -> Self {
        Self {
            connect: CONNECT.min(dot),
            command: COMMAND.min(dot),
            data: DATA.min(dot),
            dot,
        }
    }

    /// All together. The sender may be told twice: on a kept connection that ends, and on a new one.
    pub(super) fn total(self) -> Duration {
        let commands = self.command.saturating_mul(3);
        [self.connect, commands, self.data, self.dot]
            .into_iter()
            .fold(Duration::ZERO, Duration::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dot_has_its_time_alone_and_all_together_is_longer() {
        let limits = Limits::new(Duration::from_secs(600));
        let parts = [limits.connect, limits.command, limits.data, limits.dot];
        assert_eq!(parts.map(|part| part.as_secs()), [180, 300, 120, 600]);
        assert_eq!(limits.total(), Duration::from_secs(180 + 3 * 300 + 120 + 600));
        let short = Limits::new(Duration::from_secs(60));
        assert_eq!(short.total(), Duration::from_secs(6 * 60));
    }
}
