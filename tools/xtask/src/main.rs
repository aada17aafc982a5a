#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a chore speaks on standard output")]

mod bench;
mod check;
mod fuzz;
mod generate;
mod layers;
mod needs;
mod places;
mod run;
mod sanitize;
mod screenshots;
mod test;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The chores of Atalaya.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    /// Which one.
    #[command(subcommand)]
    chore: Chore,
}

/// Every chore.
#[derive(Debug, Subcommand)]
enum Chore {
    /// Install what the tests need, run every check, then every test: what CI runs
    Test,
    /// Install the outside programs that the tests use, from Debian's packages
    Needs,
    /// Check format, lints, documents, layers, sizes, generated files, licences, links, versions and paths
    Check {
        /// Only these steps; without a name, all
        #[arg(value_name = "STEP")]
        steps: Vec<String>,
    },
    /// Draw who knows whom, and fail on an edge that goes up or sideways
    Layers,
    /// Write the generated files again
    Generate,
    /// Write the countries and the map that come with the program again, from the data beside the project
    Places {
        /// Files of countries to take in place of those, such as what `atalaya data fetch` brought
        #[arg(value_name = "FILE")]
        countries: Vec<PathBuf>,
    },
    /// Run a benchmark; without a name, list them
    Bench {
        /// Its name, as listed
        name: Option<String>,
        /// What is handed on to it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Fuzz one target; without a name, list them
    Fuzz {
        /// Its name, as listed
        target: Option<String>,
        /// For how long
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Take the pictures of the README anew, of the demo in a browser
    Screenshots,
    /// Run the tests of the set and of what threads share under the sanitizers, and in miri where it is at hand
    Sanitize {
        /// Only this one: thread, address or miri
        tool: Option<String>,
    },
}

/// Runs the chore that was asked for.
fn main() -> ExitCode {
    match dispatch(Cli::parse().chore) {
        Ok(code) => code,
        Err(error) => {
            println!("xtask could not go on: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Hands each chore to its module.
fn dispatch(chore: Chore) -> anyhow::Result<ExitCode> {
    match chore {
        Chore::Test => test::run(&Workspace::read()?),
        Chore::Needs => {
            needs::provide(Workspace::read()?.target());
            Ok(ExitCode::SUCCESS)
        }
        Chore::Check { steps } => check::run(&Workspace::read()?, &steps),
        Chore::Layers => layers::run(&Workspace::read()?),
        Chore::Generate => generate::write(&Workspace::read()?),
        Chore::Places { countries } => places::run(&Workspace::read()?, &countries),
        Chore::Bench { name, arguments } => bench::run(name.as_deref(), &arguments),
        Chore::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Chore::Screenshots => screenshots::take(),
        Chore::Sanitize { tool } => sanitize::run(&Workspace::read()?, tool.as_deref()),
    }
}
