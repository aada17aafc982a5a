//! What targets share: cutting a bit of choice off the input, and judging text that people will see.

/// Takes the first byte as a choice; the rest is the input.
pub(crate) fn choice(data: &[u8]) -> (u8, &[u8]) {
    data.split_first()
        .map_or((0, data), |(first, rest)| (*first, rest))
}

/// Text that is shown to people stands on one line and is bounded.
pub(crate) fn assert_presentable(text: &str, longest: usize) {
    assert!(
        !text.chars().any(char::is_control),
        "control characters in {text:?}"
    );
    assert!(text.chars().count() <= longest, "longer than {longest}: {text:?}");
}
