//! `data show`: what is known of countries and networks, of which day, and what that says of an address.

use std::net::IpAddr;

use anyhow::bail;
use atalaya_model::{Clock, Timestamp};
use atalaya_places::{Language, Loaded, Part, Places, Source};
use serde_json::json;

use super::super::{config_at, print, print_json};

/// Reads the files and prints.
pub(super) fn run(command: &super::Show) -> anyhow::Result<()> {
    let config = config_at(&command.place)?;
    let loaded = Places::load(&config.places.in_folder(&config.data))?;
    match (command.address, command.json) {
        (None, false) => show_sources(&loaded.places)?,
        (None, true) => loaded.places.sources().iter().try_for_each(print_json)?,
        (Some(address), false) => show_address(&loaded.places, address)?,
        (Some(address), true) => show_json(&loaded.places, address)?,
    }
    fail_for(loaded)
}

fn show_sources(places: &Places) -> anyhow::Result<()> {
    print(format_args!(
        "{:<10} {:<10} {:>9} {:>6}  from",
        "part", "day", "rows", "wrong"
    ))?;
    places.sources().iter().try_for_each(show_source)?;
    if !places
        .sources()
        .iter()
        .any(|source| source.part == Part::Networks)
    {
        print("networks   none: `atalaya data fetch` brings them")?;
    }
    let mut thanked: Vec<_> = places.sources().iter().map(|source| source.attribution).collect();
    thanked.dedup();
    for attribution in thanked {
        print(format_args!("{} <{}>", attribution.text, attribution.url))?;
    }
    print(format_args!("{} bytes in memory", places.bytes()))
}

fn show_source(source: &Source) -> anyhow::Result<()> {
    let day = source.date.map_or_else(|| "unknown".to_owned(), Timestamp::date);
    let old = if source.is_old(Clock::system().now()) {
        " (old)"
    } else {
        ""
    };
    print(format_args!(
        "{:<10} {day:<10} {:>9} {:>6}  {}{old}",
        source.part.to_string(),
        source.rows,
        source.wrong,
        source.origin
    ))
}

fn show_address(places: &Places, address: IpAddr) -> anyhow::Result<()> {
    let country = places.country(address).map_or_else(
        || "no country".to_owned(),
        |country| format!("{country} {}", country.name(Language::English)),
    );
    let network = places.network(address).map_or_else(
        || "no network".to_owned(),
        |network| format!("AS{} {}", network.asn, network.name.escape_debug()),
    );
    print(format_args!(
        "{address} is registered in: {country}; routed by: {}",
        network.trim_end()
    ))
}

fn show_json(places: &Places, address: IpAddr) -> anyhow::Result<()> {
    let network = places.network(address);
    print_json(&json!({
        "address": address,
        "country": places.country(address),
        "asn": network.map(|network| network.asn),
        "network": network.map(|network| network.name),
    }))
}

/// Fails if a file is not used, after what is known was shown.
fn fail_for(loaded: Loaded) -> anyhow::Result<()> {
    let told: Vec<String> = loaded
        .troubles
        .into_iter()
        .map(|trouble| format!("{:#}", anyhow::Error::new(trouble)))
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    bail!("{}", told.join("\n"))
}
