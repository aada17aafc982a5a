//! Target `mta_sts`: a policy of MTA-STS, and the record that announces one.
//!
//! Input: either of them. What is read is bounded; a server is only covered by a pattern that ends like it.

use atalaya_formats::mta_sts::{Policy, announced};

/// Reads a policy.
pub fn mta_sts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(id) = announced(&[text.into_owned()]) {
        assert!(id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
    let Ok(policy) = Policy::parse(data) else { return };
    assert!(policy.servers.len() <= 64 && policy.max_age.as_secs() <= 31_557_600);
    for pattern in &policy.servers {
        let own = pattern.replace('*', "any");
        assert!(policy.covers(&own), "{pattern}");
    }
    assert!(
        !policy.covers("any.stranger.invalid.") || policy.servers.iter().any(|own| own.ends_with("invalid"))
    );
}
