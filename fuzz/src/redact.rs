//! Target `redact`: hiding a trap address in a message.
//!
//! Input: the address on the first line, the message behind it.

use atalaya_formats::redact::Redactor;

/// Shortest local part that is looked for here: a shorter one is found in every text.
const SHORTEST: usize = 4;

/// Hides an address, and looks for it.
pub fn redact(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let address = String::from_utf8_lossy(parts.next().unwrap_or_default())
        .trim()
        .to_owned();
    let message = parts.next().unwrap_or_default();
    let mut redactor = Redactor::new(b"a key that only this test knows");
    redactor.hide_address(&address);
    for limit in [0, usize::MAX] {
        let Some(hidden) = redactor.hide_message(message, limit) else {
            continue;
        };
        assert!(
            !redactor.finds_in(&hidden.bytes),
            "the address can still be found"
        );
        assert!(!holds(&hidden.bytes, &address), "{address:?} still stands there");
    }
    let text = String::from_utf8_lossy(message);
    assert_eq!(
        redactor.hide_text(&text).as_bytes(),
        redactor.hide_bytes(text.as_bytes()),
        "text and bytes differ"
    );
}

/// Whether an ordinary address stands in there as anybody would write it.
fn holds(bytes: &[u8], address: &str) -> bool {
    let plain = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    };
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let ordinary = local.len() >= SHORTEST && domain.len() >= SHORTEST && plain(local) && plain(domain);
    let (bytes, address) = (bytes.to_ascii_lowercase(), address.to_ascii_lowercase());
    ordinary
        && bytes
            .windows(address.len())
            .any(|window| window == address.as_bytes())
}
