//! Target `redact`: hiding a trap address in a message.
//!
//! Input: the address on the first line, the message behind it.

use atalaya_formats::redact::RedactorBuilder;

/// Shortest local part that is looked for here: a shorter one is found in every text.
const SHORTEST: usize = 4;

/// Hides an address, and looks for it.
pub fn redact(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let address = String::from_utf8_lossy(parts.next().unwrap_or_default())
        .trim()
        .to_owned();
    let message = parts.next().unwrap_or_default();
    let redactor = RedactorBuilder::new(b"a key that only this test knows")
        .recipient(&address)
        .mentioned_in(message)
        .build();
    for limit in [0, usize::MAX] {
        let Some(hidden) = redactor.hide_message(message, limit) else {
            continue;
        };
        assert!(
            !redactor.finds_in(body(&hidden.bytes)),
            "the address can still be found"
        );
        assert!(!holds(&hidden.bytes, &address), "{address:?} still stands there");
    }
    let text = String::from_utf8_lossy(message);
    let once = redactor.hide_text(&text);
    assert!(
        !redactor.finds_in(once.as_bytes()),
        "the address can still be found in a text"
    );
    assert_eq!(redactor.hide_text(&once), once, "what is hidden is hidden again");
}

/// What stands behind the header. The header is hidden field by field, and its names stay.
fn body(message: &[u8]) -> &[u8] {
    let ends =
        [&b"\r\n\r\n"[..], b"\n\n"].map(|gap| message.windows(gap.len()).position(|window| window == gap));
    match ends.into_iter().flatten().min() {
        Some(end) => message.split_at(end).1,
        None => &[],
    }
}

/// Whether an ordinary address stands in there as anybody would write it, between other signs than letters.
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
    let is_inside = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_alphanumeric)
    };
    ordinary
        && bytes.windows(address.len()).enumerate().any(|(at, window)| {
            let stands_alone = !is_inside(at.checked_sub(1)) && !is_inside(at.checked_add(address.len()));
            window == address.as_bytes() && stands_alone
        })
}
