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
    use atalaya_model::{Class, ObservationId, Timestamp};
    use atalaya_web::{EvidenceOrder, ExceptionsOrder, OutboxOrder, RulesOrder, SuppressOrder};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_order_is_a_request_that_a_command_sends_too() {
        let prefix = "192.0.2.7".parse().unwrap();
        let (reason, until) = ("why".to_owned(), Some(Timestamp::EPOCH));
        let id = Uuid::nil();
        let orders = [
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
            Order::Simulate {
                rules: String::new(),
                since: Timestamp::EPOCH,
            },
            Order::Rules(RulesOrder::Show),
            Order::Rules(RulesOrder::Save {
                text: String::new(),
                instead_of: String::new(),
            }),
            Order::Outbox(OutboxOrder::Retry { id: Some(id) }),
            Order::Outbox(OutboxOrder::Drop { id }),
            Order::Outbox(OutboxOrder::Read { id }),
            Order::Exceptions(ExceptionsOrder::Grant {
                id: 7,
                until,
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
        ];
        for order in orders {
            let written = serde_json::to_value(&order).unwrap();
            let read = serde_json::to_value(request(&order).unwrap()).unwrap();
            assert_eq!(written, read, "nothing is lost on the way");
        }
    }
}
