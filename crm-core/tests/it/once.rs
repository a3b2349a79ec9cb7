//! Idempotency: a repeated request has one effect.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{Customer, NewCustomer};
use crm_core::interactions::{InteractionType, NewInteraction, Participant};
use crm_core::notes::NewNote;
use crm_core::{CompanyScope, Conflict, Crm, Error, IdempotencyKey, Kind, Once, begin_write};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{FixedClock, Proxy, Suite, TestDatabase, eventually};
use tokio::sync::Notify;

use crate::support::{TestCrm, assert_matches, malformed, patch, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            a_repeated_call_gets_the_first_answer,
            a_key_belongs_to_one_request,
            of_sixteen_at_once_one_has_an_effect,
            work_that_fails_stores_nothing,
            work_that_is_dropped_stores_nothing,
            several_writes_happen_together,
            keys_of_others_do_not_meet,
            an_answer_is_kept_for_a_day,
            expired_keys_are_tidied_up,
            what_the_host_rolls_back_has_never_been_done,
            a_stored_answer_takes_the_right_to_do_it,
            a_stored_answer_takes_that_its_record_is_seen,
            what_is_purged_takes_its_answers_along,
        ];
        // A transaction on SQLite holds the only write lock, so there is no wait for a key.
        postgres: [
            a_call_waits_no_longer_than_a_second_for_another,
            a_call_with_an_expired_key_waits_no_longer_either,
            the_lock_timeout_of_a_host_is_given_back,
        ];
        own_postgres: [a_wait_that_is_broken_off_says_nothing_of_the_key];
        plain: [a_key_has_visible_characters]
    );
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new("customers.create", text, "fingerprint").expect("a key")
}

async fn create(scope: &mut CompanyScope<'_>) -> crm_core::Result<Customer> {
    scope.customers().create(NewCustomer::organization("Lee & Co")).await
}

async fn a_repeated_call_gets_the_first_answer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let first = scope.once(&key("key"), async |scope| create(scope).await).await?;
    let Once::Done(first) = first else { panic!("nothing was done: {first:?}") };
    // Also after the record has changed, and from another process.
    scope.customers().update(first.id, patch(|p| &mut p.city, "Boston".to_owned()), None).await?;
    let again = crm.other_process().admin().once(&key("key"), async |scope| create(scope).await).await?;
    assert_eq!(again, Once::Repeated(first.clone()));
    assert_eq!(again.into_inner(), first);
    assert_eq!(crm.count("crm_customers").await?, 1);
    assert_eq!(crm.records().await?, [2, 2, 2]);
    Ok(())
}

async fn a_key_belongs_to_one_request(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.admin().once(&key("key"), async |scope| create(scope).await).await?;
    let other = IdempotencyKey::new("customers.create", "key", "another fingerprint")?;
    let refused = crm.admin().once(&other, async |scope| create(scope).await).await;
    assert_eq!(violation(refused, ""), "idempotency_key_reused");
    assert_eq!(crm.count("crm_customers").await?, 1);
    assert_matches!(crm.admin().once(&key("key"), async |scope| create(scope).await).await?, Once::Repeated(_));
    Ok(())
}

async fn of_sixteen_at_once_one_has_an_effect(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut calls = tokio::task::JoinSet::new();
    for call in 0..16 {
        // Half of them in another process.
        let mut scope = if call % 2 == 0 { crm.admin() } else { crm.other_process().admin() };
        calls.spawn(async move { scope.once(&key("key"), async |scope| create(scope).await).await });
    }
    let (mut done, mut repeated) = (Vec::new(), Vec::new());
    for outcome in calls.join_all().await {
        match outcome {
            Ok(Once::Done(customer)) => done.push(customer),
            Ok(Once::Repeated(customer)) => repeated.push(customer),
            Err(Error::Conflict(Conflict::IdempotencyKeyInUse)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(done.len(), 1);
    assert!(repeated.iter().all(|customer| *customer == done[0]));
    assert_eq!(crm.count("crm_customers").await?, 1);
    assert_eq!(crm.records().await?, [1, 1, 1]);
    Ok(())
}

async fn work_that_fails_stores_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let failed = crm
        .admin()
        .once(&key("key"), async |scope| {
            create(scope).await?;
            scope.customers().create(NewCustomer::default()).await
        })
        .await;
    assert_eq!(violation(failed, "/name"), "required");
    assert_eq!([crm.count("crm_customers").await?, crm.count("crm_idempotency_keys").await?], [0, 0]);
    assert_eq!(crm.records().await?, [0, 0, 0]);
    // The client mends the request and sends it under the same key.
    let mended = IdempotencyKey::new("customers.create", "key", "another fingerprint")?;
    assert_matches!(crm.admin().once(&mended, async |scope| create(scope).await).await?, Once::Done(_));
    Ok(())
}

/// A client that goes away takes its request's future with it.
async fn work_that_is_dropped_stores_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let begun = Arc::new(Notify::new());
    let working = begun.clone();
    let (key_of_it, hangs) = (key("key"), async |scope: &mut CompanyScope<'_>| {
        create(scope).await?;
        working.notify_one();
        std::future::pending::<crm_core::Result<Customer>>().await
    });
    tokio::select! {
        _ = scope.once(&key_of_it, hangs) => panic!("it hangs"),
        () = begun.notified() => {}
    }
    assert_matches!(scope.once(&key("key"), async |scope| create(scope).await).await?, Once::Done(_));
    assert_eq!(crm.count("crm_customers").await?, 1);
    Ok(())
}

async fn several_writes_happen_together(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let both = crm
        .admin()
        .once(&key("key"), async |scope| Ok((create(scope).await?.id, create(scope).await?.id)))
        .await?
        .into_inner();
    assert_ne!(both.0, both.1);
    assert_eq!(crm.records().await?, [2, 2, 2]);
    Ok(())
}

async fn keys_of_others_do_not_meet(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let other_operation = IdempotencyKey::new("customers.restore", "key", "fingerprint")?;
    let mut system = crm.crm.on(crm_core::actor::Actor::system(crm.company), &crm.db);
    let done = [
        crm.admin().once(&key("key"), async |scope| create(scope).await).await?,
        crm.admin().once(&key("KEY"), async |scope| create(scope).await).await?,
        crm.admin().once(&other_operation, async |scope| create(scope).await).await?,
        crm.scope(Role::Manager).once(&key("key"), async |scope| create(scope).await).await?,
        system.once(&key("key"), async |scope| create(scope).await).await?,
        crm.other_company().admin().once(&key("key"), async |scope| create(scope).await).await?,
    ];
    done.iter().for_each(|done| assert_matches!(done, Once::Done(_)));
    assert_eq!(crm.count("crm_customers").await?, 5);
    Ok(())
}

async fn an_answer_is_kept_for_a_day(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let day = Duration::from_secs(24 * 60 * 60);
    let mut scope = crm.admin();
    scope.once(&key("key"), async |scope| create(scope).await).await?;
    clock.advance(day - Duration::from_secs(1));
    assert_matches!(scope.once(&key("key"), async |scope| create(scope).await).await?, Once::Repeated(_));
    clock.advance(Duration::from_secs(1));
    let other = IdempotencyKey::new("customers.create", "key", "another fingerprint")?;
    assert_matches!(scope.once(&other, async |scope| create(scope).await).await?, Once::Done(_));
    assert_eq!(crm.count("crm_idempotency_keys").await?, 1);
    Ok(())
}

async fn expired_keys_are_tidied_up(database: TestDatabase) -> anyhow::Result<()> {
    // Long before the clocks of the other tests, whose keys live in the same table.
    let clock = FixedClock::at("2000-01-01T00:00:00Z".parse()?);
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let (day, db) = (Duration::from_secs(24 * 60 * 60), &crm.db);
    crm.admin().once(&key("old"), async |scope| create(scope).await).await?;
    clock.advance(day / 2);
    crm.admin().once(&key("young"), async |scope| create(scope).await).await?;
    clock.advance(day / 2);
    assert_eq!(crm.crm.delete_expired_keys(db).await?, 1);
    assert_eq!(crm.count("crm_idempotency_keys").await?, 1);
    assert_matches!(crm.admin().once(&key("young"), async |scope| create(scope).await).await?, Once::Repeated(_));
    Ok(())
}

/// Calls once while another call with the same key is running; returns the answer of the second and its duration.
async fn ensure_mirrored(crm: &TestCrm) -> anyhow::Result<(crm_core::Result<Once<Customer>>, Duration)> {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (mut first, mut second) = (crm.admin(), crm.admin());
    let (says_begun, waits) = (begun.clone(), finish.clone());
    let at_work = tokio::task::spawn_local(async move {
        let work = async |scope: &mut CompanyScope<'_>| {
            says_begun.notify_one();
            waits.notified().await;
            create(scope).await
        };
        first.once(&key("key"), work).await
    });
    begun.notified().await;
    let since = Instant::now();
    let met = second.once(&key("key"), async |scope| create(scope).await).await;
    let took = since.elapsed();
    finish.notify_one();
    assert_matches!(at_work.await??, Once::Done(_));
    Ok((met, took))
}

async fn a_call_waits_no_longer_than_a_second_for_another(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.ensure_mirrored(Role::Admin).await?;
    let (met, took) = ensure_mirrored(&crm).await?;
    assert_matches!(met, Err(Error::Conflict(Conflict::IdempotencyKeyInUse)));
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(20), "{took:?}");
    assert_matches!(crm.admin().once(&key("key"), async |scope| create(scope).await).await?, Once::Repeated(_));
    assert_eq!(crm.count("crm_customers").await?, 1);
    Ok(())
}

/// The server cancels the wait, or the connection is lost: it is unknown whether the key is in use.
async fn a_wait_that_is_broken_off_says_nothing_of_the_key(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.ensure_mirrored(Role::Admin).await?;
    for cut in [false, true] {
        // On a machine that is busy the second that a call waits may be over before it is broken off.
        let (mut broken_off, mut attempt) = (false, 0);
        while !broken_off && attempt < 20 {
            attempt += 1;
            match break_off(&crm, &database, &key(&format!("key-{cut}-{attempt}")), cut).await? {
                Err(Error::Unavailable(_)) => broken_off = true,
                Err(Error::Conflict(Conflict::IdempotencyKeyInUse)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(broken_off, "what was broken off (cut: {cut}) is taken for a key in use");
    }
    Ok(())
}

/// What a call is answered whose wait for a key is broken off.
async fn break_off(
    crm: &TestCrm,
    database: &TestDatabase,
    key: &IdempotencyKey,
    cut: bool,
) -> anyhow::Result<crm_core::Result<Once<Customer>>> {
    let mut held = begin_write(&crm.db).await?;
    crm.crm.within(crm.actor(Role::Admin), &mut held).once(key, async |scope| create(scope).await).await?;
    let (proxy, url) = Proxy::before(&database.url).await?;
    let far = TestDatabase { url, ..database.clone() }.connect(1).await?;
    let mut scope = TestCrm { db: far, ..crm.other_process() }.admin();
    let breaking_off = async {
        eventually(Duration::from_secs(5), async || count(database, "pid").await.unwrap_or_default() > 0).await;
        if cut { proxy.cut().await } else { count(database, "pg_cancel_backend(pid)").await.map(|_| ()) }
    };
    let (met, done) = tokio::join!(scope.once(key, async |scope| create(scope).await), breaking_off);
    done?;
    held.rollback().await?;
    Ok(met)
}

/// How many connections wait for a lock; `what` is done with each.
async fn count(database: &TestDatabase, what: &str) -> anyhow::Result<i64> {
    let waiting = format!(
        "SELECT count({what}) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    );
    let row = database.connection.query_one_raw(Statement::from_string(sea_orm::DbBackend::Postgres, waiting)).await?;
    Ok(row.ok_or_else(|| anyhow::anyhow!("no count"))?.try_get_by_index(0)?)
}

async fn a_call_with_an_expired_key_waits_no_longer_either(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    crm.admin().once(&key("key"), async |scope| create(scope).await).await?;
    clock.advance(Duration::from_secs(25 * 60 * 60));
    let met = tokio::time::timeout(Duration::from_secs(20), ensure_mirrored(&crm)).await;
    let (met, _) = met.map_err(|_| anyhow::anyhow!("the second call waits for the first to end"))??;
    assert_matches!(met, Err(Error::Conflict(Conflict::IdempotencyKeyInUse)));
    assert_eq!(crm.count("crm_customers").await?, 2);
    Ok(())
}

async fn what_the_host_rolls_back_has_never_been_done(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for commit in [false, true] {
        let mut tx = begin_write(&crm.db).await?;
        let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut tx);
        assert_matches!(scope.once(&key("key"), async |scope| create(scope).await).await?, Once::Done(_));
        assert_matches!(scope.once(&key("key"), async |scope| create(scope).await).await?, Once::Repeated(_));
        if commit {
            tx.commit().await?
        } else {
            tx.rollback().await?
        }
        assert_eq!(crm.count("crm_customers").await?, i64::from(commit));
    }
    Ok(())
}

async fn the_lock_timeout_of_a_host_is_given_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut tx = begin_write(&crm.db).await?;
    tx.execute_unprepared("SET LOCAL lock_timeout = '7s'").await?;
    crm.crm.within(crm.actor(Role::Admin), &mut tx).once(&key("key"), async |scope| create(scope).await).await?;
    let row = tx.query_one_raw(Statement::from_string(sea_orm::DbBackend::Postgres, "SHOW lock_timeout")).await?;
    let timeout: String = row.ok_or_else(|| anyhow::anyhow!("no answer"))?.try_get_by_index(0)?;
    assert_eq!(timeout, "7s");
    tx.rollback().await?;
    Ok(())
}

fn a_key_has_visible_characters() {
    for good in ["k", "8e03978e-40d5-43dd-bc93-6894a57f9324", &"x".repeat(255), "!~"] {
        IdempotencyKey::new("operation", good, "").expect("a key");
    }
    for bad in ["", &"x".repeat(256), "a b", "a\tb", "schlüssel", "\0"] {
        assert_eq!(malformed(IdempotencyKey::new("operation", bad, "")), "idempotency_key_invalid");
    }
}

/// The company's admin, who has another role by now.
fn demoted(crm: &TestCrm, role: Role) -> CompanyScope<'static> {
    crm.crm.on(Actor::user(crm.company, crm.user(Role::Admin), role), &crm.db)
}

async fn a_stored_answer_takes_the_right_to_do_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let made = crm.admin().once(&key("key"), async |scope| create(scope).await).await?.into_inner();
    let before = crm.records().await?;
    let refused = demoted(&crm, Role::Viewer).once(&key("key"), async |scope| create(scope).await).await;
    assert_matches!(refused, Err(Error::Forbidden { action: Action::Create, resource: Resource::Customers, .. }));
    let [changes, audit, outbox] = before;
    assert_eq!(crm.records().await?, [changes, audit + 1, outbox], "a refusal is audited");
    let again = demoted(&crm, Role::Manager).once(&key("key"), async |scope| create(scope).await).await?;
    assert_eq!(again, Once::Repeated(made));
    Ok(())
}

async fn a_stored_answer_takes_that_its_record_is_seen(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mine = Actor::user(crm.company, crm.user(Role::SalesRep), Role::SalesRep).with_permissions([
        Permission::own(Resource::Customers, Action::Read),
        Permission::own(Resource::Customers, Action::Create),
        Permission::all(Resource::Notes, Action::Read),
        Permission::all(Resource::Notes, Action::Create),
        Permission::all(Resource::Interactions, Action::Read),
        Permission::all(Resource::Interactions, Action::Create),
    ]);
    let mut rep = crm.crm.on(mine, &crm.db);
    let owner_id = Some(crm.user(Role::SalesRep));
    let add = async |scope: &mut CompanyScope<'_>| {
        scope.customers().create(NewCustomer { owner_id, ..NewCustomer::organization("Lee & Co") }).await
    };
    let customer = rep.once(&key("customer"), add).await?.into_inner().id;
    let note = async |scope: &mut CompanyScope<'_>| scope.notes(customer).create(NewNote::text("Hello")).await;
    let note_id = rep.once(&key("note"), note).await?.into_inner().id;
    let call = NewInteraction { interaction_type: Some(InteractionType::Call), ..NewInteraction::default() };
    let call = async |scope: &mut CompanyScope<'_>| scope.interactions(customer).create(call.clone()).await;
    let call_id = rep.once(&key("call"), call).await?.into_inner().id;
    let mut admin = crm.admin();

    // The records below the customer are deleted, and then restored.
    admin.notes(customer).delete(note_id, None).await?;
    admin.interactions(customer).delete(call_id, None).await?;
    assert_matches!(rep.once(&key("note"), note).await, Err(Error::NotFound { kind: Kind::Note, .. }));
    assert_matches!(rep.once(&key("call"), call).await, Err(Error::NotFound { kind: Kind::Interaction, .. }));
    assert_matches!(rep.once(&key("customer"), add).await?, Once::Repeated(_));
    admin.notes(customer).restore(note_id).await?;
    admin.interactions(customer).restore(call_id).await?;
    assert_matches!(rep.once(&key("note"), note).await?, Once::Repeated(_));
    assert_matches!(rep.once(&key("call"), call).await?, Once::Repeated(_));

    // The customer is in the trash, is restored, and belongs to another user.
    admin.customers().delete(customer, None).await?;
    assert_matches!(rep.once(&key("customer"), add).await, Err(Error::NotFound { kind: Kind::Customer, .. }));
    admin.customers().restore(customer).await?;
    assert_matches!(rep.once(&key("customer"), add).await?, Once::Repeated(_));
    let other = crm.ensure_mirrored(Role::Manager).await?;
    admin.customers().update(customer, patch(|p| &mut p.owner_id, other), None).await?;
    assert_matches!(rep.once(&key("customer"), add).await, Err(Error::NotFound { kind: Kind::Customer, .. }));
    assert_matches!(rep.once(&key("note"), note).await, Err(Error::NotFound { .. }));
    assert_matches!(rep.once(&key("call"), call).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn what_is_purged_takes_its_answers_along(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut admin = crm.admin();
    let other = admin.once(&key("other"), async |scope| create(scope).await).await?.into_inner();
    let customer = admin.once(&key("customer"), async |scope| create(scope).await).await?.into_inner();
    let note = async |scope: &mut CompanyScope<'_>| scope.notes(customer.id).create(NewNote::text("Hello")).await;
    admin.once(&key("note"), note).await?;
    // It names the customer as one who took part.
    let call = NewInteraction {
        interaction_type: Some(InteractionType::Call),
        participants: Some(vec![Participant::customer(customer.id)]),
        ..NewInteraction::default()
    };
    let call = async |scope: &mut CompanyScope<'_>| scope.interactions(other.id).create(call.clone()).await;
    admin.once(&key("call"), call).await?;
    assert_eq!(crm.count("crm_idempotency_keys").await?, 4);

    let purge = async |scope: &mut CompanyScope<'_>| scope.customers().purge(customer.id, None).await;
    assert_matches!(admin.once(&key("purge"), purge).await?, Once::Done(()));
    assert_eq!(crm.count("crm_idempotency_keys").await?, 2, "the other one's, and that of the purge");
    assert!(!crm.dump("crm_idempotency_records").await?.contains(&customer.id.to_string()));
    assert_matches!(admin.once(&key("purge"), purge).await?, Once::Repeated(()));
    assert_matches!(admin.once(&key("other"), async |scope| create(scope).await).await?, Once::Repeated(_));
    Ok(())
}
