//! Scripted peers: servers on loopback that answer as a test tells them to, well or badly.

mod http;
mod line;

pub use http::{HttpPeer, HttpReply};
pub use line::{LinePeer, LineReply};

use std::sync::{Arc, Mutex, PoisonError};

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
