//! The key of the second factors: a file of the data folder, made at the first start, so that a copy of the database alone opens nothing.

use std::path::Path;

use anyhow::Context;
use atalaya_store::Store;
use atalaya_store::small_file::{put_in_place, read};
use atalaya_web::accounts::{FactorKey, seal_factors};
use data_encoding::BASE64;

use crate::config::Config;

/// The name of the file.
pub(crate) const FACTOR_KEY: &str = "factor.key";
/// Most bytes of it: 44 letters, and what an editor adds.
const MOST: u64 = 100;

/// Reads the key, or makes it; then seals what an older program kept without.
///
/// # Errors
/// The file cannot be read or written, or is no key; or the store failed.
pub(crate) async fn open(config: &Config, store: &Store) -> anyhow::Result<FactorKey> {
    let path = config.in_data(FACTOR_KEY);
    let key = kept_or_new(&path)?;
    let sealing = seal_factors(store, &key)
        .await
        .context("the second factors cannot be read")?;
    if sealing.sealed > 0 {
        tracing::info!(
            accounts = sealing.sealed,
            "the second factors were sealed; older copies of the database still hold them as they are"
        );
    }
    for name in &sealing.locked {
        tracing::error!(
            account = %name,
            key = %path.display(),
            "a second factor was sealed with another key: put that key back from a copy of the data folder, or reset the account"
        );
    }
    Ok(key)
}

fn kept_or_new(path: &Path) -> anyhow::Result<FactorKey> {
    let kept = read(path, MOST).with_context(|| format!("cannot read {}", path.display()))?;
    let bytes = if let Some(text) = kept {
        BASE64.decode(text.trim().as_bytes()).unwrap_or_default()
    } else {
        let bytes = FactorKey::random_bytes();
        put_in_place(path, &format!("{}\n", BASE64.encode(&bytes)))
            .with_context(|| format!("cannot write {}", path.display()))?;
        bytes.to_vec()
    };
    FactorKey::new(&bytes).with_context(|| {
        format!(
            "{} is no key: put it back from a copy of the data folder; without one, move it away, and reset the accounts with a second factor",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_what_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FACTOR_KEY);
        kept_or_new(&path).unwrap();
        let kept = std::fs::read_to_string(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        kept_or_new(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), kept);
        for broken in ["", "x", &kept[4..], &kept.repeat(9)] {
            std::fs::write(&path, broken).unwrap();
            let error = kept_or_new(&path).unwrap_err().to_string();
            assert!(error.contains("factor.key is no key"), "{error}");
        }
    }
}
