//! Each function of the library that asks DNS for whom to tell, and what we make of the same records.

use atalaya_testkit::contacts::NetAbuseUtils;

use super::super::*;

/// The records that both are asked about.
fn records() -> Vec<DnsRecord> {
    let nibbles = "8.b.d.0.1.0.0.2.ip6.arpa";
    vec![
        DnsRecord::ptr("7.2.0.192.in-addr.arpa", "mail.dyn.example.co.uk"),
        DnsRecord::address("mail.dyn.example.co.uk", "192.0.2.7".parse().unwrap()),
        DnsRecord::soa("2.0.192.in-addr.arpa", "dns.admin@example.co.uk"),
        DnsRecord::ns("2.0.192.in-addr.arpa", "ns1.example.co.uk"),
        DnsRecord::soa(nibbles, "dns@example.net"),
        DnsRecord::ns(nibbles, "ns1.example.net"),
        DnsRecord::soa("example.co.uk", "dns@example.co.uk"),
        DnsRecord::mx("example.co.uk", "mx.example.co.uk"),
        DnsRecord::txt("example.co.uk.contacts.abuse.net", "report@example.co.uk"),
        DnsRecord::hinfo("example.co.uk.contacts.abuse.net", "lookup"),
    ]
}

async fn theirs(peer: &DnsPeer, questions: [&str; 7]) -> Vec<String> {
    let library = NetAbuseUtils {
        whois: Vec::new(),
        resolver: Some(peer.address()),
    };
    let answers = library.ask(&questions.map(str::to_owned)).await.unwrap();
    answers.iter().map(|values| values.join(" ")).collect()
}

#[tokio::test]
async fn what_the_library_reads_from_dns_we_read_too() {
    if !NetAbuseUtils::is_there().await {
        return atalaya_testkit::skip("Perl's Net::Abuse::Utils is not installed");
    }
    let peer = resolver(records()).await;
    let said = theirs(
        &peer,
        [
            "get_rdns 192.0.2.7",
            "get_soa_contact 192.0.2.7",
            "get_soa_contact 2001:db8::1",
            "get_abusenet_contact example.co.uk",
            "get_domain mail.dyn.example.co.uk",
            "get_domain example.github.io",
            "is_ip 192.0.2.256",
        ],
    )
    .await;
    assert_eq!(
        said,
        [
            "mail.dyn.example.co.uk",
            "dns.admin@example.co.uk",
            // It asks in-addr.arpa for an address of IPv6 too.
            "",
            "report@example.co.uk",
            "example.co.uk",
            "github.io",
            ""
        ]
    );
    let config = ContactConfig {
        abuse_net_zone: "contacts.abuse.net".to_owned(),
        ..by_dns(&peer)
    };
    let search = Bench::new(&config).ask("192.0.2.7").await;
    assert_eq!(
        search.told(),
        "report@example.co.uk for 192.0.2.7, 45 %, abuse.net example.co.uk"
    );
    let without = ContactConfig {
        abuse_net_zone: String::new(),
        ..config
    };
    let search = Bench::new(&without).ask("192.0.2.7").await;
    assert_eq!(
        search.told(),
        "dns.admin@example.co.uk for 192.0.2.7, 35 %, SOA 2.0.192.in-addr.arpa"
    );
    assert!(
        search.outcomes().contains("mail.dyn.example.co.uk"),
        "the reverse name: {}",
        search.outcomes()
    );
    let search = Bench::new(&without).ask("2001:db8::1").await;
    assert!(
        search.told().starts_with("dns@example.net for 2001:db8::/64"),
        "{}",
        search.told()
    );
}
