//! Target `words`: texts that become a type at the border.
//!
//! Input: one text, read as each of them. What is read and written again is the same.

use std::fmt::{Debug, Display};
use std::net::IpAddr;
use std::str::FromStr;

use atalaya_formats::why::Why;
use atalaya_formats::{AddressRange, dnsbl};
use atalaya_model::{ByteSize, Class, MailAddress, Period, Prefix, Timestamp};
use atalaya_publish::NameServer;

/// Reads a text as every word that a person may type.
pub fn words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    again::<Period>(&text);
    again::<ByteSize>(&text);
    again::<Class>(&text);
    again::<NameServer>(&text);
    if let Some(address) = again::<MailAddress>(&text) {
        assert!(address.as_str().is_ascii() && address.as_str().len() <= 254);
        assert_eq!(address.domain(), address.domain().to_ascii_lowercase());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        // Fractions of a second are read and not written.
        assert_eq!(
            moment.to_string().parse::<Timestamp>().unwrap().seconds(),
            moment.seconds()
        );
    }
    if let Some(prefix) = again::<Prefix>(&text) {
        prefix_is_sound(prefix);
    }
    if let Some(range) = AddressRange::read(&text) {
        range_is_sound(range);
    }
    if let Some(why) = Why::read(&text) {
        assert_eq!(why.to_string(), text, "only the very sentence is read");
        assert!(!why.spanish().is_empty());
    }
    labels(data);
}

/// Reads, writes and reads again.
fn again<T>(text: &str) -> Option<T>
where
    T: FromStr + Display + PartialEq + Debug,
{
    let read: T = text.parse().ok()?;
    let written = read.to_string();
    let again = written.parse().ok();
    assert_eq!(again.as_ref(), Some(&read), "{text:?} became {written:?}");
    Some(read)
}

/// A prefix covers itself from end to end, and so does each that it lies in.
fn prefix_is_sound(prefix: Prefix) {
    for parent in prefix.with_parents() {
        assert!(parent.covers(&prefix) && parent.overlaps(&prefix));
        assert!(parent.contains(prefix.network()) && parent.contains(prefix.last()));
    }
    assert!(Prefix::unit(prefix.network()).contains(prefix.network()));
    if let Some(name) = dnsbl::write(&prefix) {
        let meaning = dnsbl::read(name.split('.').map(str::as_bytes));
        assert!(
            meaning.prefixes().any(|read| read == prefix),
            "{name} for {prefix}"
        );
    }
}

/// The prefix around an address of a range lies in the range.
fn range_is_sound(range: AddressRange) {
    for address in [range.first(), range.last()] {
        let prefix = range.prefix_around(address).unwrap();
        assert!(
            range.contains(prefix.network()) && range.contains(prefix.last()),
            "{prefix} of {range}"
        );
    }
    assert_eq!(AddressRange::read(&range.to_string()), Some(range));
}

/// Labels mean an address only if they are the labels of that address, but for the case of their letters.
fn labels(data: &[u8]) {
    let meaning = dnsbl::read(data.split(|byte| *byte == b'.'));
    let Some(address) = meaning.address() else { return };
    let written = match address {
        IpAddr::V4(_) => dnsbl::write(&Prefix::single(address)),
        IpAddr::V6(_) => dnsbl::write(&Prefix::single(address)).filter(|name| name.len() == 63),
    };
    let read = String::from_utf8_lossy(data).to_ascii_lowercase();
    // 192.0.2.1 can be asked for in nibbles too, as ::ffff:192.0.2.1.
    let mapped = address.is_ipv4()
        && read.len() == 63
        && read.ends_with("f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0");
    assert!(
        mapped || written.as_deref() == Some(read.as_str()),
        "{read} means {address}"
    );
}
