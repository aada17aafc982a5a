//! The certificate that the trap shows after STARTTLS: the operator's, or one that it makes for itself and keeps.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atalaya_store::small_file;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::TrapConfig;

/// The largest PEM file that is read, in bytes: a chain of certificates has a few kilobytes.
const MOST_BYTES: u64 = 1 << 20;

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum TrapTlsError {
    /// A file cannot be read or written.
    #[error("{path} cannot be used")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file holds no certificate or no key. Write it anew; one that the trap made itself can be deleted.
    #[error("{path} holds no certificate or no private key that can be read")]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("the certificate of the trap cannot be used")]
    Unfit(#[from] rustls::Error),
    /// No certificate could be made.
    #[error("no certificate can be made for the trap")]
    Making(#[from] rcgen::Error),
}

/// What STARTTLS needs.
#[derive(Clone)]
pub struct TrapTls(TlsAcceptor);

impl std::fmt::Debug for TrapTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrapTls")
    }
}

impl TrapTls {
    /// The certificate of the configuration, or the one in the file `own`, which is made if it is missing; none if STARTTLS is not offered.
    ///
    /// # Errors
    /// There is a certificate that cannot be used, or none can be made.
    pub fn open(config: &TrapConfig, own: &Path) -> Result<Option<Self>, TrapTlsError> {
        if !config.starttls {
            return Ok(None);
        }
        let (chain, key) = match (&config.certificate, &config.certificate_key) {
            (Some(chain), Some(key)) => (chain.as_path(), key.as_path()),
            _ => {
                if !own.exists() {
                    make(&config.hostname, own)?;
                }
                (own, own)
            }
        };
        Self::read(chain, key).map(Some)
    }

    fn read(chain: &Path, key: &Path) -> Result<Self, TrapTlsError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| TrapTlsError::Pem { path, source }
        };
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(chain)?).collect();
        let key = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(unreadable(key))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates.map_err(unreadable(chain))?, key)?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(super) const fn acceptor(&self) -> &TlsAcceptor {
        &self.0
    }
}

/// The bytes of a file of bounded size.
fn bytes(path: &Path) -> Result<Vec<u8>, TrapTlsError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(|source| TrapTlsError::File {
            path: path.to_owned(),
            source,
        })?;
    Ok(bytes)
}

/// Makes a key with a certificate that it signed itself, as many mail servers show one: whoever delivers spam does not look.
fn make(hostname: &str, path: &Path) -> Result<(), TrapTlsError> {
    let made = rcgen::generate_simple_self_signed([hostname.to_owned()])?;
    let pem = made.signing_key.serialize_pem() + &made.cert.pem();
    small_file::put_in_place(path, &pem).map_err(|source| TrapTlsError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("trap.pem");
        let config = TrapConfig::default();
        assert!(TrapTls::open(&config, &own).unwrap().is_some());
        assert_eq!(own.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let made = std::fs::read(&own).unwrap();
        assert!(TrapTls::open(&config, &own).unwrap().is_some());
        assert_eq!(std::fs::read(&own).unwrap(), made);
    }

    #[test]
    fn a_given_certificate_is_used_and_a_wrong_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let given = folder.path().join("given.pem");
        let own = folder.path().join("trap.pem");
        make("mx.example.net", &given).unwrap();
        let mut config = TrapConfig {
            certificate: Some(given.clone()),
            certificate_key: Some(given.clone()),
            ..TrapConfig::default()
        };
        assert!(TrapTls::open(&config, &own).unwrap().is_some());
        assert!(!own.exists());
        std::fs::write(&given, "no certificate").unwrap();
        let error = TrapTls::open(&config, &own).unwrap_err().to_string();
        assert!(error.contains("given.pem holds no certificate"), "{error}");
        config.certificate = Some(folder.path().join("none.pem"));
        assert!(
            TrapTls::open(&config, &own)
                .unwrap_err()
                .to_string()
                .contains("none.pem")
        );
        config.starttls = false;
        assert!(TrapTls::open(&config, &own).unwrap().is_none());
    }
}
