//! Whom to tell about a domain name: its registrar, and the networks of the machines that it leads to.

use std::net::{IpAddr, Ipv4Addr};

use atalaya_model::{MailAddress, Timestamp};
use atalaya_store::SetContact;
use serde::{Deserialize, Serialize};

use super::answer::Wait;
use super::{ContactError, ContactFinder, Explanation, Step};

/// Most machines of one name whose networks are looked for.
const MOST_HOSTS: usize = 4;

/// The registrar of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrar {
    /// The domain that is registered: the name that was asked about, or one above it.
    pub domain: String,
    /// The registrar's name.
    pub name: String,
    /// Its mailboxes for abuse; empty where it names none.
    pub addresses: Vec<MailAddress>,
    /// The address of the answer.
    pub url: String,
}

/// Whom to tell about a domain name.
#[derive(Debug)]
pub struct DomainContacts {
    /// What a person set for the name or a domain above it.
    pub by_hand: Result<Option<SetContact>, ContactError>,
    /// The registrar; none where the name is not registered, or nobody can be asked.
    pub registrar: Result<Option<Registrar>, ContactError>,
    /// How it was found.
    pub steps: Vec<Step>,
    /// The machines behind the name, and their contacts.
    pub hosts: Vec<(IpAddr, Explanation)>,
}

impl ContactFinder {
    /// Finds whom to tell about a domain name, and tells every step.
    pub async fn explain_domain(&self, name: &str, now: Timestamp) -> DomainContacts {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        // A search for a name is about no address.
        let mut search = self.search(Ipv4Addr::UNSPECIFIED.into(), now);
        let registrar = match self.sources.ask_registrar(&name, &mut search).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(why)) => Err(ContactError::Later {
                at: now.plus(self.sources.retry_after()),
                why,
            }),
            Err(Wait { until, why }) => Err(ContactError::Later { at: until, why }),
        };
        let registrar = match self.remember_closed(&mut search).await {
            Ok(()) => registrar,
            Err(failed) => Err(failed.into()),
        };
        let mut hosts = Vec::new();
        for address in self
            .sources
            .addresses_of(&name, &mut search)
            .await
            .into_iter()
            .take(MOST_HOSTS)
        {
            hosts.push((address, self.explain(address, now).await));
        }
        DomainContacts {
            by_hand: self.store.contact_set_above(&name, now).await.map_err(Into::into),
            registrar,
            steps: search.into_taken(),
            hosts,
        }
    }
}
