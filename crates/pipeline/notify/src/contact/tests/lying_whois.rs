//! WHOIS servers that refer in circles, send without end, or say nothing.

use super::*;

#[tokio::test]
async fn referrals_in_a_circle_come_to_an_end() {
    let first =
        LinePeer::start(|_line| LineReply::text("refer: whois.example.net\n\ninetnum: 192.0.2.0/24\n"))
            .await
            .unwrap();
    let second = LinePeer::start(|_line| LineReply::text("ReferralServer: whois://whois.example.org\n"))
        .await
        .unwrap();
    let mut config = by_whois(&first);
    config
        .whois_servers
        .insert("whois.example.net".to_owned(), second.address().to_string());
    config
        .whois_servers
        .insert("whois.example.org".to_owned(), first.address().to_string());
    let search = Bench::new(&config).ask("192.0.2.1").await;
    assert_eq!(
        search.kept("192.0.2.1"),
        Some((String::new(), "192.0.2.0/24".parse().unwrap()))
    );
    assert!(search.outcomes().contains("circle"), "{}", search.outcomes());
}

#[tokio::test]
async fn referrals_without_end_come_to_an_end() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let peer = LinePeer::start(move |_line| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        LineReply::text(format!("refer: w{number}.example.net\n"))
    })
    .await
    .unwrap();
    let mut config = by_whois(&peer);
    for number in 0..50 {
        config
            .whois_servers
            .insert(format!("w{number}.example.net"), peer.address().to_string());
    }
    let search = Bench::new(&config).ask("192.0.2.1").await;
    assert!(search.result.unwrap().is_none());
    assert_eq!(peer.asked().len(), 5, "as many as max_hops says");
}

/// What is kept where `first` refers to a server that claims the whole internet as its own.
async fn kept_behind(first: &str) -> Option<(String, Prefix)> {
    let liar = whois_peer(LineReply::text(
        "inetnum: 0.0.0.0 - 255.255.255.255\nstatus: ASSIGNED PA\nabuse-mailbox: abuse@liar.example\n",
    ))
    .await;
    let peer = whois_peer(LineReply::text(format!("refer: whois.liar.example\n\n{first}"))).await;
    let mut config = by_whois(&peer);
    config
        .whois_servers
        .insert("whois.liar.example".to_owned(), liar.address().to_string());
    Bench::new(&config).ask("192.0.2.1").await.kept("192.0.2.1")
}

#[tokio::test]
async fn a_server_speaks_for_the_network_about_which_it_was_referred_to() {
    for (first, prefix) in [
        ("inetnum: 192.0.2.0/25\n", "192.0.2.0/25"),
        ("inetnum: 192.0.0.0/20\n", "192.0.0.0/20"),
        ("", "192.0.2.0/24"),
    ] {
        assert_eq!(
            kept_behind(first).await,
            Some(("abuse@liar.example".to_owned(), prefix.parse().unwrap())),
            "{first}"
        );
    }
}

#[tokio::test]
async fn a_refusal_behind_a_server_that_names_a_contact_does_no_harm() {
    let busy = whois_peer(LineReply::text("%ERROR:201: access denied\n")).await;
    let peer = whois_peer(LineReply::text(
        "ReferralServer: whois://whois.busy.example\n\nNetRange: 192.0.2.0 - 192.0.2.255\nOrgAbuseEmail: abuse@example.net\n",
    ))
    .await;
    let mut config = by_whois(&peer);
    config
        .whois_servers
        .insert("whois.busy.example".to_owned(), busy.address().to_string());
    let bench = Bench::new(&config);
    for _ in 0..2 {
        let search = bench.ask("192.0.2.1").await;
        assert_eq!(search.kept("192.0.2.1").unwrap().0, "abuse@example.net");
    }
    assert_eq!(busy.asked().len(), 1);
}

#[tokio::test]
async fn a_referral_into_our_own_network_is_not_followed() {
    for target in ["10.0.0.1", "169.254.169.254", "192.0.2.9:22", "[fe80::1]"] {
        let peer = whois_peer(LineReply::text(format!("ReferralServer: whois://{target}\n\nNetRange: 192.0.2.0 - 192.0.2.255\nOrgAbuseEmail: abuse@example.net\n"))).await;
        let search = Bench::new(&by_whois(&peer)).ask("192.0.2.1").await;
        assert!(
            search.outcomes().contains("is not asked"),
            "{target}: {}",
            search.outcomes()
        );
        assert_eq!(
            search.kept("192.0.2.1").unwrap().0,
            "abuse@example.net",
            "what is known goes on being used"
        );
    }
}

#[tokio::test]
async fn silence_noise_and_endless_talk_are_no_answer() {
    let stuck = LineReply::Stuck(b"inetnum: 192.0.2.0/24\nabuse-mailbox: abuse@example.net\n".to_vec());
    for reply in [LineReply::Stuck(Vec::new()), stuck] {
        let peer = whois_peer(reply).await;
        let bench = Bench::new(&hasty(by_whois(&peer)));
        let search = bench.ask("192.0.2.1").await;
        assert!(
            search.outcomes().contains("no whole answer within"),
            "{}",
            search.outcomes()
        );
        assert_eq!(search.wait(), bench.later(900));
    }
    let peer = whois_peer(LineReply::Endless(b"remarks: abuse@example.net\n".repeat(1_000))).await;
    let search = Bench::new(&by_whois(&peer)).ask("192.0.2.1").await;
    assert!(search.outcomes().contains("larger than"), "{}", search.outcomes());
    let noise: Vec<u8> = (0..20_000_u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    for reply in [noise, Vec::new(), b"\r\n\r\n".to_vec()] {
        let peer = whois_peer(LineReply::Text(reply)).await;
        assert!(
            Bench::new(&by_whois(&peer))
                .ask("192.0.2.1")
                .await
                .result
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn a_server_that_turns_us_away_is_left_alone() {
    let peer = whois_peer(LineReply::text("%ERROR:201: access denied for 192.0.2.99\n")).await;
    let bench = Bench::new(&by_whois(&peer));
    assert_eq!(bench.ask("192.0.2.1").await.wait(), bench.later(900));
    assert_eq!(bench.ask("192.0.2.2").await.wait(), bench.later(900));
    assert_eq!(peer.asked().len(), 1);
}

#[tokio::test]
async fn an_answer_about_other_addresses_is_no_answer() {
    let peer = whois_peer(LineReply::text(
        "inetnum: 198.51.100.0/24\nabuse-mailbox: abuse@example.net\n",
    ))
    .await;
    let search = Bench::new(&by_whois(&peer)).ask("192.0.2.1").await;
    assert!(search.outcomes().contains("says nothing about this address"));
    assert!(search.result.unwrap().is_none());
}

#[tokio::test]
async fn an_unreachable_server_behind_a_good_one_does_no_harm() {
    let gone = whois_peer(LineReply::text("")).await.address().to_string();
    let peer = whois_peer(LineReply::text(format!(
        "ReferralServer: whois://{gone}\n\nNetRange: 192.0.2.0 - 192.0.2.255\nOrgAbuseEmail: abuse@example.net\n"
    )))
    .await;
    let search = Bench::new(&by_whois(&peer)).ask("192.0.2.1").await;
    assert_eq!(
        search.kept("192.0.2.1").unwrap().0,
        "abuse@example.net",
        "{}",
        search.outcomes()
    );
}

/// What is told where a server that knows the network refers to `name`, which turns us away.
async fn told_behind_a_refusal(name: &str, reply: LineReply) -> String {
    let busy = whois_peer(reply).await;
    let peer = whois_peer(LineReply::text(format!(
        "ReferralServer: whois://{name}\n\nNetRange: 192.0.2.0 - 192.0.2.255\n"
    )))
    .await;
    let mut config = hasty(by_whois(&peer));
    config
        .whois_servers
        .insert(name.to_owned(), busy.address().to_string());
    Bench::new(&config).ask("192.0.2.1").await.told()
}

#[tokio::test]
async fn a_server_of_the_network_itself_cannot_keep_the_search_from_ending() {
    let refusal = || LineReply::text("%ERROR:201: access denied\n");
    for reply in [refusal(), LineReply::Stuck(Vec::new())] {
        let told = told_behind_a_refusal("whois.owner.example", reply).await;
        assert!(told.starts_with(" for 192.0.2.0/24, "), "nobody is named: {told}");
    }
    assert_eq!(
        told_behind_a_refusal("whois.ripe.net", refusal()).await,
        "wait: whois.ripe.net turned us away"
    );
}
