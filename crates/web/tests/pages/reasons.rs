//! Reasons in the language of the reader: what our rules write is said in his words, what an operator typed and what nobody knows stands as it is.

use atalaya_formats::{TICKET_SECRET, Ticket};
use atalaya_model::{Class, Role, Verdict};

use crate::support::{DAY, House};

const ADDRESS: &str = "192.0.2.7";
const KEPT: &str = "Seen or reported 3 times: spam, guessing of passwords; the last on 2026-11-23.";
const SPANISH: &str = "<bdi lang=\"es\">Visto o denunciado 3 veces: spam, intentos de adivinar contraseñas; la última el 2026-11-23.</bdi>";

/// Lists by a rule with a reason, for 60 days.
async fn list(house: &House, rule: &str, reason: &str) {
    let list = Verdict::List {
        class: Class::Spam,
        until: Some(house.now().plus(DAY * 60)),
    };
    let serial = house.decide(ADDRESS, list, rule, reason).await;
    house.tell(ADDRESS, "abuse@isp.example", serial).await;
}

/// The page of the network, and what programs read there.
async fn network(house: &House) -> [String; 2] {
    let key = house.store.secret(TICKET_SECRET).await.unwrap();
    let ticket = Ticket {
        contact: "abuse@isp.example".parse().unwrap(),
        until: house.now().plus(DAY),
    };
    let ticket = ticket.seal(&key);
    [
        format!("/network/{ticket}"),
        format!("/network/{ticket}/addresses.csv"),
    ]
}

#[tokio::test]
async fn the_reason_of_a_rule_is_said_in_the_language_of_every_page_and_kept_for_programs() {
    let mut house = House::open().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    list(&house, "score", KEPT).await;
    let [page, table] = network(&house).await;
    let english = format!("<bdi lang=\"en\">{KEPT}</bdi>");
    for path in ["/ip/192.0.2.7", page.as_str()] {
        house.get(path).await.says(&english);
        let spanish = house.get(&format!("{path}?lang=es")).await;
        spanish.says(SPANISH).keeps("guessing of passwords");
    }
    for path in ["/console/listings?", "/console/about?prefix=192.0.2.7&"] {
        house
            .console(&marta, &format!("{path}lang=en"))
            .await
            .says(&english);
        let spanish = house.console(&marta, &format!("{path}lang=es")).await;
        spanish.says(SPANISH).keeps("guessing of passwords");
    }
    for path in ["/api/v1/ip/192.0.2.7", table.as_str()] {
        house.get(&format!("{path}?lang=es")).await.says(KEPT);
    }
    house.post("/ip/192.0.2.7/remove").await;
    let left = house.get("/ip/192.0.2.7?lang=es").await;
    left.says("<bdi lang=\"es\">Se pidió la retirada en la página.</bdi>");
}

#[tokio::test]
async fn what_nobody_can_translate_stands_as_it_is_and_is_marked_as_english() {
    for kept in [
        "Spam reached our traps: 2 messages.",
        "A sentence of another version.",
    ] {
        let house = House::open().await;
        list(&house, "trap-spam", kept).await;
        let page = house.get("/ip/192.0.2.7?lang=es").await;
        page.says(&format!("<bdi lang=\"en\">{kept}</bdi>"));
    }
}

#[tokio::test]
async fn what_an_operator_typed_is_never_translated_nor_said_to_be_in_a_language() {
    for rule in ["by-hand", "import-partner"] {
        let house = House::open().await;
        list(&house, rule, "Envía spam.").await;
        let page = house.get("/ip/192.0.2.7?lang=es").await;
        page.says("<bdi lang=\"\">Envía spam.</bdi>");
    }
    // Not even where it reads like ours.
    let house = House::open().await;
    list(&house, "by-hand", KEPT).await;
    let page = house.get("/ip/192.0.2.7?lang=es").await;
    page.says(&format!("<bdi lang=\"\">{KEPT}</bdi>"))
        .keeps("Visto o denunciado");
}

#[tokio::test]
async fn markup_in_a_reason_stays_text_in_both_languages() {
    let house = House::open().await;
    list(
        &house,
        "score",
        "What the rule <script>alert(1)</script> listed was taken back.",
    )
    .await;
    let said = "&#60;script&#62;alert(1)&#60;/script&#62;";
    for path in ["/ip/192.0.2.7", "/ip/192.0.2.7?lang=es"] {
        house.get(path).await.says(said).keeps("<script>alert");
    }
    let spanish = house.get("/ip/192.0.2.7?lang=es").await;
    spanish.says(&format!(
        "<bdi lang=\"es\">Se retiró lo que había incluido la regla {said}.</bdi>"
    ));
}
