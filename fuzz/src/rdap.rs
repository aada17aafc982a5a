//! Target `rdap`: what a registry answers, which may be anybody.
//!
//! Input: a body, read as every kind of answer that there is.

use std::net::IpAddr;

use atalaya_formats::Mailbox;
use atalaya_formats::rdap::{self, Bootstrap, Network};
use atalaya_model::{Prefix, Timestamp};

use crate::text::assert_presentable;

/// Most mailboxes of one answer.
const MOST_MAILBOXES: usize = 64;

/// Longest name of a network.
const LONGEST_NAME: usize = 120;

/// Reads a body as a network, as an abuse entity and as a bootstrap file.
pub fn rdap(data: &[u8]) {
    if let Ok(network) = rdap::read(data) {
        network_is_sound(&network);
    }
    if let Ok(mailboxes) = rdap::read_abuse_entity(data) {
        assert!(mailboxes.len() <= MOST_MAILBOXES);
    }
    if let Ok(autnum) = rdap::read_autnum(data) {
        assert!(autnum.first <= autnum.last);
    }
    if let Ok(domain) = rdap::read_domain(data) {
        assert_presentable(&domain.name, LONGEST_NAME);
        assert_presentable(&domain.registrar, LONGEST_NAME);
        mailboxes_are_sound(&domain.mailboxes);
    }
    if let Ok(bootstrap) = Bootstrap::read(data) {
        let url = bootstrap.server_for_name("www.example.com").unwrap_or("https://");
        assert!(
            url.starts_with("https://") || url.starts_with("http://"),
            "{url:?}"
        );
        bootstrap_is_sound(&bootstrap);
    }
    let (text, now) = (
        String::from_utf8_lossy(data),
        Timestamp::from_seconds(1_795_435_200),
    );
    let when = rdap::retry_after(&text, now);
    let in_seconds = text.trim().parse::<u32>().is_ok();
    assert!(
        !in_seconds || when >= Some(now),
        "a wait that ends before it begins: {when:?}"
    );
}

/// An answer speaks for the addresses that it names, and for no others.
fn network_is_sound(network: &Network) {
    assert_presentable(&network.name, LONGEST_NAME);
    assert_presentable(&network.handle, LONGEST_NAME);
    mailboxes_are_sound(&network.mailboxes);
    let ends = network
        .range
        .into_iter()
        .flat_map(|range| [range.first(), range.last()]);
    let inside = network
        .cidrs
        .iter()
        .flat_map(|cidr| [cidr.network(), cidr.last()]);
    for address in ends.chain(inside) {
        let Some(prefix) = network.prefix_for(address) else {
            continue;
        };
        assert!(prefix.contains(address), "{prefix} for {address}");
        if let Some(range) = network.range {
            assert!(
                range.contains(prefix.network()) && range.contains(prefix.last()),
                "{prefix} is not in {range}"
            );
        }
    }
}

/// Each mailbox stands once, the best first.
pub(crate) fn mailboxes_are_sound(mailboxes: &[Mailbox]) {
    assert!(mailboxes.len() <= MOST_MAILBOXES);
    assert!(mailboxes.is_sorted_by_key(|mailbox| mailbox.rank));
    for (place, mailbox) in mailboxes.iter().enumerate() {
        let behind = mailboxes.iter().skip(place + 1);
        assert!(
            behind.clone().all(|other| other.address != mailbox.address),
            "{} twice",
            mailbox.address
        );
    }
}

/// The server for an address is one that can be asked, and answers for that address.
fn bootstrap_is_sound(bootstrap: &Bootstrap) {
    let addresses = [
        "0.0.0.0",
        "127.0.0.1",
        "192.0.2.1",
        "198.51.100.255",
        "::",
        "2001:db8::1",
        "ffff::",
    ];
    for address in addresses.map(|address| address.parse::<IpAddr>().unwrap()) {
        let Some((prefix, url)) = bootstrap.server_for(address) else {
            continue;
        };
        assert!(prefix.covers(&Prefix::single(address)), "{prefix} for {address}");
        assert!(
            url.starts_with("https://") || url.starts_with("http://"),
            "{url:?}"
        );
    }
}
