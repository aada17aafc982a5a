//! What our own writers write is read back the same.

use std::net::IpAddr;

use atalaya_model::{Class, Listing, MailAddress, Prefix, Rule, Serial, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::super::*;
use crate::arf::FeedbackReport;
use crate::xarf::{self, Evidence, Incident, ListedIn};

const SPAM: &[u8] = b"Received: from h (n.example [192.0.2.1]) by mx.other.example with ESMTP\r\nFrom: a@spam.example\r\n\r\nx\r\n";

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
        (0x2000_u16..0x4000, any::<[u16; 7]>()).prop_map(|(first, rest)| {
            let [b, c, d, e, f, g, h] = rest;
            IpAddr::from([first, b, c, d, e, f, g, h])
        }),
    ]
}

fn mailbox() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,20}@[a-z]{1,10}\\.example"
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (1_i64..4_000_000_000).prop_map(Timestamp::from_seconds)
}

proptest! {
    #[test]
    fn feedback_reports_are_read_back(
        (source, port) in (address(), proptest::option::of(1_u16..)),
        mail_from in prop_oneof![Just(String::new()), mailbox()],
        recipients in proptest::collection::btree_set(mailbox(), 0..5),
        (arrived, incidents) in (moment(), 1_u64..1_000_000),
    ) {
        let report = FeedbackReport {
            user_agent: "Atalaya/0.1".to_owned(),
            source,
            source_port: port,
            mail_from: mail_from.clone(),
            recipients: recipients.iter().cloned().collect(),
            arrived,
            reporting_mta: None,
            incidents,
        };
        let mail = [
            b"From: r@list.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n\
              --x\r\nContent-Type: message/feedback-report\r\n\r\n".as_slice(),
            report.to_text().as_bytes(),
            b"\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n",
            SPAM,
            b"\r\n--x--\r\n",
        ].concat();
        let read = read(&mail, &[]).unwrap();
        prop_assert_eq!((read.format, read.abuse, read.version.as_str()), (Format::Arf, Abuse::Spam, "1"));
        prop_assert_eq!(read.source.map(|source| (source.address, source.how)), Ok((source.to_canonical(), How::Stated)));
        prop_assert_eq!((read.source_port, read.arrived, read.incidents), (port, Some(arrived), incidents));
        prop_assert_eq!(read.mail_from, Some(mail_from));
        prop_assert_eq!(read.recipients, report.recipients);
        prop_assert_eq!(read.reporter.user_agent.as_deref(), Some("Atalaya/0.1"));
        prop_assert_eq!(read.message.unwrap().bytes, SPAM);
    }

    #[test]
    fn documents_are_read_back(
        (source, port) in (address(), proptest::option::of(1_u16..)),
        mail_from in proptest::option::of(mailbox()),
        recipient in proptest::option::of(mailbox()),
        at in moment(),
    ) {
        let parsed = |text: &Option<String>| text.as_ref().map(|text| text.parse::<MailAddress>().unwrap());
        let incident = Incident {
            report_id: Uuid::from_u128(7),
            at,
            reporter: ("Example".to_owned(), "abuse@list.example".parse().unwrap()),
            source,
            source_port: port,
            mail_from: parsed(&mail_from),
            recipient: parsed(&recipient),
            subject: "Buy".to_owned(),
            description: "spam".to_owned(),
            evidence: Evidence::new("message/rfc822", "the mail", SPAM),
        };
        let read = read_json(xarf::report(&incident, &listed_in()).as_bytes(), &[]).unwrap();
        prop_assert_eq!((read.format, read.version.as_str()), (Format::XarfJson, "4.2.0"));
        prop_assert_eq!(read.source.map(|source| (source.address, source.how)), Ok((source.to_canonical(), How::Stated)));
        prop_assert_eq!((read.source_port, read.arrived), (port, Some(at)));
        prop_assert_eq!(read.reporter.organisation.as_deref(), Some("Example"));
        prop_assert_eq!(read.message.unwrap().bytes, SPAM);
        if mail_from.is_some() && port.is_some() {
            prop_assert_eq!((read.abuse, read.mail_from), (Abuse::Spam, mail_from));
            prop_assert_eq!(read.recipients, recipient.into_iter().collect::<Vec<_>>());
        } else {
            prop_assert_eq!(read.abuse, Abuse::Listed);
        }
    }
}

fn listed_in() -> ListedIn {
    let listing = Listing {
        prefix: "192.0.2.7".parse::<Prefix>().unwrap(),
        class: Class::Spam,
        reason: String::new(),
        rule: Rule::new("trap-spam", 1),
        since: Timestamp::EPOCH,
        until: None,
        serial: Serial(42),
    };
    ListedIn::new(&listing, "bl.atalaya.test", "https://list.example/ip/192.0.2.7")
}
