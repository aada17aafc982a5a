//! The operator's patterns: what fits, and what is refused.

use super::*;

fn refused(row: &str) -> BadPatterns {
    Patterns::parse(&format!("# ours\n[[pattern]]\n{row}\n")).unwrap_err()
}

#[test]
fn a_pattern_gives_what_stands_in_its_places() {
    let file = "[[pattern]]\nkind = \"web-attack\"\nprogram = \"shop\"\ntemplate = \"bad form from %{name}[%{address}]:%{port} helo=<%{helo}> from=<%{from}> to=<%{to}>%{any}\"\n";
    let patterns = Patterns::parse(file).unwrap();
    let mut reader = LogReader::new(MailServer::Postfix, patterns);
    let mut of = |line: &str| reader.read(line.as_bytes(), &clock());
    let entry = of("Nov 26 10:00:00 mx shop[7]: bad form from a.example[192.0.2.7]:99 helo=<h> from=<a@b> to=<c@d> to=<x>").unwrap();
    assert_eq!((entry.kind, entry.port), (Kind::WebAttack, Some(99)));
    assert_eq!(
        (entry.address.to_string().as_str(), entry.helo.as_str()),
        ("192.0.2.7", "h")
    );
    assert_eq!(
        (entry.mail_from.as_str(), entry.recipient.as_deref()),
        ("a@b", Some("c@d"))
    );
    for other in [
        "Nov 26 10:00:00 mx other[7]: bad form from a.example[192.0.2.7]:99 helo=<h> from=<a@b> to=<c@d>",
        "Nov 26 10:00:00 mx shop[7]: bad form from a example[192.0.2.7]:99 helo=<h> from=<a@b> to=<c@d>",
        "Nov 26 10:00:00 mx shop[7]: bad form from a.example[192.0.2.777]:99 helo=<h> from=<a@b> to=<c@d>",
    ] {
        assert_eq!(of(other), None, "{other}");
    }
}

#[test]
fn a_pattern_that_a_stranger_could_fill_is_refused_with_its_line() {
    let row = |template: &str| refused(&format!("kind = \"protocol\"\ntemplate = \"{template}\""));
    assert!(row("%{helo} [%{address}]").why.contains("a stranger"));
    assert!(row("nothing").why.contains("%{address}"));
    assert!(row("%{address} %{address}").why.contains("twice"));
    assert!(row("%{address}%{any}").why.contains("text before"));
    assert!(row("%{adress}").why.contains("adress"));
    assert!(row("%{address").why.contains('}'));
    assert_eq!(row("nothing").line, 2);
}

#[test]
fn a_wrong_row_is_refused_with_its_line() {
    assert!(
        refused("kind = \"not-spam\"\ntemplate = \"%{address}\"")
            .why
            .contains("not-spam")
    );
    assert_eq!(
        refused("kind = \"protocol\"\ntemplate = \"%{address}\"\nregex = 1").line,
        5
    );
    assert_eq!(refused("kind = \"nonsense\"\ntemplate = \"%{address}\"").line, 3);
}
