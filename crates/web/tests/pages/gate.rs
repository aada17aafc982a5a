//! What stands before a removal: a puzzle for the browser, or a wait without scripts; and limits for who looks up.

use std::time::Duration;

use atalaya_formats::puzzle::solve;
use atalaya_model::Class;
use atalaya_web::router;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::{House, Page, STRANGER, send};

const ADDRESS: &str = "192.0.2.7";
const BITS: u8 = 4;

/// A list whose removals cost a little work.
async fn house() -> House {
    let mut house = House::open().await;
    house.config.web.puzzle_bits = BITS;
    for last in 1..=9 {
        house.list(&format!("192.0.2.{last}"), Class::Spam).await;
    }
    house
}

/// Presses the button of the page of an address, with these fields.
async fn press(pages: &Router, address: &str, fields: &str) -> Page {
    let request = Request::post(format!("/ip/{address}/remove"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let body = Body::from(fields.to_owned());
    send(pages, STRANGER, request.body(body).unwrap()).await
}

/// Looks at a page.
async fn look(pages: &Router, path: &str) -> Page {
    let request = Request::get(path).body(Body::empty()).unwrap();
    send(pages, STRANGER, request).await
}

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, behind: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(behind).unwrap().0
}

/// The puzzle on a page, and how hard it is.
fn puzzle(page: &Page) -> (String, u8) {
    let word = between(&page.text, "name=\"puzzle\" value=\"", "\"");
    let bits = between(&page.text, "data-bits=\"", "\"");
    (word.to_owned(), bits.parse().unwrap())
}

/// The fields of a solved puzzle.
fn solved((word, bits): &(String, u8)) -> String {
    format!("puzzle={word}&solution={}", solve(word, *bits))
}

#[tokio::test]
async fn a_solved_puzzle_lets_its_address_leave_once_and_no_other() {
    let house = house().await;
    let pages = router(house.app());
    let page = look(&pages, "/ip/192.0.2.7").await;
    page.says("<script src=\"/removal.js?v=")
        .says("Without JavaScript it works too.");
    let fields = solved(&puzzle(&page));
    let other = press(&pages, "192.0.2.8", &fields).await;
    assert_eq!(other.status, StatusCode::PRECONDITION_REQUIRED);
    assert!(house.is_listed("192.0.2.8"));
    let left = press(&pages, ADDRESS, &fields).await;
    assert_eq!(left.status, StatusCode::OK);
    left.says("has left the list");
    house.list(ADDRESS, Class::Bot).await;
    let again = press(&pages, ADDRESS, &fields).await;
    assert_eq!(again.status, StatusCode::PRECONDITION_REQUIRED);
    assert!(house.is_listed(ADDRESS));
}

#[tokio::test]
async fn without_a_script_a_second_press_after_a_short_wait_is_enough() {
    let house = house().await;
    let pages = router(house.app());
    let first = press(&pages, ADDRESS, "").await;
    assert_eq!(first.status, StatusCode::PRECONDITION_REQUIRED);
    first
        .says("Press once more")
        .says("Wait 10 seconds")
        .says("method=\"post\"");
    let (word, _) = puzzle(&first);
    let fields = format!("puzzle={word}&solution=");
    house.clock.advance(Duration::from_secs(4));
    let early = press(&pages, ADDRESS, &fields).await;
    early.says("Wait 6 seconds").says(&word);
    assert!(house.is_listed(ADDRESS));
    house.clock.advance(Duration::from_secs(6));
    press(&pages, ADDRESS, &fields).await.says("has left the list");
    let spanish = Request::post("/ip/192.0.2.8/remove?lang=es").header("sec-fetch-site", "same-origin");
    let spanish = send(&pages, STRANGER, spanish.body(Body::empty()).unwrap()).await;
    spanish.says("Pulse una vez más").says("Espere 10 segundos");
}

#[tokio::test]
async fn without_a_script_few_addresses_leave_in_an_hour() {
    let mut house = house().await;
    house.config.web.unsolved_removals_per_hour = 2;
    let pages = router(house.app());
    let mut words = Vec::new();
    for last in 1..=3 {
        words.push(puzzle(&look(&pages, &format!("/ip/192.0.2.{last}")).await).0);
    }
    house.clock.advance(Duration::from_secs(10));
    let mut answers = Vec::new();
    for (last, word) in (1..=3).zip(&words) {
        answers.push(press(&pages, &format!("192.0.2.{last}"), &format!("puzzle={word}")).await);
    }
    let states: Vec<u16> = answers.iter().map(|page| page.status.as_u16()).collect();
    assert_eq!(states, [200, 200, 429]);
    assert_eq!(answers[2].header("retry-after"), "3600");
    answers[2].says("Too many removals without the script");
    // A solved one is another matter.
    let page = look(&pages, "/ip/192.0.2.4").await;
    press(&pages, "192.0.2.4", &solved(&puzzle(&page)))
        .await
        .says("has left the list");
}

#[tokio::test]
async fn who_removes_much_works_more_and_nobody_else_does() {
    let house = house().await;
    let pages = router(house.app());
    let mut bits = Vec::new();
    for last in 1..=5 {
        let address = format!("192.0.2.{last}");
        let asked = puzzle(&look(&pages, &format!("/ip/{address}")).await);
        press(&pages, &address, &solved(&asked))
            .await
            .says("has left the list");
        bits.push(asked.1);
    }
    assert_eq!(bits, [BITS, BITS, BITS + 1, BITS + 1, BITS + 2]);
    let request = Request::get("/ip/192.0.2.9").body(Body::empty()).unwrap();
    assert_eq!(puzzle(&send(&pages, "203.0.113.99", request).await).1, BITS);
}

#[tokio::test]
async fn an_old_puzzle_is_taken_no_more() {
    let house = house().await;
    let pages = router(house.app());
    let fields = solved(&puzzle(&look(&pages, "/ip/192.0.2.7").await));
    house.clock.advance(Duration::from_secs(3_601));
    let page = press(&pages, ADDRESS, &fields).await;
    assert_eq!(page.status, StatusCode::PRECONDITION_REQUIRED);
    assert!(house.is_listed(ADDRESS));
}

#[tokio::test]
async fn no_puzzle_of_an_earlier_start_is_taken_and_the_page_solves_another_by_itself() {
    let house = house().await;
    let before = router(house.app());
    let page = look(&before, "/ip/192.0.2.7").await;
    let fields = solved(&puzzle(&page));
    press(&before, ADDRESS, &fields).await.says("has left the list");
    house.list(ADDRESS, Class::Bot).await;
    // Started anew, nothing is known of what was used, and nothing of before is taken.
    let after = router(house.app());
    let page = press(&after, ADDRESS, &fields).await;
    assert_eq!(page.status, StatusCode::PRECONDITION_REQUIRED);
    assert!(house.is_listed(ADDRESS));
    page.says("One moment more")
        .says("started anew since")
        .says("data-again=\"yes\"")
        .says("name=\"again\" value=\"yes\"")
        .says("<script src=\"/removal.js?v=");
    // It goes on by itself once, and not where no script ran.
    let again = press(&after, ADDRESS, &format!("{fields}&again=yes")).await;
    again.keeps("data-again").says("Press once more");
    press(&after, ADDRESS, "puzzle=x&solution=")
        .await
        .keeps("data-again")
        .says("Press once more");
    let spanish = Request::post("/ip/192.0.2.7/remove?lang=es")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let spanish = send(&after, STRANGER, spanish.body(Body::from(fields)).unwrap()).await;
    spanish.says("Un momento más").says("se reinició desde entonces");
    // Past the puzzle, it is the rules of whoever comes back that answer.
    press(&after, ADDRESS, &format!("{}&again=yes", solved(&puzzle(&page))))
        .await
        .says("cannot leave yet");
}

#[tokio::test]
async fn a_used_puzzle_that_comes_again_is_never_solved_anew_unasked() {
    let house = house().await;
    let pages = router(house.app());
    let fields = solved(&puzzle(&look(&pages, "/ip/192.0.2.7").await));
    press(&pages, ADDRESS, &fields).await.says("has left the list");
    house.list(ADDRESS, Class::Bot).await;
    press(&pages, ADDRESS, &fields)
        .await
        .keeps("data-again")
        .says("Press once more");
}

#[tokio::test]
async fn an_ipv6_address_leaves_by_its_64() {
    let house = house().await;
    house.list("2001:db8:1:2::/64", Class::Spam).await;
    let pages = router(house.app());
    let fields = solved(&puzzle(&look(&pages, "/ip/2001:db8:1:2::25").await));
    press(&pages, "2001:db8:1:2::99", &fields)
        .await
        .says("2001:db8:1:2::/64 has left the list");
    assert!(!house.is_listed("2001:db8:1:2::25"));
}

#[tokio::test]
async fn programs_are_told_the_puzzle_as_a_problem_and_solve_it() {
    let house = house().await;
    let pages = router(house.app());
    let post = |path: String| Request::post(path).body(Body::empty()).unwrap();
    let path = "/api/v1/ip/192.0.2.7/removal";
    let asked = send(&pages, STRANGER, post(path.to_owned())).await;
    assert_eq!(asked.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(asked.header("content-type"), "application/problem+json");
    let asked = asked.json();
    assert_eq!(
        (&asked["outcome"], &asked["wait_seconds"]),
        (&"puzzle".into(), &10.into())
    );
    let word = asked["puzzle"].as_str().unwrap().to_owned();
    let bits = asked["bits"].as_u64().unwrap().try_into().unwrap();
    let wrong = send(&pages, STRANGER, post(format!("{path}?puzzle={word}&solution=x"))).await;
    assert_eq!(wrong.status, StatusCode::PRECONDITION_REQUIRED);
    let left = send(
        &pages,
        STRANGER,
        post(format!("{path}?{}", solved(&(word, bits)))),
    )
    .await;
    assert_eq!(left.status, StatusCode::CREATED);
    assert!(!house.is_listed(ADDRESS));
}

#[tokio::test]
async fn who_looks_up_too_much_is_told_to_wait_on_pages_and_by_the_api() {
    let mut house = house().await;
    house.config.web.lookups_per_minute = 3;
    let pages = router(house.app());
    for path in ["/ip/192.0.2.1", "/ip/192.0.2.0/24", "/api/v1/ip/192.0.2.2"] {
        assert_eq!(look(&pages, path).await.status, StatusCode::OK, "{path}");
    }
    let page = look(&pages, "/ip/192.0.2.3").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.header("retry-after"), "60");
    page.says("Too many requests");
    let program = look(&pages, "/api/v1/ip/192.0.2.3").await;
    assert_eq!(program.header("content-type"), "application/problem+json");
    assert_eq!(look(&pages, "/policy").await.status, StatusCode::OK);
    // Whoever may fetch the whole list is not kept from looking.
    for _ in 0..9 {
        let request = Request::get("/ip/192.0.2.1").body(Body::empty()).unwrap();
        assert_eq!(send(&pages, "127.0.0.1", request).await.status, StatusCode::OK);
    }
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(look(&pages, "/ip/192.0.2.3").await.status, StatusCode::OK);
}

#[tokio::test]
async fn puzzles_that_were_laid_in_stock_grow_harder_too() {
    let house = house().await;
    let pages = router(house.app());
    let mut stock = Vec::new();
    for last in 1..=9 {
        stock.push(puzzle(&look(&pages, &format!("/ip/192.0.2.{last}")).await));
    }
    let mut answers = Vec::new();
    for (last, easy) in (1..=9).zip(&stock) {
        assert_eq!(easy.1, BITS);
        answers.push(press(&pages, &format!("192.0.2.{last}"), &solved(easy)).await);
    }
    let states: Vec<u16> = answers.iter().map(|page| page.status.as_u16()).collect();
    // A few pages that are open at the same time are forgiven.
    assert_eq!(states, [200, 200, 200, 200, 200, 200, 428, 428, 428]);
    let harder = puzzle(&answers[6]);
    assert_eq!(harder.1, BITS + 3);
    press(&pages, "192.0.2.7", &solved(&harder))
        .await
        .says("has left the list");
}

#[tokio::test]
async fn what_is_refused_without_a_script_uses_nothing_up() {
    let mut house = house().await;
    house.config.web.unsolved_removals_per_hour = 1;
    let pages = router(house.app());
    let (one, other) = (
        puzzle(&look(&pages, "/ip/192.0.2.1").await),
        puzzle(&look(&pages, "/ip/192.0.2.2").await),
    );
    house.clock.advance(Duration::from_secs(10));
    let waited = |word: &str| format!("puzzle={word}&solution=");
    press(&pages, "192.0.2.1", &waited(&one.0))
        .await
        .says("has left the list");
    for _ in 0..3 {
        let page = press(&pages, "192.0.2.2", &waited(&other.0)).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    }
    // The place where used ones are remembered is bounded: whoever does no work must not fill it.
    press(&pages, "192.0.2.2", &solved(&other))
        .await
        .says("has left the list");
}
