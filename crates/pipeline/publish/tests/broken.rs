//! Queries that are broken, through real sockets: each gets its own error, or none where there is nobody to answer.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use atalaya_publish::PublishConfig;
use domain::base::Rtype;
use support::{ask, ask_tcp, ask_with, exchange, query, start};

/// A right query, with one change.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut query = query("99.2.0.192.bl.atalaya.test", Rtype::A);
    change(&mut query);
    query
}

/// Queries that are no right ones, with what each is.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("no question", changed(|query| query[5] = 0)),
        (
            "two questions",
            changed(|query| {
                query[5] = 2;
                query.extend_from_within(12..);
            }),
        ),
        ("many questions", changed(|query| query[4..6].fill(0xff))),
        ("a record that is not there", changed(|query| query[7] = 1)),
        ("half a question", changed(|query| query.truncate(20))),
        ("a header alone", changed(|query| query.truncate(12))),
        (
            "a name that points to itself",
            changed(|query| drop(query.splice(12..14, [0xc0, 12]))),
        ),
        (
            "a name that points ahead",
            changed(|query| drop(query.splice(12..14, [0xc0, 16]))),
        ),
        ("a label of an unknown kind", changed(|query| query[12] = 0x80)),
        (
            "a name above 255 bytes",
            changed(|query| {
                let label = [&[63][..], &[b'x'; 63]].concat();
                query.splice(12..12, label.repeat(4));
            }),
        ),
    ]
}

#[tokio::test]
async fn each_broken_query_gets_its_own_error_and_no_more() {
    let server = start(PublishConfig::default()).await;
    let notimp = vec![
        ("another operation", changed(|query| query[2] = 5 << 3)),
        (
            "an update with records",
            changed(|query| {
                query[2] = 5 << 3;
                query[8..10].fill(0xff);
            }),
        ),
    ];
    let with = |rcode: &'static str| move |(what, query)| (what, query, rcode);
    let formerr = malformed().into_iter().map(with("FORMERR"));
    for (what, query, rcode) in formerr.chain(notimp.into_iter().map(with("NOTIMP"))) {
        for reply in [ask_with(&server, &query).await, ask_tcp(&server, &query).await] {
            assert_eq!(reply.rcode(), rcode, "{what}");
            assert_eq!(reply.message.header().id(), 0x1234, "{what}");
            let records = reply.message.as_slice().get(6..12);
            assert_eq!(records, Some(&[0; 6][..]), "{what}");
        }
    }
    let good = changed(|_query| {});
    assert_eq!(ask_with(&server, &good).await.answer.len(), 3);
}

#[tokio::test]
async fn answers_and_scraps_get_no_answer_and_do_no_harm() {
    let server = start(PublishConfig::default()).await;
    let mut answer = query("2.0.0.127.bl.atalaya.test", Rtype::A);
    answer[2] |= 0x80;
    for bytes in [&answer[..], b"", b"\0", &[0xff; 11]] {
        assert_eq!(exchange(&server, bytes).await, None, "{bytes:?}");
    }
    let huge = vec![0_u8; 60_000];
    assert!(
        exchange(&server, &huge)
            .await
            .is_some_and(|answer| answer.len() == 12)
    );
    for bytes in [&[0x7f; 12][..], &[0; 500]] {
        assert!(
            exchange(&server, bytes)
                .await
                .is_some_and(|answer| answer.len() < 30)
        );
    }
    assert_eq!(
        ask(&server, "2.0.0.127.bl.atalaya.test", Rtype::A)
            .await
            .answer
            .len(),
        1
    );
}
