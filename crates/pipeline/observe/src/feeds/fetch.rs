//! Getting the bytes of a list: over HTTP, or from a file of this machine.
//!
//! What is told of the list that is known already is told again, so that one that has not changed is not sent (RFC 9110 section 13.1). The
//! bytes are as they came, packed or not.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use atalaya_formats::rdap::retry_after;
use atalaya_model::{Clock, Timestamp};
use atalaya_net::{HttpClient, HttpError, Newer, Validators};
use atalaya_store::small_file::{read, stamp};

use super::FeedConfig;
use super::state::FeedState;

/// The longest value of a header.
const MAX_HEADER: u64 = 4 << 10;

/// What came.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The list is the one that is known.
    Same,
    /// Another list.
    List(List),
}

/// A list as it came.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) bytes: Vec<u8>,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// Why nothing came.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// There is no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server refuses, perhaps until then.
    #[error("the server answers with status {0}")]
    Status(u16, Option<Timestamp>),
    /// The file cannot be read.
    #[error("cannot read {0}")]
    Unreadable(PathBuf, #[source] io::Error),
    /// The file is too long.
    #[error("{0} is larger than max_size")]
    TooLarge(PathBuf),
    /// The file with the value of the header holds none.
    #[error("{0} holds no value for a header")]
    NoValue(PathBuf),
}

impl FetchError {
    /// When the server wants to be asked again.
    pub(super) const fn not_before(&self) -> Option<Timestamp> {
        match self {
            Self::Status(_, until) => *until,
            _ => None,
        }
    }
}

/// Gets the list, unless it is the one that `known` tells of.
pub(super) async fn fetch(
    config: &FeedConfig,
    known: &FeedState,
    client: &HttpClient,
    clock: &Clock,
) -> Result<Fetched, FetchError> {
    if let Some(path) = config.path() {
        let (known, most) = (known.etag.clone(), config.max_size.0);
        let read = tokio::task::spawn_blocking(move || from_file(&path, known.as_deref(), most));
        return match read.await {
            Ok(fetched) => fetched,
            Err(broken) => Err(FetchError::Unreadable(PathBuf::new(), broken.into())),
        };
    }
    let key = match &config.header_file {
        Some(path) => Some(value_in(path)?),
        None => None,
    };
    let mut headers = vec![("Accept", "*/*"), ("Accept-Encoding", "gzip, zstd")];
    headers.extend(config.header.as_deref().zip(key.as_deref()));
    let known = Validators {
        etag: known.etag.clone(),
        last_modified: known.last_modified.clone(),
    };
    match client.get_newer(&config.url, &known, &headers).await? {
        Newer::Same => Ok(Fetched::Same),
        Newer::Other(bytes, Validators { etag, last_modified }) => Ok(Fetched::List(List {
            bytes,
            etag,
            last_modified,
        })),
        Newer::Refused {
            status,
            retry_after: until,
        } => {
            let until = until.and_then(|value| retry_after(&value, clock.now()));
            Err(FetchError::Status(status, until))
        }
    }
}

/// Reads a list of this machine; its inode, size and time stand for an `ETag`.
fn from_file(path: &Path, known: Option<&str>, most: u64) -> Result<Fetched, FetchError> {
    let etag = stamp(path).map(|stamp| format!("{stamp:?}"));
    if etag.is_some() && etag.as_deref() == known {
        return Ok(Fetched::Same);
    }
    let unreadable = |error| FetchError::Unreadable(path.to_owned(), error);
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let limit = most.saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(FetchError::TooLarge(path.to_owned()));
    }
    Ok(Fetched::List(List {
        bytes,
        etag,
        last_modified: None,
    }))
}

/// The value of a header that stands in a file. It is read at each fetch, so that a new key needs no restart.
fn value_in(path: &Path) -> Result<String, FetchError> {
    let unreadable = |error| FetchError::Unreadable(path.to_owned(), error);
    let text = read(path, MAX_HEADER).map_err(unreadable)?.unwrap_or_default();
    match text.trim() {
        "" => Err(FetchError::NoValue(path.to_owned())),
        value => Ok(value.to_owned()),
    }
}
