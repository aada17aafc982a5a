//! `data`: in which country and network addresses are: bringing the files that say so, and showing what is known.

mod fetch;
mod show;

use std::net::IpAddr;

use clap::{Args, Subcommand};

use crate::cli::Place;

/// What to do with the files.
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Fetch the files of `places.sources` into the data folder: statistics of the registries, and networks of addresses
    Fetch(Fetch),
    /// Show what is known and how old it is, or in which country and network an address is
    Show(Show),
}

/// `data fetch`.
#[derive(Debug, Args)]
pub(crate) struct Fetch {
    #[command(flatten)]
    place: Place,
}

/// `data show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    place: Place,
    /// The address to look up
    address: Option<IpAddr>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs one of the two.
pub(crate) async fn run(command: DataCommand) -> anyhow::Result<()> {
    match command {
        DataCommand::Fetch(fetch) => fetch::run(&fetch).await,
        DataCommand::Show(show) => show::run(&show),
    }
}
