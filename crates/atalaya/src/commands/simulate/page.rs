//! The report of a simulation as one HTML file that needs nothing else: no script, no picture, no other host.

use std::fmt::Write as _;

use atalaya_decide::simulate::{Example, Group, Report};

use super::{groups, removed_share};
use crate::commands::until_text;

/// How the page looks.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}\
table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bar{background:#e6e6e6;height:.6rem}.bar div{height:.6rem;background:#2d6a8a}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}.bar{background:#333}}";

/// The page.
pub(super) fn page(report: &Report) -> String {
    let mut html = String::new();
    let (old, new) = (escape(&report.present_version), escape(&report.tried_version));
    let moment = |at: Option<atalaya_model::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    add(
        &mut html,
        format_args!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>Rules {new} instead of {old}</title>\
             <style>{STYLE}</style></head><body>\n<h1>Rules {new} instead of {old}</h1>\n\
             <p>{} observations were judged once more by both. Decisions are compared from {} to {}.</p>\n",
            report.observations,
            moment(report.since),
            moment(report.until)
        ),
    );
    totals(&mut html, report, (&old, &new));
    overview(&mut html, report);
    for (name, group) in groups(report) {
        examples(&mut html, name, group);
    }
    html.push_str("</body></html>\n");
    html
}

/// What each set of rules does.
fn totals(html: &mut String, report: &Report, (old, new): (&str, &str)) {
    let (present, tried) = (report.present, report.tried);
    add(
        html,
        format_args!("<table><tr><th>Rules</th><th class=\"n\">{old}</th><th class=\"n\">{new}</th></tr>\n"),
    );
    for (what, one, two) in [
        ("Decisions to list", present.listed, tried.listed),
        ("Decisions to extend", present.extended, tried.extended),
        ("Listings that reached their end", present.expired, tried.expired),
        ("Most listed at once", present.most, tried.most),
        ("Listed at the end", present.last, tried.last),
    ] {
        add(
            html,
            format_args!("<tr><td>{what}</td><td class=\"n\">{one}</td><td class=\"n\">{two}</td></tr>\n"),
        );
    }
    html.push_str("</table>\n");
}

/// How many addresses share each fate.
fn overview(html: &mut String, report: &Report) {
    let largest = groups(report).map(|(_, group)| group.count).into_iter().max();
    html.push_str(
        "<table><tr><th>Addresses</th><th class=\"n\">Number</th><th class=\"n\">Later removed</th><th></th></tr>\n",
    );
    for (name, group) in groups(report) {
        let of_largest = group
            .count
            .saturating_mul(100)
            .checked_div(largest.unwrap_or_default());
        add(
            html,
            format_args!(
                "<tr><td>{name}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
                 <td><div class=\"bar\"><div style=\"width:{}%\"></div></div></td></tr>\n",
                group.count,
                removed_share(group),
                of_largest.unwrap_or_default()
            ),
        );
    }
    html.push_str("</table>\n");
}

/// The first of a group.
fn examples(html: &mut String, name: &str, group: &Group) {
    if group.examples.is_empty() {
        return;
    }
    add(
        html,
        format_args!(
            "<h2>{name}</h2>\n<table><tr><th>Address</th><th>Class</th><th>From</th><th>Until</th>\
             <th class=\"n\">Score</th><th>Why</th></tr>\n"
        ),
    );
    for Example {
        prefix,
        class,
        since,
        until,
        score,
        reason,
        removed,
    } in &group.examples
    {
        let removed = if *removed { " Removed by its holder." } else { "" };
        add(
            html,
            format_args!(
                "<tr><td>{prefix}</td><td>{class}</td><td>{since}</td><td>{}</td><td class=\"n\">{score:.2}</td>\
                 <td>{}{removed}</td></tr>\n",
                until_text(*until),
                escape(reason)
            ),
        );
    }
    html.push_str("</table>\n");
}

/// Adds text to the page.
fn add(html: &mut String, text: std::fmt::Arguments<'_>) {
    let written = html.write_fmt(text);
    debug_assert!(written.is_ok(), "a String takes everything");
}

/// A text that can stand between tags.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use atalaya_model::{Class, Timestamp};

    use super::*;

    #[test]
    fn the_page_stands_alone_and_lets_no_reason_break_out() {
        let example = Example {
            prefix: "192.0.2.1".parse().unwrap(),
            class: Class::Spam,
            since: Timestamp::from_seconds(1_800_000_000),
            until: None,
            score: 1.25,
            reason: "<script>&".to_owned(),
            removed: true,
        };
        let report = Report {
            present_version: "1".to_owned(),
            tried_version: "2".to_owned(),
            added: Group {
                count: 3,
                removed: 1,
                examples: vec![example],
            },
            ..Report::default()
        };
        let page = page(&report);
        for part in [
            "&lt;script&gt;&amp;",
            "192.0.2.1",
            "33.3 %",
            "Removed by its holder",
            "width:100%",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("<script") && !page.contains("http"));
    }
}
