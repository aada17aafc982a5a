//! `/feedback/mine/TICKET`: what a mailbox asked for, what it is asked about, and what it enrolled.

use askama::Template;
use atalaya_notify::{Feedback, Holder, Record, ShutPage};
use atalaya_store::{Enrolment, EnrolmentRequest, EnrolmentState, Proof, Ways};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Said, outcome};
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::pages::{Frame, Reader, page};
use crate::texts::{FeedbackTexts, Texts};

/// Most names of records that are shown; what the rest is follows from them.
const MOST_NAMES: usize = 8;

#[derive(Template)]
#[template(path = "feedback_mine.html")]
struct MinePage {
    frame: Frame,
    lead: String,
    asked: Vec<AskedView>,
    to_vouch: Vec<VouchView>,
    enrolled: Vec<EnrolledView>,
    /// Where the forms lead, before what they do.
    path: String,
    /// What keeps the language in it.
    query: String,
    expires: String,
    new: String,
}

/// What was asked for.
struct AskedView {
    id: String,
    scope: String,
    name: String,
    ways: String,
    asked_at: String,
    /// What is to be done now.
    text: String,
    record: Option<RecordView>,
    button: &'static str,
}

/// A record that has to stand in DNS.
struct RecordView {
    /// What to write, one a line.
    lines: Vec<String>,
    /// What else, in words.
    text: String,
}

/// Whom somebody may vouch for.
struct VouchView {
    id: String,
    scope: String,
    name: String,
    mailbox: String,
    asked_at: String,
}

/// What is enrolled.
struct EnrolledView {
    id: String,
    scope: String,
    name: String,
    tone: &'static str,
    state: &'static str,
    ways: String,
    proof: &'static str,
    until: String,
    /// Whether he can prove it again himself: what the operator's word proved, the operator does.
    is_provable: bool,
}

impl EnrolledView {
    /// The tone of its sign.
    const fn sign(&self) -> &'static str {
        self.tone
    }
}

/// GET `/feedback/mine/TICKET`.
pub(crate) async fn mine(
    State(shared): State<Shared>,
    reader: Reader,
    Path(ticket): Path<String>,
) -> Result<Response, Failure> {
    let holder = match shared.app.feedback.open_page(&ticket).await {
        Ok(holder) => holder,
        Err(why) => return shut(&shared, &reader, why),
    };
    let own = shared.app.feedback.own_page(&holder.mailbox).await?;
    let t = reader.texts();
    let mut asked = Vec::new();
    for request in &own.asked {
        let record = shared.app.feedback.record_of(request).await?;
        asked.push(asked_view(request, record, (&shared.app.feedback, t)));
    }
    let template = MinePage {
        frame: Frame::now(&shared, &reader),
        lead: (t.feedback.mine_lead)(holder.mailbox.as_str()),
        asked,
        to_vouch: own.to_vouch.iter().map(|one| vouch_view(one, t)).collect(),
        enrolled: own.enrolled.iter().map(|one| enrolled_view(one, t)).collect(),
        path: format!("/feedback/mine/{ticket}"),
        query: reader.link(""),
        expires: (t.network.expires)(&t.units.moment(holder.until).text),
        new: reader.link("/feedback"),
    };
    Ok(page(StatusCode::OK, &reader, &template))
}

/// The page instead of the one that a link does not open.
pub(super) fn shut(shared: &Inner, reader: &Reader, why: ShutPage) -> Result<Response, Failure> {
    let t = &reader.texts().feedback;
    let (status, title) = match why {
        ShutPage::Failed(error) => return Err(error.into()),
        ShutPage::Expired => (StatusCode::GONE, t.expired),
        ShutPage::Wrong => (StatusCode::NOT_FOUND, t.wrong),
    };
    let said = Said::not_yet(status, title, vec![t.shut_text.to_owned()]);
    let back = Some(reader.link("/feedback"));
    Ok(outcome((shared, reader), said, None, back))
}

/// Opens a ticket for a step.
pub(super) async fn enter(
    shared: &Inner,
    reader: &Reader,
    ticket: &str,
) -> Result<Result<Holder, Response>, Failure> {
    match shared.app.feedback.open_page(ticket).await {
        Ok(holder) => Ok(Ok(holder)),
        Err(why) => shut(shared, reader, why).map(Err),
    }
}

fn asked_view(
    request: &EnrolmentRequest,
    record: Option<Record>,
    (feedback, t): (&Feedback, &'static Texts),
) -> AskedView {
    let f = &t.feedback;
    let is_confirmed = request.confirmed_at.is_some();
    let is_proven = request.proven_at.is_some();
    let is_ready = request.approved_at.is_some() || is_proven && !feedback.needs_approval(&request.scope);
    let (text, button) = match &request.contact {
        _ if !is_confirmed => (f.confirm_text.to_owned(), f.confirm),
        _ if is_ready => (f.ready_text.to_owned(), f.finish),
        _ if is_proven => (f.needs_operator.to_owned(), f.look_again),
        Some(contact) => ((f.contact_asked)(contact.as_str()), f.look_again),
        None => (f.look_text.to_owned(), f.look_again),
    };
    AskedView {
        id: request.id.to_string(),
        scope: request.scope.to_string(),
        name: request.name.clone(),
        ways: ways(&request.ways, f),
        asked_at: t.units.moment(request.created_at).text,
        text,
        record: record
            .filter(|_| is_confirmed && !is_ready && !is_proven)
            .map(|record| record_view(&record, f)),
        button,
    }
}

fn record_view(record: &Record, f: &'static FeedbackTexts) -> RecordView {
    let token = &record.token;
    let Some(names) = &record.names else {
        return RecordView {
            lines: vec![format!("PTR  atalaya-{token}.example.net.")],
            text: f.names_text.to_owned(),
        };
    };
    let line = |name: &String| format!("{name}. TXT \"token={token}\"");
    let each = names.each.iter().take(MOST_NAMES);
    let text = if names.each.is_empty() {
        f.record_text.to_owned()
    } else {
        (f.records_text)(&names.each.len().to_string())
    };
    RecordView {
        lines: names.around.iter().chain(each).map(line).collect(),
        text,
    }
}

fn vouch_view(request: &EnrolmentRequest, t: &'static Texts) -> VouchView {
    VouchView {
        id: request.id.to_string(),
        scope: request.scope.to_string(),
        name: request.name.clone(),
        mailbox: request.mailbox.to_string(),
        asked_at: t.units.moment(request.created_at).text,
    }
}

fn enrolled_view(enrolment: &Enrolment, t: &'static Texts) -> EnrolledView {
    let f = &t.feedback;
    let is_active = enrolment.state == EnrolmentState::Active;
    EnrolledView {
        id: enrolment.id.to_string(),
        scope: enrolment.scope.to_string(),
        name: enrolment.name.clone(),
        tone: if is_active { "clear" } else { "listed" },
        state: if is_active { f.active } else { f.lapsed },
        ways: ways(&enrolment.ways, f),
        proof: match enrolment.proof {
            Some(Proof::Mail) => f.by_mail,
            Some(Proof::Txt) => f.by_txt,
            Some(Proof::Reverse) => f.by_names,
            Some(Proof::Operator) | None => f.by_operator,
        },
        until: t.units.moment(enrolment.ends_at).text,
        is_provable: !matches!(enrolment.proof, Some(Proof::Operator) | None),
    }
}

/// The ways in which somebody is told, in words.
fn ways(ways: &Ways, f: &'static FeedbackTexts) -> String {
    let chosen = [(true, f.feed), (ways.mail, f.mail), (ways.summary, f.summary)];
    let mut said: Vec<&str> = chosen
        .into_iter()
        .filter(|(is_chosen, _)| *is_chosen)
        .map(|(_, name)| name)
        .collect();
    let webhook = ways.webhook.as_ref().map(|url| format!("{}: {url}", f.webhook));
    said.extend(webhook.as_deref());
    said.join(", ")
}
