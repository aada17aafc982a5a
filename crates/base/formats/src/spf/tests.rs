//! Records as domains publish them, and as they should not.

use proptest::prelude::*;

use super::*;

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn here(ipv4_length: u8, ipv6_length: u8) -> Hosts {
    Hosts {
        name: None,
        ipv4_length,
        ipv6_length,
    }
}

#[test]
fn every_mechanism_is_read() {
    let text = "v=spf1 ip4:192.0.2.0/24 +ip4:198.51.100.7 ip6:2001:db8::1/32 a mx/28//60 a:Mail.Example.org/30 \
                include:_spf.example.net. redirect=_spf.example.com";
    let record = Record::parse(text).unwrap();
    let named = Hosts {
        name: Some("mail.example.org".to_owned()),
        ..here(30, 128)
    };
    assert_eq!(
        record.terms,
        [
            Term::Network(prefix("192.0.2.0/24")),
            Term::Network(prefix("198.51.100.7")),
            Term::Network(prefix("2001:db8::/32")),
            Term::A(here(32, 128)),
            Term::Mx(here(28, 60)),
            Term::A(named),
            Term::Include("_spf.example.net".to_owned()),
        ]
    );
    assert_eq!(record.redirect.as_deref(), Some("_spf.example.com"));
    assert_eq!(record.idle_lookups, 0);
}

#[test]
fn who_may_not_send_is_left_out_and_what_that_asks_is_counted() {
    let text = "V=SPF1 -ip4:192.0.2.1 ~a ?include:x.example ptr exists:%{i}.x.example a:%{d}/24 include:%{d2} exp=why.example -all";
    let record = Record::parse(text).unwrap();
    assert_eq!(record.terms, []);
    assert_eq!(record.idle_lookups, 6);
    let all = Record::parse("v=spf1 redirect=x.example +all").unwrap();
    assert_eq!((all.terms, all.redirect), (vec![Term::All], None));
}

#[test]
fn what_is_wrong_makes_the_record_void() {
    assert_eq!(Record::parse("v=spf10 a"), Err(BadSpf::NotSpf));
    assert_eq!(Record::parse(""), Err(BadSpf::NotSpf));
    for term in [
        "ip4:192.0.2.0/33",
        "ip4:192.0.2.0/08",
        "ip4:2001:db8::1",
        "ip4",
        "ip6:192.0.2.1",
        "a/",
        "a/24/64",
        "mx//129",
        "a:",
        "include",
        "include:",
        "all:x.example",
        "ptr:",
        "blah",
        "=x",
        "redirect=",
        "redirect=a.example redirect=b.example",
    ] {
        let told = Record::parse(&format!("v=spf1 {term}"));
        assert!(matches!(told, Err(BadSpf::BadTerm(_))), "{term}: {told:?}");
    }
    let long = format!("v=spf1{}", " a".repeat(MAX_TERMS + 1));
    assert_eq!(Record::parse(&long), Err(BadSpf::TooLong));
    let long = format!("v=spf1 {}", "x".repeat(MAX_RECORD));
    assert_eq!(Record::parse(&long), Err(BadSpf::TooLong));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(v=spf1)?[ a-z0-9:/.=%{}+~?-]{0,200}") {
        if let Ok(record) = Record::parse(&text) {
            prop_assert!(record.terms.len() <= MAX_TERMS);
        }
    }
}
