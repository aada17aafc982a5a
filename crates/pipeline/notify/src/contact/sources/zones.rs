//! Contact zones in DNS: a TXT record under the address written backwards, as Abusix lays them out.

use atalaya_formats::contacts::mailboxes_of_text;
use atalaya_formats::{Holding, dnsbl};
use atalaya_model::{ContactSource, MailAddress, Prefix};
use atalaya_net::Resolver;

use super::Source;
use crate::contact::answer::{Answer, Outcome, neighbourhood};
use crate::contact::choose::usable;
use crate::contact::confidence;
use crate::contact::step::{Search, in_full};

/// The zones of the configuration, asked in their order.
#[derive(Debug)]
pub(super) struct Zones {
    zones: Vec<String>,
    resolver: Option<Resolver>,
}

impl Zones {
    pub(super) const fn new(zones: Vec<String>, resolver: Option<Resolver>) -> Self {
        Self { zones, resolver }
    }

    /// What the first zone says that says anything.
    pub(super) async fn ask(&self, search: &mut Search) -> Outcome {
        let mut failed = None;
        for zone in &self.zones {
            match self.ask_one(zone, search).await {
                Outcome::Failed(why) => failed = failed.or(Some(why)),
                found @ Outcome::Contact(_) => return found,
                Outcome::Nobody(_) | Outcome::NobodyAtAll(_) | Outcome::Useless(_) | Outcome::Unknown => {}
            }
        }
        failed.map_or(Outcome::Unknown, Outcome::Failed)
    }

    async fn ask_one(&self, zone: &str, search: &mut Search) -> Outcome {
        let labels = dnsbl::write(&Prefix::single(search.address));
        let (Some(resolver), Some(labels)) = (&self.resolver, labels) else {
            return Outcome::Unknown;
        };
        let name = format!("{labels}.{zone}");
        search.begin();
        let texts = match resolver.texts(&name).await {
            Ok(texts) => texts,
            Err(error) => {
                let why = in_full(&error);
                search.end(Source::Zones.name(), name, why.clone());
                return Outcome::Failed(why);
            }
        };
        let addresses = mailboxes_of(&texts);
        if addresses.is_empty() {
            search.end(Source::Zones.name(), name, told(&texts));
            return Outcome::Unknown;
        }
        let names: Vec<_> = addresses.iter().map(MailAddress::as_str).collect();
        search.end(Source::Zones.name(), name.clone(), names.join(", "));
        Outcome::Contact(Answer {
            prefix: neighbourhood(search.address),
            network: String::new(),
            holding: Holding::Other,
            addresses,
            source: ContactSource::Zone { name },
            confidence: confidence::ZONE,
            dated: None,
        })
    }
}

/// The mailboxes of texts that may be written to.
pub(super) fn mailboxes_of(texts: &[String]) -> Vec<MailAddress> {
    usable(texts.iter().flat_map(|text| mailboxes_of_text(text)))
}

/// What to tell of texts that name nobody.
pub(super) fn told(texts: &[String]) -> &'static str {
    if texts.is_empty() {
        "says nothing about it"
    } else {
        "names no mailbox that may be written to"
    }
}
