//! What can go wrong with a socket, and what the caller can do about it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a socket is not there.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The address cannot be bound. Give up, or bind another.
    #[error("cannot listen on {address}: choose a free port of an address of this machine")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// The unix socket cannot be made. Give up, or make another.
    #[error("cannot listen at {}: choose a path that is free, in a folder that can be written", path.display())]
    BindUnix {
        /// Its path.
        path: PathBuf,
        /// What the kernel said, or what stands in the way.
        #[source]
        source: io::Error,
    },
}
