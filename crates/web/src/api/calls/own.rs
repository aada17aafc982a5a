//! The calls that need no key: addresses, contacts, networks, exports and figures.

use super::{Call, Errors, Kind, Parameter, call, json};

const ADDRESS: Parameter = Parameter::path("address", Kind::Address, "An IPv4 or IPv6 address", "192.0.2.7");
const FIRST_DAY: Parameter = Parameter::path("first", Kind::Day, "A day in UTC", "2026-12-31");
const LAST_DAY: Parameter = Parameter::path("last", Kind::Day, "The last day", "2027-01-06");

/// The rows of the table.
pub(super) const CALLS: &[Call] = &[
    Call {
        gives: &[json("Document")],
        ..call(
            ("get", "/api/openapi.json"),
            ("This document", "Este documento"),
            &[],
            &[200],
            Errors::Problem,
        )
    },
    Call {
        gives: &[json("Answer")],
        ..call(
            ("get", "/api/v1/ip/{address}"),
            (
                "Whether an address is listed, why, since when and until when",
                "Si una dirección está en la lista, por qué, desde cuándo y hasta cuándo",
            ),
            &[ADDRESS],
            &[200, 400, 429, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[json("Proofs")],
        ..call(
            ("get", "/api/v1/ip/{address}/proof"),
            (
                "The proofs that the listings of an address stand in the public log",
                "Las pruebas de que lo que hay en la lista de una dirección está en el registro público",
            ),
            &[ADDRESS],
            &[200, 400, 404, 429, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[("text/plain", None)],
        ..call(
            ("get", "/api/v1/ip/{address}/proof/{serial}"),
            (
                "The proof of one decision about an address as a file (c2sp.org/tlog-proof)",
                "La prueba de una decisión sobre una dirección como archivo (c2sp.org/tlog-proof)",
            ),
            &[
                ADDRESS,
                Parameter::path(
                    "serial",
                    Kind::From(1),
                    "The serial of a decision about this address",
                    "1042",
                ),
            ],
            &[200, 400, 404, 429, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[json("Removal")],
        ..call(
            ("post", "/api/v1/ip/{address}/removal"),
            (
                "Take an address off the list; 201 where it left, 200 where it was not listed",
                "Quitar una dirección de la lista; 201 si salió, 200 si no estaba",
            ),
            &[
                ADDRESS,
                Parameter::query(
                    "puzzle",
                    Kind::Text,
                    "The puzzle of the answer 428; nothing with the first request",
                    "PUZZLE",
                ),
                Parameter::query(
                    "solution",
                    Kind::Text,
                    "A number for which SHA-256 of PUZZLE.NUMBER begins with `bits` zero bits; without one the puzzle must be `wait_seconds` old",
                    "48211",
                ),
            ],
            &[200, 201, 400, 403, 409, 428, 429, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[json("Range")],
        ..call(
            ("get", "/api/v1/ip/{address}/{length}"),
            (
                "What is listed in a prefix, an IPv4 /24 or an IPv6 /56 at most",
                "Qué hay en la lista de un prefijo, como mucho un /24 de IPv4 o un /56 de IPv6",
            ),
            &[
                Parameter::path(
                    "address",
                    Kind::Address,
                    "The first address, or another of the prefix",
                    "192.0.2.0",
                ),
                Parameter::path("length", Kind::Number(24, 128), "The length of the prefix", "24"),
            ],
            &[200, 400, 429, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[json("Contact")],
        ..call(
            ("get", "/api/v1/contact/{address}"),
            (
                "Whom to tell about an address, as far as it is known; nothing is looked up",
                "A quién avisar sobre una dirección, hasta donde se sabe; no se busca nada",
            ),
            &[ADDRESS],
            &[200, 400, 403, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[json("RipeStat")],
        ..call(
            ("get", "/data/abuse-contact-finder/data.json"),
            (
                "The same in the form of RIPEstat, for its clients",
                "Lo mismo en la forma de RIPEstat, para sus clientes",
            ),
            &[Parameter::query("resource", Kind::Text, "An address or a prefix", "192.0.2.7").required()],
            &[200, 400, 403, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[json("NetworkAddresses")],
        ..call(
            ("get", "/api/v1/network/{ticket}"),
            (
                "The addresses that a contact was told of, by the link in its notices; those that are listed first",
                "Las direcciones de las que se avisó a un contacto, por el enlace de sus avisos; primero las que están en la lista",
            ),
            &[
                Parameter::path("ticket", Kind::Text, "The word in the link", "TICKET"),
                Parameter::query(
                    "part",
                    Kind::Word(&["listed", "ended"]),
                    "Where the page begins, from `next` of the page before",
                    "ended",
                ),
                Parameter::query("before", Kind::From(0), "The same", "1042"),
            ],
            &[200, 400, 404, 410, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[
            ("text/plain", None),
            ("application/jsonl", None),
            ("text/dns", None),
        ],
        ..call(
            ("get", "/api/v1/export/{format}"),
            (
                "The whole list in a format, for clients that the operator admits",
                "La lista entera en un formato, para los clientes que admite el operador",
            ),
            &[
                Parameter::path("format", Kind::Format, "The name of a format", "cidr"),
                Parameter::query(
                    "class",
                    Kind::Text,
                    "Classes with commas between; all if absent",
                    "spam,bot",
                ),
                Parameter::query("family", Kind::Word(&["4", "6"]), "Both if absent", "4"),
            ],
            &[200, 206, 304, 400, 403, 404, 416, 421, 503],
            Errors::Problem,
        )
    },
    Call {
        gives: &[json("StatisticsDays")],
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
        gives: &[json("Statistics")],
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
        gives: &[json("Statistics")],
        ..call(
            ("get", "/api/v1/stats/{first}/{last}"),
            (
                "What was counted from one day to another, both in it",
                "Lo que se contó de un día a otro, ambos incluidos",
            ),
            &[FIRST_DAY, LAST_DAY],
            &[200, 304, 400, 404, 503],
            Errors::Problem,
        )
    },
];
