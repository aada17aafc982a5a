//! Forms of the console. A form is taken from whoever is signed in, with the mark of his session in its field `csrf`; other sites were refused before
//! by `Origin` and `Sec-Fetch-Site`.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::secret::is_same;
use super::visitor::Visitor;
use crate::app::Shared;
use crate::failure::Failure;

/// How long a form may take to come in. Whoever sends one byte after the other would else keep the places of others.
const LONGEST_READ: Duration = Duration::from_secs(20);
/// The largest form that says nothing else.
pub(crate) const MAX_FORM: usize = 16 << 10;
/// What browsers send forms as.
const FORM: &str = "application/x-www-form-urlencoded";

/// A form, and who has sent it. `MOST` is the largest one in bytes.
pub(crate) struct Posted<T, const MOST: usize = MAX_FORM> {
    /// Who.
    pub(crate) visitor: Visitor,
    /// What.
    pub(crate) form: T,
}

/// The mark of the session.
#[derive(Deserialize)]
struct Mark {
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned, const MOST: usize> FromRequest<Shared> for Posted<T, MOST> {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        // First who he is: nothing is read of strangers.
        Visitor::from_request_parts(&mut parts, shared).await?;
        let is_form = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| {
            kind.to_str()
                .is_ok_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == FORM))
        });
        if !is_form {
            return Err(Failure::BadRequest.into_response());
        }
        let bytes = read_body(body, MOST).await.map_err(IntoResponse::into_response)?;
        // A form takes as long as its sender likes: who he is then, and what he may, counts.
        let visitor = Visitor::from_request_parts(&mut parts, shared).await?;
        let form = read_form(&visitor, bytes)
            .await
            .map_err(IntoResponse::into_response)?;
        Ok(Self { visitor, form })
    }
}

/// Reads a body to its end, within its size and time.
pub(crate) async fn read_body(body: Body, most: usize) -> Result<Bytes, Failure> {
    match tokio::time::timeout(LONGEST_READ, axum::body::to_bytes(body, most)).await {
        Ok(read) => read.map_err(|_too_long| Failure::TooLarge),
        Err(_elapsed) => Err(Failure::BadRequest),
    }
}

/// Checks the mark and reads the fields.
async fn read_form<T: DeserializeOwned>(visitor: &Visitor, bytes: Bytes) -> Result<T, Failure> {
    let Mark { csrf } = parse(bytes.clone()).await?;
    if !is_same(csrf.as_bytes(), visitor.csrf.as_bytes()) {
        return Err(Failure::StaleForm);
    }
    parse(bytes).await
}

/// Reads the fields of a form.
pub(super) async fn parse<T: DeserializeOwned>(bytes: Bytes) -> Result<T, Failure> {
    let request = Request::post("/")
        .header(CONTENT_TYPE, FORM)
        .body(Body::from(bytes));
    let request = request.map_err(|_unlikely| Failure::Internal)?;
    let read = Form::<T>::from_request(request, &()).await;
    read.map(|Form(form)| form).map_err(|_bad| Failure::BadRequest)
}
