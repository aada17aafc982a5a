//! The page of a network, by the link in its notices: what it shows, what it does, and for whom it does neither.

use std::time::Duration;

use atalaya_formats::{TICKET_SECRET, Ticket};
use atalaya_model::{Class, MailAddress, Prefix, Serial, Timestamp};
use atalaya_store::{Counting, LINK_JOB, Letter, Notice};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use uuid::Uuid;

use crate::support::{DAY, House, Page, TRAP, observation};

const CONTACT: &str = "abuse@isp.example";
const OTHER: &str = "abuse@other.example";

fn contact() -> MailAddress {
    CONTACT.parse().unwrap()
}

/// The path of the page of a contact, which opens for a day.
async fn link(house: &House, contact: &str) -> String {
    let key = house.store.secret(TICKET_SECRET).await.unwrap();
    let ticket = Ticket {
        contact: contact.parse().unwrap(),
        until: house.now().plus(DAY),
    };
    format!("/network/{}", ticket.seal(&key))
}

/// Lists addresses and tells a contact of them.
async fn told(house: &House, addresses: &[&str], contact: &str) {
    for address in addresses {
        let serial = house.list(address, Class::Spam).await;
        house.tell(address, contact, serial).await;
    }
}

/// Presses a button of the page.
async fn press(house: &House, path: &str, form: &str) -> Page {
    let request = Request::post(path)
        .header("host", "list.example")
        .header("origin", "http://list.example")
        .header("content-type", "application/x-www-form-urlencoded");
    house
        .send(request.body(Body::from(form.to_owned())).unwrap())
        .await
}

fn all() -> String {
    format!("all={}", u64::MAX)
}

#[tokio::test]
async fn the_page_shows_what_is_listed_then_what_was_and_nothing_of_others() {
    let house = House::open().await;
    told(&house, &["192.0.2.7", "192.0.2.8", "2001:db8::/64"], CONTACT).await;
    told(&house, &["192.0.2.99"], OTHER).await;
    house.post("/ip/192.0.2.8/remove").await;
    let link = link(&house, "Abuse@ISP.example").await;
    let page = house.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("192.0.2.7")
        .says("2001:db8::/64")
        .says("Spam seen (127.0.0.3)")
        .says("Spam reached our traps: 2 messages.")
        .says("All 2 are fixed")
        .says(&format!("{link}/ip/192.0.2.7"))
        .says("/notices/stop/")
        .keeps("192.0.2.99")
        .keeps(OTHER);
    let place = |text: &str| page.text.find(&format!("\"address\">{text}<")).unwrap();
    assert!(
        place("192.0.2.7") < place("192.0.2.8"),
        "what is listed comes first"
    );
    house
        .get(&format!("{link}?lang=es"))
        .await
        .says("Su red")
        .says(&format!("action=\"{link}/fixed?lang=es\""));
    let json = house.get(&format!("/api/v1{link}")).await;
    assert_eq!(json.header("cache-control"), "no-store");
    let answer = json.json();
    assert_eq!((&answer["listed"], &answer["ended"]), (&2.into(), &1.into()));
    assert_eq!(answer["addresses"][0]["prefix"], "2001:db8::/64");
    assert_eq!(answer["addresses"][2]["listed"], false);
    assert_eq!(answer["addresses"][2]["left"], house.now().to_string());
    json.keeps("192.0.2.99");
}

#[tokio::test]
async fn fixed_takes_an_address_off_and_a_replay_does_nothing_more() {
    let house = House::open().await;
    told(&house, &["192.0.2.7", "192.0.2.8"], CONTACT).await;
    let link = link(&house, CONTACT).await;
    let page = press(&house, &format!("{link}/fixed"), "address=192.0.2.7").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("1 of 1 are off the list")
        .says("Has left, with serial 3.");
    assert!(!house.is_listed("192.0.2.7") && house.is_listed("192.0.2.8"));
    let again = press(&house, &format!("{link}/fixed"), "address=192.0.2.7").await;
    again.says("Was not listed any more.");
    assert_eq!(house.store.serial().await.unwrap(), Serial(3));
    // It comes back, and now it has to wait.
    told(&house, &["192.0.2.7"], CONTACT).await;
    let page = press(&house, &format!("{link}/fixed"), "address=192.0.2.7").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("0 of 1 are off the list")
        .says("It can be removed from 24 November 2026");
    assert!(house.is_listed("192.0.2.7"));
}

#[tokio::test]
async fn all_leave_at_once_and_the_page_says_what_became_of_each() {
    let mut house = House::open().await;
    house.config.delist.contact_hourly = 3;
    told(
        &house,
        &["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"],
        CONTACT,
    )
    .await;
    told(&house, &["192.0.2.99"], OTHER).await;
    let serial = house.list("192.0.2.5", Class::Manual).await;
    house.tell("192.0.2.5", CONTACT, serial).await;
    let path = format!("{}/fixed", link(&house, CONTACT).await);
    let page = press(&house, &path, &all()).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("3 of 5 are off the list")
        .says("Listings of this class are taken out by hand.")
        .says("removals are limited")
        .says("postmaster@list.example");
    let listed = [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.3",
        "192.0.2.4",
        "192.0.2.5",
        "192.0.2.99",
    ]
    .map(|address| house.is_listed(address));
    assert_eq!(listed, [true, false, false, false, true, true]);
    house.clock.advance(Duration::from_secs(3_600));
    let page = press(&house, &path, &all()).await;
    page.says("1 of 2 are off the list");
    assert!(!house.is_listed("192.0.2.1") && house.is_listed("192.0.2.99"));
}

#[tokio::test]
async fn addresses_of_others_are_neither_shown_nor_acted_upon() {
    let house = House::open().await;
    told(&house, &["192.0.2.7"], CONTACT).await;
    told(&house, &["192.0.2.99"], OTHER).await;
    house.observe("192.0.2.99", "Win", "mail.cheap.example").await;
    let link = link(&house, CONTACT).await;
    for (path, form) in [
        ("fixed", "address=192.0.2.99"),
        ("not-ours", "address=192.0.2.99"),
        ("fixed", "address=192.0.2.0/24"),
    ] {
        let page = press(&house, &format!("{link}/{path}"), form).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path} {form}");
    }
    for form in [
        "",
        "address=x",
        "all=-1",
        "all=x",
        "address=192.0.2.7&all=9",
        "address=%00",
    ] {
        let page = press(&house, &format!("{link}/fixed"), form).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{form}");
    }
    let page = house.get(&format!("{link}/ip/192.0.2.99")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.keeps("mail.cheap.example");
    for path in [&format!("{link}/addresses.csv"), &format!("/api/v1{link}")] {
        house.get(path).await.says("192.0.2.7").keeps("192.0.2.99");
    }
    assert!(house.is_listed("192.0.2.99") && house.is_listed("192.0.2.7"));
    for mailbox in [CONTACT, OTHER] {
        let mailbox = mailbox.parse().unwrap();
        assert!(
            !house
                .store
                .is_refused("192.0.2.99".parse().unwrap(), &mailbox)
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn links_that_are_none_of_ours_open_nothing_and_say_what_to_do() {
    let house = House::open().await;
    told(&house, &["192.0.2.7"], CONTACT).await;
    let link = link(&house, CONTACT).await;
    let forged = Ticket {
        contact: contact(),
        until: house.now().plus(DAY),
    };
    let forged = format!("/network/{}", forged.seal(b"another key"));
    let (cut, longer, huge) = (
        &link[..link.len() - 1],
        format!("{link}A"),
        format!("/network/{}", "A".repeat(5_000)),
    );
    let changed = link.replacen("/network/A", "/network/B", 1);
    for wrong in [
        &forged,
        cut,
        &longer,
        &huge,
        &changed,
        "/network/%00",
        "/network/%2e%2e%2f",
        "/network/x%22%3E%3Cscript%3E",
    ] {
        let page = house.get(wrong).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{wrong}");
        page.says("This link is not valid")
            .says("name=\"mailbox\"")
            .keeps("192.0.2.7")
            .keeps("<script");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        for path in ["fixed", "not-ours"] {
            let page = press(&house, &format!("{wrong}/{path}"), "address=192.0.2.7").await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{wrong}/{path}");
        }
        for path in [format!("{wrong}/addresses.csv"), format!("{wrong}/ip/192.0.2.7")] {
            house.get(&path).await.keeps("127.0.0.3");
        }
        let answer = house.get(&format!("/api/v1{wrong}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert!(house.is_listed("192.0.2.7"));
}

#[tokio::test]
async fn a_link_that_has_expired_offers_a_fresh_one_to_the_same_mailbox() {
    let house = House::open().await;
    told(&house, &["192.0.2.7"], CONTACT).await;
    let link = link(&house, CONTACT).await;
    house.clock.advance(DAY);
    let page = house.get(&link).await;
    assert_eq!(page.status, StatusCode::GONE);
    page.says("This link has expired")
        .says("<input type=\"hidden\" name=\"mailbox\" value=\"abuse@isp.example\">")
        .keeps("192.0.2.7");
    let page = press(&house, &format!("{link}/fixed"), "address=192.0.2.7").await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(house.is_listed("192.0.2.7"));
    assert_eq!(
        house.get(&format!("/api/v1{link}")).await.status,
        StatusCode::GONE
    );
}

/// Writes a letter to the contact, as the writer does.
async fn write_letter(house: &House) {
    let newest = house.store.newest_told(&contact()).await.unwrap().unwrap();
    let gathered = Notice {
        id: Uuid::new_v4(),
        token: Uuid::new_v4().to_string(),
        ..newest
    };
    let letter = Letter {
        mail: Uuid::new_v4(),
        contact: contact(),
        network: "192.0.2.0/24".parse().unwrap(),
        at: house.now(),
    };
    let from_the_start = Counting {
        span: Timestamp::EPOCH,
        quiet_since: Timestamp::EPOCH,
    };
    let mut transaction = house.store.begin().await.unwrap();
    transaction
        .gather_notice(&gathered, "{}", from_the_start)
        .await
        .unwrap();
    transaction
        .tell_gathered(&letter, gathered.serial, 9)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn whoever_asks_for_a_link_learns_nothing_and_only_who_was_written_to_gets_one() {
    let house = House::open().await;
    told(&house, &["192.0.2.7"], CONTACT).await;
    write_letter(&house).await;
    let ask = async |mailbox: &str| {
        let page = press(&house, "/network", &format!("mailbox={mailbox}")).await;
        assert_eq!(page.status, StatusCode::OK);
        page.text
    };
    let known = ask("Abuse%40isp.example").await;
    assert_eq!(known, ask("nobody%40isp.example").await, "both hear the same");
    let lease = Duration::from_secs(60);
    let wait = async {
        loop {
            match house.store.take_job(LINK_JOB, lease).await.unwrap() {
                Some(job) => return job,
                None => tokio::task::yield_now().await,
            }
        }
    };
    let job = tokio::time::timeout(lease, wait).await.unwrap();
    assert!(job.payload.contains("Abuse@isp.example"), "{}", job.payload);
    ask("abuse%40isp.example").await;
    assert!(
        house.store.take_job(LINK_JOB, lease).await.unwrap().is_none(),
        "one a day"
    );
    for wrong in [
        "mailbox=nobody",
        "mailbox=",
        "mailbox=a%40b.example%0d%0aBcc:x%40y.example",
    ] {
        let page = press(&house, "/network", wrong).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong}");
        page.says("That is not a mail address");
    }
    house.get("/network").await.says("A new link to your network");
}

#[tokio::test]
async fn what_is_not_theirs_is_refused_for_them_and_left_alone() {
    let house = House::open().await;
    told(&house, &["192.0.2.7", "192.0.2.8"], CONTACT).await;
    house
        .observe("192.0.2.7", "Win a phone", "mail.cheap.example")
        .await;
    let link = link(&house, CONTACT).await;
    for _ in 0..2 {
        let page = press(&house, &format!("{link}/not-ours"), "address=192.0.2.7").await;
        assert_eq!(page.status, StatusCode::OK);
        page.says("192.0.2.7 is not yours");
    }
    assert!(
        house
            .store
            .is_refused("192.0.2.7".parse().unwrap(), &contact())
            .await
            .unwrap()
    );
    house
        .get(&link)
        .await
        .says("You said that this address is not yours.");
    house
        .get(&format!("{link}/ip/192.0.2.7"))
        .await
        .keeps("mail.cheap.example");
    press(&house, &format!("{link}/fixed"), &all()).await;
    assert!(house.is_listed("192.0.2.7") && !house.is_listed("192.0.2.8"));
}

#[tokio::test]
async fn evidence_is_that_of_the_network_and_only_while_it_answers() {
    let house = House::open().await;
    told(&house, &["192.0.2.7"], CONTACT).await;
    let message = format!(
        "Subject: Win a phone\r\nTo: {TRAP}\r\n\r\nBuy now, {TRAP}!\r\n<script>alert(1)</script>\r\n"
    );
    let seen = observation("192.0.2.7", house.now(), "Win a phone", "mail.cheap.example");
    house
        .store
        .record(seen, Some(message.into_bytes()))
        .await
        .unwrap();
    let path = format!("{}/ip/192.0.2.7", link(&house, CONTACT).await);
    let page = house.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Win a phone")
        .says("2026-11-23T22:10:42Z")
        .says("51234")
        .says("ofertas@barato.example")
        .says("<summary>The message</summary>")
        .says("Buy now, hidden-")
        .keeps(TRAP)
        .keeps("<script");
    // The public sees less.
    house
        .get("/ip/192.0.2.7")
        .await
        .keeps("ofertas@")
        .keeps("Buy now");
    // Another contact answers for it from now on.
    let serial = house.store.serial().await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    house.tell("192.0.2.7", OTHER, serial).await;
    house
        .get(&path)
        .await
        .says("Another contact answers")
        .keeps("Win a phone");
    let theirs = format!("{}/ip/192.0.2.7", link(&house, OTHER).await);
    house.get(&theirs).await.says("Win a phone");
}

#[tokio::test]
async fn the_ticket_leaves_by_no_header_and_no_other_site_presses_a_button() {
    let house = House::open().await;
    told(&house, &["192.0.2.7"], CONTACT).await;
    let link = link(&house, CONTACT).await;
    for path in [
        link.clone(),
        format!("{link}/ip/192.0.2.7"),
        format!("{link}/addresses.csv"),
        format!("/api/v1{link}"),
    ] {
        let page = house.get(&path).await;
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("x-robots-tag"), "noindex", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
    let forged = Request::post(format!("{link}/fixed"))
        .header("host", "list.example")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded");
    let page = house
        .send(forged.body(Body::from("address=192.0.2.7")).unwrap())
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(house.is_listed("192.0.2.7"));
    // Browsers with `no-referrer` send no origin, but say that the form is ours.
    let own = Request::post(format!("{link}/fixed"))
        .header("host", "list.example")
        .header("origin", "null")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    let page = house
        .send(own.body(Body::from("address=192.0.2.7")).unwrap())
        .await;
    assert_eq!(page.status, StatusCode::OK);
    let back = house.get(&format!("{link}/fixed?lang=es")).await;
    assert_eq!(back.header("location"), format!("{link}?lang=es"));
    let elsewhere = house.get("/network/%2f%2fevil.example/fixed").await;
    assert_eq!(elsewhere.header("location"), "/network/evilexample");
}

#[tokio::test]
async fn many_addresses_come_in_pages_and_all_in_the_table() {
    let house = House::open().await;
    let mut transaction = house.store.begin().await.unwrap();
    for number in 0..1_203_u32 {
        let notice = Notice {
            id: Uuid::new_v4(),
            serial: Serial(u64::from(number) + 1),
            prefix: Prefix::from(std::net::Ipv4Addr::from(0x0a00_0000 + number)),
            contact: contact(),
            token: Uuid::new_v4().to_string(),
            at: house.now(),
            told_at: None,
        };
        transaction.add_notice(&notice).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let link = link(&house, CONTACT).await;
    let (mut path, mut pages, mut rows) = (link.clone(), 0, 0);
    loop {
        let page = house.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        (pages, rows) = (pages + 1, rows + page.text.matches("<li class=\"card").count());
        let Some(at) = page.text.find(&format!("{link}?part=")) else {
            break;
        };
        let rest = &page.text[at..];
        path = rest[..rest.find('"').unwrap()].replace("&#38;", "&");
    }
    assert_eq!((pages, rows), (25, 1_203));
    let table = house.get(&format!("{link}/addresses.csv")).await;
    assert_eq!(table.text.lines().count(), 1_204);
    assert_eq!(
        table.header("content-disposition"),
        "attachment; filename=\"addresses.csv\""
    );
    assert!(table.text.lines().nth(1).unwrap().starts_with("10.0.4.178,no,"));
    let answer = house.get(&format!("/api/v1{link}")).await.json();
    assert_eq!(answer["addresses"].as_array().unwrap().len(), 500);
    let next = format!(
        "/api/v1{link}?part={}&before={}",
        answer["next"]["part"].as_str().unwrap(),
        answer["next"]["before"]
    );
    assert_eq!(
        house.get(&next).await.json()["addresses"][0]["prefix"],
        "10.0.2.190"
    );
    for wrong in ["part=x", "before=x", "before=-1"] {
        let page = house.get(&format!("{link}?{wrong}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn without_the_store_nobody_is_promised_anything() {
    let house = House::open().await;
    told(&house, &["192.0.2.7"], CONTACT).await;
    let link = link(&house, CONTACT).await;
    house.lose_store().await;
    for page in [
        house.get(&link).await,
        press(&house, &format!("{link}/fixed"), "address=192.0.2.7").await,
    ] {
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        page.keeps("off the list");
    }
}
