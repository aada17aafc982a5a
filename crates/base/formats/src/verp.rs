//! Variable envelope return paths: a bounce names the mail that it is about by the address that it comes to.
//!
//! In: the mailbox that takes bounces, the id of a mail, and a key that only we hold. Out: `bounces+ID@list.example`, where ID is the id
//! of the mail and a keyed hash of it. So a bounce in whatever form still tells which mail it is about, and nobody can make up one
//! for a mail that he did not get.
//!
//! ID is 40 letters and digits of one case (base32, RFC 4648 section 6), because mail servers on the way may change the case of a local
//! part, and some do.

use atalaya_model::MailAddress;
use data_encoding::BASE32_NOPAD;
use uuid::Uuid;

use crate::redact::keyed_hash;

/// What stands between the mailbox and the ID, as in Postfix's `recipient_delimiter`.
const DELIMITER: char = '+';
/// Bytes of the keyed hash: 72 bits cannot be guessed by mail, and with the 128 of the id they fill whole letters.
const HASH_BYTES: usize = 9;
/// Letters of the ID.
const ID_LETTERS: usize = 40;
/// Longest local part (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// What sets these hashes apart from others made with the same key.
const LABEL: &[u8] = b"return-path\0";

/// The address that the bounces of one mail come to.
#[derive(Debug, Clone, Copy)]
pub struct ReturnPath;

impl ReturnPath {
    /// Longest local part of a mailbox that the ID fits behind.
    pub const MAX_BASE_LOCAL: usize = MAX_LOCAL - ID_LETTERS - 1;

    /// Whether the ID fits behind the local part of this mailbox.
    #[must_use]
    pub fn fits(base: &MailAddress) -> bool {
        local(base).len() <= Self::MAX_BASE_LOCAL
    }

    /// The return path of the mail `id`. Where the ID does not fit behind it, the mailbox itself.
    #[must_use]
    pub fn seal(base: &MailAddress, id: Uuid, key: &[u8]) -> MailAddress {
        let code = [id.as_bytes().as_slice(), &hash(id, key)].concat();
        let code = BASE32_NOPAD.encode(&code).to_ascii_lowercase();
        format!("{}{DELIMITER}{code}@{}", local(base), base.domain())
            .parse()
            .unwrap_or_else(|_too_long| base.clone())
    }

    /// The mail that an address is the return path of; nothing where it is no such address, or where it was made up. Capitals and
    /// small letters are the same.
    #[must_use]
    pub fn open(address: &str, base: &MailAddress, key: &[u8]) -> Option<Uuid> {
        let (mailbox, domain) = address.rsplit_once('@')?;
        let (mailbox, code) = mailbox.rsplit_once(DELIMITER)?;
        let is_ours = mailbox.eq_ignore_ascii_case(local(base)) && domain.eq_ignore_ascii_case(base.domain());
        if !is_ours || code.len() != ID_LETTERS {
            return None;
        }
        let code = BASE32_NOPAD.decode(code.to_ascii_uppercase().as_bytes()).ok()?;
        let (id, claimed) = code.split_first_chunk::<16>()?;
        let id = Uuid::from_bytes(*id);
        is_same(claimed, &hash(id, key)).then_some(id)
    }
}

fn local(address: &MailAddress) -> &str {
    address
        .as_str()
        .rsplit_once('@')
        .map_or("", |(local, _domain)| local)
}

fn hash(id: Uuid, key: &[u8]) -> [u8; HASH_BYTES] {
    let whole = keyed_hash(key, &[LABEL, id.as_bytes()]);
    whole.first_chunk().copied().unwrap_or_default()
}

/// Compares in a time that does not depend on where two hashes differ.
fn is_same(claimed: &[u8], real: &[u8; HASH_BYTES]) -> bool {
    let differences = claimed
        .iter()
        .zip(real)
        .fold(0, |all, (one, other)| all | (one ^ other));
    claimed.len() == real.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> MailAddress {
        "bounces@list.example".parse().unwrap()
    }

    #[test]
    fn the_form_stays_because_bounces_come_late() {
        let id = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let sealed = ReturnPath::seal(&base(), id, b"key");
        assert_eq!(
            sealed.as_str(),
            "bounces+aerukz4jvpg66ajdivtytk6n55h32buwpd4encvt@list.example"
        );
    }

    #[test]
    fn what_was_made_up_names_no_mail() {
        let sealed = ReturnPath::seal(&base(), Uuid::from_u128(7), b"key").to_string();
        assert_eq!(ReturnPath::open(&sealed, &base(), b"other key"), None);
        let other: MailAddress = "bounces@other.example".parse().unwrap();
        assert_eq!(ReturnPath::open(&sealed, &other, b"key"), None);
        for text in [
            "",
            "@",
            "bounces@list.example",
            "bounces+@list.example",
            "+@",
            "bounces+ñ@list.example",
        ] {
            assert_eq!(ReturnPath::open(text, &base(), b"key"), None, "{text}");
        }
        let zeros = format!("bounces+{}@list.example", "a".repeat(ID_LETTERS));
        assert_eq!(ReturnPath::open(&zeros, &base(), b"key"), None);
    }

    #[test]
    fn a_mailbox_too_long_for_the_id_stays_as_it_is() {
        let longest: MailAddress = format!("{}@list.example", "b".repeat(ReturnPath::MAX_BASE_LOCAL))
            .parse()
            .unwrap();
        assert!(ReturnPath::fits(&longest));
        let sealed = ReturnPath::seal(&longest, Uuid::nil(), b"key");
        assert_eq!(local(&sealed).len(), MAX_LOCAL);
        let longer: MailAddress = format!("b{longest}").parse().unwrap();
        assert!(!ReturnPath::fits(&longer));
        assert_eq!(ReturnPath::seal(&longer, Uuid::nil(), b"key"), longer);
    }

    proptest! {
        #[test]
        fn a_return_path_is_read_again_whatever_happened_to_its_case(
            id: u128, key: Vec<u8>, local in "[a-z0-9]{1,10}([.+-][a-z0-9]{1,10})?", capitals: u64
        ) {
            let base: MailAddress = format!("{local}@list.example").parse().unwrap();
            let sealed = ReturnPath::seal(&base, Uuid::from_u128(id), &key);
            let changed: String = sealed.as_str().chars().enumerate()
                .map(|(at, c)| if capitals >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c })
                .collect();
            prop_assert_eq!(ReturnPath::open(&changed, &base, &key), Some(Uuid::from_u128(id)));
        }

        #[test]
        fn one_letter_changed_names_no_mail(id: u128, at in 8_usize..48, letter in "[a-z2-7]") {
            let sealed = ReturnPath::seal(&base(), Uuid::from_u128(id), b"key").to_string();
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, &letter);
            prop_assume!(changed != sealed);
            prop_assert_eq!(ReturnPath::open(&changed, &base(), b"key"), None);
        }
    }
}
