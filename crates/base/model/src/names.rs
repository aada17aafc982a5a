//! Names and numbers as people write them: a domain, and the number of a network.

/// The longest name, in bytes (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;
/// The longest label of one.
const MAX_LABEL: usize = 63;

/// A domain name of at least two labels in small letters, with a dot at its end or without; none where it is none. What has no letter in its last
/// label is an address with a mistake in it.
#[must_use]
pub fn domain_name(text: &str) -> Option<String> {
    let name = text.trim_end_matches('.');
    let is_label = |label: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(is_letter)
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_name = name.len() <= MAX_NAME
        && name.contains('.')
        && name.split('.').all(is_label)
        && last.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_name.then(|| name.to_ascii_lowercase())
}

/// The number of a network (ASN): `AS64500` or `64500`; none where it is none.
#[must_use]
pub fn network_number(text: &str) -> Option<u32> {
    let number = match text.split_at_checked(2) {
        Some((word, rest)) if word.eq_ignore_ascii_case("AS") => rest,
        _ => text,
    };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|asn| is_number && *asn != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_numbers_with_or_without_their_letters() {
        for text in ["AS64500", "as64500", "64500"] {
            assert_eq!(network_number(text), Some(64_500), "{text}");
        }
        for wrong in ["", "AS", "AS0", "0", "ASx", "-1", "+1", "AS4294967296", "ÄS1"] {
            assert_eq!(network_number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_domain_has_two_labels_and_ends_in_letters() {
        assert_eq!(domain_name("ISP.Example."), Some("isp.example".to_owned()));
        assert_eq!(domain_name("a_b.xn--p1ai"), Some("a_b.xn--p1ai".to_owned()));
        let long = format!("{}.example", "a".repeat(64));
        for wrong in ["", ".", "example", "a..b", "192.0.2.300", "a b.example", &long] {
            assert_eq!(domain_name(wrong), None, "{wrong}");
        }
    }
}
