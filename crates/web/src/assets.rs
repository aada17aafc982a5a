//! The style sheet, the script and the mark, served from the binary.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// The style of the pages, and that of the charts on them.
static STYLE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}{}",
        include_str!("../assets/style.css"),
        atalaya_stats::style()
    )
});
const CONSOLE_STYLE: &str = include_str!("../assets/console.css");
const MARK: &str = include_str!("../assets/mark.svg");
const CONSOLE_SCRIPT: &str = include_str!("../assets/console.js");
const SCRIPT: &str = include_str!("../assets/removal.js");
/// They change only with the binary, and the links to style sheet and script change with it.
const A_YEAR: &str = "public, max-age=31536000, immutable";
const A_DAY: &str = "public, max-age=86400";

/// The link to the style sheet; a new style has a new one, so that browsers may keep it for good.
pub(crate) fn style_link() -> &'static str {
    static LINK: LazyLock<String> =
        LazyLock::new(|| format!("/style.css?v={:016x}", fnv1a(STYLE.as_bytes())));
    &LINK
}

/// `/style.css`.
pub(crate) async fn style() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, A_YEAR)],
        STYLE.as_str(),
    )
}

/// The link to the style sheet of the console, which is loaded beside the other one.
pub(crate) fn console_style_link() -> &'static str {
    static LINK: LazyLock<String> =
        LazyLock::new(|| format!("/console.css?v={:016x}", fnv1a(CONSOLE_STYLE.as_bytes())));
    &LINK
}

/// `/console.css`.
pub(crate) async fn console_style() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, A_YEAR)],
        CONSOLE_STYLE,
    )
}

/// The link to the script of removals.
pub(crate) fn script_link() -> &'static str {
    static LINK: LazyLock<String> =
        LazyLock::new(|| format!("/removal.js?v={:016x}", fnv1a(SCRIPT.as_bytes())));
    &LINK
}

/// `/removal.js`.
pub(crate) async fn script() -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, A_YEAR),
        ],
        SCRIPT,
    )
}

/// `/mark.svg`.
pub(crate) async fn mark() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, A_DAY)], MARK)
}

/// The link to the script of the console.
pub(crate) fn console_script_link() -> &'static str {
    static LINK: LazyLock<String> =
        LazyLock::new(|| format!("/console.js?v={:016x}", fnv1a(CONSOLE_SCRIPT.as_bytes())));
    &LINK
}

/// `/console.js`.
pub(crate) async fn console_script() -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, A_YEAR),
        ],
        CONSOLE_SCRIPT,
    )
}

/// The FNV-1a hash: enough to tell one style sheet, or one page, from the next.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
