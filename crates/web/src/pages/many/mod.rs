//! The pages that answer for many addresses at once: those of a range, and those of a domain. The zone alone is asked, so that they cost no
//! more than as many questions over DNS, and give nobody more than these would.

mod domain;
mod range;

use std::net::IpAddr;

use askama::Template;
use atalaya_publish::Held;

use super::Frame;
use super::views;
use crate::lookup::{Facts, Standing};
use crate::texts::Texts;
use crate::written::Moment;

pub(crate) use domain::domain;
pub(crate) use range::{api_range, range};

#[derive(Template)]
#[template(path = "many.html")]
struct ManyPage {
    frame: Frame,
    /// What was looked up, as text of ours.
    subject: String,
    tone: &'static str,
    verdict: String,
    lead: Vec<String>,
    at_serial: String,
    groups: Vec<GroupView>,
    /// What else helps.
    notes: Vec<&'static str>,
    /// Where a fresh link to the page of a network is asked for.
    network: Option<String>,
    json_link: Option<String>,
}

/// Addresses under one heading.
struct GroupView {
    heading: String,
    rows: Vec<RowView>,
    /// What stands where there are none.
    empty: &'static str,
}

/// One address.
struct RowView {
    address: String,
    link: String,
    tone: &'static str,
    state: String,
    until: Option<Moment>,
}

/// An address as a row, under this name.
fn row(facts: &Facts, name: String, link: String, t: &'static Texts) -> RowView {
    let (tone, word) = views::verdict(&facts.standing, t);
    let classes: Vec<&str> = match &facts.standing {
        Standing::Listed(held) => held
            .iter()
            .map(|held| views::class_texts(t, held.class).name)
            .collect(),
        _ => Vec::new(),
    };
    let state = if classes.is_empty() {
        word.to_owned()
    } else {
        format!("{word}: {}", classes.join(", "))
    };
    let until = |held: &[Held]| views::last_end(held.iter().map(|held| held.until));
    RowView {
        address: name,
        link,
        tone,
        state,
        until: until(facts.listings()).map(|end| t.units.moment(end)),
    }
}

/// The verdict about so many of so many, with its tone.
fn verdict(listed: usize, all: usize, t: &'static Texts) -> (&'static str, String) {
    let (number, m) = (|count: usize| t.units.number(count as u64), &t.many);
    match (listed, all) {
        (_, 0) => ("neutral", m.no_addresses.to_owned()),
        (0, _) => ("clear", m.none_listed.to_owned()),
        _ => ("listed", (m.some_listed)(&number(listed), &number(all))),
    }
}

/// Whether an address is listed for more than a test.
fn is_listed(facts: &Facts) -> bool {
    matches!(facts.standing, Standing::Listed(_))
}

/// The path of the page of an address.
fn path_of(address: IpAddr) -> String {
    format!("/ip/{address}")
}
