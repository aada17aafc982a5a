//! The file of rules: what it says, and what is refused with which line.

use atalaya_model::{Fingerprint, ObservationId};

use super::*;

/// The digest of the standard rules of each version. A changed file needs a new version: decisions name it for good.
const STANDARD_DIGEST: (&str, &str) = (
    "3",
    "553fbe8db0ad91f5691c08c9e80c1bafda042ec6a526a4b462382e962418008b",
);

fn seen(kind: Kind, sensor: Sensor) -> Observation {
    let at = atalaya_model::Timestamp::from_seconds(1_800_000_000);
    let address = "192.0.2.1".parse().unwrap();
    Observation {
        kind,
        handshake: Handshake::Completed,
        ..Observation::new(ObservationId(uuid::Uuid::nil()), address, at, sensor)
    }
}

fn mistakes(change: impl Fn(&str) -> String) -> String {
    Rules::parse(&change(STANDARD)).unwrap_err().to_string()
}

/// The line on which a text first stands in the standard rules.
fn line_of(text: &str) -> usize {
    STANDARD[..STANDARD.find(text).unwrap()].matches('\n').count() + 1
}

#[test]
fn the_standard_rules_are_sound_and_keep_their_version() {
    let rules = Rules::standard().unwrap();
    assert_eq!(
        (rules.version.as_str(), rules.digest.to_string().as_str()),
        STANDARD_DIGEST,
        "the file has changed: give it a new version, and write its digest here"
    );
    assert_eq!(rules.rule(SCORE).0, "score/3");
    assert_eq!(rules.escalation, None);
    let abuse = [Kind::Spam, Kind::LoginAttack, Kind::Malware, Kind::Listed];
    assert!(abuse.iter().all(|kind| rules.kinds.contains_key(kind)));
}

#[test]
fn the_first_row_that_fits_counts_and_nobody_elses_word_lists_alone() {
    let rules = Rules::standard().unwrap();
    let hit = |trap, sensor, handshake| {
        let seen = Observation {
            trap: Some(trap),
            handshake,
            ..seen(Kind::Spam, sensor)
        };
        rules
            .weighing(&seen)
            .map(|weighing| (weighing.weight, weighing.alone))
    };
    use Handshake::{Completed, Reported, Unproven};
    assert_eq!(
        hit(Trap::Pristine, Sensor::Trap, Completed),
        Some((1.0, Alone::Lists))
    );
    assert_eq!(
        hit(Trap::Typo, Sensor::Trap, Completed),
        Some((0.5, Alone::NeedsOthers))
    );
    let named = Observation {
        trap: Some(Trap::Pristine),
        ..seen(Kind::UnknownRecipient, Sensor::Policy)
    };
    let named = rules.weighing(&named).unwrap();
    assert_eq!(named.alone, Alone::Lists, "who comes back needs no other");
    assert!((0.5..rules.list_at).contains(&named.weight), "once is too little");
    assert_eq!(hit(Trap::Role, Sensor::Trap, Completed), None);
    assert_eq!(hit(Trap::Pristine, Sensor::Trap, Unproven), None);
    for (sensor, handshake) in [
        (Sensor::Trap, Reported),
        (Sensor::Report, Completed),
        (Sensor::Complaint, Completed),
        (Sensor::Feed, Completed),
        (Sensor::Log, Completed),
    ] {
        assert_eq!(
            hit(Trap::Pristine, sensor, handshake),
            Some((1.0, Alone::NeedsOthers)),
            "{sensor}"
        );
    }
    let class = |kind, sensor| rules.weighing(&seen(kind, sensor)).map(|weighing| weighing.class);
    assert_eq!(class(Kind::LoginAttack, Sensor::Log), Some(Class::Bot));
    assert_eq!(class(Kind::Spam, Sensor::Report), Some(Class::Spam));
    for kind in [Kind::Backscatter, Kind::Connection, Kind::NotSpam, Kind::Other] {
        assert_eq!(class(kind, Sensor::Trap), None, "{kind}");
    }
}

#[test]
fn a_trap_weighs_what_was_said_of_it_and_below_all_of_it_lists_nobody_alone() {
    let rules = Rules::standard().unwrap();
    let hit = |weight: &str| Observation {
        trap: Some(Trap::Pristine),
        trap_weight: weight.parse().unwrap(),
        ..seen(Kind::Spam, Sensor::Trap)
    };
    let weighing = |weight| rules.weighing(&hit(weight));
    assert_eq!(weighing("1").map(|weighing| weighing.alone), Some(Alone::Lists));
    let half = weighing("0.5").unwrap();
    assert!((half.weight - 0.5).abs() < 1e-9);
    assert_eq!(half.alone, Alone::NeedsOthers);
    assert_eq!(weighing("0"), None);
}

#[test]
fn what_a_forwarder_passed_on_does_not_list_alone() {
    let rules = Rules::standard().unwrap();
    let mut mail = Observation {
        trap: Some(Trap::Pristine),
        ..seen(Kind::Spam, Sensor::Trap)
    };
    for (sender, alone) in [
        ("somebody@sender.example", Alone::Lists),
        (
            "SRS0=HHH=TT=sender.example=somebody@forwarder.example",
            Alone::NeedsOthers,
        ),
        (
            "srs1=HHH=other.example==HHH=TT=x.example=y@forwarder.example",
            Alone::NeedsOthers,
        ),
        ("member+caf_=list=member.example@gmail.com", Alone::NeedsOthers),
        ("SRS", Alone::Lists),
        ("é", Alone::Lists),
    ] {
        mail.envelope.mail_from = sender.to_owned();
        assert_eq!(rules.weighing(&mail).unwrap().alone, alone, "{sender}");
    }
    mail.oddities = vec!["forwarded".to_owned()];
    assert_eq!(rules.weighing(&mail).unwrap().alone, Alone::NeedsOthers);
    mail.oddities.clear();
    assert_eq!(rules.weighing(&mail).unwrap().alone, Alone::Lists);
    let rules = rules.with_forwarders(Forwarders::parse(&["192.0.2.0/28".to_owned()]).unwrap());
    assert_eq!(rules.weighing(&mail).unwrap().alone, Alone::NeedsOthers);
}

/// The first packet of a Linux behind twelve routers, as it is kept.
const KEPT: &str = "4:52:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+";

#[test]
fn the_example_of_a_hint_fits_a_kept_fingerprint() {
    let example = STANDARD
        .lines()
        .find_map(|line| line.strip_prefix("# fingerprint = "));
    let hint = format!("[[hint]]\nfingerprint = {}\nweight = 0.1\n", example.unwrap());
    let rules = Rules::parse(&format!("{STANDARD}\n{hint}")).unwrap();
    let mail = |fingerprint: &str| Observation {
        fingerprint: Some(fingerprint.parse().unwrap()),
        ..seen(Kind::Spam, Sensor::Trap)
    };
    let weight = |fingerprint: &str| rules.weighing(&mail(fingerprint)).unwrap().weight;
    assert!((weight(KEPT) - weight("unavailable") - 0.1).abs() < 1e-9);
}

#[test]
fn passwords_that_a_log_tells_of_weigh_less_than_those_that_we_heard() {
    let rules = Rules::standard().unwrap();
    let weight = |sensor| rules.weighing(&seen(Kind::LoginAttack, sensor)).unwrap().weight;
    assert!((weight(Sensor::Log) - 0.15).abs() < 1e-9);
    assert!((weight(Sensor::Trap) - 0.4).abs() < 1e-9);
}

#[test]
fn hints_add_their_weight_and_nothing_to_what_does_not_count() {
    let hints = "[[hint]]\nfingerprint = \"4:64:0:*:mss*44,*:mss,sok,ts,nop,ws:df,id+:0\"\nweight = 0.2\n\
                 [[hint]]\nfingerprint = \"*:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0\"\nweight = 0.1\n\
                 [[hint]]\ndialect = \"00a50102030405ff\"\nweight = 0.25\n";
    let rules = Rules::parse(&format!("{STANDARD}\n{hints}")).unwrap();
    let mut mail = Observation {
        fingerprint: Some(KEPT.parse().unwrap()),
        dialect: Some("00a50102030405ff".parse().unwrap()),
        ..seen(Kind::Spam, Sensor::Trap)
    };
    let weight = |mail: &Observation| rules.weighing(mail).map(|weighing| weighing.weight);
    assert!((weight(&mail).unwrap() - 0.85).abs() < 1e-9);
    mail.fingerprint = Some(Fingerprint::UNAVAILABLE);
    assert!((weight(&mail).unwrap() - 0.65).abs() < 1e-9);
    mail.kind = Kind::Connection;
    assert_eq!(weight(&mail), None);
}

#[test]
fn every_mistake_is_told_with_its_line() {
    for (text, instead, told) in [
        (
            "list_at = 1.0",
            "list_at = nan",
            "list_at must be a number above 0",
        ),
        ("list_at = 1.0", "lst_at = 1.0", "unknown field `lst_at`"),
        ("list_at = 1.0", "list_at = ", ""),
        ("witnesses = 3", "witnesses = 1", "witnesses must be from 2 to 16"),
        ("witnesses = 3", "witnesses = \"three\"", "invalid type"),
        (
            "version = \"3\"",
            "version = \"a/b\"",
            "version must have from 1 to 32 letters",
        ),
        (
            "forget_after = \"180d\"",
            "forget_after = \"soon\"",
            "is not a length of time",
        ),
        (
            "class = \"spam\"\nhalf_life = \"7d\"",
            "class = \"spum\"\nhalf_life = \"7d\"",
            "unknown variant `spum`",
        ),
    ] {
        let wrong = mistakes(|standard| standard.replacen(text, instead, 1));
        let line = format!("line {}: ", line_of(text));
        assert!(
            wrong.starts_with(&line) && wrong.contains(told),
            "{instead}: {wrong}"
        );
    }
}

/// What is added to the standard rules, and what is said about it.
const CONTRADICTIONS: &[(&str, &str)] = &[
    (
        "[[weight]]\nkinds = [\"protocol\"]\nweight = 0.2\n",
        "an earlier row fits everything",
    ),
    (
        "[[weight]]\nkinds = [\"other\"]\nweight = 0.2\n",
        "there is no [kind.other]",
    ),
    (
        "[[weight]]\nsensors = [\"report\"]\nsources = [\"x\"]\nweight = 2.0\nalone = true\n",
        "never lists alone",
    ),
    (
        "[[weight]]\nkinds = [\"spam\"]\nweight = -1.0\n",
        "must be from 0 to",
    ),
    ("[[weight]]\ntraps = [\"role\"]\nweight = 1.0\n", "never counts"),
    (
        "[kind.backscatter]\nclass = \"spam\"\nhalf_life = \"1d\"\n",
        "this is no abuse",
    ),
    (
        "[kind.other]\nclass = \"manual\"\nhalf_life = \"1d\"\n",
        "rules never list as manual",
    ),
    (
        "[kind.other]\nclass = \"hijacked\"\nhalf_life = \"1d\"\n",
        "there is no [class.hijacked]",
    ),
    (
        "[kind.other]\nclass = \"spam\"\nhalf_life = \"0s\"\n",
        "half_life must be longer than 0s",
    ),
    (
        "[class.policy]\nfirst_lifetime = \"2d\"\nlongest_lifetime = \"1d\"\n",
        "must not be shorter",
    ),
    (
        "[class.policy]\nfirst_lifetime = \"1d\"\nlongest_lifetime = \"1d\"\n",
        "no kind leads to this class",
    ),
    ("[[hint]]\nweight = 0.1\n", "give either fingerprint or dialect"),
    (
        "[[hint]]\nfingerprint = \"4:64:0:1460:\"\nweight = 0.1\n",
        "fingerprint is no signature of p0f v3",
    ),
    (
        "[[hint]]\nfingerprint = \"4:64:0:*:*,*:mss:df:0\"\nweight = 0.5\n",
        "at most a quarter of list_at",
    ),
    (
        "[escalation]\nunits = 1\nclass = \"spam\"\nlifetime = \"3d\"\n",
        "units must be from 2 to 128",
    ),
];

#[test]
fn contradictions_are_refused() {
    for (more, told) in CONTRADICTIONS {
        let wrong = mistakes(|standard| format!("{standard}\n{more}"));
        let first = STANDARD.matches('\n').count() + 2;
        let lines = first..first + 6;
        let line = wrong
            .strip_prefix("line ")
            .and_then(|rest| rest.split(':').next());
        let line: usize = line.unwrap().parse().unwrap();
        assert!(wrong.contains(told), "{more}: {wrong}");
        assert!(lines.contains(&line), "{more}: {wrong}");
    }
}
