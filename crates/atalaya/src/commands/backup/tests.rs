//! What is refused before anything is written, and what is left behind when it fails.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use atalaya_store::Store;

use super::*;

/// A data folder with a store, and a place for backups.
struct Fixture {
    scratch: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir(scratch.path().join("data")).unwrap();
        fs::create_dir(scratch.path().join("backups")).unwrap();
        let url = StoreUrl::Sqlite(scratch.path().join("data/atalaya.db"));
        let store = Store::open(&url, Clock::system()).await.unwrap();
        store.close().await;
        Self { scratch }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    async fn backup(&self, name: &str) -> anyhow::Result<String> {
        self.backup_with(name, FactorKeyIs::Apart).await
    }

    async fn backup_with(&self, name: &str, key: FactorKeyIs) -> anyhow::Result<String> {
        let place = Place {
            config: None,
            data: Some(self.path("data")),
        };
        let command = Backup {
            place,
            folder: self.path(name),
            factor_key: key == FactorKeyIs::Copied,
        };
        make(command).await.map(|told| told.to_string())
    }

    /// What is in the folder of the backups.
    fn made(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("backups")).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        entries.map(name).collect()
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_backup_holds_what_cannot_be_made_again_for_its_owner_only() {
    let fixture = Fixture::new().await;
    let rules = fixture.path("etc/rules.toml");
    fixture.write("etc/rules.toml", "# rules");
    let config = format!("[decide]\nrules = {:?}\n", rules.display().to_string());
    for (name, text) in [
        ("data/atalaya.toml", config.as_str()),
        ("data/traps", "traps"),
        ("data/factor.key", "secret"),
        ("data/log.head", "head"),
        ("data/list.snapshot", "derived"),
        ("data/rdap/bootstrap.json", "fetched"),
    ] {
        fixture.write(name, text);
    }
    let told = fixture.backup("backups/monday").await.unwrap();
    let made = fixture.path("backups/monday");
    for name in ["atalaya.db", "atalaya.db-facts", "atalaya.toml", "traps"] {
        assert!(told.contains(&format!("  {name} ")), "{name}: {told}");
        assert_eq!(mode(&made.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&made), 0o700);
    let elsewhere = made.join(parts::ELSEWHERE).join(rules.strip_prefix("/").unwrap());
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "# rules");
    for name in ["factor.key", "list.snapshot", "rdap", "lock", "control.sock"] {
        assert!(!made.join(name).exists(), "{name}");
    }
    assert_eq!(fs::read_to_string(made.join("log.head")).unwrap(), HEAD_IN_BACKUP);
    assert_eq!(fs::read_to_string(made.join(WORDS)).unwrap(), told);
    assert!(
        told.contains("factor.key, which opens the second factors"),
        "{told}"
    );

    fixture
        .backup_with("backups/tuesday", FactorKeyIs::Copied)
        .await
        .unwrap();
    let key = fixture.path("backups/tuesday/factor.key");
    assert_eq!(fs::read_to_string(key).unwrap(), "secret");
    assert_eq!(fixture.made().len(), 2);
}

#[tokio::test]
async fn a_data_folder_behind_a_link_is_copied_as_one() {
    let fixture = Fixture::new().await;
    fixture.write("data/traps", "traps");
    fs::rename(fixture.path("data"), fixture.path("real")).unwrap();
    symlink(fixture.path("real"), fixture.path("data")).unwrap();
    fixture.backup("backups/a").await.unwrap();
    assert!(fixture.path("backups/a/traps").exists());
    assert!(!fixture.path("backups/a").join(parts::ELSEWHERE).exists());
}

#[tokio::test]
async fn nothing_is_written_over_and_nothing_into_the_data_folder() {
    let fixture = Fixture::new().await;
    fixture.write("backups/full/kept", "kept");
    fs::create_dir(fixture.path("backups/empty")).unwrap();
    symlink(fixture.path("nowhere"), fixture.path("backups/link")).unwrap();
    symlink(fixture.path("data"), fixture.path("way")).unwrap();
    fs::create_dir(fixture.path("backups/cut.part")).unwrap();
    for (name, why) in [
        ("backups/full", "is there already"),
        ("backups/empty", "is there already"),
        ("backups/link", "is there already"),
        ("data/backup", "is in the data folder"),
        ("way/backup", "is in the data folder"),
        ("missing/backup", "cannot make a folder in"),
        ("backups/cut", "one was cut short"),
        ("backups/..", "is there already"),
    ] {
        let error = format!("{:#}", fixture.backup(name).await.unwrap_err());
        assert!(error.contains(why), "{name}: {error}");
    }
    assert_eq!(
        fs::read_to_string(fixture.path("backups/full/kept")).unwrap(),
        "kept"
    );
    assert_eq!(fixture.made().len(), 4);
}

#[tokio::test]
async fn where_it_fails_nothing_of_it_is_left() {
    let fixture = Fixture::new().await;
    fs::write(fixture.path("data/atalaya.db-facts"), "no database".repeat(99)).unwrap();
    let error = format!("{:#}", fixture.backup("backups/a").await.unwrap_err());
    assert!(error.contains("unreadable"), "{error}");
    assert!(fixture.made().is_empty());

    fs::remove_file(fixture.path("data/atalaya.db")).unwrap();
    let error = format!("{:#}", fixture.backup("backups/a").await.unwrap_err());
    assert!(error.contains("there is no database"), "{error}");
    assert!(fixture.made().is_empty());
}

#[tokio::test]
async fn a_full_disk_is_told_before_anything_is_written() {
    let Some(disk) = atalaya_testkit::SmallDisk::mount(6) else {
        return;
    };
    let fixture = Fixture::new().await;
    symlink(disk.path(), fixture.path("small")).unwrap();
    let error = format!("{:#}", fixture.backup("small/a").await.unwrap_err());
    assert!(
        error.contains("has") && error.contains("free some space"),
        "{error}"
    );
    disk.make_read_only();
    assert_eq!(
        fs::read_dir(disk.path())
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .contains("part")
            })
            .count(),
        0
    );
}

#[tokio::test]
async fn on_postgresql_the_rest_is_copied_and_the_way_for_the_database_told() {
    let fixture = Fixture::new().await;
    fixture.write(
        "data/atalaya.toml",
        "[store]\nurl = \"postgres://nobody@127.0.0.1:1/none\"\n",
    );
    fixture.write("data/traps", "traps");
    let told = fixture.backup("backups/a").await.unwrap();
    assert!(told.contains("`pg_dump` copies it"), "{told}");
    assert!(fixture.path("backups/a/traps").exists());
    assert!(!fixture.path("backups/a/atalaya.db").exists());
}
