//! Whoever is signed in, as every handler of the console gets him.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{Act, Digest, Role};
use atalaya_store::{Account, Deed, DeedWay, Session, StoreError};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;
use uuid::Uuid;

use super::secret::Token;
use crate::app::{Client, Inner, Shared};
use crate::client::is_forwarded;
use crate::console::ROOT;
use crate::failure::Failure;
use crate::language::Language;
use crate::pages::Reader;

/// Where somebody signs in.
pub(crate) const SIGN_IN: &str = "/console/sign-in";
/// Where somebody sets up the second factor, which he must have before anything else.
pub(crate) const FACTOR: &str = "/console/me/factor";
/// Where an open page hears what is new.
const LIVE: &str = "/console/live";
/// The cookie of a session over TLS. The prefix binds it to this very host (RFC 6265bis section 4.1.3.2).
const COOKIE: &str = "__Host-atalaya";
/// The same on this machine itself, without TLS.
const PLAIN_COOKIE: &str = "atalaya-console";
/// How often it is noted that a session is used.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// The longest place that signing in leads back to.
const MAX_NEXT: usize = 500;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// His name.
    pub(crate) name: String,
    /// What he may do.
    pub(crate) role: Role,
    /// What his forms carry as `csrf`.
    pub(crate) csrf: String,
    /// In which language he reads, and where he is.
    pub(crate) reader: Reader,
    /// Where he comes from.
    pub(crate) client: IpAddr,
    /// His account.
    pub(crate) account: Account,
    /// His session.
    pub(crate) session: Session,
    /// The digest of its token.
    digest: Digest,
    /// The name of the cookie that it is in.
    cookie: &'static str,
}

impl Visitor {
    /// Refuses whoever may do less than this role.
    pub(crate) fn needs(&self, role: Role) -> Result<(), Failure> {
        if self.role < role {
            return Err(Failure::NotAllowed(role));
        }
        Ok(())
    }

    /// Whether he may do what this role does.
    pub(crate) fn may(&self, role: Role) -> bool {
        self.role >= role
    }

    /// Whether his session still holds, as for a page that goes on after its beginning.
    pub(crate) async fn is_signed_in(&self, shared: &Inner) -> Result<bool, StoreError> {
        Ok(awake(shared, self.digest).await?.is_some())
    }

    /// What a change is kept under that gives his session another token: his account, his session, and the digest of the token.
    pub(crate) fn renewed_by(&self, token: &Token) -> (Uuid, Uuid, Digest) {
        (self.account.id, self.session.id, token.digest())
    }

    /// The same visitor, whose session has another token now.
    pub(crate) fn with(self, token: &Token) -> Self {
        Self {
            csrf: token.form_mark(),
            digest: token.digest(),
            ..self
        }
    }

    /// Gives his browser the other token with an answer.
    pub(crate) fn hand_over(&self, response: Response, token: &Token) -> Response {
        with_cookie(response, self.cookie, Some(token))
    }

    /// The language in which he reads.
    pub(crate) const fn language(&self) -> Language {
        self.reader.language()
    }

    /// A link that keeps his language.
    pub(crate) fn link(&self, path: &str) -> String {
        self.reader.link(path)
    }

    /// Something that he does now, for the audit trail.
    pub(crate) fn deed(&self, shared: &Inner, act: Act, target: impl Into<String>, details: Value) -> Deed {
        Deed {
            at: shared.app.clock.now(),
            who: self.name.clone(),
            way: DeedWay::Session,
            client: Some(self.client),
            act,
            target: target.into(),
            details,
            undoes: None,
        }
    }
}

/// Whoever has no session signs in first; whoever must have a second factor sets it up first.
impl FromRequestParts<Shared> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let reader = Reader::of(&parts.uri, &parts.headers);
        let found = find(parts, shared).await.map_err(IntoResponse::into_response)?;
        let Some((token, session, account)) = found else {
            return Err(to_sign_in(parts, &reader));
        };
        let Ok(Client(client)) = Client::from_request_parts(parts, shared).await;
        let visitor = Self {
            name: account.name.to_string(),
            role: account.role,
            csrf: token.form_mark(),
            digest: token.digest(),
            cookie: cookie_name(parts, shared),
            reader,
            client,
            account,
            session,
        };
        let config = &shared.app.config.console;
        let is_unfinished = visitor.account.factor.is_none() && config.second_factor.is_needed(visitor.role);
        let may_stay = [FACTOR, "/console/sign-out"].contains(&parts.uri.path());
        if is_unfinished && !may_stay {
            return Err(Redirect::to(&visitor.link(FACTOR)).into_response());
        }
        Ok(visitor)
    }
}

/// The session that a request has, where it holds.
pub(super) async fn find(
    parts: &Parts,
    shared: &Shared,
) -> Result<Option<(Token, Session, Account)>, Failure> {
    let Some(token) = token_of(parts, shared) else {
        return Ok(None);
    };
    let Some((session, account)) = awake(shared, token.digest()).await? else {
        return Ok(None);
    };
    let now = shared.app.clock.now();
    // A page that stays open asks by itself: that is no use.
    if now.since(session.seen_at) >= SEEN_EVERY && parts.uri.path() != LIVE {
        shared.app.store.see_session(session.id, now).await?;
    }
    Ok(Some((token, session, account)))
}

/// The session of a token with its account, where it has not ended and has not rested for too long.
async fn awake(shared: &Inner, token: Digest) -> Result<Option<(Session, Account)>, StoreError> {
    let found = shared.app.store.session(token).await?;
    let (now, idle) = (shared.app.clock.now(), shared.app.config.console.session_idle);
    Ok(found.filter(|(session, _)| now.since(session.seen_at) <= idle.duration()))
}

/// The token in the cookie of a request.
fn token_of(parts: &Parts, shared: &Shared) -> Option<Token> {
    let name = cookie_name(parts, shared);
    let cookies = parts.headers.get_all(header::COOKIE).iter();
    // Cut as bytes: what another host of the same domain has set may be no text at all, and ours beside it still counts.
    let pairs = cookies
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok());
    let mut tokens = pairs.filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    tokens.next().and_then(Token::read)
}

/// The name of the cookie. On this machine itself, reached without a proxy, there is no TLS whatever the address of the pages says.
pub(crate) fn cookie_name(parts: &Parts, shared: &Shared) -> &'static str {
    if shared.app.config.console_url().starts_with("https://") && !is_local(parts, shared) {
        COOKIE
    } else {
        PLAIN_COOKIE
    }
}

/// Whether somebody on this machine asks by an address that never leaves it.
fn is_local(parts: &Parts, shared: &Shared) -> bool {
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _port)| name));
    let is_loopback = matches!(name, Some("127.0.0.1" | "localhost" | "[::1]"));
    let trusted = &shared.app.config.web.trusted_proxies;
    let client = crate::client::address(&parts.extensions, &parts.headers, trusted);
    is_loopback && client.is_loopback() && !is_forwarded(&parts.headers)
}

/// Adds the cookie to an answer, or what makes the browser forget it.
pub(crate) fn with_cookie(mut response: Response, name: &str, token: Option<&Token>) -> Response {
    if let Ok(value) = HeaderValue::from_str(&set_cookie(name, token)) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// What makes the browser keep the token of a session, or forget it.
fn set_cookie(name: &str, token: Option<&Token>) -> String {
    let secure = if name == COOKIE { "; Secure" } else { "" };
    let (value, age) = match token {
        Some(token) => (token.expose(), ""),
        None => (String::new(), "; Max-Age=0"),
    };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
}

/// The way to signing in, and from there back to a page.
fn to_sign_in(parts: &Parts, reader: &Reader) -> Response {
    let asked = parts.uri.path_and_query().map_or(ROOT, |asked| asked.as_str());
    let next = if parts.method == Method::GET {
        local(asked)
    } else {
        ROOT
    };
    let next = in_query(next);
    Redirect::to(&reader.link_to(&format!("{SIGN_IN}?next={next}"))).into_response()
}

/// A text as it stands in a query.
pub(crate) fn in_query(text: &str) -> String {
    text.bytes().map(escaped).collect()
}

/// A byte of a path as it stands in a query.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// A place to go to, which is on the console or else its first page: a link must lead nobody to another site by way of ours.
pub(crate) fn local(next: &str) -> &str {
    let behind = next.strip_prefix(ROOT);
    let begins = behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(['/', '?']));
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_loop = next.starts_with(SIGN_IN);
    if begins && is_plain && !is_loop && next.len() <= MAX_NEXT {
        next
    } else {
        ROOT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_the_console_and_nowhere_else() {
        for next in ["/console", "/console/audit?who=marta&lang=es", "/console?x=1"] {
            assert_eq!(local(next), next);
        }
        for next in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/console",
            "/console.evil.example",
            "/console\\evil",
            "/console/\r\nLocation: x",
            "/console/sign-in?next=/console",
            &format!("/console/{}", "x".repeat(MAX_NEXT)),
        ] {
            assert_eq!(local(next), ROOT, "{next:?}");
        }
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_of_plain_connections() {
        let cookie = set_cookie(COOKIE, Some(&Token::random()));
        assert!(cookie.starts_with("__Host-atalaya="));
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"));
        assert_eq!(
            set_cookie(PLAIN_COOKIE, None),
            "atalaya-console=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }
}
