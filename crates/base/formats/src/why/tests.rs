//! Sentences that are read back, those that are not, and what is never lost.

use atalaya_model::{Kind, Rule, Sensor, Timestamp};
use proptest::prelude::*;

use super::*;

const DAY: Timestamp = Timestamp::from_seconds(1_800_000_000 - 1_800_000_000 % 86_400);

/// One of each, with all kinds and sensors.
fn all() -> Vec<Why> {
    let range = "192.0.2.0/24".parse().unwrap();
    let sensors = Sensor::ALL.iter().copied().map(Why::SensorPurged);
    let single = Kind::ALL.iter().map(|kind| Why::Seen {
        times: 1,
        kinds: vec![*kind],
        last: DAY,
    });
    let trapped = [1, 2, 1_000_000].map(|messages| Why::Trapped { messages, last: DAY });
    let mut all = vec![
        Why::Seen {
            times: u64::MAX,
            kinds: Kind::ALL.to_vec(),
            last: DAY,
        },
        Why::ManyListed(17),
        Why::Ended,
        Why::NewHolder,
        Why::Removed,
        Why::ReportsTakenBack,
        Why::RulePurged("score/3".to_owned()),
        Why::Purged,
        Why::Protected(range, Protector::Configured),
        Why::Protected(range, Protector::Domain("mail.example".to_owned())),
        Why::Stopped(Protector::Configured),
        Why::Stopped(Protector::Domain("mail.example".to_owned())),
        Why::Allowed(range),
        Why::OffItsList,
    ];
    all.extend(sensors.chain(single).chain(trapped));
    all
}

#[test]
fn every_sentence_is_read_back_and_said_in_spanish() {
    for why in all() {
        let kept = why.to_string();
        assert_eq!(Why::read(&kept), Some(why.clone()), "{kept}");
        let spanish = why.spanish();
        assert!(!spanish.is_empty() && spanish != kept, "{kept}");
        assert_eq!(Why::read(&spanish), None, "{spanish}");
    }
}

/// These stand in stores and in public logs: what was kept once is understood for good.
#[test]
fn sentences_of_earlier_versions_are_understood_for_good() {
    for (kept, spanish) in [
        (
            "Spam reached our traps: 1 message, the last on 2027-01-15.",
            "Llegó spam a nuestras trampas: 1 mensaje, el 2027-01-15.",
        ),
        (
            "Spam reached our traps: 12 messages, the last on 2027-01-15.",
            "Llegó spam a nuestras trampas: 12 mensajes, el último el 2027-01-15.",
        ),
        (
            "Seen or reported once: port scans; the last on 2027-01-15.",
            "Visto o denunciado una vez: escaneos de puertos; el 2027-01-15.",
        ),
        (
            "Seen or reported 2 times: spam, phishing; the last on 2027-01-15.",
            "Visto o denunciado 2 veces: spam, phishing; la última el 2027-01-15.",
        ),
        ("The listing reached its end.", "La inclusión llegó a su fin."),
        (
            "Removal was asked for on the page.",
            "Se pidió la retirada en la página.",
        ),
        (
            "192.0.2.0/24 was put on the allow list",
            "192.0.2.0/24 se puso en la lista de permitidos.",
        ),
        (
            "192.0.2.0/24 is protected: mail.example sends or takes mail there.",
            "192.0.2.0/24 está protegido: mail.example envía o recibe correo ahí.",
        ),
        (
            "20 addresses of this network are listed.",
            "20 direcciones de esta red están en la lista.",
        ),
    ] {
        assert_eq!(Why::read(kept).map(|why| why.spanish()), Some(spanish.to_owned()));
    }
}

#[test]
fn what_is_not_exactly_a_sentence_of_ours_is_nobodys() {
    for text in [
        "",
        "Sends spam.",
        "the listing reached its end.",
        "Spam reached our traps: 1 messages, the last on 2027-01-15.",
        "Spam reached our traps: 01 message, the last on 2027-01-15.",
        "Spam reached our traps: 2 messages, the last on 2027-02-31.",
        "Spam reached our traps: 2 messages, the last on 2027-01-15. <b>Now</b>",
        "Seen or reported 1 times: spam; the last on 2027-01-15.",
        "Seen or reported twice: spam; the last on 2027-01-15.",
        "Seen or reported once: ; the last on 2027-01-15.",
        "Seen or reported once: something new; the last on 2027-01-15.",
        "Observations of a telescope were taken back.",
        "192.0.2.1/24 was put on the allow list",
        "192.0.2.0/24 is protected: somebody says so.",
        "Nobody else sends or takes mail there",
    ] {
        assert_eq!(Why::read(text), None, "{text}");
    }
    let long = format!("What the rule {} listed was taken back.", "x".repeat(2_000));
    assert_eq!(Why::read(&long), None);
}

#[test]
fn what_an_operator_typed_is_his_own_even_where_it_reads_like_ours() {
    let sentence = "The listing reached its end.";
    let of = |rule: &str| Why::of(&Rule::new(rule, 1), sentence);
    assert_eq!(of("expired"), Some(Why::Ended));
    assert_eq!(of("by-hand"), None);
    let typed = |rule: &str| is_typed(&Rule::new(rule, 1));
    assert!(typed("by-hand") && typed("import") && typed("import-drop"));
    assert!(!typed("score") && !typed("important"));
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_again_as_it_was(text in "\\PC{0,80}") {
        if let Some(why) = Why::read(&text) {
            prop_assert_eq!(why.to_string(), text);
        }
    }

    #[test]
    fn near_sentences_are_read_right_or_not_at_all(at in 0_usize..60, cut in 0_usize..80, more in "\\PC{0,3}") {
        let all = all();
        let kept = all[at % all.len()].to_string();
        let head: String = kept.chars().take(cut).collect();
        let tail: String = kept.chars().skip(cut).collect();
        let text = format!("{head}{more}{tail}");
        if let Some(why) = Why::read(&text) {
            prop_assert_eq!(why.to_string(), text);
        }
    }
}
