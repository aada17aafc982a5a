//! Saving rules: what is taken, what is refused, and what is in force then.

use atalaya_model::Clock;
use atalaya_store::{Deed, DeedOutcome, DeedWay, StoreUrl};

use super::*;

/// A store and a file of rules of a test's own.
struct Bench {
    config: Config,
    store: Store,
    path: PathBuf,
    in_force: RulesInForce,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        let store = Store::open(&url, Clock::system()).await.unwrap();
        Self::on(store, folder).await
    }

    /// Another server, with a folder of its own on a store.
    async fn on(store: Store, folder: tempfile::TempDir) -> Self {
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, STANDARD).unwrap();
        let mut config = Config {
            data: folder.path().to_owned(),
            ..Config::default()
        };
        config.decide.rules = Some(path.clone());
        let in_force = RulesInForce::from(Arc::new(Rules::standard().unwrap()));
        begin(&config, &store, &in_force).await.unwrap();
        Self {
            config,
            store,
            path,
            in_force,
            _folder: folder,
        }
    }

    async fn save(&self, text: &str, instead_of: &str) -> anyhow::Result<RulesShown> {
        let asked = RulesRequest::Save {
            text: text.to_owned(),
            instead_of: digest(instead_of).to_string(),
            undoes: None,
        };
        self.ask(asked).await
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, asked: RulesRequest) -> anyhow::Result<T> {
        let now = Clock::system().now();
        let answer = answer(&self.config, (&self.store, now), &self.in_force, asked).await?;
        Ok(serde_json::from_value(answer)?)
    }

    /// Writes down that rules were saved, or that it failed.
    async fn deed(&self, before: Value, undoes: Option<DeedId>, outcome: DeedOutcome) -> DeedId {
        let deed = Deed {
            at: Clock::system().now(),
            who: "marta".to_owned(),
            way: DeedWay::Session,
            client: None,
            act: Act::SaveRules,
            target: String::new(),
            details: serde_json::json!({ "before": before }),
            undoes,
        };
        let id = self.store.record_deed(&deed).await.unwrap();
        self.store.end_deed(id, outcome, &Value::Null).await.unwrap();
        id
    }

    async fn shown(&self) -> RulesShown {
        shown(&self.config, &self.store, &self.in_force).await.unwrap()
    }
}

/// The standard rules under another version.
fn versioned(version: &str) -> String {
    let present = format!("version = \"{}\"", Rules::standard().unwrap().version);
    assert!(STANDARD.contains(&present), "{present}");
    STANDARD.replace(&present, &format!("version = \"{version}\""))
}

#[tokio::test]
async fn of_two_who_save_at_once_the_second_is_told_that_the_rules_were_changed() {
    let bench = Bench::open().await;
    let texts = ["one", "other"].map(|by| versioned(&format!("by-{by}")));
    for _ in 0..20 {
        std::fs::write(&bench.path, STANDARD).unwrap();
        let (one, other) = tokio::join!(bench.save(&texts[0], STANDARD), bench.save(&texts[1], STANDARD));
        let refused = [one, other].into_iter().filter_map(Result::err);
        let refused: Vec<String> = refused.map(|error| error.to_string()).collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert!(refused[0].contains("changed meanwhile"));
        let kept = std::fs::read_to_string(bench.path.with_added_extension(BEFORE)).unwrap();
        assert_eq!(kept, STANDARD);
    }
}

#[tokio::test]
async fn what_is_saved_is_in_force_at_once_and_known_to_the_store_before() {
    let bench = Bench::open().await;
    let text = versioned("ours-1");
    let saved = bench.save(&text, STANDARD).await.unwrap();
    assert_eq!((saved.in_force.as_str(), saved.is_in_force), ("ours-1", true));
    assert_eq!(bench.in_force.current().text, text);
    let kept = bench.store.rulebook("ours-1").await.unwrap().unwrap();
    assert_eq!(kept.text, text);
}

#[tokio::test]
async fn rules_that_cannot_be_used_leave_the_old_ones_in_force_and_say_so() {
    let bench = Bench::open().await;
    let before = bench.in_force.current();
    let told = bench.save("version = \"x\"\n", STANDARD).await.unwrap_err();
    assert!(told.to_string().contains("these rules cannot be used"), "{told}");
    assert_eq!(std::fs::read_to_string(&bench.path).unwrap(), STANDARD);

    // A version that names other rules.
    bench.save(&versioned("ours"), STANDARD).await.unwrap();
    let other = versioned("ours").replace("list_at = 1.0", "list_at = 2.0");
    let told = bench.save(&other, &versioned("ours")).await.unwrap_err();
    assert!(told.to_string().contains("names other rules"), "{told}");
    assert_eq!(bench.in_force.current().version, "ours");

    // Somebody broke the file with an editor.
    std::fs::write(&bench.path, "version = \"x\"\n").unwrap();
    let shown = bench.shown().await;
    assert_eq!((shown.version, shown.is_in_force), (None, false));
    assert_eq!(shown.in_force, "ours");
    assert!(shown.trouble.is_some_and(|trouble| !trouble.is_empty()));
    let mended = bench
        .save(&versioned("ours-2"), "version = \"x\"\n")
        .await
        .unwrap();
    assert_eq!((mended.in_force.as_str(), mended.trouble), ("ours-2", None));
    assert_ne!(before.version, bench.in_force.current().version);
}

#[tokio::test]
async fn a_file_that_was_edited_where_it_stands_is_put_in_force_by_saving_it() {
    let bench = Bench::open().await;
    let text = versioned("edited");
    std::fs::write(&bench.path, &text).unwrap();
    assert!(!bench.shown().await.is_in_force);
    let saved = bench.save(&text, &text).await.unwrap();
    assert!(saved.is_in_force);
    assert!(!bench.path.with_added_extension(BEFORE).exists());
}

#[tokio::test]
async fn a_save_is_taken_back_by_the_text_that_it_replaced_once_and_by_no_other() {
    let bench = Bench::open().await;
    let new = versioned("ours-1");
    bench.save(&new, STANDARD).await.unwrap();
    let deed = bench.deed(STANDARD.into(), None, DeedOutcome::Done).await;
    let text: String = bench.ask(RulesRequest::Replaced { deed }).await.unwrap();
    assert_eq!(text, STANDARD);
    let back = |text: &str| RulesRequest::Save {
        text: text.to_owned(),
        instead_of: digest(&new).to_string(),
        undoes: Some(deed),
    };
    let told = bench
        .ask::<RulesShown>(back(&versioned("ours-2")))
        .await
        .unwrap_err();
    assert!(told.to_string().contains("not the rules that deed 1"), "{told}");
    assert_eq!(bench.in_force.current().text, new);
    let shown: RulesShown = bench.ask(back(STANDARD)).await.unwrap();
    assert!(shown.is_in_force && shown.text == STANDARD, "{shown:?}");

    let undoing = bench.deed(new.into(), Some(deed), DeedOutcome::Done).await;
    let told = bench
        .ask::<String>(RulesRequest::Replaced { deed })
        .await
        .unwrap_err();
    assert!(
        told.to_string()
            .contains(&format!("taken back by deed {undoing}")),
        "{told}"
    );
    for (before, outcome, why) in [
        (Value::Null, DeedOutcome::Done, "does not say what stood there"),
        (STANDARD.into(), DeedOutcome::Failed, "changed nothing"),
    ] {
        let deed = bench.deed(before, None, outcome).await;
        let told = bench
            .ask::<String>(RulesRequest::Replaced { deed })
            .await
            .unwrap_err();
        assert!(told.to_string().contains(why), "{told}");
    }
    let told = bench
        .ask::<String>(RulesRequest::Replaced { deed: DeedId(99) })
        .await
        .unwrap_err();
    assert!(
        told.to_string().contains("no rules were saved by deed 99"),
        "{told}"
    );
}

/// Two servers on one store.
async fn two() -> [Bench; 2] {
    let one = Bench::open().await;
    let other = Bench::on(one.store.clone(), tempfile::tempdir().unwrap()).await;
    [one, other]
}

#[tokio::test]
async fn what_one_server_saves_the_others_on_its_store_take_up_into_their_files() {
    let [one, other] = two().await;
    for (text, version) in [
        (versioned("ours-1"), "ours-1"),
        (versioned("ours-2"), "ours-2"),
        (versioned("ours-1"), "ours-1"),
    ] {
        let present = one.shown().await.text;
        one.save(&text, &present).await.unwrap();
        assert_ne!(other.in_force.current().version, version);
        begin(&other.config, &other.store, &other.in_force).await.unwrap();
        assert_eq!(other.in_force.current().version, version);
        let shown = other.shown().await;
        assert!(shown.is_in_force && shown.text == text, "{shown:?}");
        let before = std::fs::read_to_string(other.path.with_added_extension(BEFORE)).unwrap();
        assert_eq!(before, present);
    }
}

#[tokio::test]
async fn a_server_that_was_away_takes_up_what_it_missed_and_its_own_later_edit_stands() {
    let [one, other] = two().await;
    one.save(&versioned("ours-1"), STANDARD).await.unwrap();
    one.save(&versioned("ours-2"), &versioned("ours-1"))
        .await
        .unwrap();
    let start = async || {
        let in_force = RulesInForce::from(Arc::new(Rules::parse(&other.shown().await.text).unwrap()));
        begin(&other.config, &other.store, &in_force).await.unwrap();
        in_force.current().version.clone()
    };
    assert_eq!(start().await, "ours-2");
    std::fs::write(&other.path, versioned("edited")).unwrap();
    assert_eq!(start().await, "edited");
    // One that is new on the store begins with its own file, too.
    let third = Bench::on(one.store.clone(), tempfile::tempdir().unwrap()).await;
    assert_eq!(third.shown().await.text, STANDARD);
    assert!(third.shown().await.is_in_force);
}

#[tokio::test]
async fn nobody_saves_over_what_another_server_saved_meanwhile() {
    let [one, other] = two().await;
    one.save(&versioned("ours-1"), STANDARD).await.unwrap();
    let told = other.save(&versioned("ours-2"), STANDARD).await.unwrap_err();
    assert!(told.to_string().contains("changed meanwhile"), "{told}");
    other
        .save(&versioned("ours-2"), &versioned("ours-1"))
        .await
        .unwrap();
    begin(&one.config, &one.store, &one.in_force).await.unwrap();
    assert_eq!(one.in_force.current().version, "ours-2");
}

#[tokio::test]
async fn rules_that_cannot_be_written_are_in_force_all_the_same_and_tried_again() {
    let [one, mut other] = two().await;
    other.config.decide.rules = Some(other.config.in_data("absent/rules.toml"));
    one.save(&versioned("ours-1"), STANDARD).await.unwrap();
    let follow = async |other: &Bench| begin(&other.config, &other.store, &other.in_force).await;
    let told = format!("{:#}", follow(&other).await.unwrap_err());
    assert!(told.contains("a restart would bring back"), "{told}");
    assert_eq!(other.in_force.current().version, "ours-1");
    std::fs::create_dir(other.config.in_data("absent")).unwrap();
    follow(&other).await.unwrap();
    assert_eq!(other.shown().await.text, versioned("ours-1"));
}

#[tokio::test]
async fn a_server_without_a_file_says_what_it_does_not_take_up_and_takes_it_up_with_one() {
    let [one, mut other] = two().await;
    let path = other.config.decide.rules.take();
    let alone = other.shown().await;
    assert_eq!((alone.file, alone.saved_last), (None, None));
    let told = other.save(&versioned("ours-0"), STANDARD).await.unwrap_err();
    assert!(
        told.to_string().contains("name that file in decide.rules"),
        "{told}"
    );

    one.save(&versioned("ours-1"), STANDARD).await.unwrap();
    let caught_up = begin(&other.config, &other.store, &other.in_force).await.unwrap();
    assert_eq!(caught_up, follow::CaughtUp::NoFile("ours-1".to_owned()));
    let shown = other.shown().await;
    assert!(shown.is_in_force && shown.text == STANDARD, "{shown:?}");
    assert_eq!(shown.saved_last.as_deref(), Some("ours-1"));
    assert_eq!(one.shown().await.saved_last, None);

    other.config.decide.rules = path;
    begin(&other.config, &other.store, &other.in_force).await.unwrap();
    let shown = other.shown().await;
    assert_eq!((shown.in_force.as_str(), shown.saved_last), ("ours-1", None));
    assert_eq!(shown.text, versioned("ours-1"));
}
