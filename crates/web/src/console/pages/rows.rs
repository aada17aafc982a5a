//! Rows of the console's tables: a listing, an entry of the allow list.

use atalaya_model::{AllowEntry, Class, Listing, Timestamp};

use crate::console::access::Visitor;
use crate::pages::views::{class_texts, reason};
use crate::texts::Texts;
use crate::written::Moment;

/// A listing in a table.
pub(super) struct ListingRow {
    pub(super) prefix: String,
    /// The page about it.
    pub(super) href: String,
    pub(super) class_name: &'static str,
    pub(super) reason: String,
    pub(super) reason_language: &'static str,
    pub(super) rule: String,
    pub(super) since: Moment,
    /// None for no end.
    pub(super) until: Option<Moment>,
}

impl ListingRow {
    pub(super) fn new(listing: &Listing, visitor: &Visitor) -> Self {
        let t = visitor.reader.texts();
        let (reason, reason_language) = reason(&listing.rule, &listing.reason, t);
        Self {
            href: subject_link(visitor, &listing.prefix.to_string()),
            prefix: listing.prefix.to_string(),
            class_name: class_texts(t, listing.class).name,
            reason,
            reason_language,
            rule: listing.rule.to_string(),
            since: day(listing.since, t),
            until: listing.until.map(|until| day(until, t)),
        }
    }
}

/// An entry of the allow list in a table.
pub(super) struct AllowRow {
    pub(super) prefix: String,
    pub(super) href: String,
    pub(super) reason: String,
    pub(super) since: Moment,
    pub(super) until: Option<Moment>,
}

impl AllowRow {
    pub(super) fn new(entry: &AllowEntry, visitor: &Visitor) -> Self {
        let t = visitor.reader.texts();
        Self {
            href: subject_link(visitor, &entry.prefix.to_string()),
            prefix: entry.prefix.to_string(),
            reason: entry.reason.clone(),
            since: day(entry.since, t),
            until: entry.until.map(|until| day(until, t)),
        }
    }
}

/// A moment of which a table shows the day alone.
pub(super) fn day(at: Timestamp, t: &'static Texts) -> Moment {
    Moment {
        text: t.units.day(at),
        ..t.units.moment(at)
    }
}

/// The link to the page about an address or prefix.
pub(super) fn subject_link(visitor: &Visitor, prefix: &str) -> String {
    visitor.reader.link_to(&format!("/console/about?prefix={prefix}"))
}

/// The words of all classes with their names, for forms.
pub(super) fn classes(visitor: &Visitor) -> Vec<(&'static str, &'static str)> {
    let t = visitor.reader.texts();
    Class::ALL
        .into_iter()
        .map(|class| (class.name(), class_texts(t, class).name))
        .collect()
}
