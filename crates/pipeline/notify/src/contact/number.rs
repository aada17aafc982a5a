//! Who answers for the number of a network, by the word of its registry.

use std::net::Ipv4Addr;

use atalaya_model::{MailAddress, Timestamp};

use super::sources::Said;
use super::{ContactError, ContactFinder};
use crate::contact::answer::Wait;

impl ContactFinder {
    /// The mailboxes that the registry names for the abuse of a network, by its number (ASN); empty where it names nobody, and none where no
    /// registry is known for the number.
    ///
    /// # Errors
    /// [`ContactError::Later`] where the registry cannot be asked now, or gives no answer; [`ContactError::Store`].
    pub async fn registered_for_number(
        &self,
        number: u32,
        now: Timestamp,
    ) -> Result<Option<Vec<MailAddress>>, ContactError> {
        // A search for a number is about no address.
        let mut search = self.search(Ipv4Addr::UNSPECIFIED.into(), now);
        self.recall_closed(now).await?;
        let said = self.sources.ask_number(number, &mut search).await;
        self.remember_closed(&mut search).await?;
        match said {
            Ok(Said::Named(addresses)) => Ok(Some(addresses)),
            Ok(Said::Nobody) => Ok(Some(Vec::new())),
            Ok(Said::NoRegistry) => Ok(None),
            Ok(Said::Failed(why)) => Err(ContactError::Later {
                at: now.plus(self.sources.retry_after()),
                why,
            }),
            Err(Wait { until, why }) => Err(ContactError::Later { at: until, why }),
        }
    }
}
