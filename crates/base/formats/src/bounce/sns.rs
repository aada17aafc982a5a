//! Notifications of Amazon's mail service, as its notification service sends them by mail: one JSON document in a text.

use serde::Deserialize;
use serde_json::Deserializer;

use super::failure::{Action, Failure, Lasting, shown};
use super::reason::Reason;
use super::status::Status;

/// Most recipients that are read.
const MAX_RECIPIENTS: usize = 100;

/// The document, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    notification_type: String,
    bounce: Option<Bounce>,
    delivery: Option<Delivery>,
    mail: Option<Mail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    diagnostic_code: String,
}

#[derive(Deserialize)]
struct Delivery {
    #[serde(default)]
    recipients: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    #[serde(default)]
    common_headers: CommonHeaders,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CommonHeaders {
    message_id: Option<String>,
}

/// What a notification says of each recipient, and the Message-ID of the mail; none where the text is no notification of that kind.
pub(super) fn read(text: &str) -> Option<(Vec<Failure>, Option<String>)> {
    let text = text.trim_start();
    if !text.starts_with('{') || !text.contains("notificationType") {
        return None;
    }
    // Old servers cut long lines by an exclamation mark.
    let mended = text.replace("!\r\n ", "").replace("!\n ", "");
    let mut documents = Deserializer::from_str(&mended).into_iter::<Notification>();
    let told = documents.next()?.ok()?;
    let id = told.mail.and_then(|mail| mail.common_headers.message_id);
    let failures = match (told.notification_type.as_str(), told.bounce, told.delivery) {
        ("Bounce", Some(bounce), _) => bounced(bounce),
        ("Delivery", _, Some(delivery)) => delivered(delivery),
        _ => return None,
    };
    Some((failures, id))
}

fn bounced(bounce: Bounce) -> Vec<Failure> {
    let lasting = match bounce.bounce_type.as_str() {
        "Permanent" => Lasting::Hard,
        _ => Lasting::Soft,
    };
    let of = |recipient: Recipient| {
        let failure = Failure {
            status: Status::first_in(&recipient.status)
                .or_else(|| Status::first_in(&recipient.diagnostic_code)),
            diagnosis: shown(&recipient.diagnostic_code),
            ..empty(&recipient.email_address, Action::Failed)
        };
        Failure {
            lasting,
            ..failure.conclude(&recipient.diagnostic_code, "")
        }
    };
    bounce
        .bounced_recipients
        .into_iter()
        .take(MAX_RECIPIENTS)
        .map(of)
        .collect()
}

fn delivered(delivery: Delivery) -> Vec<Failure> {
    let of = |address: String| empty(&address, Action::Delivered);
    delivery
        .recipients
        .into_iter()
        .take(MAX_RECIPIENTS)
        .map(of)
        .collect()
}

fn empty(address: &str, action: Action) -> Failure {
    Failure {
        action,
        recipient: Some(shown(address)),
        original: None,
        status: None,
        remote: None,
        diagnosis: String::new(),
        reason: Reason::Other,
        lasting: Lasting::Soft,
    }
}
