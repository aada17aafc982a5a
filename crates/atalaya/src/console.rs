//! What the console asks for is answered by what answers the commands.

use atalaya_web::{Answering, Operations, Order};

use crate::control::Request;
use crate::house::House;

impl Operations for House {
    fn answer(&self, order: Order) -> Answering<'_> {
        Box::pin(async move {
            let request = request(&order).map_err(|error| error.to_string())?;
            let answer = Self::answer(self, request).await;
            answer.map_err(|error| format!("{error:#}"))
        })
    }
}

/// The same on the control socket.
fn request(order: &Order) -> serde_json::Result<Request> {
    serde_json::from_value(serde_json::to_value(order)?)
}

#[cfg(test)]
mod tests {
    use atalaya_formats::view::View;
    use atalaya_model::{Class, ObservationId, Prefix, Timestamp};
    use atalaya_notify::Settlement;
    use atalaya_web::{
        ContactsOrder, EvidenceOrder, ExceptionsOrder, FeedbackOrder, JobsOrder, KeysOrder, OutboxOrder,
        RepliesOrder, ReportersOrder, RulesOrder, SealedFor, SetContactsOrder, SuppressOrder, TrapsOrder,
    };
    use uuid::Uuid;

    use super::*;

    /// Those about the list, what was seen and the rules.
    fn of_the_list(id: Uuid) -> Vec<Order> {
        let prefix = "192.0.2.7".parse().unwrap();
        let (reason, until) = ("why".to_owned(), Some(Timestamp::EPOCH));
        vec![
            Order::List {
                prefix,
                class: Class::Spam,
                reason: reason.clone(),
                until,
            },
            Order::Unlist {
                prefix,
                class: None,
                reason: reason.clone(),
            },
            Order::Allow {
                prefix,
                reason: reason.clone(),
                until: None,
            },
            Order::Disallow { prefix, reason },
            Order::Evidence(EvidenceOrder::One {
                id: ObservationId(id),
                view: View::Desk,
            }),
            Order::Evidence(EvidenceOrder::Sealed {
                id: ObservationId(id),
                asked: SealedFor {
                    reason: "a court".to_owned(),
                    account: "marta".to_owned(),
                },
            }),
            Order::Simulate {
                rules: String::new(),
                since: Timestamp::EPOCH,
            },
            Order::Rules(RulesOrder::Show),
            Order::Rules(RulesOrder::Save {
                text: String::new(),
                instead_of: String::new(),
                undoes: Some(atalaya_store::DeedId(7)),
            }),
        ]
    }

    /// Those about whom we tell, and what came back.
    fn of_telling(id: Uuid) -> Vec<Order> {
        let prefix: Prefix = "192.0.2.7".parse().unwrap();
        vec![
            Order::Outbox(OutboxOrder::Retry { id: Some(id) }),
            Order::Outbox(OutboxOrder::Drop { id }),
            Order::Outbox(OutboxOrder::Read { id }),
            Order::Exceptions(ExceptionsOrder::Grant {
                id: 7,
                until: Some(Timestamp::EPOCH),
                words: String::new(),
            }),
            Order::Exceptions(ExceptionsOrder::Refuse {
                id: 7,
                words: String::new(),
            }),
            Order::Suppress(SuppressOrder::Add {
                address: "a@b.example".parse().unwrap(),
                why: "why".to_owned(),
                until: None,
            }),
            Order::Suppress(SuppressOrder::Remove {
                address: "a@b.example".parse().unwrap(),
                even_if_asked: true,
            }),
            Order::Replies(RepliesOrder::Settle {
                id,
                settlement: Settlement::NotOurs,
                prefixes: vec![prefix],
            }),
            Order::Feedback(FeedbackOrder::Add(atalaya_notify::NewEnrolment {
                scope: "dkim:news.example".parse().unwrap(),
                name: "news".to_owned(),
                mailbox: "abuse@news.example".parse().unwrap(),
                ways: atalaya_store::Ways::default(),
            })),
            Order::Feedback(FeedbackOrder::Rotate { id }),
            Order::Feedback(FeedbackOrder::Approve { id }),
            Order::Feedback(FeedbackOrder::Prove { id }),
            Order::Feedback(FeedbackOrder::Remove { id }),
            Order::Contacts(ContactsOrder::One {
                address: prefix.network(),
            }),
            Order::SetContacts(SetContactsOrder::Set {
                subject: "isp.example".parse().unwrap(),
                mailboxes: vec!["a@b.example".parse().unwrap()],
                reason: "why".to_owned(),
                until: Some(Timestamp::EPOCH),
            }),
            Order::SetContacts(SetContactsOrder::Unset {
                subject: "192.0.2.0/24".parse().unwrap(),
            }),
        ]
    }

    /// Those about what tells us, and about work that waits.
    fn of_sources() -> Vec<Order> {
        vec![
            Order::Jobs(JobsOrder::Retry { id: Some(7) }),
            Order::Feeds,
            Order::ReleaseFeed {
                name: "drop".to_owned(),
            },
            Order::Traps(TrapsOrder::List),
            Order::Keys(KeysOrder::List),
            Order::Keys(KeysOrder::Add {
                name: "mx".parse().unwrap(),
                per_day: Some(1),
                until: Some(Timestamp::EPOCH),
            }),
            Order::Keys(KeysOrder::Renew {
                name: "mx".parse().unwrap(),
                until: None,
            }),
            Order::Keys(KeysOrder::Remove {
                name: "mx".parse().unwrap(),
            }),
            Order::Keys(KeysOrder::PutBack(atalaya_publish::KeptKey {
                name: "mx".parse().unwrap(),
                digest: atalaya_model::Digest([7; 32]),
                terms: atalaya_publish::KeyTerms {
                    per_day: Some(1),
                    since: Some(Timestamp::EPOCH),
                    until: None,
                },
            })),
            Order::Reporters(ReportersOrder::Add {
                name: "mx".to_owned(),
                per_day: None,
                scopes: "report".to_owned(),
            }),
        ]
    }

    #[test]
    fn every_order_is_a_request_that_a_command_sends_too() {
        let id = Uuid::nil();
        let orders = [of_the_list(id), of_telling(id), of_sources()].concat();
        for order in orders {
            let written = serde_json::to_value(&order).unwrap();
            let read = serde_json::to_value(request(&order).unwrap()).unwrap();
            assert_eq!(written, read, "nothing is lost on the way");
        }
    }
}
