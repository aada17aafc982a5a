//! Many incidents of one network: what is gathered, when it is told, and that it is told once.

use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Contact, Decision, Observation, Verdict};
use atalaya_places::{Places, PlacesConfig};

use super::fixture::{config, contact, decision, observation};
use super::house::{House, Script, about, each_alone, field, known, parts, text};
use crate::notice::{Language, NoticeConfig};

const HOUR: Duration = Duration::from_secs(3_600);

/// How many rows the table of a mail has.
fn rows(mail: &atalaya_store::OutgoingMail) -> usize {
    parts(mail).matches("https://list.example/ip/192.0.2.").count()
}

#[tokio::test]
async fn the_first_incident_is_told_at_once_and_what_follows_in_one_digest() {
    let house = House::new().await;
    let writer = house.writer(known());
    house.list(1).await;
    let mails = house.mails(&writer).await;
    assert_eq!(mails.len(), 1);
    assert!(!text(&mails[0]).contains("text/csv"));
    for number in 2..=5 {
        house.list(number).await;
        assert!(house.mails(&writer).await.is_empty());
    }
    house.time.advance(HOUR - Duration::from_secs(1));
    assert!(house.mails(&writer).await.is_empty(), "the window is open");
    house.time.advance(Duration::from_secs(1));
    let mails = house.mails(&writer).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(field(&mails[0], "Incidents"), "4");
    let told = parts(&mails[0]);
    assert!(told.contains("addresses.csv") && told.contains("xarf-4.json") && !told.contains("xarf-5.json"));
    for number in 2..=5 {
        assert!(told.contains(&format!("192.0.2.{number},spam,")), "{told}");
    }
    assert!(!told.contains("192.0.2.1,spam,"), "the first was told before");
    house.time.advance(HOUR * 2);
    assert!(house.mails(&writer).await.is_empty(), "all is told");
    assert!(house.is_idle().await);
    house.list(6).await;
    assert_eq!(house.mails(&writer).await.len(), 1, "after a quiet time at once");
}

#[tokio::test]
async fn a_restart_in_the_window_loses_nothing_and_doubles_nothing() {
    let house = House::new().await;
    house.list(1).await;
    assert_eq!(house.mails(&house.writer(known())).await.len(), 1);
    for number in 2..=4 {
        house.list(number).await;
    }
    house.mails(&house.writer(known())).await;
    house.time.advance(HOUR);
    // Two workers hold jobs for the same letter, and each of them runs twice.
    let writer = house.writer(known());
    let [one, two] = [house.job().await.unwrap(), house.job().await.unwrap()];
    for job in [&one, &two, &one, &two] {
        writer.work_one(job).await.unwrap();
    }
    let mails = house.mails(&writer).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(field(&mails[0], "Incidents"), "3");
    for number in 1..=4 {
        let notices = house.store.notices_of(&about(number).prefix, 9).await.unwrap();
        assert_eq!(notices.len(), 1);
        assert!(notices[0].told_at.is_some(), "{number}");
    }
}

#[tokio::test]
async fn the_curve_holds_for_what_is_gathered() {
    let house = House::new().await;
    let writer = house.writer(known());
    for number in 1..=12 {
        house.list(number).await;
    }
    let mails = house.mails(&writer).await;
    assert_eq!((mails.len(), field(&mails[0], "Incidents").as_str()), (1, "12"));
    // The thirteenth to the nineteenth are held back beyond the window; the twentieth tells them.
    for number in 13..=19 {
        house.list(number).await;
    }
    house.mails(&writer).await;
    house.time.advance(HOUR * 3);
    assert!(house.mails(&writer).await.is_empty());
    house.list(20).await;
    let mails = house.mails(&writer).await;
    assert_eq!((mails.len(), field(&mails[0], "Incidents").as_str()), (1, "8"));
}

#[tokio::test]
async fn what_ended_while_it_was_gathered_is_told_to_nobody() {
    let house = House::new().await;
    let writer = house.writer(known());
    for number in 1..=3 {
        house.list(number).await;
        house.mails(&writer).await;
    }
    let class = decision().verdict.class().unwrap();
    let gone = Decision {
        verdict: Verdict::Withdraw { class },
        ..about(3)
    };
    house.decide(&gone).await;
    house.time.advance(HOUR);
    let mails = house.mails(&writer).await;
    assert_eq!(mails.len(), 1);
    let told = text(&mails[0]);
    assert!(
        told.contains("192.0.2.2") && !told.contains("192.0.2.3"),
        "{told}"
    );
    let notices = house.store.notices_of(&gone.prefix, 1).await.unwrap();
    assert_eq!(notices[0].told_at, None);
    // Where all has ended, there is no mail at all.
    house.list(4).await;
    house.mails(&writer).await;
    house
        .decide(&Decision {
            verdict: gone.verdict,
            ..about(4)
        })
        .await;
    house.time.advance(HOUR);
    assert!(house.mails(&writer).await.is_empty());
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn who_leaves_in_the_window_gets_no_digest() {
    let house = House::new().await;
    let writer = house.writer(known());
    house.list(1).await;
    house.mails(&writer).await;
    house.list(2).await;
    house.mails(&writer).await;
    let contact = "abuse@cheap.example".parse().unwrap();
    house.store.leave_alone(&contact, house.time.now()).await.unwrap();
    house.time.advance(HOUR);
    assert!(house.mails(&writer).await.is_empty());
}

#[tokio::test]
async fn caps_hold_and_what_they_held_is_told_the_next_day() {
    let of = |per_contact, per_network, per_day| NoticeConfig {
        max_per_contact: per_contact,
        max_per_network: per_network,
        max_per_day: per_day,
        ..each_alone()
    };
    for config in [of(2, 99, 99), of(99, 2, 99), of(99, 99, 2)] {
        let house = House::new().await;
        let writer = house.writer_with(config, known());
        let mut told = 0;
        for number in 1..=6 {
            house.list(number).await;
            told += house.mails(&writer).await.len();
        }
        assert_eq!(told, 2);
        house.time.advance(HOUR * 24);
        let mails = house.mails(&writer).await;
        assert_eq!(mails.len(), 2, "the cap holds on the next day too");
        house.time.advance(HOUR * 24);
        let rest = house.mails(&writer).await;
        let incidents = mails.iter().chain(&rest).map(|mail| field(mail, "Incidents"));
        assert_eq!(
            incidents.collect::<Vec<_>>(),
            ["1"; 4],
            "told alone, as it is set, and once"
        );
    }
    // With a window all that was capped is one digest.
    let house = House::new().await;
    let capped = NoticeConfig {
        max_per_contact: 1,
        ..config()
    };
    let writer = house.writer_with(capped, known());
    for number in 1..=6 {
        house.list(number).await;
        house.mails(&writer).await;
        house.time.advance(HOUR / 2);
    }
    house.time.advance(HOUR * 24);
    let mails = house.mails(&writer).await;
    assert_eq!((mails.len(), rows(&mails[0]) > 5), (1, true));
    assert_eq!(field(&mails[0], "Incidents"), "5");
}

#[tokio::test]
async fn quiet_hours_are_kept() {
    let house = House::new().await;
    let now = house.time.now();
    let minute_of_day = now.seconds().rem_euclid(86_400) / 60;
    let clock = |minute: i64| {
        format!(
            "{:02}:{:02}",
            minute.rem_euclid(1_440) / 60,
            minute.rem_euclid(60)
        )
    };
    let hours = format!("{}-{}", clock(minute_of_day - 1), clock(minute_of_day + 60));
    let quiet = NoticeConfig {
        quiet_hours: Some(hours.parse().unwrap()),
        ..config()
    };
    let writer = house.writer_with(quiet, known());
    house.list(1).await;
    house.list(2).await;
    assert!(house.mails(&writer).await.is_empty());
    house.time.advance(Duration::from_secs(58 * 60));
    assert!(house.mails(&writer).await.is_empty());
    house.time.advance(Duration::from_secs(2 * 60));
    let mails = house.mails(&writer).await;
    assert_eq!((mails.len(), field(&mails[0], "Incidents").as_str()), (1, "2"));
}

#[tokio::test]
async fn all_notices_about_a_network_are_one_thread() {
    let house = House::new().await;
    let writer = house.writer_with(each_alone(), known());
    house.list(1).await;
    house.list(2).await;
    let mails = house.mails(&writer).await;
    assert_eq!(mails.len(), 2);
    let root = field(&mails[0], "References");
    assert!(
        root.starts_with("<case-") && root.ends_with("@list.example>"),
        "{root}"
    );
    for mail in &mails {
        assert_eq!(
            (field(mail, "References"), field(mail, "In-Reply-To")),
            (root.clone(), root.clone())
        );
        let word = root.trim_start_matches('<').split('@').next().unwrap();
        assert!(text(mail).contains(&format!("[{word}]")));
    }
    assert_ne!(field(&mails[0], "Message-ID"), field(&mails[1], "Message-ID"));
}

#[tokio::test]
async fn the_link_in_a_notice_opens_the_page_of_its_contact() {
    let house = House::with_listing().await;
    let mails = house.mails(&house.writer(known())).await;
    let told = parts(&mails[0]);
    let word = told.split("https://list.example/network/").nth(1).unwrap();
    let word = word.split_whitespace().next().unwrap();
    let key = house.store.secret(atalaya_formats::TICKET_SECRET).await.unwrap();
    let open = |after| atalaya_formats::Ticket::open(word, &key, house.time.now().plus(after));
    assert_eq!(open(HOUR).unwrap().contact.as_str(), "abuse@cheap.example");
    assert!(open(HOUR * 24 * 31).is_err());
}

#[tokio::test]
async fn a_network_of_a_spanish_speaking_country_reads_spanish_first() {
    let places = Arc::new(Places::load(&PlacesConfig::default()).unwrap().places);
    let (address, network) = ("80.58.61.250", "80.58.0.0/16");
    for (language, first, second) in [
        (Language::Auto, "Hola:", Some("Hello,")),
        (Language::En, "Hello,", None),
    ] {
        let house = House::new().await;
        let seen = Observation {
            address: address.parse().unwrap(),
            ..observation(1)
        };
        house.record(seen).await;
        house
            .decide(&Decision {
                prefix: address.parse().unwrap(),
                ..decision()
            })
            .await;
        let theirs = Contact {
            prefix: network.parse().unwrap(),
            ..contact("abuse@cheap.example")
        };
        let config = NoticeConfig { language, ..config() };
        let writer = house
            .writer_with(config, Script::Contact(Box::new(theirs)))
            .with_places(Arc::clone(&places));
        let mails = house.mails(&writer).await;
        let told = text(&mails[0]);
        let at = |word: &str| told.find(word);
        assert!(at(first).is_some(), "{told}");
        assert_eq!(second.is_some(), at("Hola:").is_some() && at("Hello,").is_some());
        assert!(second.is_none_or(|second| at(first) < at(second)));
    }
}

#[tokio::test]
async fn the_notice_about_a_listing_can_be_seen_and_nothing_follows() {
    let house = House::with_listing().await;
    let (writer, now) = (house.writer(known()), house.time.now());
    let address = "192.0.2.7".parse().unwrap();
    assert_eq!(
        writer.preview(address, None, now).await.unwrap(),
        None,
        "no contact is known"
    );
    let theirs = contact("abuse@cheap.example");
    house.store.keep_contact(&theirs, now.plus(HOUR)).await.unwrap();
    let seen = writer.preview(address, None, now).await.unwrap().unwrap();
    assert!(
        seen.text.contains("no more notices at abuse@cheap.example"),
        "{}",
        seen.text
    );
    let other = "noc@cheap.example".parse().ok();
    let seen = writer.preview(address, other, now).await.unwrap().unwrap();
    assert!(
        seen.text.contains("no more notices at noc@cheap.example"),
        "{}",
        seen.text
    );
    assert!(house.outbox().await.is_empty());
    assert!(
        house
            .store
            .notices_of(&decision().prefix, 1)
            .await
            .unwrap()
            .is_empty()
    );
    let unlisted = "192.0.2.99".parse().unwrap();
    assert_eq!(writer.preview(unlisted, None, now).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_listed_twice_while_it_was_gathered_stands_in_the_table_once() {
    let house = House::new().await;
    let writer = house.writer(known());
    for number in [1, 2, 3] {
        house.list(number).await;
        house.mails(&writer).await;
    }
    let class = decision().verdict.class().unwrap();
    let verdict = Verdict::Withdraw { class };
    house.decide(&Decision { verdict, ..about(3) }).await;
    house.decide(&about(3)).await;
    house.mails(&writer).await;
    house.time.advance(HOUR);
    let mails = house.mails(&writer).await;
    let told = parts(&mails[0]);
    assert!(told.contains("2 addresses in your network"), "{told}");
    assert_eq!(told.matches("192.0.2.3,spam,").count(), 1);
    assert!(told.contains("xarf-2.json") && !told.contains("xarf-3.json"));
}

/// Withdraws the listing of an address.
async fn withdraw(house: &House, number: u8) {
    let class = decision().verdict.class().unwrap();
    let verdict = Verdict::Withdraw { class };
    let gone = Decision {
        verdict,
        ..about(number)
    };
    house.decide(&gone).await;
}

/// Whom the notices about an address were written to, and whether they were told.
async fn told_to(house: &House, number: u8) -> Vec<(String, bool)> {
    let notices = house.store.notices_of(&about(number).prefix, 9).await.unwrap();
    let told = notices
        .iter()
        .map(|one| (one.contact.to_string(), one.told_at.is_some()));
    told.collect()
}

#[tokio::test]
async fn what_was_gathered_for_a_mailbox_that_is_gone_goes_to_the_next_candidate() {
    let [first, second] = ["abuse@cheap.example", "noc@carrier.example"];
    let house = House::new().await;
    let writer = house.writer(Script::Several(vec![contact(first), contact(second)]));
    house.list(1).await;
    house.mails(&writer).await;
    for number in [2, 3, 4] {
        house.list(number).await;
        assert!(house.mails(&writer).await.is_empty());
    }
    // One address is not theirs; later nothing reaches them at all.
    let theirs = first.parse().unwrap();
    let now = house.time.now();
    house
        .store
        .contact_refused(&about(2).prefix, &theirs, now)
        .await
        .unwrap();
    house.time.advance(HOUR);
    let mails = house.mails(&writer).await;
    let told = mails
        .iter()
        .map(|mail| (mail.recipient.as_str(), field(mail, "Incidents")));
    let mut told: Vec<_> = told.collect();
    told.sort();
    assert_eq!(told, [(first, "2".to_owned()), (second, "1".to_owned())]);
    house.list(5).await;
    house.mails(&writer).await;
    let gone = atalaya_store::Suppressed {
        address: theirs,
        why: "550 no such user".to_owned(),
        since: house.time.now(),
        until: None,
    };
    house.store.suppress(&gone).await.unwrap();
    house.time.advance(HOUR);
    let mails = house.mails(&writer).await;
    assert_eq!((mails.len(), mails[0].recipient.as_str()), (1, second));
    for (number, whom) in [(1, first), (2, second), (3, first), (4, first), (5, second)] {
        assert_eq!(
            told_to(&house, number).await,
            [(whom.to_owned(), true)],
            "{number}"
        );
    }
    house.time.advance(HOUR * 3);
    assert!(house.mails(&writer).await.is_empty() && house.is_idle().await);
}

#[tokio::test]
async fn what_stands_is_told_however_many_newer_ones_have_ended() {
    let house = House::new().await;
    let writer = house.writer(known());
    house.list(1).await;
    house.mails(&writer).await;
    for number in 2..=60 {
        house.list(number).await;
    }
    house.mails(&writer).await;
    for number in 3..=60 {
        withdraw(&house, number).await;
    }
    house.time.advance(HOUR);
    let mails = house.mails(&writer).await;
    assert_eq!((mails.len(), field(&mails[0], "Incidents").as_str()), (1, "1"));
    assert!(text(&mails[0]).contains("192.0.2.2"));
}

#[tokio::test]
async fn what_is_allowed_meanwhile_stands_in_no_table() {
    let house = House::new().await;
    let writer = house.writer(known());
    for number in 1..=3 {
        house.list(number).await;
        house.mails(&writer).await;
    }
    let verdict = Verdict::Allow { until: None };
    house.decide(&Decision { verdict, ..about(3) }).await;
    house.time.advance(HOUR);
    let mails = house.mails(&writer).await;
    assert_eq!(field(&mails[0], "Incidents"), "1");
    assert!(!parts(&mails[0]).contains("192.0.2.3"));
}

#[tokio::test]
async fn what_does_not_go_into_a_letter_stays_gathered_for_the_next() {
    let house = House::new().await;
    let mut writer = house.writer(known());
    writer.most_rows = 3;
    for number in 1..=8 {
        house.list(number).await;
    }
    let mut incidents = Vec::new();
    for _ in 0..4 {
        let mails = house.mails(&writer).await;
        incidents.extend(mails.iter().map(|mail| field(mail, "Incidents")));
        house.time.advance(HOUR);
    }
    assert_eq!(incidents, ["3", "3", "2"]);
    for number in 1..=8 {
        assert_eq!(told_to(&house, number).await.len(), 1);
    }
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn a_notice_without_room_for_evidence_is_written_all_the_same() {
    let house = House::with_listing().await;
    let none = NoticeConfig {
        max_evidence: atalaya_model::ByteSize::mib(0),
        ..config()
    };
    assert_eq!(house.mails(&house.writer_with(none, known())).await.len(), 1);
}

#[tokio::test]
async fn a_clock_that_was_ahead_once_silences_nobody() {
    for ahead in [HOUR / 2, HOUR * 24 * 400] {
        let house = House::new().await;
        let writer = house.writer(known());
        house.list(1).await;
        let job = house.job().await.unwrap();
        writer.work_one(&job).await.unwrap();
        let job = house.job().await.unwrap();
        let then = house.time.now().plus(ahead);
        writer.write_letter(&job, then).await.unwrap();
        assert_eq!(house.outbox().await.len(), 1);
        house.list(2).await;
        let mut mails = house.mails(&writer).await;
        for _ in 0..2 {
            house.time.advance(HOUR);
            mails.extend(house.mails(&writer).await);
        }
        assert_eq!(mails.len(), 1, "{ahead:?}");
    }
}
