//! `/network/TICKET`: the addresses of a network.

use askama::Template;
use atalaya_model::{Class, Prefix};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::sheet::{Asked, Cursor, ROWS, Row, Sheet};
use super::{Refusal, enter, link_with};
use crate::app::Shared;
use crate::pages::{Frame, Reader, page, views};
use crate::texts::Texts;
use crate::written::Moment;

#[derive(Template)]
#[template(path = "network.html")]
struct NetworkPage {
    frame: Frame,
    lead: String,
    /// How many are listed, and how many were.
    counts: [String; 2],
    rows: Vec<RowView>,
    /// What the button for all says; none where nothing is listed.
    all: Option<String>,
    first: Option<String>,
    next: Option<String>,
    fixed: String,
    not_ours: String,
    csv: String,
    json: String,
    /// The page that ends the notices; none where that has been done.
    stop: Option<String>,
    expires: String,
}

/// An address on the page.
pub(super) struct RowView {
    pub(super) prefix: String,
    pub(super) tone: &'static str,
    pub(super) standing: &'static str,
    pub(super) class: String,
    pub(super) reason: String,
    pub(super) reason_language: &'static str,
    pub(super) since: Option<Moment>,
    pub(super) until: Option<Moment>,
    pub(super) is_endless: bool,
    pub(super) left: Option<Moment>,
    pub(super) told: Option<Moment>,
    pub(super) evidence: Option<String>,
    pub(super) is_listed: bool,
    pub(super) is_refused: bool,
}

impl RowView {
    /// The tone of its sign.
    pub(super) const fn sign(&self) -> &'static str {
        self.tone
    }
}

/// The page.
pub(crate) async fn network(
    State(shared): State<Shared>,
    reader: Reader,
    Path(ticket): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let visitor = enter(&shared, &reader, &ticket).await?;
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    let cursor = asked.cursor();
    let sheet = Sheet::read(store, &visitor.contact, (cursor, ROWS), now).await?;
    let count = store.count_told(&visitor.contact, now).await?;
    let stop = match store.is_left_alone(&visitor.contact).await? {
        true => None,
        false => store
            .newest_told(&visitor.contact)
            .await?
            .map(|notice| reader.link(&format!("/notices/stop/{}", notice.token))),
    };
    let t = reader.texts();
    let number = |count| t.units.number(count);
    let base = format!("/network/{ticket}");
    let template = NetworkPage {
        lead: (t.network.lead)(&shared.app.config.web.organisation, visitor.contact.as_str()),
        counts: [number(count.listed), number(count.ended)],
        all: (count.listed > 1).then(|| (t.network.all_fixed)(&number(count.listed))),
        first: (cursor != Cursor::FIRST).then(|| reader.link(&base)),
        next: sheet.next.map(|next| link_with(&reader, &base, &next.query())),
        rows: sheet.rows.iter().map(|row| view(row, &reader, &base)).collect(),
        fixed: reader.link(&format!("{base}/fixed")),
        not_ours: reader.link(&format!("{base}/not-ours")),
        csv: format!("{base}/addresses.csv"),
        json: format!("/api/v1/network/{ticket}"),
        stop,
        expires: (t.network.expires)(&t.units.moment(visitor.until).text),
        frame: Frame::now(&shared, &reader),
    };
    Ok(page(StatusCode::OK, &reader, &template))
}

/// An address, decided and written.
pub(super) fn view(row: &Row, reader: &Reader, base: &str) -> RowView {
    let t = reader.texts();
    let moment = |at| t.units.moment(at);
    let is_listed = !row.listings.is_empty();
    let said_why = row.said_why();
    let (reason, reason_language) =
        said_why.map_or_else(Default::default, |(kept, rule)| views::reason(rule, kept, t));
    let ends: Vec<_> = row.listings.iter().map(|listing| listing.until).collect();
    RowView {
        prefix: row.notice.prefix.to_string(),
        tone: if is_listed { "listed" } else { "clear" },
        standing: if is_listed {
            t.address.listed
        } else {
            t.address.not_listed
        },
        class: class(row, t),
        reason,
        reason_language,
        since: row.listings.iter().map(|listing| listing.since).min().map(moment),
        is_endless: is_listed && ends.iter().any(Option::is_none),
        until: views::last_end(ends.into_iter())
            .filter(|_| is_listed)
            .map(moment),
        left: row.left_at().filter(|_| !is_listed).map(moment),
        told: row.notice.told_at.map(moment),
        evidence: evidence_link(&row.notice.prefix, base).map(|link| reader.link(&link)),
        is_listed,
        is_refused: row.is_refused,
    }
}

/// The names and codes of its classes.
fn class(row: &Row, t: &'static Texts) -> String {
    let with_code = |class: Class| format!("{} ({})", views::class_texts(t, class).name, class.code());
    if row.listings.is_empty() {
        return row.class().map(with_code).unwrap_or_default();
    }
    let all = row.listings.iter().map(|listing| with_code(listing.class));
    all.collect::<Vec<_>>().join(", ")
}

/// The page of what was seen of an address. What is wider than a unit has no evidence of its own.
fn evidence_link(prefix: &Prefix, base: &str) -> Option<String> {
    prefix
        .is_unit()
        .then(|| format!("{base}/ip/{}", prefix.network()))
}
