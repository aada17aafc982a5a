//! Rules that a save replaced: they come back as any others are saved, from the editor and behind a trial of them, so that nobody takes a save back
//! without seeing what that means.

use atalaya_model::Act;
use atalaya_store::{DeedId, KeptDeed};
use serde_json::Value;

use super::act::is_undoable;
use crate::app::Inner;
use crate::failure::Failure;

/// The page on which they are looked at.
pub(super) fn path(save: DeedId) -> String {
    format!("/console/rules?back={save}")
}

/// The text that a save replaced; none where it cannot be taken back, or not any more.
pub(super) async fn replaced(shared: &Inner, save: DeedId) -> Result<Option<String>, Failure> {
    let kept = shared.app.store.deed(save).await?;
    let is_save = |kept: &KeptDeed| kept.deed.act == Act::SaveRules && is_undoable(kept);
    Ok(kept
        .filter(is_save)
        .and_then(|kept| kept.before().and_then(Value::as_str).map(str::to_owned)))
}

/// The save that a draft takes back: none where its text is another one by now.
pub(super) async fn taken_back(
    shared: &Inner,
    save: Option<u64>,
    text: &str,
) -> Result<Option<DeedId>, Failure> {
    let Some(save) = save.map(DeedId) else {
        return Ok(None);
    };
    let replaced = replaced(shared, save).await?;
    Ok(replaced.is_some_and(|replaced| replaced == text).then_some(save))
}
