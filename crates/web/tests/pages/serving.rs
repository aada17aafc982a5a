//! The pages over real connections: many requests, slow clients, too many clients, the end.

use std::net::SocketAddr;
use std::time::Duration;

use atalaya_model::Period;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::House;

/// The longest wait for something that takes a second at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pages behind a socket.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    async fn start(house: &House) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(atalaya_web::serve(listener, house.app(), stop.clone()));
        Self {
            address,
            stop,
            running,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}

/// Everything until the server closes, however it closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes));
    // A connection that is cut while the client still writes ends with a reset.
    let _reset = read.await.expect("the server did not close");
    String::from_utf8(bytes).unwrap()
}

/// One whole answer of a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = async {
        while !bytes.ends_with(b"alive\n") {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed early");
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("no answer");
    String::from_utf8(bytes).unwrap()
}

const ALIVE: &str = "GET /healthz HTTP/1.1\r\nHost: list.example\r\n\r\n";

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let house = House::unpublished().await;
    let server = Server::start(&house).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(ALIVE.as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test]
async fn a_page_is_the_same_over_a_socket() {
    let house = House::open().await;
    let server = Server::start(&house).await;
    let page = server
        .exchange("GET /ip/192.0.2.7 HTTP/1.1\r\nHost: list.example\r\nConnection: close\r\n\r\n")
        .await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("Not listed"), "{page}");
}

#[tokio::test]
async fn what_is_no_http_or_too_long_is_refused() {
    let house = House::unpublished().await;
    let server = Server::start(&house).await;
    let long = "a".repeat(40_000);
    let many: String = (0..100).map(|n| format!("X-{n}: y\r\n")).collect();
    for (request, status) in [
        ("EHLO mail.example\r\n\r\n".to_owned(), "400"),
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), "4"),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {long}\r\n\r\n"),
            "431",
        ),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"), "431"),
    ] {
        let told = server.exchange(&request).await;
        // The answer may be lost in the reset where the client was still writing; it never is a page.
        assert!(
            told.is_empty() || told.starts_with(&format!("HTTP/1.1 {status}")),
            "{told}"
        );
    }
    assert!(
        server
            .exchange(&ALIVE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
            .await
            .contains("200 OK")
    );
}

#[tokio::test]
async fn a_huge_body_is_refused_without_being_read() {
    let house = House::unpublished().await;
    let server = Server::start(&house).await;
    let told = server
        .exchange("POST /ip/192.0.2.7/remove HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
        .await;
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
}

#[tokio::test]
async fn a_client_that_dawdles_over_its_header_is_cut_off() {
    let mut house = House::unpublished().await;
    house.config.web.header_timeout = Period::millis(300);
    let server = Server::start(&house).await;
    let told = server.exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ").await;
    assert!(!told.contains("200 OK"), "{told}");
}

/// Sends a beginning, then a byte each second, until nobody takes it any more; the seconds pass whenever nobody has anything to do.
async fn drip(stream: &mut TcpStream, beginning: &str) {
    let drops = async {
        stream.write_all(beginning.as_bytes()).await?;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stream.write_all(b"x").await?;
        }
    };
    let limit = Duration::from_secs(120);
    let ended: Result<std::io::Result<()>, _> = tokio::time::timeout(limit, drops).await;
    ended.expect("the server did not hang up").unwrap_err();
}

#[tokio::test]
async fn a_header_that_drips_is_cut_off_like_one_that_does_not_come() {
    let house = House::unpublished().await;
    let server = Server::start(&house).await;
    let mut stream = server.connect().await;
    tokio::time::pause();
    drip(&mut stream, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ").await;
}

#[tokio::test]
async fn a_body_that_drips_is_let_go_when_its_request_has_had_its_time() {
    let house = House::open().await;
    let server = Server::start(&house).await;
    let mut stream = server.connect().await;
    tokio::time::pause();
    let head = "POST /feedback HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\n";
    drip(&mut stream, head).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let mut house = House::unpublished().await;
    house.config.web.header_timeout = Period::millis(300);
    let server = Server::start(&house).await;
    assert_eq!(server.exchange("").await, "");
    let told = server.exchange(ALIVE).await;
    assert!(told.ends_with("alive\n"), "{told}");
}

#[tokio::test]
async fn a_client_that_promises_a_body_and_sends_none_gets_its_answer() {
    let mut house = House::open().await;
    house.config.web.header_timeout = Period::millis(300);
    let server = Server::start(&house).await;
    let told = server
        .exchange("POST /ip/192.0.2.7/remove HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        .await;
    assert!(told.contains("192.0.2.7 is not on the list"), "{told}");
}

#[tokio::test]
async fn one_client_cannot_take_all_connections() {
    let mut house = House::unpublished().await;
    house.config.web.max_connections_per_client = 1;
    let server = Server::start(&house).await;
    let mut first = server.connect().await;
    first.write_all(ALIVE.as_bytes()).await.unwrap();
    answer(&mut first).await;
    let told = rest(&mut server.connect().await).await;
    assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
    assert!(told.contains("Retry-After: 5\r\n"), "{told}");
    first.write_all(ALIVE.as_bytes()).await.unwrap();
    answer(&mut first).await;
}

#[tokio::test]
async fn a_proxy_of_ours_may_open_more() {
    let mut house = House::unpublished().await;
    house.config.web.max_connections_per_client = 1;
    house.config.web.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let server = Server::start(&house).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect().await;
        stream.write_all(ALIVE.as_bytes()).await.unwrap();
        answer(&mut stream).await;
        streams.push(stream);
    }
}

#[tokio::test]
async fn a_client_that_never_reads_does_not_keep_its_place_for_good() {
    let house = House::unpublished().await;
    // From here on the time goes to the next timer whenever nobody has anything to do.
    tokio::time::pause();
    let server = Server::start(&house).await;
    let mut stream = server.connect().await;
    let policy = "GET /policy HTTP/1.1\r\nHost: list.example\r\n\r\n".repeat(100);
    // Nothing is read, so that in the end the server can write no more.
    let write = async { while stream.write_all(policy.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(3_600), write)
        .await
        .expect("the server did not hang up");
}

#[tokio::test]
async fn the_end_closes_idle_connections_and_is_not_held_up() {
    let house = House::unpublished().await;
    let server = Server::start(&house).await;
    let mut idle = server.connect().await;
    idle.write_all(ALIVE.as_bytes()).await.unwrap();
    answer(&mut idle).await;
    server.stop.cancel();
    assert_eq!(rest(&mut idle).await, "");
    tokio::time::timeout(PATIENCE, server.running)
        .await
        .expect("the pages did not end")
        .unwrap();
}
