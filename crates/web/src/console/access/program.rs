//! Programs: calls of the console's API with a token, as `Authorization: Bearer`. A token does what its scopes say, and at most what its role and the
//! role of its account allow. The cookies of people open nothing here, so that no other site can make a browser call it.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{AccessScope, Act, Digest, Prefix};
use atalaya_store::{AccessToken, Deed, DeedFilter, DeedId, DeedWay};
use axum::extract::{FromRequestParts, Query, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use serde::Deserialize;
use serde_json::{Value, json};

use super::secret::Token;
use crate::app::{Client, Inner, Shared};
use crate::failure::Failure;

/// How often it is noted that a token is used.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// The longest reason that a call gives, in characters, as for the commands.
pub(crate) const MAX_REASON: usize = 400;
/// Most deeds of one answer.
const MOST_DEEDS: u32 = 500;

/// A program with a token.
pub(crate) struct Program {
    /// Its token.
    pub(crate) token: AccessToken,
    /// Where it calls from.
    pub(crate) client: IpAddr,
    /// By what its token is found.
    digest: Digest,
}

impl Program {
    /// The same program as it stands now, after it has sent what it sends: its token may have ended meanwhile.
    pub(crate) async fn again(self, shared: &Inner) -> Result<Self, Failure> {
        let token = shared.app.store.token(self.digest).await?;
        let token = token.ok_or(Failure::NoToken)?;
        Ok(Self { token, ..self })
    }

    /// Refuses what the token is not for.
    pub(crate) fn needs(&self, scope: AccessScope) -> Result<(), Failure> {
        let is_for_it = self.token.scopes.contains(&scope);
        if !is_for_it || self.token.role < scope.least_role() {
            return Err(Failure::NotInScope(scope));
        }
        Ok(())
    }
}

impl Program {
    /// What it does to a prefix now, for the audit trail.
    pub(crate) fn deed(&self, shared: &Inner, (act, prefix): (Act, Prefix), details: Value) -> Deed {
        Deed {
            at: shared.app.clock.now(),
            who: self.token.name.to_string(),
            way: DeedWay::Token,
            client: Some(self.client),
            act,
            target: prefix.to_string(),
            details,
            undoes: None,
        }
    }
}

impl FromRequestParts<Shared> for Program {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Failure> {
        let Ok(Client(client)) = Client::from_request_parts(parts, shared).await;
        let now = shared.app.clock.now();
        let header = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|header| header.to_str().ok());
        let text = header.and_then(|header| header.split_once(' '));
        let text = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let secret = text.and_then(|(_, text)| Token::read(text.trim()));
        let digest = secret.map(|secret| secret.digest());
        let found = match digest {
            Some(digest) => shared.app.store.token(digest).await?,
            None => None,
        };
        let (Some(digest), Some(token)) = (digest, found) else {
            // A valid token is never held up by those who guess.
            return Err(match shared.wrong_keys.admits(client, now) {
                true => Failure::NoToken,
                false => Failure::TooOften,
            });
        };
        if token.used_at.is_none_or(|used| now.since(used) >= SEEN_EVERY) {
            shared.app.store.see_token(token.id, now).await?;
        }
        Ok(Self {
            token,
            client,
            digest,
        })
    }
}

/// The calls.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/console/token", get(own_token))
        .route("/api/v1/console/audit", get(audit))
}

/// `/api/v1/console/token`: what the token may do.
async fn own_token(program: Program) -> Response {
    answer(json!({
        "name": program.token.name,
        "role": program.token.role,
        "scopes": program.token.scopes,
        "until": program.token.ends_at,
    }))
}

/// Which deeds are asked for.
#[derive(Deserialize)]
struct Asked {
    #[serde(flatten)]
    filter: DeedFilter,
    before: Option<String>,
}

/// `/api/v1/console/audit`: a page of the audit trail, the newest first.
async fn audit(
    State(shared): State<Shared>,
    program: Program,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    program.needs(AccessScope::Administer)?;
    let before = asked.before.map(|text| text.parse().map(DeedId)).transpose();
    let before = before.map_err(|_bad| Failure::BadRequest)?;
    let deeds = shared.app.store.deeds(&asked.filter, before, MOST_DEEDS).await?;
    let next = deeds.last().map(|last| last.id);
    Ok(answer(json!({ "deeds": deeds, "before": next })))
}

/// An answer that nobody keeps.
pub(crate) fn answer(document: Value) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(document)).into_response()
}
