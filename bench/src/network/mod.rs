//! The page of one network with very many listings, in the server as users run it: its first page, one deep in, one that nothing stands on, the
//! table of all, and the pages of the API.
//!
//! In: `--listings NUMBER` and `--binary FILE`, if wished. Out: how long each took and how many bytes it has.

mod scene;

use anyhow::Context;

use crate::asking::ask;
use crate::process::{Server, binary};
use crate::spread::Spread;
use scene::Scene;

/// Listings of the network, unless another number is given.
const LISTINGS: u32 = 100_000;
/// Pages of each kind.
const PAGES: u32 = 200;
/// Tables of all.
const TABLES: u32 = 5;

/// Prepares the store, starts the server, and asks.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let listings = match arguments.iter().position(|argument| argument == "--listings") {
        Some(at) => arguments
            .get(at + 1)
            .context("--listings needs a number")?
            .parse()?,
        None => LISTINGS,
    };
    let binary = binary(arguments)?;
    let folder = tempfile::tempdir_in(".").context("cannot make a data folder here")?;
    let scene = Scene::prepare(folder.path(), listings)?;
    let (server, at) = Server::atalaya(&binary, folder.path(), &scene::config())?;
    println!("{listings} listings of one network, one request at a time");
    let page = format!("/network/{}", scene.ticket);
    let api = format!("/api/v1/network/{}", scene.ticket);
    let (deep, end) = (scene.middle, scene.first);
    for (what, path, count) in [
        ("first page", page.clone(), PAGES),
        (
            "page in the middle",
            format!("{page}?part=listed&before={deep}"),
            PAGES,
        ),
        ("last page", format!("{page}?part=listed&before={end}"), PAGES),
        ("page of the ended", format!("{page}?part=ended"), PAGES),
        ("first of the API", api.clone(), PAGES),
        (
            "middle of the API",
            format!("{api}?part=listed&before={deep}"),
            PAGES,
        ),
        ("table of all", format!("{page}/addresses.csv"), TABLES),
    ] {
        let before = server.processor_seconds()?;
        let (mut spread, mut bytes) = (Spread::default(), 0);
        for _ in 0..count {
            let answer = ask(at.http, &path, "")?;
            bytes = answer.bytes.len();
            spread.add(answer.took);
        }
        let processor = (server.processor_seconds()? - before) * 1e3 / f64::from(count);
        println!("  {what:<20} {spread}, {processor:.1} ms of the server's processors, {bytes} bytes");
    }
    Ok(())
}
