//! The table of all calls of the API: the document for programs and the page for people are both made from it.
//!
//! It says what a call takes and answers and nothing of how. A test reads the routes out of the sources and compares, so that no call is without
//! its row.

/// What a call is for, in English and in Spanish.
pub(crate) type Said = (&'static str, &'static str);

/// A call.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) summary: Said,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) body: Option<&'static str>,
    /// The schema of its answer, where that is described.
    pub(crate) schema: Option<&'static str>,
    /// The statuses that it answers with, in their order.
    pub(crate) answers: &'static [u16],
    pub(crate) errors: Errors,
}

/// Which shape refusals have, and whether a key is needed with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errors {
    /// Our own calls: RFC 9457, no key.
    Problem,
    /// The same, with the key of an enrolment.
    Enrolled,
    /// The calls of AbuseIPDB, with a key.
    Listed,
    /// The form of blocklist.de: text, with the key in the body.
    Text,
}

/// A parameter: where it stands, its name, its type, and what it says.
pub(crate) type Parameter = (&'static str, &'static str, &'static str, &'static str);

const ADDRESS_IN_PATH: Parameter = ("path", "address", "string", "An IPv4 or IPv6 address");
const FIRST_DAY: Parameter = ("path", "first", "string", "A day, such as 2026-12-31, in UTC");
const ADDRESS: Parameter = (
    "query",
    "ipAddress",
    "string",
    "An IPv4 or IPv6 address; required",
);
const AGE: Parameter = ("query", "maxAgeInDays", "integer", "From 1 to 365; 30 if absent");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

/// A row of the table.
const fn call(
    (method, path): (&'static str, &'static str),
    summary: Said,
    parameters: &'static [Parameter],
    answers: &'static [u16],
    errors: Errors,
) -> Call {
    Call {
        method,
        path,
        summary,
        parameters,
        body: None,
        schema: None,
        answers,
        errors,
    }
}

/// Every call.
pub(crate) const CALLS: &[Call] = &[
    call(
        ("get", "/api/openapi.json"),
        ("This document", "Este documento"),
        &[],
        &[200],
        Errors::Problem,
    ),
    Call {
        schema: Some("Answer"),
        ..call(
            ("get", "/api/v1/ip/{address}"),
            (
                "Whether an address is listed, why, since when and until when",
                "Si una dirección está en la lista, por qué, desde cuándo y hasta cuándo",
            ),
            &[ADDRESS_IN_PATH],
            &[200, 400, 429, 503],
            Errors::Problem,
        )
    },
    Call {
        schema: Some("Proofs"),
        ..call(
            ("get", "/api/v1/ip/{address}/proof"),
            (
                "The proofs that the listings of an address stand in the public log",
                "Las pruebas de que lo que hay en la lista de una dirección está en el registro público",
            ),
            &[ADDRESS_IN_PATH],
            &[200, 400, 404, 429, 503],
            Errors::Problem,
        )
    },
    call(
        ("get", "/api/v1/ip/{address}/proof/{serial}"),
        (
            "The proof of one decision about an address as a file (c2sp.org/tlog-proof)",
            "La prueba de una decisión sobre una dirección como archivo (c2sp.org/tlog-proof)",
        ),
        &[
            ADDRESS_IN_PATH,
            (
                "path",
                "serial",
                "integer",
                "The serial of a decision about this address",
            ),
        ],
        &[200, 400, 404, 429, 503],
        Errors::Problem,
    ),
    call(
        ("post", "/api/v1/ip/{address}/removal"),
        (
            "Take an address off the list; 201 where it left, 200 where it was not listed",
            "Quitar una dirección de la lista; 201 si salió, 200 si no estaba",
        ),
        &[
            ADDRESS_IN_PATH,
            (
                "query",
                "puzzle",
                "string",
                "The puzzle of the answer 428; nothing with the first request",
            ),
            (
                "query",
                "solution",
                "string",
                "A number for which SHA-256 of PUZZLE.NUMBER begins with `bits` zero bits; without one the puzzle must be `wait_seconds` old",
            ),
        ],
        &[200, 201, 400, 403, 409, 428, 429, 503],
        Errors::Problem,
    ),
    call(
        ("get", "/api/v1/ip/{address}/{length}"),
        (
            "What is listed in a prefix, an IPv4 /24 or an IPv6 /56 at most",
            "Qué hay en la lista de un prefijo, como mucho un /24 de IPv4 o un /56 de IPv6",
        ),
        &[
            (
                "path",
                "address",
                "string",
                "The first address, or another of the prefix",
            ),
            ("path", "length", "integer", "The length of the prefix"),
        ],
        &[200, 400, 429, 503],
        Errors::Problem,
    ),
    Call {
        schema: Some("Contact"),
        ..call(
            ("get", "/api/v1/contact/{address}"),
            (
                "Whom to tell about an address, as far as it is known; nothing is looked up",
                "A quién avisar sobre una dirección, hasta donde se sabe; no se busca nada",
            ),
            &[ADDRESS_IN_PATH],
            &[200, 400, 403, 503],
            Errors::Problem,
        )
    },
    call(
        ("get", "/data/abuse-contact-finder/data.json"),
        (
            "The same in the form of RIPEstat, for its clients",
            "Lo mismo en la forma de RIPEstat, para sus clientes",
        ),
        &[("query", "resource", "string", "An address or a prefix; required")],
        &[200, 400, 403, 503],
        Errors::Problem,
    ),
    call(
        ("get", "/api/v1/network/{ticket}"),
        (
            "The addresses that a contact was told of, by the link in its notices; those that are listed first",
            "Las direcciones de las que se avisó a un contacto, por el enlace de sus avisos; primero las que están en la lista",
        ),
        &[
            ("path", "ticket", "string", "The word in the link"),
            (
                "query",
                "part",
                "string",
                "listed or ended: where the page begins, from `next` of the page before",
            ),
            ("query", "before", "integer", "The same"),
        ],
        &[200, 400, 404, 410, 503],
        Errors::Problem,
    ),
    call(
        ("get", "/api/v1/export/{format}"),
        (
            "The whole list in a format, for clients that the operator admits",
            "La lista entera en un formato, para los clientes que admite el operador",
        ),
        &[
            ("path", "format", "string", "The name of a format"),
            (
                "query",
                "class",
                "string",
                "Classes with commas between; all if absent",
            ),
            ("query", "family", "string", "4 or 6; both if absent"),
        ],
        &[200, 206, 304, 400, 403, 404, 416, 503],
        Errors::Problem,
    ),
    Call {
        schema: Some("StatisticsDays"),
        ..call(
            ("get", "/api/v1/stats"),
            (
                "The days of which something is known, the first one first",
                "Los días de los que se sabe algo, el primero primero",
            ),
            &[],
            &[200, 304, 404, 503],
            Errors::Problem,
        )
    },
    Call {
        schema: Some("Statistics"),
        ..call(
            ("get", "/api/v1/stats/{first}"),
            (
                "What was counted on a day: all figures, and no addresses",
                "Lo que se contó en un día: todas las cifras, y ninguna dirección",
            ),
            &[FIRST_DAY],
            &[200, 304, 400, 404, 503],
            Errors::Problem,
        )
    },
    Call {
        schema: Some("Statistics"),
        ..call(
            ("get", "/api/v1/stats/{first}/{last}"),
            (
                "What was counted from one day to another, both in it",
                "Lo que se contó de un día a otro, ambos incluidos",
            ),
            &[FIRST_DAY, ("path", "last", "string", "The last day")],
            &[200, 304, 400, 404, 503],
            Errors::Problem,
        )
    },
    Call {
        schema: Some("FeedbackEvents"),
        ..call(
            ("get", "/api/v1/feedback/events"),
            (
                "What came from the addresses of an enrolment after a cursor, in order and without gaps",
                "Lo que vino de las direcciones de una inscripción tras un cursor, en orden y sin huecos",
            ),
            &[
                (
                    "query",
                    "after",
                    "integer",
                    "The cursor: `next` of the answer before; 0 if absent",
                ),
                (
                    "query",
                    "limit",
                    "integer",
                    "Events at most, from 1 to 100; 100 if absent",
                ),
            ],
            &[200, 400, 401, 403, 429, 503],
            Errors::Enrolled,
        )
    },
    call(
        ("get", "/api/v1/feedback/summary.csv"),
        (
            "What each address of an enrolment did on a day, as CSV",
            "Lo que hizo cada dirección de una inscripción en un día, en CSV",
        ),
        &[(
            "query",
            "day",
            "string",
            "A day, such as 2026-12-31, in UTC; today if absent",
        )],
        &[200, 400, 401, 403, 429, 503],
        Errors::Enrolled,
    ),
    call(
        ("get", "/api/v2/check"),
        ("What is known of an address", "Qué se sabe de una dirección"),
        &[
            ADDRESS,
            AGE,
            ("query", "verbose", "string", "With the single reports"),
        ],
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    ),
    call(
        ("get", "/api/v2/check-block"),
        (
            "What is known of the addresses of a network",
            "Qué se sabe de las direcciones de una red",
        ),
        &[
            (
                "query",
                "network",
                "string",
                "A prefix: an IPv4 /24 or an IPv6 /56 at most; required",
            ),
            AGE,
        ],
        &[200, 401, 402, 403, 422, 429, 503],
        Errors::Listed,
    ),
    call(
        ("get", "/api/v2/reports"),
        (
            "The single reports about an address, in pages",
            "Los informes sobre una dirección, uno a uno, por páginas",
        ),
        &[
            ADDRESS,
            AGE,
            ("query", "page", "integer", "From 1"),
            ("query", "perPage", "integer", "From 1 to 100; 25 if absent"),
        ],
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    ),
    call(
        ("get", "/api/v2/blacklist"),
        ("What is listed", "Qué hay en la lista"),
        &[
            (
                "query",
                "confidenceMinimum",
                "integer",
                "From 1 to 100; changes nothing",
            ),
            (
                "query",
                "limit",
                "integer",
                "Entries at most, up to 100000; 10000 if absent",
            ),
            ("query", "ipVersion", "string", "4 or 6; both if absent"),
            ("query", "plaintext", "string", "One entry a line, as text"),
        ],
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    ),
    Call {
        body: FORM,
        ..call(
            ("post", "/api/v2/report"),
            (
                "Report an address: ip, categories, comment, timestamp",
                "Informar de una dirección: ip, categories, comment, timestamp",
            ),
            &[],
            &[200, 401, 403, 413, 422, 429, 503],
            Errors::Listed,
        )
    },
    Call {
        body: Some("multipart/form-data"),
        ..call(
            ("post", "/api/v2/bulk-report"),
            (
                "Report a table (the file csv, or text/csv as the body): IP, Categories, ReportDate, Comment",
                "Informar de una tabla (el archivo csv, o text/csv como cuerpo): IP, Categories, ReportDate, Comment",
            ),
            &[],
            &[200, 401, 403, 413, 422, 429, 503],
            Errors::Listed,
        )
    },
    call(
        ("delete", "/api/v2/clear-address"),
        (
            "Take back one's own reports about an address",
            "Retirar los informes propios sobre una dirección",
        ),
        &[ADDRESS],
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    ),
    Call {
        body: FORM,
        ..call(
            ("post", "/en/httpreports.html"),
            (
                "Report an address in the form of blocklist.de: apikey, service, ip, logs",
                "Informar de una dirección en la forma de blocklist.de: apikey, service, ip, logs",
            ),
            &[],
            &[200, 401, 403, 422, 429, 503],
            Errors::Text,
        )
    },
    Call {
        body: FORM,
        ..call(
            ("post", "/httpreports.php"),
            ("The same under another name", "Lo mismo con otro nombre"),
            &[],
            &[200, 401, 403, 422, 429, 503],
            Errors::Text,
        )
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_call_of_the_sources_has_its_row() {
        let sources = [include_str!("../app.rs"), include_str!("../reports/mod.rs")].concat();
        let routes = sources
            .split(".route(")
            .skip(1)
            .filter_map(|rest| rest.split('"').nth(1));
        let calls: BTreeSet<&str> = routes
            .filter(|path| {
                path.starts_with("/api/") || path.starts_with("/data/") || path.contains("httpreports")
            })
            .collect();
        let described: BTreeSet<&str> = CALLS.iter().map(|call| call.path).collect();
        assert_eq!(described, calls);
        assert_eq!(described.len(), CALLS.len(), "one method each");
    }

    #[test]
    fn parameters_of_paths_are_described() {
        for call in CALLS {
            let in_path = call.parameters.iter().filter(|(place, ..)| *place == "path");
            let named = in_path.filter(|(_, name, ..)| call.path.contains(&format!("{{{name}}}")));
            assert_eq!(named.count(), call.path.matches('{').count(), "{}", call.path);
        }
    }
}
