//! Opening a store: twice at once, by an older program, and where it cannot be.

use std::error::Error as _;

use atalaya_store::{JUDGE, Store, StoreError, StoreUrl};
use atalaya_testkit::{TestClock, on_both};
use sqlx::Connection as _;

use crate::support::{Fixture, facts_of, postgres_url, spam_from, sqlite};

on_both!(
    Fixture:
    what_was_kept_is_there_after_opening_again,
    a_store_of_a_newer_program_is_refused
);

async fn what_was_kept_is_there_after_opening_again(fixture: Fixture) {
    fixture.store.record(spam_from("192.0.2.1"), None).await.unwrap();
    fixture.store.close().await;
    assert_eq!(
        fixture
            .again()
            .await
            .observations_after(0, 9)
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn a_store_of_a_newer_program_is_refused(fixture: Fixture) {
    fixture.store.close().await;
    let sql = "INSERT INTO migrations (step, name, applied_at) VALUES (9999, 'from the future', 0)";
    match &fixture.url {
        StoreUrl::Sqlite(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut file = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query(sql).execute(&mut file).await.unwrap();
        }
        StoreUrl::Postgres(url) => {
            let mut server = sqlx::PgConnection::connect(url.expose()).await.unwrap();
            sqlx::query(sql).execute(&mut server).await.unwrap();
        }
    }
    let error = Store::open(&fixture.url, fixture.time.clock()).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error}");
    assert!(error.to_string().contains("run that version"));
}

#[tokio::test]
async fn what_is_observed_is_recorded_while_somebody_else_has_the_turn_of_the_list() {
    let fixture = Fixture::sqlite().await;
    let turn = fixture.store.begin_deciding().await.unwrap();
    fixture.store.record(spam_from("192.0.2.1"), None).await.unwrap();
    turn.check_observed(1).await.unwrap();
    turn.rollback().await.unwrap();
}

#[tokio::test]
async fn where_the_facts_are_lost_new_ones_are_numbered_after_what_was_judged() {
    let fixture = Fixture::sqlite().await;
    for _ in 0..3 {
        fixture.store.record(spam_from("192.0.2.1"), None).await.unwrap();
    }
    let mut turn = fixture.store.begin_deciding().await.unwrap();
    turn.set_position(JUDGE, 2).await.unwrap();
    turn.commit().await.unwrap();
    fixture.store.close().await;
    let StoreUrl::Sqlite(path) = &fixture.url else {
        panic!("it is a file")
    };
    std::fs::remove_file(facts_of(path)).unwrap();
    let again = fixture.again().await;
    again.record(spam_from("192.0.2.2"), None).await.unwrap();
    let seen = again.next_observations(2, 10).await.unwrap();
    assert_eq!(seen.iter().map(|seen| seen.position).collect::<Vec<_>>(), [3]);
}

/// Opens the same new store from several threads, each with a runtime of its own, as several processes would.
fn open_together(url: &StoreUrl) {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    let store = Store::open(&url, TestClock::default().clock()).await.unwrap();
                    store.record(spam_from("192.0.2.1"), None).await.unwrap();
                    store.close().await;
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn several_processes_may_open_the_same_new_file() {
    let folder = tempfile::tempdir().unwrap();
    open_together(&StoreUrl::Sqlite(folder.path().join("store.db")));
}

#[test]
fn several_processes_may_open_the_same_new_database() {
    if let Some(url) = postgres_url() {
        open_together(&url);
    }
}

async fn refusal(url: &StoreUrl) -> StoreError {
    Store::open(url, TestClock::default().clock()).await.unwrap_err()
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "this is no database, but it is long enough to be taken for the head of one".repeat(20),
    )
    .unwrap();
    for (path, hint) in [
        (path, "no SQLite database"),
        (folder.path().join("missing/store.db"), "its folder is not there"),
        (folder.path().to_owned(), "that is a folder"),
    ] {
        let error = refusal(&StoreUrl::Sqlite(path.clone())).await;
        let text = error.to_string();
        assert!(
            text.contains(&path.display().to_string()) && text.contains(hint),
            "{text}"
        );
        assert!(error.source().is_some());
    }
}

#[tokio::test]
async fn a_new_file_is_readable_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::sqlite().await;
    fixture.store.record(spam_from("192.0.2.1"), None).await.unwrap();
    let StoreUrl::Sqlite(path) = &fixture.url else {
        panic!("it is a file")
    };
    for ending in ["", "-wal", "-facts", "-facts-wal"] {
        let file = format!("{}{ending}", path.display());
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

/// `.cargo/config.toml` says how SQLite is built, which is lost without a word where it is built from another folder.
#[tokio::test]
async fn sqlite_is_built_as_the_project_says() {
    let fixture = Fixture::sqlite().await;
    let StoreUrl::Sqlite(path) = &fixture.url else {
        panic!("it is a file")
    };
    let options: Vec<String> = sqlx::query_scalar("PRAGMA compile_options")
        .fetch_all(&mut sqlite(path).await)
        .await
        .unwrap();
    for (option, is_there) in [
        ("DEFAULT_MEMSTATUS=0", true),
        ("ENABLE_QPSG", true),
        ("ENABLE_MEMORY_MANAGEMENT", false),
        ("ENABLE_STAT4", false),
    ] {
        let is_found = options.iter().any(|found| found == option);
        assert_eq!(is_found, is_there, "{option} in {options:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_its_password_stays_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "postgres://me:hunter2@localhost/x?host={}",
        folder.path().display()
    );
    let error = refusal(&url.parse().unwrap()).await;
    assert!(
        matches!(error, StoreError::Unreachable(_)) && error.is_temporary(),
        "{error}"
    );
    let told = format!("{error} {error:?} {}", error.source().unwrap());
    assert!(!told.contains("hunter2"), "{told}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_so() {
    let Some(StoreUrl::Postgres(url)) = postgres_url() else {
        return;
    };
    let wrong = url
        .expose()
        .replacen("postgres:///test", "postgres:///nothing", 1);
    let error = refusal(&wrong.parse().unwrap()).await;
    assert!(error.to_string().contains("no such database"), "{error}");
}
