//! Asking by RDAP (RFC 9082 section 3.1.1, over HTTP as RFC 7480 says).

use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::rdap::{self, Network};
use atalaya_model::ContactSource;
use atalaya_net::{HttpAnswer, HttpClient, server_of};

use super::answer::{Answer, Outcome, Wait, sentence};
use super::bootstrap::{Server, Servers};
use super::budget::Budgets;
use super::choose::{Choice, choose};
use super::step::{Search, in_full};

/// What we accept (RFC 7480 section 4.2); servers that send another type are forgiven if it is JSON.
const ACCEPT: &str = "application/rdap+json, application/json;q=0.9";
/// The longest patience that a server can ask for: beyond that we look whether it has come to its senses.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

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
        let Some(server) = self.servers.server_for(&self.client, search).await else {
            search.end(
                "rdap",
                search.address.to_string(),
                "no RDAP server is known for this address",
            );
            return Ok(Outcome::Unknown);
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
                Ok(Outcome::Failed(search.last_outcome()))
            }
        }
    }

    /// Fetches `url` within the budget of its server. The inner result is an answer, or why there is none; that is a step already.
    async fn fetch(&self, url: &str, search: &mut Search) -> Result<Result<HttpAnswer, String>, Wait> {
        let now = search.now;
        let server = server_of(url).map(|(host, _)| host).unwrap_or_default();
        if let Err(until) = self.budgets.take(&server, now) {
            search.end(
                "rdap",
                url,
                format!("not asked: {server} may be asked again at {until}"),
            );
            return Err(Wait {
                until,
                why: format!("the query budget of {server} is used up"),
            });
        }
        search.begin();
        match self.client.get(url, ACCEPT).await {
            // 429 says "too often" (RFC 7480 section 5.5); 503 with a time says the same of everybody.
            Ok(answer) if answer.status == 429 || answer.status == 503 && answer.retry_after.is_some() => {
                let asked = answer
                    .retry_after
                    .as_deref()
                    .and_then(|value| rdap::retry_after(value, now));
                let until = asked
                    .unwrap_or_else(|| now.plus(self.retry_after))
                    .clamp(now, now.plus(LONGEST_WAIT));
                self.budgets.close(&server, until, now);
                search.end(
                    "rdap",
                    url,
                    format!(
                        "the server asks to be left alone until {until} (status {})",
                        answer.status
                    ),
                );
                Err(Wait {
                    until,
                    why: format!("{server} asks to be left alone"),
                })
            }
            Ok(answer) => Ok(Ok(answer)),
            Err(error) => {
                let why = in_full(&error);
                search.end("rdap", url, why.clone());
                Ok(Err(why))
            }
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
            return Ok(Outcome::Failed(search.last_outcome()));
        };
        let choice = choose(&network.mailboxes);
        search.end(
            "rdap",
            &answer.url,
            sentence(&registered(&network), &network.name, choice.as_ref()),
        );
        let choice = match self.linked(&network, &answer.url, search).await? {
            Some(linked) => Some(linked),
            None => choice,
        };
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
        let source = ContactSource::Rdap {
            url: answer.url.clone(),
        };
        Ok(match choice {
            Some(Choice { addresses, .. }) => Outcome::Contact(Answer {
                prefix,
                network: name,
                addresses,
                source,
            }),
            None => Outcome::Nobody(Answer {
                prefix,
                network: name,
                addresses: Vec::new(),
                source,
            }),
        })
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

/// The network as it is registered.
fn registered(network: &Network) -> String {
    match (&network.range, network.cidrs.first()) {
        (Some(range), _) => range.to_string(),
        (None, Some(cidr)) => cidr.to_string(),
        (None, None) => network.handle.clone(),
    }
}
