//! `/use`: which zones there are, what each is for, and how mail servers ask them.

use askama::Template;
use atalaya_model::Class;
use axum::extract::State;
use axum::response::Response;

use super::views::{self, CodeView, MailView, codes};
use super::{Frame, Reader, lasting};
use crate::app::{AppConfig, Shared};
use crate::snippets;
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "using.html")]
struct UsingPage {
    frame: Frame,
    lead: String,
    /// The mailbox to ask for a key, where nobody is answered without one.
    key_from: Option<MailView>,
    zones: Vec<ZoneView>,
    code_views: Vec<CodeView>,
    rules: [String; 4],
    dig: String,
    warning: String,
    programs: Vec<ProgramView>,
}

/// A zone with what it answers.
struct ZoneView {
    name: String,
    codes: String,
}

/// A snippet and where it goes.
struct ProgramView {
    id: String,
    place: &'static str,
    snippet: String,
}

/// `/use`.
pub(crate) async fn using(State(shared): State<Shared>, reader: Reader) -> Response {
    let (t, config, zone) = (reader.texts(), &shared.app.config, &shared.lookup.zone_name);
    let (units, publish) = (&t.units, &config.publish);
    let snippets = snippets::all(zone, &config.public_url);
    let programs = snippets.into_iter().zip(snippets::PROGRAMS).zip(t.using.places);
    let template = UsingPage {
        frame: Frame::now(&shared, &reader),
        lead: (t.using.lead)(zone),
        key_from: publish
            .clients
            .is_empty()
            .then(|| views::mail(&config.web.postmaster, zone)),
        zones: zones(config, zone, t),
        code_views: codes(t),
        rules: (t.using.rules_text)(
            &units.duration(publish.ttl.duration()),
            &units.duration(publish.negative_ttl.duration()),
        ),
        dig: dig(zone),
        warning: warning_line(zone),
        programs: programs
            .map(|((snippet, name), place)| ProgramView {
                id: name.replace(['/', '.', '_'], "-"),
                place,
                snippet,
            })
            .collect(),
    };
    lasting(&reader, &template)
}

/// The combined zone, and where there are some the sub-zones.
fn zones(config: &AppConfig, zone: &str, t: &'static Texts) -> Vec<ZoneView> {
    let mut zones = vec![ZoneView {
        name: zone.to_owned(),
        codes: t.using.holds_all.to_owned(),
    }];
    if config.publish.sub_zones {
        let sub_zones = views::sub_zones(zone);
        zones.extend(sub_zones.into_iter().map(|(name, classes)| ZoneView {
            name,
            codes: views::list_codes(&classes),
        }));
    }
    zones
}

/// What somebody types to see whether the list answers.
fn dig(zone: &str) -> String {
    format!("dig +short 2.0.0.127.{zone}\ndig +short 1.0.0.127.{zone}")
}

/// The line for Postfix that only warns, with our codes and no others: an error code of some list must never count as a listing.
fn warning_line(zone: &str) -> String {
    let codes = Class::ALL.map(|class| class.code().octets()[3].to_string());
    format!(
        "warn_if_reject reject_rbl_client {zone}=127.0.0.[{}]",
        codes.join(";")
    )
}
