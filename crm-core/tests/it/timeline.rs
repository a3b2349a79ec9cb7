//! The timeline of a customer: every entry once, in order of time.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::{Actor, ActorKind, ActorRef, Role};
use crm_core::customers::{Customer, ImportOptions};
use crm_core::ids::CustomerId;
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::notes::NewNote;
use crm_core::page::{Count, Page, PageRequest, Position, TotalRelation};
use crm_core::timeline::{ExternalEntry, TimelineEntry, TimelineKind, TimelineQuery, TimelineRequest, TimelineSource};
use crm_core::{CompanyScope, Crm, Error};
use testkit::{FixedClock, Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches, malformed, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            everything_is_there_at_its_own_time,
            pages_together_are_the_whole,
            a_timeline_is_narrowed_by_kind_and_time,
            private_notes_are_in_their_authors_timeline_only,
            what_is_in_the_trash_is_not_there,
            the_timeline_of_nobody_is_not_found,
            an_import_is_told_from_what_people_do,
            tags_are_told_with_their_names,
            a_host_adds_entries_of_its_own,
            a_source_that_fails_fails_the_timeline,
        ]
    );
}

async fn whole(
    scope: &mut CompanyScope<'_>,
    id: CustomerId,
    query: &TimelineQuery,
) -> crm_core::Result<Page<TimelineEntry>> {
    scope.customers().timeline(id, query, &PageRequest::default().limit(100).count(Count::Exact)).await
}

fn told(page: &Page<TimelineEntry>) -> Vec<(TimelineKind, String)> {
    page.data.iter().map(|entry| (entry.kind, entry.title.clone().unwrap_or_else(|| entry.action.clone()))).collect()
}

fn only(kind: &[TimelineKind]) -> TimelineQuery {
    TimelineQuery { kind: kind.to_vec(), ..TimelineQuery::default() }
}

/// A customer with some of everything; the clock goes on by a minute for each.
async fn populated(
    database: &TestDatabase,
    builder: crm_core::CrmBuilder,
) -> anyhow::Result<(TestCrm, Customer, FixedClock)> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(database, builder.clock(clock.clone()));
    let minute = Duration::from_secs(60);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    clock.advance(minute);
    let title = |text: &str| NewNote { title: Some(text.to_owned()), ..NewNote::text("For all") };
    scope.notes(customer.id).create(title("A note")).await?;
    clock.advance(minute);
    scope.customers().update(customer.id, patch(|p| &mut p.city, "Bonn".to_owned()), None).await?;
    clock.advance(minute);
    let now = scope.notes(customer.id).create(title("Another note")).await?.created_at;
    let called = NewInteraction {
        interaction_type: Some(InteractionType::Call),
        subject: Some("Called long ago".to_owned()),
        completed_at: Some(now - TimeDelta::days(400)),
        ..NewInteraction::default()
    };
    scope.interactions(customer.id).create(called).await?;
    let planned = NewInteraction {
        interaction_type: Some(InteractionType::Meeting),
        subject: Some("Planned".to_owned()),
        scheduled_at: Some(now + TimeDelta::days(3)),
        ..NewInteraction::default()
    };
    scope.interactions(customer.id).create(planned).await?;
    Ok((crm, customer, clock))
}

async fn everything_is_there_at_its_own_time(database: TestDatabase) -> anyhow::Result<()> {
    use TimelineKind::{Change, Interaction, Note};
    let (crm, customer, _) = populated(&database, Crm::builder()).await?;
    let page = whole(&mut crm.scope(Role::Viewer), customer.id, &TimelineQuery::default()).await?;
    let expected = [
        (Interaction, "Planned"),
        (Note, "Another note"),
        (Change, "updated"),
        (Note, "A note"),
        (Change, "created"),
        (Interaction, "Called long ago"),
    ];
    assert_eq!(told(&page), expected.map(|(kind, title)| (kind, title.to_owned())));
    assert_eq!((page.total, page.total_relation), (Some(6), Some(TotalRelation::Eq)));
    let change = &page.data[2];
    assert_eq!((change.version, change.changes[0].field.as_str()), (Some(2), "city"));
    assert_eq!(change.actor.id, Some(crm.user(Role::Admin)));
    let note = page.data[3].note.clone().expect("a note");
    assert_eq!(crm.admin().notes(customer.id).get(note.id).await?, note, "as it is read by itself");
    let call = page.data[5].interaction.clone().expect("an interaction");
    assert_eq!(crm.admin().interactions(customer.id).get(call.id).await?, call, "as it is read by itself");
    Ok(())
}

async fn pages_together_are_the_whole(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer, _) = populated(&database, Crm::builder().timeline_source(Invoices)).await?;
    let mut scope = crm.admin();
    let all = whole(&mut scope, customer.id, &TimelineQuery::default()).await?.data;
    assert_eq!(all.len(), 9);
    for limit in 1..=10 {
        let (mut read, mut request) = (Vec::new(), PageRequest::default().limit(limit));
        for number in 1.. {
            let page = scope.customers().timeline(customer.id, &TimelineQuery::default(), &request).await?;
            let by_number = PageRequest::new(Some(Position::Number(number)), Some(limit), None)?;
            let by_number = scope.customers().timeline(customer.id, &TimelineQuery::default(), &by_number).await?;
            assert_eq!((&by_number.data, by_number.total), (&page.data, Some(9)));
            read.extend(page.data);
            let Some(cursor) = page.next_cursor else { break };
            request = PageRequest::after(cursor).limit(limit);
        }
        assert_eq!(read, all, "{limit} at a time");
    }
    let cursor =
        scope.customers().timeline(customer.id, &TimelineQuery::default(), &PageRequest::default().limit(2)).await?;
    let request = PageRequest::after(cursor.next_cursor.expect("a second page"));
    let other = scope.customers().timeline(customer.id, &only(&[TimelineKind::Note]), &request).await;
    assert_eq!(malformed(other), "cursor_invalid");
    Ok(())
}

async fn a_timeline_is_narrowed_by_kind_and_time(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer, _) = populated(&database, Crm::builder().timeline_source(Invoices)).await?;
    let mut scope = crm.admin();
    let all = whole(&mut scope, customer.id, &TimelineQuery::default()).await?.data;
    for kinds in [
        vec![TimelineKind::Note],
        vec![TimelineKind::Interaction, TimelineKind::Change],
        vec![TimelineKind::External],
        vec![TimelineKind::Trash],
        vec![TimelineKind::Import, TimelineKind::Trash],
    ] {
        let expected: Vec<_> = all.iter().filter(|entry| kinds.contains(&entry.kind)).cloned().collect();
        let page = whole(&mut scope, customer.id, &only(&kinds)).await?;
        assert_eq!((page.total, page.data), (Some(expected.len() as u64), expected), "{kinds:?}");
    }
    for (from, to) in [(Some(2), None), (None, Some(2)), (Some(1), Some(3)), (Some(3), Some(3))] {
        let at = |index: Option<usize>| index.map(|index| all[index].at);
        let query = TimelineQuery { from: at(to), to: at(from), ..TimelineQuery::default() };
        let expected: Vec<_> = all
            .iter()
            .filter(|entry| query.from.is_none_or(|from| entry.at >= from) && query.to.is_none_or(|to| entry.at < to))
            .cloned()
            .collect();
        assert_eq!(whole(&mut scope, customer.id, &query).await?.data, expected, "{from:?} {to:?}");
    }
    Ok(())
}

async fn private_notes_are_in_their_authors_timeline_only(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer, _) = populated(&database, Crm::builder()).await?;
    let before = whole(&mut crm.admin(), customer.id, &TimelineQuery::default()).await?;
    let mut author = crm.scope(Role::SalesRep);
    author.notes(customer.id).create(NewNote::text("The secret").private()).await?;
    assert_eq!(whole(&mut author, customer.id, &TimelineQuery::default()).await?.total, Some(7));
    for actor in [crm.actor(Role::Admin), crm.actor(Role::Viewer), Actor::system(crm.company)] {
        let mut scope = crm.crm.on(actor, &crm.db);
        assert_eq!(whole(&mut scope, customer.id, &TimelineQuery::default()).await?, before);
    }
    Ok(())
}

async fn what_is_in_the_trash_is_not_there(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer, _) = populated(&database, Crm::builder()).await?;
    let mut scope = crm.admin();
    let notes = whole(&mut scope, customer.id, &only(&[TimelineKind::Note])).await?.data;
    scope.notes(customer.id).delete(notes[0].id.into(), None).await?;
    assert_eq!(whole(&mut scope, customer.id, &only(&[TimelineKind::Note])).await?.data, notes[1..]);
    scope.customers().delete(customer.id, None).await?;
    let trash = whole(&mut scope, customer.id, &TimelineQuery::default()).await?;
    assert_eq!(trash.data[0].kind, TimelineKind::Trash);
    let viewer = whole(&mut crm.scope(Role::Viewer), customer.id, &TimelineQuery::default()).await;
    assert_matches!(viewer, Err(Error::NotFound { .. }));
    scope.customers().restore(customer.id).await?;
    let restored = whole(&mut crm.scope(Role::Viewer), customer.id, &only(&[TimelineKind::Trash])).await?;
    assert_eq!(
        told(&restored),
        [(TimelineKind::Trash, "restored".to_owned()), (TimelineKind::Trash, "deleted".to_owned())]
    );
    Ok(())
}

async fn the_timeline_of_nobody_is_not_found(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer, _) = populated(&database, Crm::builder().timeline_source(Invoices)).await?;
    let foreign = whole(&mut crm.other_company().admin(), customer.id, &TimelineQuery::default()).await;
    assert_matches!(foreign, Err(Error::NotFound { .. }));
    let nobody = CustomerId(Uuid::now_v7());
    assert_matches!(whole(&mut crm.admin(), nobody, &TimelineQuery::default()).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn an_import_is_told_from_what_people_do(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let file: &[u8] = b"name,email\nAnn,ann@example.com\n";
    let mut scope = crm.admin();
    scope.customers().import(file, ImportOptions::default()).await?;
    let list = scope.customers().list(&Default::default(), &PageRequest::default()).await?;
    let ann = list.data[0].id;
    scope.customers().update(ann, patch(|p| &mut p.city, "Bonn".to_owned()), None).await?;
    let page = whole(&mut scope, ann, &TimelineQuery::default()).await?;
    let kinds: Vec<TimelineKind> = page.data.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [TimelineKind::Change, TimelineKind::Import]);
    assert_eq!(whole(&mut scope, ann, &only(&[TimelineKind::Import])).await?.data, page.data[1..]);
    Ok(())
}

/// Three invoices for everybody, at fixed times.
struct Invoices;

#[async_trait]
impl TimelineSource for Invoices {
    async fn entries(&self, request: &TimelineRequest) -> crm_core::Result<Vec<ExternalEntry>> {
        let booked = |number: i64| ExternalEntry {
            id: Uuid::from_u128(number as u128),
            at: DateTime::<Utc>::from_timestamp(1_700_000_000 + number * 86_400, 0).expect("a time"),
            source: "invoices".to_owned(),
            action: "booked".to_owned(),
            title: Some(format!("Invoice {number}")),
            actor: ActorRef { kind: ActorKind::System, id: None },
            data: serde_json::Map::from_iter([("customer".to_owned(), serde_json::json!(request.customer))]),
        };
        // It leaves it to the timeline to pick.
        assert!(request.limit <= 1_001, "a page is no reason to ask for {} entries", request.limit);
        Ok((1..=3).rev().map(booked).collect())
    }

    async fn count(&self, _request: &TimelineRequest) -> crm_core::Result<u64> {
        Ok(3)
    }
}

async fn tags_are_told_with_their_names(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer, clock) = populated(&database, Crm::builder()).await?;
    clock.advance(Duration::from_secs(60));
    let mut scope = crm.admin();
    scope.customer_tags(customer.id).add(["VIP"]).await?;
    clock.advance(Duration::from_secs(60));
    scope.customer_tags(customer.id).remove(["vip"]).await?;
    let page = whole(&mut scope, customer.id, &only(&[TimelineKind::Tag])).await?;
    let told: Vec<_> = page.data.iter().map(|entry| (entry.action.as_str(), entry.changes[0].to.to_string())).collect();
    assert_eq!(told, [("untagged", "[]".to_owned()), ("tagged", "[\"VIP\"]".to_owned())]);
    let changes = whole(&mut scope, customer.id, &only(&[TimelineKind::Change])).await?;
    assert!(changes.data.iter().all(|entry| entry.action == "created" || entry.action == "updated"));
    Ok(())
}

async fn a_host_adds_entries_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer, _) = populated(&database, Crm::builder().timeline_source(Invoices)).await?;
    let page = whole(&mut crm.admin(), customer.id, &only(&[TimelineKind::External])).await?;
    let titles: Vec<_> = page.data.iter().filter_map(|entry| entry.title.as_deref()).collect();
    assert_eq!(titles, ["Invoice 3", "Invoice 2", "Invoice 1"]);
    assert_eq!(page.data[0].source.as_deref(), Some("invoices"));
    assert_eq!(page.data[0].data["customer"], serde_json::json!(customer.id));
    Ok(())
}

struct Broken;

#[async_trait]
impl TimelineSource for Broken {
    async fn entries(&self, _request: &TimelineRequest) -> crm_core::Result<Vec<ExternalEntry>> {
        Err(Error::Internal("the invoices are on fire".into()))
    }

    async fn count(&self, _request: &TimelineRequest) -> crm_core::Result<u64> {
        Err(Error::Internal("the invoices are on fire".into()))
    }
}

async fn a_source_that_fails_fails_the_timeline(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, customer, _) = populated(&database, Crm::builder().timeline_source(Broken)).await?;
    let mut scope = crm.admin();
    assert_matches!(whole(&mut scope, customer.id, &TimelineQuery::default()).await, Err(Error::Internal(_)));
    // Who does not want its entries does not need it.
    assert_eq!(whole(&mut scope, customer.id, &only(&[TimelineKind::Note])).await?.data.len(), 2);
    Ok(())
}
