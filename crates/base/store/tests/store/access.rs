//! Who may operate, who is signed in, and what was done: accounts, sessions, tokens, audit trail.
#![expect(
    clippy::cognitive_complexity,
    reason = "each test tells the life of one account or session from its beginning to its end, a line an assertion"
)]

use std::time::Duration;

use atalaya_model::{AccessScope, AccountName, Act, Digest, Prefix, Role, Secret};
use atalaya_store::{
    AccessToken, AccountChange, Changed, Credentials, Deed, DeedFilter, DeedId, DeedOutcome, DeedWay, Factor,
    Failures, Invitation, Session, Store,
};
use atalaya_testkit::on_both;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Fixture, count, decision, listed_until, prefix};

on_both!(
    Fixture:
    an_invitation_makes_one_account_and_no_second,
    of_two_who_use_an_invitation_at_once_one_wins,
    the_last_administrator_stays,
    of_two_administrators_who_close_each_other_at_once_one_stays,
    what_an_administrator_sent_out_is_void_when_he_is_none_any_more,
    the_link_of_an_account_is_void_once_it_is_used_closed_or_made_anew,
    a_step_of_the_factor_and_a_recovery_code_work_once,
    of_two_who_use_a_code_at_once_one_is_let_in,
    a_session_opens_until_it_ends_and_not_for_a_closed_account,
    a_new_password_ends_the_other_sessions,
    failures_are_counted_by_client_until_it_succeeds,
    a_token_holds_until_it_ends_and_no_longer_than_its_account,
    deeds_are_found_by_what_they_say_the_newest_first,
    what_takes_a_deed_back_is_told_with_it_once_it_is_done,
    a_deed_of_a_transaction_is_kept_with_it_or_not_at_all,
);

const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn name(text: &str) -> AccountName {
    text.parse().unwrap()
}

pub(crate) fn digest(number: u8) -> Digest {
    Digest([number; 32])
}

pub(crate) fn deed(fixture: &Fixture, act: Act, target: &str) -> Deed {
    Deed {
        at: fixture.time.now(),
        who: "marta".to_owned(),
        way: DeedWay::Session,
        client: Some("2001:db8::7".parse().unwrap()),
        act,
        target: target.to_owned(),
        details: json!({ "why": "because" }),
        undoes: None,
    }
}

fn invitation(fixture: &Fixture, token: u8, role: Role, named: Option<&str>) -> Invitation {
    Invitation {
        token: digest(token),
        name: named.map(name),
        role,
        account: None,
        invited_by: "uid 0".to_owned(),
        created_at: fixture.time.now(),
        ends_at: fixture.time.now().plus(DAY),
    }
}

fn credentials() -> Credentials {
    Credentials {
        password: Secret::new("a hash"),
        factor: Some(Factor {
            secret: vec![7; 20],
            last_step: 100,
        }),
        recovery: vec![digest(201), digest(202)],
    }
}

/// Makes an account by an invitation of its own.
pub(crate) async fn make(fixture: &Fixture, token: u8, role: Role, called: &str) -> Uuid {
    let invitation = invitation(fixture, token, role, Some(called));
    fixture.store.invite(&invitation, None).await.unwrap();
    let deed = deed(fixture, Act::MakeAccount, called);
    let (called, credentials) = (name(called), credentials());
    let accepted = fixture.store.accept(&invitation, &called, &credentials, &deed);
    accepted.await.unwrap().unwrap()
}

fn session(fixture: &Fixture) -> Session {
    let now = fixture.time.now();
    Session {
        id: Uuid::new_v4(),
        client: prefix("192.0.2.7"),
        agent: "a browser".to_owned(),
        created_at: now,
        seen_at: now,
        ends_at: now.plus(DAY),
        ended_at: None,
    }
}

async fn open(fixture: &Fixture, account: Uuid, token: u8) -> Uuid {
    let session = session(fixture);
    let old = fixture.time.now().minus(DAY);
    fixture
        .store
        .open_session(account, &session, digest(token), old)
        .await
        .unwrap();
    session.id
}

async fn an_invitation_makes_one_account_and_no_second(fixture: Fixture) {
    let store = &fixture.store;
    assert!(!store.has_accounts().await.unwrap());
    let anybody = invitation(&fixture, 1, Role::Administrator, None);
    store.invite(&anybody, None).await.unwrap();
    assert!(store.is_anybody_invited().await.unwrap());
    assert_eq!(store.invitation(digest(1)).await.unwrap(), Some(anybody.clone()));
    let deed = deed(&fixture, Act::MakeAccount, "Marta");
    let accept = async |called: &str| {
        store
            .accept(&anybody, &name(called), &credentials(), &deed)
            .await
            .unwrap()
    };
    let id = accept("Marta").await.unwrap();
    assert_eq!(accept("Olga").await, None);
    let marta = store.account_named(&name("MARTA")).await.unwrap().unwrap();
    assert_eq!(
        (marta.id, marta.role, marta.name.as_str()),
        (id, Role::Administrator, "Marta")
    );
    assert!(marta.is_open() && store.has_accounts().await.unwrap());
    // There is no second first account.
    let late = invitation(&fixture, 3, Role::Administrator, None);
    store.invite(&late, None).await.unwrap();
    assert_eq!(store.invitation(digest(3)).await.unwrap(), None);
    let refused = store.accept(&late, &name("Olga"), &credentials(), &deed).await;
    assert_eq!(refused.unwrap(), None);
    // The name is taken, in whatever letters, and the invitation stays for another one.
    let other = invitation(&fixture, 2, Role::Desk, Some("other"));
    store.invite(&other, None).await.unwrap();
    let taken = store
        .accept(&other, &name("mARTA"), &credentials(), &deed)
        .await
        .unwrap();
    assert_eq!(taken, None);
    assert!(store.invitation(digest(2)).await.unwrap().is_some());
    fixture.time.advance(DAY);
    assert!(store.invitation(digest(2)).await.unwrap().is_none());
    assert!(!store.is_anybody_invited().await.unwrap());
}

async fn of_two_who_use_an_invitation_at_once_one_wins(fixture: Fixture) {
    let anybody = invitation(&fixture, 1, Role::Administrator, None);
    fixture.store.invite(&anybody, None).await.unwrap();
    let deed = deed(&fixture, Act::MakeAccount, "somebody");
    let (one, other, credentials) = (name("one"), name("other"), credentials());
    let (first, second) = tokio::join!(
        fixture.store.accept(&anybody, &one, &credentials, &deed),
        fixture.store.accept(&anybody, &other, &credentials, &deed),
    );
    let won = [first.unwrap(), second.unwrap()];
    assert_eq!(won.iter().flatten().count(), 1);
    assert_eq!(count(&fixture.url, "accounts").await, 1);
}

async fn the_last_administrator_stays(fixture: Fixture) {
    let store = &fixture.store;
    let marta = make(&fixture, 1, Role::Administrator, "marta").await;
    let change = async |id: Uuid, change: AccountChange| {
        let deed = deed(&fixture, Act::ChangeRole, "somebody");
        store.change_account(id, change, &deed).await.unwrap()
    };
    for away in [
        AccountChange::Disable,
        AccountChange::Reset,
        AccountChange::Role(Role::Operator),
    ] {
        assert_eq!(change(marta, away).await, Changed::LastAdministrator, "{away:?}");
    }
    let olga = make(&fixture, 2, Role::Desk, "olga").await;
    assert_eq!(
        change(olga, AccountChange::Role(Role::Administrator)).await,
        Changed::Done
    );
    assert_eq!(change(marta, AccountChange::Disable).await, Changed::Done);
    assert_eq!(
        change(olga, AccountChange::Disable).await,
        Changed::LastAdministrator
    );
    assert_eq!(change(marta, AccountChange::Enable).await, Changed::Done);
    assert_eq!(change(olga, AccountChange::Reset).await, Changed::Done);
    assert_eq!(
        change(Uuid::new_v4(), AccountChange::Enable).await,
        Changed::Unknown
    );
    let olga = store.account_named(&name("olga")).await.unwrap().unwrap();
    assert_eq!((olga.password, olga.factor), (None, None));
    assert_eq!(store.recovery_codes_left(olga.id).await.unwrap(), 0);
    assert_eq!(store.accounts().await.unwrap().len(), 2);
}

async fn of_two_administrators_who_close_each_other_at_once_one_stays(fixture: Fixture) {
    let store = &fixture.store;
    let marta = make(&fixture, 1, Role::Administrator, "marta").await;
    let olga = make(&fixture, 2, Role::Administrator, "olga").await;
    let deed = deed(&fixture, Act::Disable, "somebody");
    for _ in 0..10 {
        let (one, other) = tokio::join!(
            store.change_account(marta, AccountChange::Disable, &deed),
            store.change_account(olga, AccountChange::Disable, &deed),
        );
        let mut became = [one.unwrap(), other.unwrap()];
        became.sort_by_key(|changed| *changed == Changed::LastAdministrator);
        assert_eq!(became, [Changed::Done, Changed::LastAdministrator]);
        let open = store.accounts().await.unwrap();
        assert_eq!(open.iter().filter(|account| account.is_open()).count(), 1);
        for id in [marta, olga] {
            let opened = store.change_account(id, AccountChange::Enable, &deed).await;
            assert_eq!(opened.unwrap(), Changed::Done);
        }
    }
}

/// Whether the link with this token holds.
async fn holds(fixture: &Fixture, token: u8) -> bool {
    fixture.store.invitation(digest(token)).await.unwrap().is_some()
}

async fn what_an_administrator_sent_out_is_void_when_he_is_none_any_more(fixture: Fixture) {
    let store = &fixture.store;
    make(&fixture, 1, Role::Administrator, "marta").await;
    let olga = make(&fixture, 2, Role::Administrator, "Olga").await;
    let by = |who: &str, token: u8, named: &str| Invitation {
        invited_by: who.to_owned(),
        ..invitation(&fixture, token, Role::Administrator, Some(named))
    };
    for (change, is_void) in [
        (AccountChange::Role(Role::Operator), true),
        (AccountChange::Role(Role::Administrator), false),
        (AccountChange::Disable, true),
        (AccountChange::Enable, false),
        (AccountChange::Reset, true),
    ] {
        store.invite(&by("Olga", 10, "one"), None).await.unwrap();
        store.invite(&by("marta", 11, "two"), None).await.unwrap();
        store.invite(&by("uid 0", 12, "three"), None).await.unwrap();
        let deed = deed(&fixture, Act::ChangeRole, "olga");
        store.change_account(olga, change, &deed).await.unwrap();
        assert_eq!(holds(&fixture, 10).await, !is_void, "{change:?}");
        assert!(holds(&fixture, 11).await && holds(&fixture, 12).await);
    }
}

async fn the_link_of_an_account_is_void_once_it_is_used_closed_or_made_anew(fixture: Fixture) {
    let store = &fixture.store;
    make(&fixture, 1, Role::Administrator, "marta").await;
    let olga = make(&fixture, 2, Role::Desk, "olga").await;
    let link = |token: u8, named: &str| Invitation {
        account: Some(olga),
        ..invitation(&fixture, token, Role::Desk, Some(named))
    };
    let deed = deed(&fixture, Act::Reset, "olga");
    for change in [AccountChange::Disable, AccountChange::Reset] {
        store.invite(&link(10, "olga"), None).await.unwrap();
        store.change_account(olga, change, &deed).await.unwrap();
        assert!(!holds(&fixture, 10).await, "{change:?}");
        let opened = store.change_account(olga, AccountChange::Enable, &deed).await;
        assert_eq!(opened.unwrap(), Changed::Done);
        assert!(!holds(&fixture, 10).await, "{change:?}");
    }
    // Two links, as where two administrators press at the same moment; here the names keep one from taking the place of the other.
    store.invite(&link(11, "olga"), None).await.unwrap();
    store.invite(&link(12, "olga2"), None).await.unwrap();
    let used = store
        .accept(&link(11, "olga"), &name("olga"), &credentials(), &deed)
        .await;
    assert_eq!(used.unwrap(), Some(olga));
    assert!(!holds(&fixture, 12).await);
}

async fn a_step_of_the_factor_and_a_recovery_code_work_once(fixture: Fixture) {
    let store = &fixture.store;
    let marta = make(&fixture, 1, Role::Administrator, "marta").await;
    let step = async |step: u64| store.use_factor_step(marta, step).await.unwrap();
    assert!(!step(99).await && !step(100).await);
    assert!(step(101).await);
    assert!(!step(101).await && !step(100).await);
    assert!(step(103).await && !step(102).await);
    let (one, other) = tokio::join!(
        store.use_factor_step(marta, 104),
        store.use_factor_step(marta, 104)
    );
    assert_ne!(one.unwrap(), other.unwrap());
    let code = async |code: u8| store.use_recovery_code(marta, digest(code)).await.unwrap();
    assert!(code(201).await);
    assert!(!code(201).await && !code(99).await);
    assert_eq!(store.recovery_codes_left(marta).await.unwrap(), 1);
}

async fn of_two_who_use_a_code_at_once_one_is_let_in(fixture: Fixture) {
    let store = &fixture.store;
    let marta = make(&fixture, 1, Role::Administrator, "marta").await;
    for step in 101..111 {
        let (one, other) = tokio::join!(
            store.use_factor_step(marta, step),
            store.use_factor_step(marta, step),
        );
        assert!(one.unwrap() ^ other.unwrap(), "{step}");
    }
    for code in [201, 202] {
        let (one, other) = tokio::join!(
            store.use_recovery_code(marta, digest(code)),
            store.use_recovery_code(marta, digest(code)),
        );
        assert!(one.unwrap() ^ other.unwrap(), "{code}");
    }
}

async fn a_session_opens_until_it_ends_and_not_for_a_closed_account(fixture: Fixture) {
    let store = &fixture.store;
    make(&fixture, 1, Role::Administrator, "marta").await;
    let olga = make(&fixture, 2, Role::Desk, "olga").await;
    let id = open(&fixture, olga, 7).await;
    let found = async |token: u8| {
        store
            .session(digest(token))
            .await
            .unwrap()
            .map(|(session, _)| session.id)
    };
    assert_eq!((found(7).await, found(8).await), (Some(id), None));
    let client: Prefix = prefix("192.0.2.7");
    assert!(store.knows_client(olga, client).await.unwrap());
    assert!(!store.knows_client(olga, prefix("192.0.2.8")).await.unwrap());
    let later = fixture.time.now().plus(Duration::from_secs(60));
    store.see_session(id, later).await.unwrap();
    assert_eq!(store.session(digest(7)).await.unwrap().unwrap().0.seen_at, later);
    assert!(!store.end_session(Uuid::new_v4(), id).await.unwrap());
    assert!(store.end_session(olga, id).await.unwrap() && !store.end_session(olga, id).await.unwrap());
    assert_eq!(found(7).await, None);
    assert!(
        store.knows_client(olga, client).await.unwrap(),
        "it is remembered from where somebody came"
    );
    let id = open(&fixture, olga, 9).await;
    assert_eq!(found(9).await, Some(id));
    let deed = deed(&fixture, Act::Disable, "olga");
    store
        .change_account(olga, AccountChange::Disable, &deed)
        .await
        .unwrap();
    assert_eq!(found(9).await, None);
    store
        .change_account(olga, AccountChange::Enable, &deed)
        .await
        .unwrap();
    assert_eq!(found(9).await, None, "a session that has ended stays so");
    open(&fixture, olga, 10).await;
    fixture.time.advance(DAY);
    assert_eq!(found(10).await, None);
}

async fn a_new_password_ends_the_other_sessions(fixture: Fixture) {
    let store = &fixture.store;
    let marta = make(&fixture, 1, Role::Administrator, "marta").await;
    let (this, _other) = (open(&fixture, marta, 7).await, open(&fixture, marta, 8).await);
    let deed = deed(&fixture, Act::ChangePassword, "marta");
    let password = Secret::new("another hash");
    let changed = store
        .change_password((marta, this, digest(17)), &password, &deed)
        .await;
    assert!(changed.unwrap());
    // Whoever copied the token of the session that stays is out too.
    for (token, holds) in [(7, false), (8, false), (17, true)] {
        assert_eq!(
            store.session(digest(token)).await.unwrap().is_some(),
            holds,
            "{token}"
        );
    }
    let account = store.account_named(&name("marta")).await.unwrap().unwrap();
    assert_eq!(account.password, Some(password));
    let left = store.sessions_of(marta).await.unwrap();
    assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [this]);
    let _again = open(&fixture, marta, 9).await;
    let changed = store
        .change_factor((marta, this, digest(27)), None, &[digest(9)], &deed)
        .await;
    assert!(changed.unwrap());
    assert!(store.session(digest(17)).await.unwrap().is_none());
    assert!(store.session(digest(27)).await.unwrap().is_some());
    assert_eq!(store.sessions_of(marta).await.unwrap().len(), 1);
    assert_eq!(
        store.account_named(&name("marta")).await.unwrap().unwrap().factor,
        None
    );
    assert!(store.use_recovery_code(marta, digest(9)).await.unwrap());
    // What was on its way when the session ended comes too late.
    assert!(store.end_session(marta, this).await.unwrap());
    let (late, written) = (Secret::new("late"), count(&fixture.url, "deeds").await);
    let whose = (marta, this, digest(37));
    assert!(!store.change_password(whose, &late, &deed).await.unwrap());
    assert!(!store.change_factor(whose, None, &[], &deed).await.unwrap());
    let account = store.account_named(&name("marta")).await.unwrap().unwrap();
    assert_ne!(account.password, Some(late));
    assert_eq!(count(&fixture.url, "deeds").await, written);
}

async fn failures_are_counted_by_client_until_it_succeeds(fixture: Fixture) {
    let store = &fixture.store;
    let (one, other) = (prefix("192.0.2.7"), prefix("192.0.2.8"));
    let since = fixture.time.now().minus(DAY);
    for _ in 0..3 {
        store
            .count_sign_in_failure(digest(1), Some(one), since)
            .await
            .unwrap();
        store.count_sign_in_failure(digest(1), None, since).await.unwrap();
    }
    let failed = async |client| store.sign_in_failures(digest(1), client).await.unwrap();
    assert_eq!((failed(Some(one)).await.count, failed(None).await.count), (3, 3));
    assert_eq!(failed(Some(other)).await, Failures::default());
    store.forget_sign_in_failures(digest(1), Some(one)).await.unwrap();
    assert_eq!((failed(Some(one)).await.count, failed(None).await.count), (0, 3));
    // What is older than it matters begins anew.
    fixture.time.advance(DAY);
    let since = fixture.time.now().minus(Duration::from_secs(1));
    store.count_sign_in_failure(digest(1), None, since).await.unwrap();
    assert_eq!(failed(None).await.count, 1);
}

async fn a_token_holds_until_it_ends_and_no_longer_than_its_account(fixture: Fixture) {
    let store = &fixture.store;
    make(&fixture, 1, Role::Administrator, "marta").await;
    let olga = make(&fixture, 2, Role::Desk, "olga").await;
    let token = |called: &str, account| AccessToken {
        id: Uuid::new_v4(),
        name: name(called),
        role: Role::Operator,
        scopes: vec![AccessScope::Read, AccessScope::List],
        account,
        made_by: "uid 0".to_owned(),
        created_at: fixture.time.now(),
        ends_at: Some(fixture.time.now().plus(DAY)),
        used_at: None,
    };
    let made = deed(&fixture, Act::MakeToken, "monitor");
    let (free, hers) = (token("monitor", None), token("hers", Some(olga)));
    assert!(store.make_token(&free, digest(1), &made).await.unwrap());
    assert!(store.make_token(&hers, digest(2), &made).await.unwrap());
    let twice = token("MONITOR", None);
    assert!(!store.make_token(&twice, digest(3), &made).await.unwrap());
    assert_eq!(store.token(digest(1)).await.unwrap(), Some(free.clone()));
    assert_eq!(store.token(digest(2)).await.unwrap().unwrap().role, Role::Desk);
    let tokens = store.tokens().await.unwrap().into_iter();
    let names: Vec<_> = tokens.map(|token| token.name).collect();
    assert_eq!(names, [name("hers"), name("monitor")]);
    store.see_token(free.id, fixture.time.now()).await.unwrap();
    let seen = store.token(digest(1)).await.unwrap().unwrap();
    assert_eq!(seen.used_at, Some(fixture.time.now()));
    let closed = store.change_account(olga, AccountChange::Disable, &made).await;
    closed.unwrap();
    assert_eq!(store.token(digest(2)).await.unwrap(), None);
    let revoked = deed(&fixture, Act::RevokeToken, "hers");
    let revoke = async |called: &str| store.revoke_token(&name(called), &revoked).await.unwrap();
    assert!(!revoke("hers").await, "it ended with the account");
    assert!(
        store
            .make_token(&token("free", None), digest(4), &made)
            .await
            .unwrap()
    );
    assert!(revoke("FREE").await);
    assert!(!revoke("free").await);
    fixture.time.advance(DAY);
    assert_eq!(store.token(digest(1)).await.unwrap(), None);
}

/// The numbers of the deeds that a filter finds.
async fn found(store: &Store, filter: &DeedFilter, before: Option<DeedId>, limit: u32) -> Vec<u64> {
    let deeds = store.deeds(filter, before, limit).await.unwrap();
    deeds.into_iter().map(|kept| kept.id.0).collect()
}

async fn deeds_are_found_by_what_they_say_the_newest_first(fixture: Fixture) {
    let store = &fixture.store;
    let mut ids = Vec::new();
    for (act, target) in [
        (Act::List, "192.0.2.7"),
        (Act::Allow, "192.0.2.7"),
        (Act::List, "192.0.2.8"),
    ] {
        ids.push(store.record_deed(&deed(&fixture, act, target)).await.unwrap().0);
    }
    let of_other = Deed {
        who: "uid 0".to_owned(),
        client: None,
        way: DeedWay::Command,
        ..deed(&fixture, Act::List, &"x".repeat(300))
    };
    let last = store.record_deed(&of_other).await.unwrap();
    let all = DeedFilter::default();
    assert_eq!(
        found(store, &all, None, 9).await,
        [last.0, ids[2], ids[1], ids[0]]
    );
    assert_eq!(found(store, &all, Some(last), 2).await, [ids[2], ids[1]]);
    let lists = DeedFilter {
        act: Some(Act::List),
        who: Some("marta".to_owned()),
        target: None,
    };
    assert_eq!(found(store, &lists, None, 9).await, [ids[2], ids[0]]);
    let about = DeedFilter {
        target: Some("192.0.2.7".to_owned()),
        ..all
    };
    assert_eq!(found(store, &about, None, 9).await, [ids[1], ids[0]]);
    store
        .end_deed(last, DeedOutcome::Failed, &json!("no"))
        .await
        .unwrap();
    store
        .end_deed(last, DeedOutcome::Done, &Value::Null)
        .await
        .unwrap();
    let kept = store.deed(last).await.unwrap().unwrap();
    assert_eq!(kept.deed.target.len(), 200);
    assert_eq!(kept.deed.details, of_other.details);
    let end = kept.end.unwrap();
    assert_eq!(
        (end.outcome, end.details),
        (DeedOutcome::Failed, json!("no")),
        "only the first end counts"
    );
    assert_eq!(store.deed(DeedId(ids[0])).await.unwrap().unwrap().end, None);
}

async fn what_takes_a_deed_back_is_told_with_it_once_it_is_done(fixture: Fixture) {
    let store = &fixture.store;
    let first = store
        .record_deed(&deed(&fixture, Act::List, "192.0.2.7"))
        .await
        .unwrap();
    store
        .end_deed(first, DeedOutcome::Done, &Value::Null)
        .await
        .unwrap();
    let undo = Deed {
        undoes: Some(first),
        ..deed(&fixture, Act::Unlist, "192.0.2.7")
    };
    let undone_by = async || store.deed(first).await.unwrap().unwrap().undone_by;
    let failed = store.record_deed(&undo).await.unwrap();
    store
        .end_deed(failed, DeedOutcome::Failed, &Value::Null)
        .await
        .unwrap();
    let done = store.record_deed(&undo).await.unwrap();
    assert_eq!(undone_by().await, None);
    store
        .end_deed(done, DeedOutcome::Done, &Value::Null)
        .await
        .unwrap();
    assert_eq!(undone_by().await, Some(done));
    assert_eq!(store.deed(done).await.unwrap().unwrap().deed.undoes, Some(first));
}

async fn a_deed_of_a_transaction_is_kept_with_it_or_not_at_all(fixture: Fixture) {
    let store = &fixture.store;
    for is_kept in [false, true] {
        let mut transaction = store.begin().await.unwrap();
        let listed = decision("192.0.2.7", listed_until(2_000_000_000));
        transaction.decide(&listed, fixture.time.now()).await.unwrap();
        transaction
            .record_done(&deed(&fixture, Act::List, "192.0.2.7"))
            .await
            .unwrap();
        if is_kept {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        let deeds = store.deeds(&DeedFilter::default(), None, 9).await.unwrap();
        assert_eq!(deeds.len(), usize::from(is_kept));
        assert_eq!(store.count_listings().await.unwrap(), u64::from(is_kept));
    }
    let deeds = store.deeds(&DeedFilter::default(), None, 9).await.unwrap();
    assert_eq!(deeds[0].end.as_ref().unwrap().outcome, DeedOutcome::Done);
}
