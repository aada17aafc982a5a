//! Testing a DNS blocklist: whether it lives, and whether it lists what nobody has.
//!
//! Every list lists 127.0.0.2 and none lists 127.0.0.1 (RFC 5782 section 5). A list whose domain was given up lists nothing, or, where the new holder
//! answers to every name, everything; the latter answers to a name that is no address, too.

use std::net::Ipv4Addr;

use atalaya_formats::dnsbl;
use atalaya_model::Prefix;
use atalaya_net::Resolver;
use uuid::Uuid;

use super::{Families, UpstreamList, answer};

/// The names of the addresses that every list and that no list has, in both families: `::ffff:127.0.0.2` and `::ffff:127.0.0.1`.
const ALWAYS: [&str; 2] = [
    "2.0.0.127",
    "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
];
/// Those that no list has.
const NEVER: [&str; 2] = [
    "1.0.0.127",
    "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
];
/// Networks of documents (RFC 5737), which no machine has an address of. A list of bogons may have one of them.
const NOBODY: [[u8; 3]; 3] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];

/// Tests a list.
///
/// # Errors
/// Why it may not be used, as a sentence.
pub(super) async fn probe(list: &UpstreamList, resolver: &Resolver) -> Result<(), String> {
    let families = match list.addresses {
        Families::Ipv4 => 1,
        Families::Both => 2,
    };
    let ask = async |labels: &str| has(list, resolver, labels).await;
    for (labels, address) in ALWAYS
        .iter()
        .zip(["127.0.0.2", "::ffff:127.0.0.2"])
        .take(families)
    {
        if !ask(labels).await? {
            return Err(format!(
                "it does not list {address}, as every living list does (RFC 5782)"
            ));
        }
    }
    for (labels, address) in NEVER.iter().zip(["127.0.0.1", "::ffff:127.0.0.1"]).take(families) {
        if ask(labels).await? {
            return Err(format!("it lists {address}, which no list may (RFC 5782)"));
        }
    }
    let random = Uuid::new_v4();
    if ask(&format!("atalaya-{}", random.simple())).await? {
        return Err("it answers to every name, as a domain does that was given up".to_owned());
    }
    let mut listed = 0_usize;
    for ([a, b, c], byte) in NOBODY.into_iter().zip(random.into_bytes()) {
        let address = Ipv4Addr::new(a, b, c, byte);
        let labels = dnsbl::write(&Prefix::from(address)).unwrap_or_default();
        listed = listed.saturating_add(usize::from(ask(&labels).await?));
    }
    if listed == NOBODY.len() {
        return Err("it lists addresses that nobody has".to_owned());
    }
    Ok(())
}

/// Whether a list has anything at a name. What it answers with must be codes.
async fn has(list: &UpstreamList, resolver: &Resolver, labels: &str) -> Result<bool, String> {
    let name = format!("{labels}.{}", list.zone);
    match resolver.codes(&name).await {
        Ok(codes) => answer::read(&codes.addresses, list).map(|_said| !codes.addresses.is_empty()),
        Err(_unanswered) => Err("it does not answer".to_owned()),
    }
}
