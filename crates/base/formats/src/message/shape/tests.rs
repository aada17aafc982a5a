//! Tests of shapes: what tells programs apart is in the text, and what belongs to the mail is not.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::message::Head;

const SETTING: Setting<'static> = Setting {
    helo: "pc.example.org",
    sender: "a@sender.example",
};

fn shape(mail: &str) -> Shape {
    Shape::of(Head::read(mail.as_bytes()).fields(), SETTING)
}

/// The value of a field in the shape of a mail.
fn told(name: &str, mail: &str) -> String {
    let shape = shape(mail);
    let mut fields = shape.text().split(' ');
    let found = fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    found.unwrap().to_owned()
}

#[test]
fn an_ordinary_head_is_told_in_one_line() {
    let mail = "Received: from x by y; Mon, 2 Sep 2002 10:19:25 +0000\r\nMessage-ID: <000d01c2466c$86ab5ae0$0100007f@pc.example.org>\r\n\
                From: \"Ana Ruiz\" <ana@sender.example>\r\nTo: <b@trap.example>\r\nSubject: Watches\r\n\
                Date: Mon, 2 Sep 2002 12:19:25 +0200\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n\
                \tboundary=\"----=_NextPart_000_0013_01C2466C.86AB5AE0\"\r\nX-Priority: 3\r\n\
                X-Mailer: Microsoft Outlook Express 6.00.2600.0000\r\n\r\ntext\r\n";
    let expected = "mail/1 received=1 order=Message-ID,From,To,Subject,Date,MIME-Version,Content-Type,X-Priority,X-Mailer \
                    msgid=<x12$x8$x8@helo> date=Www,_#_Mmm_####_#:#:#_num from=name_<@> to=<@> \
                    type=multipart/alternative;\\n\\tboundary=\"v\" boundary=----_m8_m_m_m8.m8 mime=1.0 encoding=-";
    assert_eq!(shape(mail).text(), expected.replace("----_", "----=_"));
    assert_eq!(shape(&mail.replace("\r\n", "\n")).id(), shape(mail).id());
    assert_eq!(shape(mail).id(), ShapeId(habit::name(shape(mail).text())));
}

#[test]
fn nothing_is_told_where_there_is_nothing() {
    for mail in ["", "\r\n", "no field at all"] {
        assert_eq!(
            shape(mail).text(),
            "mail/1 received=0 order=- msgid=- date=- from=- to=- type=- boundary=- mime=- encoding=-"
        );
    }
}

#[test]
fn the_order_is_that_of_the_program_alone() {
    let own = "from: a\r\nMIME-version: 1.0\r\nX-MSMail-priority: b\r\n";
    assert_eq!(told("order", own), "from,MIME-version,X-MSMail-priority");
    let added = "Return-Path: <a@b.example>\r\nX-Spam-Status: No\r\nDKIM-Signature: v=1\r\nARC-Seal: i=1\r\nDelivered-To: c\r\n";
    let of_mail = "Cc: d@e.example\r\nIn-Reply-To: <x@y>\r\nReferences: <x@y>\r\n";
    assert_eq!(
        told("order", &format!("{added}{own}{of_mail}")),
        "from,MIME-version,X-MSMail-priority"
    );
    let many = "X-Face: b\r\n".repeat(MANY);
    assert_eq!(told("order", &many), format!("{}...", "X-Face,".repeat(32)));
    let others = "X-qwzrt-12: a\r\nX=y,z: b\r\nx-Face2: c\r\nX: d\r\nTos: e\r\n";
    assert_eq!(told("order", others), "X-?,?,X-?,?,?");
}

const MANY: usize = 1_000;

#[test]
fn received_fields_are_counted_in_three_classes() {
    let counted = |count| told("received", &"Received: a\r\n".repeat(count));
    assert_eq!([0, 1, 2, 9].map(counted), ["0", "1", "2+", "2+"]);
}

#[test]
fn a_message_id_is_told_by_its_runs_and_by_whose_name_it_bears() {
    let of = |id: &str| {
        told(
            "msgid",
            &format!("From: x <a@shop.example>\r\nTo: b@trap.example\r\nMessage-ID: {id}\r\n\r\n"),
        )
    };
    for (id, expected) in [
        ("<0123456789ab.01234567.89abcdef@qwertz>", "<x12.x8.x8@word>"),
        ("<20061123104512.4711@sender.example>", "<d14.d@from>"),
        ("<1164278712.23.8@mail.shop.example>", "<d8.d.d@from>"),
        ("<4A1B2C3D.5060708@[192.0.2.1]>", "<X8.X@[ip]>"),
        (
            "<5f1c3a52-0b1e-4a6b-8f0e-1234567890ab@trap.example>",
            "<x8-x-x-x-x12@to>",
        ),
        (
            "<CAF2xyZabC9d-efGhij_KLmnop+QRstuv=WXyz0123@mail.gmail.com>",
            "<m32@name>",
        ),
        ("<E1aBcD-0001Xy-2k@localhost>", "<m-m-m@localhost>"),
        ("x@Org.example.net", "l@name"),
        ("<abc>", "<x>"),
        ("a <b@pc.example.org> c", "?<x@helo>?"),
        ("<@>", "<@>"),
        ("<\u{e9} \u{e9}@x>", "<?????@word>"),
        ("", "-"),
    ] {
        assert_eq!(of(id), expected, "{id}");
    }
}

/// A field with its name in the shape, a value, and how that is told.
const SPELLINGS: &[(&str, &str, &str, &str)] = &[
    (
        "Date",
        "date",
        "Tue, 3 Sep 2002 01:02:03 -0700 (PDT)",
        "Www,_#_Mmm_####_#:#:#_num_(c)",
    ),
    ("Date", "date", "Tue, 13 Sep 02 01:02 GMT", "Www,_#_Mmm_#_#:#_GMT"),
    (
        "Date",
        "date",
        "mon, 03-SEP-2002 1:02:03 PM EST",
        "www,_#-MMM-####_#:#:#_abc_abc",
    ),
    ("Date", "date", "2002-09-03T01:02:03Z", "####-#-#abc#:#:#Z"),
    (
        "Date",
        "date",
        "Wednesday, May 1 2002 (",
        "Weekday,_Mmm_#_####_(c",
    ),
    ("From", "from", "a@b.example", "@"),
    ("From", "from", "<a@b.example>", "<@>"),
    ("From", "from", "Ana <a@b.example>", "name_<@>"),
    ("From", "from", "\"Ruiz, Ana\"<a@b.example>", "name<@>"),
    ("From", "from", "\"Ruiz, Ana\" <a@b.example>", "name_<@>"),
    ("From", "from", "\"never closed <a@b.example>", "name_<@>"),
    ("From", "from", "a@b.example (Ana)", "@_(c)"),
    ("To", "to", "undisclosed-recipients:;", "group"),
    ("To", "to", "a@b.example, <c@d.example>", "@"),
    ("To", "to", "nobody", "?"),
    (
        "Content-Type",
        "type",
        "TEXT/Plain; Charset=x; x-own=\"a;b\"",
        "TEXT/Plain;_Charset=v;_?=\"v\"",
    ),
    (
        "Content-Type",
        "type",
        "text/calendar;method=x;",
        "text/?;method=v;",
    ),
    (
        "Content-Type",
        "type",
        "text/html;\r\n        charset=\"a\\\"b\";",
        "text/html;\\n___charset=\"v\";",
    ),
    ("Content-Type", "type", "a; b", "?;_?"),
    (
        "Content-Type",
        "boundary",
        "multipart/mixed; boundary=0000000000abcdef01",
        "x16",
    ),
    (
        "Content-Type",
        "boundary",
        "multipart/mixed; boundary=\"===============1234567890123456789==\"",
        "====d15==",
    ),
    (
        "MIME-Version",
        "mime",
        "1.0 (Apple Message framework v1085)",
        "1.0_(c)",
    ),
    ("MIME-Version", "mime", "1", "?"),
    (
        "Content-Transfer-Encoding",
        "encoding",
        "quoted-printable",
        "lower",
    ),
    ("Content-Transfer-Encoding", "encoding", "8BIT", "upper"),
    ("Content-Transfer-Encoding", "encoding", "7Bit", "mixed"),
];

#[test]
fn spellings_are_told() {
    for (field, name, value, expected) in SPELLINGS {
        assert_eq!(
            told(name, &format!("{field}: {value}\r\n\r\n")),
            *expected,
            "{value}"
        );
    }
}

/// Makes what stands left of the `@` of a Message-ID from two random numbers.
type Generator = fn(u64, u64) -> String;

/// Generators of Message-IDs in the manner of programs, from random numbers: what stands left of the `@`. Each has letters of all the kinds that its program
/// uses: of Exim's one in some 700 has no small one, and then another shape.
const GENERATORS: [(&str, Generator); 7] = [
    ("Python", |one, other| {
        format!(
            "{}.{}.{}",
            116_427_871_200 + one % 60_000_000_000,
            other % 90_000 + 1,
            u128::from(one | 1 << 60)
        )
    }),
    ("Outlook Express", |one, other| {
        format!(
            "{:012x}${:08x}${:08x}",
            one & 0xffff_ffff_ffff | 0xa,
            other >> 32,
            other & 0xffff_ffff
        )
    }),
    ("UUID", |one, other| {
        Uuid::from_u64_pair(one, other | 0xf).to_string()
    }),
    ("MD5 of PHP", |one, other| {
        format!("{one:016x}{:016x}", other | 0xa)
    }),
    ("Perl", |one, other| {
        format!("{}.{}", 20_061_123_000_000 + one % 1_000_000, other % 30_000)
    }),
    ("Exim", |one, other| {
        format!(
            "E1a{}-{}-{}A",
            base62(one, 4),
            base62(other, 6),
            base62(other >> 40, 1)
        )
    }),
    ("Gmail", |one, other| {
        format!(
            "CA+a{}_{}-{}=",
            base62(one, 10),
            base62(other, 10),
            base62(one ^ other, 10)
        )
    }),
];

/// Base 62 with as many digits.
fn base62(number: u64, digits: u32) -> String {
    let digit = |at| {
        let digit = number / 62_u64.pow(at) % 62;
        char::from(
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                [usize::try_from(digit).unwrap()],
        )
    };
    (0..digits).map(digit).collect()
}

#[test]
fn generators_of_message_ids_are_told_apart() {
    let ids =
        GENERATORS.map(|(_, left)| runs::runs(left(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210).as_bytes()));
    let known: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(known.len(), GENERATORS.len(), "{ids:?}");
}

proptest! {
    #[test]
    fn a_program_has_one_shape_whatever_it_sends(
        name in "[A-Za-z]{1,20}", local in "[a-z0-9.]{1,20}", domain in "[a-z]{1,12}\\.[a-z]{2,3}", word in "[ -~]{0,60}",
        is_quoted in any::<bool>(), day in 1_u32..31, time in (0_u32..24, 0_u32..60), zone in "[-+]0[0-9][03]0", numbers in any::<(u64, u64)>(),
        way in 0..GENERATORS.len(),
    ) {
        let mail = |name: &str, from: &str, subject: &str, date: &str, id: String| {
            format!(
                "Date: {date}\r\nFrom: {name} <{from}>\r\nTo: <x{from}>\r\nSubject: s{subject}\r\nMessage-ID: <{id}@{}>\r\n\
                 MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{subject}\r\n",
                from.rsplit_once('@').unwrap().1,
            )
        };
        let (_, left) = GENERATORS[way];
        let one = mail("Ana", "a@b.example", "", "Mon, 02 Sep 2002 12:19:25 +0200", left(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210));
        let date = format!("Tue, {day} Oct 2026 {:02}:{:02}:00 {zone}", time.0, time.1);
        let name = if is_quoted { format!("\"Ruiz, {name}\"") } else { name };
        let other = mail(&name, &format!("{local}@{domain}"), &word, &date, left(numbers.0, numbers.1));
        let (one, other) = (shape(&one), shape(&other));
        prop_assert_eq!(one.text(), other.text());
        prop_assert_eq!(one.id(), other.id());
    }

    #[test]
    fn no_word_of_a_mail_is_told(word in "[a-z]{9,20}") {
        let mail = format!(
            "From: \"{word}\" <{word}@{word}.example>\r\nTo: {word} <{word}@x>\r\nSubject: {word}\r\nMessage-ID: <{word}.{word}@{word}>\r\n\
             Date: {word}\r\nContent-Type: {word}/{word}; {word}={word}; boundary={word}\r\nMIME-Version: {word}\r\n\
             Content-Transfer-Encoding: {word}\r\nX-Mailer: {word}\r\nX-{word}_trap_example: 1\r\n{word}: 2\r\n\
             X-Spam-{word}: 3\r\n\r\n{word}\r\n"
        );
        let shape = shape(&mail);
        prop_assert!(!shape.text().contains(&word), "{}", shape.text());
    }
}
