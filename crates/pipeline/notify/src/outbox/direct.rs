//! Straight to the mail servers of the recipient (RFC 5321 section 5.1), on port 25 of public addresses.
//!
//! In: a mail. Out: what the first server that can be reached says of it. TLS is used where it is offered, whatever the certificate; where
//! the domain enforces it by MTA-STS, with a certificate of its own servers or not at all. DANE is left out: it takes answers of DNS that
//! are validated here, or a resolver that is believed to have done so.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::mta_sts::Policy;
use atalaya_model::{Clock, Prefix, reserved};
use atalaya_net::{Exchanges, Resolver};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::Instant;

use super::SenderError;
use super::limits::Limits;
use super::parcel::Parcel;
use super::policies::Policies;
use super::pool::{Kept, Pool};
use super::refusal::{Refusal, one_line, told};
use super::relay::{Handed, Reached, carry};
use super::server::{Server, parameters};
use crate::notice::{NoticeConfig, Tls};

/// Most servers of a domain that are tried for one mail.
const MOST_SERVERS: usize = 5;
/// Most addresses of a server that are tried.
const MOST_ADDRESSES: usize = 3;
/// How long a connection to one address may take until mail can be given: a server that is away must not use up the time of the next one.
const CONNECT: Duration = Duration::from_secs(60);

/// The way to the servers of recipients, with connections to them.
#[derive(Debug)]
pub(super) struct Direct {
    resolver: Resolver,
    policies: Policies,
    pool: Pool,
    hello: String,
    port: u16,
    inside: Vec<Prefix>,
    limits: Limits,
}

/// What is known of a domain.
struct Found {
    domain: String,
    /// The policy that must be obeyed.
    policy: Option<Arc<Policy>>,
    /// Its servers, best first.
    places: Vec<Place>,
}

/// A server of a domain: its name, and an address of it.
struct Place {
    name: String,
    address: IpAddr,
}

impl Direct {
    pub(super) fn new(config: &NoticeConfig, clock: &Clock) -> Result<Self, SenderError> {
        let hello = match &config.hello {
            Some(hello) => hello.clone(),
            None => config.sender()?.domain().to_owned(),
        };
        let limits = Limits::new(config.timeout.duration());
        Ok(Self {
            resolver: Resolver::new(config.resolvers.clone()),
            // A web server that hangs leaves time for the mail servers.
            policies: Policies::new(clock.clone(), limits.connect.div_f32(2.0))?,
            pool: Pool::new(clock.clone()),
            hello,
            port: config.direct_port,
            inside: config.direct_inside.clone(),
            limits,
        })
    }

    /// Its connections.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    #[cfg(test)]
    pub(super) const fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Hands one mail to a server of `domain`.
    pub(super) async fn hand_over(&self, parcel: &Parcel, domain: &str) -> Handed {
        let mut handed = self.exchange(parcel, domain).await;
        handed.outcome = handed
            .outcome
            .map_err(|refusal| theirs(refusal, Refusal::ForGood));
        handed
    }

    async fn exchange(&self, parcel: &Parcel, domain: &str) -> Handed {
        if let Some(kept) = self.pool.take(domain)
            && let Ok(handed) = carry(kept, parcel, &self.limits).await
        {
            return handed;
        }
        // For all servers together: else many of them that are away take their time one behind the other.
        let until = Instant::now() + self.limits.connect;
        let Ok(found) = tokio::time::timeout_at(until, self.find(domain)).await else {
            let why = format!("the servers of {domain} were not found in time");
            return Handed::failed(Refusal::ForNow(why), Reached::No);
        };
        let found = match found {
            Ok(found) => found,
            Err(refusal) => return Handed::failed(refusal, Reached::Yes),
        };
        let mut last = Refusal::ForNow(format!("no server of {domain} has an address that may be used"));
        for place in &found.places {
            let now = Instant::now();
            if now >= until {
                break;
            }
            match self
                .try_place(parcel, place, &found, until.min(now + CONNECT))
                .await
            {
                Ok(handed) => return handed,
                Err(refusal) => last = refusal,
            }
        }
        Handed::failed(last, Reached::No)
    }

    async fn find(&self, domain: &str) -> Result<Found, Refusal> {
        let policy = self.policies.enforced(domain, &self.resolver).await;
        let places = self.places(domain, policy.as_deref()).await?;
        Ok(Found {
            domain: domain.to_owned(),
            policy,
            places,
        })
    }

    /// Gives the mail to one server; fails where that cannot be spoken with, so that the next may be. Connects until `by`.
    async fn try_place(
        &self,
        parcel: &Parcel,
        place: &Place,
        found: &Found,
        by: Instant,
    ) -> Result<Handed, Refusal> {
        let tls = match found.policy {
            Some(_) => Tls::Required,
            None => Tls::Opportunistic,
        };
        let parameters = parameters(tls, &place.name).map_err(|error| Refusal::ForNow(told(&error)))?;
        let server = Server {
            host: place.address.to_string(),
            port: self.port,
            hello: ClientId::Domain(self.hello.clone()),
            tls,
            parameters,
            credentials: None,
            timeout: self.limits.connect,
        };
        let late = || Err(Refusal::ForNow(format!("{} does not answer in time", place.name)));
        let connection = tokio::time::timeout_at(by, server.connect()).await;
        let connection = connection.unwrap_or_else(|_late| late());
        let connection = connection.map_err(|refusal| theirs(refusal, Refusal::ForNow))?;
        carry(Kept::new(connection, found.domain.clone()), parcel, &self.limits).await
    }

    /// The servers of a domain, best first.
    async fn places(&self, domain: &str, policy: Option<&Policy>) -> Result<Vec<Place>, Refusal> {
        let exchanges = self
            .resolver
            .exchanges(domain)
            .await
            .map_err(|error| unanswered(&error))?;
        let (names, is_implicit) = match exchanges {
            Exchanges::Servers(names) => (names, false),
            Exchanges::Unsaid => (vec![domain.to_owned()], true),
            // The status is that of RFC 7505 section 4.2.
            Exchanges::NoMail => {
                return Err(Refusal::NoMailbox(format!(
                    "5.1.10 {domain} takes no mail (null MX)"
                )));
            }
        };
        let is_own = |name: &String| policy.is_none_or(|policy| policy.covers(name));
        let names: Vec<_> = names.into_iter().filter(is_own).take(MOST_SERVERS).collect();
        if names.is_empty() {
            let why = format!("no server of {domain} is one of its MTA-STS policy");
            return Err(Refusal::ForNow(why));
        }
        let mut places = Vec::new();
        for name in names {
            let name = name.trim_end_matches('.').to_owned();
            let found = self.resolver.addresses(&name).await;
            // Of one server that cannot be found, the others do not suffer.
            let addresses = match found {
                Ok(addresses) if addresses.is_empty() && is_implicit => {
                    return Err(Refusal::NoMailbox(format!(
                        "5.1.2 {domain} is no domain that takes mail"
                    )));
                }
                Ok(addresses) => addresses,
                Err(error) if is_implicit => return Err(unanswered(&error)),
                Err(_unanswered) => continue,
            };
            let usable = addresses.into_iter().filter(|address| self.may_reach(*address));
            places.extend(usable.take(MOST_ADDRESSES).map(|address| Place {
                name: name.clone(),
                address,
            }));
        }
        Ok(places)
    }

    /// Strangers say where their servers are: that must not lead into our own network.
    fn may_reach(&self, address: IpAddr) -> bool {
        let is_inside = self.inside.iter().any(|network| network.contains(address));
        is_inside || reserved(&Prefix::single(address)).is_none()
    }
}

/// What a server of strangers has against us, no key of the configuration mends. Of one that turned the mail away it is for good; one that turned
/// us away before may be followed by a better one.
fn theirs(refusal: Refusal, meant: fn(String) -> Refusal) -> Refusal {
    match refusal {
        Refusal::OfUs(why) => meant(why),
        other => other,
    }
}

fn unanswered(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::ForNow(one_line(&error.to_string()))
}
