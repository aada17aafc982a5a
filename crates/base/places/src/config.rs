//! The section `[places]` of the configuration.

use std::path::{Path, PathBuf};

use atalaya_model::{ByteSize, Period};

/// The most files of one part: each is held in memory while it is read.
const MOST_FILES: usize = 100;
/// The most addresses that `data fetch` asks.
const MOST_SOURCES: usize = 100;
/// The folders of fetched files, inside the data folder.
const FETCHED: [&str; 2] = ["places/countries", "places/networks"];

/// Where the files come from that are fetched: the five registries, each its own statistics, and iptoasn.com.
const SOURCES: [&str; 6] = [
    "https://ftp.afrinic.net/pub/stats/afrinic/delegated-afrinic-extended-latest",
    "https://ftp.apnic.net/stats/apnic/delegated-apnic-extended-latest",
    "https://ftp.arin.net/pub/stats/arin/delegated-arin-extended-latest",
    "https://ftp.lacnic.net/pub/stats/lacnic/delegated-lacnic-extended-latest",
    "https://ftp.ripe.net/pub/stats/ripencc/delegated-ripencc-extended-latest",
    "https://iptoasn.com/data/ip2asn-combined.tsv.gz",
];

atalaya_model::settings! {
    /// In which country and network an address is: for statistics and pages, never for a decision.
    pub struct PlacesConfig {
        /// Files that name countries: the registries' delegated statistics, rows `first,last,country`, or the rows of iptoasn.com; plain or
        /// packed with gzip or zstd. Without any, those that `atalaya data fetch` brought, and without these what the program brings with it.
        countries: Vec<PathBuf> = Vec::new() => "[\"/etc/atalaya/countries-ipv4.csv\"]",
        /// Files that name networks: the rows of iptoasn.com, or rows `first,last,number,name`. Without any, what `atalaya data fetch`
        /// brought, and without that no network is known.
        networks: Vec<PathBuf> = Vec::new() => "[\"/etc/atalaya/ip2asn-combined.tsv.gz\"]",
        /// From which age on pages call data old.
        old_after: Period = Period::days(90),
        /// What `atalaya data fetch` fetches, over https or http: files of the forms above, told apart by their content. A mirror can stand in
        /// for each.
        sources: Vec<String> = SOURCES.map(str::to_owned).to_vec(),
        /// The largest file that is fetched, as it comes.
        max_size: ByteSize = ByteSize::mib(128),
        /// How long a fetch of one file may take, from the first byte to the last.
        timeout: Period = Period::minutes(5),
    }
}

impl PlacesConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        let lists = [("countries", &self.countries), ("networks", &self.networks)];
        if let Some((key, _)) = lists.iter().find(|(_, paths)| paths.len() > MOST_FILES) {
            return Err(format!("places.{key} names more than {MOST_FILES} files"));
        }
        if self.sources.len() > MOST_SOURCES {
            return Err(format!("places.sources names more than {MOST_SOURCES} addresses"));
        }
        let is_web = |source: &&String| source.starts_with("https://") || source.starts_with("http://");
        if let Some(source) = self.sources.iter().find(|source| !is_web(source)) {
            return Err(format!("places.sources: `{source}` is no http or https URL"));
        }
        if self.max_size.0 == 0 || self.timeout < Period::seconds(1) {
            return Err("places.max_size and places.timeout must not be nothing".to_owned());
        }
        Ok(())
    }

    /// The same, where each part that names no file takes those that were fetched into the data folder.
    #[must_use]
    pub fn in_folder(&self, data: &Path) -> Self {
        let [countries, networks] = FETCHED.map(|folder| data.join(folder));
        let or_fetched = |named: &[PathBuf], folder: &Path| {
            if named.is_empty() {
                files_in(folder)
            } else {
                named.to_vec()
            }
        };
        Self {
            countries: or_fetched(&self.countries, &countries),
            networks: or_fetched(&self.networks, &networks),
            ..self.clone()
        }
    }

    /// Where a fetched file belongs, inside the data folder.
    #[must_use]
    pub fn fetched_folder(data: &Path, part: crate::Part) -> PathBuf {
        let [countries, networks] = FETCHED;
        data.join(match part {
            crate::Part::Countries => countries,
            crate::Part::Networks => networks,
        })
    }
}

/// The files of a folder in the order of their names; none where it is absent. What begins with a dot is being written.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let is_whole = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with('.') && path.extension().is_none_or(|kind| kind != "json") && path.is_file()
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_whole)
        .take(MOST_FILES)
        .collect();
    files.sort();
    files
}
