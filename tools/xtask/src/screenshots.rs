//! The pictures of the README: the demo as it stands at its end, in a real browser.
//!
//! In: nothing but the program, which is built first. Out: one PNG a page, in `docs/images`. The demo ends with it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};

use crate::run;

/// Where the pictures stand.
const FOLDER: &str = "docs/images";
/// The line of the demo that names a page to open.
const INVITATION: &str = " in a browser";
/// The pictures: a name, the path below the address of the pages, and the size of the screen.
const PICTURES: [(&str, &str, &str); 2] = [
    ("answer.png", "/ip/198.51.100.12", "1180,1120"),
    ("home.png", "/", "1180,1120"),
];

/// The demo while it stays up.
struct Demo(Child);

impl Demo {
    /// Builds and starts it; gives the address of its pages too.
    fn start() -> Result<(Self, String)> {
        let built = run::succeeds(&mut run::cargo(&["build", "--quiet", "--package", "atalaya"]))?;
        ensure!(built, "the program could not be built");
        let mut child = run::cargo(&["run", "--quiet", "--package", "atalaya", "--", "demo"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the demo did not start")?;
        let output = child.stdout.take().context("the demo has no output")?;
        let demo = Self(child);
        for line in BufReader::new(output).lines() {
            let line = line.context("the demo cannot be read")?;
            if let Some(url) = line
                .trim()
                .split(INVITATION)
                .next()
                .filter(|_| line.contains(INVITATION))
            {
                let (pages, _) = url
                    .rsplit_once("/ip/")
                    .context("the demo names no page of an address")?;
                return Ok((demo, pages.to_owned()));
            }
        }
        anyhow::bail!("the demo ended before it named a page")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // As Ctrl-C does, so that it removes its folder.
        let asked = Command::new("kill")
            .args(["-INT", &self.0.id().to_string()])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            drop(self.0.kill());
        }
        drop(self.0.wait());
    }
}

/// Takes all pictures.
pub(crate) fn take() -> Result<ExitCode> {
    let folder = run::root().join(FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (_demo, pages) = Demo::start()?;
    for (name, path, size) in PICTURES {
        let picture = folder.join(name);
        photograph(&format!("{pages}{path}"), size, &picture)?;
        println!("{} written", picture.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes one picture, in a browser that knows nothing.
fn photograph(url: &str, size: &str, picture: &Path) -> Result<()> {
    let profile = tempfile::tempdir().context("there is no room for a profile")?;
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={size}"))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(url)
        .output()
        .context("chromium did not start: `cargo xtask needs` installs it")?;
    ensure!(
        output.status.success() && picture.exists(),
        "no picture of {url}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
