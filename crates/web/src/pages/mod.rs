//! Pages for people. Handlers gather facts, turn them into views in which everything is decided and written, and templates lay out.

mod address;
mod api;
mod feedback;
mod glance;
mod home;
mod log;
mod many;
mod network;
mod open_data;
mod policy;
mod proof;
mod removal;
mod statistics;
mod stop;
mod using;
pub(crate) mod views;

use askama::Template;
use atalaya_model::Serial;
use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::app::{Inner, Shared};
use crate::assets;
use crate::failure::Failure;
use crate::language::{Choice, Language};
use crate::texts::Texts;

pub(crate) use address::{address, search};
pub(crate) use api::api;
pub(crate) use feedback::{asked, back_to_form, back_to_mine, form, mine, page_asked, step};
pub(crate) use home::home;
pub(crate) use log::{checkpoint, key, log, tile};
pub(crate) use many::{api_range, domain, range};
pub(crate) use network::{
    api_network, ask_link, back_to_network, link_asked, network, network_address, network_csv,
    network_exception, network_fixed, network_not_ours,
};
pub(crate) use open_data::open_data;
pub(crate) use policy::policy;
pub(crate) use proof::{MOST_PROVING, api_proof, api_proofs, proof};
pub(crate) use removal::{back_to_address, remove};
pub(crate) use statistics::{Turns, api_day, api_days, api_list, day, days_or_file, file_of_days, overview};
pub(crate) use stop::{stop, stopped};
pub(crate) use using::using;

/// Who reads: in which language, and where he is.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    choice: Choice,
    path: String,
    /// What the query holds beside the language.
    query: String,
}

impl Reader {
    /// Looks at a request.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        Self {
            choice: Choice::of(uri.query(), headers),
            // To a browser, a link that begins with two slashes leads to another site.
            path: format!("/{}", uri.path().trim_start_matches(['/', '\\'])),
            query: uri
                .query()
                .into_iter()
                .flat_map(|query| query.split('&'))
                .filter(|pair| !pair.starts_with("lang="))
                .collect::<Vec<_>>()
                .join("&"),
        }
    }

    /// The language.
    pub(crate) const fn language(&self) -> Language {
        self.choice.language()
    }

    /// Everything that the pages say.
    pub(crate) const fn texts(&self) -> &'static Texts {
        self.choice.language().texts()
    }

    /// A link that keeps the choice of language.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{path}{}", self.choice.query())
    }

    /// The language that a link chose, for forms that send their fields in the query.
    pub(crate) fn chosen(&self) -> Option<&'static str> {
        matches!(self.choice, Choice::Chosen(_)).then(|| self.language().tag())
    }

    /// The same for a path that may have a query already.
    pub(crate) fn link_to(&self, path: &str) -> String {
        let query = self.choice.query();
        if path.contains('?') && !query.is_empty() {
            format!("{path}&{}", query.trim_start_matches('?'))
        } else {
            format!("{path}{query}")
        }
    }

    /// The same page in another language.
    pub(crate) fn link_in(&self, language: Language) -> String {
        // The answer to a form has no address of its own to come back to: its other language is that of the page before.
        let path = self.path.strip_suffix("/remove").unwrap_or(&self.path);
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("&{}", self.query)
        };
        format!("{path}?lang={}{query}", language.tag())
    }
}

impl FromRequestParts<Shared> for Reader {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.uri, &parts.headers))
    }
}

/// What stands around every page.
pub(crate) struct Frame {
    pub(crate) t: &'static Texts,
    pub(crate) language: &'static str,
    pub(crate) other_language: &'static str,
    pub(crate) other_language_link: String,
    pub(crate) style: &'static str,
    pub(crate) organisation: String,
    pub(crate) home: String,
    pub(crate) using: String,
    pub(crate) policy: String,
    pub(crate) data: String,
    pub(crate) api: String,
    pub(crate) postmaster: String,
    /// Where the statistics are; nowhere where the operator keeps them to himself.
    pub(crate) statistics: Option<String>,
    /// `?lang=` of forms that send their fields in the query.
    pub(crate) chosen: Option<&'static str>,
    pub(crate) state: String,
}

impl Frame {
    /// The frame for this reader, at the serial that the page speaks of.
    fn new(shared: &Inner, reader: &Reader, serial: Serial) -> Self {
        let (language, t) = (reader.language(), reader.texts());
        Self {
            t,
            language: language.tag(),
            other_language: language.other().tag(),
            other_language_link: reader.link_in(language.other()),
            style: assets::style_link(),
            organisation: shared.app.config.web.organisation.clone(),
            home: reader.link("/"),
            using: reader.link("/use"),
            policy: reader.link("/policy"),
            data: reader.link("/data"),
            api: reader.link("/api"),
            postmaster: shared.app.config.web.postmaster.to_string(),
            statistics: shared
                .app
                .statistics
                .config()
                .public
                .then(|| reader.link("/stats")),
            chosen: reader.chosen(),
            state: (t.frame.state)(&shared.lookup.zone_name, &serial.to_string()),
        }
    }

    /// The frame of a page that speaks of the list as a whole.
    fn now(shared: &Inner, reader: &Reader) -> Self {
        Self::new(shared, reader, shared.app.zone.serial())
    }
}

/// Writes a page about somebody. It is made for one reader at one moment, so that nobody keeps it.
pub(crate) fn page(status: StatusCode, reader: &Reader, template: &impl Template) -> Response {
    write(status, "no-store", reader, template)
}

/// Writes a page that tells everybody the same: it may be kept for a minute, by proxies too.
fn lasting(reader: &Reader, template: &impl Template) -> Response {
    write(StatusCode::OK, "public, max-age=60", reader, template)
}

fn write(status: StatusCode, kept: &'static str, reader: &Reader, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CONTENT_LANGUAGE, reader.language().tag()),
                (VARY, "accept-language"),
                (CACHE_CONTROL, kept),
            ];
            (status, headers, html).into_response()
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a page could not be written"
            );
            Failure::Internal.into_response()
        }
    }
}

/// What went wrong.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    code: u16,
    title: &'static str,
    text: String,
    /// The mailbox to write to, where that can help.
    postmaster: Option<String>,
    /// What stands in the search already.
    typed: String,
}

/// The page of a failure.
pub(crate) fn failure(shared: &Inner, reader: &Reader, failure: &Failure) -> Response {
    let (title, text) = failure.told(reader.language());
    let postmaster = matches!(failure, Failure::NoNotice | Failure::Internal)
        .then(|| shared.app.config.web.postmaster.to_string());
    let template = FailurePage {
        frame: Frame::now(shared, reader),
        code: failure.status().as_u16(),
        title,
        text,
        postmaster,
        typed: match failure {
            Failure::BadAddress(bad) => bad.typed().to_owned(),
            _ => String::new(),
        },
    };
    page(failure.status(), reader, &template)
}
