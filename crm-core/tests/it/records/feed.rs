//! The feed of one company: every event once, in a fixed order, from any position.

use std::collections::BTreeSet;
use std::time::Duration;

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::NewCustomer;
use crm_core::events::{Event, EventPosition};
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::notes::NewNote;
use crm_core::{CompanyScope, Error, begin_write};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, malformed, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            the_feed_tells_every_event_once,
            who_follows_misses_nothing,
            a_place_belongs_to_its_company,
            a_place_that_nothing_has_reached_is_refused,
            the_cursor_passes_what_is_private_to_others,
            the_feed_is_for_those_who_see_all,
            events_are_for_those_who_may_read_the_record,
            in_a_hosts_transaction_the_feed_writes_nothing,
            private_events_do_not_change_the_revision,
        ];
        plain: [what_is_no_place_is_refused]
    );
}

/// All events from a place on, some at a time.
async fn follow(
    scope: &mut CompanyScope<'_>,
    mut position: Option<EventPosition>,
    limit: u64,
) -> crm_core::Result<Vec<(EventPosition, Event)>> {
    let mut all = Vec::new();
    loop {
        let feed = scope.events().after(position, limit).await?;
        assert!(feed.events.len() as u64 <= limit);
        all.extend(feed.events);
        position = Some(feed.cursor);
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
    for (number, (position, _)) in all.iter().enumerate() {
        assert_eq!(follow(&mut scope, Some(*position), 10).await?, all[number + 1..]);
        let text: EventPosition = position.to_string().parse()?;
        assert_eq!(text, *position);
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
    let (mut scope, mut seen, mut position) = (crm.other_process().admin(), Vec::new(), None);
    let everything = testkit::eventually(Duration::from_secs(60), async || {
        let feed = scope.events().after(position, 5).await.expect("the feed");
        position = Some(feed.cursor);
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
    let position = crm.admin().events().latest().await?;
    let other = crm.other_company();
    other.named("Elsewhere").await?;
    assert_eq!(malformed(other.admin().events().after(Some(position), 10).await), "cursor_invalid");
    Ok(())
}

async fn a_place_that_nothing_has_reached_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let mut bytes = crm.admin().events().latest().await?.to_bytes();
    bytes[EventPosition::LENGTH - 1] += 1;
    let next = EventPosition::from_bytes(&bytes);
    assert_eq!(malformed(crm.admin().events().after(next, 10).await), "cursor_invalid");
    assert_eq!(malformed(crm.admin().follow(next, Duration::from_secs(1)).await), "cursor_invalid");
    crm.named("Lee & Daughters").await?;
    assert_eq!(crm.admin().events().after(next, 10).await?.events, []);
    Ok(())
}

async fn the_cursor_passes_what_is_private_to_others(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let before = crm.admin().events().latest().await?;
    let mut author = crm.scope(Role::SalesRep);
    for number in 0..3 {
        author.notes(customer).create(NewNote::text(format!("Mine {number}")).private()).await?;
    }
    let feed = crm.admin().events().after(Some(before), 1).await?;
    assert_eq!((feed.events.len(), feed.has_more), (0, false));
    assert_eq!(feed.cursor, crm.admin().events().latest().await?, "the next look begins behind them");
    assert_eq!(author.events().after(Some(before), 10).await?.events.len(), 3);
    // One that is shared among them is not passed.
    author.notes(customer).create(NewNote::text("Ours")).await?;
    author.notes(customer).create(NewNote::text("Mine again").private()).await?;
    let feed = crm.admin().events().after(Some(feed.cursor), 10).await?;
    assert_eq!(told(&feed.events), [("crm.note.created", 1)]);
    assert_eq!(feed.cursor, crm.admin().events().latest().await?);
    Ok(())
}

async fn events_are_for_those_who_may_read_the_record(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut admin = crm.admin();
    admin.notes(customer).create(NewNote::text("What was said")).await?;
    admin.interactions(customer).create(NewInteraction::of(InteractionType::Call, "Quote")).await?;
    admin.customer_tags(customer).add(["VIP"]).await?;
    // Those that come later are the followers'.
    let first: BTreeSet<_> =
        admin.events().after(None, 100).await?.events.into_iter().map(|(_, event)| event.id).collect();
    let all = [
        "crm.customer.created",
        "crm.note.created",
        "crm.interaction.created",
        "crm.tag.created",
        "crm.customer.tagged",
    ];
    for (resource, shown) in [
        (None, &all[..1]),
        (Some(Resource::Notes), &all[..2]),
        (Some(Resource::Interactions), &[all[0], all[2]]),
        (Some(Resource::Tags), &[all[0], all[3], all[4]]),
    ] {
        let rights = [Resource::Customers].into_iter().chain(resource);
        let actor = crm.actor(Role::Viewer).with_permissions(rights.map(|of| Permission::all(of, Action::Read)));
        let feed = crm.crm.on(actor.clone(), &crm.db).events().after(None, 100).await?;
        let events = feed.events.iter().map(|(_, event)| event).filter(|event| first.contains(&event.id));
        let types: BTreeSet<&str> = events.map(|event| event.event_type.as_str()).collect();
        assert_eq!(types, shown.iter().copied().collect(), "{resource:?}");
        assert_eq!(feed.cursor, admin.events().latest().await?);
        // A follower gets the same events.
        let mut follower = crm.crm.on(actor, &crm.db).follow(None, Duration::from_secs(60)).await?;
        let note = admin.notes(customer).create(NewNote::text("More")).await?;
        admin.customers().update(customer, patch(|p| &mut p.city, format!("City {resource:?}")), None).await?;
        let mut heard = Vec::new();
        while heard.last().is_none_or(|last| *last != customer.0) {
            let events = tokio::time::timeout(Duration::from_secs(60), follower.next()).await??;
            heard.extend(events.iter().map(|event| event.event().subject));
        }
        let expected = [Some(note.id.0).filter(|_| resource == Some(Resource::Notes)), Some(customer.0)];
        assert_eq!(heard, expected.into_iter().flatten().collect::<Vec<_>>(), "{resource:?}");
        admin.notes(customer).delete(note.id, None).await?;
    }
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

/// A cache that uses the revision does not reveal a new private note.
async fn private_events_do_not_change_the_revision(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let (mut admin, mut author) = (crm.admin(), crm.scope(Role::SalesRep));
    for is_numbered in [false, true] {
        let number = async || match is_numbered {
            true => crm.admin().events().latest().await.map(drop),
            false => Ok(()),
        };
        number().await?;
        let before = admin.revision().await?;
        let note = author.notes(customer).create(NewNote::text("Mine").private()).await?;
        number().await?;
        author.notes(customer).delete(note.id, None).await?;
        assert_eq!((admin.revision().await?, author.revision().await?), (before, before));
        number().await?;
        assert_eq!((admin.revision().await?, author.revision().await?), (before, before));
        // What is shared from now on is new to all.
        author.notes(customer).create(NewNote::text("Ours")).await?;
        let shared = admin.revision().await?;
        assert_ne!(shared, before);
        number().await?;
        assert_eq!(admin.revision().await?, shared, "to be given a position changes nothing");
    }
    Ok(())
}

fn what_is_no_place_is_refused() {
    for text in ["", "1", "abc", "e30", "eyJ2IjoxfQ"] {
        assert_eq!(malformed(text.parse::<EventPosition>().map_err(Error::from)), "cursor_invalid", "{text}");
    }
}
