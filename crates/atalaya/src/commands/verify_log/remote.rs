//! A log on another machine, fetched piece by piece: patiently while its server wants to be asked less, briefly while it is out of order, and never
//! without a word to whoever waits.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use atalaya_net::{ExchangeLimits, HttpClient, Reach, server_of};

/// The largest answer: a bundle of 256 entries, each as long as it may be.
const MAX_ANSWER: usize = 256 * (65_535 + 2);
/// How long a server may take for one.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause before it is asked again, where it does not say how long.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest that is waited for one piece in all while the server is out of order: a restart takes less.
const LONGEST_DOWN: Duration = Duration::from_secs(40);
/// The same while it says that we ask too much: ours counts by the minute.
const LONGEST_BUSY: Duration = Duration::from_secs(180);
/// What is asked for.
const ACCEPT: &str = "application/octet-stream, text/plain";

/// A log on another machine.
pub(super) struct Remote {
    url: String,
    client: HttpClient,
}

impl Remote {
    /// The log at an address.
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        let mut reach = Reach::default();
        let (host, port) = server_of(url).with_context(|| format!("`{url}` is not an address of the web"))?;
        reach.allow(&host, port);
        let limits = ExchangeLimits {
            timeout: PATIENCE,
            max_answer: MAX_ANSWER,
        };
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            client: HttpClient::new(limits, 2, Arc::new(reach))?,
        })
    }

    /// Fetches a text.
    pub(super) async fn text(&self, path: &str, tell: impl Fn(&str)) -> anyhow::Result<String> {
        let bytes = self.fetch(path, tell).await?;
        String::from_utf8(bytes).with_context(|| format!("{path} is no text"))
    }

    /// Fetches what stands at a path; `tell` hears why that takes long.
    pub(super) async fn fetch(&self, path: &str, tell: impl Fn(&str)) -> anyhow::Result<Vec<u8>> {
        let url = format!("{}/{path}", self.url);
        let mut waits = Waits::default();
        loop {
            let answer = self.client.get(&url, ACCEPT).await.with_context(|| url.clone())?;
            let refusal = match answer.status {
                200 => return Ok(answer.body),
                429 => Refusal::Busy,
                503 => Refusal::Down,
                status => bail!("{url} answers with status {status}"),
            };
            let pause = waits
                .pause(refusal, answer.retry_after.as_deref())
                .with_context(|| url.clone())?;
            let seconds = pause.as_secs();
            tell(&format!("{url} {}: asking again in {seconds} s", refusal.words()));
            tokio::time::sleep(pause).await;
        }
    }
}

/// Writes a line to whoever waits. Nobody may be there to read it.
pub(super) fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// Why a server gave nothing, where asking again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// We ask too much (429).
    Busy,
    /// It is out of order (503).
    Down,
}

impl Refusal {
    const fn words(self) -> &'static str {
        match self {
            Self::Busy => "wants to be asked less (status 429)",
            Self::Down => "is out of order (status 503)",
        }
    }

    /// How long all pauses for one piece may be together.
    const fn longest(self) -> Duration {
        match self {
            Self::Busy => LONGEST_BUSY,
            Self::Down => LONGEST_DOWN,
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::Busy => "run this again later; with --state only what is new is read",
            Self::Down => {
                "the log stands still, or its server does: run this again later, and ask its operator if that lasts"
            }
        }
    }
}

/// How long one piece was waited for.
#[derive(Debug, Default)]
struct Waits {
    waited: Duration,
}

impl Waits {
    /// How long to wait before asking again: as long as the server says in seconds, and never less. A date, and nonsense, count as nothing said.
    ///
    /// # Errors
    /// That would be too long.
    fn pause(&mut self, refusal: Refusal, said: Option<&str>) -> anyhow::Result<Duration> {
        let said = said.and_then(|text| text.trim().parse().ok());
        let pause = said
            .map_or(PAUSE, Duration::from_secs)
            .max(Duration::from_secs(1));
        let waited = self.waited;
        self.waited = waited.saturating_add(pause);
        ensure!(
            self.waited <= refusal.longest(),
            "it {}, and wants to be asked again in {} s, after {} s already: {}",
            refusal.words(),
            pause.as_secs(),
            waited.as_secs(),
            refusal.advice()
        );
        Ok(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_waited_for_as_long_as_it_says_and_not_for_ever() {
        let mut waits = Waits::default();
        let second = Duration::from_secs(1);
        assert_eq!(waits.pause(Refusal::Busy, Some("60")).unwrap(), second * 60);
        assert_eq!(waits.pause(Refusal::Busy, Some(" 0 ")).unwrap(), second);
        assert_eq!(waits.pause(Refusal::Busy, None).unwrap(), PAUSE);
        let date = "Fri, 27 Nov 2026 20:00:00 GMT";
        assert_eq!(waits.pause(Refusal::Busy, Some(date)).unwrap(), PAUSE);
        let told = waits.pause(Refusal::Busy, Some("3600")).unwrap_err().to_string();
        assert!(
            told.contains("again in 3600 s, after 65 s already") && told.contains("--state"),
            "{told}"
        );
    }

    #[test]
    fn a_log_that_is_out_of_order_is_given_up_sooner_than_one_that_is_busy() {
        let mut waits = Waits::default();
        let mut pauses = 0;
        let told = loop {
            match waits.pause(Refusal::Down, None) {
                Ok(_pause) => pauses += 1,
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!(PAUSE * pauses, LONGEST_DOWN);
        assert!(told.contains("ask its operator"), "{told}");
        assert!(
            Waits::default()
                .pause(Refusal::Down, Some("18446744073709551615"))
                .is_err()
        );
    }
}
