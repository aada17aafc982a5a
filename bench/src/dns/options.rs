//! What one may ask of the benchmark: `--quick`, `--list 5m`, `--peers ours,echo,rbldnsd`, `--hits 10,50,90`, `--two-cores`.

use std::time::Duration;

use anyhow::{Context, bail, ensure};

use super::peers::Peer;

/// How a list is called, and how many single addresses it has; the real one has as many as there are.
pub(super) const LISTS: [(&str, usize); 5] = [
    ("1m", 1_000_000),
    ("5m", 5_000_000),
    ("50m", 50_000_000),
    ("100m", 100_000_000),
    (REAL, 0),
];
/// The list of the test data.
pub(super) const REAL: &str = "real";

/// What is to be measured.
#[derive(Debug)]
pub(super) struct Options {
    /// Names of lists.
    pub(super) lists: Vec<&'static str>,
    /// The servers.
    pub(super) peers: Vec<Peer>,
    /// Listed names among those asked for, in a hundred.
    pub(super) hits: Vec<u64>,
    /// Rounds for each server and share of hits.
    pub(super) rounds: usize,
    /// How long a round takes.
    pub(super) round: Duration,
    /// Different names asked for.
    pub(super) names: usize,
    /// Whether ours is measured with two processors too.
    pub(super) two_cores: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lists: vec!["5m"],
            peers: Peer::ALL.to_vec(),
            hits: vec![10, 50, 90],
            rounds: 3,
            round: Duration::from_millis(1500),
            names: 1_000_000,
            two_cores: false,
        }
    }
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// One of them is unknown.
    pub(super) fn read(arguments: &[String]) -> anyhow::Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => options.be_quick(),
                "--two-cores" => options.two_cores = true,
                name => {
                    let value = arguments
                        .next()
                        .with_context(|| format!("`{name}` needs a value"))?;
                    options.set(name, value)?;
                }
            }
        }
        Ok(options)
    }

    /// Short runs on a short list: for trying the benchmark itself.
    fn be_quick(&mut self) {
        self.lists = vec!["1m"];
        self.hits = vec![50];
        self.round = Duration::from_millis(500);
        self.names = 200_000;
    }

    fn set(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        let words = || value.split(',');
        match name {
            "--list" => self.lists = words().map(list).collect::<Result<_, _>>()?,
            "--hits" => {
                self.hits = words()
                    .map(str::parse)
                    .collect::<Result<_, _>>()
                    .context("--hits takes numbers")?;
                ensure!(
                    self.hits.iter().all(|hits| *hits <= 100),
                    "--hits are of a hundred"
                );
            }
            "--peers" => {
                let is_chosen = |peer: &Peer| words().any(|word| word == peer.word());
                self.peers = Peer::ALL.into_iter().filter(is_chosen).collect();
                for word in words() {
                    ensure!(
                        Peer::ALL.iter().any(|peer| peer.word() == word),
                        "no server is called `{word}`"
                    );
                }
            }
            other => bail!("no option is named `{other}`"),
        }
        Ok(())
    }
}

/// The name of a list, as the table has it.
fn list(word: &str) -> anyhow::Result<&'static str> {
    let found = LISTS.into_iter().find(|(name, _)| *name == word);
    Ok(found
        .with_context(|| format!("no list is called `{word}`: use 1m, 5m, 50m, 100m or real"))?
        .0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> anyhow::Result<Options> {
        Options::read(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn lists_servers_and_hits_are_chosen_by_their_words() {
        let options = read("--quick --list 50m,real --peers echo,rbldnsd --hits 0,100").unwrap();
        assert_eq!(options.lists, ["50m", "real"]);
        assert_eq!(options.peers.len(), 5);
        assert_eq!(options.hits, [0, 100]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for words in ["--list 2m", "--peers bind", "--hits 101", "--hits", "--fast yes"] {
            assert!(read(words).is_err(), "{words}");
        }
    }
}
