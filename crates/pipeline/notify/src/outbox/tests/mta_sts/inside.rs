//! What is done to domains with policies. Not tests by themselves: they run in the namespaces only, one after the other.

use super::super::tls::Came;
use super::world::{Page, World};
use super::*;

const TEXT: &str = "text/plain; charset=utf-8";
const DAY: Duration = Duration::from_secs(86_400);

/// A policy of a day, with these servers.
fn policy(mode: &str, servers: &str) -> String {
    format!("version: STSv1\r\nmode: {mode}\r\nmx: {servers}\r\nmax_age: 86400\r\n")
}

fn enforced(domain: &str) -> Page {
    Page::Text(policy("enforce", &format!("mx.{domain}.example")), TEXT)
}

#[tokio::test]
async fn mail_goes_in_tls_to_a_server_of_the_policy_with_a_certificate_of_its_name() {
    let Some(mut world) = World::inside().await else {
        return;
    };
    world.announce("good", "1", enforced("good"));
    assert_eq!(world.send(&world.direct(), "good").await, Ok(()));
    assert_eq!(world.came().await, Came::InTls(MESSAGE.to_vec()));
    assert_eq!(world.asked("good"), 1);
}

#[tokio::test]
async fn a_server_that_is_not_what_the_policy_says_gets_nothing() {
    let Some(mut world) = World::inside().await else {
        return;
    };
    world.without_tls("plain");
    let stranger = Page::Text(policy("enforce", "*.other.example"), TEXT);
    for (domain, page, told) in [
        (MISNAMED_MAIL, enforced(MISNAMED_MAIL), "certificate"),
        ("plain", enforced("plain"), "STARTTLS"),
        ("stranger", stranger, "MTA-STS"),
    ] {
        world.announce(domain, "1", page);
        let why = world.send(&world.direct(), domain).await.unwrap_err();
        assert!(why.contains(told), "{domain}: {why}");
        assert_eq!(world.asked(domain), 1, "{domain}");
    }
    assert!(world.is_untouched() && world.without_tls.counts().is_empty());
}

#[tokio::test]
async fn a_policy_that_is_only_tried_or_taken_back_stops_no_mail() {
    let Some(world) = World::inside().await else {
        return;
    };
    for mode in ["testing", "none"] {
        world.without_tls(mode);
        world.announce(mode, "1", Page::Text(policy(mode, "mx.other.example"), TEXT));
        assert_eq!(world.send(&world.direct(), mode).await, Ok(()), "{mode}");
        assert_eq!(world.asked(mode), 1, "{mode}");
    }
    assert_eq!(world.without_tls.counts(), [1, 1]);
}

#[tokio::test]
async fn a_policy_is_fetched_once_for_each_id_and_holds_until_its_age_though_it_is_gone() {
    let Some(world) = World::inside().await else {
        return;
    };
    world.without_tls("kept");
    world.announce("kept", "1", enforced("kept"));
    let direct = world.direct();
    for asked in [1, 1] {
        assert!(world.send(&direct, "kept").await.is_err());
        assert_eq!(world.asked("kept"), asked);
    }
    world.announce("kept", "2", enforced("kept"));
    assert!(world.send(&direct, "kept").await.is_err());
    assert_eq!(world.asked("kept"), 2, "another id, another policy");
    world.announce("kept", "3", Page::Missing);
    assert!(world.send(&direct, "kept").await.is_err(), "the older one holds");
    world.forget("kept");
    world.wait(DAY - Duration::from_secs(1));
    assert!(world.send(&direct, "kept").await.is_err());
    world.wait(Duration::from_secs(1));
    assert_eq!(world.send(&direct, "kept").await, Ok(()));
}

#[tokio::test]
async fn what_is_no_policy_stops_no_mail() {
    let Some(world) = World::inside().await else {
        return;
    };
    let elsewhere = "https://mta-sts.good.example/.well-known/mta-sts.txt";
    world.announce("good", "1", enforced("good"));
    let html = Page::Text(policy("enforce", "mx.html.example"), "text/html");
    let broken = Page::Text("version: STSv1\r\nmode: enforce\r\n".to_owned(), TEXT);
    for (domain, page, asked) in [
        ("redirect", Page::Redirect(elsewhere), 1),
        ("html", html, 1),
        ("gone", Page::Missing, 1),
        ("broken", broken, 1),
        ("enormous", Page::Endless, 1),
        (FORGED_WEB, enforced(FORGED_WEB), 0),
    ] {
        world.without_tls(domain);
        world.announce(domain, "1", page);
        assert_eq!(world.send(&world.direct(), domain).await, Ok(()), "{domain}");
        assert_eq!(world.asked(domain), asked, "{domain}");
    }
    assert_eq!(world.without_tls.counts(), [1; 6]);
    assert_eq!(world.asked("good"), 0, "no redirect is followed");
}

#[tokio::test]
async fn a_web_server_that_hangs_leaves_time_for_the_mail_server() {
    let Some(world) = World::inside().await else {
        return;
    };
    world.without_tls("slow");
    world.announce("slow", "1", Page::Slow);
    assert_eq!(world.send(&world.direct(), "slow").await, Ok(()));
    assert_eq!(world.without_tls.counts(), [1]);
}

#[tokio::test]
async fn a_policy_that_cannot_be_fetched_is_asked_for_again_after_five_minutes() {
    let Some(world) = World::inside().await else {
        return;
    };
    world.without_tls("gone");
    world.announce("gone", "1", Page::Missing);
    let direct = world.direct();
    for asked in [1, 1] {
        assert_eq!(world.send(&direct, "gone").await, Ok(()));
        assert_eq!(world.asked("gone"), asked);
    }
    world.announce("gone", "2", Page::Missing);
    assert_eq!(world.send(&direct, "gone").await, Ok(()));
    assert_eq!(world.asked("gone"), 2, "another id, another try");
    world.wait(Duration::from_secs(300));
    world.announce("gone", "2", enforced("gone"));
    assert!(world.send(&direct, "gone").await.is_err());
    assert_eq!(world.asked("gone"), 3);
}
