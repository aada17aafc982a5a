//! Whom we tell, in the console: who enrolled in the feedback loop, and the search for a contact.

use atalaya_model::{Act, Role};
use atalaya_notify::NewEnrolment;
use atalaya_store::{DeedFilter, DeedOutcome, Ways};
use axum::http::StatusCode;

use crate::console_pages::{deed, done};
use crate::support::House;

#[tokio::test]
async fn who_enrolled_is_shown_as_text_and_ended() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let page = house.console(&marta, "/console/feedback").await;
    page.says("Nobody has enrolled.")
        .says("Nobody asks to be enrolled.");
    let new = NewEnrolment {
        scope: "192.0.2.0/24".parse().unwrap(),
        name: "The <b>desk</b>".to_owned(),
        mailbox: "abuse@network.example".parse().unwrap(),
        ways: Ways {
            mail: true,
            summary: false,
            webhook: None,
        },
    };
    let (enrolment, secrets) = house.feedback().add(new).await.unwrap();
    let id = enrolment.id.to_string();
    let page = house.console(&marta, "/console/feedback").await;
    page.says("192.0.2.0/24")
        .says("is told")
        .says("your word")
        .keeps("<b>desk")
        .keeps(&secrets.pull_key.to_string());
    let which = [("id", id.as_str())];
    let refused = done(&house, &marta, "/console/feedback/approve", &which).await;
    refused.says("it is no request any more");
    let ended = done(&house, &marta, "/console/feedback/end", &which).await;
    ended.says("Ended: ").says("Nobody has enrolled.");
    let trail = house.store.deeds(&DeedFilter::default(), None, 2).await.unwrap();
    let told: Vec<(Act, DeedOutcome)> = trail
        .iter()
        .map(|one| (one.deed.act, one.end.as_ref().unwrap().outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Act::EndEnrolment, DeedOutcome::Done),
            (Act::Enrol, DeedOutcome::Failed),
        ]
    );
    let wrong = house
        .console_post(&marta, "/console/feedback/end", &[("id", "x")])
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_search_for_a_contact_shows_each_question_and_asks_nobody_by_a_link() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let link = house.console(&eva, "/console/contacts?address=192.0.2.7").await;
    link.keeps("whois.example");
    let found = house
        .console_post(&eva, "/console/contacts", &[("address", "192.0.2.7")])
        .await;
    found
        .says("whois.example")
        .says("for 192.0.2.7")
        .says("hung up")
        .keeps("<b>nobody")
        .keeps("<i>registry");
    let wrong = house
        .console_post(&eva, "/console/contacts", &[("address", "<script>")])
        .await;
    wrong.says("This is no address.").keeps("<script>");
}

#[tokio::test]
async fn who_is_enrolled_by_hand_gets_his_secrets_once_and_others_when_they_are_made_anew() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let fields = [
        ("scope", "AS64500"),
        ("mailbox", "abuse@network.example"),
        ("name", "The <b>desk</b>"),
        ("summary", "yes"),
        ("webhook", "https://soar.network.example/atalaya"),
    ];
    let made = house
        .console_post(&marta, "/console/feedback/enrol", &fields)
        .await;
    assert_eq!(
        (made.status, made.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    made.says("who is told of AS64500")
        .says("Secret of the webhook: <code>")
        .keeps("<b>desk");
    let key = |text: &str| {
        let (_, behind) = text.split_once("Key of the feed: <code>").unwrap();
        behind.split('<').next().unwrap().to_owned()
    };
    let first = key(&made.text);
    let page = house.console(&marta, "/console/feedback").await;
    page.says("AS64500").keeps(&first);
    let kept = house.store.enrolments(None, 2).await.unwrap().remove(0);
    assert_eq!((kept.ways.mail, kept.ways.summary), (false, true));

    let id = kept.id.to_string();
    let which = [("id", id.as_str())];
    let rotated = house
        .console_post(&marta, "/console/feedback/rotate", &which)
        .await;
    let second = key(&rotated.text);
    assert_ne!(second, first);
    let trail = house.console(&marta, "/console/audit").await;
    trail
        .says("feedback.enrol")
        .says("feedback.change")
        .keeps(&first)
        .keeps(&second);
}

#[tokio::test]
async fn what_cannot_be_enrolled_is_refused_with_the_reason() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    for wrong in [
        [("scope", "a network"), ("mailbox", "abuse@network.example")],
        [("scope", "AS64500"), ("mailbox", "nobody")],
    ] {
        let page = house
            .console_post(&marta, "/console/feedback/enrol", &wrong)
            .await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
    let inside = [
        ("scope", "AS64500"),
        ("mailbox", "abuse@network.example"),
        ("webhook", "https://127.0.0.1/"),
    ];
    let refused = done(&house, &marta, "/console/feedback/enrol", &inside).await;
    refused.says("this was not done").says("Nobody has enrolled.");
    let nobody = [("id", "7b0a7f4e-6b0f-4a51-8ad7-d2f2a6f4a001")];
    let unknown = done(&house, &marta, "/console/feedback/rotate", &nobody).await;
    unknown.says("this was not done");
}

#[tokio::test]
async fn a_contact_is_set_by_hand_shown_as_text_and_taken_back() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let empty = house.console(&marta, "/console/contacts/by-hand").await;
    empty.says("No contact is set by hand.");
    let spanish = house.console(&marta, "/console/contacts/by-hand?lang=es").await;
    spanish.says("No hay ningún contacto fijado a mano.");
    let fields = [
        ("subject", "192.0.2.0/24"),
        (
            "mailboxes",
            "abuse@isp.example, noc@isp.example abuse@isp.example",
        ),
        ("reason", "they asked by <i>phone</i>"),
        ("days", "30"),
    ];
    let set = done(&house, &marta, "/console/contacts/set", &fields).await;
    set.says("Contact set: 192.0.2.0/24.")
        .says("<bdi>abuse@isp.example</bdi><br><bdi>noc@isp.example</bdi></td>")
        .says("they asked by")
        .keeps("<i>phone");
    let about = house.console(&marta, "/console/about?prefix=192.0.2.7").await;
    about
        .says("abuse@isp.example")
        .says("the contact set by hand for 192.0.2.0/24");
    let other = [
        fields[0],
        ("mailboxes", "other@isp.example"),
        fields[2],
        ("days", ""),
    ];
    let again = done(&house, &marta, "/console/contacts/set", &other).await;
    again.says("other@isp.example").keeps("noc@isp.example");
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&again))]).await;
    back.says("noc@isp.example").keeps("other@isp.example");
    let unset = done(&house, &marta, "/console/contacts/unset", &fields[..1]).await;
    unset.says("No contact is set by hand.");
    let nothing = done(&house, &marta, "/console/contacts/unset", &fields[..1]).await;
    nothing.says("this was not done");
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&unset))]).await;
    back.says("noc@isp.example");
    let trail = house.store.deeds(&DeedFilter::default(), None, 9).await.unwrap();
    let acts: Vec<Act> = trail.iter().take(6).map(|one| one.deed.act).collect();
    let (set, unset) = (Act::SetContact, Act::UnsetContact);
    assert_eq!(acts, [set, unset, unset, set, set, set]);
}

#[tokio::test]
async fn that_nobody_is_told_is_said_on_purpose_shown_with_its_reason_and_taken_back() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let fields = [
        ("subject", "192.0.2.0/24"),
        ("mailboxes", ""),
        ("nobody", "yes"),
        ("reason", "asked for it <i>in writing</i>"),
        ("days", "30"),
    ];
    let both = [
        fields[0],
        ("mailboxes", "a@b.example"),
        fields[2],
        fields[3],
        fields[4],
    ];
    let neither = [fields[0], fields[1], fields[3], fields[4]];
    for wrong in [&both[..], &neither] {
        let page = house.console_post(&marta, "/console/contacts/set", wrong).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
    }
    let set = done(&house, &marta, "/console/contacts/set", &fields).await;
    set.says("Contact set: 192.0.2.0/24.").says("<em>nobody</em>");
    let about = house.console(&marta, "/console/about?prefix=192.0.2.7").await;
    about
        .says("Nobody is told, on purpose: so it was set by hand for 192.0.2.0/24.")
        .says("asked for it")
        .keeps("<i>in writing");
    let spanish = house
        .console(&marta, "/console/about?prefix=192.0.2.7&lang=es")
        .await;
    spanish.says("No se avisa a nadie, a propósito");
    let unset = done(&house, &marta, "/console/contacts/unset", &fields[..1]).await;
    unset.keeps("<em>nobody</em>");
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&unset))]).await;
    back.says("<em>nobody</em>");
}

#[tokio::test]
async fn what_is_no_contact_is_refused_and_the_desk_only_looks() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let good = [
        ("subject", "isp.example"),
        ("mailboxes", "abuse@isp.example"),
        ("reason", "why"),
        ("days", "7"),
    ];
    for (field, wrong) in [
        (0, "0.0.0.0/0"),
        (0, "<script>"),
        (1, ""),
        (1, "nobody"),
        (1, "a@b.example b@b.example c@b.example d@b.example"),
        (2, " "),
        (2, "two\nlines"),
        (3, "0"),
    ] {
        let mut fields = good;
        fields[field].1 = wrong;
        let page = house.console_post(&marta, "/console/contacts/set", &fields).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
    done(&house, &marta, "/console/contacts/set", &good).await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let page = house.console(&eva, "/console/contacts/by-hand").await;
    page.says("isp.example")
        .keeps("action=\"/console/contacts/set\"")
        .keeps("action=\"/console/contacts/unset\"");
}
