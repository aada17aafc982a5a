//! `/api`: every call for programs, for people to read. It is made from the table that the OpenAPI document is made from.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::{Frame, Reader, lasting};
use crate::api::{Call, Errors, Field, calls, fields_of};
use crate::app::Shared;
use crate::language::Language;
use crate::texts::ApiTexts;

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    frame: Frame,
    groups: Vec<Group>,
}

/// Calls that need the same.
struct Group {
    title: &'static str,
    text: &'static str,
    calls: Vec<CallView>,
}

/// A call, as it is shown.
struct CallView {
    method: String,
    path: &'static str,
    summary: &'static str,
    /// Which token it needs.
    scope: Option<String>,
    parameters: Vec<Field>,
    bodies: Vec<BodyView>,
    /// The statuses, with commas between.
    answers: String,
}

/// A body that a call takes.
struct BodyView {
    media_type: &'static str,
    fields: Vec<Field>,
}

/// `/api`.
pub(crate) async fn api(State(shared): State<Shared>, reader: Reader) -> Response {
    let (t, language) = (&reader.texts().api, reader.language());
    let template = ApiPage {
        frame: Frame::now(&shared, &reader),
        groups: Errors::ALL
            .into_iter()
            .map(|errors| {
                let (title, text) = t.group(errors);
                let calls = calls::all().filter(|call| call.errors == errors);
                let calls = calls.map(|call| view(call, language)).collect();
                Group { title, text, calls }
            })
            .collect(),
    };
    lasting(&reader, &template)
}

fn view(call: &Call, language: Language) -> CallView {
    let (english, spanish) = call.summary;
    let statuses: Vec<String> = call.answers.iter().map(u16::to_string).collect();
    let parameters = call.parameters.iter().map(|parameter| Field {
        name: parameter.name.to_owned(),
        description: parameter.description.to_owned(),
        is_required: parameter.is_required,
    });
    let bodies = call.body.iter().map(|(media_type, schema)| BodyView {
        media_type,
        fields: schema.map(fields_of).unwrap_or_default(),
    });
    CallView {
        method: call.method.to_uppercase(),
        path: call.path,
        summary: match language {
            Language::English => english,
            Language::Spanish => spanish,
        },
        scope: call.scope.map(|scope| ApiTexts::needs_scope(language, scope)),
        parameters: parameters.collect(),
        bodies: bodies.collect(),
        answers: statuses.join(", "),
    }
}
