//! `dkim new`, `dkim show`: the keys that notices are signed with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use atalaya_notify::{DkimKey, DkimSigner, new_ed25519_key};
use clap::{Args, Subcommand};

use super::print;

/// Bits of an RSA key: enough for many years, and its record still fits into a DNS answer.
const RSA_BITS: &str = "rsa_keygen_bits:2048";

/// `dkim`.
#[derive(Debug, Subcommand)]
pub(crate) enum DkimCommand {
    /// Make a key in a new file, and print the record for the zone of the domain
    New(DkimNew),
    /// Print the record of a key
    Show(DkimShow),
}

/// `dkim new`.
#[derive(Debug, Args)]
pub(crate) struct DkimNew {
    #[command(flatten)]
    key: DkimName,
    /// An RSA key of 2048 bits, which everybody verifies; made by the program openssl
    #[arg(long, conflicts_with = "ed25519")]
    rsa: bool,
    /// An Ed25519 key, which is short, and which not everybody verifies yet (the default)
    #[arg(long)]
    ed25519: bool,
}

/// `dkim show`.
#[derive(Debug, Args)]
pub(crate) struct DkimShow {
    #[command(flatten)]
    key: DkimName,
}

/// A key.
#[derive(Debug, Args)]
struct DkimName {
    /// Its name in the zone of the domain: a name of your choice, another one for each key
    #[arg(long)]
    selector: String,
    /// The domain that notices come from
    #[arg(long)]
    domain: String,
    /// The file of the key
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs one of the two.
pub(crate) fn run(command: DkimCommand) -> anyhow::Result<()> {
    match command {
        DkimCommand::New(new) => {
            let pem = if new.rsa {
                new_rsa_key()?
            } else {
                new_ed25519_key()?
            };
            write_new(&new.key.file, &pem)?;
            show(new.key)
        }
        DkimCommand::Show(shown) => show(shown.key),
    }
}

/// Prints the record of a key.
fn show(name: DkimName) -> anyhow::Result<()> {
    let key = DkimKey {
        selector: name.selector,
        domain: name.domain,
        key: name.file,
    };
    print(DkimSigner::load(&key)?.record())
}

/// Our cryptography makes no RSA keys; openssl is on most machines.
fn new_rsa_key() -> anyhow::Result<String> {
    let made = Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", RSA_BITS])
        .output()
        .context("RSA keys are made by the program openssl: install it")?;
    if !made.status.success() {
        bail!(
            "openssl made no key: {}",
            String::from_utf8_lossy(&made.stderr).trim()
        );
    }
    String::from_utf8(made.stdout).context("openssl wrote no key")
}

/// Writes a file that is not there yet, and that only its owner reads.
fn write_new(path: &Path, pem: &str) -> anyhow::Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let mut file = match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!(
                "{} is there already: a key in use must not be lost",
                path.display()
            )
        }
        made => made.with_context(|| format!("{} cannot be written", path.display()))?,
    };
    let written = file.write_all(pem.as_bytes()).and_then(|()| file.sync_all());
    written.with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a1.pem");
        let new = || {
            let key = DkimName {
                selector: "a1".to_owned(),
                domain: "list.example".to_owned(),
                file: file.clone(),
            };
            let (rsa, ed25519) = (false, true);
            run(DkimCommand::New(DkimNew { key, rsa, ed25519 }))
        };
        new().unwrap();
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let before = std::fs::read(&file).unwrap();
        assert!(new().unwrap_err().to_string().contains("is there already"));
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}
