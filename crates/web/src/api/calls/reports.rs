//! The calls of AbuseIPDB and the form of blocklist.de. Their bounds are those of the handlers.

use super::{Call, Errors, Kind, Medium, Parameter, Said, call, json};
use crate::reports::{
    MOST_AGE, MOST_ENTRIES, MOST_LOOKED_AT, MOST_ON_PAGE, USUAL_AGE, USUAL_ENTRIES, USUAL_ON_PAGE,
};

const ADDRESS: Parameter =
    Parameter::query("ipAddress", Kind::Address, "An IPv4 or IPv6 address", "192.0.2.7").required();
const AGE: Parameter = Parameter::query(
    "maxAgeInDays",
    Kind::Number(1, MOST_AGE),
    "How many days are looked back",
    "90",
)
.usually(USUAL_AGE);

/// A form as browsers and `curl --data` send it.
const fn form(schema: &'static str) -> Medium {
    ("application/x-www-form-urlencoded", Some(schema))
}

/// As what the form of blocklist.de comes.
const FORM_REPORT: &[Medium] = &[form("FormReport")];

/// The calls that read.
const fn reading(path: &'static str, summary: Said, parameters: &'static [Parameter]) -> Call {
    call(
        ("get", path),
        summary,
        parameters,
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    )
}

/// The form of blocklist.de, under one of its names.
const fn by_form(path: &'static str, summary: Said) -> Call {
    Call {
        body: FORM_REPORT,
        gives: &[("text/plain", None)],
        ..call(
            ("post", path),
            summary,
            &[],
            &[200, 401, 403, 413, 422, 429, 503],
            Errors::Text,
        )
    }
}

/// The rows of the table.
pub(super) const CALLS: &[Call] = &[
    Call {
        gives: &[json("Check")],
        ..reading(
            "/api/v2/check",
            ("What is known of an address", "Qué se sabe de una dirección"),
            &[
                ADDRESS,
                AGE,
                Parameter::query("verbose", Kind::Flag, "With the single reports", "true"),
            ],
        )
    },
    Call {
        gives: &[json("CheckBlock")],
        answers: &[200, 401, 402, 403, 422, 429, 503],
        ..reading(
            "/api/v2/check-block",
            (
                "What is known of the addresses of a network",
                "Qué se sabe de las direcciones de una red",
            ),
            &[
                Parameter::query(
                    "network",
                    Kind::Text,
                    "A prefix: an IPv4 /24 or an IPv6 /56 at most",
                    "192.0.2.0/24",
                )
                .required(),
                AGE,
            ],
        )
    },
    Call {
        gives: &[json("ReportsPage")],
        ..reading(
            "/api/v2/reports",
            (
                "The single reports about an address, in pages",
                "Los informes sobre una dirección, uno a uno, por páginas",
            ),
            &[
                ADDRESS,
                AGE,
                Parameter::query(
                    "page",
                    Kind::Number(1, MOST_LOOKED_AT as u64),
                    "Which page, from 1",
                    "2",
                )
                .usually(1),
                Parameter::query(
                    "perPage",
                    Kind::Number(1, MOST_ON_PAGE as u64),
                    "Reports of a page",
                    "100",
                )
                .usually(USUAL_ON_PAGE as u64),
            ],
        )
    },
    Call {
        gives: &[json("Blacklist"), ("text/plain", None)],
        ..reading(
            "/api/v2/blacklist",
            ("What is listed", "Qué hay en la lista"),
            &[
                Parameter::query(
                    "confidenceMinimum",
                    Kind::Number(1, 100),
                    "Changes nothing: all of it is listed",
                    "90",
                )
                .usually(100),
                Parameter::query("limit", Kind::Number(1, MOST_ENTRIES), "Entries at most", "500")
                    .usually(USUAL_ENTRIES),
                Parameter::query(
                    "ipVersion",
                    Kind::Word(&["4", "6", "4,6", "6,4", "mixed"]),
                    "Both if absent",
                    "4",
                ),
                Parameter::query("plaintext", Kind::Flag, "One entry a line, as text", "true"),
            ],
        )
    },
    Call {
        body: &[form("Report")],
        gives: &[json("Reported")],
        ..call(
            ("post", "/api/v2/report"),
            (
                "Report an address; the fields may stand in the query instead",
                "Informar de una dirección; los campos pueden ir también en la consulta",
            ),
            &[],
            &[200, 401, 403, 413, 422, 429, 503],
            Errors::Listed,
        )
    },
    Call {
        body: &[
            ("multipart/form-data", Some("BulkReport")),
            ("text/csv", Some("ReportTable")),
        ],
        gives: &[json("BulkReported")],
        ..call(
            ("post", "/api/v2/bulk-report"),
            (
                "Report a table, as a file of a form or as the body itself",
                "Informar de una tabla, como archivo de un formulario o como el propio cuerpo",
            ),
            &[],
            &[200, 400, 401, 403, 413, 422, 429, 503],
            Errors::Listed,
        )
    },
    Call {
        gives: &[json("Cleared")],
        ..call(
            ("delete", "/api/v2/clear-address"),
            (
                "Take back one's own reports about an address",
                "Retirar los informes propios sobre una dirección",
            ),
            &[ADDRESS],
            &[200, 401, 403, 422, 429, 503],
            Errors::Listed,
        )
    },
    by_form(
        "/en/httpreports.html",
        (
            "Report an address in the form of blocklist.de",
            "Informar de una dirección en la forma de blocklist.de",
        ),
    ),
    by_form(
        "/httpreports.php",
        ("The same under another name", "Lo mismo con otro nombre"),
    ),
];
