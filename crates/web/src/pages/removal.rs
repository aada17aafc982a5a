//! The removal button, and what came of it.

use std::time::Duration;

use askama::Template;
use atalaya_delist::{Outcome, Removed};
use atalaya_model::{Listing, Prefix};
use axum::extract::{Form, FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};

use super::views::{self, MailView};
use super::{Frame, Reader, page};
use crate::address;
use crate::app::{Client, Inner, Shared};
use crate::assets;
use crate::failure::Failure;
use crate::gate::{Admission, Asked, Proof};
use crate::leave::{InZone, Left, leave};
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "outcome.html")]
struct OutcomePage {
    frame: Frame,
    tone: &'static str,
    title: String,
    paragraphs: Vec<String>,
    /// What still covers the address.
    staying: Vec<String>,
    mail: Option<MailView>,
    back: String,
}

/// The page that asks for a second press, where no script solved the puzzle, or that goes on by itself, where one solved a puzzle that does not hold.
#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    frame: Frame,
    script: &'static str,
    address: String,
    title: &'static str,
    lead: String,
    why: &'static str,
    remove_link: String,
    puzzle: Option<Asked>,
    button: String,
    back: String,
}

/// What came of it, before it is put into its frame.
struct Said {
    status: StatusCode,
    tone: &'static str,
    title: String,
    paragraphs: Vec<String>,
    staying: Vec<Listing>,
}

/// GET `/ip/ADDRESS/remove`, as after "back" or a change of language: leads to the page of the address.
pub(crate) async fn back_to_address(reader: Reader, Path(text): Path<String>) -> Result<Redirect, Failure> {
    let address = address::read(&text)?;
    Ok(Redirect::to(&reader.link(&format!("/ip/{address}"))))
}

/// POST `/ip/ADDRESS/remove`.
pub(crate) async fn remove(
    State(shared): State<Shared>,
    reader: Reader,
    Client(client): Client,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let address = address::read(&text)?;
    let proof = match shared.app.config.web.puzzle_bits {
        // Nothing in the form is wanted, so that nobody waits for it.
        0 => Proof::default(),
        _ => Form::from_request(request, &())
            .await
            .map(|Form(proof)| proof)
            .unwrap_or_default(),
    };
    let unit = Prefix::unit(address);
    let admission = shared.gate.admit(&shared.app, (unit, client), &proof)?;
    if let Admission::Asked(asked) = admission {
        let template = confirm(&shared, &reader, &address.to_string(), asked);
        return Ok(page(StatusCode::PRECONDITION_REQUIRED, &reader, &template));
    }
    let left = leave(&shared, address, client).await?;
    let t = reader.texts();
    let said = say(&shared, &left, (&address.to_string(), &Prefix::unit(address)), t);
    let mail = (!said.staying.is_empty()).then(|| {
        views::mail(
            &shared.app.config.web.postmaster,
            &(t.removal.mail_subject)(&address.to_string()),
        )
    });
    let staying = said.staying.iter().map(|listing| views::named(listing, t));
    let template = OutcomePage {
        frame: Frame::now(&shared, &reader),
        tone: said.tone,
        title: said.title,
        paragraphs: said.paragraphs,
        staying: staying.collect(),
        mail,
        back: reader.link(&format!("/ip/{address}")),
    };
    Ok(page(said.status, &reader, &template))
}

/// Asks for a second press.
fn confirm(shared: &Inner, reader: &Reader, address: &str, asked: Asked) -> ConfirmPage {
    let t = reader.texts();
    // Whole seconds, rounded up: who presses then must not be too early.
    let wait = asked.wait.saturating_add(Duration::from_millis(999));
    let p = &t.proof;
    let (title, lead, why) = if asked.is_in_its_place {
        (p.in_its_place, p.in_its_place_lead.to_owned(), p.in_its_place_why)
    } else {
        let wait = t.units.duration(Duration::from_secs(wait.as_secs()));
        (p.once_more, (p.wait)(&wait), p.why)
    };
    ConfirmPage {
        frame: Frame::now(shared, reader),
        script: assets::script_link(),
        address: address.to_owned(),
        title,
        lead,
        why,
        remove_link: reader.link(&format!("/ip/{address}/remove")),
        puzzle: Some(asked),
        button: (t.removal.button)(address),
        back: reader.link(&format!("/ip/{address}")),
    }
}

/// Puts an outcome into words.
fn say(shared: &Inner, left: &Left, (address, unit): (&str, &Prefix), t: &'static Texts) -> Said {
    let r = &t.removal;
    let said = |status, tone, title, paragraphs| Said {
        status,
        tone,
        title,
        paragraphs,
        staying: Vec::new(),
    };
    match &left.outcome {
        Outcome::Removed(removed) if removed.staying.is_empty() => said(
            StatusCode::OK,
            "clear",
            (r.left)(&unit.to_string()),
            removed_paragraphs(shared, removed, left.in_zone, t),
        ),
        Outcome::Removed(removed) => Said {
            status: StatusCode::OK,
            tone: "listed",
            title: (r.left_in_part)(address),
            paragraphs: vec![(r.in_part)(&classes(removed, t), &removed.serial.to_string())],
            staying: removed.staying.clone(),
        },
        Outcome::Wait { until } => said(
            StatusCode::CONFLICT,
            "listed",
            (r.not_yet)(&unit.to_string()),
            vec![(r.wait)(&t.units.moment(*until).text)],
        ),
        Outcome::NotListed => said(
            StatusCode::OK,
            "clear",
            (r.was_not_listed)(address),
            vec![r.was_not_listed_text.to_owned()],
        ),
        Outcome::ByHandOnly { staying } => Said {
            status: StatusCode::CONFLICT,
            tone: "listed",
            title: (r.only_by_hand)(address),
            paragraphs: vec![views::by_hand(staying, unit, t)],
            staying: staying.clone(),
        },
        Outcome::TooMany { until } => said(
            StatusCode::TOO_MANY_REQUESTS,
            "listed",
            r.too_many.to_owned(),
            vec![(r.too_many_text)(&t.units.moment(*until).text)],
        ),
    }
}

/// The names of the classes that it left.
fn classes(removed: &Removed, t: &'static Texts) -> String {
    let name = |(_, class): &(Prefix, _)| views::class_texts(t, *class).name;
    removed.left.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// It left: since when, and how long others may remember.
fn removed_paragraphs(shared: &Inner, removed: &Removed, in_zone: InZone, t: &'static Texts) -> Vec<String> {
    let r = &t.removal;
    let serial = removed.serial.to_string();
    let dns = match in_zone {
        InZone::Now => (r.in_zone)(&serial),
        InZone::Soon => (r.on_its_way)(&serial),
    };
    let ttl = t.units.duration(shared.app.config.publish.ttl.duration());
    vec![dns, (r.cached)(&ttl)]
}
