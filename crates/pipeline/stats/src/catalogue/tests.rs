//! What a catalogue tells, and what is no catalogue.

use atalaya_model::{DialectId, Kind, Sensor};

use super::*;

fn looks(stack: &str, helo: &str) -> Profile {
    Profile {
        sensor: Sensor::Trap,
        kind: Kind::Spam,
        trap: None,
        stack: stack.to_owned(),
        dialect: Some(DialectId([1; 8])),
        helo: helo.to_owned(),
        headers: None,
    }
}

const SRIZBI: &str = "4:128:0:44+0:536:24000,0:mss:";
const SEVEN: &str = "4:128:0:52+0:1460:8192,8:mss,nop,ws,nop,nop,sok:df,id+";
const TALK: &str = "smtp/1 talks=early lines=crlf hello=EHLO_word order=EHLO,MAIL,RCPT,DATA";

fn told<'a>(catalogue: &'a Catalogue, profile: &Profile) -> Option<&'a str> {
    let texts = Texts {
        dialect: Some(TALK),
        headers: None,
    };
    catalogue
        .botnet_of(profile, profile.stack.parse().ok().as_ref(), texts)
        .map(|botnet| botnet.name.as_str())
}

fn botnet(name: &str, more: &str, rule: &str) -> String {
    format!(
        "[[botnet]]\nname = \"{name}\"\nconfidence = \"likely\"\nprovenance = \"a test\"\n{more}\n[[botnet.rule]]\n{rule}\n"
    )
}

fn read(botnets: &[String]) -> Result<Catalogue, Vec<String>> {
    Catalogue::read(&format!("version = \"t\"\n{}", botnets.concat()))
}

#[test]
fn our_own_has_no_mistake_and_tells_srizbi() {
    let own = Catalogue::read(OWN).unwrap();
    assert_eq!(told(&own, &looks(SRIZBI, "name")), Some("Srizbi"));
    assert_eq!(told(&own, &looks(SEVEN, "word \"ylmf-pc\"")), Some("Cutwail"));
    assert_eq!(told(&own, &looks(SEVEN, "word")), None);
    assert_eq!(own.hello_names(), ["ylmf-pc"]);
    assert!(
        own.botnets()
            .iter()
            .all(|botnet| botnet.confidence < Confidence::Confirmed)
    );
}

#[test]
fn all_conditions_of_a_rule_must_hold() {
    let rule =
        "dialect = { talks = \"early\", order = [\"HELO*\", \"EHLO,MAIL*\"] }\nhelo = [\"WORD\", \"word\"]";
    let catalogue = read(&[botnet("A", "", rule)]).unwrap();
    assert_eq!(told(&catalogue, &looks("", "WORD")), Some("A"));
    assert_eq!(told(&catalogue, &looks("", "name")), None);
    let profile = looks("", "word");
    let late = Texts {
        dialect: Some("smtp/1 talks=after order=EHLO,MAIL"),
        headers: None,
    };
    assert!(catalogue.botnet_of(&profile, None, late).is_none());
    let by_name = read(&[botnet("A", "", "dialect = \"0101010101010101\"")]).unwrap();
    assert_eq!(told(&by_name, &profile), Some("A"));
}

#[test]
fn two_that_one_sender_may_fit_are_refused_with_their_lines() {
    let one = botnet("A", "", "stack = \"4:128:0:536:24000,0:mss::0\"");
    let two = |more| botnet("B", more, "helo = \"word\"");
    let mistakes = read(&[one.clone(), two("")]).unwrap_err();
    assert_eq!(mistakes.len(), 1);
    assert!(
        mistakes[0].starts_with("line 14: ") && mistakes[0].contains("line 7"),
        "{mistakes:?}"
    );
    let catalogue = read(&[one.clone(), two("over = [\"a\"]")]).unwrap();
    assert_eq!(told(&catalogue, &looks(SRIZBI, "word")), Some("B"));
    assert_eq!(told(&catalogue, &looks(SRIZBI, "name")), Some("A"));
    // They cannot meet: no class of names is both.
    let apart = "stack = \"4:128:0:536:24000,0:mss::0\"\nhelo = \"name\"";
    assert!(read(&[botnet("A", "", apart), two("")]).is_ok());
    let round = botnet("A", "over = [\"B\"]", "helo = \"word\"");
    let mistakes = read(&[round, two("over = [\"A\"]")]).unwrap_err();
    assert!(mistakes[0].contains("goes before itself"), "{mistakes:?}");
}

#[test]
fn a_name_that_is_asked_for_still_has_its_class() {
    let (by_name, by_class) = (
        botnet("A", "over = [\"B\"]", "helo = '\"localhost\"'"),
        botnet("B", "", "helo = [\"localhost\", \"WORD\"]"),
    );
    let catalogue = read(&[by_name, by_class]).unwrap();
    assert_eq!(told(&catalogue, &looks("", "localhost \"localhost\"")), Some("A"));
    assert_eq!(told(&catalogue, &looks("", "localhost")), Some("B"));
    assert_eq!(told(&catalogue, &looks("", "WORD \"ylmf\"")), Some("B"));
    let apart = [
        botnet("A", "", "helo = '\"a.example\"'"),
        botnet("B", "", "helo = \"word\""),
    ];
    assert!(read(&apart).is_ok());
}

#[test]
fn every_other_mistake_is_told_with_its_line() {
    for (rule, line, what) in [
        ("stack = \"24000:128:0:44:M536:.\"", 8, "no signature"),
        ("stack = []", 8, "empty list"),
        ("helo = \"desktop\"", 8, "double quotes"),
        ("dialect = \"xyz\"", 8, "16 hexadecimal"),
        ("dialect = { talks = [] }", 8, "fits nothing"),
        (
            "helo = \"name\"\ndialect = { hello = \"EHLO_word\" }",
            7,
            "contradict",
        ),
        ("", 7, "tells everybody"),
        ("colour = \"red\"", 8, "unknown field"),
    ] {
        let mistakes = read(&[botnet("A", "", rule)]).unwrap_err();
        let is_told = mistakes
            .iter()
            .any(|told| told.starts_with(&format!("line {line}: ")) && told.contains(what));
        assert!(is_told, "{rule}: {mistakes:?}");
    }
    let twice = [
        botnet("A", "aliases = [\"b\"]", "helo = \"word\""),
        botnet("B", "", "helo = \"name\""),
    ];
    assert!(read(&twice).unwrap_err()[0].contains("another botnet is called"));
    assert!(
        read(&[botnet("A", "over = [\"C\"]", "helo = \"word\"")]).unwrap_err()[0]
            .contains("no botnet is called")
    );
    assert!(Catalogue::read(&"#".repeat(5 << 20)).unwrap_err()[0].contains("longer"));
}
