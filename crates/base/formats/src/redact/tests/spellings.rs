//! The spellings in which senders of spam write a recipient: all are hidden.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};

use super::{Extent, hidden, redactor};

const ADDRESS: &str = "maria.trap@trap.example";

fn assert_hidden(text: &str) {
    let out = redactor().hide_text(text);
    assert!(out.contains("hidden-"), "{text:?} -> {out:?}");
    assert!(!redactor().finds_in(out.as_bytes()), "{text:?} -> {out:?}");
    let lower = out.to_lowercase();
    assert!(
        !lower.contains("maria") && !lower.contains("trap"),
        "{text:?} -> {out:?}"
    );
}

#[test]
fn every_known_spelling_is_hidden() {
    for text in [
        "To: <maria.trap@trap.example>",
        "Received: by mx.x.example for <MARIA.TRAP@TRAP.EXAMPLE>; Mon",
        "Delivered-To: maria.trap@trap.example",
        "bounce-maria.trap=trap.example@list.example",
        "Received: from a by mx.trap.example with SMTP",
        "Dear maria.trap, you have won",
        "https://x.example/u?e=maria.trap%40trap.example&x=1",
        "https://x.example/u?e=%6Daria.tra%70%40tr%61p.example",
        "https://x.example/u?e=maria.trap%2540trap.example",
        "maria.trap&#64;trap.example",
        "maria.trap&#x40;trap&period;example",
        "maria.trap=40trap.example",
        "maria.tr=\r\nap@trap.exa=\r\nmple",
        "m\0a\0r\0i\0a\0.\0t\0r\0a\0p\0@\0t\0r\0a\0p\0.\0e\0x\0a\0m\0p\0l\0e\0",
    ] {
        assert_hidden(text);
    }
}

#[test]
fn base64_in_a_link_is_hidden_at_each_alignment() {
    for before in ["", "a", "ab", "abc"] {
        let code = BASE64.encode(format!("{before}Maria.Trap@trap.example:7").as_bytes());
        assert_hidden(&format!("https://x.example/o.gif?id={code}"));
        assert_hidden(&format!(
            "https://x.example/{}",
            code.trim_end_matches('=').replace('+', "-")
        ));
        let (one, two) = code.split_at(11);
        assert_hidden(&format!("<a href=3D\"https://x.example/{one}=\r\n{two}\">"));
    }
}

#[test]
fn encoded_words_are_hidden_even_when_cut_in_two() {
    let word = BASE64.encode(b"hola maria.trap@trap.example");
    assert_hidden(&format!("Subject: =?utf-8?B?{word}?="));
    assert_hidden("Subject: =?iso-8859-1?Q?para_maria.trap=40trap.example?=");
    let (one, two) = (BASE64.encode(b"maria.tr"), BASE64.encode(b"ap@trap.example"));
    assert_hidden(&format!("Subject: =?utf-8?B?{one}?=\r\n =?utf-8?B?{two}?="));
}

#[test]
fn escapes_need_no_semicolon_and_may_be_of_any_language() {
    for text in [
        "&#109aria.trap&#64trap.example",
        "&#x6d;aria.trap&#X40;trap&period;example",
        "maria.trap&commat;trap.ex&shy;ample",
        "maria.trap&amp;#64;trap.example",
        r#"{"to":"maria.trap\u0040trap.example"}"#,
        r"var to = 'maria.tr\x61p\x40trap.example'",
        "maria.tr\u{ad}ap@tr\u{200b}ap.example",
        "maria.tr&#8203;ap@tr&#xad;ap.example",
    ] {
        assert_hidden(text);
    }
}

#[test]
fn an_address_cut_by_tags_folds_or_pieces_is_hidden() {
    for text in [
        "<p>mar<wbr>ia.trap@tr<wbr>ap.exa<!-- x -->mple</p>",
        "<p>mar<b class=3D\"x\">ia.trap@tr</b>ap.example</p>",
        "X-To: maria.tr\r\n ap@trap.\r\n\t example",
        "Content-Type: text/plain; name*0=\"maria.tr\";\r\n name*1=\"ap@trap.example\"",
        "Content-Type: text/plain; name*0*=utf-8''maria.tr%61; name*1*=p%40trap.example",
    ] {
        let out = redactor().hide_text(text);
        assert!(
            out.contains("hidden-") && !redactor().finds_in(out.as_bytes()),
            "{out:?}"
        );
        assert!(!out.contains("ia.tr") && !out.contains("example"), "{out:?}");
    }
}

#[test]
fn an_address_inside_another_is_hidden_whatever_stands_between() {
    for text in [
        "bounce-maria.trap-trap.example@list.example",
        "bounce+maria-trap=trap-example=7@list.example",
        "maria.trap_trap.example.7@list.example",
        "SRS0=HHH=TT=trap.example=maria.trap@list.example",
        "btv1==x==maria.trap=trap.example==7@list.example",
    ] {
        assert_hidden(text);
    }
}

#[test]
fn base64_is_read_where_a_header_folds_it_and_where_it_holds_another_encoding() {
    let code = BASE64.encode(format!("{{\"r\":\"{ADDRESS}\",\"x\":\"abcdefghijklmnop\"}}").as_bytes());
    let (one, two) = code.split_at(14);
    assert_hidden(&format!("X-MSFBL: {one}\r\n {two}"));
    let escaped = BASE64.encode(b"maria.trap%40trap.example");
    assert_hidden(&format!("https://x.example/{escaped}"));
    let twice = BASE64URL_NOPAD.encode(code.as_bytes());
    assert_hidden(&format!("https://x.example/?{twice}&y"));
    let wide: Vec<u8> = ADDRESS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_hidden(&format!("https://x.example/?{}", BASE64.encode(&wide)));
    assert_hidden(&format!(
        "https://x.example/?{}",
        code.replace('=', "%3D").replace('+', "%2B")
    ));
}

#[test]
fn hex_is_read_at_both_beginnings() {
    let code = HEXLOWER.encode(ADDRESS.as_bytes());
    assert_hidden(&format!("https://x.example/?{code}"));
    assert_hidden(&format!("https://x.example/?a{}", code.to_uppercase()));
}

#[test]
fn encoded_words_in_utf_16_are_hidden_even_when_cut_inside_a_character() {
    let wide: Vec<u8> = ADDRESS.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (one, two) = wide.split_at(11);
    assert_hidden(&format!(
        "Subject: =?utf-16be?B?{}?=\r\n =?utf-16be?B?{}?=",
        BASE64.encode(one),
        BASE64.encode(two)
    ));
}

#[test]
fn a_file_inside_a_text_leaves_the_header_only() {
    for file in [
        "begin 644 a.txt\r\n7;6%R:6$N=')A<$!T<F%P+F5X86UP;&4`\r\nend",
        "begin-base64 644 a\r\nAAAA\r\n====",
        "=ybegin line=128 size=3 name=a\r\nxyz\r\n=yend size=3",
    ] {
        let (_, extent) = hidden(&format!("Subject: x\r\n\r\nhere:\r\n{file}\r\n"));
        assert_eq!(extent, Extent::Header, "{file}");
        let coded = BASE64.encode(file.as_bytes());
        let raw = format!("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded}\r\n");
        assert_eq!(hidden(&raw).1, Extent::Header, "{file}");
    }
    let (_, extent) = hidden("Subject: x\r\n\r\nbegin the day with a smile\r\nbegin 1999 well\r\n");
    assert_eq!(extent, Extent::Message { parts_left_out: 0 });
}

#[test]
fn a_field_that_only_a_mail_program_can_put_together_is_left_out() {
    let raw = "Subject: offer\r\nContent-Type: text/plain; name*1=\"ap@trap.example\"; name*0=\"maria.tr\"\r\n\r\nx\r\n";
    let (out, _) = hidden(raw);
    assert!(out.starts_with("Subject: offer\r\n"), "{out}");
    assert!(!out.contains("ap@"), "{out}");
}
