//! What the sources said about one address, and what follows from it.

use std::cmp::Reverse;
use std::net::IpAddr;

use atalaya_model::{Confidence, Prefix, Timestamp};

use super::answer::{Answer, Outcome, Wait};
use super::confidence::SURE;

/// What was said so far.
#[derive(Debug)]
pub(super) struct Gathered {
    /// What was asked about.
    address: IpAddr,
    /// Contacts, in the order of the cascade.
    found: Vec<Answer>,
    /// The first who knows the network and names nobody.
    nobody: Option<Answer>,
    /// The first who will not say.
    useless: Option<Answer>,
    /// The first who could not be asked, unless somebody had said before that nobody is named.
    wait: Option<Wait>,
    /// The operator has spoken.
    is_final: bool,
    /// What counts at all.
    least: Confidence,
}

impl Gathered {
    /// Nothing yet about an address. What is less sure than `least` will not count.
    pub(super) const fn new(address: IpAddr, least: Confidence) -> Self {
        Self {
            address,
            found: Vec::new(),
            nobody: None,
            useless: None,
            wait: None,
            is_final: false,
            least,
        }
    }

    /// Takes what one source said; if it failed, it may be asked again at `later`.
    pub(super) fn take(&mut self, outcome: Outcome, later: Timestamp) {
        match outcome {
            Outcome::Contact(answer) if answer.confidence >= self.least => {
                self.is_final |= answer.confidence == Confidence::FULL;
                self.found.push(answer);
            }
            Outcome::NobodyAtAll(answer) => {
                self.is_final = true;
                self.nobody = Some(answer);
            }
            Outcome::Nobody(answer) => self.nobody = self.nobody.take().or(Some(answer)),
            Outcome::Useless(answer) => self.useless = self.useless.take().or(Some(answer)),
            Outcome::Failed(why) => self.wait_for(Wait { until: later, why }),
            Outcome::Contact(_) | Outcome::Unknown => {}
        }
    }

    /// Somebody could not be asked.
    pub(super) fn wait_for(&mut self, wait: Wait) {
        if self.nobody.is_none() {
            self.wait = self.wait.take().or(Some(wait));
        }
    }

    /// Whether somebody knows the network and names nobody.
    pub(super) const fn knows_nobody(&self) -> bool {
        self.nobody.is_some()
    }

    /// Whether somebody will not say, so that asking all again soon is asking him in vain.
    pub(super) const fn is_useless(&self) -> bool {
        self.useless.is_some()
    }

    /// Whether nobody else has to be asked.
    pub(super) fn is_sure(&self) -> bool {
        self.is_over() || self.found.iter().any(|answer| answer.confidence >= SURE)
    }

    /// Whether nobody else may be asked.
    pub(super) const fn is_over(&self) -> bool {
        self.is_final
    }

    /// The best contact, else the word that there is none. A contact that is not sure counts only where all who know better were asked.
    ///
    /// # Errors
    /// Somebody who may know better could not be asked.
    pub(super) fn best(mut self) -> Result<Option<Answer>, Wait> {
        self.narrow();
        let Self {
            found,
            nobody,
            useless,
            wait,
            ..
        } = self;
        let best = found.into_iter().min_by_key(|answer| Reverse(answer.confidence));
        match (best, wait) {
            (Some(best), _) if best.confidence >= SURE => Ok(Some(best)),
            (_, Some(wait)) => Err(wait),
            (best, None) => Ok(best.or(nobody).or(useless)),
        }
    }

    /// All contacts, the best first and the earlier source before the later, and what kept somebody from answering.
    pub(super) fn ranked(mut self) -> (Vec<Answer>, Option<Wait>) {
        self.narrow();
        self.found.sort_by_key(|answer| Reverse(answer.confidence));
        (self.found, self.wait)
    }

    /// Who is no registry speaks for the network in which the registry names nobody, else for the address alone: the neighbours may have a
    /// contact there.
    fn narrow(&mut self) {
        let unit = Prefix::unit(self.address);
        let free = self.nobody.as_ref().map_or(unit, |nobody| nobody.prefix);
        for guess in self.found.iter_mut().filter(|answer| !answer.is_registered()) {
            // All of them stand around the address, so that the longer is the overlap.
            if guess.prefix.length() < free.length() {
                guess.prefix = free;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use atalaya_formats::Holding;
    use atalaya_model::ContactSource;

    use super::*;

    fn answer(name: &str, percent: u8) -> Answer {
        Answer {
            prefix: "192.0.2.0/24".parse().unwrap(),
            network: name.to_owned(),
            holding: Holding::Other,
            addresses: vec!["abuse@example.net".parse().unwrap()],
            source: ContactSource::Zone {
                name: name.to_owned(),
            },
            confidence: Confidence::percent(percent),
            dated: None,
        }
    }

    fn gathered(outcomes: Vec<Outcome>) -> Gathered {
        let mut all = Gathered::new("192.0.2.7".parse().unwrap(), Confidence::percent(20));
        for outcome in outcomes {
            all.take(outcome, Timestamp::EPOCH);
        }
        all
    }

    fn best(outcomes: Vec<Outcome>) -> Result<String, String> {
        let best = gathered(outcomes).best();
        best.map(|answer| answer.map_or_else(String::new, |answer| answer.network))
            .map_err(|wait| wait.why)
    }

    #[test]
    fn the_surest_contact_wins_and_of_equals_the_earlier() {
        let contacts = || vec![answer("a", 30), answer("b", 60), answer("c", 60), answer("d", 10)];
        let outcomes = || contacts().into_iter().map(Outcome::Contact).collect();
        assert_eq!(best(outcomes()), Ok("b".to_owned()));
        let (ranked, _) = gathered(outcomes()).ranked();
        let names: Vec<_> = ranked.iter().map(|answer| answer.network.as_str()).collect();
        assert_eq!(
            names,
            ["b", "c", "a"],
            "what is less sure than the least does not count"
        );
    }

    #[test]
    fn a_guess_waits_for_who_may_know_better() {
        let failed = || Outcome::Failed("x".to_owned());
        let guess = || Outcome::Contact(answer("guess", 30));
        let sure = || Outcome::Contact(answer("sure", 90));
        let nobody = || Outcome::Nobody(answer("nobody", 90));
        assert_eq!(best(vec![failed(), guess()]), Err("x".to_owned()));
        assert_eq!(best(vec![failed(), sure()]), Ok("sure".to_owned()));
        assert_eq!(best(vec![nobody(), failed(), guess()]), Ok("guess".to_owned()));
        assert_eq!(best(vec![nobody(), failed()]), Ok("nobody".to_owned()));
        assert_eq!(best(vec![failed(), nobody()]), Err("x".to_owned()));
        assert_eq!(best(vec![Outcome::Unknown]), Ok(String::new()));
    }

    #[test]
    fn the_word_of_the_operator_ends_the_search() {
        let all = gathered(vec![Outcome::NobodyAtAll(answer("own", 100))]);
        assert!(all.is_over() && all.is_sure());
        assert_eq!(all.best().unwrap().unwrap().network, "own");
        assert!(gathered(vec![Outcome::Contact(answer("own", 100))]).is_over());
        assert!(!gathered(vec![Outcome::Contact(answer("bulk", 90))]).is_over());
    }
}
