//! The bootstrap files: fetched once, kept with their date, used when old rather than not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use serde_json::json;

/// A server of bootstrap files and of RDAP. It serves bootstrap files only while it is well.
struct Registry {
    peer: HttpPeer,
    well: Arc<AtomicBool>,
}

impl Registry {
    async fn start() -> Self {
        let well = Arc::new(AtomicBool::new(true));
        let (is_well, peer) = (Arc::clone(&well), Arc::new(std::sync::OnceLock::<String>::new()));
        let base = Arc::clone(&peer);
        let started = HttpPeer::start(move |path| {
            let base = base.get().cloned().unwrap_or_default();
            let services =
                |prefix: &str| HttpReply::rdap(json!({"services": [[[prefix], [base]]]}).to_string());
            match path {
                _ if path.starts_with("/boot/") && !is_well.load(Ordering::SeqCst) => HttpReply::status(500),
                "/boot/ipv4.json" => services("192.0.0.0/8"),
                "/boot/dns.json" => services("example"),
                "/rdap/domain/shop.example" => HttpReply::rdap(
                    json!({"objectClassName": "domain", "ldhName": "SHOP.EXAMPLE", "entities": [{"roles": ["registrant"],
                        "vcardArray": ["vcard", [["email", {}, "text", "abuse@shop.example"]]]}, {"roles": ["registrar"], "entities": [{"roles": ["abuse"],
                        "vcardArray": ["vcard", [["email", {}, "text", "abuse@registrar.example"]]]}],
                        "vcardArray": ["vcard", [["fn", {}, "text", "Registrar Inc"]]]}]})
                    .to_string(),
                ),
                "/rdap/domain/liar.example" => HttpReply::rdap(json!({"ldhName": "other.example"}).to_string()),
                "/boot/asn.json" => services("64496-64511"),
                "/rdap/autnum/64500" => autnum(64_500, 64_500),
                "/rdap/autnum/64501" => autnum(64_496, 64_511),
                "/boot/ipv6.json" => services("2001:db8::/32"),
                "/rdap/ip/192.0.2.1" => HttpReply::rdap(right_answer()),
                "/rdap/ip/2001:db8::1" => HttpReply::rdap(answer_about(
                    "2001:db8::",
                    "2001:db8:ffff:ffff::",
                    "abuse@example.org",
                )),
                _ => HttpReply::status(404),
            }
        })
        .await
        .unwrap();
        peer.set(started.url("/rdap")).unwrap();
        Self { peer: started, well }
    }

    fn config(&self) -> ContactConfig {
        ContactConfig {
            bootstrap_url: self.peer.url("/boot"),
            ..nobody_to_ask()
        }
    }

    fn fetched(&self) -> usize {
        self.peer
            .asked()
            .iter()
            .filter(|path| path.starts_with("/boot/"))
            .count()
    }
}

#[tokio::test]
async fn the_files_are_fetched_once_and_kept() {
    let registry = Registry::start().await;
    let bench = Bench::new(&registry.config());
    assert_eq!(
        bench.ask("192.0.2.1").await.kept("192.0.2.1").unwrap().0,
        "abuse@example.net"
    );
    assert_eq!(
        bench.ask("2001:db8::1").await.kept("2001:db8::1").unwrap().0,
        "abuse@example.org"
    );
    assert!(bench.ask("192.0.2.1").await.result.is_ok());
    assert_eq!(registry.fetched(), 2, "one of each kind");
    registry.well.store(false, Ordering::SeqCst);
    let again = Sources::new(&registry.config(), &bench.folder.path().join("rdap")).unwrap();
    let restarted = Bench {
        registries: again,
        ..bench
    };
    assert_eq!(
        restarted.ask("192.0.2.1").await.kept("192.0.2.1").unwrap().0,
        "abuse@example.net"
    );
    assert_eq!(registry.fetched(), 2, "a new process reads the folder");
}

#[tokio::test]
async fn a_domain_has_a_registrar_and_networks_behind_it() {
    let registry = Registry::start().await;
    let address = "192.0.2.1".parse().unwrap();
    let dns = resolver(vec![DnsRecord::address("www.shop.example", address)]).await;
    let config = ContactConfig {
        resolvers: vec![dns.address()],
        ..registry.config()
    };
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let url = atalaya_store::StoreUrl::Sqlite(folder.path().join("test.db"));
    let store = atalaya_store::Store::open(&url, time.clock()).await.unwrap();
    let finder = crate::contact::ContactFinder::new(&config, store, time.clock(), folder.path()).unwrap();
    let told = finder.explain_domain("WWW.shop.example.", time.now()).await;
    let registrar = told.registrar.unwrap().unwrap();
    assert_eq!(
        (registrar.domain.as_str(), registrar.name.as_str()),
        ("shop.example", "Registrar Inc")
    );
    assert_eq!(
        registrar.addresses,
        ["abuse@registrar.example".parse().unwrap()],
        "not the holder"
    );
    let (host, found) = &told.hosts[0];
    let contact = found.result.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(
        (*host, contact.addresses[0].as_str()),
        (address, "abuse@example.net")
    );
    let nobody = finder.explain_domain("a.b.nothing.example", time.now()).await;
    assert_eq!(nobody.registrar.unwrap(), None);
    assert!(nobody.hosts.is_empty());
    let liar = finder.explain_domain("liar.example", time.now()).await;
    assert!(liar.registrar.is_err());
    assert_eq!(
        finder
            .explain_domain("a.test", time.now())
            .await
            .registrar
            .unwrap(),
        None,
        "no server"
    );
}

#[tokio::test]
async fn an_old_file_is_fetched_anew_and_used_where_that_fails() {
    let registry = Registry::start().await;
    let bench = Bench::new(&registry.config());
    assert!(bench.ask("192.0.2.1").await.result.is_ok());
    bench.time.advance(Duration::from_secs(8 * 86_400));
    assert!(bench.ask("192.0.2.1").await.result.is_ok());
    assert_eq!(registry.fetched(), 2);
    registry.well.store(false, Ordering::SeqCst);
    bench.time.advance(Duration::from_secs(8 * 86_400));
    let search = bench.ask("192.0.2.1").await;
    assert_eq!(search.kept("192.0.2.1").unwrap().0, "abuse@example.net");
    assert_eq!(
        (search.steps[0].source, search.steps[0].outcome.as_str()),
        ("bootstrap", "the server answers with status 500")
    );
    assert!(bench.ask("192.0.2.1").await.result.is_ok());
    assert_eq!(registry.fetched(), 3, "not tried again at once");
    bench.time.advance(Duration::from_secs(900));
    assert!(bench.ask("192.0.2.1").await.result.is_ok());
    assert_eq!(registry.fetched(), 4);
}

#[tokio::test]
async fn without_any_file_whois_is_asked() {
    let registry = Registry::start().await;
    registry.well.store(false, Ordering::SeqCst);
    let whois = whois_peer(LineReply::text(
        "inetnum: 192.0.2.0/24\nabuse-mailbox: abuse@example.com\n",
    ))
    .await;
    let config = ContactConfig {
        whois_server: whois.address().to_string(),
        ..registry.config()
    };
    let bench = Bench::new(&config);
    assert_eq!(
        bench.ask("192.0.2.1").await.kept("192.0.2.1").unwrap().0,
        "abuse@example.com"
    );
    let folder = bench.folder.path().join("rdap");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("rdap-ipv4.json"), b"{\"fetched_at\": 7}").unwrap();
    let spoilt = Bench {
        registries: Sources::new(&config, &folder).unwrap(),
        ..bench
    };
    assert_eq!(
        spoilt.ask("192.0.2.1").await.kept("192.0.2.1").unwrap().0,
        "abuse@example.com"
    );
}

#[tokio::test]
async fn that_no_file_came_yet_is_no_answer_and_the_search_is_made_again() {
    let registry = Registry::start().await;
    registry.well.store(false, Ordering::SeqCst);
    let bench = Bench::new(&registry.config());
    for _ in 0..2 {
        assert_eq!(bench.ask("192.0.2.1").await.wait(), bench.later(900));
    }
    registry.well.store(true, Ordering::SeqCst);
    bench.time.advance(Duration::from_secs(900));
    assert_eq!(
        bench.ask("192.0.2.1").await.kept("192.0.2.1").unwrap().0,
        "abuse@example.net"
    );
}

#[tokio::test]
async fn the_operators_table_goes_first_and_its_longest_prefix_wins() {
    let registry = Registry::start().await;
    let wide = rdap_peer(HttpReply::status(500)).await;
    let narrow = rdap_peer(HttpReply::rdap(answer_about(
        "192.0.2.0",
        "192.0.2.255",
        "own@example.net",
    )))
    .await;
    let mut config = registry.config();
    config
        .rdap_servers
        .insert("192.0.0.0/16".parse().unwrap(), wide.url("/"));
    config
        .rdap_servers
        .insert("192.0.2.0/24".parse().unwrap(), narrow.url("/x/"));
    let search = Bench::new(&config).ask("192.0.2.1").await;
    assert_eq!(search.kept("192.0.2.1").unwrap().0, "own@example.net");
    assert_eq!(narrow.asked(), ["/x/ip/192.0.2.1"]);
    assert_eq!((registry.fetched(), wide.asked().len()), (0, 0));
}

/// What a registry says of these numbers.
fn autnum(first: u32, last: u32) -> HttpReply {
    let mailbox = |roles: &str, address: &str| json!({"roles": [roles], "vcardArray": ["vcard", [["email", {}, "text", address]]]});
    HttpReply::rdap(
        json!({"objectClassName": "autnum", "startAutnum": first, "endAutnum": last, "name": "CHEAP-AS",
            "entities": [mailbox("technical", "noc@cheap.example"), mailbox("abuse", "abuse@cheap.example")]})
        .to_string(),
    )
}

#[tokio::test]
async fn the_number_of_a_network_has_a_contact_by_its_registry() {
    let registry = Registry::start().await;
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let url = atalaya_store::StoreUrl::Sqlite(folder.path().join("test.db"));
    let store = atalaya_store::Store::open(&url, time.clock()).await.unwrap();
    let config = registry.config();
    let finder = crate::contact::ContactFinder::new(&config, store, time.clock(), folder.path()).unwrap();
    let named = |number| finder.registered_for_number(number, time.now());
    let mailboxes = named(64_500).await.unwrap().unwrap();
    assert_eq!(
        mailboxes,
        ["abuse@cheap.example".parse().unwrap()],
        "and not the technical one"
    );
    assert_eq!(named(64_502).await.unwrap(), Some(Vec::new()), "nobody there");
    assert_eq!(named(65_000).await.unwrap(), None, "no registry");
    assert!(
        named(64_501).await.is_err(),
        "a block of numbers is nobody's network"
    );
}
