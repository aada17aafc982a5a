//! The clients against servers that lie, dawdle and send us around.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its peers cannot go on"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_net::{AskError, ExchangeLimits, HttpClient, HttpError, Reach, ask};
use atalaya_testkit::peers::{HttpPeer, HttpReply, LinePeer, LineReply};

const PATIENT: ExchangeLimits = ExchangeLimits {
    timeout: Duration::from_secs(30),
    max_answer: 100_000,
};
const HASTY: ExchangeLimits = ExchangeLimits {
    timeout: Duration::from_millis(300),
    max_answer: 100_000,
};

fn client(peer: &HttpPeer, limits: ExchangeLimits) -> HttpClient {
    let mut reach = Reach::default();
    reach.allow("127.0.0.1", peer.address().port());
    HttpClient::new(limits, 3, Arc::new(reach)).unwrap()
}

#[tokio::test]
async fn an_answer_is_fetched_with_its_status_and_patience() {
    let peer = HttpPeer::start(|path| match path {
        "/ok" => HttpReply::rdap("{}"),
        "/busy" => HttpReply::Full(429, vec!["Retry-After: 60".to_owned()], b"later".to_vec()),
        _ => HttpReply::status(404),
    })
    .await
    .unwrap();
    let client = client(&peer, PATIENT);
    let answer = client
        .get(&peer.url("/ok"), "application/rdap+json")
        .await
        .unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
    let answer = client.get(&peer.url("/busy"), "*/*").await.unwrap();
    assert_eq!((answer.status, answer.retry_after.as_deref()), (429, Some("60")));
    assert!(answer.body.is_empty());
    assert_eq!(client.get(&peer.url("/x"), "*/*").await.unwrap().status, 404);
}

#[tokio::test]
async fn the_key_of_a_list_does_not_go_where_its_server_sends_us_on() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&heard);
    let other = HttpPeer::start_with_headers(move |_path, headers| {
        notes.lock().unwrap().extend(headers.iter().cloned());
        HttpReply::rdap("{}")
    })
    .await
    .unwrap();
    let target = other.url("/list");
    let named = HttpPeer::start_with_headers(move |path, headers| {
        let has = |wanted: &str| headers.iter().any(|header| header.eq_ignore_ascii_case(wanted));
        match path {
            _ if !has("Authorization: Bearer secret") || !has("Key: secret") => HttpReply::status(403),
            "/moved" => HttpReply::redirect("/here"),
            _ => HttpReply::redirect(&target),
        }
    })
    .await
    .unwrap();
    let mut reach = Reach::default();
    for peer in [&named, &other] {
        reach.allow("127.0.0.1", peer.address().port());
    }
    let client = HttpClient::new(PATIENT, 3, Arc::new(reach)).unwrap();
    let headers = [
        ("Accept", "*/*"),
        ("Authorization", "Bearer secret"),
        ("Key", "secret"),
        ("If-None-Match", "\"secret\""),
    ];
    let answer = client
        .get_with_headers(&named.url("/moved"), &headers)
        .await
        .unwrap();
    assert_eq!(
        (answer.status, named.asked()),
        (200, vec!["/moved".to_owned(), "/here".to_owned()])
    );
    let heard = heard.lock().unwrap().join("\n").to_ascii_lowercase();
    assert!(
        heard.contains("accept: */*") && !heard.contains("secret"),
        "{heard}"
    );
}

#[tokio::test]
async fn redirects_are_followed_to_an_end_but_not_in_a_circle_nor_for_ever() {
    let peer = HttpPeer::start(|path| match path {
        "/a" => HttpReply::redirect("/b"),
        "/b" => HttpReply::redirect("end?x"),
        "/end?x" => HttpReply::rdap("{}"),
        "/circle" => HttpReply::redirect("/circle2"),
        "/circle2" => HttpReply::redirect("/circle"),
        more => HttpReply::redirect(&format!("{more}x")),
    })
    .await
    .unwrap();
    let client = client(&peer, PATIENT);
    assert_eq!(
        client.get(&peer.url("/a"), "*/*").await.unwrap().url,
        peer.url("/end?x")
    );
    assert!(matches!(
        client.get(&peer.url("/circle"), "*/*").await,
        Err(HttpError::Circle(_))
    ));
    assert!(matches!(
        client.get(&peer.url("/more"), "*/*").await,
        Err(HttpError::TooManyRedirects(3))
    ));
    assert_eq!(
        peer.asked()
            .iter()
            .filter(|path| path.starts_with("/more"))
            .count(),
        4
    );
}

#[tokio::test]
async fn a_redirect_into_our_own_network_or_to_another_scheme_is_refused() {
    let peer = HttpPeer::start(|path| match path {
        "/private" => HttpReply::redirect("http://10.0.0.1/"),
        "/metadata" => HttpReply::redirect("http://169.254.169.254/latest"),
        "/mapped" => HttpReply::redirect("http://[::ffff:10.0.0.1]/"),
        "/port" => HttpReply::redirect("http://192.0.2.1:22/"),
        "/file" => HttpReply::redirect("file:///etc/passwd"),
        _ => HttpReply::redirect("http://user@192.0.2.1/"),
    })
    .await
    .unwrap();
    let client = client(&peer, PATIENT);
    for path in ["/private", "/metadata", "/mapped", "/port"] {
        assert!(
            matches!(
                client.get(&peer.url(path), "*/*").await,
                Err(HttpError::OutOfReach(_))
            ),
            "{path}"
        );
    }
    for path in ["/file", "/user"] {
        assert!(
            matches!(
                client.get(&peer.url(path), "*/*").await,
                Err(HttpError::BadUrl(_))
            ),
            "{path}"
        );
    }
    let stranger = HttpClient::new(PATIENT, 3, Arc::new(Reach::default())).unwrap();
    assert!(matches!(
        stranger.get(&peer.url("/"), "*/*").await,
        Err(HttpError::OutOfReach(_))
    ));
    let by_name = format!("http://localhost:{}/", peer.address().port());
    assert!(matches!(
        client.get(&by_name, "*/*").await,
        Err(HttpError::OutOfReach(_))
    ));
}

#[tokio::test]
async fn a_name_that_leads_into_our_own_network_is_refused_when_it_is_resolved() {
    let client = HttpClient::new(PATIENT, 3, Arc::new(Reach::default())).unwrap();
    let error = client.get("http://localhost/", "*/*").await.unwrap_err();
    let mut reasons = vec![error.to_string()];
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        reasons.push(inner.to_string());
        source = inner.source();
    }
    let told = reasons.join(": ");
    assert!(told.contains("no address that may be used"), "{told}");
}

#[tokio::test]
async fn each_server_on_the_way_is_asked_by_leave_of_the_caller() {
    let last = HttpPeer::start(|_path| HttpReply::rdap("{}")).await.unwrap();
    let target = last.url("/");
    let first = HttpPeer::start(move |_path| HttpReply::redirect(&target))
        .await
        .unwrap();
    let mut reach = Reach::default();
    reach.allow("localhost", first.address().port());
    reach.allow("127.0.0.1", last.address().port());
    let client = HttpClient::new(PATIENT, 3, Arc::new(reach)).unwrap();
    let url = format!("http://localhost:{}/", first.address().port());
    let later = Timestamp::from_seconds(9);
    let refused = client
        .get_with_leave(&url, "*/*", |host| match host {
            "localhost" => Ok(()),
            _ => Err(later),
        })
        .await;
    assert!(
        matches!(&refused, Err(HttpError::NotYet { host, until }) if host == "127.0.0.1" && *until == later),
        "{refused:?}"
    );
    assert!(last.asked().is_empty());
    assert!(client.get_with_leave(&url, "*/*", |_host| Ok(())).await.is_ok());
}

#[tokio::test]
async fn size_and_time_are_bounded() {
    let peer = HttpPeer::start(|path| match path {
        "/endless" => HttpReply::Endless(vec![b' '; 65_536]),
        "/promise" => HttpReply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n{".to_vec()),
        "/half" => HttpReply::Half(vec![b' '; 1_000]),
        "/silence" => HttpReply::Silence,
        _ => HttpReply::Raw(b"\x00\x01 not HTTP at all\r\n\r\n".to_vec()),
    })
    .await
    .unwrap();
    let patient = client(&peer, PATIENT);
    assert!(matches!(
        patient.get(&peer.url("/endless"), "*/*").await,
        Err(HttpError::TooLarge(100_000))
    ));
    assert!(matches!(
        patient.get(&peer.url("/promise"), "*/*").await,
        Err(HttpError::Exchange(_))
    ));
    assert!(matches!(
        patient.get(&peer.url("/raw"), "*/*").await,
        Err(HttpError::Exchange(_))
    ));
    let hasty = client(&peer, HASTY);
    for path in ["/half", "/silence"] {
        assert!(
            matches!(
                hasty.get(&peer.url(path), "*/*").await,
                Err(HttpError::TimedOut(_))
            ),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_line_is_asked_and_its_answer_read_within_limits() {
    let peer = LinePeer::start(|line| match line {
        "endless" => LineReply::Endless(vec![b'x'; 65_536]),
        "stuck" => LineReply::Stuck(b"% wait\n".to_vec()),
        other => LineReply::text(format!("you asked {other}\n")),
    })
    .await
    .unwrap();
    let port = peer.address().port();
    let mut reach = Reach::default();
    assert!(matches!(
        ask("127.0.0.1", port, "x", PATIENT, &reach).await,
        Err(AskError::OutOfReach(_))
    ));
    reach.allow("127.0.0.1", port);
    assert_eq!(
        ask("127.0.0.1", port, "192.0.2.1", PATIENT, &reach)
            .await
            .unwrap(),
        b"you asked 192.0.2.1\n"
    );
    assert!(matches!(
        ask("127.0.0.1", port, "endless", PATIENT, &reach).await,
        Err(AskError::TooLarge(_))
    ));
    assert!(matches!(
        ask("127.0.0.1", port, "stuck", HASTY, &reach).await,
        Err(AskError::TimedOut(_))
    ));
    drop(peer);
}
