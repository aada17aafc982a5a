//! Serving the pages: connections within limits, each with its share of time, finished in order at the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Prefix;
use atalaya_net::{Acceptor, Crowded, Gate, Pass, turn_away};
use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use metrics::counter;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::app::console_router;
use crate::{App, WebConfig, router};

/// Most bytes of the header of a request.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Most lines of the header of a request.
const MAX_HEADER_LINES: usize = 64;
/// The longest life of a connection. Without it, a client that asks and never reads would keep its place for good.
const LONGEST_CONNECTION: Duration = Duration::from_secs(300);
/// What a connection hears that finds no place.
const CROWDED: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Who may have how many connections.
#[derive(Debug)]
struct Door {
    clients: Gate,
    /// Behind a trusted proxy stand many clients; there the limit of one does not hold.
    proxies: Gate,
    trusted: Vec<Prefix>,
}

impl Door {
    fn new(web: &WebConfig) -> Self {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let most = size(web.max_connections);
        Self {
            clients: Gate::new(most, size(web.max_connections_per_client)),
            proxies: Gate::new(most, most),
            trusted: web.trusted_proxies.clone(),
        }
    }

    fn enter(&self, peer: SocketAddr) -> Result<Pass, Crowded> {
        let is_proxy = self.trusted.iter().any(|prefix| prefix.contains(peer.ip()));
        if is_proxy {
            self.proxies.enter(peer.ip())
        } else {
            self.clients.enter(peer.ip())
        }
    }
}

/// Serves the pages until `stop`, then finishes the requests that were begun.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) {
    let web = app.config.web.clone();
    serve_router(listener, router(app), &web, stop).await;
}

/// Serves the console alone, on a socket of its own.
pub async fn serve_console(listener: TcpListener, app: App, stop: CancellationToken) {
    let web = app.config.web.clone();
    serve_router(listener, console_router(app), &web, stop).await;
}

async fn serve_router(listener: TcpListener, router: Router, web: &WebConfig, stop: CancellationToken) {
    let door = Door::new(web);
    let protocol = Arc::new(protocol(web));
    let last_request = web.request_timeout.duration();
    let mut pages: Pages = router.into_make_service_with_connect_info();
    let mut acceptor = Acceptor::new(listener);
    let connections = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = acceptor.next() => accepted,
        };
        let Ok(pass) = door.enter(peer) else {
            counter!("atalaya_web_turned_away_total").increment(1);
            turn_away(&stream, CROWDED);
            continue;
        };
        // Never fails and never waits: it only puts the address of the peer beside the router.
        let Ok(pages) = pages.call(peer).await;
        let (protocol, stop) = (Arc::clone(&protocol), stop.clone());
        connections.spawn(async move {
            converse(
                stream,
                TowerToHyperService::new(pages),
                &protocol,
                (stop, last_request),
            )
            .await;
            drop(pass);
        });
    }
    connections.close();
    finish(&connections, last_request).await;
}

/// Makes the service of one connection.
type Pages = IntoMakeServiceWithConnectInfo<Router, SocketAddr>;
/// The service of one connection.
type Conversation = TowerToHyperService<<Pages as Service<SocketAddr>>::Response>;

/// How requests are read: slowly sent headers are cut off, and so are idle connections.
fn protocol(web: &WebConfig) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(web.header_timeout.duration())
        .max_headers(MAX_HEADER_LINES)
        .max_buf_size(MAX_HEADER_BYTES);
    builder
}

/// Answers one connection until it ends or, after `stop` or a long life, until its last request is answered or has had its time.
async fn converse(
    stream: TcpStream,
    pages: Conversation,
    protocol: &Builder<TokioExecutor>,
    (stop, last_request): (CancellationToken, Duration),
) {
    // An answer is one write; waiting to fill a packet would only make it late. Without it the answer comes all the same.
    drop(stream.set_nodelay(true));
    let mut connection = std::pin::pin!(protocol.serve_connection(TokioIo::new(stream), pages));
    let ended = tokio::select! {
        ended = connection.as_mut() => Ok(ended),
        _ = stop.run_until_cancelled(tokio::time::sleep(LONGEST_CONNECTION)) => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(last_request, connection).await
        }
    };
    // What clients do wrong is no fault of ours.
    match ended {
        Ok(ended) => drop(ended.inspect_err(|error| tracing::debug!(%error, "a connection ended early"))),
        Err(_elapsed) => tracing::debug!("a connection was cut: its client does not read"),
    }
}

/// Waits for the open connections, but not for those that hang.
async fn finish(connections: &TaskTracker, at_most: Duration) {
    if tokio::time::timeout(at_most, connections.wait()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "the pages end with connections still open"
        );
    }
}
