//! Asking by RDAP (RFC 9082 section 3.1.1, over HTTP as RFC 7480 says).

use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::rdap::{self, Network};
use atalaya_formats::{Basis, Holding};
use atalaya_model::{ContactSource, Prefix};
use atalaya_net::{HttpAnswer, HttpClient, HttpError, server_of};

use super::bootstrap::{Server, Servers};
use crate::contact::answer::{Answer, Outcome, Wait, neighbourhood, sentence};
use crate::contact::budget::{Budgets, LONGEST_CLOSED};
use crate::contact::choose::{Choice, choose};
use crate::contact::confidence;
use crate::contact::step::{Search, in_full};

/// What we accept (RFC 7480 section 4.2); servers that send another type are forgiven if it is JSON.
const ACCEPT: &str = "application/rdap+json, application/json;q=0.9";
/// The shortest patience, also for a server that asks for none or names a time that is past: it has just had too many questions.
const SHORTEST_WAIT: Duration = Duration::from_secs(60);

/// Asks RDAP servers.
#[derive(Debug)]
pub(super) struct Rdap {
    pub(super) client: HttpClient,
    pub(super) servers: Servers,
    pub(super) budgets: Arc<Budgets>,
    /// How long a server that asks for patience is left alone if it does not say.
    pub(super) retry_after: Duration,
}

impl Rdap {
    /// Asks about the address of a search.
    ///
    /// # Errors
    /// If the server cannot be asked before a certain time.
    pub(super) async fn ask(&self, search: &mut Search) -> Result<Outcome, Wait> {
        let server = match self.servers.server_for(&self.client, search).await {
            Ok(Some(server)) => server,
            Ok(None) => {
                let why = "no RDAP server is known for this address";
                search.end("rdap", search.address.to_string(), why);
                return Ok(Outcome::Unknown);
            }
            Err(why) => {
                search.end("rdap", search.address.to_string(), why.clone());
                return Ok(Outcome::Failed(why));
            }
        };
        let url = format!("{}/ip/{}", server.base.trim_end_matches('/'), search.address);
        let answer = match self.fetch(&url, search).await? {
            Ok(answer) => answer,
            Err(why) => return Ok(Outcome::Failed(why)),
        };
        match answer.status {
            200 => self.judge(&server, &answer, search).await,
            // "I have no information" (RFC 7480 section 5.3).
            404 => {
                search.end("rdap", url, "the registry knows no such network (status 404)");
                Ok(Outcome::Unknown)
            }
            status => {
                search.end("rdap", url, format!("the server answers with status {status}"));
                Ok(match status {
                    // It does not take the question, or not ours: so it will be the next time.
                    400 | 403 => useless(answer.url, search),
                    _ => Outcome::Failed(search.last_outcome()),
                })
            }
        }
    }

    /// Fetches `url` within the budgets of all servers on the way. The inner result is an answer, or why there is none; that is a step
    /// already.
    pub(super) async fn fetch(
        &self,
        url: &str,
        search: &mut Search,
    ) -> Result<Result<HttpAnswer, String>, Wait> {
        let now = search.now;
        search.begin();
        let leave = |server: &str| self.budgets.take(server, now);
        match self.client.get_with_leave(url, ACCEPT, leave).await {
            // 429 says "too often" (RFC 7480 section 5.5); 503 with a time says the same of everybody.
            Ok(answer) if answer.status == 429 || answer.status == 503 && answer.retry_after.is_some() => {
                Err(self.be_patient(&answer, search))
            }
            Ok(answer) => Ok(Ok(answer)),
            Err(HttpError::NotYet { host, until }) => {
                search.end(
                    "rdap",
                    url,
                    format!("not asked: {host} may be asked again at {until}"),
                );
                Err(Wait {
                    until,
                    why: format!("the query budget of {host} is used up"),
                })
            }
            Err(error) => {
                let why = in_full(&error);
                search.end("rdap", url, why.clone());
                Ok(Err(why))
            }
        }
    }

    /// Leaves the server that answered alone, as long as it asks for.
    fn be_patient(&self, answer: &HttpAnswer, search: &mut Search) -> Wait {
        let now = search.now;
        let server = server_of(&answer.url).map(|(host, _)| host).unwrap_or_default();
        let asked = answer.retry_after.as_deref();
        let until = asked
            .and_then(|value| rdap::retry_after(value, now))
            .unwrap_or_else(|| now.plus(self.retry_after))
            .clamp(now.plus(SHORTEST_WAIT), now.plus(LONGEST_CLOSED));
        self.budgets.close(&server, until, now);
        search.closed.push((server.clone(), until));
        search.end(
            "rdap",
            &answer.url,
            format!(
                "the server asks to be left alone until {until} (status {})",
                answer.status
            ),
        );
        Wait {
            until,
            why: format!("{server} asks to be left alone"),
        }
    }

    /// Judges an answer with status 200.
    async fn judge(
        &self,
        server: &Server,
        answer: &HttpAnswer,
        search: &mut Search,
    ) -> Result<Outcome, Wait> {
        let network = match rdap::read(&answer.body) {
            Ok(network) => network,
            Err(error) => {
                search.end("rdap", &answer.url, in_full(&error));
                return Ok(Outcome::Failed(search.last_outcome()));
            }
        };
        let Some(prefix) = network.prefix_for(search.address) else {
            search.end(
                "rdap",
                &answer.url,
                "refused: the answer speaks for other addresses",
            );
            return Ok(useless(answer.url.clone(), search));
        };
        let choice = choose(&network.mailboxes);
        let mut told = sentence(&registered(&network), &network.name, choice.as_ref());
        if choice.is_none() && network.withheld {
            told.push_str("; the registry withholds what it knows (RFC 9537)");
        }
        search.end("rdap", &answer.url, told);
        let choice = match choice {
            Some(named) if named.basis == Basis::Named => Some(named),
            // What is known already is not lost because the entity cannot be had now.
            Some(other) => {
                let linked = self.linked(&network, &answer.url, search).await;
                Some(linked.ok().flatten().unwrap_or(other))
            }
            None => self.linked(&network, &answer.url, search).await?,
        };
        Ok(outcome(network, prefix, choice, (server, answer)))
    }

    /// Follows the link of an abuse entity that came without its card, one link and on the same server only.
    async fn linked(
        &self,
        network: &Network,
        url: &str,
        search: &mut Search,
    ) -> Result<Option<Choice>, Wait> {
        let here = server_of(url);
        let Some(link) = network.abuse_links.iter().find(|link| server_of(link) == here) else {
            return Ok(None);
        };
        let Ok(answer) = self.fetch(link, search).await? else {
            return Ok(None);
        };
        let mailboxes = rdap::read_abuse_entity(&answer.body).unwrap_or_default();
        let choice = choose(&mailboxes);
        search.end(
            "rdap",
            &answer.url,
            sentence("the abuse entity", "", choice.as_ref()),
        );
        Ok(choice)
    }
}

/// What follows from an answer that is none, and will be none when it is asked for again.
fn useless(url: String, search: &Search) -> Outcome {
    Outcome::Useless(Answer {
        prefix: neighbourhood(search.address),
        network: String::new(),
        holding: Holding::Other,
        addresses: Vec::new(),
        source: ContactSource::Rdap { url },
        confidence: confidence::of_rdap(Basis::Named),
        dated: None,
    })
}

/// What follows from an answer about a network, and the choice of its contact.
fn outcome(
    network: Network,
    prefix: Prefix,
    choice: Option<Choice>,
    (server, said): (&Server, &HttpAnswer),
) -> Outcome {
    // A server answers for its own territory, whatever it says (RFC 9224 section 5 gave it no more).
    let prefix = if server.territory.covers(&prefix) {
        prefix
    } else {
        server.territory
    };
    let name = if network.name.is_empty() {
        network.handle
    } else {
        network.name
    };
    let answer = Answer {
        prefix,
        network: name,
        holding: network.holding,
        addresses: Vec::new(),
        source: ContactSource::Rdap {
            url: said.url.clone(),
        },
        confidence: confidence::of_rdap(Basis::Named),
        dated: None,
    };
    match choice {
        Some(Choice { addresses, basis }) => Outcome::Contact(Answer {
            addresses,
            confidence: confidence::of_rdap(basis),
            ..answer
        }),
        None => Outcome::Nobody(answer),
    }
}

/// The network as it is registered.
fn registered(network: &Network) -> String {
    match (&network.range, network.cidrs.first()) {
        (Some(range), _) => range.to_string(),
        (None, Some(cidr)) => cidr.to_string(),
        (None, None) => network.handle.clone(),
    }
}
