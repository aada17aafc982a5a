//! `key back`: a renewal or a removal is taken back with what the audit trail keeps of the key before.

use anyhow::Context;
use atalaya_model::{Act, Clock};
use atalaya_publish::KeptKey;
use atalaya_store::{DeedFilter, DeedId, KeptDeed};
use clap::Args;
use serde_json::json;

use super::{change, kept_for};
use crate::access::{AccessRequest, replaced};
use crate::cli::Place;
use crate::commands::note::noted_as_undoing;
use crate::commands::{config_at, line_to, print, until_text};
use crate::control::Request;
use crate::folder::Missing;

/// `key back`.
#[derive(Debug, Args)]
pub(crate) struct KeyBack {
    #[command(flatten)]
    pub(super) place: Place,
    /// The number of the renewal or removal in the audit trail, see `atalaya audit --act key.change` and `--act key.revoke`
    #[arg(value_name = "DEED")]
    pub(super) deed: u64,
}

/// Takes it back.
pub(super) async fn run(back: KeyBack) -> anyhow::Result<()> {
    let (id, config) = (DeedId(back.deed), config_at(&back.place)?);
    let (act, former) = former(Box::pin(kept(&back.place, id)).await?, id)?;
    let (name, now) = (former.name.clone(), Clock::system().now());
    let until = former.terms.until;
    let (becomes, before) = match act {
        Act::ChangeKey => (Act::ChangeKey, kept_for(&config, &name)?),
        _ => (Act::MakeKey, None),
    };
    let details = json!({ "key": "the one before", "until": until, "before": before });
    let planned = (becomes, name.to_string(), details);
    let back = || {
        change(&config, |file| {
            match act {
                Act::ChangeKey => file.go_back(former, now)?,
                _ => file.put_back(former)?,
            }
            Ok(())
        })
    };
    Box::pin(noted_as_undoing(&config, planned, Some(id), back)).await?;
    print(format_args!(
        "The key that {name} had before is good again, {}.",
        until_text(until)
    ))
}

/// The deed of that number.
async fn kept(place: &Place, id: DeedId) -> anyhow::Result<Option<KeptDeed>> {
    let mut line = line_to(place, Missing::Refused).await?;
    let asked = AccessRequest::Audit {
        filter: DeedFilter::default(),
        before: Some(DeedId(id.0.saturating_add(1))),
        most: 1,
    };
    let page: Vec<KeptDeed> = line.ask(Request::Access(asked)).await?;
    Ok(page.into_iter().find(|kept| kept.id == id))
}

/// What was done, and the key that it ended.
///
/// # Errors
/// It ended no key, was not done, was taken back, or does not say what stood there.
fn former(kept: Option<KeptDeed>, id: DeedId) -> anyhow::Result<(Act, KeptKey)> {
    let kept = kept.filter(|kept| matches!(kept.deed.act, Act::ChangeKey | Act::RevokeKey));
    let kept =
        kept.with_context(|| format!("no key was renewed or removed by deed {id} of the audit trail"))?;
    Ok((kept.deed.act, replaced(&kept)?))
}
