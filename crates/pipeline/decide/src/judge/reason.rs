//! Why a unit is listed, in one sentence that its holder may read. It names kinds and numbers, never a trap or a reporter.

use atalaya_formats::why::Why;
use atalaya_model::Kind;
use atalaya_store::Case;

/// The sentence.
pub(super) fn reason(case: &Case) -> String {
    // What was replayed before one trap was one witness has names of its own.
    let is_trapped = |name: &String| name.starts_with("trap:") || name.starts_with("replay:");
    let is_spam = case.weights.keys().all(|kind| *kind == Kind::Spam);
    let why = if is_spam && case.witnesses.keys().all(is_trapped) {
        Why::Trapped {
            messages: case.observations,
            last: case.at,
        }
    } else {
        Why::Seen {
            times: case.observations,
            kinds: case.weights.keys().copied().collect(),
            last: case.at,
        }
    };
    why.to_string()
}
