//! `/data`: what programs can fetch, under which licence, and how the figures come about.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use askama::Template;
use atalaya_publish::Format;
use axum::extract::State;
use axum::response::Response;

use super::views::{self, MailView};
use super::{Frame, Reader, lasting};
use crate::app::{AppConfig, Shared};

#[derive(Template)]
#[template(path = "open_data.html")]
struct DataPage {
    frame: Frame,
    licence: Option<String>,
    /// Where networks enrol.
    feedback: String,
    /// The public log, where it is kept.
    log: Option<String>,
    mail: MailView,
    /// The day of today's figures, where there are statistics.
    today: Option<String>,
    is_open: bool,
    formats: Vec<&'static str>,
    /// The zone of contacts, with a name to ask for.
    contacts: Option<(String, String)>,
}

/// `/data`.
pub(crate) async fn open_data(State(shared): State<Shared>, reader: Reader) -> Response {
    let (t, config) = (reader.texts(), &shared.app.config);
    let statistics = &shared.app.statistics;
    let template = DataPage {
        frame: Frame::now(&shared, &reader),
        licence: config.web.data_licence.as_deref().map(t.open_data.licence_is),
        feedback: reader.link("/feedback"),
        log: shared.app.log.as_ref().map(|_| reader.link("/log")),
        mail: views::mail(&config.web.postmaster, &shared.lookup.zone_name),
        today: statistics.config().public.then(|| statistics.today().to_string()),
        is_open: is_open(config),
        formats: Format::ALL.map(Format::name).to_vec(),
        contacts: config.contact_zone.as_deref().map(|zone| {
            let text = (t.open_data.contacts_text)(zone);
            (text, format!("99.2.0.192.{zone}"))
        }),
    };
    lasting(&reader, &template)
}

/// Whether everybody may fetch the list.
fn is_open(config: &AppConfig) -> bool {
    let all = [
        IpAddr::from(Ipv4Addr::BROADCAST),
        IpAddr::from(Ipv6Addr::from_bits(u128::MAX)),
    ];
    let open = &config.web.export_clients;
    all.iter().all(|address| {
        open.iter()
            .any(|prefix| prefix.length() == 0 && prefix.contains(*address))
    })
}
