//! Whether a list that was fetched can be believed: lists begin to list the world one day, or become a page that says why they ended.
//!
//! In: the list as it was read, what is known of it from before, what no list may name. Out: nothing, or the first reason against it. A list is
//! believed or refused as a whole.

use atalaya_model::{Prefix, Timestamp, reserved_ranges};

use super::FeedConfig;
use super::read::Reading;
use super::state::{Base, FeedState};

/// One in so many lines may name nothing: a longer list has a slip here and there, a page in place of a list has little else.
const WRONG_IN: u64 = 10;
/// So many may be wrong in any list.
const WRONG_ANYWAY: u64 = 3;
/// The widest networks that a list may name: what one registry may hold, and no list of senders names more.
const WIDEST: (u8, u8) = (8, 19);
/// Most IPv6 /64 that a list may cover: as many as the widest network has.
const MOST_NETWORKS: u64 = 1 << 45;
/// A list that covered fewer IPv4 addresses counts as if it covered so many.
const NARROW: u64 = 1 << 16;
/// A list that was shorter may grow as it likes.
const SHORT: u64 = 100;

/// What no list of others may name.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Our own ranges: who names one is lied to, or lies.
    pub own: Vec<Prefix>,
    /// Protected ranges, each with why: a slip may name a few large senders.
    pub protected: Vec<(Prefix, String)>,
}

/// Says why a list cannot be believed.
///
/// # Errors
/// A sentence, which tells what to change where the list is right.
pub(super) fn check(
    reading: &Reading,
    config: &FeedConfig,
    before: &FeedState,
    around: &Surroundings,
) -> Result<(), String> {
    check_lines(reading)?;
    check_ranges(reading, config, around)?;
    check_size(reading, config, before)
}

/// Whether it is a list at all.
fn check_lines(reading: &Reading) -> Result<(), String> {
    let (wrong, lines) = (reading.wrong, reading.lines);
    if wrong > WRONG_ANYWAY && wrong.saturating_mul(WRONG_IN) > lines {
        let first = reading.first_wrong.as_deref().unwrap_or_default();
        return Err(format!(
            "{wrong} of its {lines} lines name no address; the first: {first}"
        ));
    }
    if reading.entries.len() == 0 {
        let first = reading.first_wrong.as_deref().unwrap_or("it is empty");
        return Err(format!("it names no address: {first}"));
    }
    Ok(())
}

/// Whether it covers too much, or changed too much since the last time.
fn check_size(reading: &Reading, config: &FeedConfig, before: &FeedState) -> Result<(), String> {
    let entries = &reading.entries;
    let (covered, most) = (entries.addresses(), config.max_addresses);
    if covered > most {
        return Err(format!(
            "it covers {covered} IPv4 addresses, more than the {most} of max_addresses"
        ));
    }
    if entries.networks() > MOST_NETWORKS {
        return Err(format!(
            "it covers {} IPv6 /64, more than the {MOST_NETWORKS} of a /19",
            entries.networks()
        ));
    }
    check_growth(reading, config, before)
}

/// Whether it changed too much since its growth is measured.
fn check_growth(reading: &Reading, config: &FeedConfig, before: &FeedState) -> Result<(), String> {
    let (entries, covered) = (&reading.entries, reading.entries.addresses());
    let base = before.base.unwrap_or(Base {
        entries: before.entries,
        addresses: before.addresses,
        at: Timestamp::EPOCH,
    });
    let (count, times) = (entries.len() as u64, u64::from(config.max_growth));
    if before.released {
        return Ok(());
    }
    if base.entries > 0 && covered > base.addresses.max(NARROW).saturating_mul(times) {
        return Err(format!(
            "it grew from {} IPv4 addresses to {covered}, which is beyond max_growth ({times}); release it if that is right",
            base.addresses
        ));
    }
    if base.entries.max(count) < SHORT {
        return Ok(());
    }
    let told = |how: &str| {
        Err(format!(
            "it {how} from {} entries to {count}, which is beyond max_growth ({times}); release it if that is right",
            base.entries
        ))
    };
    if base.entries > 0 && count > base.entries.max(SHORT).saturating_mul(times) {
        return told("grew");
    }
    if count.saturating_mul(times) < base.entries {
        return told("shrank");
    }
    Ok(())
}

/// Whether it names what no list may.
fn check_ranges(reading: &Reading, config: &FeedConfig, around: &Surroundings) -> Result<(), String> {
    let entries = &reading.entries;
    if let Some(wide) = entries.wider_than(WIDEST.0, WIDEST.1) {
        return Err(format!(
            "it names {wide}, which is wider than any sender's network"
        ));
    }
    for (range, why) in reserved_ranges() {
        if let (_, Some(entry)) = entries.overlapping(range) {
            return Err(format!(
                "it names {entry}, which is reserved: {why}; to take the rest, put {range} into except"
            ));
        }
    }
    for range in &around.own {
        if let (_, Some(entry)) = entries.overlapping(*range) {
            return Err(format!("it names {entry}, which lies in your own range {range}"));
        }
    }
    let (mut count, mut first) = (0_usize, None);
    for (range, why) in &around.protected {
        let (more, entry) = entries.overlapping(*range);
        count = count.saturating_add(more);
        first = first.or_else(|| entry.map(|entry| (entry, why)));
    }
    match first {
        Some((entry, why)) if count > config.max_protected => Err(format!(
            "it names {count} protected addresses or networks, more than the {} of max_protected; the first is {entry}: {why}",
            config.max_protected
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: Vec<u8>, config: &FeedConfig) -> Result<Reading, String> {
        super::super::read::read(bytes, config, Timestamp::EPOCH)
    }

    /// Why a list cannot be believed that was so long the time before.
    fn told(text: &str, before: u64, change: impl FnOnce(&mut FeedConfig)) -> String {
        let mut config = FeedConfig::new("x", "/x");
        change(&mut config);
        let reading = read(text.into(), &config).unwrap();
        let before = FeedState {
            entries: before,
            ..FeedState::default()
        };
        let around = Surroundings {
            own: vec!["203.0.113.0/24".parse().unwrap()],
            protected: vec![
                (
                    "198.51.100.0/25".parse().unwrap(),
                    "large.example sends there".to_owned(),
                ),
                (
                    "2001:db8:5::/48".parse().unwrap(),
                    "large.example sends there".to_owned(),
                ),
            ],
        };
        check(&reading, &config, &before, &around)
            .err()
            .unwrap_or_default()
    }

    fn long(entries: u32) -> String {
        let line = |number: u32| format!("{}\n", std::net::Ipv4Addr::from_bits(0x0505_0000 | number));
        (0..entries).map(line).collect()
    }

    #[test]
    fn an_ordinary_list_is_believed() {
        let text = "192.0.2.1\n192.0.2.0/24\n2001:db8::/32\nan error\n198.51.100.1\n";
        assert_eq!(told(text, 0, |_| {}), "");
        assert_eq!(told(&long(99), 0, |_| {}), "");
        assert_eq!(told(&long(1_000), 100, |_| {}), "");
        assert_eq!(told(&long(900), 9_000, |_| {}), "");
    }

    #[test]
    fn a_page_in_place_of_a_list_is_refused() {
        let page = "<!DOCTYPE html>\n<html>\n<body>\nGone.\n192.0.2.1\n</body>\n</html>\n";
        let refused = told(page, 0, |_| {});
        assert!(
            refused.contains("6 of its 7 lines") && refused.contains("DOCTYPE"),
            "{refused}"
        );
        assert!(told("<html>Gone</html>", 0, |_| {}).contains("names no address"));
        assert!(told("", 0, |_| {}).contains("it is empty"));
    }

    #[test]
    fn a_list_that_grows_or_shrinks_too_much_is_refused_until_it_is_released() {
        assert!(told(&long(1_001), 100, |_| {}).contains("grew from 100 entries to 1001"));
        assert!(told(&long(8), 100, |_| {}).contains("shrank"));
        assert_eq!(told(&long(1_001), 100, |config| config.max_growth = 20), "");
        assert!(told("192.0.2.0/24\n", 0, |config| config.max_addresses = 255).contains("max_addresses"));
        let config = FeedConfig::new("x", "/x");
        let reading = read(long(5_000).into(), &config).unwrap();
        let released = FeedState {
            entries: 100,
            released: true,
            ..FeedState::default()
        };
        assert_eq!(
            check(&reading, &config, &released, &Surroundings::default()),
            Ok(())
        );
    }

    #[test]
    fn a_list_whose_few_entries_begin_to_cover_much_is_refused() {
        let wide = |networks: u32| -> String {
            let line = |number: u32| {
                format!(
                    "{}/16\n",
                    std::net::Ipv4Addr::from_bits(0x1000_0000 | number << 16)
                )
            };
            (0..networks).map(line).collect()
        };
        assert_eq!(told(&wide(10), 50, |_| {}), "");
        assert!(told(&wide(11), 50, |_| {}).contains("grew from 0 IPv4 addresses to 720896"));
        assert_eq!(told(&wide(11), 0, |_| {}), "", "there was none before");
        assert_eq!(told("2600::/19\n", 0, |_| {}), "");
        assert!(told("2600::/19\n2700::/64\n", 0, |_| {}).contains("IPv6 /64"));
    }

    #[test]
    fn a_list_that_grows_with_each_fetch_is_measured_by_its_base() {
        let config = FeedConfig::new("x", "/x");
        let reading = read(long(1_001).into(), &config).unwrap();
        let mut before = FeedState {
            entries: 900,
            base: Some(Base {
                entries: 100,
                ..Base::default()
            }),
            ..FeedState::default()
        };
        let told = check(&reading, &config, &before, &Surroundings::default());
        assert!(told.unwrap_err().contains("grew from 100 entries to 1001"));
        before.base = None;
        assert_eq!(
            check(&reading, &config, &before, &Surroundings::default()),
            Ok(())
        );
    }

    #[test]
    fn a_list_that_names_the_world_ourselves_or_large_senders_is_refused() {
        for (named, why) in [
            ("0.0.0.0/0", "wider"),
            ("::/0", "wider"),
            ("4.0.0.0/7", "wider"),
            ("127.0.0.1", "reserved"),
            ("10.0.0.0/8", "reserved"),
            ("fe80::1", "reserved"),
            ("203.0.113.9", "your own range"),
            ("203.0.112.0/22", "your own range"),
        ] {
            let refused = told(&format!("192.0.2.1\n{named}\n"), 0, |_| {});
            assert!(refused.contains(why), "{named}: {refused}");
        }
        let few = "198.51.100.1\n198.51.100.2\n2001:db8:5::1\n";
        assert_eq!(told(few, 0, |_| {}), "");
        let refused = told(few, 0, |config| config.max_protected = 2);
        assert!(
            refused.contains("3 protected") && refused.contains("large.example"),
            "{refused}"
        );
    }
}
