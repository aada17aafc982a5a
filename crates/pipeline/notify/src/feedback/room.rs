//! Room: how much strangers may ask for and enrol, counted so that nobody takes the place of others.
//!
//! In: what there is, and one more. Out: whether it may be. What one client asks for keeps nobody out who comes from elsewhere, as far as that can
//! be: a mailbox is written to three times, whoever asks.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use atalaya_model::{FeedbackScope, MailAddress, Timestamp};
use atalaya_store::{Enrolment, EnrolmentRequest, StoreError, Transaction};
use tracing::warn;
use uuid::Uuid;

use super::proofs::is_same;
use super::{Feedback, summary};

/// Most requests that wait: some megabytes, and as many mails in the time that they are kept.
const MOST_WAITING: usize = 1_000;
/// Most of them of one client.
const MOST_OF_CLIENT: usize = 10;
/// Most of them of one client for one scope.
const MOST_FOR_SCOPE: usize = 2;
/// Most of them that one mailbox has not confirmed, and so most mails that strangers can have sent to it in the time that they are kept.
const MOST_OF_MAILBOX: Share = Share { all: 3, client: 2 };
/// Most of them that the mailboxes of a domain have not confirmed.
const MOST_OF_MAIL_DOMAIN: Share = Share { all: 10, client: 5 };
/// Most enrolments of one mailbox that made themselves.
pub(super) const MOST_ENROLLED: u32 = 50;
/// Most enrolments that made themselves: of one client.
const MOST_ENROLLED_OF_CLIENT: u64 = 100;
/// With mailboxes of one domain.
const MOST_ENROLLED_OF_MAIL_DOMAIN: u64 = 200;
/// For one domain that signs and all below it.
const MOST_ENROLLED_FOR_DOMAIN: u64 = 100;

/// How many there may be in all, and of one client.
struct Share {
    all: usize,
    client: usize,
}

/// Whether there is room for a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// There is.
    Free,
    /// In the place of this one, which nobody has confirmed.
    Instead(Uuid),
    /// Its mailbox has asked for the same.
    Known,
    /// There is none for this client, scope or mailbox.
    Taken,
    /// There is none at all.
    Full,
}

/// Whether there is room for one more request.
pub(super) fn room(waiting: &[EnrolmentRequest], new: &EnrolmentRequest, now: Timestamp) -> Room {
    let is_it = |one: &&EnrolmentRequest| one.scope == new.scope && is_same(&one.mailbox, &new.mailbox);
    if waiting.iter().filter(is_it).any(|one| one.is_open(now)) {
        return Room::Known;
    }
    let is_its = |one: &&EnrolmentRequest| one.client == new.client;
    let for_scope = |one: &&EnrolmentRequest| one.client == new.client && one.scope == new.scope;
    let exceeds = |most: &Share, is_same: &dyn Fn(&MailAddress) -> bool| {
        let open = || {
            waiting
                .iter()
                .filter(|one| one.confirmed_at.is_none() && is_same(&one.mailbox))
        };
        open().count() >= most.all || open().filter(is_its).count() >= most.client
    };
    let (mailbox, domain) = (plain(&new.mailbox), new.mailbox.domain());
    if waiting.iter().filter(is_its).count() >= MOST_OF_CLIENT
        || waiting.iter().filter(for_scope).count() >= MOST_FOR_SCOPE
        || exceeds(&MOST_OF_MAILBOX, &|other| plain(other) == mailbox)
        || exceeds(&MOST_OF_MAIL_DOMAIN, &|other| {
            other.domain().eq_ignore_ascii_case(domain)
        })
    {
        return Room::Taken;
    }
    if waiting.len() < MOST_WAITING {
        return Room::Free;
    }
    displaced(waiting, &new.client).map_or(Room::Full, Room::Instead)
}

/// The oldest request that nobody has confirmed of the client that has most of them, if that has more than this one will have.
fn displaced(waiting: &[EnrolmentRequest], client: &str) -> Option<Uuid> {
    let mut clients = BTreeMap::<&str, Vec<Uuid>>::new();
    for one in waiting.iter().filter(|one| one.confirmed_at.is_none()) {
        clients.entry(&one.client).or_default().push(one.id);
    }
    let own = clients.get(client).map_or(0, Vec::len);
    let most = clients.into_values().max_by_key(Vec::len)?;
    most.first()
        .copied()
        .filter(|_| most.len() > own.saturating_add(1))
}

/// A mailbox without what stands behind `+`, in small letters: both come to one person.
fn plain(mailbox: &MailAddress) -> String {
    let text = mailbox.as_str().to_ascii_lowercase();
    match text.rsplit_once('@') {
        Some((local, domain)) => {
            let own = local.split('+').next().filter(|own| !own.is_empty());
            format!("{}@{domain}", own.unwrap_or(local))
        }
        None => text,
    }
}

/// The last two labels of a domain: about what somebody registers. Below `co.uk` all count together, and the operator approves of them one by one.
fn registrable(scope: &FeedbackScope) -> &str {
    let FeedbackScope::Domain(domain) = scope else {
        return "";
    };
    let second = domain.rmatch_indices('.').nth(1);
    second
        .and_then(|(dot, _)| domain.get(dot.saturating_add(1)..))
        .unwrap_or(domain)
}

impl Feedback {
    /// Tells the operator that requests are turned away, once a day.
    pub(super) fn tell_that_it_is_full(&self) {
        let today = summary::day_of(self.clock.now());
        if self.told_full.swap(today, Ordering::Relaxed) != today {
            warn!(
                most = MOST_WAITING,
                "so many ask to be enrolled that some are turned away: see `atalaya feedback list`"
            );
        }
    }

    /// Whether an enrolment that nobody but its own proof speaks for has a place, or one that the operator approved.
    pub(super) async fn has_room_for(
        &self,
        transaction: &mut Transaction,
        new: &Enrolment,
    ) -> Result<bool, StoreError> {
        let client = new.client.as_deref().unwrap_or_default();
        let counts = transaction
            .count_enrolments_like((client, &new.mailbox), &new.scope, registrable(&new.scope))
            .await?;
        if self.is_full(counts.all) || counts.of_mailbox >= u64::from(MOST_ENROLLED) {
            return Ok(false);
        }
        let share = u64::from(self.config.most_enrolments).saturating_mul(3) / 4;
        Ok(new.client.is_none()
            || counts.self_made < share
                && counts.of_client < MOST_ENROLLED_OF_CLIENT
                && counts.of_mail_domain < MOST_ENROLLED_OF_MAIL_DOMAIN
                && counts.for_domain < MOST_ENROLLED_FOR_DOMAIN)
    }
}

#[cfg(test)]
mod tests {
    use atalaya_store::{Proof, Ways};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn request((number, client): (u128, u32), scope: &str, mailbox: &str) -> EnrolmentRequest {
        EnrolmentRequest {
            id: Uuid::from_u128(number),
            scope: scope.parse().unwrap(),
            name: "x".to_owned(),
            mailbox: mailbox.parse().unwrap(),
            ways: Ways::default(),
            proof: Proof::Txt,
            client: client.to_string(),
            confirmed_at: None,
            contact: None,
            proven_at: None,
            approved_at: None,
            dropped_at: None,
            refused_at: None,
            created_at: NOW,
            ends_at: Timestamp::from_seconds(2_000),
        }
    }

    /// So many clients, each of which asks for so much that has nothing to do with anybody else.
    fn crowd(clients: u32, each: u128) -> Vec<EnrolmentRequest> {
        let of_client = |client: u32| {
            (0..each).map(move |number| {
                let number = u128::from(client) * 100 + number;
                request(
                    (number, client),
                    &format!("AS{}", number + 1),
                    &format!("a@n{number}.example"),
                )
            })
        };
        (1..=clients).flat_map(of_client).collect()
    }

    #[test]
    fn junk_of_one_client_keeps_no_holder_out() {
        let own = || request((1, 1), "192.0.2.0/24", "abuse@cheap.example");
        let mut waiting: Vec<_> = (2..4)
            .map(|number| request((number, 9), "192.0.2.0/24", &format!("x@n{number}.example")))
            .collect();
        waiting.extend(
            (4..6).map(|number| request((number, 9), &format!("AS{number}"), "Abuse+x@cheap.example")),
        );
        assert_eq!(room(&waiting, &own(), NOW), Room::Free);
        let more = request((6, 9), "192.0.2.0/24", "y@other.example");
        assert_eq!(room(&waiting, &more, NOW), Room::Taken, "two for a scope");
        let more = request((6, 9), "AS9", "abuse+y@cheap.example");
        assert_eq!(room(&waiting, &more, NOW), Room::Taken, "two for a mailbox");
        waiting.push(own());
        assert_eq!(room(&waiting, &own(), NOW), Room::Known);
        let more = request((6, 2), "AS9", "abuse@cheap.example");
        assert_eq!(
            room(&waiting, &more, NOW),
            Room::Taken,
            "three mails for a mailbox"
        );
    }

    #[test]
    fn the_mailboxes_of_a_domain_and_a_client_have_their_bounds() {
        let of = |client: u32| {
            move |number: u128| {
                request(
                    (number, client),
                    &format!("AS{}", number + 1),
                    &format!("a{number}@cheap.example"),
                )
            }
        };
        let mut waiting: Vec<_> = (0..5).map(of(1)).collect();
        assert_eq!(room(&waiting, &of(1)(90), NOW), Room::Taken);
        waiting.extend((5..10).map(of(2)));
        assert_eq!(room(&waiting, &of(3)(90), NOW), Room::Taken);
        let more = request((91, 1), "AS91", "a@other.example");
        assert_eq!(room(&waiting, &more, NOW), Room::Free);
        let mut waiting = crowd(1, 10);
        waiting[0].dropped_at = Some(NOW);
        assert_eq!(room(&waiting, &more, NOW), Room::Taken, "what was dropped counts");
    }

    #[test]
    fn who_has_most_makes_room_for_who_has_little() {
        let new = request((9_999, 999), "AS99999", "a@new.example");
        let mut waiting = crowd(100, 10);
        assert!(matches!(room(&waiting, &new, NOW), Room::Instead(_)));
        for one in &mut waiting {
            one.confirmed_at = Some(NOW);
        }
        assert_eq!(room(&waiting, &new, NOW), Room::Full);
        assert_eq!(
            room(&crowd(1_000, 1), &new, NOW),
            Room::Full,
            "all have as little"
        );
    }

    #[test]
    fn a_domain_counts_with_its_neighbours() {
        for (scope, counts) in [
            ("dkim:a.b.news.example", "news.example"),
            ("dkim:news.example", "news.example"),
            ("192.0.2.0/24", ""),
        ] {
            assert_eq!(registrable(&scope.parse().unwrap()), counts);
        }
    }
}
