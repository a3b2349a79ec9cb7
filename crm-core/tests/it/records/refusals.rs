//! Refused reads and writes are in the audit trail; repeated ones are counted.

use std::time::Duration;

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::audit::{AuditEntry, Outcome};
use crm_core::customers::{CustomerQuery, CustomerSearch, ExportFormat};
use crm_core::interactions::InteractionQuery;
use crm_core::leads::{LeadQuery, NewLead};
use crm_core::notes::{NewNote, NotePatch, NoteQuery, NoteVisibility};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::TaskQuery;
use crm_core::{CompanyScope, Crm, Error};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        every_refused_read_is_audited,
        refusals_in_a_loop_are_counted,
        what_was_told_of_a_note_that_becomes_private_is_hidden,
        a_note_that_becomes_private_is_a_write_that_others_notice,
    ]);
}

async fn denied(crm: &TestCrm) -> crm_core::Result<Vec<AuditEntry>> {
    let mut all = Vec::new();
    let mut page = PageRequest::default().limit(100);
    loop {
        let read = crm.admin().audit().list(None, &page).await?;
        all.extend(read.data);
        let Some(next) = read.next_cursor else { break };
        page = PageRequest::after(next).limit(100);
    }
    Ok(all.into_iter().filter(|entry| entry.outcome == Outcome::Denied).collect())
}

/// Calls, and returns the number of refusals in the audit trail.
async fn refused<T: std::fmt::Debug>(
    crm: &TestCrm,
    what: &str,
    permissions: &[Permission],
    call: impl AsyncFnOnce(CompanyScope<'static>) -> crm_core::Result<T>,
) -> anyhow::Result<()> {
    // Another user each time, so that nothing is a loop.
    let user = crm_core::ids::UserId::from_foreign(crm.company.0, what);
    let actor = Actor::user(crm.company, user, Role::Viewer).with_permissions(permissions.iter().copied());
    let before = denied(crm).await?.len();
    assert_matches!(call(crm.crm.on(actor, &crm.db)).await, Err(Error::Forbidden { .. }));
    let after = denied(crm).await?;
    assert_eq!(after.len(), before + 1, "{what} is refused without a trace");
    assert_eq!(after[0].actor.id, Some(user), "{what}");
    Ok(())
}

async fn every_refused_read_is_audited(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let id = crm.named("Lee & Co").await?.id;
    let page = PageRequest::default();
    let read = |resource| Permission::all(resource, Action::Read);
    let (customers, own) = ([read(Resource::Customers)], [Permission::own(Resource::Customers, Action::Read)]);
    let query = CustomerQuery::default;
    refused(&crm, "get", &[], async |mut scope| scope.customers().get(id).await).await?;
    refused(&crm, "list", &[], async |mut scope| scope.customers().list(&query(), &page).await).await?;
    let search = CustomerSearch { text: "lee".to_owned(), query: query() };
    refused(&crm, "search", &[], async |mut scope| scope.customers().search(&search, &page).await).await?;
    refused(&crm, "history", &[], async |mut scope| scope.customers().history(id, &page).await).await?;
    refused(&crm, "timeline", &[], async |mut scope| scope.customers().timeline(id, &Default::default(), &page).await)
        .await?;
    let trash = CustomerQuery { trashed: true, ..query() };
    refused(&crm, "trash", &customers, async |mut scope| scope.customers().list(&trash, &page).await).await?;
    refused(&crm, "notes", &customers, async |mut scope| scope.notes(id).list(&Default::default(), &page).await)
        .await?;
    let trash = NoteQuery { trashed: true, ..NoteQuery::default() };
    let notes = [read(Resource::Customers), read(Resource::Notes)];
    refused(&crm, "notes' trash", &notes, async |mut scope| scope.notes(id).list(&trash, &page).await).await?;
    refused(&crm, "notes without customers", &[read(Resource::Notes)], async |mut scope| {
        scope.notes(id).list(&Default::default(), &page).await
    })
    .await?;
    let trash = InteractionQuery { trashed: true, ..InteractionQuery::default() };
    let interactions = [read(Resource::Customers), read(Resource::Interactions)];
    refused(&crm, "calls", &customers, async |mut scope| scope.interactions(id).list(&Default::default(), &page).await)
        .await?;
    refused(&crm, "all calls", &customers, async |mut scope| {
        scope.all_interactions().list(&Default::default(), &page).await
    })
    .await?;
    refused(&crm, "calls' trash", &interactions, async |mut scope| scope.interactions(id).list(&trash, &page).await)
        .await?;
    refused(&crm, "all calls' trash", &interactions, async |mut scope| {
        scope.all_interactions().list(&trash, &page).await
    })
    .await?;
    refused(&crm, "tasks", &customers, async |mut scope| scope.tasks().list(&Default::default(), &page).await).await?;
    let trash = TaskQuery { trashed: true, ..TaskQuery::default() };
    let tasks = [read(Resource::Customers), read(Resource::Tasks)];
    refused(&crm, "tasks' trash", &tasks, async |mut scope| scope.tasks().list(&trash, &page).await).await?;
    refused(&crm, "agenda", &customers, async |mut scope| scope.tasks().agenda(&Default::default()).await).await?;
    let lead = crm.admin().leads().create(NewLead::person("Ann", "Lee")).await?.id;
    refused(&crm, "leads", &customers, async |mut scope| scope.leads().list(&Default::default(), &page).await).await?;
    let trash = LeadQuery { trashed: true, ..LeadQuery::default() };
    let leads = [read(Resource::Leads)];
    refused(&crm, "leads' trash", &leads, async |mut scope| scope.leads().list(&trash, &page).await).await?;
    refused(&crm, "a lead", &customers, async |mut scope| scope.leads().get(lead).await).await?;
    let notes = [read(Resource::Customers), read(Resource::Notes)];
    refused(&crm, "a lead's notes", &notes, async |mut scope| {
        scope.lead_notes(lead).list(&Default::default(), &page).await
    })
    .await?;
    refused(&crm, "statuses", &customers, async |mut scope| {
        scope.lead_statuses().list(&Default::default(), &page).await
    })
    .await?;
    refused(&crm, "a lead's score", &customers, async |mut scope| scope.leads().score(lead).await).await?;
    refused(&crm, "rules", &customers, async |mut scope| {
        scope.lead_scoring().list_rules(&Default::default(), &page).await
    })
    .await?;
    refused(&crm, "a model", &customers, async |mut scope| scope.lead_scoring().model().await).await?;
    refused(&crm, "assignment rules", &customers, async |mut scope| {
        scope.lead_assignment_rules().list(&Default::default(), &page).await
    })
    .await?;
    refused(&crm, "capture forms", &customers, async |mut scope| {
        scope.capture_forms().list(&Default::default(), &page).await
    })
    .await?;
    refused(&crm, "submissions", &customers, async |mut scope| scope.lead_submissions(lead).list(&page).await).await?;
    refused(&crm, "tags", &customers, async |mut scope| scope.tags().list(&Default::default(), &page).await).await?;
    refused(&crm, "a customer's tags", &customers, async |mut scope| scope.customer_tags(id).list().await).await?;
    refused(&crm, "users", &customers, async |mut scope| scope.users().list(&page).await).await?;
    refused(&crm, "settings", &customers, async |mut scope| scope.settings().get().await).await?;
    refused(&crm, "audit", &customers, async |mut scope| scope.audit().list(None, &page).await).await?;
    refused(&crm, "stats", &[], async |mut scope| scope.stats().overall().await).await?;
    refused(&crm, "dashboard", &[], async |mut scope| scope.stats().dashboard(&Default::default()).await).await?;
    refused(&crm, "activity", &[], async |mut scope| scope.stats().activity(id, None).await).await?;
    refused(&crm, "events", &[], async |mut scope| scope.events().latest().await).await?;
    refused(&crm, "events of own customers", &own, async |mut scope| scope.events().after(None, 1).await).await?;
    refused(&crm, "export", &customers, async |scope| {
        scope.export_customers(query(), ExportFormat::Csv).await.map(drop)
    })
    .await?;
    Ok(())
}

async fn refusals_in_a_loop_are_counted(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let customer = crm.named("Lee & Co").await?.id;
    let viewer = || crm.scope(Role::Viewer);
    let delete = async || {
        let refused = viewer().customers().delete(customer, None).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
    };
    for _ in 0..30 {
        delete().await;
    }
    assert_eq!(denied(&crm).await?.len(), 5, "the first of them");
    // Others, and other actions, are not in the loop.
    assert_matches!(crm.scope(Role::Support).customers().delete(customer, None).await, Err(Error::Forbidden { .. }));
    let read = viewer().audit().list(None, &PageRequest::default()).await;
    assert_matches!(read, Err(Error::Forbidden { .. }));
    assert_eq!(denied(&crm).await?.len(), 7);

    // The next one after the minute reports those before.
    clock.advance(Duration::from_secs(60));
    delete().await;
    let trail = denied(&crm).await?;
    assert_eq!(trail.len(), 9);
    let told: Vec<&AuditEntry> = trail.iter().filter(|entry| !entry.details.is_empty()).collect();
    let [told] = told.as_slice() else { panic!("one entry tells of many: {told:?}") };
    assert_eq!((told.action.as_str(), told.entity.as_str(), told.entity_id), ("delete", "customers", None));
    assert_eq!((told.actor.id, &told.details["repeated"]), (Some(crm.user(Role::Viewer)), &25.into()));

    // Or on an explicit call.
    for _ in 0..10 {
        delete().await;
    }
    assert_eq!(denied(&crm).await?.len(), 13);
    assert_eq!(crm.crm.record_repeated_refusals(&crm.db).await?, 1);
    assert_eq!(crm.crm.record_repeated_refusals(&crm.db).await?, 0);
    let told = denied(&crm).await?;
    let told: Vec<u64> = told.iter().filter_map(|entry| entry.details.get("repeated")?.as_u64()).collect();
    assert!(told.len() == 2 && told.contains(&25) && told.contains(&6), "{told:?}");
    Ok(())
}

async fn what_was_told_of_a_note_that_becomes_private_is_hidden(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut author = crm.scope(Role::Manager);
    let note = author.notes(customer).create(NewNote::text("Hello")).await?.id;
    // Refused, and so in the trail.
    assert_matches!(crm.scope(Role::Viewer).notes(customer).delete(note, None).await, Err(Error::Forbidden { .. }));
    let start = crm.admin().events().after(None, 100).await?;
    assert_eq!(start.events.len(), 2);
    let trail = async || crm.admin().audit().list(Some(note.0), &PageRequest::default()).await;
    assert_eq!(trail().await?.data.len(), 2);

    let visibility = |visibility| NotePatch { visibility: Patch::Set(visibility), ..NotePatch::default() };
    author.notes(customer).update(note, visibility(NoteVisibility::Private), None).await?;
    let left: Vec<String> = trail().await?.data.into_iter().map(|entry| entry.action).collect();
    assert_eq!(left, ["deleted"], "to the others it is gone");
    let of_note = async |scope: &mut CompanyScope<'_>| -> crm_core::Result<Vec<String>> {
        let events = scope.events().after(None, 100).await?.events;
        let events = events.into_iter().filter(|(_, event)| event.subject == note.0);
        let mut told: Vec<String> = events.map(|(_, event)| event.event_type).collect();
        // Those of one write have no order.
        told.sort_unstable();
        Ok(told)
    };
    assert_eq!(of_note(&mut crm.admin()).await?, ["crm.note.deleted"]);
    assert_eq!(of_note(&mut author).await?, ["crm.note.created", "crm.note.deleted", "crm.note.updated"]);

    // Later refusals are visible to all; earlier ones stay the author's.
    author.notes(customer).update(note, visibility(NoteVisibility::Shared), None).await?;
    assert_eq!(of_note(&mut crm.admin()).await?, ["crm.note.created", "crm.note.deleted"]);
    let told: Vec<String> = trail().await?.data.into_iter().map(|entry| entry.action).collect();
    assert_eq!(told, ["created", "deleted"]);
    Ok(())
}

/// What others have kept of the company's shared records does not hold any more.
async fn a_note_that_becomes_private_is_a_write_that_others_notice(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?.id;
    let mut author = crm.scope(Role::Manager);
    for numbered in [false, true] {
        let note = author.notes(customer).create(NewNote::text("Hello")).await?.id;
        if numbered {
            crm.admin().events().latest().await?;
        }
        let mut seen = vec![crm.admin().revision().await?];
        for visibility in [NoteVisibility::Private, NoteVisibility::Shared, NoteVisibility::Private] {
            let change = NotePatch { visibility: Patch::Set(visibility), ..NotePatch::default() };
            author.notes(customer).update(note, change, None).await?;
            let revision = crm.admin().revision().await?;
            assert!(!seen.contains(&revision), "{visibility} after {seen:?}");
            seen.push(revision);
        }
        // Giving positions is no write.
        crm.admin().events().latest().await?;
        assert_eq!(seen.last(), Some(&crm.admin().revision().await?));
    }
    Ok(())
}
