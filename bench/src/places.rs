//! In which country and network addresses are: how long loading takes, how much memory it holds, and how long a lookup takes.
//!
//! In: files of networks, if any are named. Out: figures for random addresses of both families, drawn from a seed.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Instant;

use atalaya_places::{Places, PlacesConfig};

use crate::random::Dice;

/// Addresses of a family; more than any cache holds of the table.
const ADDRESSES: usize = 1 << 20;
/// Blocks of each registry that are given out in small pieces.
const BLOCKS: [u64; 5] = [0x2001, 0x2402, 0x2600, 0x2804, 0x2a01];
/// How often each is looked up.
const ROUNDS: usize = 8;

/// Loads what comes with the program and the files that are named, and looks addresses up.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let config = PlacesConfig {
        networks: arguments.iter().map(PathBuf::from).collect(),
        ..PlacesConfig::default()
    };
    let begun = Instant::now();
    let loaded = Places::load(&config)?;
    println!(
        "loaded in {:.1?}, {} bytes in memory",
        begun.elapsed(),
        loaded.places.bytes()
    );
    for trouble in &loaded.troubles {
        println!("{trouble}");
    }
    let places = loaded.places;
    let mut dice = Dice::new(0);
    let v4: Vec<IpAddr> = (0..ADDRESSES)
        .map(|_| IpAddr::from(Ipv4Addr::from_bits((dice.next() >> 32) as u32)))
        .collect();
    let v6: Vec<IpAddr> = (0..ADDRESSES)
        .map(|number| {
            let block = BLOCKS[number % BLOCKS.len()] << 48;
            let high = block | dice.next() >> 16;
            IpAddr::from(Ipv6Addr::from_bits(u128::from(high) << 64))
        })
        .collect();
    measure("country, IPv4", &v4, |address| places.country(address).is_some());
    measure("country, IPv6", &v6, |address| places.country(address).is_some());
    measure("network, IPv4", &v4, |address| places.network(address).is_some());
    Ok(())
}

fn measure(what: &str, addresses: &[IpAddr], is_known: impl Fn(IpAddr) -> bool) {
    let begun = Instant::now();
    let mut known = 0_usize;
    for _round in 0..ROUNDS {
        known += addresses
            .iter()
            .filter(|address| is_known(black_box(**address)))
            .count();
    }
    let each = begun.elapsed().as_nanos() / (ADDRESSES * ROUNDS) as u128;
    let share = known * 100 / (ADDRESSES * ROUNDS);
    println!("{what:<16}{each:>5} ns a lookup, {share} of 100 known");
}
