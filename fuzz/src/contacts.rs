//! Target `contacts`: whom others than registries name.
//!
//! Input: a text of DNS, an operator's file, a `security.txt` and a dump of a registry, whichever it is.

use atalaya_formats::contacts::{ListedContacts, SecurityTxt, mailboxes_of_text};
use atalaya_formats::rpsl::{Assembler, Object};
use atalaya_model::{MailAddress, Timestamp};

/// Most mailboxes that one text or file may bring for one network.
const MOST_MAILBOXES: usize = 8;
/// Longest handle.
const LONGEST_HANDLE: usize = 80;

/// Reads the bytes in every form.
pub fn contacts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let named = mailboxes_of_text(&text);
    assert!(
        named.is_empty() || !text.chars().any(char::is_control),
        "{text:?}"
    );
    mailboxes_are_sound(&named);
    let security = SecurityTxt::read(data);
    mailboxes_are_sound(&security.mailboxes);
    assert!(security.expires.is_some() || !security.holds(Timestamp::EPOCH));
    if let Ok(listed) = ListedContacts::read(&text) {
        for address in ["192.0.2.1", "2001:db8::1"] {
            let address = address.parse().unwrap();
            if let Some((prefix, mailboxes)) = listed.around(address) {
                assert!(prefix.contains(address) && !listed.is_empty());
                mailboxes_are_sound(mailboxes);
            }
        }
    }
    dump(data);
}

/// A dump read line by line gives objects that lead somewhere.
fn dump(data: &[u8]) {
    let mut assembler = Assembler::default();
    let lines = data.split_inclusive(|byte| *byte == b'\n');
    let mut objects: Vec<_> = lines.filter_map(|line| assembler.line(line)).collect();
    objects.extend(assembler.end());
    assert_eq!(assembler.end(), None, "an object ends once");
    for object in objects {
        match object {
            Object::Network(network) => {
                assert!(network.range.first() <= network.range.last());
                assert!(!network.handles.is_empty() || network.mailbox.is_some());
                network.handles.iter().for_each(|handle| handle_is_sound(handle));
            }
            Object::Holder(holder) => {
                assert!(holder.abuse_c.is_some() || holder.mailbox.is_some());
                handle_is_sound(&holder.handle);
            }
        }
    }
}

fn handle_is_sound(handle: &str) {
    assert!((1..=LONGEST_HANDLE).contains(&handle.len()), "{handle:?}");
    assert!(
        handle
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_lowercase())
    );
}

/// Few, each once, and each written again as it was read.
fn mailboxes_are_sound(mailboxes: &[MailAddress]) {
    assert!(mailboxes.len() <= MOST_MAILBOXES);
    for mailbox in mailboxes {
        assert_eq!(mailbox.as_str().parse().as_ref(), Ok(mailbox));
        assert!(!mailbox.as_str().contains(['\r', '\n', ' ', '<', '>', ',']));
    }
}
