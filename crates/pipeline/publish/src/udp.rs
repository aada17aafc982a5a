//! DNS over UDP: one datagram in, at most one out.
//!
//! Some tasks wait on the same socket; the kernel hands each datagram to one of them. They share nothing but the zone.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use atalaya_net::Datagrams;
use tokio_util::sync::CancellationToken;

use crate::server::Service;

/// The longest datagram that can arrive, so that none is cut and taken for a malformed one.
const MOST_BYTES: usize = 65_535;
/// Pause after the socket itself failed, so that a lasting failure does not take the processor.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers datagrams until `stop`.
pub(crate) async fn serve(socket: Arc<Datagrams>, service: Arc<Service>, stop: CancellationToken) {
    let mut buffer = vec![0; MOST_BYTES];
    let mut is_failing = false;
    loop {
        let received = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            received = answer_one(&socket, &service, &mut buffer) => received,
        };
        match received {
            Ok(()) => is_failing = false,
            Err(error) => {
                if !is_failing {
                    tracing::error!(%error, "no DNS query can be received over UDP");
                }
                is_failing = true;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Takes one datagram and answers it; fails only if the socket cannot receive.
async fn answer_one(socket: &Datagrams, service: &Service, buffer: &mut [u8]) -> io::Result<()> {
    let (length, way_back) = socket.receive(buffer).await?;
    let query = buffer.get(..length).unwrap_or_default();
    if let Some(answer) = service.answer(query, way_back.client())
        && socket.answer(&answer, &way_back).await.is_err()
    {
        // A forged or unreachable sender; the client asks again if it is a real one.
        service.meters.unsent.increment(1);
    }
    Ok(())
}
