//! The first page: what this is, a form, and what the answers mean.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::policy::figures;
use super::views::{self, CodeView, MailView, codes};
use super::{Frame, Reader, lasting};
use crate::app::{Shared, Telling};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    lead: String,
    /// What networks are told; none where there is no relay.
    network: Option<&'static str>,
    /// Where networks enrol in the feedback loop.
    feedback: String,
    network_link: String,
    server: String,
    size: Option<String>,
    /// The policy in short.
    points: [(&'static str, String); 4],
    codes: Vec<CodeView>,
    mail: MailView,
}

/// `/`.
pub(crate) async fn home(State(shared): State<Shared>, reader: Reader) -> Response {
    let (t, zone) = (reader.texts(), &shared.lookup.zone_name);
    let (listings, _) = shared.app.zone.size();
    let template = HomePage {
        frame: Frame::now(&shared, &reader),
        lead: (t.home.lead)(&shared.app.config.web.organisation),
        network: (shared.app.config.telling == Telling::ByMail).then_some(t.home.network),
        feedback: reader.link("/feedback"),
        network_link: reader.link("/network"),
        server: (t.home.server)(zone),
        size: shared
            .app
            .zone
            .is_loaded()
            .then(|| (t.home.size)(&t.units.number(listings as u64))),
        points: (t.short.points)(&figures(&shared.app.config, t)),
        codes: codes(t),
        mail: views::mail(&shared.app.config.web.postmaster, zone),
    };
    lasting(&reader, &template)
}
