//! The file `security.txt` of the domain of the reverse name (RFC 9116): the last and the least.

use std::sync::Arc;

use atalaya_formats::Holding;
use atalaya_formats::contacts::SecurityTxt;
use atalaya_model::{ContactSource, Prefix};
use atalaya_net::HttpClient;

use super::Source;
use super::reverse::Reverse;
use crate::contact::answer::{Answer, Outcome};
use crate::contact::budget::Budgets;
use crate::contact::choose::usable;
use crate::contact::confidence;
use crate::contact::step::{Search, in_full};

/// The type of the file (section 3).
const ACCEPT: &str = "text/plain";

/// Fetches the files.
#[derive(Debug)]
pub(super) struct SecurityTxtFiles {
    client: HttpClient,
    budgets: Arc<Budgets>,
}

impl SecurityTxtFiles {
    pub(super) const fn new(client: HttpClient, budgets: Arc<Budgets>) -> Self {
        Self { client, budgets }
    }

    /// Asks the domain of the reverse name.
    pub(super) async fn ask(&self, reverse: &Reverse, search: &mut Search) -> Outcome {
        match reverse.name(search).await {
            Ok(Some(found)) => {
                let url = format!("https://{}/.well-known/security.txt", found.domain);
                self.fetch(&url, search).await
            }
            Ok(None) => Outcome::Unknown,
            Err(why) => Outcome::Failed(why),
        }
    }

    /// Fetches one file. That it cannot be had is no failure: hardly anybody has one, and nobody waits for the least of all sources.
    async fn fetch(&self, url: &str, search: &mut Search) -> Outcome {
        search.begin();
        let now = search.now;
        let leave = |server: &str| self.budgets.take(server, now);
        let told = match self.client.get_with_leave(url, ACCEPT, leave).await {
            Ok(answer) if answer.status == 200 => {
                let file = SecurityTxt::read(&answer.body);
                match contact(&file, url, search) {
                    Some(found) => {
                        let told = found.addresses[0].to_string();
                        search.end(Source::SecurityTxt.name(), url, told);
                        return Outcome::Contact(found);
                    }
                    None => "names no mailbox, or has ended".to_owned(),
                }
            }
            Ok(answer) => format!("the server answers with status {}", answer.status),
            Err(error) => in_full(&error),
        };
        search.end(Source::SecurityTxt.name(), url, told);
        Outcome::Unknown
    }
}

/// The contact of a file that holds.
fn contact(file: &SecurityTxt, url: &str, search: &Search) -> Option<Answer> {
    let addresses = usable(file.mailboxes.iter().cloned());
    (!addresses.is_empty() && file.holds(search.now)).then(|| Answer {
        prefix: Prefix::unit(search.address),
        network: String::new(),
        holding: Holding::Other,
        addresses,
        source: ContactSource::SecurityTxt { url: url.to_owned() },
        confidence: confidence::SECURITY_TXT,
        dated: None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use atalaya_model::Clock;
    use atalaya_net::{ExchangeLimits, Reach};
    use atalaya_testkit::TestClock;
    use atalaya_testkit::peers::{HttpPeer, HttpReply};

    use super::*;

    async fn told(reply: HttpReply) -> (Option<String>, String) {
        let peer = HttpPeer::start(move |_path| reply.clone()).await.unwrap();
        let mut reach = Reach::default();
        reach.allow("127.0.0.1", peer.address().port());
        let limits = ExchangeLimits {
            timeout: Duration::from_secs(60),
            max_answer: 10_000,
        };
        let client = HttpClient::new(limits, 2, Arc::new(reach)).unwrap();
        let files = SecurityTxtFiles::new(client, Arc::new(Budgets::new(9, &BTreeMap::new())));
        let now = TestClock::default().now();
        let mut search = Search::new("192.0.2.1".parse().unwrap(), now, Clock::system());
        let outcome = files
            .fetch(&peer.url("/.well-known/security.txt"), &mut search)
            .await;
        let mailbox = match outcome {
            Outcome::Contact(answer) => Some(answer.addresses[0].to_string()),
            _ => None,
        };
        (mailbox, search.last_outcome())
    }

    fn file(text: &str) -> HttpReply {
        HttpReply::Full(200, Vec::new(), text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn a_mailbox_is_taken_while_the_file_holds() {
        let found = told(file(
            "Contact: mailto:security@example.net\nExpires: 2027-06-01T00:00:00Z\n",
        ))
        .await;
        assert_eq!(found.0.as_deref(), Some("security@example.net"));
        for (reply, why) in [
            (
                file("Contact: mailto:security@example.net\nExpires: 2020-06-01T00:00:00Z\n"),
                "has ended",
            ),
            (file("Contact: mailto:security@example.net\n"), "has ended"),
            (file("<html>welcome</html>"), "names no mailbox"),
            (HttpReply::status(404), "status 404"),
            (
                HttpReply::Endless(b"Contact: mailto:a@example.net\n".to_vec()),
                "larger than",
            ),
            (
                HttpReply::redirect("http://10.0.0.1/"),
                "reserved for private use",
            ),
        ] {
            let (mailbox, outcome) = told(reply).await;
            assert!(mailbox.is_none() && outcome.contains(why), "{outcome}");
        }
    }
}
