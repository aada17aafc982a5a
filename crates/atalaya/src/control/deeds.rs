//! What of the commands stands in the audit trail: each one that changes something is written down before it is done, with the user of the system who
//! sends it, and what came of it behind it.

use atalaya_decide::import::Import;
use atalaya_decide::purge::Mode;
use atalaya_model::Act;
use atalaya_store::{DeedId, DeedOutcome};
use atalaya_web::{KeysOrder, MAX_ANSWER, ReportersOrder, SetContactsOrder, TrapsOrder};
use serde_json::{Value, json};

use super::{ContactRequest, EvidenceRequest, ImportStep, Request};
use crate::access;
use crate::exceptions::ExceptionsRequest;
use crate::feedback::FeedbackRequest;
use crate::hearing::RepliesRequest;
use crate::house::House;
use crate::jobs::JobsRequest;
use crate::outgoing::{OutboxRequest, SuppressRequest};
use crate::public_log::LogRequest;
use crate::rulebook::{self, RulesRequest};

/// Answers a command of a user of the system.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator. What cannot be written down is not done.
pub(crate) async fn answer(house: &House, request: Request, uid: u32) -> anyhow::Result<Value> {
    if let Request::Access(asked) = request {
        return access::answer(house, asked, uid).await;
    }
    let Some(planned) = planned(&request) else {
        return house.answer(request).await;
    };
    let planned = match &request {
        Request::Rules(RulesRequest::Save { .. }) => planned.in_place_of(rulebook::standing(&house.config)),
        _ => planned,
    };
    let keeps_answer = planned.keeps_answer;
    let now = house.clock.now();
    let mut deed = access::deed(uid, planned.act, planned.target, (planned.details, now));
    deed.undoes = planned.undoes;
    let id = house.store.record_deed(&deed).await?;
    let answer = Box::pin(house.answer(request)).await;
    let (outcome, details) = match &answer {
        Ok(value) if keeps_answer && value.to_string().len() <= MAX_ANSWER => {
            (DeedOutcome::Done, value.clone())
        }
        Ok(_) => (DeedOutcome::Done, Value::Null),
        Err(error) => (DeedOutcome::Failed, Value::String(format!("{error:#}"))),
    };
    if let Err(error) = house.store.end_deed(id, outcome, &details).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, %id, "a command was done, but the audit trail does not say what came of it");
    }
    answer
}

/// What a command is about to do.
struct Planned {
    act: Act,
    target: String,
    details: Value,
    /// What it takes back.
    undoes: Option<DeedId>,
    /// Whether its answer may be kept: some hold secrets.
    keeps_answer: bool,
}

impl Planned {
    fn new(act: Act, target: &(impl ToString + ?Sized), details: Value) -> Self {
        Self {
            act,
            target: target.to_string(),
            details,
            undoes: None,
            keeps_answer: true,
        }
    }

    /// The same where the answer is nobody's business later.
    fn with_secret(act: Act, target: &(impl ToString + ?Sized), details: Value) -> Self {
        Self {
            keeps_answer: false,
            ..Self::new(act, target, details)
        }
    }

    /// The same with the file that is replaced, and with its text, which taking it back needs.
    fn in_place_of(mut self, (file, text): (String, Option<String>)) -> Self {
        self.target = file;
        if let Value::Object(details) = &mut self.details {
            details.insert("before".to_owned(), json!(text));
        }
        self
    }
}

/// What a command changes; none where it only asks.
fn planned(request: &Request) -> Option<Planned> {
    Some(match request {
        Request::Import { wish, step } => return of_import(wish, step),
        Request::Purge {
            wish,
            mode: Mode::Real,
        } => {
            let target = wish.rule.as_ref().or(wish.source.as_ref());
            let target = target.cloned().unwrap_or_default();
            Planned::new(
                Act::Purge,
                &target,
                serde_json::to_value(wish).unwrap_or_default(),
            )
        }
        Request::Rules(RulesRequest::Save { text, undoes, .. }) => Planned {
            undoes: *undoes,
            ..Planned::new(Act::SaveRules, "", json!({ "text": text }))
        },
        Request::ReleaseFeed { name } => Planned::new(Act::ReleaseFeed, name, Value::Null),
        Request::Contacts(ContactRequest::Queue { queries, .. }) => {
            let details = json!({ "addresses": queries.addresses.len() });
            Planned::new(Act::QueueContacts, "", details)
        }
        Request::Evidence(EvidenceRequest::Sealed { id, asked }) => {
            Planned::with_secret(Act::TakeEvidence, &id.0, json!({ "reason": asked.reason }))
        }
        Request::SetContacts(asked) => return of_set_contacts(asked),
        Request::Feedback(asked) => return of_feedback(asked),
        Request::Exceptions(asked) => return of_exceptions(asked),
        Request::PublicLog(asked) => return of_public_log(asked),
        Request::Outbox(asked) => return of_outbox(asked),
        Request::Traps(asked) => return of_traps(asked),
        Request::Reporters(asked) => return of_reporters(asked),
        Request::Keys(asked) => return of_keys(asked),
        Request::Suppress(asked) => return of_suppressed(asked),
        Request::Jobs(JobsRequest::Retry { id }) => {
            let target = id.map_or_else(|| "all that were given up".to_owned(), |id| id.to_string());
            Planned::new(Act::RetryJob, &target, Value::Null)
        }
        Request::Replies(RepliesRequest::Settle {
            id,
            settlement,
            prefixes,
        }) => Planned::new(
            Act::SettleReply,
            id,
            json!({ "settlement": settlement.to_string(), "prefixes": prefixes }),
        ),
        request => return by_hand(request),
    })
}

/// What is answered to networks that ask for exceptions.
fn of_exceptions(asked: &ExceptionsRequest) -> Option<Planned> {
    Some(match asked {
        ExceptionsRequest::Waiting { .. } | ExceptionsRequest::Settled { .. } => return None,
        ExceptionsRequest::Grant { id, until, words } => {
            Planned::new(Act::GrantException, id, json!({ "until": until, "words": words }))
        }
        ExceptionsRequest::Refuse { id, words } => {
            Planned::new(Act::RefuseException, id, json!({ "words": words }))
        }
    })
}

/// What is changed of the public log.
fn of_public_log(asked: &LogRequest) -> Option<Planned> {
    Some(match asked {
        LogRequest::Show => return None,
        LogRequest::Forget { serial } => Planned::new(Act::ForgetEntry, serial, Value::Null),
        LogRequest::ForgetBefore { time } => Planned::new(Act::ForgetEntry, "", json!({ "before": time })),
        LogRequest::Restart { name } => Planned::new(Act::RestartLog, name, Value::Null),
    })
}

/// What is changed of the list by hand, with all that takes it back.
fn by_hand(request: &Request) -> Option<Planned> {
    Some(match request {
        Request::List {
            prefix,
            class,
            reason,
            until,
        } => Planned::new(
            Act::List,
            prefix,
            json!({ "class": class, "reason": reason, "until": until }),
        ),
        Request::Unlist {
            prefix,
            class,
            reason,
        } => Planned::new(Act::Unlist, prefix, json!({ "class": class, "reason": reason })),
        Request::Allow {
            prefix,
            reason,
            until,
        } => Planned::new(Act::Allow, prefix, json!({ "reason": reason, "until": until })),
        Request::Disallow { prefix, reason } => {
            Planned::new(Act::Disallow, prefix, json!({ "reason": reason }))
        }
        _ => return None,
    })
}

/// What a piece of an import changes.
fn of_import(wish: &Import, step: &ImportStep) -> Option<Planned> {
    let target = match &wish.source {
        Some(source) => format!("{} ({source})", wish.class),
        None => wish.class.to_string(),
    };
    let (act, count) = match step {
        ImportStep::List(prefixes) => (Act::Import, prefixes.len()),
        ImportStep::Withdraw(prefixes) => (Act::ImportWithdraw, prefixes.len()),
        ImportStep::Preview(_) | ImportStep::Standing(_) => return None,
    };
    let details = json!({ "prefixes": count, "reason": wish.reason, "until": wish.until });
    Some(Planned::new(act, &target, details))
}

/// What is changed of the feedback loop. Answers hold keys.
fn of_feedback(asked: &FeedbackRequest) -> Option<Planned> {
    Some(match asked {
        FeedbackRequest::List { .. } | FeedbackRequest::Asked { .. } | FeedbackRequest::Show { .. } => {
            return None;
        }
        FeedbackRequest::Add(new) => {
            let details = json!({ "name": new.name, "mailbox": new.mailbox });
            Planned::with_secret(Act::Enrol, &new.scope, details)
        }
        FeedbackRequest::Approve { id } => Planned::with_secret(Act::Enrol, id, Value::Null),
        FeedbackRequest::Rotate { id } => {
            Planned::with_secret(Act::ChangeEnrolment, id, json!({ "secrets": "made anew" }))
        }
        FeedbackRequest::Prove { id } => {
            Planned::with_secret(Act::ChangeEnrolment, id, json!({ "proven": "by the operator" }))
        }
        FeedbackRequest::Remove { id } => Planned::with_secret(Act::EndEnrolment, id, Value::Null),
    })
}

/// What is changed of the outbox.
fn of_outbox(asked: &OutboxRequest) -> Option<Planned> {
    match asked {
        OutboxRequest::Show { .. } | OutboxRequest::Read { .. } => None,
        OutboxRequest::Retry { id } => {
            let target = id.map_or_else(|| "all that failed".to_owned(), |id| id.to_string());
            Some(Planned::new(Act::RetryMail, &target, Value::Null))
        }
        OutboxRequest::Drop { id } => Some(Planned::new(Act::DropMail, id, Value::Null)),
    }
}

/// What is changed of the addresses that no mail goes to.
fn of_suppressed(asked: &SuppressRequest) -> Option<Planned> {
    match asked {
        SuppressRequest::Show { .. } => None,
        SuppressRequest::Add { address, why, until } => {
            let details = json!({ "why": why, "until": until });
            Some(Planned::new(Act::Suppress, address, details))
        }
        SuppressRequest::Remove {
            address,
            even_if_asked,
        } => {
            let details = json!({ "even_if_asked": even_if_asked });
            Some(Planned::new(Act::Unsuppress, address, details))
        }
    }
}

/// What is changed of the contacts that are set by hand.
fn of_set_contacts(asked: &SetContactsOrder) -> Option<Planned> {
    Some(match asked {
        SetContactsOrder::Show { .. } => return None,
        SetContactsOrder::Set {
            subject,
            mailboxes,
            reason,
            until,
        } => {
            let details = json!({ "mailboxes": mailboxes, "reason": reason, "until": until });
            Planned::new(Act::SetContact, subject, details)
        }
        SetContactsOrder::Unset { subject } => Planned::new(Act::UnsetContact, subject, Value::Null),
    })
}

/// What is changed of the traps.
fn of_traps(asked: &TrapsOrder) -> Option<Planned> {
    match asked {
        TrapsOrder::List => None,
        TrapsOrder::Add {
            address, kind, since, ..
        } => {
            let details = json!({ "kind": kind, "since": since });
            Some(Planned::new(Act::AddTrap, address, details))
        }
        TrapsOrder::Remove { address } => Some(Planned::new(Act::RemoveTrap, address, Value::Null)),
    }
}

/// What is changed of those who report. Answers are keys.
fn of_reporters(asked: &ReportersOrder) -> Option<Planned> {
    let (act, name) = match asked {
        ReportersOrder::List => return None,
        ReportersOrder::Add { name, .. } => (Act::MakeReporter, name),
        ReportersOrder::Rotate { name } => (Act::ChangeReporter, name),
        ReportersOrder::Remove { name } => (Act::RevokeReporter, name),
    };
    Some(Planned::with_secret(act, name, Value::Null))
}

/// What is changed of the keys for asking the list. Answers are keys.
fn of_keys(asked: &KeysOrder) -> Option<Planned> {
    let (act, name) = match asked {
        KeysOrder::List => return None,
        KeysOrder::Add { name, .. } => (Act::MakeKey, name),
        KeysOrder::PutBack(key) => (Act::MakeKey, &key.name),
        KeysOrder::Renew { name, .. } => (Act::ChangeKey, name),
        KeysOrder::GoBack(key) => (Act::ChangeKey, &key.name),
        KeysOrder::Remove { name } => (Act::RevokeKey, name),
    };
    Some(Planned::with_secret(act, name, Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_written_down_and_what_asks_is_not() {
        let list = Request::List {
            prefix: "192.0.2.7".parse().unwrap(),
            class: atalaya_model::Class::Spam,
            reason: "Sends spam.".to_owned(),
            until: None,
        };
        let planned_list = planned(&list).unwrap();
        assert_eq!(
            (planned_list.act, planned_list.target.as_str()),
            (Act::List, "192.0.2.7")
        );
        assert!(planned_list.keeps_answer);
        let remove = FeedbackRequest::Rotate {
            id: uuid::Uuid::from_u128(1),
        };
        assert!(!planned(&Request::Feedback(remove)).unwrap().keeps_answer);
        for asks in [
            Request::Sources,
            Request::Settle,
            Request::Allowed {
                prefix: None,
                after: None,
            },
            Request::Purge {
                wish: atalaya_decide::purge::Wish::default(),
                mode: Mode::Dry,
            },
            Request::Suppress(SuppressRequest::Show { after: String::new() }),
            Request::SetContacts(SetContactsOrder::Show { after: String::new() }),
        ] {
            assert!(planned(&asks).is_none(), "{asks:?}");
        }
    }
}
