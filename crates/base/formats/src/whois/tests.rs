//! Recorded answers of every registry, the shapes of national registries, and arbitrary bytes.

use proptest::prelude::*;

use super::*;
use crate::mailbox::Basis;

fn recorded(path: &str) -> Option<Vec<u8>> {
    let Some(path) = atalaya_testkit::data(&format!("rdap-whois/{path}")) else {
        atalaya_testkit::skip("the shared test data is absent");
        return None;
    };
    Some(std::fs::read(path).unwrap())
}

/// The mailboxes of the best rank, without those of registries themselves, and why these.
fn best(mailboxes: &[Mailbox]) -> (Vec<String>, Option<Basis>) {
    const REGISTRIES: [&str; 4] = ["nic.or.kr", "apnic.net", "ripe.net", "arin.net"];
    let left: Vec<_> = mailboxes
        .iter()
        .filter(|found| !REGISTRIES.contains(&found.address.domain()))
        .collect();
    let rank = left.iter().map(|found| found.rank).min();
    let best = left.iter().filter(|found| Some(found.rank) == rank);
    (
        best.map(|found| found.address.to_string()).collect(),
        left.first().map(|found| found.basis),
    )
}

type Expected = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<Basis>,
    Option<&'static str>,
);

/// File, address asked for, prefix, name, mailboxes to write to, why these, referral. Expected by reading the files.
const ANSWERS: [Expected; 11] = [
    (
        "ipwhois-v4/62.239.237.1.whois.txt",
        "62.239.237.1",
        "62.239.237.0/24",
        "BT-CORPORATE",
        "protect@bt.com",
        Some(Basis::Named),
        None,
    ),
    (
        "ipwhois-v4/200.57.141.161.whois.txt",
        "200.57.141.161",
        "200.57.128.0/19",
        "Triara.com, S.A. de C.V.",
        "operacion.redes@triara.com",
        Some(Basis::Named),
        None,
    ),
    // Two networks hold the address: the narrower one counts. Its incident team is the Korean registry's own.
    (
        "ipwhois-v4/210.107.73.73.whois.txt",
        "210.107.73.73",
        "210.107.0.0/17",
        "BORANET-NET-210-107",
        "abuse@bora.net",
        Some(Basis::LocalPart),
        None,
    ),
    (
        "ipwhois-v4/74.125.225.229.whois.txt",
        "74.125.225.229",
        "74.125.0.0/16",
        "GOOGLE",
        "arin-contact@google.com",
        Some(Basis::Named),
        None,
    ),
    (
        "ipwhois-v4/196.11.240.215.whois.txt",
        "196.11.240.215",
        "196.11.240.0/22",
        "NET-196-11-239-0",
        "abuse@mtnbusiness.co.za",
        Some(Basis::Remark),
        None,
    ),
    // The comment line goes before the two mailboxes marked further down.
    (
        "ripego/ripe.txt",
        "178.18.196.9",
        "178.18.192.0/20",
        "TR-VARGONEN-20100423",
        "noc@vt.com.tr",
        Some(Basis::Named),
        None,
    ),
    // ARIN's own network: nobody to write to.
    (
        "ripego/arin.txt",
        "199.43.0.44",
        "199.43.0.0/24",
        "ARIN-ASH",
        "",
        None,
        None,
    ),
    (
        "ruby-whois-referrals/arin_referral_apnic.txt",
        "144.134.121.81",
        "144.132.0.0/14",
        "APNIC-ERX-144-130-0-0",
        "",
        None,
        Some("whois.apnic.net"),
    ),
    (
        "ruby-whois-referrals/arin_referral_whois.txt",
        "130.66.76.222",
        "130.66.0.0/15",
        "RIPE-ERX-130-66-0-0",
        "",
        None,
        Some("whois.ripe.net"),
    ),
    (
        "ruby-whois-referrals/arin_referral_missing.txt",
        "4.2.2.1",
        "4.0.0.0/8",
        "LVLT-ORG-4-8",
        "security@level3.com",
        Some(Basis::Named),
        None,
    ),
    // The referral is to RWhois, which is another protocol.
    (
        "ruby-whois-referrals/arin_referral_rwhois.txt",
        "69.65.39.166",
        "69.65.0.0/18",
        "IPNAP",
        "abuse@gigenet.com",
        Some(Basis::Named),
        None,
    ),
];

#[test]
fn the_recorded_answers_give_their_abuse_contacts() {
    for (file, address, prefix, name, mailboxes, basis, referral) in ANSWERS {
        let Some(bytes) = recorded(file) else { return };
        let answer = read(&bytes);
        let found = answer.about(address.parse().unwrap()).unwrap();
        assert_eq!(found.prefix.to_string(), prefix, "{file}");
        assert_eq!(found.name, name, "{file}");
        let expected: Vec<String> = mailboxes.split_whitespace().map(str::to_owned).collect();
        assert_eq!(best(&found.mailboxes), (expected, basis), "{file}");
        assert_eq!(
            answer.referral.as_ref().map(|referral| referral.host.as_str()),
            referral,
            "{file}"
        );
        assert_eq!(answer.refusal, None, "{file}");
        assert_eq!(
            answer.about("203.0.113.1".parse().unwrap()),
            None,
            "{file} does not speak for others"
        );
    }
}

#[test]
fn a_range_with_an_odd_end_gives_the_prefix_inside_it() {
    let Some(bytes) = recorded("ruby-whois-referrals/arin_referral_ripe.txt") else {
        return;
    };
    let found = read(&bytes).about("128.79.21.5".parse().unwrap()).unwrap();
    assert_eq!(found.prefix.to_string(), "128.79.0.0/19");
    assert_eq!(
        best(&found.mailboxes),
        (
            vec!["abuse_box@bouyguestelecom.fr".to_owned()],
            Some(Basis::Marked)
        )
    );
}

/// Texts of our own in the shapes of registries that the recorded answers do not show. Text, mailbox to write to.
const SHAPES: [(&str, &str); 8] = [
    // Korea: headings, spaces before the colon.
    (
        "[ Network Information ]\nIPv4 Address       : 192.0.2.0 - 192.0.2.255 (/24)\nNetwork Name       : EXAMPLE\n\n\
      [ Admin Contact Information ]\nE-Mail             : ip@example.net\n\n\
      [ Network Abuse Contact Information ]\nName               : x\nE-Mail             : cert@example.net\n",
        "cert@example.net",
    ),
    // Japan: letters and brackets.
    (
        "[ JPNIC database ]\n\nNetwork Information:\na. [Network Number]             192.0.2.0/24\nb. [Network Name]               EXAMPLE\n\
      m. [Administrative Contact]     X1\n[Abuse]                         abuse-desk@example.net\n",
        "abuse-desk@example.net",
    ),
    // Brazil: a handle of its own kind.
    (
        "inetnum:     192.0.2.0/24\nowner:       Example\nabuse-c:     FAN\n\nnic-hdl-br:  FAN\ne-mail:      cert@example.net\n",
        "cert@example.net",
    ),
    // ARIN: the network's own contact before the organisation's.
    (
        "NetRange: 192.0.2.0 - 192.0.2.255\n\nOrgAbuseEmail: org@example.net\n\nRAbuseEmail: net@example.net\n",
        "net@example.net",
    ),
    // ARIN: a customer's network without a contact inside its provider's.
    (
        "# start\n\nNetRange: 192.0.0.0 - 192.0.255.255\nNetName: WIDE\n\nOrgAbuseEmail: abuse@example.net\n\n# end\n\n# start\n\n\
      NetRange: 192.0.2.0 - 192.0.2.127\nNetName: CUSTOMER\n\n# end\n",
        "abuse@example.net",
    ),
    // An incident team.
    (
        "inetnum: 192.0.2.0 - 192.0.2.255\nmnt-irt: IRT-X\n\nirt: IRT-X\ne-mail: people@example.net\nabuse-mailbox: irt@example.net\n\n\
      role: Y\nabuse-mailbox: other@example.net\n",
        "irt@example.net",
    ),
    // Persons are not written to.
    (
        "inetnum: 192.0.2.0 - 192.0.2.255\nadmin-c: P\n\nperson: P\ne-mail: person@example.net\nnotify: abuse@example.net\n",
        "",
    ),
    // A mailbox that the registry calls invalid.
    (
        "inetnum: 192.0.2.0 - 192.0.2.255\nmnt-irt: I\n\nirt: I\nabuse-mailbox: abuse@example.net\nremarks: abuse@example.net is invalid\n",
        "",
    ),
];

#[test]
fn the_shapes_of_other_registries_are_read() {
    for (text, mailbox) in SHAPES {
        let found = read(text.as_bytes()).about("192.0.2.1".parse().unwrap()).unwrap();
        assert_eq!(best(&found.mailboxes).0.join(" "), mailbox, "{text}");
    }
    let narrow = read(SHAPES[4].0.as_bytes())
        .about("192.0.2.1".parse().unwrap())
        .unwrap();
    assert_eq!(
        (narrow.prefix.to_string().as_str(), narrow.name.as_str()),
        ("192.0.2.0/25", "CUSTOMER")
    );
}

#[test]
fn latin_1_is_tolerated() {
    let found = read(b"inetnum: 192.0.2.0/24\nowner: Espa\xf1a\nabuse-mailbox: a@example.net\n")
        .about("192.0.2.1".parse().unwrap());
    assert_eq!(found.unwrap().name, "Espa\u{f1}a");
}

#[test]
fn referrals_are_read_in_every_form() {
    let host = |text: &str| {
        read(text.as_bytes())
            .referral
            .map(|referral| (referral.host, referral.port))
    };
    let plain = |host: &str| Some((host.to_owned(), None));
    assert_eq!(
        host(
            "% IANA\n\nrefer:        whois.RIPE.net\n\ninetnum: 193.0.0.0 - 193.255.255.255\nwhois: whois.other.net\n"
        ),
        plain("whois.ripe.net")
    );
    assert_eq!(host("whois:        whois.arin.net\n"), plain("whois.arin.net"));
    assert_eq!(
        host("ReferralServer: whois://whois.ripe.net:43/\n"),
        plain("whois.ripe.net")
    );
    assert_eq!(
        host("ReferralServer: whois://127.0.0.1:4343\n"),
        Some(("127.0.0.1".to_owned(), Some(4343)))
    );
    assert_eq!(
        host("ReferralServer: whois://[::1]:4343\n"),
        Some(("::1".to_owned(), Some(4343)))
    );
    assert_eq!(
        host("ResourceLink: https://apps.db.ripe.net/\nResourceLink: whois.ripe.net\n"),
        plain("whois.ripe.net")
    );
    for text in [
        "ReferralServer: rwhois://rwhois.example.net:4321\n",
        "refer: \n",
        "refer: a b.c\n",
        "refer: x\n",
        "refer: whois.example.net:99999\n",
        "refer: whois.example.net\u{0}\n",
        "ResourceLink: http://example.net\n",
    ] {
        assert_eq!(host(text), None, "{text:?}");
    }
}

#[test]
fn a_refusal_is_seen_where_no_network_is_named() {
    for text in [
        "%ERROR:201: access denied for 192.0.2.1\n%\n% Sorry, access from your host has been permanently denied\n",
        "% Query rate limit exceeded. Reduced information.\n",
        "Your connection limit exceeded. Please slow down and try again later.\n",
    ] {
        assert!(read(text.as_bytes()).refusal.is_some(), "{text}");
    }
    let answer = read(b"% rate limit: 10 a minute\ninetnum: 192.0.2.0/24\n");
    assert_eq!(answer.refusal, None);
    assert_eq!(read(b"% No match found\n"), Answer::default());
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_without_harm(bytes: Vec<u8>, address: IpAddr) {
        drop(read(&bytes).about(address));
    }

    #[test]
    fn lines_of_known_keys_are_read_without_harm(
        lines in prop::collection::vec((prop::sample::select(vec!["inetnum", "NetRange", "abuse-c", "nic-hdl", "abuse-mailbox", "refer", "% Abuse contact for '", "[", "", "remarks"]),
            prop::sample::select(vec!["192.0.2.0 - 192.0.2.255", "192.0.2.0/24", "0.0.0.0/0", "::/0", "X", "a@example.net", "abuse@example.net is invalid", "]", "", "é"])), 0..40),
        address: std::net::Ipv4Addr,
    ) {
        let text: String = lines.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
        if let Some(found) = read(text.as_bytes()).about(address.into()) {
            prop_assert!(found.prefix.contains(address.into()));
        }
    }
}
