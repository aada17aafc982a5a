//! What is counted about requests.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};

/// Counts each request by its route and status, and measures how long it took.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    // The route and not the path: addresses and tokens are no labels.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let began = tokio::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("atalaya_web_requests_total", "route" => route.clone(), "status" => status).increment(1);
    histogram!("atalaya_web_request_seconds", "route" => route).record(began.elapsed().as_secs_f64());
    response
}
