//! The sources in DNS, against a resolver that knows a few records.

use super::*;

const ADDRESS: &str = "192.0.2.7";
const REVERSED: &str = "7.2.0.192";

fn address(owner: &str) -> DnsRecord {
    DnsRecord::address(owner, ADDRESS.parse().unwrap())
}

fn ptr(name: &str) -> DnsRecord {
    DnsRecord::ptr(&format!("{REVERSED}.in-addr.arpa"), name)
}

/// A reverse name that leads back, in a zone that takes mail.
fn good_name() -> Vec<DnsRecord> {
    vec![
        ptr("mail.dyn.example.net"),
        address("mail.dyn.example.net"),
        DnsRecord::soa("example.net", "dns@example.net"),
        DnsRecord::mx("example.net", "mx.example.net"),
    ]
}

async fn told(records: Vec<DnsRecord>) -> (String, String) {
    let peer = resolver(records).await;
    let search = Bench::new(&by_dns(&peer)).ask(ADDRESS).await;
    (search.told(), search.outcomes())
}

#[tokio::test]
async fn a_contact_zone_names_the_mailbox_and_the_search_ends() {
    let zone = format!("{REVERSED}.contacts.example");
    let text = "abuse@example.net, noc@example.net";
    let peer = resolver(vec![DnsRecord::txt(&zone, text)]).await;
    let search = Bench::new(&by_dns(&peer)).ask(ADDRESS).await;
    assert_eq!(
        search.told(),
        "abuse@example.net noc@example.net for 192.0.2.7, 75 %, DNS TXT 7.2.0.192.contacts.example"
    );
    assert_eq!(peer.asked(), [zone], "nobody is asked for guesses");
}

#[tokio::test]
async fn a_zone_that_names_a_registry_is_passed_over() {
    let zone = format!("{REVERSED}.contacts.example");
    let (told, outcomes) = told(vec![DnsRecord::txt(&zone, "hostmaster@ripe.net")]).await;
    assert_eq!(told, "nobody");
    assert!(
        outcomes.contains("names no mailbox that may be written to"),
        "{outcomes}"
    );
}

#[tokio::test]
async fn abuse_net_is_asked_by_the_domain_of_a_name_that_leads_back() {
    let mut records = good_name();
    records.push(DnsRecord::txt(
        "example.net.abuse-net.example",
        "report@example.net",
    ));
    records.push(DnsRecord::hinfo("example.net.abuse-net.example", "lookup"));
    let registered = told(records.clone()).await.0;
    assert_eq!(
        registered,
        "report@example.net for 192.0.2.7, 45 %, abuse.net example.net"
    );
    records.pop();
    records.push(DnsRecord::hinfo("example.net.abuse-net.example", "Default"));
    let (made_up, outcomes) = told(records).await;
    assert!(
        made_up.starts_with("report@example.net for 192.0.2.7, 30 %"),
        "{made_up}"
    );
    assert!(outcomes.contains("made up: nobody registered it"), "{outcomes}");
}

#[tokio::test]
async fn the_reverse_zone_names_who_runs_it() {
    let (found, _) = told(reverse_zone("dns.admin@example.net").to_vec()).await;
    assert_eq!(
        found,
        "dns.admin@example.net for 192.0.2.7, 35 %, SOA 2.0.192.in-addr.arpa"
    );
    let (found, outcomes) = told(reverse_zone("victim@freemail.example").to_vec()).await;
    assert_eq!(found, "nobody");
    assert!(outcomes.contains("outside of the domain"), "{outcomes}");
    let registry = DnsRecord::soa("192.in-addr.arpa", "dns@example.net");
    let (found, outcomes) = told(vec![registry]).await;
    assert_eq!(found, "nobody");
    assert!(outcomes.contains("is no network's own"), "{outcomes}");
}

#[tokio::test]
async fn the_usual_mailbox_is_made_of_the_nearest_domain_that_takes_mail() {
    let (found, _) = told(good_name()).await;
    assert_eq!(
        found,
        "abuse@example.net for 192.0.2.7, 30 %, RFC 2142 mail.dyn.example.net"
    );
    let mut dynamic = good_name();
    dynamic.push(DnsRecord::soa("dyn.example.net", "dns@example.net"));
    // The narrowest zone stands first, as a name server tells it.
    dynamic.rotate_right(1);
    let (found, outcomes) = told(dynamic).await;
    assert!(outcomes.contains("in the zone dyn.example.net"), "{outcomes}");
    assert!(
        found.starts_with("abuse@example.net for 192.0.2.7"),
        "{found}\n{outcomes}"
    );
}

#[tokio::test]
async fn a_reverse_name_that_does_not_lead_back_counts_for_nothing() {
    let mut records = good_name();
    records.remove(1);
    records.push(DnsRecord::txt(
        "example.net.abuse-net.example",
        "report@example.net",
    ));
    let (found, outcomes) = told(records).await;
    assert_eq!(found, "nobody");
    assert_eq!(
        outcomes.matches("no name leads back").count(),
        1,
        "asked once: {outcomes}"
    );
}

#[tokio::test]
async fn what_could_not_count_is_not_asked() {
    let peer = resolver(good_name()).await;
    let config = ContactConfig {
        least_confidence: 50,
        zones: Vec::new(),
        abuse_net_zone: String::new(),
        ..by_dns(&peer)
    };
    assert_eq!(Bench::new(&config).ask(ADDRESS).await.told(), "nobody");
    assert_eq!(peer.asked(), [""; 0]);
}

#[tokio::test]
async fn addresses_of_ipv6_are_asked_in_nibbles() {
    let nibbles = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2";
    let soa = DnsRecord::soa("8.b.d.0.1.0.0.2.ip6.arpa", "dns@example.net");
    let ns = DnsRecord::ns("8.b.d.0.1.0.0.2.ip6.arpa", "ns1.example.net");
    let peer = resolver(vec![soa, ns]).await;
    let search = Bench::new(&by_dns(&peer)).ask("2001:db8::1").await;
    assert_eq!(
        search.told(),
        "dns@example.net for 2001:db8::/64, 35 %, SOA 8.b.d.0.1.0.0.2.ip6.arpa"
    );
    assert!(
        peer.asked().contains(&format!("{nibbles}.contacts.example")),
        "{:?}",
        peer.asked()
    );
}

#[tokio::test]
async fn who_registers_a_domain_at_abuse_net_does_not_answer_ahead_of_whois() {
    let mut records = good_name();
    records.push(DnsRecord::txt(
        "example.net.abuse-net.example",
        "me@spammer.example",
    ));
    records.push(DnsRecord::hinfo("example.net.abuse-net.example", "lookup"));
    let dns = resolver(records).await;
    let whois = whois_peer(LineReply::text(
        "inetnum: 192.0.2.0/24\nremarks: mail abuse@example.org\n",
    ))
    .await;
    let config = ContactConfig {
        whois_server: whois.address().to_string(),
        ..by_dns(&dns)
    };
    let search = Bench::new(&config).ask(ADDRESS).await;
    let told = search.told();
    assert!(
        told.starts_with("abuse@example.org for 192.0.2.0/24, 55 %"),
        "{told}"
    );
    assert!(!search.outcomes().contains("spammer"), "{}", search.outcomes());
}
