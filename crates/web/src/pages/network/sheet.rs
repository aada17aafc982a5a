//! A page of the addresses of a contact: those that are listed first, then those that were, each with what is known of it.

use std::collections::BTreeSet;

use atalaya_model::{Class, Decided, Listing, MailAddress, Prefix, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Notice, Part, Store, StoreError};
use serde::Deserialize;

/// Addresses on one page.
pub(super) const ROWS: u32 = 50;

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Which addresses.
    pub(super) part: Part,
    /// Below this decision.
    pub(super) before: Serial,
}

impl Cursor {
    /// The first page.
    pub(super) const FIRST: Self = Self {
        part: Part::Listed,
        before: Serial(u64::MAX),
    };

    /// The word for its part in a query.
    pub(super) const fn word(self) -> &'static str {
        match self.part {
            Part::Ended => "ended",
            Part::Listed | Part::All => "listed",
        }
    }

    /// As a query.
    pub(super) fn query(self) -> String {
        format!("part={}&before={}", self.word(), self.before)
    }
}

/// The query of a page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    part: Option<PartAsked>,
    before: Option<u64>,
}

/// Which addresses a query asks for.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PartAsked {
    Listed,
    Ended,
}

impl Asked {
    /// Where the page begins.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor {
            part: match self.part {
                Some(PartAsked::Ended) => Part::Ended,
                Some(PartAsked::Listed) | None => Part::Listed,
            },
            before: self.before.map_or(Cursor::FIRST.before, Serial),
        }
    }
}

/// An address, with what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The newest notice about it.
    pub(super) notice: Notice,
    /// What lists it now.
    pub(super) listings: Vec<Listing>,
    /// The last decision that listed it or prolonged that.
    pub(super) listed: Option<Decided>,
    /// The last decision that took it out.
    pub(super) withdrawn: Option<Decided>,
    /// Whether the contact said that it is not its own.
    pub(super) is_refused: bool,
}

impl Row {
    /// Class, reason and beginning as they are, or as they last were.
    pub(super) fn class(&self) -> Option<Class> {
        let standing = self.listings.first().map(|listing| listing.class);
        standing.or_else(|| self.listed.as_ref()?.decision.verdict.class())
    }

    /// Why it is, or was, listed.
    pub(super) fn reason(&self) -> &str {
        self.said_why().map_or("", |(reason, _)| reason)
    }

    /// The reason, and the rule that wrote it.
    pub(super) fn said_why(&self) -> Option<(&str, &Rule)> {
        let standing = self.listings.first();
        let standing = standing.map(|listing| (listing.reason.as_str(), &listing.rule));
        let before = || {
            let decided = &self.listed.as_ref()?.decision;
            Some((decided.reason.as_str(), &decided.rule))
        };
        standing.or_else(before)
    }

    /// When it left; of one whose end has come and is not yet decided, that.
    pub(super) fn left_at(&self) -> Option<Timestamp> {
        let listed = self.listed.as_ref();
        let withdrawn = self.withdrawn.as_ref();
        let after = withdrawn.filter(|left| listed.is_none_or(|listed| listed.serial < left.serial));
        after
            .map(|left| left.at)
            .or_else(|| match listed?.decision.verdict {
                Verdict::List { until, .. } | Verdict::Extend { until, .. } => until,
                Verdict::Withdraw { .. } | Verdict::Allow { .. } | Verdict::Disallow => None,
            })
    }
}

/// A page of addresses.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The addresses.
    pub(super) rows: Vec<Row>,
    /// Where the next page begins.
    pub(super) next: Option<Cursor>,
}

impl Sheet {
    /// Reads a page of up to `limit` addresses.
    pub(super) async fn read(
        store: &Store,
        contact: &MailAddress,
        (cursor, limit): (Cursor, u32),
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let more = limit.saturating_add(1);
        let mut notices = store
            .told_to(contact, cursor.part, (cursor.before, more), now)
            .await?;
        let mut next = cut(&mut notices, limit, cursor.part);
        if cursor.part == Part::Listed && next.is_none() {
            let room = limit.saturating_sub(u32::try_from(notices.len()).unwrap_or(limit));
            let from = (Cursor::FIRST.before, room.saturating_add(1));
            let mut ended = store.told_to(contact, Part::Ended, from, now).await?;
            next = cut(&mut ended, room, Part::Ended);
            notices.extend(ended);
        }
        let rows = rows(store, contact, notices, now).await?;
        Ok(Self { rows, next })
    }
}

/// Cuts what is more than `limit`, and says where the rest begins.
fn cut(notices: &mut Vec<Notice>, limit: u32, part: Part) -> Option<Cursor> {
    let limit = limit as usize;
    if notices.len() <= limit {
        return None;
    }
    notices.truncate(limit);
    let before = notices.last().map_or(Cursor::FIRST.before, |last| last.serial);
    Some(Cursor { part, before })
}

/// Adds to each notice what is known of its address.
pub(super) async fn rows(
    store: &Store,
    contact: &MailAddress,
    notices: Vec<Notice>,
    now: Timestamp,
) -> Result<Vec<Row>, StoreError> {
    let prefixes: Vec<Prefix> = notices.iter().map(|notice| notice.prefix).collect();
    let mut listings = store.listings_in(&prefixes).await?;
    listings.retain(|listing| !listing.is_over(now));
    listings.sort_by_key(|listing| listing.class);
    let decisions = store.last_decisions(&prefixes).await?;
    let refused: BTreeSet<Prefix> = store.refused_by(contact, &prefixes).await?.into_iter().collect();
    let row = |notice: Notice| {
        let of = |withdraws: bool| {
            let mut about = decisions.iter().filter(|decided| {
                decided.decision.prefix == notice.prefix
                    && matches!(decided.decision.verdict, Verdict::Withdraw { .. }) == withdraws
            });
            about.next().cloned()
        };
        Row {
            listings: listings
                .iter()
                .filter(|listing| listing.prefix == notice.prefix)
                .cloned()
                .collect(),
            listed: of(false),
            withdrawn: of(true),
            is_refused: refused.contains(&notice.prefix),
            notice,
        }
    };
    Ok(notices.into_iter().map(row).collect())
}
