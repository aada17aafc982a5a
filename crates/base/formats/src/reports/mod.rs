//! Reports about addresses as other people's tools send them: a form, or a table in CSV.
//!
//! Bytes in, fields out. Texts stay bytes here, because logs come in whatever encoding; what a field means is read by [`Report`]'s
//! users with [`read_address`], [`read_categories`] and [`read_time`].

mod fields;
mod form;
mod table;

pub use fields::{MAX_CATEGORIES, read_address, read_categories, read_time};
pub use form::{Form, MAX_FIELDS};
pub use table::{BadRow, MAX_ROW, Row, Table};

/// One report, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The address that it speaks of.
    pub address: Vec<u8>,
    /// Numbers of categories with commas between.
    pub categories: Vec<u8>,
    /// When it happened; empty for now.
    pub at: Vec<u8>,
    /// What the reporter saw, in his own words: mostly lines of a log.
    pub comment: Vec<u8>,
}
