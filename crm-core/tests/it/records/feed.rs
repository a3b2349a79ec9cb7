//! The feed of one company: every event once, in an order that never changes, from wherever one likes.

use std::collections::BTreeSet;
use std::time::Duration;

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::NewCustomer;
use crm_core::events::{Event, EventPosition};
use crm_core::{CompanyScope, Error, begin_write};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, malformed, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            the_feed_tells_every_event_once,
            who_follows_misses_nothing,
            a_place_belongs_to_its_company,
            the_feed_is_for_those_who_see_all,
            in_a_hosts_transaction_the_feed_writes_nothing,
            a_commit_wakes_those_who_wait,
        ];
        plain: [what_is_no_place_is_refused]
    );
}

/// All events from a place on, some at a time.
async fn follow(
    scope: &mut CompanyScope<'_>,
    mut place: Option<EventPosition>,
    limit: u64,
) -> crm_core::Result<Vec<(EventPosition, Event)>> {
    let mut all = Vec::new();
    loop {
        let feed = scope.events().after(place, limit).await?;
        assert!(feed.events.len() as u64 <= limit);
        all.extend(feed.events);
        place = Some(feed.cursor);
        if !feed.has_more {
            return Ok(all);
        }
    }
}

fn told(events: &[(EventPosition, Event)]) -> Vec<(&str, i64)> {
    events.iter().map(|(_, event)| (event.event_type.as_str(), event.data.version)).collect()
}

async fn the_feed_tells_every_event_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let nothing = scope.events().after(None, 10).await?;
    assert_eq!((nothing.events.len(), nothing.has_more), (0, false));
    let customer = crm.named("Lee & Co").await?;
    scope.customers().update(customer.id, patch(|p| &mut p.city, "Bonn".to_owned()), None).await?;
    scope.customers().delete(customer.id, None).await?;
    crm.other_company().named("Elsewhere").await?;
    let all = follow(&mut scope, None, 2).await?;
    assert_eq!(told(&all), [("crm.customer.created", 1), ("crm.customer.updated", 2), ("crm.customer.deleted", 3)]);
    assert_eq!(all[1].1.data.changed_fields, ["city"]);
    // Again from anywhere, and from where there was nothing yet.
    for (number, (place, _)) in all.iter().enumerate() {
        assert_eq!(follow(&mut scope, Some(*place), 10).await?, all[number + 1..]);
        let text: EventPosition = place.to_string().parse()?;
        assert_eq!(text, *place);
    }
    assert_eq!(follow(&mut scope, Some(nothing.cursor), 10).await?, all);
    assert_eq!(scope.events().latest().await?, all[2].0);
    let end = scope.events().after(Some(all[2].0), 10).await?;
    assert_eq!((end.events.len(), end.cursor, end.has_more), (0, all[2].0, false));
    Ok(())
}

async fn who_follows_misses_nothing(database: TestDatabase) -> anyhow::Result<()> {
    const WRITERS: usize = 4;
    const WRITES: usize = 12;
    let crm = TestCrm::new(&database);
    crm.named("First").await?;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let mut scope = crm.admin();
        writers.spawn(async move {
            for _ in 0..WRITES {
                scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
            }
            Ok::<_, crm_core::Error>(())
        });
    }
    let (mut scope, mut seen, mut place) = (crm.other_process().admin(), Vec::new(), None);
    let everything = testkit::eventually(Duration::from_secs(60), async || {
        let feed = scope.events().after(place, 5).await.expect("the feed");
        place = Some(feed.cursor);
        seen.extend(feed.events.into_iter().map(|(_, event)| event.id));
        seen.len() > WRITERS * WRITES
    })
    .await;
    writers.join_all().await.into_iter().collect::<crm_core::Result<()>>()?;
    assert!(everything, "only {} events have come", seen.len());
    let different: BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), different.len()), (WRITERS * WRITES + 1, WRITERS * WRITES + 1));
    Ok(())
}

async fn a_place_belongs_to_its_company(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let place = crm.admin().events().latest().await?;
    let other = crm.other_company();
    other.named("Elsewhere").await?;
    assert_eq!(malformed(other.admin().events().after(Some(place), 10).await), "cursor_invalid");
    Ok(())
}

async fn the_feed_is_for_those_who_see_all(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    for role in Role::ALL {
        assert_eq!(crm.scope(*role).events().after(None, 10).await?.events.len(), 1, "{role}");
    }
    for rights in [vec![], vec![Permission::own(Resource::Customers, Action::Read)]] {
        let actor = crm.actor(Role::Admin).with_permissions(rights);
        let mut scope = crm.crm.on(actor, &crm.db);
        assert_matches!(scope.events().after(None, 10).await, Err(Error::Forbidden { .. }));
        assert_matches!(scope.events().latest().await, Err(Error::Forbidden { .. }));
    }
    Ok(())
}

async fn in_a_hosts_transaction_the_feed_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Before").await?;
    crm.admin().events().latest().await?;
    let mut tx = begin_write(&crm.db).await?;
    let mut scope = crm.crm.within(Actor::system(crm.company), &mut tx);
    scope.customers().create(NewCustomer::organization("Not committed yet")).await?;
    assert_eq!(scope.events().after(None, 10).await?.events.len(), 1);
    tx.commit().await?;
    assert_eq!(crm.admin().events().after(None, 10).await?.events.len(), 2);
    Ok(())
}

async fn a_commit_wakes_those_who_wait(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut commits = crm.crm.commits();
    crm.other_company().named("Elsewhere").await?;
    crm.named("Here").await?;
    tokio::time::timeout(Duration::from_secs(60), commits.of(crm.company)).await?;
    Ok(())
}

fn what_is_no_place_is_refused() {
    for text in ["", "1", "abc", "e30", "eyJ2IjoxfQ"] {
        assert_eq!(malformed(text.parse::<EventPosition>().map_err(Error::from)), "cursor_invalid", "{text}");
    }
}
