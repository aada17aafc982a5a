//! SYNs as packets: what they are read as, in each notation.

use proptest::prelude::*;

use super::*;
use crate::syn::header::NoSyn;

/// An IPv4 packet from the IP header on: the first bytes of each header can be changed by its place.
fn ipv4(options: &[u8], payload: u16, changes: &[(usize, u8)]) -> Vec<u8> {
    let total = u16::try_from(40 + options.len()).unwrap() + payload;
    let mut packet = vec![
        0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 57, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
    ];
    packet[2..4].copy_from_slice(&total.to_be_bytes());
    packet.extend(tcp(options));
    for (at, byte) in changes {
        packet[*at] = *byte;
    }
    packet
}

/// A TCP header with the sequence number 1 and a window of 8192.
fn tcp(options: &[u8]) -> Vec<u8> {
    let words = u8::try_from((20 + options.len()) / 4).unwrap();
    let mut header = vec![
        0xc0,
        0,
        0,
        25,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        words << 4,
        2,
        0x20,
        0,
        0,
        0,
        0,
        0,
    ];
    header.extend(options);
    header
}

/// An IPv6 packet with these bytes between its head and TCP; `next` is the kind of what follows the head.
fn ipv6(next: u8, extensions: &[u8], options: &[u8]) -> Vec<u8> {
    let tcp = tcp(options);
    let length = u16::try_from(extensions.len() + tcp.len()).unwrap();
    let mut packet = vec![0x60, 1, 2, 3, 0, 0, next, 64];
    packet[4..6].copy_from_slice(&length.to_be_bytes());
    packet.extend([1; 32]);
    packet.extend(extensions);
    packet.extend(tcp);
    packet
}

/// What the packet is called: v3, then v2.
fn names(packet: &[u8]) -> (String, String) {
    let syn = Syn::read(packet).unwrap();
    (syn.v3(), syn.v2())
}

const LINUX: [u8; 20] = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7];

#[test]
fn an_ordinary_syn_is_written_in_all_notations() {
    let packet = ipv4(&LINUX, 0, &[(34, 0xfa), (35, 0xf0)]);
    let syn = Syn::read(&packet).unwrap();
    assert_eq!(syn.v3(), "4:57+7:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0");
    assert_eq!(syn.v2(), "S44:57:1:60:M1460,S,T,N,W7:.");
    assert_eq!(syn.signature(), "4:64:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0");
    assert_eq!(
        syn.to_string(),
        "4:57:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+"
    );
}

#[test]
fn each_quirk_has_its_word_and_its_letter() {
    for (changes, v3, v2) in [
        (&[(6, 0)][..], "", "."),
        (&[(6, 0), (4, 0), (5, 0)], "id-", "Z"),
        (&[(4, 0), (5, 0)], "df", "Z"),
        (&[(6, 0xc0)], "df,id+,0+", "."),
        (&[(1, 3)], "df,id+,ecn", "."),
        (&[(33, 0x42)], "df,id+,ecn", "."),
        (&[(32, 0x51)], "df,id+,ecn", "X"),
        (&[(32, 0x54)], "df,id+", "X"),
        (&[(27, 0)], "df,id+,seq-", "Q0"),
        (&[(31, 7)], "df,id+,ack+", "A"),
        (&[(31, 1)], "df,id+,ack+", "QA"),
        (&[(39, 1)], "df,id+,uptr+", "U"),
        (&[(33, 0x22)], "df,id+,urgf+", "F"),
        (&[(33, 0x22), (39, 1)], "df,id+,urgf+", "UF"),
        (&[(33, 0x0a)], "df,id+,pushf+", "F"),
    ] {
        let (seen, old) = names(&ipv4(&[], 0, changes));
        assert_eq!(seen, format!("4:57+7:0:0:8192,0::{v3}:0"), "{changes:?}");
        assert!(
            old.ends_with(&format!(":.:{v2}")),
            "{changes:?}: {old} is not {v2}"
        );
    }
}

#[test]
fn odd_options_are_read_as_far_as_they_go() {
    for (options, mss, scale, v3, v2) in [
        (
            &[8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1][..],
            0,
            0,
            "ts,nop,nop:df,id+,ts1-",
            "T0,N,N:.",
        ),
        (
            &[8, 10, 0, 0, 0, 5, 0, 0, 0, 6, 1, 1],
            0,
            0,
            "ts,nop,nop:df,id+,ts2+",
            "T,N,N:T",
        ),
        (&[3, 3, 15, 0], 0, 15, "ws,eol+0:df,id+,exws", "W15,E:."),
        (&[0, 0, 0, 0], 0, 0, "eol+3:df,id+", "E:P"),
        (&[0, 0, 0, 1], 0, 0, "eol+3:df,id+,opt+", "E:P"),
        (&[2, 5, 5, 0xb4], 1460, 0, "mss:df,id+,bad", "M1460:."),
        (&[1, 2, 4, 5], 0, 0, "nop,mss:df,id+,bad", "N:!"),
        (&[99, 0, 1, 1], 0, 0, "?99:df,id+,bad", ".:!"),
        (&[99, 4, 9, 9], 0, 0, "?99:df,id+", "?99:."),
        (&[1, 1, 1, 4], 0, 0, "nop,nop,nop,sok:df,id+,bad", "N,N,N:!"),
        (
            &[5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
            0,
            0,
            "sack,nop,nop:df,id+",
            "?5,N,N:.",
        ),
    ] {
        let (seen, old) = names(&ipv4(options, 0, &[]));
        assert_eq!(seen, format!("4:57+7:0:{mss}:8192,{scale}:{v3}:0"), "{options:?}");
        let size = 40 + options.len();
        assert_eq!(old, format!("8192:57:1:{size}:{v2}"), "{options:?}");
    }
    let (seen, old) = names(&ipv4(&[1; 40], 0, &[]));
    assert!(
        seen.ends_with(",nop:df,id+,bad:0") && seen.matches("nop").count() == 24,
        "{seen}"
    );
    assert!(old.ends_with("N:!") && old.matches('N').count() == 15, "{old}");
}

#[test]
fn a_window_is_told_by_what_it_is_a_multiple_of() {
    let mss = |mss: u16| [[2, 4], mss.to_be_bytes()].concat();
    let stamped = |mss: u16| {
        [
            &[2, 4],
            &mss.to_be_bytes()[..],
            &[8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1],
        ]
        .concat()
    };
    for (window, options, v3, v2) in [
        (5840_u16, mss(1460), "mss*4", "S4"),
        (5840, mss(1412), "mss*4", "S4"),
        (2816, stamped(1420), "mss*2", "2816"),
        (5792, mss(1400), "mss*4", "5792"),
        (5760, mss(1400), "mtu*4", "T4"),
        (4500, mss(1401), "mtu*3", "T3"),
        (2912, stamped(1400), "mtu*2", "2912"),
        (0, mss(1460), "0", "0"),
        (99, mss(99), "99", "S1"),
    ] {
        let [high, low] = window.to_be_bytes();
        let (seen, old) = names(&ipv4(&options, 0, &[(34, high), (35, low)]));
        assert!(
            seen.contains(&format!(":{v3},0:")),
            "{window}: {seen} is not {v3}"
        );
        assert!(old.starts_with(&format!("{v2}:")), "{window}: {old} is not {v2}");
    }
}

#[test]
fn ipv6_is_read_through_its_extensions() {
    let (seen, old) = names(&ipv6(6, &[], &[2, 4, 5, 0xa0]));
    assert_eq!(seen, "6:64+0:0:1440:8192,0:mss:flow:0");
    assert_eq!(old, "8192:64:1:64:M1440:.");
    let destination = [6, 0, 1, 4, 0, 0, 0, 0];
    assert_eq!(names(&ipv6(60, &destination, &[])).0, "6:64+0:8:0:8192,0::flow:0");
    assert_eq!(Syn::read(&ipv6(44, &destination, &[])), Err(NoSyn::Fragment));
    assert_eq!(Syn::read(&ipv6(17, &[], &[])), Err(NoSyn::NotTcp));
    let endless = [[0, 0, 1, 4, 0, 0, 0, 0]; 9].concat();
    assert_eq!(Syn::read(&ipv6(0, &endless, &[])), Err(NoSyn::NotTcp));
}

#[test]
fn payload_and_ip_options_are_counted_though_the_kernel_keeps_no_payload() {
    let (seen, old) = names(&ipv4(&[], 3, &[]));
    assert_eq!(
        (seen.as_str(), old.as_str()),
        ("4:57+7:0:0:8192,0::df,id+:+", "8192:57:1:43:.:D")
    );
    assert!(names(&ipv4(&[], 60, &[])).1.contains(":*(100):"), "big");
    let mut packet = ipv4(&[], 4, &[(0, 0x46)]);
    packet.splice(20..20, [1, 1, 1, 0]);
    assert_eq!(
        names(&packet),
        (
            "4:57+7:4:0:8192,0::df,id+:0".to_owned(),
            "8192:57:1:44:.:I".to_owned()
        )
    );
}

#[test]
fn what_is_no_syn_is_refused_with_its_reason() {
    for (packet, why) in [
        (Vec::new(), NoSyn::NotTcp),
        (vec![0x55; 60], NoSyn::NotTcp),
        (ipv4(&[], 0, &[(9, 17)]), NoSyn::NotTcp),
        (ipv4(&[], 0, &[(6, 0x20)]), NoSyn::Fragment),
        (ipv4(&[], 0, &[(7, 1)]), NoSyn::Fragment),
        (ipv4(&[], 0, &[(33, 0x12)]), NoSyn::OtherPacket),
        (ipv4(&[], 0, &[(33, 0x03)]), NoSyn::OtherPacket),
        (ipv4(&[], 0, &[(0, 0x44)]), NoSyn::BadHeader),
        (ipv4(&[], 0, &[(32, 0x40)]), NoSyn::BadHeader),
        (ipv4(&[], 0, &[(32, 0x60)]), NoSyn::BadHeader),
        (ipv4(&[], 0, &[(3, 39)]), NoSyn::BadHeader),
        (ipv4(&[], 0, &[])[..39].to_vec(), NoSyn::BadHeader),
        (ipv6(6, &[], &[])[..39].to_vec(), NoSyn::BadHeader),
    ] {
        assert_eq!(Syn::read(&packet), Err(why), "{packet:02x?}");
    }
}

#[test]
fn the_distance_is_guessed_from_the_usual_beginnings() {
    for (ttl, v3) in [
        (0, "0+32"),
        (32, "32+0"),
        (52, "52+12"),
        (90, "90+?"),
        (100, "100+28"),
        (150, "150+?"),
        (250, "250+5"),
    ] {
        let seen = names(&ipv4(&[], 0, &[(8, ttl)])).0;
        assert!(seen.starts_with(&format!("4:{v3}:")), "{seen}");
    }
}

#[test]
fn the_ends_of_a_connection_are_found() {
    let (source, destination) = ends(&ipv4(&[], 0, &[])).unwrap();
    assert_eq!(
        (source, destination),
        (
            "192.0.2.1:49152".parse().unwrap(),
            "192.0.2.2:25".parse().unwrap()
        )
    );
    assert_eq!(
        ends(&ipv6(6, &[], &[])).unwrap().1.to_string(),
        "[101:101:101:101:101:101:101:101]:25"
    );
    assert_eq!(ends(&[0x45]), None);
}

#[test]
fn what_was_not_kept_is_unavailable() {
    assert_eq!(Syn::fingerprint(None), Fingerprint::UNAVAILABLE);
    assert_eq!(Syn::fingerprint(Some(b"no packet")), Fingerprint::UNAVAILABLE);
    assert_eq!(Syn::of(&Fingerprint::UNAVAILABLE), None);
    let packet = ipv4(&LINUX, 0, &[]);
    let kept = Syn::fingerprint(Some(&packet));
    assert_eq!(Syn::of(&kept), Syn::read(&packet).ok());
    let json = serde_json::to_string(&[&kept, &Fingerprint::UNAVAILABLE]).unwrap();
    let read: Vec<Fingerprint> = serde_json::from_str(&json).unwrap();
    assert_eq!(read, [kept, Fingerprint::UNAVAILABLE]);
    assert!(serde_json::from_str::<Fingerprint>("\"unknown\"").is_err());
}

#[test]
fn a_syn_has_one_text_only() {
    let text = "4:57:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+";
    assert_eq!(text.parse::<Syn>().unwrap().to_string(), text);
    for wrong in [
        "",
        "4:57",
        "5:57:0:60+0:1460:64240,7:mss:df",
        "4:057:0:60+0:1460:64240,7:mss:df",
        "4:57:0:60+0:1460:64240,7:mss:id+,df",
        "4:57:0:60+0:1460:64240,7:mss:df,df",
        "4:57:0:60+0:1460:64240,7:?2:df",
        "4:57:0:60+0:1460:64240,7:?0:df",
        "4:57:0:60+0:1460:64240,7:eol+1,mss:df",
        "4:57:0:60+0:1460:64240,7:mss:df:0",
        "4:57:0:60:1460:64240,7:mss:df",
        "4:257:0:60+0:1460:64240,7:mss:df",
    ] {
        assert_eq!(wrong.parse::<Syn>(), Err(BadSyn), "{wrong}");
    }
}

proptest! {
    #[test]
    fn every_syn_is_read_back_from_its_text(
        mut packet in proptest::collection::vec(any::<u8>(), 60..140),
        is_v6: bool,
        words in 5_u8..16,
    ) {
        // As random as a packet can be that is a SYN.
        let header = if is_v6 { 40 } else { 20 };
        packet[0] = if is_v6 { 0x60 } else { 0x45 };
        packet[if is_v6 { 6 } else { 9 }] = 6;
        packet[if is_v6 { 4 } else { 2 }] |= 1;
        if !is_v6 {
            (packet[6], packet[7]) = (packet[6] & 0xc0, 0);
        }
        packet[header + 12] = words << 4 | packet[header + 12] & 15;
        packet[header + 13] = packet[header + 13] & 0xe8 | 2;
        if let Ok(syn) = Syn::read(&packet) {
            let text = syn.to_string();
            prop_assert_eq!(text.parse::<Syn>(), Ok(syn.clone()));
            let kept = Fingerprint::from(&syn);
            prop_assert_eq!(kept.syn(), Some(text.as_str()));
            prop_assert_eq!(Syn::of(&kept), Some(syn));
        } else {
            prop_assert!(packet.len() < header + usize::from(words) * 4);
        }
    }

    #[test]
    fn no_text_is_read_that_is_not_its_own(text in "[46]:[0-9]{1,3}:0:[0-9]{2}\\+[0-9]:[0-9]{1,4}:[0-9]{1,5},[0-9]:(mss|nop|ws|ts|eol.1|\\?9)?(,sok)?:(df)?(,id.)?") {
        if let Ok(syn) = text.parse::<Syn>() {
            prop_assert_eq!(syn.to_string(), text);
        }
    }
}
