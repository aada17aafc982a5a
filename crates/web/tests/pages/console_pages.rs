//! The pages of the console: how things are, what is listed, what is done by hand and taken back, evidence, rules.

use atalaya_decide::rules::STANDARD;
use atalaya_model::{Class, Role};
use atalaya_store::{DeedFilter, DeedOutcome};
use axum::http::StatusCode;

use crate::support::{House, Page, SignedIn, TRAP};

/// A published list, and somebody who may change it.
async fn house() -> (House, SignedIn) {
    let mut house = House::open().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    (house, marta)
}

/// Sends a form and follows to the page that tells what came of it.
pub(crate) async fn done(house: &House, who: &SignedIn, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = house.console_post(who, path, fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    house.console(who, page.header("location")).await
}

/// The number of the deed that a page offers to take back.
pub(crate) fn deed(page: &Page) -> String {
    let (_, behind) = page.text.split_once("name=\"deed\" value=\"").unwrap();
    behind.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_overview_tells_how_things_are_and_goes_on_telling() {
    let (house, marta) = house().await;
    house.list("192.0.2.7", Class::Spam).await;
    house.observe("192.0.2.7", "offer", "mail.cheap.example").await;
    let page = house.console(&marta, "/console").await;
    page.says("data-figure=\"listings\">1<")
        .says("data-figure=\"unjudged\">1<")
        .says("<th scope=\"row\">trap</th>")
        .says("data-live=\"/console/live\"")
        .says("/console.js?v=");
    let spanish = house.console(&marta, "/console?lang=es").await;
    spanish.says("Observaciones sin juzgar");
}

#[tokio::test]
async fn a_figure_leads_to_its_page_whoever_may_open_that() {
    let (mut house, marta) = house().await;
    let eva = house.signed_in("Eva", Role::Viewer).await;
    let places = [
        "/console/outbox?state=waiting",
        "/console/jobs",
        "/console/replies",
        "/console/feeds",
    ];
    let page = house.console(&marta, "/console").await;
    let of_a_viewer = house.console(&eva, "/console").await;
    for place in places {
        page.says(&format!("<dt><a href=\"{place}\""));
        of_a_viewer.keeps(place);
    }
}

#[tokio::test]
async fn the_page_about_an_address_names_no_trap_whoever_looks() {
    let (house, marta) = house().await;
    let subject = format!("Your parcel, {TRAP}, waits for you");
    house.observe("192.0.2.7", &subject, TRAP).await;
    let page = house.console(&marta, "/console/about?prefix=192.0.2.7").await;
    page.says("waits for you")
        .keeps("marta.trampa")
        .keeps("trap.example");
}

#[tokio::test]
async fn what_is_listed_by_hand_answers_and_is_taken_back_by_its_button() {
    let (house, marta) = house().await;
    let look = house.console(&marta, "/console/by-hand?prefix=192.0.2.7").await;
    look.says("192.0.2.7: 1 address")
        .says("Nothing is listed or allowed there.");
    let fields = [
        ("prefix", "192.0.2.7"),
        ("class", "spam"),
        ("reason", "sends to sold addresses"),
        ("days", "7"),
    ];
    let page = done(&house, &marta, "/console/list", &fields).await;
    page.says("Listed: 192.0.2.7.").says("sends to sold addresses");
    house.until(|| house.is_listed("192.0.2.7")).await;
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&page))]).await;
    back.says("Taken off: 192.0.2.7.");
    house.until(|| !house.is_listed("192.0.2.7")).await;
    // Taking that back lists it again, as it was.
    let again = done(&house, &marta, "/console/undo", &[("deed", &deed(&back))]).await;
    again.says("Listed: 192.0.2.7.").says("sends to sold addresses");
    house.until(|| house.is_listed("192.0.2.7")).await;
    // Nothing is taken back twice.
    let twice = house
        .console_post(&marta, "/console/undo", &[("deed", &deed(&page))])
        .await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
    let trail = house.console(&marta, "/console/audit").await;
    trail.says("list.add").says("list.remove").says("192.0.2.7");
}

#[tokio::test]
async fn an_entry_of_the_allow_list_gives_way_and_comes_back() {
    let (house, marta) = house().await;
    let allow = |reason: &'static str| [("prefix", "192.0.2.0/24"), ("reason", reason), ("days", "")];
    done(&house, &marta, "/console/allow", &allow("our own customers")).await;
    let page = done(&house, &marta, "/console/allow", &allow("a better reason")).await;
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&page))]).await;
    back.says("our own customers");
    house
        .console(&marta, "/console/allowed")
        .await
        .says("192.0.2.0/24")
        .says("our own customers");
    let refused = [
        ("prefix", "192.0.2.9"),
        ("class", "spam"),
        ("reason", "why"),
        ("days", "1"),
    ];
    let page = done(&house, &marta, "/console/list", &refused).await;
    page.says("this was not done").says("allow");
    let trail = house.store.deeds(&DeedFilter::default(), None, 1).await.unwrap();
    assert_eq!(trail[0].end.as_ref().unwrap().outcome, DeedOutcome::Failed);
    let gone = [("prefix", "192.0.2.0/24"), ("reason", "they left")];
    let page = done(&house, &marta, "/console/disallow", &gone).await;
    let back = done(&house, &marta, "/console/undo", &[("deed", &deed(&page))]).await;
    back.says("our own customers");
}

#[tokio::test]
async fn forms_that_say_nothing_or_too_much_change_nothing() {
    let (house, marta) = house().await;
    let long = "x".repeat(201);
    for fields in [
        [
            ("prefix", ""),
            ("class", "spam"),
            ("reason", "why"),
            ("days", "1"),
        ],
        [
            ("prefix", "192.0.2.1/24"),
            ("class", "spam"),
            ("reason", "why"),
            ("days", "1"),
        ],
        [
            ("prefix", "192.0.2.1"),
            ("class", "nothing"),
            ("reason", "why"),
            ("days", "1"),
        ],
        [
            ("prefix", "192.0.2.1"),
            ("class", "spam"),
            ("reason", "  "),
            ("days", "1"),
        ],
        [
            ("prefix", "192.0.2.1"),
            ("class", "spam"),
            ("reason", &long),
            ("days", "1"),
        ],
        [
            ("prefix", "192.0.2.1"),
            ("class", "spam"),
            ("reason", "a\r\nb"),
            ("days", "1"),
        ],
        [
            ("prefix", "192.0.2.1"),
            ("class", "spam"),
            ("reason", "why"),
            ("days", "0"),
        ],
        [
            ("prefix", "192.0.2.1"),
            ("class", "spam"),
            ("reason", "why"),
            ("days", "99999999999999999999"),
        ],
    ] {
        let page = house.console_post(&marta, "/console/list", &fields).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{fields:?}");
    }
    assert_eq!(house.store.serial().await.unwrap().0, 0);
}

#[tokio::test]
async fn who_only_looks_changes_nothing_and_is_offered_nothing() {
    let mut house = House::open().await;
    let eva = house.signed_in("Eva", Role::Viewer).await;
    house.list("192.0.2.7", Class::Spam).await;
    let page = house.console(&eva, "/console/about?prefix=192.0.2.7").await;
    page.says("192.0.2.7").keeps("/console/by-hand");
    for (path, fields) in [
        (
            "/console/list",
            vec![("prefix", "192.0.2.9"), ("class", "spam"), ("reason", "why")],
        ),
        (
            "/console/unlist",
            vec![("prefix", "192.0.2.7"), ("reason", "why")],
        ),
        ("/console/allow", vec![("prefix", "192.0.2.7"), ("reason", "why")]),
        (
            "/console/disallow",
            vec![("prefix", "192.0.2.7"), ("reason", "why")],
        ),
        ("/console/undo", vec![("deed", "1")]),
        ("/console/rules/try", vec![("text", STANDARD), ("instead_of", "")]),
        (
            "/console/rules/save",
            vec![("text", STANDARD), ("instead_of", "")],
        ),
    ] {
        let page = house.console_post(&eva, path, &fields).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["/console/by-hand", "/console/rules"] {
        assert_eq!(
            house.console(&eva, path).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
}

/// The prefixes on a page of listings, in its order, and the link to the next one.
pub(crate) fn listed(page: &Page) -> (Vec<String>, Option<String>) {
    let rows = page.text.split("/console/about?prefix=").skip(1);
    let prefixes = rows.map(|row| row.split('"').next().unwrap().to_owned());
    let next = page.text.split_once("\" rel=\"next\"").map(|(before, _)| {
        let link = before.rsplit("href=\"").next().unwrap();
        link.replace("&#38;", "&")
    });
    (prefixes.collect(), next)
}

#[tokio::test]
async fn pages_of_listings_repeat_and_skip_nothing_while_more_is_listed() {
    let (house, marta) = house().await;
    for last in 0..120 {
        house.list(&format!("192.0.2.{last}"), Class::Spam).await;
    }
    let (mut seen, mut next) = listed(&house.console(&marta, "/console/listings").await);
    let mut late = 0;
    while let Some(link) = next {
        // Before and behind where the reader is.
        late += 1;
        house.list(&format!("192.0.1.{late}"), Class::Spam).await;
        house.list(&format!("192.0.3.{late}"), Class::Bot).await;
        let (more, after) = listed(&house.console(&marta, &link).await);
        assert!(!more.is_empty());
        seen.extend(more);
        next = after;
    }
    let first: Vec<String> = (0..120).map(|last| format!("192.0.2.{last}")).collect();
    assert_eq!(seen[..120], first[..]);
    let mut all = seen.clone();
    all.dedup();
    assert_eq!(all.len(), seen.len());
    let (bots, next) = listed(&house.console(&marta, "/console/listings?class=bot").await);
    assert_eq!((bots.len(), next), (late, None));
    let hand = house.console(&marta, "/console/listings?origin=hand").await;
    assert_eq!(listed(&hand).0, bots);
    let none = house.console(&marta, "/console/listings?class=policy").await;
    none.says("No listing is so.");
    let wide = house
        .console(&marta, "/console/listings?around=192.0.1.0%2F24")
        .await;
    assert_eq!(listed(&wide).0.len(), late);
    let wrong = house
        .console(&marta, "/console/listings?around=%3Cscript%3E")
        .await;
    wrong.says("This is no address").keeps("<script>");
}

#[tokio::test]
async fn what_strangers_wrote_stays_text_in_every_view() {
    let mut house = House::open().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let evil = "<script>alert(1)</script>\"onmouseover=\"x";
    house.observe("192.0.2.7", evil, evil).await;
    let unit = "192.0.2.7".parse().unwrap();
    let seen = house.store.observations_of(&unit, 1).await.unwrap();
    let id = seen[0].id;
    let mut pages = vec![house.console(&eva, "/console/about?prefix=192.0.2.7").await];
    for view in ["", "?view=desk", "?view=network", "?view=public"] {
        pages.push(
            house
                .console(&eva, &format!("/console/evidence/{id}{view}"))
                .await,
        );
    }
    for page in &pages {
        assert_eq!(page.status, StatusCode::OK);
        page.keeps("<script>")
            .keeps("<img")
            .keeps("\"onmouseover")
            .keeps("<b>");
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'")
        );
    }
    pages[1].says("Buy now").says("pixel.png");
    pages[4].keeps("Buy now");
    let missing = "/console/evidence/00000000-0000-0000-0000-000000000000";
    assert_eq!(house.console(&eva, missing).await.status, StatusCode::NOT_FOUND);
    let odd = format!("/console/evidence/{id}?view=sealed");
    assert_eq!(house.console(&eva, &odd).await.status, StatusCode::BAD_REQUEST);
    let luis = house.signed_in("Luis", Role::Viewer).await;
    let path = format!("/console/evidence/{id}");
    assert_eq!(house.console(&luis, &path).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_a_file_of_rules_the_page_says_what_to_set_and_what_others_saved() {
    let mut house = House::open().await;
    let root = house.signed_in("Root", Role::Administrator).await;
    house
        .console(&root, "/console/rules")
        .await
        .says("Version 3, in /etc/atalaya/rules.toml. It is in force.")
        .keeps("decide.rules");
    *house.desk.saved_elsewhere.lock().unwrap() = Some("ours-7".to_owned());
    let page = house.console(&root, "/console/rules").await;
    page.says("in the program itself (decide.rules names no file)")
        .says("saved version ours-7, which this one does not take up")
        .says("rules = \"/etc/atalaya/rules.toml\"")
        .keeps("takes the role");
    let page = house.console(&root, "/console/rules?lang=es").await;
    page.says("Otro servidor de este almacén guardó la versión ours-7");
    let luis = house.signed_in("Luis", Role::Operator).await;
    let page = house.console(&luis, "/console/rules").await;
    page.says("Saving takes the role of an administrator.");
}

#[tokio::test]
async fn rules_are_saved_as_they_were_tried_and_not_otherwise() {
    let mut house = House::open().await;
    let root = house.signed_in("Root", Role::Administrator).await;
    let page = house.console(&root, "/console/rules").await;
    let field = |page: &Page, name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        let (_, behind) = page.text.split_once(&mark).unwrap();
        behind.split('"').next().unwrap().to_owned()
    };
    let instead_of = field(&page, "instead_of");
    let text = STANDARD.replacen("version = \"3\"", "version = \"3-tried\"", 1);
    assert_ne!(text, STANDARD);
    let broken = [
        ("text", "list_at = 'x'"),
        ("instead_of", &instead_of),
        ("days", "7"),
    ];
    let wrong = house.console_post(&root, "/console/rules/try", &broken).await;
    wrong.says("These rules cannot be used").keeps("Save these rules");
    let windows = text.replace('\n', "\r\n");
    let fields = [
        ("text", windows.as_str()),
        ("instead_of", &instead_of),
        ("days", "30"),
    ];
    let tried = house.console_post(&root, "/console/rules/try", &fields).await;
    tried.says("What they would do").says("Save these rules");
    let digest = field(&tried, "tried");
    let untried = format!("{text}\n# more");
    let other = [
        ("text", untried.as_str()),
        ("instead_of", &instead_of),
        ("tried", &digest),
    ];
    let refused = house.console_post(&root, "/console/rules/save", &other).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let fields = [
        ("text", windows.as_str()),
        ("instead_of", &instead_of),
        ("tried", &digest),
    ];
    let saved = done(&house, &root, "/console/rules/save", &fields).await;
    saved.says("Done: /etc/atalaya/rules.toml.").says("3-tried");
    // Somebody else, whose page is old.
    let stale = house.console_post(&root, "/console/rules/save", &fields).await;
    let told = house.console(&root, stale.header("location")).await;
    told.says("changed meanwhile");
}

/// What stands in a hidden field of a page.
fn field(page: &Page, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, behind) = page.text.split_once(&mark).unwrap();
    behind.split('"').next().unwrap().to_owned()
}

/// Tries a text and saves it, as what takes a save back where there is one.
async fn save(house: &House, who: &SignedIn, text: &str, undoes: Option<&str>) -> Page {
    let instead_of = field(&house.console(who, "/console/rules").await, "instead_of");
    let mut fields = vec![("text", text), ("instead_of", &instead_of)];
    fields.extend(undoes.map(|undoes| ("undoes", undoes)));
    let tried = house.console_post(who, "/console/rules/try", &fields).await;
    let digest = field(&tried, "tried");
    fields.push(("tried", &digest));
    done(house, who, "/console/rules/save", &fields).await
}

#[tokio::test]
async fn a_save_of_rules_is_taken_back_behind_a_trial_of_what_comes_back() {
    let mut house = House::open().await;
    let root = house.signed_in("Root", Role::Administrator).await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let text = STANDARD.replacen("version = \"3\"", "version = \"3-new\"", 1);
    let saved = save(&house, &root, &text, None).await;
    let number = deed(&saved);

    // Whoever may not save is not offered it, and cannot do it.
    let trail = house.console(&marta, "/console/audit?act=rules.save").await;
    trail.says("rules.save").keeps("/console/undo");
    let refused = house
        .console_post(&marta, "/console/undo", &[("deed", &number)])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let back = done(&house, &root, "/console/undo", &[("deed", &number)]).await;
    back.says(&format!(
        "the rules that number {number} of the audit trail replaced"
    ))
    .says("version = &#34;3&#34;")
    .keeps("Put these rules back");
    let spanish = house
        .console(&root, &format!("/console/rules?back={number}&lang=es"))
        .await;
    spanish.says("Aún no ha cambiado nada");
    let still = house.console(&root, "/console/rules").await;
    still.says("3-new");

    // Another text than the former one takes nothing back.
    let other = STANDARD.replacen("version = \"3\"", "version = \"3-other\"", 1);
    save(&house, &root, &other, Some(&number)).await;
    let kept = house.store.deeds(&DeedFilter::default(), None, 1).await.unwrap();
    assert_eq!(kept[0].deed.undoes, None);

    let instead_of = field(&still, "instead_of");
    let stale = [
        ("text", STANDARD),
        ("instead_of", &instead_of),
        ("undoes", &number),
    ];
    let tried = house.console_post(&root, "/console/rules/try", &stale).await;
    tried
        .says("Somebody else has changed the rules")
        .keeps("Put these rules back");
    let again = save(&house, &root, STANDARD, Some(&number)).await;
    again.says("Version 3, in");
    let kept = house.store.deeds(&DeedFilter::default(), None, 1).await.unwrap();
    assert_eq!(kept[0].deed.undoes.map(|id| id.to_string()), Some(number.clone()));
    assert!(
        kept[0].end.as_ref().unwrap().details.is_null(),
        "the answer is too long for the trail"
    );

    // Once; and the undoing can be undone.
    let twice = house
        .console_post(&root, "/console/undo", &[("deed", &number)])
        .await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
    let gone = house
        .console(&root, &format!("/console/rules?back={number}"))
        .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let forth = done(&house, &root, "/console/undo", &[("deed", &deed(&again))]).await;
    forth.says("version = &#34;3-other&#34;");
}
