//! Events: at least once per consumer, in the order of each record's versions, none lost.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crm_core::customers::{CustomerPatch, NewCustomer};
use crm_core::events::{Event, EventCursor};
use crm_core::{Crm, begin_write};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{TestCrm, merge_patch, patch};

pub fn register(suite: &mut Suite) {
    // Events of all companies come together, so that these tests need databases of their own.
    testkit::tests!(suite,
        own: [
            an_event_is_a_thin_cloud_event,
            events_come_again_until_they_are_acknowledged,
            every_consumer_has_a_place_of_its_own,
            going_back_is_not_possible_and_repeating_is_harmless,
            a_page_of_events_is_not_larger_than_asked_for,
            a_records_events_come_in_the_order_of_its_versions,
            an_event_exists_when_its_transaction_is_committed_and_not_before,
            what_is_rolled_back_leaves_no_event_and_no_gap,
            many_writers_and_readers_lose_and_repeat_nothing,
            more_events_than_a_batch_get_their_positions,
        ];
        plain: [a_cursor_survives_as_text]
    );
}

async fn pending(crm: &TestCrm, consumer: &str) -> crm_core::Result<(Vec<Event>, EventCursor)> {
    let pending = crm.crm.pending_events(&crm.db, consumer, 10_000).await?;
    Ok((pending.events, pending.cursor))
}

fn told(events: &[Event]) -> Vec<(String, i64)> {
    events.iter().map(|event| (event.event_type.clone(), event.data.version)).collect()
}

/// The positions of a company's events, in their order.
async fn positions(crm: &TestCrm) -> anyhow::Result<Vec<Option<i64>>> {
    let sql = "SELECT position FROM crm_outbox WHERE company_id = $1 ORDER BY position";
    let values = [sea_orm::Value::from(crm.company.0)];
    let rows = crm.db.query_all_raw(Statement::from_sql_and_values(crm.db.get_database_backend(), sql, values)).await?;
    Ok(rows.iter().map(|row| row.try_get("", "position")).collect::<Result<_, _>>()?)
}

async fn an_event_is_a_thin_cloud_event(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder().event_source("/erp/crm"));
    let customer = crm.named("Lee & Co").await?;
    let change = merge_patch(json!({ "city": "Boston", "zipCode": "02110" }));
    let updated = crm.admin().customers().update(customer.id, change, None).await?;
    let (events, _) = pending(&crm, "erp").await?;
    assert_eq!(told(&events), [("crm.customer.created".into(), 1), ("crm.customer.updated".into(), 2)]);
    let expected = json!({
        "specversion": "1.0",
        "id": events[1].id,
        "source": "/erp/crm",
        "type": "crm.customer.updated",
        "subject": customer.id,
        "time": updated.updated_at,
        "datacontenttype": "application/json",
        "companyid": crm.company,
        "data": {
            "id": customer.id, "version": 2, "changedFields": ["city", "zipCode"], "customerId": null, "tagIds": [],
            "customerIds": []
        }
    });
    assert_eq!(json!(events[1]), expected);
    Ok(())
}

async fn events_come_again_until_they_are_acknowledged(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    let customer = crm.named("Lee & Co").await?;
    let (events, cursor) = pending(&crm, "erp").await?;
    assert_eq!(pending(&crm, "erp").await?, (events.clone(), cursor.clone()));
    // Another process of the same host goes on where this one stopped, and what came later is not acknowledged with it.
    crm.admin().customers().delete(customer.id, None).await?;
    let other = crm.other_process();
    other.crm.acknowledge(&crm.db, "erp", &cursor).await?;
    let (later, cursor) = pending(&other, "erp").await?;
    assert_eq!(told(&later), [("crm.customer.deleted".into(), 2)]);
    crm.crm.acknowledge(&crm.db, "erp", &cursor).await?;
    assert_eq!(pending(&crm, "erp").await?.0, []);
    Ok(())
}

async fn every_consumer_has_a_place_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    let elsewhere = crm.other_company();
    crm.named("Lee & Co").await?;
    elsewhere.named("Lee & Co").await?;
    let (events, cursor) = pending(&crm, "erp").await?;
    let companies: Vec<Uuid> = events.iter().map(|event| event.companyid.0).collect();
    assert_eq!(companies.len(), 2);
    assert!(companies.contains(&crm.company.0) && companies.contains(&elsewhere.company.0));
    crm.crm.acknowledge(&crm.db, "erp", &cursor).await?;
    // One who comes later starts at the beginning.
    assert_eq!(pending(&crm, "mailer").await?.0, events);
    assert_eq!(pending(&crm, "erp").await?.0, []);
    elsewhere.named("Another").await?;
    let (later, _) = pending(&crm, "erp").await?;
    assert_eq!((later.len(), later[0].companyid), (1, elsewhere.company));
    assert_eq!(pending(&crm, "mailer").await?.0.len(), 3);
    Ok(())
}

async fn going_back_is_not_possible_and_repeating_is_harmless(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    crm.named("One").await?;
    let (_, first) = pending(&crm, "erp").await?;
    crm.named("Two").await?;
    let (_, second) = pending(&crm, "erp").await?;
    for cursor in [&second, &second, &first, &EventCursor::default()] {
        crm.crm.acknowledge(&crm.db, "erp", cursor).await?;
        assert_eq!(pending(&crm, "erp").await?.0, []);
    }
    Ok(())
}

async fn a_page_of_events_is_not_larger_than_asked_for(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    for company in [&crm, &crm.other_company(), &crm.other_company()] {
        for number in 0..3 {
            company.named(&format!("Customer {number}")).await?;
        }
    }
    let (all, _) = pending(&crm, "reader of all").await?;
    let mut read = Vec::new();
    loop {
        let page = crm.crm.pending_events(&crm.db, "erp", 2).await?;
        assert!(page.events.len() <= 2);
        if page.events.is_empty() {
            break;
        }
        read.extend(page.events);
        crm.crm.acknowledge(&crm.db, "erp", &page.cursor).await?;
    }
    assert_eq!(read, all);
    Ok(())
}

/// Even where clocks stand still or run back.
async fn a_records_events_come_in_the_order_of_its_versions(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    for round in 0..8 {
        let customer = crm.named("Lee & Co").await?;
        clock.set(customer.created_at - chrono::TimeDelta::seconds(round));
        for number in 2..=4 {
            crm.admin()
                .customers()
                .update(customer.id, merge_patch(json!({ "city": number.to_string() })), None)
                .await?;
        }
        crm.admin().customers().delete(customer.id, None).await?;
        crm.admin().customers().restore(customer.id).await?;
        crm.admin().customers().purge(customer.id, None).await?;
    }
    let mut of_records: HashMap<Uuid, Vec<(String, i64)>> = HashMap::new();
    for event in pending(&crm, "erp").await?.0 {
        of_records.entry(event.subject).or_default().push((event.event_type, event.data.version));
    }
    assert_eq!(of_records.len(), 8);
    let order = ["created", "updated", "updated", "updated", "deleted", "restored", "purged"];
    for events in of_records.values() {
        let types: Vec<&str> = events.iter().filter_map(|(name, _)| name.strip_prefix("crm.customer.")).collect();
        assert_eq!(types, order);
        assert!(events.is_sorted_by_key(|(_, version)| *version), "{events:?}");
    }
    Ok(())
}

async fn an_event_exists_when_its_transaction_is_committed_and_not_before(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    crm.named("Lee & Co").await?;
    let (_, cursor) = pending(&crm, "erp").await?;
    crm.crm.acknowledge(&crm.db, "erp", &cursor).await?;

    let mut tx = begin_write(&crm.db).await?;
    crm.crm
        .within(crm.actor(crm_core::actor::Role::Admin), &mut tx)
        .customers()
        .create(NewCustomer::organization("Early"))
        .await?;
    assert_eq!(pending(&crm, "erp").await?.0, []);
    if crm.backend == testkit::Backend::Postgres {
        // What is written later and committed earlier gets its place first, and the earlier one is not passed over.
        let late = crm.named("Late").await?;
        let (events, cursor) = pending(&crm, "erp").await?;
        assert_eq!(events.iter().map(|event| event.subject).collect::<Vec<_>>(), [late.id.0]);
        crm.crm.acknowledge(&crm.db, "erp", &cursor).await?;
    }
    tx.commit().await?;
    assert_eq!(told(&pending(&crm, "erp").await?.0), [("crm.customer.created".into(), 1)]);
    Ok(())
}

async fn what_is_rolled_back_leaves_no_event_and_no_gap(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    for number in 0..4 {
        let mut tx = begin_write(&crm.db).await?;
        let mut scope = crm.crm.within(crm.actor(crm_core::actor::Role::Admin), &mut tx);
        scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
        if number % 2 == 0 {
            tx.rollback().await?
        } else {
            tx.commit().await?
        }
        pending(&crm, "erp").await?;
    }
    assert_eq!(positions(&crm).await?, [Some(1), Some(2)]);
    Ok(())
}

async fn many_writers_and_readers_lose_and_repeat_nothing(database: TestDatabase) -> anyhow::Result<()> {
    const WRITERS: usize = 6;
    const WRITES: usize = 12;
    let crm = TestCrm::with(&database, Crm::builder());
    let companies = [crm.other_company(), crm.other_company()];
    let shared = companies[0].named("Written by all").await?;

    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (mut scope, mut own) = (companies[0].admin(), companies[writer % 2].admin());
        writers.spawn(async move {
            for number in 0..WRITES {
                let change = patch(|p: &mut CustomerPatch| &mut p.city, format!("City {writer}.{number}"));
                scope.customers().update(shared.id, change, None).await?;
                own.customers().create(NewCustomer::organization("Lee & Co")).await?;
            }
            Ok::<_, crm_core::Error>(())
        });
    }
    // Each reader is a consumer of its own, with its own connection; all assign positions as they read.
    let expected = 1 + 2 * WRITERS * WRITES;
    let mut readers = tokio::task::JoinSet::new();
    for reader in 0..4 {
        let (crm, db) = (crm.other_process().crm, database.connect(1).await?);
        readers.spawn(async move {
            let (consumer, mut read) = (format!("reader {reader}"), Vec::new());
            let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
            while read.len() < expected {
                anyhow::ensure!(
                    tokio::time::Instant::now() < deadline,
                    "only {} of {expected} events came",
                    read.len()
                );
                let pending = crm.pending_events(&db, &consumer, 7).await?;
                read.extend(pending.events);
                crm.acknowledge(&db, &consumer, &pending.cursor).await?;
            }
            anyhow::ensure!(crm.pending_events(&db, &consumer, 7).await?.events.is_empty(), "more events than writes");
            Ok(read)
        });
    }
    while let Some(written) = writers.join_next().await {
        written??;
    }
    let mut orders = Vec::new();
    while let Some(read) = readers.join_next().await {
        let read = read??;
        let mut ids: Vec<Uuid> = read.iter().map(|event| event.id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), expected, "no event came twice");
        let versions: Vec<i64> =
            read.iter().filter(|event| event.subject == shared.id.0).map(|event| event.data.version).collect();
        assert_eq!(versions, (1..=1 + i64::try_from(WRITERS * WRITES)?).collect::<Vec<_>>());
        let mut by_company: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for event in read {
            by_company.entry(event.companyid.0).or_default().push(event.id.0);
        }
        orders.push(by_company);
    }
    assert!(orders.windows(2).all(|pair| pair[0] == pair[1]), "all readers saw one order");
    for company in &companies {
        let positions = positions(company).await?;
        let expected: Vec<Option<i64>> = (1..=i64::try_from(positions.len())?).map(Some).collect();
        assert_eq!(positions, expected);
    }
    Ok(())
}

async fn more_events_than_a_batch_get_their_positions(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder());
    crm.named("Lee & Co").await?;
    let copy = match crm.backend {
        testkit::Backend::Postgres => {
            "INSERT INTO crm_outbox SELECT company_id, gen_random_uuid(), occurred_at, event_type, entity, entity_id, data \
             FROM crm_outbox, generate_series(1, 2300)"
        }
        testkit::Backend::Sqlite => {
            "INSERT INTO crm_outbox WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2300) \
             SELECT company_id, randomblob(16), occurred_at, event_type, entity, entity_id, data, NULL, NULL \
             FROM crm_outbox, numbers"
        }
    };
    crm.db.execute_unprepared(copy).await?;
    assert_eq!(pending(&crm, "erp").await?.0.len(), 2301);
    assert_eq!(positions(&crm).await?, (1..=2301).map(Some).collect::<Vec<_>>());
    Ok(())
}

fn a_cursor_survives_as_text() -> anyhow::Result<()> {
    let cursor = EventCursor::default();
    assert_eq!(cursor.to_string().parse::<EventCursor>()?, cursor);
    for text in ["", "nonsense", "e30x", "bnVsbA"] {
        let malformed = text.parse::<EventCursor>().unwrap_err();
        assert_eq!(malformed.code, "cursor_invalid", "{text}");
    }
    Ok(())
}
