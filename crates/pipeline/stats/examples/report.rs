//! Writes what a picture looks like into a folder: `cargo run -p atalaya-stats --example report -- FOLDER`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an example ends where something is not as it should be"
)]

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::path::PathBuf;

use atalaya_places::Language;
use atalaya_stats::{Measure, NARROW, Part, Picture, View, WIDE, chart, report, table, words};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("name a folder"));
    for (name, picture) in [
        ("day", sample::picture(1)),
        ("week", sample::picture(7)),
        ("nothing", sample::nothing()),
        ("hostile", sample::hostile()),
    ] {
        write(&folder.join(name), &picture);
    }
}

/// Writes everything of a picture.
fn write(folder: &std::path::Path, picture: &Picture) {
    std::fs::create_dir_all(folder).unwrap();
    for language in [Language::English, Language::Spanish] {
        let view = View {
            words: words(language),
            by: Measure::Addresses,
        };
        let html = report(picture, view, "Atalaya del Sur").unwrap();
        std::fs::write(folder.join(format!("report-{}.html", view.words.tag)), html).unwrap();
    }
    let view = View {
        words: words(Language::English),
        by: Measure::Addresses,
    };
    for part in Part::ALL {
        let drawing = chart(picture, part, view, WIDE);
        std::fs::write(folder.join(format!("{part}.svg")), drawing.file()).unwrap();
        std::fs::write(folder.join(format!("{part}.png")), drawing.png().unwrap()).unwrap();
        let narrow = chart(picture, part, view, NARROW).file();
        std::fs::write(folder.join(format!("{part}-narrow.svg")), narrow).unwrap();
        let table = table(picture, part, view);
        std::fs::write(folder.join(format!("{part}.csv")), table.csv()).unwrap();
        std::fs::write(folder.join(format!("{part}.txt")), table.text(view.words, 100)).unwrap();
    }
}
