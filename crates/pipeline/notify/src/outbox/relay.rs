//! The relay: the server that takes our mails and carries them on. Many mails a connection, several connections at once, with a limit on
//! each exchange.

use atalaya_model::Clock;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;

use super::SenderError;
use super::limits::Limits;
use super::parcel::Parcel;
use super::pool::{Kept, Pool};
use super::refusal::Refusal;
use super::server::{Server, parameters};
use super::transfer::{Transferred, transfer};
use crate::notice::{NoticeConfig, host_and_port};

/// A relay, with its connections.
#[derive(Debug)]
pub(super) struct Relay {
    server: Server,
    pool: Pool,
    limits: Limits,
}

/// Whether a server could be spoken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// It said something about the mail.
    Yes,
    /// It took so long that others must not wait for it.
    Slowly,
    /// It is away, turns everybody away, or hangs: other mails would not fare better.
    No,
    /// It was not tried.
    Unknown,
}

/// What became of a mail that was handed over.
pub(super) struct Handed {
    /// Whether it left.
    pub(super) outcome: Result<(), Refusal>,
    /// Whether the server could be spoken with.
    pub(super) reached: Reached,
    /// The connection, where it can carry another mail. To be given back once it is noted what became of this one: so a crash doubles
    /// no more than one mail a connection.
    pub(super) kept: Option<Kept>,
}

impl Handed {
    pub(super) const fn failed(refusal: Refusal, reached: Reached) -> Self {
        Self {
            outcome: Err(refusal),
            reached,
            kept: None,
        }
    }
}

impl Relay {
    /// The relay of that name.
    pub(super) fn new(name: &str, config: &NoticeConfig, clock: &Clock) -> Result<Self, SenderError> {
        let (host, port) = host_and_port(name).ok_or_else(|| SenderError::BadName(name.to_owned()))?;
        let hello = match &config.hello {
            Some(hello) => hello.clone(),
            None => config.sender()?.domain().to_owned(),
        };
        let credentials = config
            .username
            .as_ref()
            .zip(config.password.as_ref())
            .map(|(name, password)| Credentials::new(name.clone(), password.expose().to_owned()));
        let limits = Limits::new(config.timeout.duration());
        let server = Server {
            parameters: parameters(config.tls, host).map_err(SenderError::Tls)?,
            host: host.to_owned(),
            port,
            hello: ClientId::Domain(hello),
            tls: config.tls,
            credentials,
            timeout: limits.connect,
        };
        Ok(Self {
            server,
            pool: Pool::new(clock.clone()),
            limits,
        })
    }

    /// Its connections.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Hands one mail over.
    pub(super) async fn hand_over(&self, parcel: &Parcel) -> Handed {
        // The server may have closed what we kept: then a new connection does.
        if let Some(kept) = self.pool.take(&self.server.host)
            && let Ok(handed) = carry(kept, parcel, &self.limits).await
        {
            return handed;
        }
        let name = self.server.host.clone();
        let carried = match tokio::time::timeout(self.limits.connect, self.server.connect()).await {
            Ok(Ok(connection)) => carry(Kept::new(connection, name), parcel, &self.limits).await,
            Ok(Err(refusal)) => Err(refusal),
            Err(_late) => {
                let limit = self.limits.connect.as_secs();
                Err(Refusal::ForNow(format!(
                    "{name} does not answer within {limit} s"
                )))
            }
        };
        carried.unwrap_or_else(|refusal| Handed::failed(refusal, Reached::No))
    }
}

/// Carries a mail over a connection; fails where the connection had ended before the server heard of the mail.
pub(super) async fn carry(mut kept: Kept, parcel: &Parcel, limits: &Limits) -> Result<Handed, Refusal> {
    let outcome = match transfer(&mut kept.connection, parcel, limits).await {
        Transferred::Taken => Ok(()),
        Transferred::Refused(refusal) => Err(refusal),
        Transferred::Ended(refusal) => return Err(refusal),
        Transferred::Hung(refusal) => return Ok(Handed::failed(refusal, Reached::No)),
        Transferred::Broken(refusal) => return Ok(Handed::failed(refusal, Reached::Yes)),
    };
    kept.mails = kept.mails.saturating_add(1);
    Ok(Handed {
        outcome,
        reached: Reached::Yes,
        kept: Some(kept),
    })
}
