//! `data fetch`: each file is fetched, read to its end, and only then put in the place of the older one.
//!
//! A file that has not changed is not sent again; one that cannot be used, or has less than half the rows of the older one, leaves that in
//! its place. Files lie in `places/countries` and `places/networks` of the data folder, each with a small document on where it came from. A
//! running server sees that they changed.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use atalaya_model::Timestamp;
use atalaya_net::{ExchangeLimits, HttpClient, Newer, Reach, Validators, server_of};
use atalaya_places::{Examined, Part, PlacesConfig, examine};
use atalaya_store::small_file::{put_in_place, read};
use serde::{Deserialize, Serialize};

use super::super::{config_at, print};

/// Most redirects that are followed.
const MOST_REDIRECTS: u32 = 5;
/// The longest name of a file, in bytes.
const LONGEST_NAME: usize = 120;
/// The longest document on a file, in bytes.
const LONGEST_ORIGIN: u64 = 8 << 10;
/// Where a file waits until it was read.
const WAITING: &str = "places/waiting";
/// The parts that files can be of.
const PARTS: [Part; 2] = [Part::Countries, Part::Networks];

/// Where a file came from, as it is kept beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Origin {
    url: String,
    rows: u64,
    etag: Option<String>,
    last_modified: Option<String>,
}

/// Fetches all, and fails if one could not be taken.
pub(super) async fn run(command: &super::Fetch) -> anyhow::Result<()> {
    let config = config_at(&command.place)?;
    let fetching = Fetching {
        client: client(&config.places)?,
        config: &config.places,
        data: &config.data,
    };
    fetching.make_folders()?;
    let (mut names, mut failed) = (BTreeSet::new(), 0_usize);
    for url in &config.places.sources {
        let name = name_of(url);
        let said = if names.insert(name.clone()) {
            fetching.one(url, &name).await
        } else {
            Err(anyhow::anyhow!("another source has the same name"))
        };
        match said {
            Ok(said) => print(format_args!("{url}: {said}"))?,
            Err(why) => {
                failed = failed.saturating_add(1);
                print(format_args!("{url}: not taken: {why:#}"))?;
            }
        }
    }
    fetching.tell_of_others(&names)?;
    if failed > 0 {
        bail!(
            "{failed} of {} sources could not be fetched",
            config.places.sources.len()
        );
    }
    Ok(())
}

/// A client for the sources that the configuration names, wherever they are.
fn client(config: &PlacesConfig) -> anyhow::Result<HttpClient> {
    let mut reach = Reach::default();
    for (host, port) in config.sources.iter().filter_map(|url| server_of(url)) {
        reach.allow(&host, port);
    }
    let limits = ExchangeLimits {
        timeout: config.timeout.duration(),
        max_answer: config.max_size.bytes(),
    };
    let client = HttpClient::new(limits, MOST_REDIRECTS, Arc::new(reach))?;
    Ok(client.without_downgrade())
}

/// What is fetched with which, and where to.
struct Fetching<'a> {
    client: HttpClient,
    config: &'a PlacesConfig,
    data: &'a Path,
}

impl Fetching<'_> {
    fn make_folders(&self) -> anyhow::Result<()> {
        let parts = PARTS.map(|part| self.folder(part));
        for folder in parts.iter().chain([&self.data.join(WAITING)]) {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        Ok(())
    }

    fn folder(&self, part: Part) -> PathBuf {
        PlacesConfig::fetched_folder(self.data, part)
    }

    /// Fetches one file, and says what became of it.
    async fn one(&self, url: &str, name: &str) -> anyhow::Result<String> {
        let old = self.origin_of(name).filter(|origin| origin.url == url);
        let known = old.as_ref().map(|origin| Validators {
            etag: origin.etag.clone(),
            last_modified: origin.last_modified.clone(),
        });
        let accept = [("Accept", "*/*")];
        let newer = self
            .client
            .get_newer(url, &known.unwrap_or_default(), &accept)
            .await?;
        match newer {
            Newer::Same => Ok("unchanged".to_owned()),
            Newer::Refused { status, .. } => bail!("the server answers with status {status}"),
            Newer::Other(bytes, validators) => {
                let waiting = self.data.join(WAITING).join(name);
                put_in_place(&waiting, &bytes).context("it cannot be written")?;
                let taken = self.take(&waiting, name, url, (old, validators));
                if taken.is_err() {
                    drop(fs::remove_file(&waiting));
                }
                taken
            }
        }
    }

    /// Reads a file that waits, and puts it where it belongs.
    fn take(
        &self,
        waiting: &Path,
        name: &str,
        url: &str,
        (old, validators): (Option<Origin>, Validators),
    ) -> anyhow::Result<String> {
        // The name of the place where it waits says nothing to anybody; what is wrong with it does.
        let examined = examine(waiting)?;
        if let Some(old) = old.filter(|old| examined.rows < old.rows / 2) {
            bail!(
                "it has {} rows and the older one had {}; remove that from {} to take it all the same",
                examined.rows,
                old.rows,
                self.data.join("places").display()
            );
        }
        let origin = Origin {
            url: url.to_owned(),
            rows: examined.rows,
            etag: validators.etag,
            last_modified: validators.last_modified,
        };
        let path = self.folder(examined.part).join(name);
        // Without the document the file is only fetched once more; with that of another file it would never be again.
        drop(fs::remove_file(origin_path(&path)));
        if let Some(changed) = origin.last_modified.as_deref().and_then(Timestamp::of_rfc5322) {
            keep_age(waiting, changed);
        }
        fs::rename(waiting, &path).context("it cannot be put in its place")?;
        put_in_place(&origin_path(&path), &serde_json::to_string(&origin)?)
            .context("it is in its place, but where it came from cannot be written")?;
        self.forget_elsewhere(name, examined.part);
        Ok(told(&examined))
    }

    /// A source may change its form: its older file of the other part goes.
    fn forget_elsewhere(&self, name: &str, part: Part) {
        for other in PARTS.into_iter().filter(|other| *other != part) {
            let path = self.folder(other).join(name);
            drop(fs::remove_file(origin_path(&path)));
            drop(fs::remove_file(path));
        }
    }

    /// Where the file of that name came from, if it is still there.
    fn origin_of(&self, name: &str) -> Option<Origin> {
        let mut paths = PARTS.map(|part| self.folder(part).join(name)).into_iter();
        let path = paths.find(|path| path.is_file())?;
        let text = read(&origin_path(&path), LONGEST_ORIGIN).ok().flatten()?;
        serde_json::from_str(&text).ok()
    }

    /// Tells of files that none of the sources is: they count until somebody removes them.
    fn tell_of_others(&self, names: &BTreeSet<String>) -> anyhow::Result<()> {
        let fetched = PlacesConfig::default().in_folder(self.data);
        for path in fetched.countries.iter().chain(&fetched.networks) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !names.contains(name.as_ref()) {
                print(format_args!(
                    "{} is of no source of the configuration, and counts until you remove it",
                    path.display()
                ))?;
            }
        }
        for (key, named) in [
            ("countries", &self.config.countries),
            ("networks", &self.config.networks),
        ] {
            if !named.is_empty() {
                print(format_args!(
                    "places.{key} names files of its own: what was fetched does not count"
                ))?;
            }
        }
        Ok(())
    }
}

/// What a file that was taken holds.
fn told(examined: &Examined) -> String {
    let date = examined
        .date
        .map_or_else(String::new, |day| format!(" of {}", day.date()));
    let wrong = match examined.wrong {
        0 => String::new(),
        wrong => format!(", {wrong} wrong ones passed over"),
    };
    format!("taken, {} rows{date} for {}{wrong}", examined.rows, examined.part)
}

/// The document on a file.
fn origin_path(path: &Path) -> PathBuf {
    path.with_added_extension("json")
}

/// Gives a file the age that it has at its source, by which data without a day of its own is told to be old. Where that cannot be done it is as
/// young as the fetch.
fn keep_age(path: &Path, changed: Timestamp) {
    let since_epoch = Duration::from_secs(u64::try_from(changed.seconds()).unwrap_or(0));
    let time = SystemTime::UNIX_EPOCH.checked_add(since_epoch);
    if let (Ok(file), Some(time)) = (fs::File::options().write(true).open(path), time) {
        drop(file.set_modified(time));
    }
}

/// The name of the file of a source: its address without what no file name should have. The end tells most.
fn name_of(url: &str) -> String {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    let safe = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '.' {
            letter
        } else {
            '-'
        }
    };
    let mut name: String = place.chars().map(safe).collect();
    // What is known of a file stands beside it under this ending.
    if let Some(stem) = name.strip_suffix(".json") {
        name = format!("{stem}-json");
    }
    let start = name.len().saturating_sub(LONGEST_NAME);
    name.get(start..)
        .unwrap_or_default()
        .trim_start_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_source_is_a_name_of_a_file() {
        let name = name_of("https://ftp.ripe.net/pub/stats/ripencc/delegated-ripencc-extended-latest");
        assert_eq!(
            name,
            "ftp.ripe.net-pub-stats-ripencc-delegated-ripencc-extended-latest"
        );
        assert_eq!(
            name_of("http://127.0.0.1:80/../../etc/passwd?a=ñ"),
            "127.0.0.1-80-..-..-etc-passwd-a--"
        );
        assert_eq!(
            name_of(&format!("http://x/{}", "a/".repeat(500))).len(),
            LONGEST_NAME
        );
        assert!(!name_of("https://.hidden").starts_with('.'));
        assert_eq!(name_of("http://x/c.json"), "x-c-json");
    }
}
