//! What goes wrong for a reader, as a page, or for a program, as a problem (RFC 9457).
//!
//! Handlers and layers give a [`Failure`] or just a status; [`dress`] turns either into what the path calls for, so that nobody ever
//! meets a bare error.

use atalaya_model::{AccessScope, Role};
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::address::BadAddress;
use crate::app::Shared;
use crate::lookup::NotLoaded;
use crate::pages::{self, Reader};
use crate::texts::FailureTexts;
use crate::{api, language::Language, reports};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    BadAddress(BadAddress),
    BadRequest,
    CrossSite,
    /// The role of whoever is signed in does not allow it; the least one that does.
    NotAllowed(Role),
    /// The form was made for another session.
    StaleForm,
    /// The call has no token that holds.
    NoToken,
    /// The token is not for this.
    NotInScope(AccessScope),
    /// The link of an invitation does not hold.
    NoInvitation,
    NotFound,
    /// What is not for everybody was asked for by a name that is not ours.
    NotOurName(String),
    /// The text is no day.
    BadDay(String),
    /// The days are too many, or the last is before the first.
    BadDays,
    /// Nothing is known of these days.
    NoDay(String),
    /// A link of a notice that we do not know.
    NoNotice,
    Method,
    TooLarge,
    TooOften,
    /// Too many removals without a solved puzzle.
    TooOftenUnsolved,
    /// The range holds more than a page shows.
    TooWide(String),
    /// No resolver answers about the name.
    Unanswered(String),
    Internal,
    NotLoaded,
    Unavailable,
    /// The same where something was to be changed: it may have been done all the same.
    Unsure,
}

impl From<BadAddress> for Failure {
    fn from(bad: BadAddress) -> Self {
        Self::BadAddress(bad)
    }
}

impl From<NotLoaded> for Failure {
    fn from(_: NotLoaded) -> Self {
        Self::NotLoaded
    }
}

/// Logs it, once, and tells the reader only that it cannot be done now.
impl From<atalaya_store::StoreError> for Failure {
    fn from(error: atalaya_store::StoreError) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a request failed: the store did not answer"
        );
        Self::Unavailable
    }
}

impl Failure {
    /// Its status.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::BadAddress(_) | Self::TooWide(_) | Self::BadRequest | Self::BadDay(_) | Self::BadDays => {
                StatusCode::BAD_REQUEST
            }
            Self::CrossSite | Self::NotAllowed(_) | Self::StaleForm | Self::NotInScope(_) => {
                StatusCode::FORBIDDEN
            }
            Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::NotFound | Self::NoNotice | Self::NoInvitation | Self::NoDay(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotOurName(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooOften | Self::TooOftenUnsolved => StatusCode::TOO_MANY_REQUESTS,
            Self::Unanswered(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotLoaded | Self::Unavailable | Self::Unsure => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What a layer or the router meant by a bare status.
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::FORBIDDEN => Self::CrossSite,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::TOO_MANY_REQUESTS => Self::TooOften,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            status if status.is_client_error() => Self::BadRequest,
            _ => Self::Internal,
        }
    }

    /// When to try again, in seconds, where that helps.
    const fn retry_after(&self) -> Option<&'static str> {
        match self {
            Self::TooOften | Self::Unanswered(_) => Some("60"),
            Self::TooOftenUnsolved => Some("3600"),
            Self::NotLoaded => Some("2"),
            Self::Unavailable | Self::Unsure => Some("30"),
            _ => None,
        }
    }

    /// Title and sentence in a language.
    pub(crate) fn told(&self, language: Language) -> (&'static str, String) {
        let texts = language.texts();
        let (t, m, p): (&FailureTexts, _, _) = (&texts.failure, &texts.many, &texts.proof);
        let (title, text) = match self {
            Self::TooWide(prefix) => return (m.too_wide, (m.too_wide_text)(prefix)),
            Self::Unanswered(name) => return (m.unanswered, (m.unanswered_text)(name)),
            Self::TooOftenUnsolved => (p.too_often, p.too_often_text),
            Self::BadAddress(bad) => return (t.bad_address, bad_address(bad, t)),
            Self::BadDay(text) => return (t.bad_day, (t.bad_day_text)(text)),
            Self::NoDay(days) => return (t.no_day, (t.no_day_text)(days)),
            Self::BadDays => {
                return (
                    t.bad_day,
                    (t.bad_days_text)(&atalaya_stats::MOST_DAYS.to_string()),
                );
            }
            Self::BadRequest => (t.bad_request, t.bad_request_text),
            Self::CrossSite => (t.cross_site, t.cross_site_text),
            Self::NotAllowed(role) => {
                let c = &texts.console.frame;
                return (c.not_allowed, (c.not_allowed_text)(c.role(*role)));
            }
            Self::NotInScope(scope) => {
                let c = &texts.console.frame;
                return (c.not_in_scope, (c.not_in_scope_text)(scope.name()));
            }
            Self::NoToken => (texts.console.frame.no_token, texts.console.frame.no_token_text),
            Self::NoInvitation => (
                texts.console.frame.no_invitation,
                texts.console.frame.no_invitation_text,
            ),
            Self::StaleForm => (
                texts.console.frame.stale_form,
                texts.console.frame.stale_form_text,
            ),
            Self::NotFound => (t.not_found, t.not_found_text),
            Self::NotOurName(name) => {
                let c = &texts.console.frame;
                return (c.not_our_name, (c.not_our_name_text)(name));
            }
            Self::NoNotice => (t.no_notice, t.no_notice_text),
            Self::Method => (t.method, t.method_text),
            Self::TooLarge => (t.too_large, t.too_large_text),
            Self::TooOften => (t.too_often, t.too_often_text),
            Self::Internal => (t.internal, t.internal_text),
            Self::NotLoaded => (t.not_loaded, t.not_loaded_text),
            Self::Unavailable => (t.unavailable, t.unavailable_text),
            Self::Unsure => (t.unavailable, t.unsure_text),
        };
        (title, text.to_owned())
    }
}

/// What is wrong with an address.
fn bad_address(bad: &BadAddress, t: &FailureTexts) -> String {
    match bad {
        BadAddress::Empty => t.bad_empty.to_owned(),
        BadAddress::Prefix(text) => (t.bad_prefix)(text),
        BadAddress::Name(text) => (t.bad_name)(text),
        BadAddress::Interface(text) => (t.bad_zone)(text),
        BadAddress::Other(text) => (t.bad_other)(text),
    }
}

/// Leaves the body to [`dress`], which knows the reader.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every error its page or its problem document.
pub(crate) async fn dress(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let reader = Reader::of(request.uri(), request.headers());
    let for_reports = request.uri().path().starts_with(reports::ROOT);
    let path = request.uri().path();
    let for_programs = path.starts_with(api::ROOT) || path.starts_with(api::RIPESTAT_ROOT);
    let was_to_change = !request.method().is_safe();
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_finished(&response) {
        return response;
    }
    let failure = response
        .extensions()
        .get()
        .cloned()
        .unwrap_or_else(|| Failure::of_status(status));
    // A commit that nobody saw the end of may have come to its end.
    let failure = match failure {
        Failure::Unavailable if was_to_change => Failure::Unsure,
        failure => failure,
    };
    let mut dressed = if for_reports {
        reports::refuse(failure.status(), &failure.told(Language::English).1)
    } else if for_programs {
        api::problem(&failure)
    } else {
        pages::failure(&shared, &reader, &failure)
    };
    // RFC 9110 section 15.5.6: who may not do this is told what he may.
    if let Some(allowed) = response.headers().get(ALLOW) {
        dressed.headers_mut().insert(ALLOW, allowed.clone());
    }
    if failure == Failure::NoToken {
        dressed
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = failure.retry_after() {
        dressed
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    dressed
}

/// Whether somebody has written a body for the reader already: a page, JSON, or the plain text of the health checks.
fn is_finished(response: &Response) -> bool {
    response.extensions().get::<Failure>().is_none()
        && (response.extensions().get::<Finished>().is_some()
            || response
                .headers()
                .get(CONTENT_TYPE)
                .and_then(|kind| kind.to_str().ok())
                .is_some_and(|kind| kind.starts_with("text/html") || kind.contains("json")))
}

/// Marks an error that is to go out as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished;
