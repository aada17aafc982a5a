//! The second factor: codes by time (RFC 6238, HMAC-SHA-1, six digits, thirty seconds), as every authenticator program makes them, and recovery codes.

use atalaya_model::{Digest, Timestamp};
use data_encoding::BASE32_NOPAD;
use qrcode::QrCode;
use qrcode::render::svg;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::secret::is_same;

/// Bytes of a secret: as many as the hash gives (RFC 4226 section 4 R6).
pub(super) const SECRET_BYTES: usize = 20;
/// Seconds of a step.
const STEP: i64 = 30;
/// Steps before and after now whose codes are taken, for clocks that differ.
const DRIFT: u64 = 1;
/// Recovery codes of an account.
pub(crate) const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: 80 bits.
const RECOVERY_BYTES: usize = 10;
/// What is hashed before a recovery code.
const RECOVERY: &[u8] = b"atalaya recovery\0";

/// A new secret.
pub(crate) fn random_secret() -> Vec<u8> {
    let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    // Hashed, because six bits of each half are always the same.
    Sha256::digest(random)
        .iter()
        .copied()
        .take(SECRET_BYTES)
        .collect()
}

/// A secret as people type it.
pub(crate) fn secret_text(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// Reads a secret.
pub(crate) fn read_secret(text: &str) -> Option<Vec<u8>> {
    let secret = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
    (secret.len() == SECRET_BYTES).then_some(secret)
}

/// The step whose code this is, if it is one of about now.
pub(crate) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<u64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let present = u64::try_from(now.seconds().div_euclid(STEP)).ok()?;
    let mut steps = present.saturating_sub(DRIFT)..=present.saturating_add(DRIFT);
    steps.find(|step| is_same(code_of(secret, *step).as_bytes(), digits.as_bytes()))
}

/// The code of a step (RFC 4226 section 5.3).
fn code_of(secret: &[u8], step: u64) -> String {
    let tag = sign(
        &Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret),
        &step.to_be_bytes(),
    );
    let hash = tag.as_ref();
    let at = usize::from(hash.last().copied().unwrap_or(0) & 0x0f);
    let four = hash.iter().skip(at).take(4);
    let number = four.fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The address that authenticator programs read, with the name of the list and of the account.
pub(crate) fn address(secret: &[u8], organisation: &str, name: &str) -> String {
    let escape = |text: &str| -> String {
        let escaped = text.bytes().map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        });
        escaped.collect()
    };
    let (issuer, name) = (escape(organisation), escape(name));
    format!(
        "otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}",
        secret_text(secret)
    )
}

/// A picture of an address for a camera, as SVG to stand in a page; none where it is too long for one.
pub(crate) fn picture(address: &str) -> Option<String> {
    let code = QrCode::new(address).ok()?;
    let drawn = code
        .render::<svg::Color<'_>>()
        .min_dimensions(220, 220)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // What stands before the picture is for a file of its own.
    drawn
        .find("<svg")
        .and_then(|at| drawn.get(at..))
        .map(str::to_owned)
}

/// New recovery codes, to be shown once.
pub(crate) fn random_recovery() -> Vec<String> {
    let code = || {
        let random = Sha256::digest(Uuid::new_v4().into_bytes());
        let bytes: Vec<u8> = random.iter().copied().take(RECOVERY_BYTES).collect();
        let text = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
        let groups = text.as_bytes().chunks(4).map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join("-")
    };
    std::iter::repeat_with(code).take(RECOVERY_CODES).collect()
}

/// The digest of a recovery code, however it was typed; none where it cannot be one. It has 80 random bits, so that nobody guesses it from its digest.
pub(crate) fn recovery_digest(code: &str) -> Option<Digest> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let fits = plain.len() == RECOVERY_BYTES * 8 / 5;
    fits.then(|| {
        Digest(
            Sha256::new()
                .chain_update(RECOVERY)
                .chain_update(plain)
                .finalize()
                .into(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B gives eight digits; the last six are ours.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_seconds(seconds);
            let step = u64::try_from(seconds / STEP).unwrap();
            assert_eq!(step_of(secret, code, now), Some(step), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_a_step_early_or_late_and_not_two() {
        let secret = random_secret();
        let code = code_of(&secret, 1_000);
        let at = |step: i64| Timestamp::from_seconds(step * STEP);
        for step in [999, 1_000, 1_001] {
            assert_eq!(step_of(&secret, &code, at(step)), Some(1_000));
        }
        assert_eq!(step_of(&secret, &code, at(1_002)), None);
        assert_eq!(step_of(&secret, "", at(1_000)), None);
        let (first, last) = code.split_at(3);
        assert_eq!(
            step_of(&secret, &format!(" {first} {last}"), at(1_000)),
            Some(1_000)
        );
    }

    #[test]
    fn secrets_are_read_back_and_drawn() {
        let secret = random_secret();
        assert_eq!(read_secret(&secret_text(&secret)), Some(secret.clone()));
        assert_eq!(read_secret("MFRGG"), None);
        let address = address(&secret, "Atalaya del Sur", "marta@example.org");
        assert!(address.starts_with("otpauth://totp/Atalaya%20del%20Sur:marta%40example.org?secret="));
        let picture = picture(&address).unwrap();
        assert!(picture.starts_with("<svg") && !picture.contains("style="));
    }

    #[test]
    fn recovery_codes_are_found_however_they_are_typed() {
        let codes = random_recovery();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let digest = recovery_digest(&codes[0]).unwrap();
        assert_eq!(
            recovery_digest(&codes[0].to_uppercase().replace('-', " ")),
            Some(digest)
        );
        assert_ne!(recovery_digest(&codes[1]), Some(digest));
        assert_eq!(recovery_digest("123456"), None);
    }
}
