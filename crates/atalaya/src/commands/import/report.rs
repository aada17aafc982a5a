//! What an import came to: as lines for people, or as a document.

use std::time::Duration;

use atalaya_decide::import::Imported;
use serde_json::{Value, json};

use super::super::{Form, print, print_json};
use super::{Doing, Work};
use crate::control::Settled;

impl Work {
    /// Prints what the import came to.
    pub(super) fn report(&self, settled: Option<Settled>, took: Duration, form: Form) -> anyhow::Result<()> {
        if form == Form::Json {
            return print_json(&self.document(settled, took));
        }
        for (number, why) in &self.shown {
            print(format_args!("line {number}: {why}"))?;
        }
        let hidden = self.wrong.saturating_sub(self.shown.len() as u64);
        if hidden > 0 {
            print(format_args!("and {hidden} more wrong lines"))?;
        }
        let Imported {
            listed,
            extended,
            unchanged,
            allowed,
            reserved,
            too_wide,
            ..
        } = self.imported;
        let (done, longer, gone) = match self.doing {
            Doing::Change => ("listed", "listed for longer", "withdrawn, no longer on the list"),
            Doing::Count => (
                "would be listed",
                "would be listed for longer",
                "would be withdrawn, no longer on the list",
            ),
        };
        for (what, count) in [
            ("lines", self.lines),
            (done, listed),
            (longer, extended),
            ("listed already, unchanged", unchanged),
            (gone, self.replaced.gone),
            ("on the allow list, left out", allowed),
            ("reserved, left out", reserved),
            ("too wide, left out (--force takes them)", too_wide),
            ("wrong lines, left out", self.wrong),
        ] {
            print(format_args!("{what:<64}{count:>12}"))?;
        }
        if let Some(Settled { serial, listings }) = settled {
            print(format_args!("{:<64}{listings:>12}", "listings now"))?;
            print(format_args!("{:<64}{serial:>12}", "serial of the list"))?;
        }
        print(format_args!("{:<64}{:>12.1}", "seconds", took.as_secs_f64()))
    }

    /// The same as a document.
    fn document(&self, settled: Option<Settled>, took: Duration) -> Value {
        let wrong: Vec<Value> = self
            .shown
            .iter()
            .map(|(number, why)| json!({"line": number, "why": why}))
            .collect();
        json!({
            "lines": self.lines,
            "listed": self.imported.listed,
            "extended": self.imported.extended,
            "unchanged": self.imported.unchanged,
            "withdrawn": self.replaced.gone,
            "allowed": self.imported.allowed,
            "reserved": self.imported.reserved,
            "too_wide": self.imported.too_wide,
            "wrong": self.wrong,
            "wrong_lines": wrong,
            "listings": settled.map(|settled| settled.listings),
            "serial": settled.map(|settled| settled.serial),
            "seconds": took.as_secs_f64(),
        })
    }
}
