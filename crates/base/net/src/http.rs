//! One HTTPS client with limits, for the few things that are fetched from servers which we do not trust.
//!
//! Redirects are followed here and not by the library, because each step must be within [`Reach`]. The body is bounded in size and the
//! whole exchange in time, redirects included. Certificates are those of the system; without any, plain HTTP still works and HTTPS fails
//! with a clear error.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Response, StatusCode, Url, header, redirect};
use tokio::time::timeout;

use crate::ask::ExchangeLimits;
use crate::reach::{OutOfReach, Reach};

/// Longest time to wait for a connection: registries with several addresses have dead ones among them.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The ports of HTTP and HTTPS.
const USUAL_PORTS: [u16; 2] = [80, 443];

/// What came back, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The address that answered, after redirects.
    pub url: String,
    /// The status.
    pub status: u16,
    /// The header `Retry-After`, as sent.
    pub retry_after: Option<String>,
    /// The header `ETag`, as sent.
    pub etag: Option<String>,
    /// The header `Last-Modified`, as sent.
    pub last_modified: Option<String>,
    /// The header `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// The body of an answer with status 200; that of any other is not read.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client cannot be made.
    #[error("the HTTPS client cannot be made")]
    Setup(#[source] reqwest::Error),
    /// A header of the configuration cannot be sent.
    #[error("the header `{0}` cannot be sent: it has characters that no header has")]
    BadHeader(String),
    /// The address is none of HTTP.
    #[error("`{0}` is not an address of the form https://host/path")]
    BadUrl(String),
    /// The server may not be asked.
    #[error(transparent)]
    OutOfReach(#[from] OutOfReach),
    /// The server sends us on without encryption.
    #[error("redirected from HTTPS to HTTP, to {0}")]
    Downgrade(String),
    /// The servers send us in a circle.
    #[error("redirected in a circle, back to {0}")]
    Circle(String),
    /// The servers send us on and on.
    #[error("redirected more than {0} times")]
    TooManyRedirects(u32),
    /// The body is too large.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// It took too long.
    #[error("no whole answer within {0:?}")]
    TimedOut(Duration),
    /// The caller does not want this server to be asked yet.
    #[error("{host} is not asked before {until}")]
    NotYet {
        /// The server.
        host: String,
        /// When it may be asked.
        until: Timestamp,
    },
    /// The exchange failed.
    #[error("the exchange failed")]
    Exchange(#[source] reqwest::Error),
}

/// The client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpClient {
    /// For servers that the configuration names: they may be anywhere.
    trusting: Client,
    /// For all others: their names must lead to public addresses at the moment of connecting.
    wary: Client,
    limits: ExchangeLimits,
    max_redirects: u32,
    reach: Arc<Reach>,
    may_downgrade: bool,
}

impl HttpClient {
    /// Makes a client.
    ///
    /// # Errors
    /// If the library cannot be set up.
    pub fn new(limits: ExchangeLimits, max_redirects: u32, reach: Arc<Reach>) -> Result<Self, HttpError> {
        // The first caller in the process chooses the cryptography; that it was chosen before is no failure.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = || {
            Client::builder()
                .user_agent(concat!("atalaya/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .connect_timeout(CONNECT_TIMEOUT.min(limits.timeout))
                .no_proxy()
        };
        Ok(Self {
            trusting: build(builder)?,
            wary: build(|| builder().dns_resolver(Arc::new(Guard)))?,
            limits,
            max_redirects,
            reach,
            may_downgrade: true,
        })
    }

    /// Fetches `url`, following redirects.
    ///
    /// # Errors
    /// If there is no whole answer within the limits. An answer of any status is one.
    pub async fn get(&self, url: &str, accept: &str) -> Result<HttpAnswer, HttpError> {
        self.get_with_leave(url, accept, |_host| Ok(())).await
    }

    /// The same, where each server on the way is asked only by leave of the caller, who gets its name.
    ///
    /// # Errors
    /// If there is no whole answer within the limits, or [`HttpError::NotYet`] with the time that the caller named.
    pub async fn get_with_leave(
        &self,
        url: &str,
        accept: &str,
        leave: impl Fn(&str) -> Result<(), Timestamp> + Send + Sync,
    ) -> Result<HttpAnswer, HttpError> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, value_of("Accept", accept)?)]);
        self.bounded(self.follow(url, headers, leave)).await
    }

    /// The same with headers of one's own, by name and value. They are sent to the server of `url` only, and not to where it sends us on:
    /// one of them may be a password.
    ///
    /// # Errors
    /// If there is no whole answer within the limits, or a header cannot be sent.
    pub async fn get_with_headers(
        &self,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<HttpAnswer, HttpError> {
        self.bounded(self.follow(url, header_map(headers)?, |_host| Ok(())))
            .await
    }

    /// Posts a body to `url`, with headers by name and value. Nothing that comes back is followed or read but status and `Retry-After`:
    /// whoever is told something has nothing to tell us.
    ///
    /// # Errors
    /// If there is no answer within the limits, or a header cannot be sent. An answer of any status is one.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<HttpAnswer, HttpError> {
        let headers = header_map(headers)?;
        let exchange = async {
            let url = Url::parse(url).map_err(|_bad| HttpError::BadUrl(url.to_owned()))?;
            let (_host, client) = self.check(&url)?;
            let request = client.post(url.clone()).headers(headers).body(body);
            let response = request
                .send()
                .await
                .map_err(|error| HttpError::Exchange(error.without_url()))?;
            let said = response.headers().get(header::RETRY_AFTER);
            let retry_after = said.and_then(|value| value.to_str().ok()).map(str::to_owned);
            Ok(HttpAnswer {
                url: url.into(),
                status: response.status().as_u16(),
                retry_after,
                etag: None,
                last_modified: None,
                content_type: None,
                body: Vec::new(),
            })
        };
        self.bounded(exchange).await
    }

    /// The same client with other limits.
    #[must_use]
    pub fn with_limits(&self, limits: ExchangeLimits) -> Self {
        Self {
            limits,
            ..self.clone()
        }
    }

    /// The same client with other servers that it may ask.
    #[must_use]
    pub fn with_reach(&self, reach: Arc<Reach>) -> Self {
        Self {
            reach,
            ..self.clone()
        }
    }

    /// The same client, which no server leads from HTTPS to HTTP.
    #[must_use]
    pub fn without_downgrade(self) -> Self {
        Self {
            may_downgrade: false,
            ..self
        }
    }

    /// Waits for an answer as long as the limits say.
    async fn bounded(
        &self,
        exchange: impl Future<Output = Result<HttpAnswer, HttpError>>,
    ) -> Result<HttpAnswer, HttpError> {
        match timeout(self.limits.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(HttpError::TimedOut(self.limits.timeout)),
        }
    }

    async fn follow(
        &self,
        url: &str,
        mut headers: HeaderMap,
        leave: impl Fn(&str) -> Result<(), Timestamp> + Send + Sync,
    ) -> Result<HttpAnswer, HttpError> {
        let mut url = Url::parse(url).map_err(|_bad| HttpError::BadUrl(url.to_owned()))?;
        let first = url.origin();
        let mut seen = HashSet::new();
        for _hop in 0..=self.max_redirects {
            let (host, client) = self.check(&url)?;
            if !seen.insert(url.clone()) {
                return Err(HttpError::Circle(url.into()));
            }
            leave(&host).map_err(|until| HttpError::NotYet { host, until })?;
            if url.origin() != first {
                headers = headers
                    .remove(header::ACCEPT)
                    .map(|accept| (header::ACCEPT, accept))
                    .into_iter()
                    .collect();
            }
            let request = client.get(url.clone()).headers(headers.clone());
            let response = request
                .send()
                .await
                .map_err(|error| HttpError::Exchange(error.without_url()))?;
            match next(&response)? {
                Some(target) if !self.may_downgrade && is_downgrade(&url, &target) => {
                    return Err(HttpError::Downgrade(target.into()));
                }
                Some(target) => url = target,
                None => return self.take(url, response).await,
            }
        }
        Err(HttpError::TooManyRedirects(self.max_redirects))
    }

    /// Checks an address before it is asked. One with a user name in it is a disguise. Gives the host and the client to ask it with.
    fn check(&self, url: &Url) -> Result<(String, &Client), HttpError> {
        match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) if is_plain(url) => {
                self.reach.check(host, port, &USUAL_PORTS)?;
                let is_named = self.reach.has(host, port);
                let client = if is_named { &self.trusting } else { &self.wary };
                Ok((host.to_owned(), client))
            }
            _ => Err(HttpError::BadUrl(url.to_string())),
        }
    }

    async fn take(&self, url: Url, response: Response) -> Result<HttpAnswer, HttpError> {
        let status = response.status();
        let said = |name: HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let [retry_after, etag, last_modified, content_type] = [
            header::RETRY_AFTER,
            header::ETAG,
            header::LAST_MODIFIED,
            header::CONTENT_TYPE,
        ]
        .map(said);
        let body = if status == StatusCode::OK {
            self.read(response).await?
        } else {
            Vec::new()
        };
        Ok(HttpAnswer {
            url: url.into(),
            status: status.as_u16(),
            retry_after,
            etag,
            last_modified,
            content_type,
            body,
        })
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, HttpError> {
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| HttpError::Exchange(error.without_url()))?
        {
            if body.len().saturating_add(chunk.len()) > self.limits.max_answer {
                return Err(HttpError::TooLarge(self.limits.max_answer));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Headers by name and value, as they are sent.
fn header_map(headers: &[(&str, &str)]) -> Result<HeaderMap, HttpError> {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        let known = HeaderName::from_bytes(name.as_bytes());
        let known = known.map_err(|_bad| HttpError::BadHeader((*name).to_owned()))?;
        all.insert(known, value_of(name, value)?);
    }
    Ok(all)
}

/// The value of a header.
fn value_of(name: &str, value: &str) -> Result<HeaderValue, HttpError> {
    HeaderValue::from_str(value).map_err(|_bad| HttpError::BadHeader(name.to_owned()))
}

/// Whether a URL is one of HTTP or HTTPS, without a user.
fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
}

/// The host and the port that a URL of HTTP or HTTPS names; none for one with a user in it, which is a disguise.
#[must_use]
pub fn server_of(url: &str) -> Option<(String, u16)> {
    let url = Url::parse(url).ok().filter(is_plain)?;
    Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
}

/// Whether a redirect gives up encryption.
fn is_downgrade(from: &Url, to: &Url) -> bool {
    from.scheme() == "https" && to.scheme() != "https"
}

/// Where an answer sends us, if it does. A redirect without a usable target is an answer like any other.
fn next(response: &Response) -> Result<Option<Url>, HttpError> {
    let location = response
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok());
    match location {
        Some(location) if matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) => response
            .url()
            .join(location)
            .map(Some)
            .map_err(|_bad| HttpError::BadUrl(location.to_owned())),
        _ => Ok(None),
    }
}

/// Makes a client, on any machine.
fn build(builder: impl Fn() -> ClientBuilder) -> Result<Client, HttpError> {
    builder()
        .build()
        .or_else(|error| without_certificates(builder(), &error))
        .map_err(HttpError::Setup)
}

/// A client on a machine that has no certificates installed: it can speak HTTP, and HTTPS with nobody.
fn without_certificates(builder: ClientBuilder, error: &reqwest::Error) -> reqwest::Result<Client> {
    tracing::warn!(error = ?error, "no certificates can be used, so HTTPS servers cannot be asked: install ca-certificates");
    builder.tls_certs_only(std::iter::empty()).build()
}

/// Resolves names to public addresses only, at the moment of connecting.
struct Guard;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let public = Reach::default().resolve(name.as_str(), 0).await?;
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_that_gives_up_encryption_is_told_from_others() {
        let url = |text: &str| Url::parse(text).unwrap();
        let (secure, plain) = (url("https://list.example/"), url("http://list.example/"));
        assert!(is_downgrade(&secure, &plain));
        assert!(!is_downgrade(&plain, &secure) && !is_downgrade(&plain, &plain));
        assert!(!is_downgrade(&secure, &secure));
    }

    #[test]
    fn a_url_with_a_user_names_no_server() {
        let server = Some(("list.example".to_owned(), 443));
        assert_eq!(server_of("https://list.example/a"), server);
        for url in [
            "https://me:key@list.example/",
            "https://me@list.example/",
            "ftp://x/",
        ] {
            assert_eq!(server_of(url), None, "{url}");
        }
    }
}
