//! Finding, comparing, and writing entries.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn entries(named: &[&str]) -> Entries {
    let mut entries = Entries::default();
    for text in named {
        entries.push(prefix(text), Mark::new(Kind::Listed, None));
    }
    entries.sort();
    entries
}

fn at(hour: i64) -> Timestamp {
    Timestamp::from_seconds(500_000 * 3_600 + hour * 3_600)
}

/// Fetched at one hour, looked at in another, with entries that count for a day.
fn moments(fetched: i64, now: i64) -> Moments {
    Moments {
        now: at(now),
        fetched_at: at(fetched),
        expires: DAY,
    }
}

fn finds(entries: &Entries, address: &str, moments: Moments) -> bool {
    entries.find(address.parse().unwrap(), moments).is_some()
}

#[test]
fn an_address_is_found_by_itself_and_by_the_network_around_it() {
    let all = entries(&["192.0.2.1", "198.51.100.0/24", "2001:db8:1::/48", "2001:db8:2::7"]);
    let now = moments(0, 0);
    for address in [
        "192.0.2.1",
        "198.51.100.255",
        "2001:db8:1:2::3",
        "2001:db8:2::8",
        "::ffff:192.0.2.1",
    ] {
        assert!(finds(&all, address, now), "{address}");
    }
    for address in ["192.0.2.2", "198.51.101.0", "2001:db8:2:1::7"] {
        assert!(!finds(&all, address, now), "{address}");
    }
    assert_eq!((all.len(), all.addresses()), (4, 257));
    assert_eq!(all.wider_than(24, 48), None);
    assert_eq!(all.wider_than(25, 48), Some(prefix("198.51.100.0/24")));
}

#[test]
fn what_leaves_the_list_counts_until_it_expires_and_so_does_a_list_that_is_not_fetched() {
    let first = entries(&["192.0.2.1", "192.0.2.2", "198.51.100.0/24"]);
    assert!(finds(&first, "192.0.2.1", moments(0, 24)));
    assert!(!finds(&first, "192.0.2.1", moments(0, 25)), "the list is stale");
    let (second, changes) = entries(&["192.0.2.2", "192.0.2.3"]).after(&first, moments(0, 10));
    assert_eq!(changes, Changes { new: 1, gone: 2 });
    for address in ["192.0.2.1", "192.0.2.2", "198.51.100.1"] {
        assert!(finds(&second, address, moments(10, 24)), "{address}");
    }
    assert!(
        !finds(&second, "192.0.2.1", moments(20, 25)),
        "a day after it was named last"
    );
    assert!(finds(&second, "192.0.2.2", moments(20, 25)));
    let (third, changes) = entries(&["192.0.2.1", "192.0.2.3"]).after(&second, moments(20, 30));
    assert_eq!(changes, Changes { new: 1, gone: 1 }, "it came back");
    assert_eq!(third.len(), 3, "what expired is forgotten");
}

#[test]
fn of_those_that_left_the_first_are_forgotten_where_they_are_too_many() {
    let first = entries(&["192.0.2.1", "198.51.100.0/24"]);
    let (second, _) = entries(&["192.0.2.2", "192.0.2.3"]).after(&first, moments(0, 1));
    let (mut third, _) = entries(&["192.0.2.4"]).after(&second, moments(2, 3));
    assert_eq!(third.len(), 5);
    third.bound(5);
    assert_eq!(third.len(), 5);
    third.bound(4);
    assert!(!finds(&third, "192.0.2.1", moments(3, 3)), "it left first");
    assert!(finds(&third, "198.51.100.1", moments(3, 3)));
    third.bound(2);
    assert!(!finds(&third, "198.51.100.1", moments(3, 3)));
    assert_eq!(third.len(), 2);
    third.bound(0);
    assert_eq!(third, entries(&["192.0.2.4"]), "what the list names stays");
}

#[test]
fn a_file_that_tells_of_too_many_entries_is_refused() {
    let mut plain = b"atalaya entries1".to_vec();
    for count in [MOST_KEPT as u64, 1] {
        plain.extend(count.to_le_bytes());
    }
    let packed = zstd::stream::encode_all(plain.as_slice(), 1).unwrap();
    let kind = Entries::unpack(&packed).unwrap_err().kind();
    assert_eq!(kind, std::io::ErrorKind::InvalidData);
}

#[test]
fn a_time_to_come_keeps_no_entry_for_ever() {
    let mut timed = Entries::default();
    timed.push(prefix("192.0.2.1"), Mark::new(Kind::Bot, Some(at(9_000))));
    timed.sort();
    assert!(finds(&timed, "192.0.2.1", moments(0, 24)));
    assert!(!finds(&timed, "192.0.2.1", moments(0, 25)));
}

#[test]
fn an_entry_with_a_time_of_its_own_counts_from_then() {
    let mut timed = Entries::default();
    timed.push(prefix("192.0.2.1"), Mark::new(Kind::Bot, Some(at(-30))));
    timed.push(prefix("192.0.2.2"), Mark::new(Kind::Bot, Some(at(-30))));
    timed.push(prefix("192.0.2.2"), Mark::new(Kind::Spam, Some(at(-3))));
    timed.sort();
    assert!(!finds(&timed, "192.0.2.1", moments(0, 0)));
    let found = timed.find("192.0.2.2".parse().unwrap(), moments(0, 0));
    assert_eq!(found, Some(Kind::Spam), "the youngest of two");
}

#[test]
fn a_file_of_entries_is_read_back_or_refused() {
    let all = entries(&["192.0.2.1", "198.51.100.0/24", "2001:db8::/32", "0.0.0.0/0"]);
    let packed = all.pack().unwrap();
    assert_eq!(Entries::unpack(&packed).unwrap(), all);
    assert!(Entries::unpack(&packed[..packed.len() - 3]).is_err());
    assert!(Entries::unpack(b"").is_err());
    let other = zstd::stream::encode_all(&b"atalaya entries2 and more"[..], 1).unwrap();
    assert!(Entries::unpack(&other).is_err());
}

fn any_prefix() -> impl Strategy<Value = Prefix> {
    (any::<u16>(), 14_u8..=32)
        .prop_map(|(low, length)| Prefix::new(Ipv4Addr::from(0xc000_0000 | u32::from(low)).into(), length))
}

proptest! {
    #[test]
    fn entries_agree_with_a_plain_search(
        named in proptest::collection::vec(any_prefix(), 0..12),
        before in proptest::collection::vec(any_prefix(), 0..12),
        asked in any_prefix(),
    ) {
        let build = |named: &[Prefix]| {
            let mut all = Entries::default();
            named.iter().for_each(|prefix| all.push(*prefix, Mark::new(Kind::Listed, None)));
            all.sort();
            all
        };
        let (old, new) = (build(&before), build(&named));
        let unique: BTreeMap<Prefix, ()> = named.iter().map(|prefix| (*prefix, ())).collect();
        let overlapping = unique.keys().filter(|prefix| prefix.overlaps(&asked)).count();
        prop_assert_eq!(new.overlapping(asked).0, overlapping);
        prop_assert_eq!(new.overlapping(asked).1.is_some(), overlapping > 0);
        let address = asked.network();
        let is_named = named.iter().any(|prefix| prefix.contains(address));
        prop_assert_eq!(new.find(address, moments(0, 0)).is_some(), is_named);
        let was_named = before.iter().any(|prefix| prefix.contains(address));
        let (both, changes) = new.clone().after(&old, moments(0, 1));
        prop_assert_eq!(both.find(address, moments(1, 1)).is_some(), is_named || was_named);
        let gone = before.iter().filter(|prefix| !unique.contains_key(prefix));
        let gone: BTreeMap<Prefix, ()> = gone.map(|prefix| (*prefix, ())).collect();
        prop_assert_eq!(changes.gone, gone.len() as u64);
        let packed = both.pack().unwrap();
        prop_assert_eq!(Entries::unpack(&packed).unwrap(), both);
    }
}
