//! The command line of `fingerprint`.

use std::path::PathBuf;

use clap::Args;

use super::Place;

/// `fingerprint`.
#[derive(Debug, Args)]
pub(crate) struct Fingerprint {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The capture: pcap or pcapng, as tcpdump and Wireshark write it
    #[arg(value_name = "FILE")]
    pub(crate) capture: PathBuf,
    /// Signatures of p0f, version 2 or 3, which are asked before those of the configuration (trap.signatures) and our own. May be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) signatures: Vec<PathBuf>,
    /// Count the connections by signature, the most frequent first
    #[arg(long)]
    pub(crate) summary: bool,
    /// Print JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}
