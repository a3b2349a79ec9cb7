//! Saved views: who sees and changes them, and what they may hold.

use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::customers::CustomerSearch;
use crm_core::deals::{DealQuery, NewDeal};
use crm_core::page::{Count, PageRequest};
use crm_core::saved_views::{NewSavedView, SavedView, SavedViewPatch, SavedViewQuery, ViewEntity, ViewVisibility};
use crm_core::tasks::{NewTask, TaskPriority, TaskQuery};
use crm_core::{Conflict, Error};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_private_view_is_its_owners_alone,
        a_view_that_becomes_private_takes_its_records_along,
        a_shared_view_is_changed_by_its_owner_and_by_managers,
        only_the_owner_says_who_sees_a_view,
        a_view_is_of_an_entity_that_one_may_read,
        names_are_unique_per_owner_and_entity,
        a_view_can_be_run,
        a_view_of_tasks_can_be_run,
        a_view_of_deals_can_be_run,
        a_service_has_no_private_views,
    ]);
}

fn view(name: &str, visibility: ViewVisibility) -> NewSavedView {
    NewSavedView { visibility: Some(visibility), ..NewSavedView::named(ViewEntity::Customers, name) }
}

fn patch(patch: serde_json::Value) -> SavedViewPatch {
    serde_json::from_value(patch).expect("a patch")
}

async fn names(crm: &TestCrm, role: Role) -> crm_core::Result<Vec<String>> {
    let request = PageRequest::default().count(Count::Exact);
    let page = crm.scope(role).saved_views().list(&SavedViewQuery::default(), &request).await?;
    assert_eq!(page.total, Some(page.data.len() as u64), "what is not seen is not counted");
    Ok(page.data.into_iter().map(|view| view.name).collect())
}

/// How many events and entries of the audit trail this role sees of the view.
async fn told(crm: &TestCrm, role: Role, view: &SavedView) -> crm_core::Result<usize> {
    let events = crm.scope(role).events().after(None, 100).await?.events;
    Ok(events.iter().filter(|(_, event)| event.subject == view.id.0).count())
}

async fn a_private_view_is_its_owners_alone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mine = crm.scope(Role::SalesRep).saved_views().create(view("Mine", ViewVisibility::Private)).await?;
    crm.scope(Role::SalesRep).saved_views().create(view("Ours", ViewVisibility::Shared)).await?;
    assert_eq!(names(&crm, Role::SalesRep).await?, ["Mine", "Ours"]);
    for role in [Role::Admin, Role::Manager, Role::Viewer] {
        assert_eq!(names(&crm, role).await?, ["Ours"], "{role}");
        let mut scope = crm.scope(role);
        assert_matches!(scope.saved_views().get(mine.id).await, Err(Error::NotFound { .. }));
        let renamed = scope.saved_views().update(mine.id, patch(json!({ "name": "Theirs" })), None).await;
        assert_matches!(renamed, Err(Error::NotFound { .. }));
        assert_matches!(scope.saved_views().delete(mine.id, None).await, Err(Error::NotFound { .. }));
        assert_eq!(told(&crm, role, &mine).await?, 0, "{role}");
    }
    assert_eq!(told(&crm, Role::SalesRep, &mine).await?, 1);
    crm.scope(Role::SalesRep).saved_views().delete(mine.id, None).await?;
    let trail = crm.admin().audit().list(Some(mine.id.0), &PageRequest::default()).await?.data;
    assert!(trail.is_empty(), "{trail:?}");
    Ok(())
}

async fn a_view_that_becomes_private_takes_its_records_along(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut sales = crm.scope(Role::SalesRep);
    let ours = sales.saved_views().create(view("Secret plan", ViewVisibility::Shared)).await?;
    assert_eq!(told(&crm, Role::Admin, &ours).await?, 1);
    let mine = sales.saved_views().update(ours.id, patch(json!({ "visibility": "private" })), Some(1)).await?;
    assert_eq!((mine.version, mine.visibility), (2, ViewVisibility::Private));
    // The others learn that it is gone, and nothing else.
    assert_eq!(told(&crm, Role::Admin, &ours).await?, 1);
    let trail = crm.admin().audit().list(Some(ours.id.0), &PageRequest::default()).await?.data;
    assert_eq!(trail.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["deleted"]);
    Ok(())
}

async fn a_shared_view_is_changed_by_its_owner_and_by_managers(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ours = crm.scope(Role::SalesRep).saved_views().create(view("Ours", ViewVisibility::Shared)).await?;
    assert_eq!(ours.owner.as_ref().and_then(|owner| owner.display_name.as_deref()), Some("The sales_rep"));
    for (role, may) in [(Role::SalesRep, true), (Role::Manager, true), (Role::Admin, true), (Role::Support, false)] {
        let renamed = patch(json!({ "name": format!("By {role}") }));
        let changed = crm.scope(role).saved_views().update(ours.id, renamed, None).await;
        assert_eq!(changed.is_ok(), may, "{role}");
        if !may {
            assert_matches!(changed, Err(Error::Forbidden { .. }));
        }
    }
    assert_matches!(crm.scope(Role::Viewer).saved_views().delete(ours.id, None).await, Err(Error::Forbidden { .. }));
    crm.scope(Role::Manager).saved_views().delete(ours.id, Some(4)).await?;
    assert_eq!(names(&crm, Role::SalesRep).await?, Vec::<String>::new());
    Ok(())
}

async fn only_the_owner_says_who_sees_a_view(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ours = crm.scope(Role::SalesRep).saved_views().create(view("Ours", ViewVisibility::Shared)).await?;
    let hidden = crm.admin().saved_views().update(ours.id, patch(json!({ "visibility": "private" })), None).await;
    assert_matches!(hidden, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn a_view_is_of_an_entity_that_one_may_read(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewSavedView {
        visibility: Some(ViewVisibility::Shared),
        ..NewSavedView::named(ViewEntity::Interactions, "Calls")
    };
    let calls = crm.admin().saved_views().create(new.clone()).await?;
    let rights = [(Resource::Customers, Action::Read), (Resource::SavedViews, Action::Read)]
        .into_iter()
        .chain([(Resource::SavedViews, Action::Create)])
        .map(|(resource, action)| Permission::all(resource, action));
    let mut scope = crm.crm.on(crm.actor(Role::Viewer).with_permissions(rights), &crm.db);
    assert_matches!(scope.saved_views().get(calls.id).await, Err(Error::NotFound { .. }));
    let page = scope.saved_views().list(&SavedViewQuery::default(), &PageRequest::default()).await?;
    assert!(page.data.is_empty());
    assert_matches!(scope.saved_views().create(new).await, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn names_are_unique_per_owner_and_entity(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    scope.saved_views().create(view("Größte Kunden", ViewVisibility::Private)).await?;
    let taken = scope.saved_views().create(view(" größte  kunden", ViewVisibility::Shared)).await;
    assert_matches!(taken, Err(Error::Conflict(Conflict::SavedViewNameTaken)));
    let other = NewSavedView::named(ViewEntity::Interactions, "Größte Kunden");
    scope.saved_views().create(other).await?;
    crm.scope(Role::Manager).saved_views().create(view("Größte Kunden", ViewVisibility::Shared)).await?;
    Ok(())
}

async fn a_view_can_be_run(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let query = json!({ "ownerId": "none", "createdFrom": "now-1d", "status": "Prospect,active", "tag": null });
    let new = NewSavedView { query: query.as_object().cloned(), ..view("New", ViewVisibility::Private) };
    let saved = scope.saved_views().create(new).await?;
    let stored = json!({ "ownerId": "none", "createdFrom": "now-1d", "status": ["prospect", "active"] });
    assert_eq!(saved.query, *stored.as_object().expect("an object"));
    let search = CustomerSearch::from_json(&saved.query)?;
    assert_eq!(crm.names(&search.query).await?, ["Lee & Co"]);
    for (query, pointer, code) in [
        (json!({ "filter": { "field": "colour", "op": "eq", "value": 1 } }), "/query/filter", "filter_invalid"),
        (json!({ "filter": { "field": "city" } }), "/query/filter/op", "filter_invalid"),
        (json!({ "q": "&" }), "/query/q", "parameter_invalid"),
        (json!({ "trashed": true }), "/query/trashed", "unknown_field"),
        (json!({ "limit": 5 }), "/query/limit", "unknown_field"),
        (json!({ "tag": vec!["x"; 101] }), "/query/tag", "invalid"),
    ] {
        let new = NewSavedView { query: query.as_object().cloned(), ..view("Bad", ViewVisibility::Private) };
        assert_eq!(violation(scope.saved_views().create(new).await, pointer), code, "{query}");
    }
    Ok(())
}

async fn a_view_of_tasks_can_be_run(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let urgent = NewTask { priority: Some(TaskPriority::Urgent), ..NewTask::titled("Call back") };
    let urgent = scope.tasks().create(urgent).await?;
    scope.tasks().create(NewTask::titled("Tidy up")).await?;
    let query = json!({ "assigneeId": "me", "priority": "urgent,high", "status": "Not started", "dueTo": null });
    let new = NewSavedView {
        query: query.as_object().cloned(),
        sort: Some("-priority".to_owned()),
        columns: Some(vec!["title".to_owned(), "dueAt".to_owned()]),
        ..NewSavedView::named(ViewEntity::Tasks, "Urgent")
    };
    let saved = scope.saved_views().create(new).await?;
    let stored = json!({ "assigneeId": "me", "priority": ["urgent", "high"], "status": ["not_started"] });
    assert_eq!(saved.query, *stored.as_object().expect("an object"));
    let found = scope.tasks().list(&TaskQuery::from_json(&saved.query)?, &PageRequest::default()).await?;
    assert_eq!(found.data.iter().map(|task| task.id).collect::<Vec<_>>(), [urgent.id]);
    for (query, pointer, code) in [
        (json!({ "filter": { "field": "colour", "op": "eq", "value": 1 } }), "/query/filter", "filter_invalid"),
        (json!({ "trashed": true }), "/query/trashed", "unknown_field"),
        (json!({ "dueTo": "soon" }), "/query/dueTo", "invalid"),
    ] {
        let new = NewSavedView { query: query.as_object().cloned(), ..NewSavedView::named(ViewEntity::Tasks, "Bad") };
        assert_eq!(violation(scope.saved_views().create(new).await, pointer), code, "{query}");
    }
    let sorted = NewSavedView { sort: Some("name".to_owned()), ..NewSavedView::named(ViewEntity::Tasks, "Bad") };
    assert_eq!(violation(scope.saved_views().create(sorted).await, "/sort"), "sort_invalid");
    Ok(())
}

async fn a_view_of_deals_can_be_run(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    crm.admin().deals().create(customer.id, NewDeal::named("200 units")).await?;
    let mut scope = crm.admin();
    let query =
        json!({ "q": "units", "status": "open", "ownerId": "me", "isRotten": "false", "expectedCloseFrom": null });
    let new = NewSavedView {
        query: query.as_object().cloned(),
        sort: Some("-amount".to_owned()),
        columns: Some(vec!["name".to_owned(), "weightedAmount".to_owned()]),
        ..NewSavedView::named(ViewEntity::Deals, "My open deals")
    };
    let saved = scope.saved_views().create(new).await?;
    let stored = json!({ "q": "units", "status": ["open"], "ownerId": "me", "isRotten": false });
    assert_eq!(saved.query, *stored.as_object().expect("an object"));
    let found = scope.deals().list(&DealQuery::from_json(&saved.query)?, &PageRequest::default()).await?;
    assert_eq!(found.data.len(), 1);
    for (query, pointer, code) in [
        (json!({ "amountFrom": "1" }), "/query/currency", "parameter_invalid"),
        (json!({ "stageId": "proposal" }), "/query/stageId", "invalid"),
        (json!({ "contactId": "Ann" }), "/query/contactId", "invalid"),
        (json!({ "expectedCloseTo": "soon" }), "/query/expectedCloseTo", "invalid"),
        (json!({ "filter": { "field": "colour", "op": "eq", "value": 1 } }), "/query/filter", "filter_invalid"),
    ] {
        let new = NewSavedView { query: query.as_object().cloned(), ..NewSavedView::named(ViewEntity::Deals, "Bad") };
        assert_eq!(violation(scope.saved_views().create(new).await, pointer), code, "{query}");
    }
    Ok(())
}

async fn a_service_has_no_private_views(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut system = crm.crm.on(crm_core::actor::Actor::system(crm.company), &crm.db);
    let private = system.saved_views().create(view("Own", ViewVisibility::Private)).await;
    assert_eq!(violation(private, "/visibility"), "owner_required");
    let shared = system.saved_views().create(view("For all", ViewVisibility::Shared)).await?;
    assert_eq!((shared.owner_id, names(&crm, Role::Viewer).await?), (None, vec!["For all".to_owned()]));
    Ok(())
}
