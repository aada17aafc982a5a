//! The bytes of a list: from a file or standard input, unpacked where they are packed.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use anyhow::Context;
use atalaya_formats::lists::unpacked;
use indicatif::{ProgressBar, ProgressStyle};

/// The most bytes that a packed list may unpack to: a hundred million rows of a wide table. A small file can hold far more.
const MAX_UNPACKED: u64 = 32 << 30;

/// Opens a list; `-` is standard input.
pub(super) fn open(path: &Path, bar: &ProgressBar) -> anyhow::Result<Box<dyn BufRead>> {
    let cannot = || format!("cannot read {}", path.display());
    let plain: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(cannot)?)
    };
    unpacked(bar.wrap_read(plain), MAX_UNPACKED).with_context(cannot)
}

/// A bar on a terminal, nothing elsewhere; what comes from standard input has no known length.
pub(super) fn progress_bar(path: &Path) -> ProgressBar {
    let Ok(file) = std::fs::metadata(path) else {
        return ProgressBar::hidden();
    };
    let bar = ProgressBar::new(file.len());
    match ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_bad_template) => bar,
    }
}
