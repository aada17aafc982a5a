//! Fetching what may have changed since it was fetched last (RFC 9110 section 13.1): whatever has not is not sent again.

use crate::http::{HttpClient, HttpError};

/// The longest text of a server that is sent back to it, in bytes.
const LONGEST_VALIDATOR: usize = 512;

/// By what a server knows again what it sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The header `ETag`.
    pub etag: Option<String>,
    /// The header `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What came of a question for something newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Newer {
    /// Nothing: what is known still holds.
    Same,
    /// This, and by what the server will know it again.
    Other(Vec<u8>, Validators),
    /// A refusal.
    Refused {
        /// The status.
        status: u16,
        /// The header `Retry-After`, as sent.
        retry_after: Option<String>,
    },
}

impl HttpClient {
    /// Fetches `url`, unless it is what `known` tells of; with headers of one's own, as in [`HttpClient::get_with_headers`].
    ///
    /// # Errors
    /// If there is no whole answer within the limits, or a header cannot be sent.
    pub async fn get_newer(
        &self,
        url: &str,
        known: &Validators,
        headers: &[(&str, &str)],
    ) -> Result<Newer, HttpError> {
        let known_as = [
            ("If-None-Match", known.etag.as_deref()),
            ("If-Modified-Since", known.last_modified.as_deref()),
        ];
        let mut all = headers.to_vec();
        all.extend(
            known_as
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let answer = self.get_with_headers(url, &all).await?;
        let is_short = |text: &String| text.len() <= LONGEST_VALIDATOR;
        Ok(match answer.status {
            200 => Newer::Other(
                answer.body,
                Validators {
                    etag: answer.etag.filter(is_short),
                    last_modified: answer.last_modified.filter(is_short),
                },
            ),
            // Nobody who was told of nothing may say that it is the same.
            304 if *known != Validators::default() => Newer::Same,
            status => Newer::Refused {
                status,
                retry_after: answer.retry_after,
            },
        })
    }
}
