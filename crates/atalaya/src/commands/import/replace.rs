//! `import --replace`: the list becomes the whole of what this import has listed.
//!
//! The list is read to its end first, and compared with what stands, so that one that is cut or empty changes nothing. New entries come
//! before the others go: an address is listed throughout where a wider or narrower prefix takes its place. Cut short, a second run
//! does the rest.

use anyhow::{Context, bail};
use atalaya_decide::import::{Replacement, Width};
use atalaya_model::Prefix;
use serde::de::DeserializeOwned;

use super::spool::Sorted;
use super::{BATCH, Doing, Work};
use crate::control::{ImportStep, Request};

/// What is said where the list cannot be kept on disk.
pub(super) const UNKEPT: &str = "the list cannot be kept in the data folder while it is compared";

impl Work {
    /// Makes the list that was taken the whole of what stands by this import.
    pub(super) async fn replace(&mut self) -> anyhow::Result<()> {
        let expected = self.compare().await?;
        if self.doing == Doing::Change {
            self.refuse(expected)?;
        }
        for prefix in self.sorted()? {
            self.batch.push(prefix.context(UNKEPT)?);
            if self.batch.len() >= BATCH {
                self.hand_over().await?;
            }
        }
        self.hand_over().await?;
        self.replaced = expected;
        match self.doing {
            Doing::Change => self.replaced.gone = self.withdraw().await?,
            Doing::Count => self.refuse(expected)?,
        }
        Ok(())
    }

    /// Refuses to withdraw more than half, unless somebody looked.
    fn refuse(&self, Replacement { standing, gone }: Replacement) -> anyhow::Result<()> {
        if self.wish.width == Width::Ordinary && (Replacement { standing, gone }).is_drastic() {
            bail!(
                "refused: the list names no more {gone} of the {standing} prefixes that this import has listed, which is more than \
                 half; nothing was changed. If the list is whole, --force withdraws them"
            );
        }
        Ok(())
    }

    /// Counts what stands and what of it the list names no more.
    async fn compare(&mut self) -> anyhow::Result<Replacement> {
        let (mut list, mut after) = (self.sorted()?, None);
        let mut replaced = Replacement::default();
        while let Some((last, page, gone)) = self.page(&mut list, after).await? {
            replaced.standing = replaced.standing.saturating_add(page);
            replaced.gone = replaced.gone.saturating_add(gone.len() as u64);
            after = Some(last);
        }
        Ok(replaced)
    }

    /// Withdraws what the list names no more; gives the number.
    async fn withdraw(&mut self) -> anyhow::Result<u64> {
        let (mut list, mut after) = (self.sorted()?, None);
        let mut withdrawn = 0_u64;
        while let Some((last, _, gone)) = self.page(&mut list, after).await? {
            for batch in gone.chunks(BATCH) {
                let count: u64 = self.ask(ImportStep::Withdraw(batch.to_vec())).await?;
                withdrawn = withdrawn.saturating_add(count);
            }
            after = Some(last);
        }
        Ok(withdrawn)
    }

    /// Fetches a page of what stands: its last prefix, how many there are, and those that the list does not name.
    async fn page(
        &mut self,
        list: &mut Sorted,
        after: Option<Prefix>,
    ) -> anyhow::Result<Option<(Prefix, u64, Vec<Prefix>)>> {
        let page: Vec<Prefix> = self.ask(ImportStep::Standing(after)).await?;
        let Some(last) = page.last().copied() else {
            return Ok(None);
        };
        let mut gone = Vec::new();
        for prefix in &page {
            if !list.has(prefix).context(UNKEPT)? {
                gone.push(*prefix);
            }
        }
        Ok(Some((last, page.len() as u64, gone)))
    }

    /// The list in its order.
    fn sorted(&mut self) -> anyhow::Result<Sorted> {
        let spool = self.spool.as_mut().context(UNKEPT)?;
        spool.sorted().context(UNKEPT)
    }

    async fn ask<T: DeserializeOwned>(&mut self, step: ImportStep) -> anyhow::Result<T> {
        let wish = self.wish.clone();
        let line = self.line.as_mut().context("there is nobody to ask")?;
        line.ask(Request::Import { wish, step }).await
    }
}
