//! The calls of AbuseIPDB and the form of blocklist.de, as existing tools send them.

use atalaya_model::{Class, Handshake, Kind, Observation, Sensor};
use atalaya_publish::Key;
use atalaya_web::{NewReporter, ReporterFile, Reporters, router};
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{House, Page, STRANGER, send};

const ADDRESS: &str = "192.0.2.7";

/// A house with a reporter, and his key.
async fn house(quota: &str, scopes: &str) -> (House, String) {
    let (mut house, key) = (House::open().await, Key::random());
    let mut file = ReporterFile::default();
    let new = NewReporter {
        name: "mx".parse().unwrap(),
        quota: quota.parse().unwrap(),
        scopes: scopes.parse().unwrap(),
    };
    file.add(new, &key).unwrap();
    file.write(&Reporters::file_in(house.folder())).unwrap();
    house.reporters = Reporters::open(house.folder()).unwrap().into();
    (house, key.to_string())
}

/// A call with a key.
async fn call(house: &House, method: Method, path: &str, key: &str, body: impl Into<Body>) -> Page {
    let request = Request::builder().method(method).uri(path).header("Key", key);
    house.send(request.body(body.into()).unwrap()).await
}

async fn get(house: &House, path: &str, key: &str) -> Value {
    let page = call(house, Method::GET, path, key, "").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.json()["data"].clone()
}

async fn report(house: &House, key: &str, form: &'static str) -> Page {
    call(house, Method::POST, "/api/v2/report", key, form).await
}

async fn kept(house: &House) -> Vec<Observation> {
    house
        .store
        .observations_of(&ADDRESS.parse().unwrap(), 100)
        .await
        .unwrap()
}

/// The one error of a refusal.
#[track_caller]
fn error(page: &Page, status: StatusCode) -> Value {
    assert_eq!(page.status, status, "{}", page.text);
    let error = page.json()["errors"][0].clone();
    assert_eq!(error["status"], status.as_u16());
    assert!(error["detail"].is_string());
    error
}

#[tokio::test]
async fn a_report_is_on_disk_when_it_is_acknowledged_and_shown_without_its_words() {
    let (house, key) = house("1000/day", "report,read").await;
    let page = report(
        &house,
        &key,
        "ip=192.0.2.7&categories=18,22&comment=secret+of%E9+root",
    )
    .await;
    assert_eq!(
        page.json(),
        json!({"data": {"ipAddress": ADDRESS, "abuseConfidenceScore": 25}})
    );
    assert_eq!(page.header("x-ratelimit-limit"), "1000");
    assert_eq!(page.header("x-ratelimit-remaining"), "999");
    assert_eq!(page.header("x-ratelimit-reset"), "1795478400");
    let [seen] = kept(&house).await.try_into().unwrap();
    assert_eq!((seen.sensor, seen.source.as_str()), (Sensor::Report, "mx"));
    assert_eq!(
        (seen.kind, seen.handshake),
        (Kind::LoginAttack, Handshake::Reported)
    );
    let comment = house.store.message(&seen.message.unwrap()).await.unwrap();
    assert_eq!(comment.unwrap(), b"secret of\xe9 root");

    let checked = call(
        &house,
        Method::GET,
        "/api/v2/check?ipAddress=192.0.2.7&verbose",
        &key,
        "",
    )
    .await;
    checked.keeps("secret");
    let data = checked.json()["data"].clone();
    assert_eq!(
        (&data["totalReports"], &data["numDistinctUsers"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(data["reports"][0]["categories"], json!([18, 22]));
    house.get("/ip/192.0.2.7").await.keeps("secret");
}

#[tokio::test]
async fn the_same_report_twice_is_merged_and_not_refused() {
    let (house, key) = house("-", "report,read").await;
    for _ in 0..50 {
        let page = report(&house, &key, "ip=192.0.2.7&categories=11").await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.header("x-ratelimit-limit"), "");
    }
    assert_eq!(kept(&house).await.len(), 1);
    assert!(!house.is_listed(ADDRESS));
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let (house, key) = house("-", "report,read").await;
    for (form, parameter) in [
        ("categories=18", "ip"),
        ("ip=127.0.0.1&categories=18", "ip"),
        ("ip=192.0.2.7", "categories"),
        ("ip=192.0.2.7&categories=99", "categories"),
        (
            "ip=192.0.2.7&categories=18&timestamp=2030-01-01T00:00:00Z",
            "timestamp",
        ),
        (
            "ip=192.0.2.7&categories=18&timestamp=2001-01-01T00:00:00Z",
            "timestamp",
        ),
    ] {
        let error = error(
            &report(&house, &key, form).await,
            StatusCode::UNPROCESSABLE_ENTITY,
        );
        assert_eq!(error["source"]["parameter"], parameter, "{form}");
    }
    let page = call(&house, Method::GET, "/api/v2/check?ipAddress=x", &key, "").await;
    error(&page, StatusCode::UNPROCESSABLE_ENTITY);
    error(
        &call(&house, Method::GET, "/api/v2/report", &key, "").await,
        StatusCode::METHOD_NOT_ALLOWED,
    );
    error(
        &call(&house, Method::GET, "/api/v2/none", &key, "").await,
        StatusCode::NOT_FOUND,
    );
    let long = call(
        &house,
        Method::POST,
        "/api/v2/report",
        &key,
        vec![b'a'; 300 << 10],
    )
    .await;
    error(&long, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_forged_key_is_refused_and_soon_told_to_wait_while_a_true_one_passes() {
    let (house, key) = house("-", "report,read").await;
    let pages = router(house.app());
    let ask = async |key: &str| {
        let request = Request::get("/api/v2/check?ipAddress=192.0.2.7").header("Key", key);
        send(&pages, STRANGER, request.body(Body::empty()).unwrap()).await
    };
    for _ in 0..house.config.web.wrong_keys_per_minute {
        error(&ask("forged").await, StatusCode::UNAUTHORIZED);
    }
    let page = ask("forged").await;
    error(&page, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.header("retry-after"), "60");
    assert_eq!(ask(&key).await.status, StatusCode::OK);
    let query = format!("/api/v2/check?ipAddress=192.0.2.7&key={key}");
    assert_eq!(house.get(&query).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_key_does_what_it_is_good_for_until_its_day_is_used_up() {
    let (house, key) = house("2/day", "report").await;
    error(
        &call(&house, Method::GET, "/api/v2/check?ipAddress=192.0.2.7", &key, "").await,
        StatusCode::FORBIDDEN,
    );
    for _ in 0..2 {
        assert_eq!(
            report(&house, &key, "ip=192.0.2.7&categories=11").await.status,
            StatusCode::OK
        );
    }
    let page = report(&house, &key, "ip=192.0.2.7&categories=11").await;
    error(&page, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        (page.header("x-ratelimit-remaining"), page.header("retry-after")),
        ("0", "6558")
    );
}

#[tokio::test]
async fn what_a_reporter_takes_back_no_longer_stands() {
    let (house, key) = house("-", "report,read").await;
    report(&house, &key, "ip=192.0.2.7&categories=11").await;
    let clear = async || {
        let path = "/api/v2/clear-address?ipAddress=192.0.2.7";
        call(&house, Method::DELETE, path, &key, "").await.json()["data"]["numReportsDeleted"].clone()
    };
    assert_eq!((clear().await, clear().await), (json!(1), json!(0)));
    assert_eq!(
        get(&house, "/api/v2/check?ipAddress=192.0.2.7", &key).await["totalReports"],
        0
    );
    assert_eq!(kept(&house).await.len(), 2, "facts stay");
    // Said again within the quarter of an hour, it stands again, once.
    house.clock.advance(std::time::Duration::from_secs(1));
    for _ in 0..2 {
        report(&house, &key, "ip=192.0.2.7&categories=11").await;
    }
    assert_eq!(kept(&house).await.len(), 3);
    assert_eq!(clear().await, json!(1));
    // The same in a table, however often that is sent.
    house.clock.advance(std::time::Duration::from_secs(1));
    for _ in 0..2 {
        let request = Request::post("/api/v2/bulk-report")
            .header("Key", &key)
            .header("Content-Type", "text/csv");
        let table = "192.0.2.7,11,,\n";
        let page = house.send(request.body(Body::from(table)).unwrap()).await;
        assert_eq!(page.json()["data"]["savedReports"], 1);
    }
    assert_eq!(clear().await, json!(1));
}

#[tokio::test]
async fn what_a_reporter_said_before_many_others_is_found_and_taken_back() {
    let (house, key) = house("-", "report,read").await;
    report(&house, &key, "ip=192.0.2.7&categories=11").await;
    let of_others = (0..1_100).map(|_number| {
        let store = house.store.clone();
        let seen =
            atalaya_observe::reports::take_back("192.0.2.7".parse().unwrap(), "other", house.clock.now());
        tokio::spawn(async move { store.record(seen, None).await })
    });
    for recorded in of_others.collect::<Vec<_>>() {
        recorded.await.unwrap().unwrap();
    }
    let path = "/api/v2/clear-address?ipAddress=192.0.2.7";
    let page = call(&house, Method::DELETE, path, &key, "").await;
    assert_eq!(page.json()["data"]["numReportsDeleted"], 1);
}

#[tokio::test]
async fn the_list_and_its_networks_are_shown() {
    let (house, key) = house("-", "report,read").await;
    house.list(ADDRESS, Class::Spam).await;
    house.list("2001:db8:1:2::/64", Class::Spam).await;
    report(&house, &key, "ip=192.0.2.9&categories=11").await;
    let page = call(
        &house,
        Method::GET,
        "/api/v2/blacklist?plaintext&ipVersion=4",
        &key,
        "",
    )
    .await;
    assert_eq!(
        (page.text.as_str(), page.header("content-type")),
        ("192.0.2.7\n", "text/plain; charset=utf-8")
    );
    let page = call(&house, Method::GET, "/api/v2/blacklist?limit=1", &key, "").await;
    assert_eq!(page.json()["data"].as_array().unwrap().len(), 1);
    assert!(page.json()["meta"]["generatedAt"].is_string());
    let page = call(
        &house,
        Method::GET,
        "/api/v2/blacklist?onlyCountries=ES",
        &key,
        "",
    )
    .await;
    error(&page, StatusCode::UNPROCESSABLE_ENTITY);
    let block = get(&house, "/api/v2/check-block?network=192.0.2.0/24", &key).await;
    assert_eq!(
        (&block["netmask"], &block["maxAddress"]),
        (&json!("255.255.255.0"), &json!("192.0.2.255"))
    );
    let reported = block["reportedAddress"].as_array().unwrap();
    let scores: Vec<&Value> = reported
        .iter()
        .map(|entry| &entry["abuseConfidenceScore"])
        .collect();
    assert_eq!(scores, [100, 25]);
    let page = call(
        &house,
        Method::GET,
        "/api/v2/check-block?network=192.0.0.0/16",
        &key,
        "",
    )
    .await;
    error(&page, StatusCode::PAYMENT_REQUIRED);
}

#[tokio::test]
async fn reports_come_in_pages() {
    let (house, key) = house("-", "report,read").await;
    for hour in 10..15 {
        let form = format!("ip=192.0.2.7&categories=11&timestamp=2026-11-23T{hour}:00:00Z");
        call(&house, Method::POST, "/api/v2/report", &key, form).await;
    }
    let page = get(
        &house,
        "/api/v2/reports?ipAddress=192.0.2.7&perPage=2&page=3",
        &key,
    )
    .await;
    assert_eq!(
        (&page["total"], &page["lastPage"], &page["count"]),
        (&json!(5), &json!(3), &json!(1))
    );
    assert_eq!(page["results"][0]["reportedAt"], "2026-11-23T10:00:00Z");
    assert!(page["nextPageUrl"].is_null() && page["previousPageUrl"].is_string());
}

#[tokio::test]
async fn a_table_is_taken_with_its_wrong_rows_named() {
    let (house, key) = house("3/day", "report,read").await;
    let table = "IP,Categories,ReportDate,Comment\n192.0.2.7,\"18,22\",2026-11-23T10:00:00Z,one\n127.0.foo.bar,18,,\n\
                 192.0.2.8,99,,\n192.0.2.8,18,,two\n192.0.2.9,18,,three\n192.0.2.10,18,,four\n";
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csv\"; filename=\"r.csv\"\r\nContent-Type: text/csv\r\n\r\n{table}\r\n--b--\r\n"
    );
    let request = Request::post("/api/v2/bulk-report")
        .header("Key", &key)
        .header("Content-Type", "multipart/form-data; boundary=b");
    let page = house.send(request.body(Body::from(form)).unwrap()).await;
    let data = page.json()["data"].clone();
    assert_eq!(
        (&data["savedReports"], &data["invalidReportsTotal"]),
        (&json!(3), &json!(3)),
        "{data}"
    );
    let rows: Vec<&Value> = data["invalidReports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["rowNumber"])
        .collect();
    assert_eq!(rows, [3, 4, 7]);
    assert_eq!(data["invalidReports"][0]["input"], "127.0.foo.bar");
    assert_eq!(kept(&house).await.len(), 1);
    let empty = Request::post("/api/v2/bulk-report")
        .header("Key", &key)
        .header("Content-Type", "multipart/form-data; boundary=b");
    error(
        &house.send(empty.body(Body::from("--b--\r\n")).unwrap()).await,
        StatusCode::UNPROCESSABLE_ENTITY,
    );
}

#[tokio::test]
async fn of_a_million_rows_the_wrong_ones_are_counted_and_few_are_told() {
    const PIECE: usize = 10_000;
    let (house, key) = house("-", "report,read").await;
    let good = "192.0.2.7,18,2026-11-23T10:00:00Z,x\n";
    let wrong = b"192.0.2.\xff,18,,x\n".repeat(PIECE - 1);
    let piece = Bytes::from([good.as_bytes(), &wrong].concat());
    let pieces = in_pieces(piece, 100);
    let request = Request::post("/api/v2/bulk-report")
        .header("Key", &key)
        .header("Content-Type", "text/csv");
    let page = house.send(request.body(pieces).unwrap()).await;
    let data = page.json()["data"].clone();
    assert_eq!(
        (&data["savedReports"], &data["invalidReportsTotal"]),
        (&json!(100), &json!(999_900))
    );
    assert_eq!(data["invalidReports"].as_array().unwrap().len(), 1_000);
    assert_eq!(kept(&house).await.len(), 1);
}

/// A body of so many pieces, each made when it is asked for.
fn in_pieces(piece: Bytes, count: usize) -> Body {
    let (reader, mut writer) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        for _ in 0..count {
            tokio::io::AsyncWriteExt::write_all(&mut writer, &piece)
                .await
                .unwrap();
        }
    });
    Body::from_stream(tokio_util::io::ReaderStream::new(reader))
}

#[tokio::test]
async fn the_form_of_blocklist_de_is_answered_in_text() {
    let (house, key) = house("-", "report").await;
    let form =
        format!("server=mx%40example.org&apikey={key}&service=sshd&ip=192.0.2.7&logs=Failed<br>&format=text");
    let page = house
        .send(
            Request::post("/en/httpreports.html")
                .body(Body::from(form))
                .unwrap(),
        )
        .await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("ok");
    let [seen] = kept(&house).await.try_into().unwrap();
    assert_eq!(
        (seen.kind, seen.handshake),
        (Kind::LoginAttack, Handshake::Reported)
    );
    for (form, status) in [
        (
            "apikey=forged&service=sshd&ip=192.0.2.7".to_owned(),
            StatusCode::UNAUTHORIZED,
        ),
        (
            format!("apikey={key}&service=sshd&ip=10.0.0.1"),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        let page = house
            .send(Request::post("/httpreports.php").body(Body::from(form)).unwrap())
            .await;
        assert_eq!((page.status, page.text.get(..6)), (status, Some("error:")));
    }
}

#[tokio::test]
async fn without_the_store_nothing_is_acknowledged() {
    let (house, key) = house("-", "report,read").await;
    house.lose_store().await;
    let page = report(&house, &key, "ip=192.0.2.7&categories=11").await;
    error(&page, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "30");
    let request = Request::post("/api/v2/bulk-report")
        .header("Key", &key)
        .body(Body::from("192.0.2.7,18\n"));
    error(
        &house.send(request.unwrap()).await,
        StatusCode::SERVICE_UNAVAILABLE,
    );
}
