//! The relay: the server that takes our mails and carries them on. One connection a mail, with a limit on the whole exchange.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use atalaya_store::OutgoingMail;
use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::Refusal;
use crate::notice::{NoticeConfig, Tls, host_and_port};

/// How long the relay may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);
/// Longest reason that is kept.
const MAX_REASON: usize = 500;

/// The relay cannot be used as configured. Give up: the operator must act.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The name is no `host:port`.
    #[error("notice.relay `{0}` is not host:port")]
    BadName(String),
    /// TLS cannot be set up: see the certificates of this machine.
    #[error("TLS to notice.relay cannot be set up")]
    Tls(#[source] SmtpError),
    /// The mailbox that notices come from cannot be used.
    #[error("notice.sender cannot be used")]
    Sender(#[from] atalaya_model::BadMailAddress),
}

/// A relay, with all it takes to speak to it.
pub(super) struct Relay {
    host: String,
    port: u16,
    hello: ClientId,
    tls: Tls,
    parameters: Option<TlsParameters>,
    credentials: Option<Credentials>,
    timeout: Duration,
}

impl Relay {
    /// The relay that the configuration names, if any.
    pub(super) fn new(config: &NoticeConfig) -> Result<Option<Self>, RelayError> {
        let Some(name) = &config.relay else {
            return Ok(None);
        };
        let (host, port) = host_and_port(name).ok_or_else(|| RelayError::BadName(name.clone()))?;
        let hello = match &config.hello {
            Some(hello) => hello.clone(),
            None => config.sender()?.domain().to_owned(),
        };
        let credentials = config
            .username
            .as_ref()
            .zip(config.password.as_ref())
            .map(|(name, password)| Credentials::new(name.clone(), password.expose().to_owned()));
        Ok(Some(Self {
            parameters: parameters(config.tls, host).map_err(RelayError::Tls)?,
            host: host.to_owned(),
            port,
            hello: ClientId::Domain(hello),
            tls: config.tls,
            credentials,
            timeout: config.timeout.duration(),
        }))
    }

    /// Hands one mail over.
    pub(super) async fn hand_over(&self, mail: &OutgoingMail) -> Result<(), Refusal> {
        match tokio::time::timeout(self.timeout, self.exchange(mail)).await {
            Ok(outcome) => outcome,
            Err(_late) => Err(Refusal::ForNow(format!(
                "the relay did not take it within {} s",
                self.timeout.as_secs()
            ))),
        }
    }

    async fn exchange(&self, mail: &OutgoingMail) -> Result<(), Refusal> {
        let envelope = envelope(mail)?;
        let mut connection = self.connect().await.map_err(|error| trouble(&error))?;
        // The client ends the mail with a line end of its own.
        let message = mail.message.strip_suffix(b"\r\n").unwrap_or(&mail.message);
        connection
            .send(&envelope, message)
            .await
            .map_err(|error| refusal(&error))?;
        // What the relay took is its own now, and that must be noted at once: nobody waits for the goodbye.
        tokio::spawn(async move { tokio::time::timeout(GOODBYE, connection.abort()).await });
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let server = (self.host.as_str(), self.port);
        let from_the_start = self.parameters.clone().filter(|_| self.tls == Tls::Implicit);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            server,
            Some(self.timeout),
            &self.hello,
            from_the_start,
            None,
        )
        .await?;
        let upgrade = match self.tls {
            Tls::None | Tls::Implicit => false,
            Tls::Opportunistic => connection.can_starttls(),
            Tls::Required => true,
        };
        if let Some(parameters) = self.parameters.clone().filter(|_| upgrade) {
            connection.starttls(parameters, &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// Shows where it is, not the password.
impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({}:{}, {:?})", self.host, self.port, self.tls)
    }
}

/// Opportunistic TLS checks no certificate: the alternative would be no protection at all (RFC 7435 section 3).
fn parameters(tls: Tls, host: &str) -> Result<Option<TlsParameters>, SmtpError> {
    let builder = TlsParameters::builder(host.to_owned());
    match tls {
        Tls::None => Ok(None),
        Tls::Opportunistic => builder
            .certificate_store(CertificateStore::None)
            .dangerous_accept_invalid_certs(true)
            .build()
            .map(Some),
        Tls::Required | Tls::Implicit => builder.build().map(Some),
    }
}

fn envelope(mail: &OutgoingMail) -> Result<Envelope, Refusal> {
    let address = |text: &str| {
        text.parse::<Address>()
            .map_err(|error| Refusal::ForGood(format!("its envelope cannot be used: {error}")))
    };
    let sender = match mail.sender.as_str() {
        "" => None,
        sender => Some(address(sender)?),
    };
    Envelope::new(sender, vec![address(mail.recipient.as_str())?])
        .map_err(|error| Refusal::ForGood(format!("its envelope cannot be used: {error}")))
}

/// What the relay says of the mail itself decides: 5yz is for good (RFC 5321 section 4.2.1), all else may pass.
fn refusal(error: &SmtpError) -> Refusal {
    if error.is_permanent() {
        Refusal::ForGood(told(error))
    } else {
        Refusal::ForNow(told(error))
    }
}

/// Before the mail is spoken of, a refusal concerns us (greeting, TLS, login): the operator can mend that in time.
fn trouble(error: &SmtpError) -> Refusal {
    Refusal::ForNow(told(error))
}

/// The whole chain of reasons in one line.
fn told(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_REASON)
        .collect()
}
