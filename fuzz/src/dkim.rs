//! Target `dkim`: what the signatures of a mail claim, the record of a key, and `CFBL-Address`.
//!
//! Input: a mail, or the record of a key. What is claimed is bounded, names are in small letters, and nothing is allowed that nobody signed.

use atalaya_formats::cfbl::ReportWish;
use atalaya_formats::dkim::{Key, MOST_SIGNATURES, Signature, claims, is_signed};
use atalaya_model::Timestamp;

/// Reads both.
pub fn dkim(data: &[u8]) {
    let found = claims(data, Timestamp::from_seconds(1_795_435_200), |_| true);
    let claims: Vec<_> = found.into_iter().flatten().collect();
    assert!(claims.len() <= MOST_SIGNATURES);
    for claim in &claims {
        let signature = claim.signature();
        assert!(signature.covers("from") && is_signed(data));
        let name = signature.key_name();
        assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()) && name.ends_with(signature.domain()));
        // Its own field goes last, without the signature and without a line end.
        assert!(!claim.signed().ends_with(b"\n"));
    }
    let key = Key::read(&[String::from_utf8_lossy(data).into_owned()]);
    for claim in &claims {
        let fits = key.as_ref().is_ok_and(|key| key.of(claim.signature()).is_ok());
        assert!(!fits, "no mail is the record of a key");
    }
    if let Some(wish) = ReportWish::read(data) {
        assert!(!wish.is_allowed_by(&[]));
        let signatures: Vec<&Signature> = claims
            .iter()
            .map(atalaya_formats::dkim::Claim::signature)
            .collect();
        let concerned = signatures.iter().any(|signature| wish.concerns(signature));
        assert!(concerned || !wish.is_allowed_by(&signatures));
    }
}
