//! The calls of an enrolment in the feedback loop.

use atalaya_notify::MOST_PULLED;

use super::{Call, Errors, Kind, Parameter, call, json};

/// Most events of an answer.
const MOST: u64 = MOST_PULLED as u64;

/// The rows of the table.
pub(super) const CALLS: &[Call] = &[
    Call {
        gives: &[json("FeedbackEvents")],
        ..call(
            ("get", "/api/v1/feedback/events"),
            (
                "What came from the addresses of an enrolment after a cursor, in order and without gaps",
                "Lo que vino de las direcciones de una inscripción tras un cursor, en orden y sin huecos",
            ),
            &[
                Parameter::query(
                    "after",
                    Kind::From(0),
                    "The cursor: `next` of the answer before",
                    "1042",
                )
                .usually(0),
                Parameter::query("limit", Kind::Number(1, MOST), "Events at most", "50").usually(MOST),
            ],
            &[200, 400, 401, 403, 429, 503],
            Errors::Enrolled,
        )
    },
    Call {
        gives: &[("text/csv", None)],
        ..call(
            ("get", "/api/v1/feedback/summary.csv"),
            (
                "What each address of an enrolment did on a day, as CSV",
                "Lo que hizo cada dirección de una inscripción en un día, en CSV",
            ),
            &[Parameter::query(
                "day",
                Kind::Day,
                "A day in UTC; today if absent",
                "2026-12-31",
            )],
            &[200, 400, 401, 403, 429, 503],
            Errors::Enrolled,
        )
    },
];
