//! Jobs and the outbox.

use std::collections::HashSet;
use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_store::{MailNote, MailOutcome, NewMail, Store, Topic, Waiting};
use atalaya_testkit::on_both;
use uuid::Uuid;

use crate::support::{Fixture, MAX_WAIT, count};

const LEASE: Duration = Duration::from_secs(60);

on_both!(
    Fixture:
    a_job_is_taken_once_until_its_lease_ends,
    jobs_are_taken_in_the_order_in_which_they_are_due,
    a_second_job_with_the_same_key_is_ignored,
    a_job_can_be_postponed_and_abandoned,
    finishing_a_job_is_part_of_the_transaction,
    many_workers_never_take_the_same_job,
    a_mail_is_taken_once_until_its_lease_ends,
    a_mail_is_sent_postponed_or_failed,
    mails_are_taken_and_noted_many_at_a_time,
    a_mail_that_is_just_being_sent_is_neither_tried_again_nor_dropped_by_hand,
    a_mail_that_may_have_left_counts_how_often,
    who_lost_a_mail_to_somebody_else_notes_no_more_than_that_it_left,
    a_mail_that_failed_is_tried_again_or_dropped_by_hand,
    mails_are_listed_by_state_the_newest_first,
    jobs_are_counted_and_those_given_up_are_tried_anew,
    few_jobs_are_counted_to_the_last_by_those_who_only_look,
    what_waits_is_counted_by_kind_until_it_is_done,
    work_wakes_who_waits_for_it,
    what_is_finished_is_deleted_at_its_age_and_what_waits_stays,
);

async fn add_job(store: &Store, key: &str, run_at: Timestamp) {
    let mut transaction = store.begin().await.unwrap();
    transaction
        .add_job("notice", key, &format!("{{\"serial\":{key}}}"), run_at)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

async fn add_mail(store: &Store) -> NewMail {
    let mail = NewMail {
        id: Uuid::now_v7(),
        sender: String::new(),
        recipient: "abuse@network.example".parse().unwrap(),
        message: b"Subject: x\r\n\r\n\0\xff".to_vec(),
    };
    let mut transaction = store.begin().await.unwrap();
    transaction.add_mail(&mail).await.unwrap();
    transaction.add_mail(&mail).await.unwrap();
    transaction.commit().await.unwrap();
    mail
}

async fn a_job_is_taken_once_until_its_lease_ends(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    add_job(store, "1", time.now()).await;
    assert_eq!(store.take_job("other", LEASE).await.unwrap(), None);
    let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
    assert_eq!(
        (job.key.as_str(), job.payload.as_str(), job.attempts),
        ("1", "{\"serial\":1}", 1)
    );
    assert_eq!(store.take_job("notice", LEASE).await.unwrap(), None);
    time.advance(LEASE);
    let again = store.take_job("notice", LEASE).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempts), (job.id, 2));
    store.finish_job(job.id).await.unwrap();
    time.advance(LEASE * 2);
    assert_eq!(store.take_job("notice", LEASE).await.unwrap(), None);
}

async fn jobs_are_taken_in_the_order_in_which_they_are_due(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    let now = time.now();
    for (key, seconds) in [("3", 3), ("1", 1), ("9", 900), ("2", 2)] {
        add_job(store, key, now.plus(Duration::from_secs(seconds))).await;
    }
    assert_eq!(store.take_job("notice", LEASE).await.unwrap(), None);
    time.advance(Duration::from_secs(10));
    let mut keys = Vec::new();
    while let Some(job) = store.take_job("notice", LEASE).await.unwrap() {
        keys.push(job.key);
    }
    assert_eq!(keys, ["1", "2", "3"]);
}

async fn a_second_job_with_the_same_key_is_ignored(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    add_job(store, "1", time.now()).await;
    add_job(store, "1", time.now()).await;
    let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
    store.finish_job(job.id).await.unwrap();
    add_job(store, "1", time.now()).await;
    time.advance(LEASE * 2);
    assert_eq!(store.take_job("notice", LEASE).await.unwrap(), None);
}

async fn a_job_can_be_postponed_and_abandoned(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    add_job(store, "1", time.now()).await;
    let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
    store
        .postpone_job(job.id, time.now().plus(LEASE * 10), "the relay is away")
        .await
        .unwrap();
    time.advance(LEASE * 9);
    assert_eq!(store.take_job("notice", LEASE).await.unwrap(), None);
    time.advance(LEASE);
    let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
    store.abandon_job(job.id, "no such listing").await.unwrap();
    store.postpone_job(job.id, time.now(), "too late").await.unwrap();
    time.advance(LEASE * 10);
    assert_eq!(store.take_job("notice", LEASE).await.unwrap(), None);
}

async fn finishing_a_job_is_part_of_the_transaction(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    add_job(store, "1", time.now()).await;
    let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
    let mut transaction = store.begin().await.unwrap();
    transaction.finish_job(job.id).await.unwrap();
    drop(transaction);
    time.advance(LEASE);
    // A connection that is dropped is closed behind our back; until then PostgreSQL keeps its rows locked.
    let mut tries = 0;
    while store.take_job("notice", LEASE).await.unwrap().is_none() {
        tries += 1;
        assert!(
            tries < 1_000,
            "the job was finished by a transaction that never ended"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut transaction = store.begin().await.unwrap();
    transaction.finish_job(job.id).await.unwrap();
    transaction.commit().await.unwrap();
    time.advance(LEASE);
    assert_eq!(store.take_job("notice", LEASE).await.unwrap(), None);
}

async fn many_workers_never_take_the_same_job(fixture: Fixture) {
    let stores = [fixture.store.clone(), fixture.again().await];
    let mut transaction = fixture.store.begin().await.unwrap();
    for key in 0..60 {
        transaction
            .add_job("notice", &key.to_string(), "{}", fixture.time.now())
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let workers: Vec<_> = (0..6)
        .map(|number| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move {
                let mut taken = Vec::new();
                while let Some(job) = store.take_job("notice", LEASE).await.unwrap() {
                    taken.push(job.key);
                }
                taken
            })
        })
        .collect();
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    // A worker may find nothing while another holds the last row; what is left is still there.
    while let Some(job) = fixture.store.take_job("notice", LEASE).await.unwrap() {
        taken.push(job.key);
    }
    assert_eq!(taken.len(), 60);
    assert_eq!(taken.into_iter().collect::<HashSet<_>>().len(), 60);
    stores[1].close().await;
}

async fn a_mail_is_taken_once_until_its_lease_ends(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    assert_eq!(store.take_mail(LEASE).await.unwrap(), None);
    let mail = add_mail(store).await;
    let created = time.now();
    let taken = store.take_mail(LEASE).await.unwrap().unwrap();
    assert_eq!(
        (taken.id, &taken.sender, &taken.recipient),
        (mail.id, &mail.sender, &mail.recipient)
    );
    assert_eq!(
        (&taken.message, taken.attempts, taken.created_at),
        (&mail.message, 1, created)
    );
    assert_eq!(store.take_mail(LEASE).await.unwrap(), None);
    time.advance(LEASE);
    assert_eq!(store.take_mail(LEASE).await.unwrap().unwrap().attempts, 2);
}

async fn a_mail_is_sent_postponed_or_failed(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    let [sent, postponed, failed] = [
        add_mail(store).await.id,
        add_mail(store).await.id,
        add_mail(store).await.id,
    ];
    for _ in 0..3 {
        assert!(store.take_mail(LEASE).await.unwrap().is_some());
    }
    let (until, why) = (time.now().plus(LEASE * 5), "451 try later".to_owned());
    let notes = [
        (sent, MailOutcome::Sent),
        (
            postponed,
            MailOutcome::Postponed {
                until,
                why: why.clone(),
            },
        ),
        (failed, MailOutcome::Failed { why }),
    ];
    let lease = time.now().plus(LEASE);
    let notes = notes.map(|(id, outcome)| MailNote { id, lease, outcome });
    store.note_mails(&notes).await.unwrap();
    time.advance(LEASE * 4);
    assert_eq!(store.take_mail(LEASE).await.unwrap(), None);
    time.advance(LEASE);
    assert_eq!(store.take_mail(LEASE).await.unwrap().unwrap().id, postponed);
}

async fn mails_are_taken_and_noted_many_at_a_time(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    for _ in 0..7 {
        add_mail(store).await;
    }
    let first = store.take_mails(5, LEASE).await.unwrap();
    let second = store.take_mails(5, LEASE).await.unwrap();
    assert_eq!((first.len(), second.len()), (5, 2));
    let ids: HashSet<_> = first.iter().chain(&second).map(|mail| mail.id).collect();
    assert_eq!(ids.len(), 7);
    let until = time.now().plus(LEASE);
    let sent = first.iter().map(|mail| (mail.id, MailOutcome::Sent));
    let held = second.iter().map(|mail| (mail.id, MailOutcome::Held { until }));
    let notes: Vec<_> = sent
        .chain(held)
        .map(|(id, outcome)| MailNote {
            id,
            lease: until,
            outcome,
        })
        .collect();
    store.note_mails(&notes).await.unwrap();
    time.advance(LEASE);
    let again = store.take_mails(9, LEASE).await.unwrap();
    let attempts: Vec<_> = again.iter().map(|mail| mail.attempts).collect();
    assert_eq!(attempts, [1, 1], "that they were taken and held did not count");
    assert_eq!(store.mails(Some("sent"), None, 9).await.unwrap().len(), 5);
}

async fn a_mail_that_is_just_being_sent_is_neither_tried_again_nor_dropped_by_hand(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    let id = add_mail(store).await.id;
    let lease = store.take_mail(LEASE).await.unwrap().unwrap().leased_until;
    assert_eq!(store.retry_mails(Some(id)).await.unwrap(), 0);
    assert!(!store.drop_mail(id).await.unwrap());
    let (until, why) = (time.now().plus(LEASE * 9), "451 try later".to_owned());
    let outcome = MailOutcome::Postponed { until, why };
    let note = MailNote { id, lease, outcome };
    store.note_mails(&[note]).await.unwrap();
    assert_eq!(store.take_mail(LEASE).await.unwrap(), None);
    assert_eq!(store.retry_mails(Some(id)).await.unwrap(), 1);
    assert_eq!(store.take_mail(LEASE).await.unwrap().unwrap().attempts, 1);
}

async fn a_mail_that_may_have_left_counts_how_often(fixture: Fixture) {
    let store = &fixture.store;
    let id = add_mail(store).await.id;
    for times in 0..3 {
        let mail = store.take_mail(LEASE).await.unwrap().unwrap();
        assert_eq!(mail.unanswered, times);
        let (until, why) = (fixture.time.now(), "no answer".to_owned());
        let outcome = MailOutcome::Unanswered { until, why };
        let lease = mail.leased_until;
        store
            .note_mails(&[MailNote { id, lease, outcome }])
            .await
            .unwrap();
    }
    assert_eq!(store.retry_mails(Some(id)).await.unwrap(), 1);
    let mail = store.take_mail(LEASE).await.unwrap().unwrap();
    assert_eq!(mail.unanswered, 0, "by hand it is tried anew");
}

async fn who_lost_a_mail_to_somebody_else_notes_no_more_than_that_it_left(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    let id = add_mail(store).await.id;
    let lost = store.take_mail(LEASE).await.unwrap().unwrap();
    time.advance(LEASE);
    let taken = store.take_mail(LEASE).await.unwrap().unwrap();
    let why = "451 try later".to_owned();
    let until = time.now();
    let outcomes = [
        MailOutcome::Postponed {
            until,
            why: why.clone(),
        },
        MailOutcome::Held { until },
        MailOutcome::Failed { why },
    ];
    let lease = lost.leased_until;
    let notes = outcomes.map(|outcome| MailNote { id, lease, outcome });
    store.note_mails(&notes).await.unwrap();
    assert_eq!(store.take_mail(LEASE).await.unwrap(), None);
    let kept = store.mails(Some("waiting"), None, 9).await.unwrap();
    assert_eq!((kept[0].due_at, kept[0].attempts), (taken.leased_until, 2));
    let outcome = MailOutcome::Sent;
    let note = MailNote { id, lease, outcome };
    store.note_mails(&[note]).await.unwrap();
    assert_eq!(store.mails(Some("sent"), None, 9).await.unwrap().len(), 1);
}

async fn a_mail_that_failed_is_tried_again_or_dropped_by_hand(fixture: Fixture) {
    let store = &fixture.store;
    let id = add_mail(store).await.id;
    let lease = store.take_mail(LEASE).await.unwrap().unwrap().leased_until;
    let outcome = MailOutcome::Failed {
        why: "550".to_owned(),
    };
    let note = MailNote { id, lease, outcome };
    store.note_mails(&[note]).await.unwrap();
    assert_eq!(store.retry_mails(None).await.unwrap(), 1, "all that failed");
    assert!(store.drop_mail(id).await.unwrap());
    assert_eq!(store.take_mail(LEASE).await.unwrap(), None);
    let kept = store.mails(None, None, 9).await.unwrap();
    assert_eq!(
        (kept[0].id, kept[0].state.as_str(), kept[0].size),
        (id, "dropped", 16)
    );
}

async fn work_wakes_who_waits_for_it(fixture: Fixture) {
    for topic in [Topic::Jobs, Topic::Outbox] {
        let mut news = fixture.store.subscribe(topic);
        let waiting =
            tokio::spawn(async move { tokio::time::timeout(MAX_WAIT / 2, news.changed(MAX_WAIT)).await });
        add_job(&fixture.store, "1", fixture.time.now()).await;
        add_mail(&fixture.store).await;
        assert!(waiting.await.unwrap().is_ok());
    }
}

async fn what_is_finished_is_deleted_at_its_age_and_what_waits_stays(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    for key in ["1", "2", "3"] {
        add_job(store, key, time.now()).await;
        add_mail(store).await;
    }
    let done = store.take_job("notice", LEASE).await.unwrap().unwrap();
    store.finish_job(done.id).await.unwrap();
    let given_up = store.take_job("notice", LEASE).await.unwrap().unwrap();
    store.abandon_job(given_up.id, "no such listing").await.unwrap();
    let sent = store.take_mail(LEASE).await.unwrap().unwrap();
    store.mail_sent(sent.id).await.unwrap();
    let begin = time.now();
    time.advance(LEASE * 10);
    assert!(!store.delete_finished(begin).await.unwrap());
    assert_eq!(rows(&fixture).await, [3, 3]);
    assert!(!store.delete_finished(time.now()).await.unwrap());
    assert_eq!(rows(&fixture).await, [1, 2]);
    assert!(store.take_job("notice", LEASE).await.unwrap().is_some());
}

/// How many jobs and mails there are.
async fn rows(fixture: &Fixture) -> [i64; 2] {
    [
        count(&fixture.url, "jobs").await,
        count(&fixture.url, "outbox").await,
    ]
}

async fn mails_are_listed_by_state_the_newest_first(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(add_mail(store).await.id);
        time.advance(Duration::from_secs(1));
    }
    store.mail_sent(ids[2]).await.unwrap();
    ids.reverse();
    let (mut seen, mut behind) = (Vec::new(), None);
    loop {
        let page = store.newest_mails(None, behind, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        behind = Some((last.created_at, last.id));
        seen.extend(page.iter().map(|mail| mail.id));
    }
    assert_eq!(seen, ids);
    let sent = store.newest_mails(Some("sent"), None, 9).await.unwrap();
    assert_eq!(sent.iter().map(|mail| mail.id).collect::<Vec<_>>(), [ids[2]]);
    let (mail, message) = store.kept_mail(ids[0]).await.unwrap().unwrap();
    assert_eq!(
        (mail.state.as_str(), message.len() as u64),
        ("waiting", mail.size)
    );
    assert_eq!(store.kept_mail(Uuid::nil()).await.unwrap(), None);
}

async fn jobs_are_counted_and_those_given_up_are_tried_anew(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    for key in ["1", "2", "3"] {
        add_job(store, key, time.now()).await;
    }
    for why in ["no route", "no answer"] {
        let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
        store.abandon_job(job.id, why).await.unwrap();
    }
    let count = |state: &str, count: u64| ("notice".to_owned(), state.to_owned(), count);
    assert_eq!(
        store.job_counts().await.unwrap(),
        [count("abandoned", 2), count("waiting", 1)]
    );
    let troubled = store.troubled_jobs(None, 9).await.unwrap();
    let told: Vec<_> = troubled
        .iter()
        .map(|job| job.last_error.as_deref().unwrap())
        .collect();
    assert_eq!(told, ["no answer", "no route"]);
    let older = store.troubled_jobs(Some(troubled[0].id), 9).await.unwrap();
    assert_eq!(older, troubled[1..]);
    assert_eq!(store.retry_jobs(Some(troubled[0].id)).await.unwrap(), 1);
    assert_eq!(
        store.retry_jobs(Some(troubled[0].id)).await.unwrap(),
        0,
        "it waits"
    );
    assert_eq!(store.retry_jobs(None).await.unwrap(), 1);
    assert_eq!(store.job_counts().await.unwrap(), [count("waiting", 3)]);
}

async fn few_jobs_are_counted_to_the_last_by_those_who_only_look(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    for key in ["1", "2", "3"] {
        add_job(store, key, time.now()).await;
    }
    let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
    store.abandon_job(job.id, "no route").await.unwrap();
    let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
    store.finish_job(job.id).await.unwrap();
    let some = store.count_some_jobs().await.unwrap();
    assert_eq!(some.len(), 3);
    assert_eq!(some, store.job_counts().await.unwrap());
}

async fn what_waits_is_counted_by_kind_until_it_is_done(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    assert_eq!(store.waiting().await.unwrap(), Waiting::default());
    for key in ["1", "2"] {
        add_job(store, key, time.now()).await;
    }
    assert_eq!(store.waiting().await.unwrap().jobs, [("notice".to_owned(), 2)]);
    let job = store.take_job("notice", LEASE).await.unwrap().unwrap();
    store.finish_job(job.id).await.unwrap();
    let waiting = store.waiting().await.unwrap();
    assert_eq!((waiting.mails, waiting.replies), (0, 0));
    assert_eq!(waiting.jobs, [("notice".to_owned(), 1)]);
}
