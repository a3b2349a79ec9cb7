//! Following a company's events: one reader for all followers, and none misses an event.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crm_core::actor::Role;
use crm_core::events::{FeedEvent, Follower, Notification};
use crm_core::notes::NewNote;
use crm_core::{Crm, Error};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use testkit::{Backend, Suite, TestDatabase};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            followers_of_a_company_cost_as_much_as_one,
            those_who_read_at_once_give_positions_once,
            who_is_too_slow_catches_up,
            a_commit_wakes_the_followers_of_its_company_only,
            what_other_processes_write_is_noticed,
            private_events_are_told_to_their_author_only,
            a_company_that_is_closed_is_not_followed,
        ];
        empty: [a_look_does_not_pass_through_all_companies]
    );
}

const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than any test.
const LONG: Duration = Duration::from_secs(3_600);

/// A CRM on a pool of its own, whose statements are listed.
async fn listed(database: &TestDatabase) -> anyhow::Result<(TestCrm, Arc<Mutex<Vec<Statement>>>)> {
    let (mut db, statements) = (database.connect(4).await?, Arc::default());
    let list: Arc<Mutex<Vec<Statement>>> = Arc::clone(&statements);
    db.set_metric_callback(move |query| list.lock().expect("no panic").push(query.statement.clone()));
    Ok((TestCrm { db, ..TestCrm::new(database) }, statements))
}

fn count(statements: &Mutex<Vec<Statement>>, start: &str, table: &str) -> usize {
    let statements = statements.lock().expect("no panic");
    statements.iter().filter(|statement| statement.sql.starts_with(start) && statement.sql.contains(table)).count()
}

async fn next(follower: &mut Follower) -> anyhow::Result<Vec<FeedEvent>> {
    Ok(timeout(PATIENCE, follower.next()).await??)
}

/// A follower that has heard everything there is, and looks by itself never again.
async fn following(crm: &TestCrm) -> anyhow::Result<Follower> {
    crm.named("Before").await?;
    let mut follower = crm.scope(Role::Viewer).follow(None, LONG).await?;
    let customer = crm.named("Heard").await?.id.0;
    assert_eq!(subjects(&next(&mut follower).await?), [customer]);
    Ok(follower)
}

fn subjects(events: &[FeedEvent]) -> Vec<Uuid> {
    events.iter().map(|event| event.event().subject).collect()
}

async fn followers_of_a_company_cost_as_much_as_one(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, statements) = listed(&database).await?;
    let mut first = following(&crm).await?;
    let mut followers = JoinSet::new();
    for _ in 0..20 {
        let mut follower = crm.scope(Role::Viewer).follow(None, LONG).await?;
        followers.spawn(async move { next(&mut follower).await });
    }
    followers.spawn(async move { next(&mut first).await });
    statements.lock().expect("no panic").clear();
    let customer = crm.named("Lee & Co").await?.id.0;
    while let Some(events) = followers.join_next().await {
        let events = events??;
        assert_eq!(subjects(&events), [customer]);
    }
    assert_eq!(count(&statements, "UPDATE", "crm_outbox"), 1, "positions are given once");
    assert_eq!(count(&statements, "SELECT \"crm_outbox\"", "crm_outbox"), 1, "events are read once");
    Ok(())
}

async fn those_who_read_at_once_give_positions_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, statements) = listed(&database).await?;
    let elsewhere = TestCrm { db: crm.db.clone(), ..crm.other_process() };
    for round in 1..=3 {
        crm.named("Lee & Co").await?;
        statements.lock().expect("no panic").clear();
        let mut readers = JoinSet::new();
        for number in 0..20 {
            let mut scope = if number % 2 == 0 { crm.admin() } else { elsewhere.admin() };
            readers.spawn(async move { scope.events().after(None, 100).await });
        }
        while let Some(feed) = readers.join_next().await {
            assert_eq!(feed??.events.len(), round);
        }
        assert!(count(&statements, "UPDATE", "crm_outbox") <= 2, "one task of each process tries");
        assert_eq!(count(&statements, "INSERT", "crm_event_heads"), 1, "and nothing is written for nothing");
    }
    Ok(())
}

/// Many events at once, as a host's import would make them.
async fn add_many(crm: &TestCrm, db: &DatabaseConnection) -> anyhow::Result<()> {
    let id = crm.company.0.simple();
    let copy = match crm.backend {
        Backend::Postgres => format!(
            "INSERT INTO crm_outbox SELECT company_id, gen_random_uuid(), occurred_at, event_type, entity, entity_id, data \
             FROM (SELECT * FROM crm_outbox WHERE company_id = '{id}' LIMIT 1) AS first, generate_series(1, 700)"
        ),
        Backend::Sqlite => format!(
            "INSERT INTO crm_outbox WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 700) \
             SELECT company_id, randomblob(16), occurred_at, event_type, entity, entity_id, data, NULL, NULL \
             FROM (SELECT * FROM crm_outbox WHERE company_id = x'{id}' LIMIT 1) AS first, numbers"
        ),
    };
    db.execute_unprepared(&copy).await?;
    crm.crm.wake(Notification::Committed(crm.company));
    Ok(())
}

async fn who_is_too_slow_catches_up(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let begin = crm.admin().events().latest().await?;
    let mut slow = crm.scope(Role::Viewer).follow(None, LONG).await?;
    let mut fast = crm.scope(Role::Viewer).follow(None, LONG).await?;
    let mut heard = Vec::new();
    for round in 1..=4 {
        add_many(&crm, &database.connection).await?;
        while heard.len() < 700 * round {
            heard.extend(next(&mut fast).await?.iter().map(|event| event.event().id));
        }
    }
    // What it has missed is not kept any more, and what comes meanwhile is.
    let mut late = Vec::new();
    while late.len() < 700 * 4 {
        late.extend(next(&mut slow).await?.iter().map(|event| event.event().id));
    }
    let customer = crm.named("Last").await?.id.0;
    for follower in [&mut slow, &mut fast] {
        assert_eq!(subjects(&next(follower).await?), [customer]);
    }
    assert_eq!(late, heard);
    assert_eq!(heard.iter().collect::<HashSet<_>>().len(), 700 * 4);
    // And so does one that comes back.
    let mut again = crm.scope(Role::Viewer).follow(Some(begin), LONG).await?;
    let mut all = Vec::new();
    while all.len() < 700 * 4 + 1 {
        all.extend(next(&mut again).await?.iter().map(|event| event.event().id));
    }
    assert_eq!(all[..700 * 4], heard);
    assert_eq!(again.position(), fast.position());
    Ok(())
}

async fn a_commit_wakes_the_followers_of_its_company_only(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (other, elsewhere) = (crm.other_company(), crm.other_process());
    let mut follower = following(&crm).await?;
    other.named("Elsewhere").await?;
    let theirs = other.admin().events().latest().await?;
    let mut unheard = vec![elsewhere.named("Lee & Co").await?.id.0];
    // Events of others, and known ones, wake no follower: otherwise it would learn of the customer.
    for why in [
        Notification::Committed(other.company),
        Notification::Reached(theirs),
        Notification::Reached(follower.position()),
    ] {
        crm.crm.wake(why);
        assert!(timeout(Duration::from_millis(50), follower.next()).await.is_err(), "{why:?}");
    }
    let reached = elsewhere.admin().events().latest().await?;
    let whys = [
        Notification::Reached(reached),
        Notification::Elsewhere(crm.company),
        Notification::Committed(crm.company),
        Notification::Missed,
    ];
    for why in whys {
        crm.crm.wake(why);
        assert_eq!(subjects(&next(&mut follower).await?), unheard, "{why:?}");
        unheard = vec![elsewhere.named("Lee & Co").await?.id.0];
    }
    Ok(())
}

async fn what_other_processes_write_is_noticed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Before").await?;
    let mut looking = crm.scope(Role::Viewer).follow(None, Duration::from_millis(20)).await?;
    for _ in 0..3 {
        let customer = crm.other_process().named("Lee & Co").await?.id.0;
        let events = next(&mut looking).await?;
        assert_eq!(subjects(&events), [customer]);
    }
    Ok(())
}

async fn private_events_are_told_to_their_author_only(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut author = crm.scope(Role::SalesRep).follow(None, LONG).await?;
    let mut others = Vec::new();
    for role in [Role::Admin, Role::Viewer] {
        others.push(crm.scope(role).follow(None, LONG).await?);
    }
    let mine = crm.scope(Role::SalesRep).notes(customer).create(NewNote::text("Mine").private()).await?.id.0;
    let ours = crm.scope(Role::SalesRep).notes(customer).create(NewNote::text("Ours")).await?.id.0;
    let mut heard = Vec::new();
    while heard.len() < 2 {
        heard.extend(subjects(&next(&mut author).await?));
    }
    assert_eq!(heard, [mine, ours]);
    for other in &mut others {
        let events = next(other).await?;
        assert_eq!(subjects(&events), [ours]);
        assert_eq!(other.position(), author.position(), "it need not look at the private one again");
    }
    Ok(())
}

async fn a_company_that_is_closed_is_not_followed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let mut followers = [crm.admin().follow(None, LONG).await?, crm.admin().follow(None, LONG).await?];
    crm.crm.companies(&crm.db).suspend(crm.company).await?;
    for follower in &mut followers {
        assert_matches!(timeout(PATIENCE, follower.next()).await?, Err(Error::CompanyClosed { .. }));
    }
    assert_matches!(crm.admin().follow(None, LONG).await, Err(Error::CompanyClosed { .. }));
    Ok(())
}

/// How the database would answer a statement.
async fn plan(db: &DatabaseConnection, statement: &Statement) -> anyhow::Result<String> {
    let (explain, column) = match statement.db_backend {
        sea_orm::DbBackend::Postgres => ("EXPLAIN", "QUERY PLAN"),
        _ => ("EXPLAIN QUERY PLAN", "detail"),
    };
    let explain = Statement { sql: format!("{explain} {}", statement.sql), ..statement.clone() };
    let rows = db.query_all_raw(explain).await?;
    let lines = rows.iter().map(|row| row.try_get::<String>("", column));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

async fn a_look_does_not_pass_through_all_companies(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let (crm, statements) = listed(&database).await?;
    let (series, id) = match crm.backend {
        Backend::Postgres => ("generate_series(1, 3000)", "gen_random_uuid()"),
        Backend::Sqlite => (
            "(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000) SELECT n FROM numbers)",
            "randomblob(16)",
        ),
    };
    let sql = format!(
        "INSERT INTO crm_companies (company_id, state, settings, version, created_at, updated_at) \
         SELECT {id}, 'active', '{{}}', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM {series} AS series; \
         INSERT INTO crm_event_heads (company_id, position, moved_at) SELECT company_id, 0, '2020-01-01' FROM crm_companies; ANALYZE"
    );
    crm.db.execute_unprepared(&sql).await?;
    let mut consumer = crm.crm.consumer(&crm.db, "mailer");
    assert_eq!(consumer.waiting().await?, []);
    let waits = async |consumer: &mut crm_core::events::Consumer| -> anyhow::Result<Vec<_>> {
        Ok(consumer.waiting().await?.into_iter().map(|waiting| waiting.company).collect())
    };
    // One that is written here, and one that another process has written and given its position to.
    let other = crm.other_company();
    crm.named("Here").await?;
    let elsewhere = TestCrm { crm: Crm::default(), ..crm.other_company() };
    elsewhere.named("There").await?;
    elsewhere.admin().events().latest().await?;
    assert_eq!(waits(&mut consumer).await?, [crm.company, elsewhere.company]);
    // What is not taken waits on, and what is taken does not.
    crm.crm.deliver_to(&crm.db, "mailer", crm.company, 10, async |_| Ok::<_, ()>(())).await?;
    other.named("Later").await?;
    statements.lock().expect("no panic").clear();
    assert_eq!(waits(&mut consumer).await?, [elsewhere.company, other.company]);
    let looks = statements.lock().expect("no panic").clone();
    let looks: Vec<&Statement> = looks.iter().filter(|one| one.sql.contains("FROM \"crm_event_heads\"")).collect();
    assert_eq!(looks.len(), 2, "those that moved, and what of them waits");
    for look in looks {
        let plan = plan(&crm.db, look).await?;
        assert!(!plan.contains("Seq Scan on crm_event_heads") && !plan.contains("SCAN crm_event_heads"), "{plan}");
    }
    Ok(())
}
