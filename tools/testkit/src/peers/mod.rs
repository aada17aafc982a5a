//! Scripted peers: servers on loopback that answer as a test tells them to, well or badly.

mod dns;
mod http;
mod line;
mod receiver;

pub use dns::{DnsPeer, DnsRecord, DnsReply};
pub use http::{HttpPeer, HttpReply};
pub use line::{LinePeer, LineReply};
pub use receiver::{Posted, Receiver};

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Accepts connections and serves each on its own. One that fails ends alone.
fn attend<S, F>(listener: TcpListener, serve: S) -> JoinHandle<()>
where
    S: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    tokio::spawn(async move {
        while let Ok((stream, _peer)) = listener.accept().await {
            let serving = serve(stream);
            tokio::spawn(async move { drop(serving.await) });
        }
    })
}

/// What was asked of a peer, in order.
#[derive(Debug, Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn note(&self, question: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(question.to_owned());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
