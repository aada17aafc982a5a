//! Fresh links: who gets one, how often, and that it opens.

use std::time::Duration;

use atalaya_formats::{TICKET_SECRET, Ticket};
use atalaya_model::MailAddress;

use super::house::{House, known, text};

const DAY: Duration = Duration::from_secs(86_400);

fn contact() -> MailAddress {
    "Abuse@cheap.example".parse().unwrap()
}

async fn ask(house: &House, mailbox: &MailAddress) {
    house.store.ask_for_link(mailbox, house.time.now()).await.unwrap();
}

#[tokio::test]
async fn who_was_written_to_gets_a_link_that_opens_and_one_a_day() {
    let house = House::with_listing().await;
    let writer = house.writer(known());
    assert_eq!(house.mails(&writer).await.len(), 1, "the notice");
    ask(&house, &contact()).await;
    ask(&house, &"abuse@CHEAP.example".parse().unwrap()).await;
    let mails = house.mails(&writer).await;
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0]
            .recipient
            .as_str()
            .eq_ignore_ascii_case("abuse@cheap.example")
    );
    let key = house.store.secret(TICKET_SECRET).await.unwrap();
    let ticket = Ticket {
        contact: contact(),
        until: house.time.now().plus(DAY * 30),
    };
    let plain = text(&mails[0]).replace("=\r\n", "");
    assert!(
        plain.contains(&format!("https://list.example/network/{}", ticket.seal(&key))),
        "{plain}"
    );
    assert!(plain.contains("Auto-Submitted: auto-replied"));
    assert!(house.mails(&writer).await.is_empty());
    house.time.advance(DAY);
    ask(&house, &contact()).await;
    assert_eq!(house.mails(&writer).await.len(), 1, "the next day");
}

#[tokio::test]
async fn who_was_never_written_to_or_wants_no_mail_gets_none() {
    let house = House::new().await;
    let writer = house.writer(known());
    ask(&house, &contact()).await;
    assert!(house.mails(&writer).await.is_empty(), "nothing was told");
    house.list(1).await;
    assert_eq!(house.mails(&writer).await.len(), 1, "the notice");
    house.time.advance(DAY);
    ask(&house, &"ceo@cheap.example".parse().unwrap()).await;
    house
        .store
        .leave_alone(&contact(), house.time.now())
        .await
        .unwrap();
    ask(&house, &contact()).await;
    assert!(house.mails(&writer).await.is_empty());
    assert!(house.is_idle().await);
}
