//! The call of a webhook: one event, posted as X-ARF and signed by the convention of Standard Webhooks.
//!
//! Signed is `ID.TIMESTAMP.BODY`, with HMAC-SHA256. The receiver that compares the time with his own clock, and keeps the identifiers of as
//! long, takes each event once, however often it comes: a call whose answer was lost is made again with the same identifier.

use std::time::Duration;

use atalaya_formats::redact::keyed_hash;
use atalaya_net::{HttpAnswer, HttpError};
use data_encoding::BASE64;
use uuid::Uuid;

use super::Feedback;

/// The longest reason that is kept.
const MAX_REASON: usize = 300;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    /// The receiver took it.
    Taken,
    /// Not now; perhaps he said when.
    Later { why: String, after: Option<Duration> },
    /// He wants no more (RFC 9110 section 15.5.11).
    Gone,
}

/// The signature of a call.
pub(super) fn signature(key: &[u8], id: Uuid, seconds: i64, body: &[u8]) -> String {
    let (id, seconds) = (id.to_string(), seconds.to_string());
    let code = keyed_hash(key, &[id.as_bytes(), b".", seconds.as_bytes(), b".", body]);
    format!("v1,{}", BASE64.encode(&code))
}

impl Feedback {
    /// Calls a webhook once.
    pub(super) async fn call(&self, url: &str, key: &[u8], id: Uuid, body: String) -> Called {
        let seconds = self.clock.now().seconds();
        let body = body.into_bytes();
        let signature = signature(key, id, seconds, &body);
        let (id, seconds) = (id.to_string(), seconds.to_string());
        let headers = [
            ("Content-Type", "application/json"),
            ("Webhook-Id", id.as_str()),
            ("Webhook-Timestamp", seconds.as_str()),
            ("Webhook-Signature", signature.as_str()),
        ];
        outcome(self.http.post(url, &headers, body).await)
    }
}

/// What an answer means. Nobody is led anywhere else: a redirect is a refusal.
fn outcome(answered: Result<HttpAnswer, HttpError>) -> Called {
    let answer = match answered {
        Ok(answer) => answer,
        Err(failed) => {
            let why = chain(&failed);
            return Called::Later { why, after: None };
        }
    };
    match answer.status {
        200..=299 => Called::Taken,
        410 => Called::Gone,
        status => Called::Later {
            why: format!("the server answered {status}"),
            after: answer
                .retry_after
                .and_then(|text| text.trim().parse().ok())
                .map(Duration::from_secs),
        },
    }
}

/// A failure with its causes, cut.
fn chain(failed: &HttpError) -> String {
    let mut text = failed.to_string();
    let mut cause = std::error::Error::source(failed);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text.chars().take(MAX_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_convention() {
        // Made with Python's hmac over the same bytes.
        let key = *b"0123456789abcdef0123456789abcdef";
        let signed = signature(&key, Uuid::from_u128(7), 1_700_000_000, b"{\"a\":1}");
        assert_eq!(signed, "v1,JiJ/YeRG3DKZzKv70dLwAApojgbvzGepax1HLKoG65M=");
    }

    #[test]
    fn only_a_status_of_success_is_taken() {
        let answer = |status, retry_after: Option<&str>| {
            outcome(Ok(HttpAnswer {
                url: String::new(),
                status,
                retry_after: retry_after.map(str::to_owned),
                etag: None,
                last_modified: None,
                content_type: None,
                body: Vec::new(),
            }))
        };
        assert_eq!(
            (answer(200, None), answer(204, None)),
            (Called::Taken, Called::Taken)
        );
        assert_eq!(answer(410, None), Called::Gone);
        for status in [301, 302, 400, 404, 500] {
            assert!(matches!(answer(status, None), Called::Later { .. }), "{status}");
        }
        let after = Some(Duration::from_secs(7));
        assert!(matches!(answer(503, Some("7")), Called::Later { after: told, .. } if told == after));
        let after = None;
        assert!(matches!(answer(503, Some("soon")), Called::Later { after: told, .. } if told == after));
    }
}
