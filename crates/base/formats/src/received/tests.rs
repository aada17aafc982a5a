//! The shapes in which servers write a Received field, and what an attacker may write into them.
//!
//! All headers are invented. The client is always 192.0.2.1 or `2001:db8::1`; 203.0.113.66 is what an attacker wants to see listed.

use proptest::prelude::*;

use super::*;

fn read(value: &str) -> Hop {
    Hop::read(value.as_bytes())
}

/// The address that a field tells, as text.
fn address(value: &str) -> String {
    read(value)
        .address()
        .map_or_else(String::new, |address| address.to_string())
}

/// Fields of each software, with the client 192.0.2.1.
const SHAPES: &[&str] = &[
    // Postfix, OpenSMTPD, Courier, Google
    "from h.example (n.example [192.0.2.1])\r\n\tby mx.example (Postfix) with ESMTP id 4X1; Mon, 2 Nov 2026 10:00:00 +0100 (CET)",
    "from [203.0.113.66] (unknown [192.0.2.1]) by mx.example (Postfix) with ESMTP id 4X1",
    "from 203.0.113.66 (unknown [192.0.2.1]) by mx.example (Postfix) with SMTP id 4X1",
    "from a b c (unknown [192.0.2.1]) by mx.example (Postfix) with SMTP id 4X1",
    "from h (n.example [192.0.2.1]) (using TLSv1.3 with cipher X (256/256 bits)) (No client certificate requested) \
     (Authenticated sender: [203.0.113.66]) by mx.example (Postfix) with ESMTPSA id 4X1",
    "from h (n.example. [192.0.2.1]) by mx.example with ESMTPS id x-1 for <t@mx.example> (version=TLS1_3 bits=256/256)",
    "from h (n.example [::ffff:192.0.2.1]) (AUTH: LOGIN u, TLS: X) by mx.example with ESMTP; Mon, 2 Nov 2026 10:00:00 +0000",
    "from h (n.example [192.0.2.1]:50111) by mx.example (Haraka) with ESMTP id 1",
    // Sendmail
    "from h (n.example [192.0.2.1] (may be forged)) by mx.example (8.17.1/8.17.1) with ESMTP id 1",
    "from h ([192.0.2.1]) by mx.example (8.17.1/8.17.1) with SMTP id 1",
    "from h (u@n.example [192.0.2.1]) by mx.example (8.11.6/8.11.6) with SMTP id 1",
    "from h (IDENT:[203.0.113.66]@n.example [192.0.2.1]) by mx.example (8.11.6/8.11.6) with SMTP id 1",
    "from h (203.0.113.66 [192.0.2.1]) by mx.example (8.11.6/8.11.6) with SMTP id 1",
    "from h (n.example [192.0.2.1]) (authenticated bits=0) by mx.example (8.17.1/8.17.1) with ESMTPSA id 1",
    // Exim
    "from n.example ([192.0.2.1] helo=h) by mx.example with esmtp (Exim 4.98) id 1abcde-000001-2x",
    "from n.example ([192.0.2.1]:50576 helo=[203.0.113.66]) by mx.example with esmtpsa (TLS1.3) (Exim 4.98) id 1",
    "from [192.0.2.1] (helo=h) by mx.example with esmtp (Exim 4.98) id 1",
    // Momentum
    "from [192.0.2.1] ([192.0.2.1:61680] helo=h) by mx.example (envelope-from <s@t.example>) (ecelerity 4.3 r(1)) with ESMTP id 1/2-3",
    "from [192.0.2.1] (port=4711 helo=[203.0.113.66]) by mx.example with esmtp id 1",
    "from [192.0.2.1]:4711 (helo=203.0.113.66) by mx.example with esmtp id 1",
    "from [192.0.2.1] (ident=u) by mx.example with esmtp (Exim 4.98) id 1",
    "from [192.0.2.1] by mx.example with esmtp (Exim 4.98) (envelope-from <a@b.example>) id 1",
    // qmail, IronPort
    "from n.example (HELO 203.0.113.66) (192.0.2.1) by mx.example with SMTP; 2 Nov 2026 10:00:00 -0000",
    "from unknown (HELO [203.0.113.66]) (u@192.0.2.1) by mx.example with SMTP",
    "from n.example (192.0.2.1) by mx.example with SMTP",
    "from unknown (HELO h) ([192.0.2.1]) by mx.example with ESMTP/TLS/AES256",
    "from unknown (HELO h) (u@[192.0.2.1]) (envelope-sender <[203.0.113.66]>) by mx.example (qmail-ldap) with SMTP",
    "from localhost (HELO h) ([192.0.2.1]) by mx.example with SMTP",
    "from 203.0.113.66  (EHLO h) (192.0.2.1) by mx.example with SMTP",
    "from 192.0.2.1 (EHLO h.example) by 10.1.2.3 with SMTPs (version=TLS1_3)",
    // Microsoft
    "from h.example (192.0.2.1) by c.example (198.51.100.5) with Microsoft SMTP Server (version=TLS1_2) id 15.20.1",
    "from [203.0.113.66] (192.0.2.1) by c.example (198.51.100.5) with Microsoft SMTP Server id 15.20.1 via Frontend Transport",
    "from h ([192.0.2.1]) by c.example with Microsoft SMTPSVC(5.0.2195.6713); Mon, 2 Nov 2026 10:00:00 +0000",
    "from h (n.example [192.0.2.1]) by c.example with SMTP (Microsoft Exchange Internet Mail Service Version 5.5.2653.13) id 1",
    // PowerMTA, KumoMTA, Domino, XMail, James, IMail, CommuniGate, MDaemon, Zimbra, Yahoo groups
    "from h (192.0.2.1) by c.example (PowerMTA(TM) v5.0) id h1; Mon, 2 Nov 2026 10:00:00 +0000 (envelope-from <a@b.example>)",
    "from h ([192.0.2.1]) by c.example (Lotus Domino Release 5.0.8) with ESMTP id 1",
    "from h (192.0.2.1:3021) by c.example with [XMail 1.22 ESMTP Server] id <S1> for <a@b.example> from <c@d.example>",
    "from 192.0.2.1 ([192.0.2.1]) by c.example (JAMES SMTP Server 2.3) with SMTP ID 1",
    "from 203.0.113.66 [192.0.2.1] by c.example with ESMTP (SMTPD32-8.15) id A1",
    "from [192.0.2.1] (HELO [203.0.113.66]) by c.example (CommuniGate Pro SMTP 6.3) with ESMTP id 1",
    "from [192.0.2.1] (account u@c.example HELO h) by c.example (CommuniGate Pro SMTP 6.3) with ESMTPA id 1",
    "from h ([192.0.2.1] verified) by c.example (CommuniGate Pro SMTP 6.3) with ESMTP id 1",
    "from h (n.example [192.0.2.1]) by c.example (MDaemon PRO v20) with ESMTPS id md1",
    "from localhost (n.example [192.0.2.1]) by zimbra.example (Postfix) with ESMTP id 1",
    "from [192.0.2.1] by n1.groups.example with NNFMP; 2 Nov 2026 10:00:00 -0000",
    // nested comments, case, encoded junk
    "FROM =?utf-8?B?WzYuNi42LjZd?= (n.example [192.0.2.1] (a (b) c)) BY mx.example WITH smtp",
    "from \"quoted (h\" (unknown [192.0.2.1]) by mx.example with SMTP",
    "from by (unknown [192.0.2.1]) by mx.example with SMTP",
];

#[test]
fn each_shape_tells_the_address_of_the_client() {
    for shape in SHAPES {
        assert_eq!(address(shape), "192.0.2.1", "{shape}");
    }
}

#[test]
fn addresses_of_version_6_are_read_in_each_form() {
    for value in [
        "from h (unknown [IPv6:2001:db8::1]) by mx.example (Postfix) with ESMTP id 1",
        "from h (unknown [IPV6:2001:DB8:0::1]) by mx.example with ESMTP id 1",
        "from h ([2001:db8::1]) by mx.example with ESMTP id 1",
        "from h (2001:db8::1) by c.example (2001:db8::2) with Microsoft SMTP Server id 1",
        "from h ([2001:db8::1%4]) by c.example ([2001:db8::2%4]) with mapi id 1",
        "from [IPv6:2001:db8::1] (port=1 helo=h) by mx.example with esmtp id 1",
    ] {
        assert_eq!(address(value), "2001:db8::1", "{value}");
    }
}

#[test]
fn what_is_in_doubt_has_no_address() {
    for value in [
        "from [203.0.113.66] by mx.example with SMTP id 1",
        "from 203.0.113.66 by mx.example with SMTP id 1",
        "from 203.0.113.66 (h.example) by mx.example with SMTP id 1",
        "from h [203.0.113.66] by mx.example with SMTP id 1",
        "from h (unknown) by mx.example with SMTP id 1",
        "from h (HELO [203.0.113.66]) by mx.example with SMTP",
        "from h (helo=[203.0.113.66]) by mx.example with SMTP",
        "from h (envelope-from [203.0.113.66]) by mx.example with SMTP",
        "from h ([203.0.113.66] [192.0.2.1]) by mx.example with SMTP",
        "from h (203.0.113.66) (192.0.2.1) by mx.example with SMTP",
        "from h ([203.0.113.66] u@192.0.2.1) by mx.example with SMTP",
        "from x ([203.0.113.66]) [192.0.2.1] by c.example with ESMTP (SMTPD32-8.15) id A1",
        "from x ([203.0.113.66]) [192.0.2.1] by c.example with POP3 (fetchmail-6.4.0)",
        "from 192.0.2.1 (EHLO x) ([203.0.113.66]) by 10.1.2.3 with SMTPs (version=TLS1_3)",
        "from [192.0.2.1] (x [203.0.113.66]) by mx.example with esmtp (Exim 4.98) id 1",
        "from h [203.0.113.66] by mx.example with SMTP (envelope-from <fetchmail@b.example>)",
        "from x ([203.0.113.66]) by y (unknown [192.0.2.1]) by mx.example with SMTP",
        "from x ([203.0.113.66]) by y ( (unknown [192.0.2.1]) by mx.example with SMTP",
        "from x ([203.0.113.66]) by y; (unknown [192.0.2.1]) by mx.example; 2 Nov 2026",
        "from h (unknown [192.0.2.1",
        "from h (unknown [192.0.2.1])",
        "from h (unknown [192.0.2.999]) by mx.example with SMTP",
        "from h ([Mon, 2 Nov 2026]) by mx.example with SMTP",
        "from a from [203.0.113.66] by mx.example with esmtp",
        "via something",
        "",
    ] {
        assert_eq!(read(value).arrival, Arrival::Unclear, "{value}");
    }
    let long = format!(
        "from {} (unknown [192.0.2.1]) by mx.example",
        "h".repeat(MAX_VALUE)
    );
    assert_eq!(read(&long).arrival, Arrival::Unclear);
}

#[test]
fn a_mail_that_comes_from_the_server_itself_is_told_from_one_handed_in() {
    for value in [
        "by 2001:db8::5 with SMTP id x1; Mon, 2 Nov 2026 10:00:00 +0000",
        "by mx.example (Postfix) id 4X1",
        "by mx.example with LMTP id 1 for <t@mx.example>",
        "(qmail 4711 invoked from network); 2 Nov 2026 10:00:00 -0000",
    ] {
        assert_eq!(read(value).arrival, Arrival::Passed, "{value}");
    }
    for value in [
        "by mx.example (Postfix, from userid 33) id 4X1",
        "(qmail 4711 invoked by uid 1000); 2 Nov 2026 10:00:00 -0000",
        "(qmail 4711 invoked by alias); 2 Nov 2026 10:00:00 -0000",
        "(from www@localhost) by mx.example (8.17.1/8.17.1/Submit) id 1",
        "from www by mx.example with local (Exim 4.98) id 1",
        "by web.example with HTTP; Mon, 2 Nov 2026 10:00:00 +0000",
        "by mx.example (Authenticated sender: u) with ESMTPSA id 1",
    ] {
        assert_eq!(read(value).arrival, Arrival::HandedIn, "{value}");
    }
}

#[test]
fn a_fetched_mail_is_known() {
    let fetched = read(
        "from pop.example [192.0.2.1] by localhost with POP3 (fetchmail-6.4.0) for u@localhost (single-drop)",
    );
    assert!(fetched.is_fetched);
    assert_eq!(fetched.address().unwrap().to_string(), "192.0.2.1");
    assert!(read("from x (y [192.0.2.1]) by z with IMAP").is_fetched);
    assert!(!read("from IMAP (y [192.0.2.1]) by z with ESMTP").is_fetched);
    assert!(!read("from h (y [192.0.2.1]) by z for <a(fetchmail)@trap.example>").is_fetched);
    assert!(
        !read("from h (y [192.0.2.1]) by z with SMTP id 1 for <\"a with IMAP\"@trap.example>").is_fetched
    );
    assert!(!read("from x by y with IMAP (y [192.0.2.1]) by z with ESMTP").is_fetched);
}

#[test]
fn names_protocol_and_date_are_kept() {
    let hop = read(
        "from h (n.example [192.0.2.1]) by mx.example (Postfix) with ESMTP id 1; Mon, 2 Nov 2026 10:00:00 +0100",
    );
    assert_eq!(hop.helo.as_deref(), Some("h"));
    assert_eq!(hop.name.as_deref(), Some("n.example"));
    assert_eq!(hop.by.as_deref(), Some("mx.example"));
    assert_eq!(hop.protocol.as_deref(), Some("ESMTP"));
    assert_eq!(hop.date.unwrap().to_string(), "2026-11-02T09:00:00Z");

    let qmail = read("from n.example (HELO h) (192.0.2.1) by mx.example with SMTP");
    assert_eq!(
        (qmail.helo.as_deref(), qmail.name.as_deref()),
        (Some("h"), Some("n.example"))
    );
    let exim = read("from [192.0.2.1] (port=1 helo=h) by mx.example with esmtp (Exim 4.98) id 1");
    assert_eq!((exim.helo.as_deref(), exim.name.as_deref()), (Some("h"), None));
    let exim = read("from n.example ([192.0.2.1] helo=h) by mx.example with esmtp (Exim 4.98) id 1");
    assert_eq!(
        (exim.helo.as_deref(), exim.name.as_deref()),
        (Some("h"), Some("n.example"))
    );
    let microsoft = read("from h (192.0.2.1) by c (198.51.100.5) with Microsoft SMTP Server id 1");
    assert_eq!(microsoft.protocol.as_deref(), Some("Microsoft SMTP Server"));
}

/// Shapes with a place for what the client says of itself.
const HELO_SHAPES: &[&str] = &[
    "from {} (unknown [192.0.2.1]) by mx.example (Postfix) with ESMTP id 1; Mon, 2 Nov 2026 10:00:00 +0100",
    "from {} ([192.0.2.1]) by mx.example (8.17.1/8.17.1) with ESMTP id 1; Mon, 2 Nov 2026 10:00:00 +0100",
    "from {} (192.0.2.1) by mx.example (198.51.100.5) with Microsoft SMTP Server id 1; Mon, 2 Nov 2026 10:00:00 +0000",
    "from unknown (HELO {}) (192.0.2.1) by mx.example with SMTP; 2 Nov 2026 10:00:00 -0000",
    "from n.example (HELO {}) ([192.0.2.1]) by mx.example with ESMTP; 2 Nov 2026 10:00:00 -0000",
    "from n.example ([192.0.2.1] helo={}) by mx.example with esmtp (Exim 4.98) id 1; Mon, 2 Nov 2026 10:00:00 +0100",
    "from [192.0.2.1] (port=1 helo={}) by mx.example with esmtp (Exim 4.98) id 1; Mon, 2 Nov 2026 10:00:00 +0100",
    "from [192.0.2.1] (HELO {}) by mx.example (CommuniGate Pro SMTP 6.3) with ESMTP id 1",
    "from {} [192.0.2.1] by mx.example with ESMTP (SMTPD32-8.15) id A1; Mon, 2 Nov 2026 10:00:00 +0100",
    "from 192.0.2.1 (EHLO {}) by 10.1.2.3 with SMTPs (version=TLS1_3); Mon, 2 Nov 2026 10:00:00 +0000",
];

/// What a client may say of itself where the server does not clean it at all.
fn helo() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("203.0.113.66"),
        Just("[203.0.113.66]"),
        Just("([203.0.113.66])"),
        Just("(203.0.113.66)"),
        Just("(x [203.0.113.66])"),
        Just("(helo=y)"),
        Just("helo="),
        Just("HELO "),
        Just("IPv6:2001:db8::66"),
        Just(" "),
        Just("("),
        Just(")"),
        Just("["),
        Just("]"),
        Just("\""),
        Just("\\"),
        Just(";"),
        Just("@"),
        Just("by mx"),
        Just("from "),
        Just("with IMAP"),
        Just("with SMTPs"),
        Just("(fetchmail)"),
        Just("(SMTPD32-8)"),
        Just("[192.0.2.1]"),
        Just("\t"),
        Just("h.example"),
    ];
    proptest::collection::vec(piece, 1..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read(value in proptest::collection::vec(any::<u8>(), 0..400)) {
        let hop = Hop::read(&value);
        prop_assert!(hop.helo.is_none_or(|helo| helo.chars().count() <= MAX_NAME_CHARS));
    }

    #[test]
    fn what_the_client_says_never_becomes_its_address(helo in helo(), shape in 0..HELO_SHAPES.len()) {
        let value = HELO_SHAPES[shape].replace("{}", &helo);
        if let Some(address) = read(&value).address() {
            prop_assert_eq!(address.to_string(), "192.0.2.1", "{}", value);
        }
        prop_assert!(!read(&value).is_fetched, "{}", value);
    }

    #[test]
    fn a_server_that_writes_nothing_but_helo_tells_no_address(helo in helo()) {
        let clean = helo.replace(['(', ')'], "?");
        let value = format!("from {clean} by mx.example with SMTP id 1; Mon, 2 Nov 2026 10:00:00 +0100");
        prop_assert_eq!(read(&value).address(), None, "{}", value);
    }
}
