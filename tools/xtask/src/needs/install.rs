//! Installing Debian packages without side effects.
//!
//! In: the packages that are missing. Out: lines that say what went wrong. While apt works, a policy file tells it to start no
//! daemon; what stood in its place before is put back. Only missing packages are installed, without what they merely recommend.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::table::{ANSWERS, Need};

/// Debian asks this program whether a daemon may be started; 101 means that it may not.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// What the policy says while packages are installed.
const START_NOTHING: &str = "#!/bin/sh\nexit 101\n";

/// Options of every call of apt: ask nothing, take no extras, and give up on a network or a lock that does not answer.
const APT_OPTIONS: &[&str] = &[
    "-q",
    "-y",
    "--no-install-recommends",
    "-o",
    "Acquire::http::Timeout=60",
    "-o",
    "Acquire::Retries=2",
    "-o",
    "DPkg::Lock::Timeout=300",
];

/// Whether packages can be installed here at all; if not, why.
pub(super) fn possible() -> Result<(), String> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !root {
        return Err("packages are installed only when this runs as root".to_owned());
    }
    let apt = Command::new("apt-get")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    apt.map(drop)
        .map_err(|error| format!("apt-get cannot be run: {error}"))
}

/// Installs the packages; gives a line for each thing that went wrong.
pub(super) fn install(needs: &[Need]) -> Vec<String> {
    let _policy = match Policy::hold(Path::new(POLICY)) {
        Ok(policy) => policy,
        Err(error) => return vec![format!("nothing installed: {POLICY} cannot be written: {error}")],
    };
    let mut trouble: Vec<String> = preseed().err().into_iter().collect();
    let packages: Vec<&str> = needs.iter().map(|need| need.package).collect();
    let here = Path::new(".");
    if apt(here, "install", &packages).is_ok() {
        return trouble;
    }
    // The lists of packages are old, or were never fetched.
    trouble.extend(apt(here, "update", &[]).err());
    if apt(here, "install", &packages).is_ok() {
        return trouble;
    }
    // One of them is the trouble: the others need not suffer from it.
    trouble.extend(
        packages
            .iter()
            .filter_map(|package| apt(here, "install", &[package]).err()),
    );
    trouble
}

/// Answers beforehand what the packages would ask.
fn preseed() -> Result<(), String> {
    let run = || {
        let mut child = Command::new("debconf-set-selections")
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(ANSWERS.as_bytes())?;
        }
        child.wait()
    };
    run()
        .map(drop)
        .map_err(|error| format!("debconf-set-selections cannot be run: {error}"))
}

/// One call of apt-get, without a terminal; what it downloads for us alone lands in the folder.
pub(super) fn apt(folder: &Path, order: &str, packages: &[&str]) -> Result<(), String> {
    println!("needs: apt-get {order} {}", packages.join(" "));
    let mut command = Command::new("apt-get");
    command
        .arg(order)
        .args(APT_OPTIONS)
        .args(packages)
        .current_dir(folder)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "apt-get {order} {} failed: {}",
            packages.join(" "),
            complaint(&output)
        )),
        Err(error) => Err(format!("apt-get cannot be run: {error}")),
    }
}

/// The lines in which apt says what is wrong; without such, the last that it wrote.
pub(super) fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("E:")).collect();
    let last = text.lines().last().unwrap_or("it did not say why");
    if errors.is_empty() {
        last.to_owned()
    } else {
        errors.join("; ")
    }
}

/// Holds the policy that starts nothing, and puts back what was there when it is dropped.
#[derive(Debug)]
struct Policy {
    /// Where it stands.
    path: PathBuf,
    /// What stood there before.
    before: Option<Vec<u8>>,
}

impl Policy {
    /// Writes the policy.
    fn hold(path: &Path) -> std::io::Result<Self> {
        // One left behind by a run that was killed is ours, and not worth putting back.
        let before = std::fs::read(path)
            .ok()
            .filter(|found| found != START_NOTHING.as_bytes());
        std::fs::write(path, START_NOTHING)?;
        let policy = Self {
            path: path.to_path_buf(),
            before,
        };
        policy.make_executable()?;
        Ok(policy)
    }

    /// Lets it be run.
    fn make_executable(&self) -> std::io::Result<()> {
        std::fs::set_permissions(&self.path, std::fs::Permissions::from_mode(0o755))
    }

    /// Puts back what was there.
    fn restore(&self) -> std::io::Result<()> {
        match &self.before {
            Some(before) => std::fs::write(&self.path, before).and_then(|()| self.make_executable()),
            None => std::fs::remove_file(&self.path),
        }
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if let Err(error) = self.restore() {
            println!("needs: {} could not be put back: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_goes_as_it_came() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy-rc.d");
        let policy = Policy::hold(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), START_NOTHING);
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o755
        );
        drop(policy);
        assert!(!path.exists());
    }

    #[test]
    fn a_policy_that_was_there_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy-rc.d");
        std::fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        drop(Policy::hold(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "#!/bin/sh\nexit 0\n");
    }

    #[test]
    fn a_complaint_is_what_apt_says() {
        use std::os::unix::process::ExitStatusExt;
        let output = |text: &str| Output {
            status: std::process::ExitStatus::from_raw(256),
            stdout: Vec::new(),
            stderr: text.as_bytes().to_vec(),
        };
        assert_eq!(
            complaint(&output("W: old\nE: no such package\n")),
            "E: no such package"
        );
        assert_eq!(complaint(&output("killed\n")), "killed");
        assert_eq!(complaint(&output("")), "it did not say why");
    }
}
