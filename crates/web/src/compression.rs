//! Packing answers for those who take it (gzip), but for small ones, those with a tag, and those with secrets in them.

use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Smaller answers fit in the first packets anyway.
const LEAST_BYTES: u64 = 1_024;
/// What is text, and so gets smaller.
const TEXTS: [&str; 6] = [
    "text/html",
    "text/css",
    "text/javascript",
    "text/csv",
    "application/json",
    "image/svg+xml",
];

/// Marks an answer that goes out as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uncompressed;

/// Which answers are packed.
type Packed = And<SizeAbove, fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool>;

/// Packs what may be packed.
pub(crate) fn layer() -> CompressionLayer<Packed> {
    let packed: fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool = is_packed;
    CompressionLayer::new().compress_when(SizeAbove::new(LEAST_BYTES).and(packed))
}

fn is_packed(_: StatusCode, _: Version, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_text = kind.is_some_and(|kind| TEXTS.iter().any(|text| kind.starts_with(text)));
    // A strong tag names these very bytes (RFC 9110 section 8.8.3.3): packed they would need another.
    is_text && !headers.contains_key(ETAG) && extensions.get::<Uncompressed>().is_none()
}
