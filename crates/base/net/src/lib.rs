#![doc = include_str!("../README.md")]

mod ask;
mod budget;
mod datagrams;
mod error;
mod gate;
mod http;
mod listen;
mod newer;
mod outgoing;
mod reach;
mod resolver;
mod reverse;
mod saved_syn;
mod sys;
mod unix;

pub use ask::{AskError, ExchangeLimits, WHOIS_PORT, ask};
pub use budget::{Budget, Share};
pub use datagrams::{Batch, Datagrams, Letter};
pub use error::NetError;
pub use gate::{Crowded, Gate, Pass};
pub use http::{HttpAnswer, HttpClient, HttpError, server_of};
pub use listen::{Acceptor, Listening, bind_tcp, bind_udp, has_spoken, turn_away};
pub use newer::{Newer, Validators};
pub use outgoing::outgoing_address;
pub use reach::{OutOfReach, Reach};
pub use resolver::{Codes, DnsError, Exchanges, Resolver};
pub use reverse::Authority;
pub use saved_syn::{SavedSyn, save_syns, saved_syn};
pub use unix::bind_unix;
