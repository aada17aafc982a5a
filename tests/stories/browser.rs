//! The pages in a real browser, on a wide screen and on a phone.

use std::path::Path;
use std::process::Command;

use crate::harness::{Server, have, text};

/// Screens: their name, their size in pixels.
const SCREENS: [(&str, &str); 2] = [("wide", "1280,900"), ("phone", "390,844")];

#[test]
fn the_pages_open_in_a_browser_with_our_own_script_and_no_complaint() {
    if !have(&["chromium"]) {
        return;
    }
    let server = Server::start("");
    server.command(&[
        "list",
        "add",
        "192.0.2.7",
        "--class",
        "spam",
        "--reason",
        "Tried in a browser.",
    ]);
    let blank = Browser::open("about:blank", SCREENS[0].1).picture;
    let url = |path: &str| format!("http://{}{path}", server.http);
    for (path, words) in [
        ("/", "Is an address on the list?"),
        ("/ip/192.0.2.7", "Tried in a browser."),
        ("/ip/192.0.2.7?lang=es", "Tried in a browser."),
        ("/ip/192.0.2.8", "192.0.2.8"),
        ("/policy", "Policy of this list"),
        ("/feedback", "Ask to be enrolled"),
    ] {
        for (screen, size) in SCREENS {
            let seen = Browser::open(&url(path), size);
            assert!(
                seen.document.contains(words),
                "{path} on {screen}: {}",
                seen.document
            );
            // The one script is our own: it solves the puzzle of a removal.
            let scripts = |begin: &str| seen.document.matches(begin).count();
            assert_eq!(
                scripts("<script"),
                scripts("<script src=\"/removal.js?v="),
                "{path} on {screen}"
            );
            assert_eq!(seen.complaints, Vec::<String>::new(), "{path} on {screen}");
            assert!(
                seen.picture.len() > 2 * blank.len(),
                "{path} on {screen} looks as empty as a blank page"
            );
        }
    }
}

/// What a browser made of a page.
struct Browser {
    /// The document as it stood at the end.
    document: String,
    /// What it wrote to its console: what the content policy refused, what was not found.
    complaints: Vec<String>,
    /// The picture, as PNG.
    picture: Vec<u8>,
}

impl Browser {
    fn open(url: &str, size: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("page.png");
        let run = |what: &str| {
            let output = Command::new("chromium")
                .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
                .args(["--enable-logging=stderr"])
                .arg(format!(
                    "--user-data-dir={}",
                    folder.path().join("profile").display()
                ))
                .arg(format!("--window-size={size}"))
                .args([what, url])
                .output()
                .unwrap();
            assert!(output.status.success(), "{url}: {}", text(&output.stderr));
            output
        };
        let shown = run(&format!("--screenshot={}", picture.display()));
        let complaints = text(&shown.stderr);
        Self {
            document: text(&run("--dump-dom").stdout),
            complaints: complaints
                .lines()
                .filter(|line| line.contains("CONSOLE"))
                .map(str::to_owned)
                .collect(),
            picture: read(&picture),
        }
    }
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap_or_else(|error| panic!("no picture in {}: {error}", file.display()))
}
