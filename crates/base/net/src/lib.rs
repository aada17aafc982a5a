#![doc = include_str!("../README.md")]

mod budget;
mod error;
mod gate;
mod listen;

pub use budget::{Budget, Share};
pub use error::NetError;
pub use gate::{Crowded, Gate, Pass};
pub use listen::{Acceptor, bind_tcp, bind_udp, has_spoken, turn_away};
