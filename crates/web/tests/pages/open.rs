//! The pages for who uses the list and its data.

use atalaya_model::Class;
use axum::http::StatusCode;

use crate::support::House;

#[tokio::test]
async fn the_page_of_use_has_every_zone_every_answer_and_every_program_with_our_names() {
    let house = House::open().await;
    let page = house.get("/use").await;
    assert_eq!(page.status, StatusCode::OK);
    for class in Class::ALL {
        page.says(&class.code().to_string());
        page.says(&format!("<code>{}.bl.list.example</code>", class.sub_zone()));
    }
    page.says("127.0.0.10, 127.0.0.11")
        .says("dig +short 2.0.0.127.bl.list.example")
        .says("reject_rbl_client bl.list.example=127.0.0.[2;3;4;9;10]")
        .says("warn_if_reject reject_rbl_client bl.list.example=127.0.0.[2;3;4;9;10;11]")
        .says("dnslists   = bl.list.example=127.0.0.2,")
        .says("rbl = &#34;bl.list.example&#34;")
        .says("bl.list.example.")
        .says("https://list.example/ip/$client_address")
        .keeps("example.net")
        .keeps("5300")
        .keeps("ask our postmaster for one");
    house
        .get("/use?lang=es")
        .await
        .says("<h1>Usar la lista</h1>")
        .says("Rechazar en el puerto 25")
        .says("durante 5 minutos");
}

#[tokio::test]
async fn a_list_for_holders_of_keys_says_whom_to_ask_for_one() {
    let mut house = House::open().await;
    house.config.publish.clients.clear();
    house.config.publish.sub_zones = false;
    house
        .get("/use")
        .await
        .says("ask our postmaster for one")
        .says("mailto:postmaster@list.example")
        .keeps("spam.bl.list.example");
}

#[tokio::test]
async fn the_page_of_data_says_what_is_open_and_under_which_licence() {
    let mut house = House::open().await;
    house
        .get("/data")
        .await
        .says("No licence is stated.")
        .says("is given to those whom we know")
        .says("/api/v1/export/cidr")
        .says("href=\"/api/v1/stats/2026-11-23\"")
        .says("href=\"/api/openapi.json\"")
        .says("How the figures come about")
        .keeps("Abuse contacts over DNS");
    house.config.web.data_licence = Some("CC BY 4.0 <b>".to_owned());
    house.config.web.export_clients = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
    house.config.contact_zone = Some("contacts.list.example".to_owned());
    house.stats.public = false;
    house
        .get("/data")
        .await
        .says("CC BY 4.0 &#60;b&#62;")
        .says("Anybody may fetch the list")
        .says("99.2.0.192.contacts.list.example")
        .keeps("Figures of each day");
    house
        .get("/data?lang=es")
        .await
        .says("Datos abiertos")
        .says("pueden usarse según");
}

#[tokio::test]
async fn the_page_of_the_api_has_every_call_of_the_document_in_both_languages() {
    let house = House::open().await;
    let document = house.get("/api/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let calls = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| format!("<code>{} {path}</code>", method.to_uppercase()))
    });
    let calls: Vec<String> = calls.collect();
    for (link, title) in [
        ("/api", "Calls for programs"),
        ("/api?lang=es", "Llamadas para programas"),
    ] {
        let page = house.get(link).await;
        assert_eq!(page.status, StatusCode::OK);
        page.says(&format!("<h1>{title}</h1>"));
        for call in &calls {
            page.says(call);
        }
    }
    house.get("/").await.says("<a href=\"/api\">API</a>");
    house
        .get("/api?lang=es")
        .await
        .says("Quitar una dirección de la lista");
}
