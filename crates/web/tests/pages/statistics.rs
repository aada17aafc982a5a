//! The pages of statistics, in front of days whose pictures are kept.

#[path = "../../../pipeline/stats/tests/sample/mod.rs"]
mod sample;

use atalaya_stats::{Day, Part, Picture};
use axum::http::StatusCode;

use crate::support::House;

/// It is the 23rd of November in the house; of these days pictures are kept.
const DAYS: [&str; 2] = ["2026-11-20", "2026-11-22"];
const LAST: &str = "/stats/2026-11-22";

/// A house with pictures of two days.
async fn house() -> House {
    let house = House::open().await;
    keep_days(&house).await;
    house
}

/// Keeps the pictures of two days.
pub(crate) async fn keep_days(house: &House) {
    for day in DAYS {
        keep(house, day, sample::picture(1)).await;
    }
}

async fn keep(house: &House, day: &str, picture: Picture) {
    let picture = Picture {
        first_day: day.to_owned(),
        last_day: day.to_owned(),
        ..picture
    };
    let number = day.parse::<Day>().unwrap().number();
    let mut transaction = house.store.begin().await.unwrap();
    let text = serde_json::to_string(&picture).unwrap();
    transaction.keep_picture(number, text).await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn the_first_page_shows_the_last_full_day_and_the_others() {
    let house = house().await;
    house
        .get("/stats")
        .await
        .says("<h1>Statistics of 22 November 2026</h1>")
        .says("Srizbi")
        .says("Chao 1987")
        .says("href=\"/stats/2026-11-20\" aria-label=\"20 November 2026\">20</a>")
        .says("href=\"/stats/2026-11-22/botnets.csv\"")
        .says("<svg class=\"chart wide-only\"")
        .says("src=\"/stats/2026-11-22/countries.svg\"")
        .keeps("<script")
        .keeps(" style=");
    house.get("/").await.says("href=\"/stats\"");
    house
        .get("/stats?lang=es&by=bytes")
        .await
        .says("<h1>Estadísticas: 22 de noviembre de 2026</h1>")
        .says("href=\"/stats/2026-11-22/botnets.csv?lang=es&#38;by=bytes\"")
        .says("aria-current=\"true\">Bytes</a>")
        .says("<input type=\"hidden\" name=\"by\" value=\"bytes\">")
        .says("Destinatarios al día");
}

#[tokio::test]
async fn a_house_that_saw_nothing_says_so() {
    let house = House::open().await;
    let page = house.get("/stats").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Nothing was seen.");
    keep(&house, "2026-11-22", sample::nothing()).await;
    house
        .get(LAST)
        .await
        .says("Nothing was seen.")
        .keeps("<svg class=\"chart");
}

#[tokio::test]
async fn a_page_may_be_kept_and_is_not_sent_twice() {
    let house = house().await;
    let page = house.get(LAST).await;
    assert_eq!(page.header("cache-control"), "public, max-age=3600");
    assert!(page.text.len() < 100_000, "{}", page.text.len());
    let again = house.get_with(LAST, "if-none-match", page.header("etag")).await;
    assert_eq!(
        (again.status, again.text.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    assert_eq!(
        house.get_with(LAST, "if-none-match", "\"other\"").await.status,
        StatusCode::OK
    );
    assert!(
        page.header("content-security-policy")
            .contains("style-src 'self'")
    );
}

#[tokio::test]
async fn every_part_is_a_file_of_each_kind() {
    let house = house().await;
    for part in Part::ALL {
        for (ending, kind) in [
            ("csv", "text/csv; charset=utf-8; header=present"),
            ("json", "application/json"),
            ("svg", "image/svg+xml"),
        ] {
            let file = house.get(&format!("{LAST}/{part}.{ending}")).await;
            assert_eq!(
                (file.status, file.header("content-type")),
                (StatusCode::OK, kind),
                "{part}"
            );
        }
    }
    let csv = house.get("/stats/2026-11-22/botnets.csv").await;
    csv.says("Srizbi,botnet,");
    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"botnets-2026-11-22.csv\""
    );
    let svg = house.get("/stats/2026-11-22/countries.svg?size=narrow").await;
    assert!(svg.text.contains("viewBox=\"0 0 350 "), "{}", svg.text);
    assert!(
        svg.header("content-security-policy")
            .starts_with("default-src 'none'; style-src 'unsafe-inline'")
    );
    let png = house.get("/stats/2026-11-22/hours.png").await;
    assert_eq!(png.header("content-type"), "image/png");
    let report = house.get("/stats/2026-11-22/report.html").await;
    report.says("<style>").says("Atalaya del Sur").keeps("<link");
}

#[tokio::test]
async fn programs_get_the_whole_picture() {
    let house = house().await;
    let answer = house.get("/api/v1/stats/2026-11-22").await;
    let picture: Picture = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(picture.first_day, "2026-11-22");
    answer.keeps("/var/lib");
    let document = house.get("/api/openapi.json").await.json();
    let schema = document["components"]["schemas"]["Statistics"].clone();
    let named: Vec<&str> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let answered = answer.json();
    let mut members: Vec<&String> = answered.as_object().unwrap().keys().collect();
    let mut named_sorted = named.clone();
    named_sorted.sort_unstable();
    members.sort_unstable();
    assert_eq!(members, named_sorted);
}

#[tokio::test]
async fn programs_learn_which_days_there_are() {
    let house = house().await;
    let answer = house.get("/api/v1/stats").await;
    let days = [
        serde_json::json!({ "day": "2026-11-20", "complete": true, "closed": true }),
        serde_json::json!({ "day": "2026-11-22", "complete": true, "closed": true }),
    ];
    assert_eq!(answer.json().as_array().unwrap().as_slice(), days);
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn what_is_no_day_and_days_without_figures_are_told_apart() {
    let house = house().await;
    for (path, status, words) in [
        ("/stats/yesterday", 400, "is no day"),
        ("/stats/2026-13-01", 400, "is no day"),
        ("/stats/%3Cscript%3E", 400, "&#60;script&#62;"),
        ("/stats/2026-11-22/2026-11-20", 400, "before the last"),
        ("/stats/2024-01-01/2026-11-20", 400, "at most"),
        ("/stats/2027-01-01", 404, "Nothing was counted on 2027-01-01"),
        ("/stats/2026-11-21", 404, "Nothing was counted on 2026-11-21"),
        ("/stats/2026-11-22/secrets.csv", 404, "no such page"),
        ("/stats/2026-11-22/botnets.exe", 404, "no such page"),
        ("/stats/2026-11-22/..%2F..%2Fetc.csv", 404, "no such page"),
        ("/stats/2026-11-22?by=beauty", 400, "cannot be understood"),
    ] {
        let page = house.get(path).await;
        assert_eq!(page.status, status, "{path}");
        page.says(words);
    }
    let problem = house.get("/api/v1/stats/2027-01-01").await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(problem.json()["status"], 404);
}

#[tokio::test]
async fn a_form_leads_to_days() {
    let house = house().await;
    let page = house
        .get("/stats?first=2026-11-20&last=2026-11-22&by=bytes")
        .await;
    assert_eq!(page.header("location"), "/stats/2026-11-20/2026-11-22?by=bytes");
    let page = house.get("/stats?first=2026-11-20&last=2026-11-22&lang=es").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), "/stats/2026-11-20/2026-11-22?lang=es");
    assert_eq!(house.get("/stats?first=x&last=//evil.example").await.status, 400);
}

#[tokio::test]
async fn an_operator_may_keep_statistics_to_himself() {
    let mut house = house().await;
    house.stats.public = false;
    for path in [
        "/stats",
        LAST,
        "/stats/2026-11-22/botnets.csv",
        "/api/v1/stats",
        "/api/v1/stats/2026-11-22",
    ] {
        assert_eq!(house.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    house.get("/").await.keeps("/stats");
}

#[tokio::test]
async fn names_of_strangers_are_harmless_on_pages_and_in_files() {
    let house = House::open().await;
    keep(&house, "2026-11-22", sample::hostile()).await;
    house.get(LAST).await.keeps("<script").keeps("\u{202e}");
    house.get("/stats/2026-11-22/botnets.svg").await.keeps("<script");
    house.get("/stats/2026-11-22/report.html").await.keeps("<script");
}
