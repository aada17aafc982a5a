//! Shapes of the heads of real mail: how many there are, and whether the mails of one program share them.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests may stop at the first thing that does not hold, and say what they found"
)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::Command;

use atalaya_formats::message::{Head, Setting, Shape};
use atalaya_model::ShapeId;

/// Most bytes of a head that are read.
const HEAD: usize = 64 << 10;
/// Programs whose names spam programs took in 2002, by their own shapes here.
const TAKEN: [&str; 3] = ["Outlook Express", "Internet Mail Service", "The Bat!"];

/// What is told of one mail.
struct Told {
    id: ShapeId,
    text: String,
    /// Its X-Mailer or User-Agent with the version; empty where there is none.
    mailer: String,
    /// Whether a mailing list passed it on, which writes into the head.
    is_of_list: bool,
}

fn told(mail: &[u8]) -> Told {
    let head = Head::read(mail.get(..HEAD).unwrap_or(mail));
    let shape = Shape::of(head.fields(), Setting::default());
    let mailer = head.first("X-Mailer").or_else(|| head.first("User-Agent"));
    Told {
        id: shape.id(),
        mailer: mailer.map(|field| field.line(200)).unwrap_or_default(),
        is_of_list: ["List-Id", "Precedence", "X-Mailman-Version"]
            .iter()
            .any(|name| head.first(name).is_some()),
        text: shape.into_text(),
    }
}

/// The mails of an archive of the shared test data.
fn mails(archive: &str) -> Option<Vec<Told>> {
    let Some(path) = atalaya_testkit::data(archive) else {
        atalaya_testkit::skip("the shared test data is not here");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar")
        .arg("--zstd")
        .arg("-xf")
        .arg(path)
        .arg("-C")
        .arg(folder.path())
        .status();
    if !unpacked.is_ok_and(|status| status.success()) {
        atalaya_testkit::skip("tar with zstd is not here");
        return None;
    }
    let mut found = Vec::new();
    read(folder.path(), &mut found);
    Some(found)
}

fn read(folder: &Path, found: &mut Vec<Told>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, found);
        } else {
            found.push(told(&std::fs::read(path).unwrap()));
        }
    }
}

/// Mails by their shape, the most frequent first.
fn by_shape<'a>(mails: impl IntoIterator<Item = &'a Told>) -> Vec<(usize, &'a str)> {
    let mut counts: HashMap<ShapeId, (usize, &str)> = HashMap::new();
    for mail in mails {
        let count = counts.entry(mail.id).or_insert((0, &mail.text));
        assert_eq!(count.1, mail.text, "one name, one text");
        count.0 += 1;
    }
    let mut counts: Vec<_> = counts.into_values().collect();
    counts.sort_by(|one, other| other.cmp(one));
    counts
}

/// What stands out of a corpus: shapes for 1,000 mails, the ten most frequent, and the part of the mails that these ten have.
fn report(name: &str, mails: &[Told]) -> (usize, f64) {
    let shapes = by_shape(mails);
    let in_ten: usize = shapes.iter().take(10).map(|(count, _)| count).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of some thousand")]
    let part = in_ten as f64 / mails.len() as f64;
    let per_thousand = shapes.len() * 1_000 / mails.len();
    println!(
        "{name}: {} mails, {} shapes, {per_thousand} for 1,000; the first ten have {part:.2}",
        mails.len(),
        shapes.len()
    );
    for (count, text) in shapes.iter().take(10) {
        println!("  {count:4} {text}");
    }
    (per_thousand, part)
}

/// How many of the mails of programs with at least ten mails there are, and how many of them have the three most frequent shapes of their program.
/// Programs whose name others take are none of them.
fn of_programs(mails: &[Told]) -> (usize, usize) {
    let mut programs: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    let is_taken = |mailer: &str| TAKEN.iter().any(|name| mailer.contains(name));
    let own = |mail: &&Told| !mail.mailer.is_empty() && !mail.is_of_list && !is_taken(&mail.mailer);
    for mail in mails.iter().filter(own) {
        programs.entry(&mail.mailer).or_default().push(mail);
    }
    let (mut all, mut first) = (0, 0);
    for (mailer, mails) in programs.iter().filter(|(_, mails)| mails.len() >= 10) {
        let shapes = by_shape(mails.iter().copied());
        let in_three: usize = shapes.iter().take(3).map(|(count, _)| count).sum();
        println!(
            "  {} mails, {} shapes, {in_three} in three: {mailer}",
            mails.len(),
            shapes.len()
        );
        (all, first) = (all + mails.len(), first + in_three);
    }
    (all, first)
}

#[test]
fn mails_of_one_program_fall_into_few_shapes() {
    for (archive, fewest, shapes) in [
        ("mails/spamassassin-part.tar.zst", 150, 500),
        ("mails/phishing_pot-part.tar.zst", 30, 500),
    ] {
        let Some(mails) = mails(archive) else { return };
        let (per_thousand, part) = report(archive, &mails);
        assert!(per_thousand < shapes && part > 0.2, "{per_thousand} {part}");
        let (all, first) = of_programs(&mails);
        assert!(all >= fewest && first * 100 >= all * 85, "{first} of {all}");
    }
}

#[test]
fn a_spam_program_that_takes_many_names_has_one_shape() {
    let Some(mails) = mails("mails/spamassassin-part.tar.zst") else {
        return;
    };
    let mut names: HashMap<&str, HashSet<&str>> = HashMap::new();
    for mail in mails.iter().filter(|mail| !mail.mailer.is_empty()) {
        names.entry(&mail.text).or_default().insert(&mail.mailer);
    }
    let mut names: Vec<_> = names
        .into_iter()
        .map(|(text, names)| (names.len(), text))
        .collect();
    names.sort_unstable();
    for (names, text) in names.iter().rev().take(5) {
        println!("{names} names: {text}");
    }
    let (most, text) = names.last().unwrap();
    assert!(*most >= 5, "{most} names: {text}");
}
