//! The collection of abuse.net: TXT records under the domain of the reverse name.
//!
//! Its terms allow automatic use by the address or the proven reverse name of the host that sent something, which is what is asked here
//! (<https://www.abuse.net/using.phtml>). A domain that nobody registered gets an answer too, marked as made up.

use atalaya_formats::Holding;
use atalaya_model::{ContactSource, MailAddress, Prefix};
use atalaya_net::Resolver;

use super::Source;
use super::reverse::Reverse;
use super::zones::{mailboxes_of, told};
use crate::contact::answer::{Answer, Outcome};
use crate::contact::confidence;
use crate::contact::step::{Search, in_full};

/// What the HINFO record of a domain says that nobody registered.
const MADE_UP: &str = "default";

/// The zone, where the operator wants it asked.
#[derive(Debug)]
pub(super) struct AbuseNet {
    place: Option<(String, Resolver)>,
}

impl AbuseNet {
    pub(super) fn new(zone: &str, resolver: Option<Resolver>) -> Self {
        let zone = Some(zone.to_owned()).filter(|zone| !zone.is_empty());
        Self {
            place: zone.zip(resolver),
        }
    }

    /// What is known of the domain of the reverse name.
    pub(super) async fn ask(&self, reverse: Option<&Reverse>, search: &mut Search) -> Outcome {
        let (Some((zone, resolver)), Some(reverse)) = (&self.place, reverse) else {
            return Outcome::Unknown;
        };
        let domain = match reverse.name(search).await {
            Ok(Some(found)) => found.domain,
            Ok(None) => return Outcome::Unknown,
            Err(why) => return Outcome::Failed(why),
        };
        let name = format!("{domain}.{zone}");
        search.begin();
        let answers = async { Ok((resolver.texts(&name).await?, resolver.host_kind(&name).await?)) };
        let (texts, kind) = match answers.await {
            Ok(answers) => answers,
            Err(error) => {
                let error: atalaya_net::DnsError = error;
                let why = in_full(&error);
                search.end(Source::AbuseNet.name(), name, why.clone());
                return Outcome::Failed(why);
            }
        };
        let addresses = mailboxes_of(&texts);
        if addresses.is_empty() {
            search.end(Source::AbuseNet.name(), name, told(&texts));
            return Outcome::Unknown;
        }
        let (confidence, remark) = if kind.as_deref() == Some(MADE_UP) {
            (confidence::ABUSE_NET_DEFAULT, ", made up: nobody registered it")
        } else {
            (confidence::ABUSE_NET, "")
        };
        let names: Vec<_> = addresses.iter().map(MailAddress::as_str).collect();
        search.end(Source::AbuseNet.name(), name, names.join(", ") + remark);
        Outcome::Contact(Answer {
            // The domain is of this host, and perhaps the sender's own.
            prefix: Prefix::unit(search.address),
            network: String::new(),
            holding: Holding::Other,
            addresses,
            source: ContactSource::AbuseNet { domain },
            confidence,
            dated: None,
        })
    }
}
