//! The contact of the number of a network, by the RDAP service of its registry (RFC 9082 section 3.1.2).

use atalaya_formats::Basis;
use atalaya_formats::rdap::{self, Autnum};
use atalaya_model::MailAddress;

use super::rdap::Rdap;
use crate::contact::answer::{Wait, sentence};
use crate::contact::choose::choose;
use crate::contact::step::{Search, in_full};

/// The name of these steps.
const STEP: &str = "autnum";

/// What the registry says of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::contact) enum Said {
    /// These are named for its abuse.
    Named(Vec<MailAddress>),
    /// Nobody is.
    Nobody,
    /// No registry is known for it.
    NoRegistry,
    /// It does not say, for this reason.
    Failed(String),
}

impl Rdap {
    /// Asks about the number of a network.
    ///
    /// # Errors
    /// If the server cannot be asked before a certain time.
    pub(super) async fn ask_number(&self, number: u32, search: &mut Search) -> Result<Said, Wait> {
        let base = match self.servers.server_for_number(&self.client, search, number).await {
            Ok(Some(base)) => base,
            Ok(None) => {
                search.end(
                    STEP,
                    format!("AS{number}"),
                    "no RDAP server is known for this number",
                );
                return Ok(Said::NoRegistry);
            }
            Err(why) => return Ok(Said::Failed(why)),
        };
        let url = format!("{}/autnum/{number}", base.trim_end_matches('/'));
        let answer = match self.fetch(&url, search).await? {
            Ok(answer) => answer,
            Err(why) => return Ok(Said::Failed(why)),
        };
        match answer.status {
            200 => Ok(judge(number, &answer.url, &answer.body, search)),
            404 => {
                search.end(STEP, url, "the registry knows no such number (status 404)");
                Ok(Said::Nobody)
            }
            status => {
                search.end(STEP, url, format!("the server answers with status {status}"));
                Ok(Said::Failed(search.last_outcome()))
            }
        }
    }
}

/// Whom an answer names for abuse, if it is one about the number.
fn judge(number: u32, url: &str, body: &[u8], search: &mut Search) -> Said {
    let autnum = match rdap::read_autnum(body) {
        // Blocks of numbers belong to registries: what is said of one is said of nobody's network.
        Ok(Autnum { first, last, .. }) if first != number || last != number => {
            search.end(STEP, url, "refused: the answer speaks for other numbers");
            return Said::Failed(search.last_outcome());
        }
        Ok(autnum) => autnum,
        Err(error) => {
            search.end(STEP, url, in_full(&error));
            return Said::Failed(search.last_outcome());
        }
    };
    // What stands in remarks, or with technical contacts, says nothing about who may speak for the network.
    let choice = choose(&autnum.mailboxes).filter(|choice| choice.basis == Basis::Named);
    search.end(
        STEP,
        url,
        sentence(&format!("AS{number}"), &autnum.name, choice.as_ref()),
    );
    choice.map_or(Said::Nobody, |choice| Said::Named(choice.addresses))
}
