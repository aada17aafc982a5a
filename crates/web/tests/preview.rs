#[path = "pages/support.rs"]
mod support;
use atalaya_model::{Class, Verdict};
use support::House;
#[tokio::test(flavor = "multi_thread")]
async fn preview() {
    let mut house = House::open().await;
    let a = "192.0.2.7";
    house.clock.advance(support::DAY);
    house.list(a, Class::Spam).await;
    house.clock.advance(support::DAY * 3);
    house
        .decide(
            a,
            Verdict::Withdraw { class: Class::Spam },
            "expired",
            0.0,
            "The listing reached its end.",
        )
        .await;
    house.clock.advance(support::DAY * 5);
    for i in 0..3 {
        house
            .observe(
                a,
                [
                    "Última oportunidad: gana 5.000 € desde casa",
                    "Marta, your parcel is waiting <b>now</b>",
                    "Re: invoice 88231 for marta.trampa@trap.example",
                ][i],
                [
                    "mail.barato.example",
                    "[192.168.1.4]",
                    "static-7-2-0-192.isp.example",
                ][i],
            )
            .await;
        house.clock.advance(std::time::Duration::from_secs(600));
    }
    let s = house.list(a, Class::Spam).await;
    house.tell(a, "abuse@isp.example", s).await;
    let tok = house.tell("198.51.100.4", "abuse@otra.example", s).await;
    house.list("198.51.100.0/24", Class::Manual).await;
    house.list("2001:db8:7::/64", Class::Spam).await;
    house.observe("2001:db8:7::25", "Hello", "mx.v6.example").await;
    house.list("192.0.2.66", Class::Spam).await;
    house.list("192.0.2.66", Class::Bot).await;
    house.list("192.0.2.66", Class::Policy).await;
    house
        .decide(
            "203.0.113.0/24",
            Verdict::Allow { until: None },
            "by-hand",
            0.0,
            "customer",
        )
        .await;
    house.list("192.0.2.90", Class::Spam).await;
    for _ in 0..3 {
        house.post("/ip/192.0.2.90/remove").await;
        house.clock.advance(support::DAY * 9);
        house.list("192.0.2.90", Class::Spam).await;
    }
    house.config.web.organisation = "Atalaya".into();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{} token {}", listener.local_addr().unwrap(), tok);
    std::fs::write(
        "/tmp/preview.addr",
        format!("{} {}", listener.local_addr().unwrap(), tok),
    )
    .unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        let store = house.store.clone();
        async move {
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                if std::path::Path::new("/tmp/preview.close").exists() {
                    store.close().await;
                }
                if std::path::Path::new("/tmp/preview.stop").exists() {
                    stop.cancel();
                    break;
                }
            }
        }
    });
    atalaya_web::serve(listener, house.app(), stop).await;
}
