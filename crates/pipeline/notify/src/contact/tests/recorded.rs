//! Recorded answers of the five registries, served in place: the right address and prefix comes out of each.

use super::*;

/// Address, registry's WHOIS server, abuse contact by RDAP, the prefix for which it is kept, the same by WHOIS. Expected by reading: only
/// assignments (here RIPE and AFRINIC) are kept for their whole width.
const REGISTRIES: [(&str, &str, &str, &str, &str, &str); 5] = [
    // RIPE: the old RDAP gives all mailboxes of the abuse role, WHOIS the one that is meant.
    (
        "62.239.237.1",
        "whois.ripe.net",
        "zzdnsr@bt.com steve.a.marshall@bt.com lee.bailey-hague@bt.com",
        "62.239.237.0/24",
        "protect@bt.com",
        "62.239.237.0/24",
    ),
    // LACNIC: its RDAP of 2015 spoke for the one address.
    (
        "200.57.141.161",
        "whois.lacnic.net",
        "operacion.redes@triara.com",
        "200.57.141.161",
        "operacion.redes@triara.com",
        "200.57.141.0/24",
    ),
    // APNIC with the Korean registry: that one's own mailbox is passed over.
    (
        "210.107.73.73",
        "whois.apnic.net",
        "abuse@bora.net",
        "210.107.73.0/24",
        "abuse@bora.net",
        "210.107.73.0/24",
    ),
    (
        "74.125.225.229",
        "whois.arin.net",
        "arin-contact@google.com",
        "74.125.225.0/24",
        "arin-contact@google.com",
        "74.125.225.0/24",
    ),
    // AFRINIC: no abuse contact is registered; a remark names one.
    (
        "196.11.240.215",
        "whois.afrinic.net",
        "abuse@mtnbusiness.co.za",
        "196.11.240.0/22",
        "abuse@mtnbusiness.co.za",
        "196.11.240.0/22",
    ),
];

fn of_recording(address: &str, kind: &str) -> Option<Vec<u8>> {
    recorded_file(&format!("ipwhois-v4/{address}.{kind}"))
}

#[tokio::test]
async fn the_five_registries_give_their_contacts_by_rdap() {
    if of_recording("62.239.237.1", "rdap.json").is_none() {
        return;
    }
    let peer = HttpPeer::start(|path| {
        let address = path
            .strip_prefix("/rdap/ip/")
            .and_then(|address| of_recording(address, "rdap.json"));
        address.map_or(HttpReply::status(404), HttpReply::rdap)
    })
    .await
    .unwrap();
    let bench = Bench::new(&by_rdap(&peer));
    for (address, _, mailboxes, prefix, _, _) in REGISTRIES {
        let search = bench.ask(address).await;
        assert_eq!(
            search.kept(address),
            Some((mailboxes.to_owned(), prefix.parse().unwrap())),
            "{address}: {}",
            search.outcomes()
        );
        assert!(
            search.outcomes().contains(mailboxes.split(' ').next().unwrap()),
            "the step tells it"
        );
    }
}

#[tokio::test]
async fn the_five_registries_give_their_contacts_by_whois() {
    if of_recording("62.239.237.1", "whois.txt").is_none() {
        return;
    }
    let registry = LinePeer::start(|line| {
        let address = line.trim_start_matches("n + ");
        LineReply::text(of_recording(address, "whois.txt").unwrap_or_else(|| b"% not found\n".to_vec()))
    })
    .await
    .unwrap();
    let iana = LinePeer::start(|line| {
        let (_, server, ..) = REGISTRIES.iter().find(|(address, ..)| *address == line).unwrap();
        LineReply::text(format!("% IANA WHOIS server\n\nrefer:        {server}\n\ninetnum:      0.0.0.0 - 255.255.255.255\nwhois:        {server}\n"))
    })
    .await
    .unwrap();
    let mut config = by_whois(&iana);
    for (_, server, ..) in REGISTRIES {
        config
            .whois_servers
            .insert(server.to_owned(), registry.address().to_string());
    }
    let bench = Bench::new(&config);
    for (address, server, _, _, mailboxes, prefix) in REGISTRIES {
        let search = bench.ask(address).await;
        assert_eq!(
            search.kept(address),
            Some((mailboxes.to_owned(), prefix.parse().unwrap())),
            "{address}: {}",
            search.outcomes()
        );
        assert!(
            search.steps[1].outcome.ends_with(&format!("refers to {server}")),
            "{}",
            search.outcomes()
        );
    }
    assert!(
        registry.asked().contains(&"n + 74.125.225.229".to_owned()),
        "ARIN is asked in its own form"
    );
    assert!(registry.asked().contains(&"62.239.237.1".to_owned()));
}

#[tokio::test]
async fn a_transferred_network_is_looked_up_where_arin_refers_to() {
    let Some(referring) = recorded_file("ruby-whois-referrals/arin_referral_whois.txt") else {
        return;
    };
    let arin = whois_peer(LineReply::text(referring)).await;
    let ripe = whois_peer(LineReply::text(
        "% Abuse contact for '130.66.0.0 - 130.66.255.255' is 'abuse@example.fr'\n\ninetnum: 130.66.0.0 - 130.66.255.255\nnetname: EXAMPLE\n",
    ))
    .await;
    let mut config = by_whois(&arin);
    config
        .whois_servers
        .insert("whois.ripe.net".to_owned(), ripe.address().to_string());
    let search = Bench::new(&config).ask("130.66.76.222").await;
    assert_eq!(
        search.kept("130.66.76.222"),
        Some(("abuse@example.fr".to_owned(), "130.66.76.0/24".parse().unwrap()))
    );
    assert_eq!(
        search.steps.len(),
        3,
        "RDAP knows no server, then two of WHOIS: {}",
        search.outcomes()
    );
}

#[tokio::test]
async fn a_referral_to_another_protocol_ends_with_what_is_known() {
    let Some(rwhois) = recorded_file("ruby-whois-referrals/arin_referral_rwhois.txt") else {
        return;
    };
    let peer = whois_peer(LineReply::text(rwhois)).await;
    let search = Bench::new(&by_whois(&peer)).ask("69.65.39.166").await;
    assert_eq!(
        search.kept("69.65.39.166"),
        Some(("abuse@gigenet.com".to_owned(), "69.65.39.0/24".parse().unwrap()))
    );
}

#[tokio::test]
async fn a_network_of_a_registry_itself_has_nobody_to_write_to() {
    let Some(arin) = recorded_file("ripego/arin.txt") else {
        return;
    };
    let peer = whois_peer(LineReply::text(arin)).await;
    let search = Bench::new(&by_whois(&peer)).ask("199.43.0.44").await;
    assert_eq!(
        search.kept("199.43.0.44"),
        Some((String::new(), "199.43.0.0/24".parse().unwrap()))
    );
}

#[tokio::test]
async fn the_whois_client_of_debian_understands_our_test_server() {
    let Some(text) = of_recording("62.239.237.1", "whois.txt") else {
        return;
    };
    let peer = whois_peer(LineReply::text(text.clone())).await;
    let port = peer.address().port().to_string();
    let client = tokio::process::Command::new("whois")
        .args(["-h", "127.0.0.1", "-p", &port, "62.239.237.1"])
        .output()
        .await;
    let Ok(output) = client else {
        return atalaya_testkit::skip("the program whois is not installed");
    };
    let text = String::from_utf8_lossy(&text).into_owned();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains(text.lines().find(|line| line.contains("protect@bt.com")).unwrap()),
        "{said}"
    );
    assert_eq!(peer.asked(), ["62.239.237.1"]);
}
