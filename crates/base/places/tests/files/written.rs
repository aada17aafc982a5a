//! Files that a test writes, and what is said of them.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use atalaya_model::Timestamp;
use atalaya_places::{Loaded, Places, PlacesConfig};
use tempfile::TempDir;

/// A folder with files.
pub(crate) struct Written(TempDir);

impl Written {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-11-26T12:00:00Z".parse().unwrap()
}

/// Reads files of countries and of networks.
pub(crate) fn load(countries: &[PathBuf], networks: &[PathBuf]) -> Loaded {
    let config = PlacesConfig {
        countries: countries.to_vec(),
        networks: networks.to_vec(),
        ..PlacesConfig::default()
    };
    Places::load_at(&config, now()).unwrap()
}

/// The country of an address, or a dash.
pub(crate) fn country(places: &Places, address: &str) -> String {
    let country = places.country(address.parse::<IpAddr>().unwrap());
    country.map_or_else(|| "-".to_owned(), |country| country.to_string())
}

/// Number and name of the network of an address, or a dash.
pub(crate) fn network(places: &Places, address: &str) -> String {
    let network = places.network(address.parse::<IpAddr>().unwrap());
    network.map_or_else(
        || "-".to_owned(),
        |network| format!("{} {}", network.asn, network.name),
    )
}

/// What is wrong with the only file that is.
pub(crate) fn trouble(loaded: &Loaded) -> String {
    let [trouble] = &loaded.troubles[..] else {
        panic!("one trouble is meant: {:?}", loaded.troubles);
    };
    let cause = std::error::Error::source(trouble).map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{trouble}{cause}")
}
