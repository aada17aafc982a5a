//! What `atalaya-places` brings with it: the countries of addresses and the map of the world.
//!
//! In: the data that stands beside the project, or files that `atalaya data fetch` brought. Out: the two files of the crate. Where the data is
//! absent, the files stay as they are: they are made anew before a release, not with each check.

mod map;
mod project;
mod topology;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use atalaya_model::Timestamp;
use atalaya_places::{Places, PlacesConfig};

use crate::workspace::Workspace;

/// The folder of the data, seen from the root.
const DATA: &str = "../shared/data/geo-asn-map";
/// The countries, if no other file is named, and the day that they are of.
const COUNTRIES: [&str; 2] = [
    "geo-whois-asn-country-ipv4.csv.zst",
    "geo-whois-asn-country-ipv6.csv.zst",
];
const COUNTRIES_DAY: &str = "2026-06-17";
/// The outlines.
const OUTLINES: &str = "countries-110m.json";
/// Where the results stand.
const PACKED: &str = "crates/base/places/data/countries.zst";
const WORLD: &str = "crates/base/places/data/world.txt";

/// Writes both files again, of `countries` where some are named; these say themselves which day they are of.
pub(crate) fn run(workspace: &Workspace, countries: &[PathBuf]) -> Result<ExitCode> {
    let data = workspace.root().join(DATA);
    if countries.is_empty() && !data.exists() {
        println!("{DATA} is not here: {PACKED} and {WORLD} stay as they are");
        return Ok(ExitCode::SUCCESS);
    }
    let packed = pack(&data, countries)?;
    write(workspace, PACKED, &packed)?;
    let outlines = data.join(OUTLINES);
    if outlines.exists() {
        let text = std::fs::read_to_string(&outlines).with_context(|| format!("cannot read {OUTLINES}"))?;
        write(workspace, WORLD, map::draw(&text)?.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The countries of the files, packed.
fn pack(data: &Path, named: &[PathBuf]) -> Result<Vec<u8>> {
    let (countries, day) = match named {
        [] => (
            COUNTRIES.map(|name| data.join(name)).to_vec(),
            COUNTRIES_DAY.parse().ok(),
        ),
        named => (named.to_vec(), None),
    };
    let config = PlacesConfig {
        countries,
        ..PlacesConfig::default()
    };
    let loaded = Places::load(&config)?;
    if let Some(trouble) = loaded.troubles.into_iter().next() {
        return Err(trouble.into());
    }
    let places = loaded.places;
    let dates = places.sources().iter().filter_map(|source| source.date);
    let Some(day) = day.or_else(|| dates.min()) else {
        bail!("no file says of which day it is");
    };
    for source in places.sources() {
        println!("{}: {} rows, {} wrong", source.origin, source.rows, source.wrong);
    }
    pack_of(&places, day)
}

fn pack_of(places: &Places, day: Timestamp) -> Result<Vec<u8>> {
    places
        .pack_countries(day)
        .context("the countries cannot be packed")
}

fn write(workspace: &Workspace, file: &str, bytes: &[u8]) -> Result<()> {
    std::fs::write(workspace.root().join(file), bytes).with_context(|| format!("cannot write {file}"))?;
    println!("{file} written, {} bytes", bytes.len());
    Ok(())
}
