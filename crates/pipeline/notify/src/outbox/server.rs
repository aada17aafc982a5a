//! A mail server that takes mail from us: connecting to it, protecting the connection, logging in.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tracing::warn;

use super::bounded::Bounded;
use super::refusal::{Refusal, one_line, told};
use crate::notice::Tls;

/// A mail server, with all it takes to speak to it.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) hello: ClientId,
    pub(super) tls: Tls,
    pub(super) parameters: Option<TlsParameters>,
    pub(super) credentials: Option<Credentials>,
    pub(super) timeout: Duration,
}

/// Why there is no connection.
enum Failed {
    Connect(std::io::Error),
    Smtp(SmtpError),
}

impl From<SmtpError> for Failed {
    fn from(error: SmtpError) -> Self {
        Self::Smtp(error)
    }
}

impl Server {
    /// Connects, protects the connection as configured, and logs in.
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, Refusal> {
        self.try_connect().await.map_err(|failed| match failed {
            Failed::Smtp(error) => Refusal::of_us(&error),
            Failed::Connect(error) => Refusal::ForNow(one_line(&format!(
                "no connection to {}:{}: {error}",
                self.host, self.port
            ))),
        })
    }

    async fn try_connect(&self) -> Result<AsyncSmtpConnection, Failed> {
        let mut connection = self.open().await?;
        match (self.tls, &self.parameters) {
            (Tls::Opportunistic, Some(parameters)) if connection.can_starttls() => {
                if let Err(failed) = connection.starttls(parameters.clone(), &self.hello).await {
                    connection = self.open_without_tls(&failed).await?;
                }
            }
            (Tls::Required, Some(parameters)) => {
                connection.starttls(parameters.clone(), &self.hello).await?;
            }
            _ => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// Connects: in TLS from the first byte where that is configured, else in the open.
    async fn open(&self) -> Result<AsyncSmtpConnection, Failed> {
        let server = (self.host.as_str(), self.port);
        if self.tls == Tls::Implicit {
            let parameters = self.parameters.clone();
            let connected = AsyncSmtpConnection::connect_tokio1(
                server,
                Some(self.timeout),
                &self.hello,
                parameters,
                None,
            );
            return Ok(connected.await?);
        }
        let stream = TcpStream::connect(server).await.map_err(Failed::Connect)?;
        // Commands are short, and each waits for its answer.
        stream.set_nodelay(true).map_err(Failed::Connect)?;
        let stream = Box::new(Bounded::new(stream));
        Ok(AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await?)
    }

    /// Connects anew after TLS failed. Whoever would take mail in the open from a relay without TLS must not lose it to one whose TLS
    /// is broken (RFC 7435 section 3). A connection that began TLS cannot go on in the open.
    async fn open_without_tls(&self, failed: &SmtpError) -> Result<AsyncSmtpConnection, Failed> {
        warn!(
            server = self.host,
            why = told(failed),
            "TLS with the mail server failed; the mail goes in the open, because TLS is opportunistic"
        );
        self.open().await
    }
}

/// Shows where it is, not the password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}:{}, {:?})", self.host, self.port, self.tls)
    }
}

/// Opportunistic TLS checks neither certificate nor name: the alternative would be no protection at all (RFC 7435 section 3).
pub(super) fn parameters(tls: Tls, host: &str) -> Result<Option<TlsParameters>, SmtpError> {
    let builder = TlsParameters::builder(host.to_owned());
    match tls {
        Tls::None => Ok(None),
        Tls::Opportunistic => builder
            .certificate_store(CertificateStore::None)
            .dangerous_accept_invalid_certs(true)
            .dangerous_accept_invalid_hostnames(true)
            .build()
            .map(Some),
        Tls::Required | Tls::Implicit => builder.build().map(Some),
    }
}
