//! The SYNs of a capture counted by signature.

use std::cmp::Reverse;
use std::collections::HashMap;

use atalaya_formats::signatures::Match;
use atalaya_formats::syn::Syn;
use serde::Serialize;

use crate::commands::{Form, print, print_json};

/// The most signatures that are told apart; the SYNs of further ones are counted together.
const MOST_SIGNATURES: usize = 100_000;

/// The counts so far.
#[derive(Debug, Default)]
pub(super) struct Summary {
    rows: HashMap<String, Row>,
    /// SYNs of signatures that there was no space for.
    others: u64,
}

/// One signature.
#[derive(Debug, Serialize)]
struct Row {
    count: u64,
    /// In the notation of p0f v3, with the likely time to live of its sender.
    signature: String,
    name: String,
}

impl Summary {
    /// Counts a SYN, which has this name.
    pub(super) fn count(&mut self, syn: &Syn, name: Option<&Match<'_>>) {
        let signature = syn.signature();
        if let Some(row) = self.rows.get_mut(&signature) {
            row.count += 1;
        } else if self.rows.len() < MOST_SIGNATURES {
            let row = Row {
                count: 1,
                signature: signature.clone(),
                name: name.map_or_else(|| "unknown".to_owned(), ToString::to_string),
            };
            self.rows.insert(signature, row);
        } else {
            self.others += 1;
        }
    }

    /// Prints the counts, the highest first.
    pub(super) fn print(self, form: Form) -> anyhow::Result<()> {
        let mut rows: Vec<Row> = self.rows.into_values().collect();
        rows.sort_by(|a, b| (Reverse(a.count), &a.signature).cmp(&(Reverse(b.count), &b.signature)));
        if self.others > 0 {
            rows.push(Row {
                count: self.others,
                signature: "*".to_owned(),
                name: "others".to_owned(),
            });
        }
        rows.iter().try_for_each(|row| match form {
            Form::Json => print_json(row),
            Form::Text => print(format_args!("{:>8} {} {}", row.count, row.signature, row.name)),
        })
    }
}
