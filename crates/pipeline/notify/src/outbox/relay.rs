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
use tracing::warn;

use super::Refusal;
use crate::notice::{NoticeConfig, Tls, host_and_port};

/// How long the relay may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);
/// The answers with which a relay asks for a login, a better one, or TLS.
const LOGIN_CODES: [u16; 4] = [530, 534, 535, 538];
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

    /// Connects, protects the connection as configured, and logs in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
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
    async fn open(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let server = (self.host.as_str(), self.port);
        let from_the_start = self.parameters.clone().filter(|_| self.tls == Tls::Implicit);
        AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &self.hello, from_the_start, None)
            .await
    }

    /// Connects anew after TLS failed. Whoever would take mail in the open from a relay without TLS must not lose it to one whose TLS
    /// is broken (RFC 7435 section 3). A connection that began TLS cannot go on in the open.
    async fn open_without_tls(&self, failed: &SmtpError) -> Result<AsyncSmtpConnection, SmtpError> {
        warn!(
            relay = self.host,
            why = told(failed),
            "TLS with the relay failed; the mail goes in the open, because notice.tls is opportunistic"
        );
        self.open().await
    }
}

/// Shows where it is, not the password.
impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({}:{}, {:?})", self.host, self.port, self.tls)
    }
}

/// Opportunistic TLS checks neither certificate nor name: the alternative would be no protection at all (RFC 7435 section 3).
fn parameters(tls: Tls, host: &str) -> Result<Option<TlsParameters>, SmtpError> {
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
    let why = told(error);
    // Our own client refuses where the relay lacks what the mail needs: 8BITMIME (RFC 6152).
    if error.is_client() || is_about_us(error, &why) {
        Refusal::OfUs(why)
    } else if error.is_permanent() {
        Refusal::ForGood(why)
    } else {
        Refusal::ForNow(why)
    }
}

/// Before the mail is spoken of, a refusal concerns us (greeting, TLS, login): the operator can mend that in time.
fn trouble(error: &SmtpError) -> Refusal {
    if error.is_permanent() || error.is_client() {
        Refusal::OfUs(told(error))
    } else {
        Refusal::ForNow(told(error))
    }
}

/// Whether the relay refuses to work for us, whatever the mail: it wants a login or TLS (RFC 4954 section 6, RFC 3207 section 4), or
/// does not relay for this machine. That last one has no code of its own, so the word decides; behind a status for something else
/// (`5.1.1 ... unknown in relay recipient table`) it means nothing.
fn is_about_us(error: &SmtpError, why: &str) -> bool {
    let wants_login = error
        .status()
        .is_some_and(|code| LOGIN_CODES.contains(&u16::from(code)));
    let status = why.split_whitespace().find(|word| is_enhanced_status(word));
    let is_policy = status.is_none_or(|status| status.starts_with("5.7."));
    wants_login || error.is_permanent() && is_policy && why.to_ascii_lowercase().contains("relay")
}

/// Whether a word is a status as RFC 3463 section 2 writes it: `5.7.1`.
fn is_enhanced_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
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
