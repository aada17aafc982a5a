//! `/api`: every call for programs, for people to read. It is made from the table that the OpenAPI document is made from.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::{Frame, Reader, lasting};
use crate::api::{CALLS, Call, Errors};
use crate::app::Shared;
use crate::language::Language;

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
    parameters: Vec<ParameterView>,
    body: Option<&'static str>,
    /// The statuses, with commas between.
    answers: String,
}

/// A parameter, as it is shown.
struct ParameterView {
    name: &'static str,
    description: &'static str,
    is_required: bool,
}

/// `/api`.
pub(crate) async fn api(State(shared): State<Shared>, reader: Reader) -> Response {
    let (t, language) = (&reader.texts().api, reader.language());
    let groups = [
        (Errors::Problem, t.own, t.own_text),
        (Errors::Enrolled, t.enrolled, t.enrolled_text),
        (Errors::Listed, t.reporters, t.reporters_text),
        (Errors::Text, t.by_form, t.by_form_text),
    ];
    let template = ApiPage {
        frame: Frame::now(&shared, &reader),
        groups: groups
            .into_iter()
            .map(|(errors, title, text)| {
                let calls = CALLS.iter().filter(|call| call.errors == errors);
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
    let parameters = call.parameters.iter().map(|(place, name, _, description)| {
        let told = description.strip_suffix("; required");
        ParameterView {
            name,
            description: told.unwrap_or(description),
            is_required: *place == "path" || told.is_some(),
        }
    });
    CallView {
        method: call.method.to_uppercase(),
        path: call.path,
        summary: match language {
            Language::English => english,
            Language::Spanish => spanish,
        },
        parameters: parameters.collect(),
        body: call.body,
        answers: statuses.join(", "),
    }
}
