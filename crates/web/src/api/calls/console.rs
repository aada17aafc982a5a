//! The calls of the console: what a program may do with a token, from where the console can be reached. Everybody else gets 404.

use atalaya_model::{AccessScope, Class};

use super::{Call, Errors, Kind, Medium, Parameter, Said, call, json};

/// What comes of a change.
const DONE: &[Medium] = &[json("Done")];

/// A call that changes the list, with its document.
const fn changing(path: &'static str, summary: Said, body: &'static [Medium], scope: AccessScope) -> Call {
    Call {
        body,
        gives: DONE,
        scope: Some(scope),
        ..call(
            ("post", path),
            summary,
            &[],
            &[200, 400, 401, 403, 404, 409, 413, 421, 422, 429, 503],
            Errors::Console,
        )
    }
}

/// The classes.
const CLASSES: [&str; 6] = [
    Class::Manual.name(),
    Class::Spam.name(),
    Class::Bot.name(),
    Class::Hijacked.name(),
    Class::PolicyDeclared.name(),
    Class::Policy.name(),
];

/// By what listings are looked through.
const LISTINGS: &[Parameter] = &[
    Parameter::query(
        "around",
        Kind::Text,
        "An address or a prefix: what overlaps it",
        "192.0.2.0/24",
    ),
    Parameter::query("class", Kind::Word(&CLASSES), "A class", "spam"),
    Parameter::query("origin", Kind::Word(&["hand", "rules"]), "Who listed", "rules"),
    Parameter::query(
        "country",
        Kind::Text,
        "Two letters: where the first address of the listing is",
        "ES",
    ),
    Parameter::query(
        "network",
        Kind::Text,
        "The number of the network in which that address is; 409 without a file of networks",
        "AS64500",
    ),
    Parameter::query(
        "since",
        Kind::Text,
        "A day or a moment: what was listed from then on",
        "2026-11-27",
    ),
    Parameter::query(
        "after",
        Kind::Text,
        "Where the page begins: `after` of the answer before, which may be empty and yet not the last: one call looks through 20,000 rows",
        "spam:192.0.2.7",
    ),
];

/// By what the allow list is looked through.
const ALLOWED: &[Parameter] = &[
    Parameter::query(
        "around",
        Kind::Text,
        "An address or a prefix: what overlaps it",
        "192.0.2.0/24",
    ),
    Parameter::query(
        "after",
        Kind::Text,
        "Where the page begins: `after` of the answer before, which has fewer than 500 entries where some are over",
        "192.0.2.0/24",
    ),
];

/// The rows of the table.
pub(super) const CALLS: &[Call] = &[
    Call {
        gives: &[json("ListingsPage")],
        scope: Some(AccessScope::Read),
        ..call(
            ("get", "/api/v1/console/listings"),
            (
                "A page of what is listed, in the order of the addresses",
                "Una página de lo que está en la lista, por orden de dirección",
            ),
            LISTINGS,
            &[200, 400, 401, 403, 404, 409, 421, 429, 503],
            Errors::Console,
        )
    },
    Call {
        gives: &[json("AllowedPage")],
        scope: Some(AccessScope::Read),
        ..call(
            ("get", "/api/v1/console/allowed"),
            (
                "A page of the allow list, in the order of its addresses",
                "Una página de la lista de permitidos, por orden de dirección",
            ),
            ALLOWED,
            &[200, 400, 401, 403, 404, 421, 429, 503],
            Errors::Console,
        )
    },
    changing(
        "/api/v1/console/list",
        (
            "List an address or a prefix by hand; a listing that stands already is replaced",
            "Poner a mano una dirección o un prefijo en la lista; lo que ya estaba se sustituye",
        ),
        &[json("ListOrder")],
        AccessScope::List,
    ),
    changing(
        "/api/v1/console/unlist",
        (
            "Take an address or a prefix off the list",
            "Quitar de la lista una dirección o un prefijo",
        ),
        &[json("UnlistOrder")],
        AccessScope::List,
    ),
    changing(
        "/api/v1/console/allow",
        (
            "Put an address or a prefix on the allow list; what is listed inside it is withdrawn",
            "Poner una dirección o un prefijo en la lista de permitidos; lo que hay dentro sale de la lista",
        ),
        &[json("AllowOrder")],
        AccessScope::Allow,
    ),
    changing(
        "/api/v1/console/disallow",
        (
            "Take an address or a prefix off the allow list; what was withdrawn stays withdrawn",
            "Quitar de la lista de permitidos una dirección o un prefijo; lo que salió de la lista no vuelve",
        ),
        &[json("DisallowOrder")],
        AccessScope::Allow,
    ),
    Call {
        gives: &[json("Deeds")],
        scope: Some(AccessScope::Administer),
        ..call(
            ("get", "/api/v1/console/audit"),
            (
                "A page of the audit trail, the newest first",
                "Una página del registro de auditoría, lo más reciente primero",
            ),
            &[
                Parameter::query(
                    "who",
                    Kind::Text,
                    "An account, a token or a user of the system",
                    "marta",
                ),
                Parameter::query("act", Kind::Act, "A kind of act", "list.add"),
                Parameter::query("target", Kind::Text, "What it was done to", "192.0.2.7"),
                Parameter::query(
                    "before",
                    Kind::From(0),
                    "Where the page begins: `before` of the answer before",
                    "1042",
                ),
            ],
            &[200, 400, 401, 403, 404, 421, 429, 503],
            Errors::Console,
        )
    },
    Call {
        gives: &[json("OwnToken")],
        ..call(
            ("get", "/api/v1/console/token"),
            ("What the token may do", "Qué puede hacer la clave"),
            &[],
            &[200, 401, 404, 421, 429, 503],
            Errors::Console,
        )
    },
];
