//! Deliveries of events by several processes to one consumer.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crm_core::actor::Role;
use crm_core::customers::{CustomerPatch, NewCustomer};
use crm_core::events::{DeliveryOutcome, Event, EventPosition, Notification};
use crm_core::ids::CompanyId;
use crm_core::notes::NewNote;
use crm_core::{Crm, begin_write};
use sea_orm::DatabaseConnection;
use testkit::{Backend, FixedClock, Suite, TestDatabase, eventually};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::chance::Chance;
use crate::support::{TestCrm, patch};

pub fn register(suite: &mut Suite) {
    // Events of all companies come together, so that these tests need databases of their own.
    testkit::tests!(suite,
        own: [
            what_is_refused_comes_again_and_stops_nobody_else,
            a_company_with_much_does_not_keep_the_others_waiting,
            the_company_that_waits_longest_comes_first,
            what_is_private_is_passed_over,
            what_one_hands_over_nobody_else_does_meanwhile,
            many_who_share_lose_nothing_and_keep_the_order,
        ];
        databases: [wake_ups_are_of_what_was_committed_here]
    );
}

const PATIENCE: Duration = Duration::from_secs(60);

/// One round, and its result: the delivered records per company.
async fn round(crm: &TestCrm, limit: u64, refusing: Option<CompanyId>) -> anyhow::Result<Vec<(CompanyId, Vec<Uuid>)>> {
    let told = Mutex::new(Vec::new());
    let delivered = crm
        .crm
        .deliver(&crm.db, "mailer", limit, async |company, events| {
            assert!(events.iter().all(|(position, event)| position.company() == company && event.companyid == company));
            if refusing == Some(company) {
                return Err("no");
            }
            let subjects: Vec<Uuid> = events.iter().map(|(_, event)| event.subject).collect();
            told.lock().expect("no panic").push((company, subjects));
            Ok(())
        })
        .await?;
    let told = told.into_inner().expect("no panic");
    assert_eq!(delivered.events, told.iter().map(|(_, events)| events.len()).sum::<usize>());
    assert!(delivered.refused.iter().all(|(company, why)| (Some(*company), *why) == (refusing, "no")));
    assert!(refusing.is_none() || delivered.refused.len() == 1);
    Ok(told)
}

async fn what_is_refused_comes_again_and_stops_nobody_else(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    let other = crm.other_company();
    let (one, two) = (crm.named("One").await?.id.0, other.named("Two").await?.id.0);
    assert_eq!(round(&crm, 10, Some(crm.company)).await?, [(other.company, vec![two])]);
    assert_eq!(round(&crm, 10, Some(crm.company)).await?, []);
    let next = other.named("Three").await?.id.0;
    assert_eq!(round(&crm, 10, None).await?, [(crm.company, vec![one]), (other.company, vec![next])]);
    assert_eq!(round(&crm, 10, None).await?, []);
    // Acknowledged here is acknowledged there, and other consumers are where they were.
    let pending = crm.crm.pending_events(&crm.db, "mailer", 10).await?;
    assert_eq!(pending.events, []);
    assert_eq!(crm.crm.pending_events(&crm.db, "another", 10).await?.events.len(), 3);
    Ok(())
}

async fn a_company_with_much_does_not_keep_the_others_waiting(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(crm.named(&format!("Customer {number}")).await?.id.0);
    }
    let other = crm.other_company();
    let late = other.named("Late").await?.id.0;
    assert_eq!(round(&crm, 2, None).await?, [(crm.company, ids[..2].to_vec()), (other.company, vec![late])]);
    let sink = async |_, _| Ok::<_, ()>(());
    let delivered = crm.crm.deliver(&crm.db, "mailer", 2, sink).await?;
    assert_eq!((delivered.events, delivered.has_more), (2, true));
    let delivered = crm.crm.deliver(&crm.db, "mailer", 2, sink).await?;
    assert_eq!((delivered.events, delivered.has_more), (1, false));
    Ok(())
}

async fn the_company_that_waits_longest_comes_first(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let companies: Vec<TestCrm> = (0..4).map(|_| crm.other_company()).collect();
    for company in &companies {
        company.named("First").await?;
        clock.advance(Duration::from_secs(1));
    }
    let order = async || -> anyhow::Result<Vec<CompanyId>> {
        let waiting = crm.crm.waiting(&crm.db, "mailer").await?;
        assert!(waiting.is_sorted_by_key(|waiting| waiting.since) && waiting.iter().all(|w| w.since.is_some()));
        Ok(waiting.into_iter().map(|waiting| waiting.company).collect())
    };
    let [a, b, c, d] = [0, 1, 2, 3].map(|number: usize| companies[number].company);
    assert_eq!(order().await?, [a, b, c, d]);
    let sink = async |_| Ok::<_, ()>(());
    for company in [a, c] {
        crm.crm.deliver_to(&crm.db, "mailer", company, 10, sink).await?;
    }
    companies[0].named("Second").await?;
    assert_eq!(order().await?, [b, d, a]);
    Ok(())
}

async fn what_is_private_is_passed_over(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    let customer = crm.named("Lee & Co").await?.id;
    round(&crm, 10, None).await?;
    let mut author = crm.scope(Role::SalesRep);
    for number in 0..3 {
        author.notes(customer).create(NewNote::text(format!("Mine {number}")).private()).await?;
    }
    crm.crm.waiting(&crm.db, "mailer").await?;
    let not_asked = async |_| -> Result<(), ()> { panic!("there is nothing to hand over") };
    let handover = crm.crm.deliver_to(&crm.db, "mailer", crm.company, 2, not_asked).await?;
    assert_eq!(handover, DeliveryOutcome::Taken { events: 0, has_more: true });
    author.notes(customer).create(NewNote::text("Ours")).await?;
    assert_eq!(round(&crm, 10, None).await?.len(), 1);
    assert_eq!(crm.crm.waiting(&crm.db, "mailer").await?, []);
    Ok(())
}

type Delivery = JoinHandle<crm_core::Result<DeliveryOutcome<()>>>;

/// A delivery whose sink waits until it is released. It begins once the lock is free of one that was killed.
async fn held(crm: &TestCrm) -> anyhow::Result<(Delivery, oneshot::Sender<()>)> {
    loop {
        let (began, begins) = oneshot::channel();
        let (go_on, goes_on) = oneshot::channel();
        let sink = async move {
            let _ = began.send(());
            goes_on.await.map_err(drop)
        };
        let (crm, db, company) = (crm.crm.clone(), crm.db.clone(), crm.company);
        let delivery = tokio::spawn(async move { crm.deliver_to(&db, "mailer", company, 10, |_| sink).await });
        if timeout(PATIENCE, begins).await?.is_ok() {
            return Ok((delivery, go_on));
        }
        assert_eq!(delivery.await??, DeliveryOutcome::LockedElsewhere);
    }
}

async fn what_one_hands_over_nobody_else_does_meanwhile(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    let other = crm.other_company();
    let one = crm.named("One").await?.id.0;
    // On PostgreSQL another process, on SQLite another task of this one.
    let second = match crm.backend {
        Backend::Postgres => TestCrm { db: database.connect(2).await?, ..crm.other_process() },
        Backend::Sqlite => TestCrm { crm: crm.crm.clone(), db: database.connect(2).await?, ..crm.other_process() },
    };
    crm.crm.waiting(&crm.db, "mailer").await?;
    for is_killed in [true, false] {
        let (delivery, go_on) = held(&crm).await?;
        // Neither writers nor other deliveries wait for the consumer whose network is slow.
        let two = timeout(PATIENCE, other.named("Two")).await??.id.0;
        assert_eq!(timeout(PATIENCE, round(&second, 10, None)).await??, [(other.company, vec![two])]);
        let taken = second.crm.deliver_to(&second.db, "mailer", crm.company, 10, async |_| Ok::<_, ()>(())).await?;
        assert_eq!(taken, DeliveryOutcome::LockedElsewhere);
        if is_killed {
            delivery.abort();
            assert!(delivery.await.unwrap_err().is_cancelled());
        } else {
            go_on.send(()).map_err(|()| anyhow::anyhow!("it is gone"))?;
            assert_eq!(delivery.await??, DeliveryOutcome::Taken { events: 1, has_more: false });
        }
    }
    assert_eq!(round(&second, 10, None).await?, []);
    // The lock of one that was given up is free again.
    let late = crm.named("Three").await?.id.0;
    let mut told = Vec::new();
    let free = eventually(PATIENCE, async || {
        told.extend(round(&second, 10, None).await.unwrap_or_default());
        !told.is_empty()
    });
    assert!(free.await);
    assert_eq!(told, [(crm.company, vec![late])]);
    assert_ne!(one, late);
    Ok(())
}

/// The events of several sinks, in order.
type Told = Arc<Mutex<Vec<Event>>>;

/// Delivers until all is written and nothing is left. Sometimes it refuses, and sometimes it is dropped halfway.
async fn deliver(
    crm: Crm,
    db: DatabaseConnection,
    told: Told,
    seed: u64,
    written: Arc<Mutex<bool>>,
) -> anyhow::Result<()> {
    let (mut chance, deadline) = (Chance::new(seed), Instant::now() + PATIENCE);
    loop {
        anyhow::ensure!(Instant::now() < deadline, "it does not come to an end");
        let is_last = *written.lock().expect("no panic");
        let (patience, refuses) = (Duration::from_millis(chance.below(40) as u64), chance.once_in(4));
        let sink = async |_, events: Vec<(EventPosition, Event)>| {
            told.lock().expect("no panic").extend(events.into_iter().map(|(_, event)| event));
            tokio::task::yield_now().await;
            if refuses { Err(()) } else { Ok(()) }
        };
        if is_last {
            let delivered = crm.deliver(&db, "mailer", 5, sink).await?;
            if delivered.refused.is_empty() && crm.waiting(&db, "mailer").await?.is_empty() {
                return Ok(());
            }
        } else if let Ok(delivered) = timeout(patience, crm.deliver(&db, "mailer", 5, sink)).await {
            delivered?;
        }
    }
}

async fn many_who_share_lose_nothing_and_keep_the_order(database: TestDatabase) -> anyhow::Result<()> {
    const WRITES: usize = 15;
    let crm = TestCrm::with(&database, Crm::builder());
    let companies: Vec<TestCrm> = (0..4).map(|_| crm.other_company()).collect();
    let (told, written) = (Told::default(), Arc::new(Mutex::new(false)));
    let mut sharing = JoinSet::new();
    for seed in 0..3 {
        let (told, written) = (Arc::clone(&told), Arc::clone(&written));
        let process = if crm.backend == Backend::Postgres { Crm::default() } else { crm.crm.clone() };
        sharing.spawn(deliver(process, database.connect(3).await?, told, Chance::seed() + seed, written));
    }
    let mut writers = JoinSet::new();
    for company in &companies {
        let shared = company.named("Written often").await?;
        let (mut scope, crm, db) = (company.admin(), company.crm.clone(), company.db.clone());
        let actor = company.actor(Role::Admin);
        writers.spawn(async move {
            for number in 0..WRITES {
                let change = patch(|p: &mut CustomerPatch| &mut p.city, format!("City {number}"));
                scope.customers().update(shared.id, change, None).await?;
                let mut tx = begin_write(&db).await?;
                crm.within(actor.clone(), &mut tx).customers().create(NewCustomer::organization("A host's")).await?;
                tx.commit().await?;
            }
            Ok::<_, crm_core::Error>(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    *written.lock().expect("no panic") = true;
    while let Some(done) = sharing.join_next().await {
        done??;
    }
    let all = crm.crm.pending_events(&crm.db, "reader of all", 10_000).await?.events;
    assert_eq!(all.len(), companies.len() * (1 + 2 * WRITES));
    let mut seen = HashSet::new();
    let told = std::mem::take(&mut *told.lock().expect("no panic"));
    let first_time: Vec<Event> = told.into_iter().filter(|event| seen.insert(event.id)).collect();
    let by_company = |events: Vec<Event>| {
        let mut by_company: HashMap<CompanyId, Vec<Event>> = HashMap::new();
        events.into_iter().for_each(|event| by_company.entry(event.companyid).or_default().push(event));
        by_company
    };
    assert_eq!(by_company(first_time), by_company(all), "each company's events, all of them, in their order");
    Ok(())
}

async fn wake_ups_are_of_what_was_committed_here(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, moment) = (TestCrm::new(&database), Duration::from_millis(20));
    crm.named("One").await?;
    let position = crm.admin().events().latest().await?;
    let mut here = crm.crm.commits();
    for why in [Notification::Reached(position), Notification::Elsewhere(crm.company), Notification::Missed] {
        crm.crm.wake(why);
    }
    crm.other_process().named("Elsewhere").await?;
    assert!(timeout(moment, here.here()).await.is_err(), "it is no commit of this process");
    crm.named("Here").await?;
    timeout(PATIENCE, here.here()).await?;
    // A host notifies after its commit; many commits are one notification.
    for _ in 0..3 {
        crm.crm.wake(Notification::Committed(crm.company));
    }
    timeout(PATIENCE, here.here()).await?;
    assert!(timeout(moment, here.here()).await.is_err());
    Ok(())
}
