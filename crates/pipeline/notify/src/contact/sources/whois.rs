//! Asking by WHOIS (RFC 3912), from server to server as they refer us on.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::Basis;
use atalaya_formats::whois::{self, Match, Referral};
use atalaya_model::{ContactSource, Prefix};
use atalaya_net::{ExchangeLimits, Reach, WHOIS_PORT, ask};

use crate::contact::answer::{Answer, Outcome, Wait, neighbourhood, sentence};
use crate::contact::budget::Budgets;
use crate::contact::choose::{Choice, choose, is_of_registry};
use crate::contact::confidence;
use crate::contact::step::{Search, in_full};

/// Asks WHOIS servers.
#[derive(Debug)]
pub(super) struct Whois {
    /// Where to begin; none where the operator turned WHOIS off.
    pub(super) first: Option<Referral>,
    /// Where servers are reached, by their names, where that is elsewhere.
    pub(super) elsewhere: BTreeMap<String, Referral>,
    pub(super) limits: ExchangeLimits,
    pub(super) max_hops: u32,
    pub(super) reach: Arc<Reach>,
    pub(super) budgets: Arc<Budgets>,
    /// How long a server that turns us away is left alone.
    pub(super) retry_after: Duration,
}

/// What the servers said on the way, the last the best informed.
#[derive(Default)]
struct Trail {
    said: Vec<(String, Match)>,
    /// What the next server may speak for: the network about which the last one referred to it. None for the first server.
    territory: Option<Prefix>,
    failed: Option<String>,
}

impl Whois {
    /// Asks about the address of a search.
    ///
    /// # Errors
    /// If a server cannot be asked before a certain time.
    pub(super) async fn ask(&self, search: &mut Search) -> Result<Outcome, Wait> {
        let mut trail = Trail::default();
        let mut seen = HashSet::new();
        let mut next = self.first.clone();
        for hop in 0..self.max_hops {
            let Some(server) = next.take() else { break };
            if !seen.insert(server.clone()) {
                search.end("whois", server.host, "referred in a circle; nobody else to ask");
                break;
            }
            // Whoever else we are referred to is the network's own, which must not keep the search from ending.
            let is_needed = hop == 0 || is_of_registry(&server.host);
            next = match self.fetch(&server, search).await {
                Ok(Ok(answer)) => trail.follow(&server.host, answer, search),
                Ok(Err(why)) if is_needed => {
                    trail.failed = Some(why);
                    None
                }
                // What is known already is not lost because the next server has had enough of us.
                Err(wait) if is_needed && !trail.names_a_contact() => return Err(wait),
                Ok(Err(_)) | Err(_) => None,
            };
        }
        Ok(trail.end())
    }

    /// Asks one server within its budget. The inner result is an answer, or why there is none; that is a step already.
    async fn fetch(
        &self,
        server: &Referral,
        search: &mut Search,
    ) -> Result<Result<whois::Answer, String>, Wait> {
        let (name, now) = (&server.host, search.now);
        if let Err(until) = self.budgets.take(name, now) {
            search.end(
                "whois",
                name,
                format!("not asked: it may be asked again at {until}"),
            );
            return Err(Wait {
                until,
                why: format!("the query budget of {name} is used up"),
            });
        }
        let place = self.elsewhere.get(name).unwrap_or(server);
        let question = question(name, search.address);
        search.begin();
        let bytes = match ask(
            &place.host,
            place.port.unwrap_or(WHOIS_PORT),
            &question,
            self.limits,
            &self.reach,
        )
        .await
        {
            Ok(bytes) => bytes,
            Err(error) => {
                let why = in_full(&error);
                search.end("whois", name, why.clone());
                return Ok(Err(why));
            }
        };
        let answer = whois::read(&bytes);
        if let Some(refusal) = answer.refusal {
            let until = now.plus(self.retry_after);
            self.budgets.close(name, until, now);
            search.closed.push((name.clone(), until));
            search.end("whois", name, format!("turned away: {refusal}"));
            return Err(Wait {
                until,
                why: format!("{name} turned us away"),
            });
        }
        Ok(Ok(answer))
    }
}

impl Trail {
    /// Takes what a server said; gives the one that it refers us to.
    fn follow(&mut self, server: &str, answer: whois::Answer, search: &mut Search) -> Option<Referral> {
        let referred = answer
            .referral
            .as_ref()
            .map(|referral| format!("; refers to {}", referral.host));
        let said = answer
            .about(search.address)
            .map(|found| self.within_territory(found));
        self.territory = Some(
            said.as_ref()
                .map_or_else(|| neighbourhood(search.address), |found| found.prefix),
        );
        let outcome = match &said {
            Some(found) => sentence(
                &found.prefix.to_string(),
                &found.name,
                choose(&found.mailboxes).as_ref(),
            ),
            None => "says nothing about this address".to_owned(),
        };
        search.end("whois", server, outcome + &referred.unwrap_or_default());
        self.said.extend(said.map(|found| (server.to_owned(), found)));
        answer.referral
    }

    /// A server speaks for the network about which another referred to it, whatever it claims.
    fn within_territory(&self, found: Match) -> Match {
        match self.territory {
            Some(territory) if !territory.covers(&found.prefix) => Match {
                prefix: territory,
                ..found
            },
            _ => found,
        }
    }

    fn names_a_contact(&self) -> bool {
        let mut said = self.said.iter();
        said.any(|(_, found)| choose(&found.mailboxes).is_some())
    }

    /// The last server that names a contact is right: the ones before referred to it. A contact counts even if a server behind it
    /// failed, because it is the next best.
    fn end(self) -> Outcome {
        let mut last_known = None;
        for (server, found) in self.said.into_iter().rev() {
            let choice = choose(&found.mailboxes);
            let source = ContactSource::Whois { server };
            let answer = Answer {
                prefix: found.prefix,
                network: found.name,
                holding: found.holding,
                addresses: Vec::new(),
                source,
                confidence: confidence::of_text(Basis::Named),
                dated: None,
            };
            if let Some(Choice { addresses, basis }) = choice {
                return Outcome::Contact(Answer {
                    addresses,
                    confidence: confidence::of_text(basis),
                    ..answer
                });
            }
            last_known = last_known.or(Some(answer));
        }
        match (self.failed, last_known) {
            (Some(why), _) => Outcome::Failed(why),
            (None, Some(answer)) => Outcome::Nobody(answer),
            (None, None) => Outcome::Unknown,
        }
    }
}

/// The question in the form that the server understands best. ARIN guesses what a bare address means and then hides the contacts; `n`
/// says that it is a network, `+` asks for all that is known. All others take the bare address.
fn question(server: &str, address: IpAddr) -> String {
    if server == "whois.arin.net" {
        format!("n + {address}")
    } else {
        address.to_string()
    }
}
