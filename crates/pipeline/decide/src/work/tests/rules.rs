//! Other rules put in force while the judge works.

use super::*;
use crate::rules::STANDARD;

/// The standard rules under another version, with another threshold.
fn rules(version: &str, list_at: &str) -> Arc<Rules> {
    let present = Rules::standard().unwrap().version;
    let text = STANDARD
        .replace(
            &format!("version = \"{present}\""),
            &format!("version = \"{version}\""),
        )
        .replace("list_at = 1.0", &format!("list_at = {list_at}"));
    Arc::new(Rules::parse(&text).unwrap())
}

/// The rule that each decision names.
async fn named(bench: &Bench) -> Vec<String> {
    let all = bench.store.decisions_after(Serial(0), 100).await.unwrap();
    all.into_iter().map(|decided| decided.decision.rule.0).collect()
}

pub(super) async fn rules_put_in_force_judge_the_next_group_and_what_was_decided_keeps_its_version(
    bench: Bench,
) {
    let present = Rules::standard().unwrap().version;
    bench.see("192.0.2.1", Kind::Spam).await;

    // What waits to be judged is judged by the new ones, too.
    bench.record("192.0.2.2", Kind::Spam).await;
    bench.judge.rules.put(rules("stricter", "1.5"));
    bench.judge.catch_up().await.unwrap();
    assert!(bench.listings("192.0.2.2").await.is_empty());
    bench.see("192.0.2.2", Kind::Spam).await;
    assert_eq!(bench.listings("192.0.2.2").await.len(), 1);

    bench.judge.rules.put(rules("milder", "1.0"));
    bench.see("192.0.2.3", Kind::Spam).await;
    let before = format!("score/{present}");
    assert_eq!(
        named(&bench).await,
        [before.as_str(), "score/stricter", "score/milder"]
    );
    let first = bench.listings("192.0.2.1").await.remove(0);
    assert_eq!(first.rule.0, before);
}
