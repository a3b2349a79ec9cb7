//! What tasks are linked with: collaborators, deals, and the tasks that they are part of.

use std::time::Duration;

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::deals::NewDeal;
use crm_core::ids::{DealId, TaskId, UserId};
use crm_core::notifications::{NotificationKind, NotificationQuery};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, Task, TaskCompletion, TaskPatch, TaskQuery, TaskReminder};
use crm_core::timeline::{TimelineKind, TimelineQuery};
use crm_core::users::{OwnerFilter, UserProfile};
use crm_core::{CompanyScope, Crm, Error};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use testkit::{FixedClock, Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        collaborators_are_told_and_find_their_tasks,
        collaborators_are_known_active_and_few,
        a_task_for_a_deal_is_for_its_customer,
        one_sees_the_tasks_of_the_deals_one_sees,
        a_part_is_part_of_one_that_is_none,
        two_tasks_do_not_become_parts_of_one_another,
        what_is_purged_is_forgotten,
        the_next_of_a_series_has_the_same_links,
    ]; own: [collaborators_are_reminded]);
}

fn to_do() -> NewTask {
    NewTask::titled("Send the offer")
}

fn shared(users: &[UserId]) -> NewTask {
    NewTask { collaborator_ids: Some(users.to_vec()), ..to_do() }
}

fn part_of(parent: TaskId) -> NewTask {
    NewTask { parent_task_id: Some(parent), ..to_do() }
}

fn collaborators(users: &[UserId]) -> TaskPatch {
    TaskPatch { collaborator_ids: Patch::Set(users.to_vec()), ..TaskPatch::default() }
}

fn parent(parent: TaskId) -> TaskPatch {
    TaskPatch { parent_task_id: Patch::Set(parent), ..TaskPatch::default() }
}

async fn ids(scope: &mut CompanyScope<'_>, query: TaskQuery) -> crm_core::Result<Vec<TaskId>> {
    let page = scope.tasks().list(&query, &PageRequest::default().limit(100)).await?;
    let mut ids: Vec<TaskId> = page.data.iter().map(|task| task.id).collect();
    ids.sort_unstable();
    Ok(ids)
}

async fn told(crm: &TestCrm, role: Role) -> crm_core::Result<Vec<(NotificationKind, Uuid)>> {
    let mut scope = crm.scope(role);
    let page = scope.notifications().list(&NotificationQuery::default(), &PageRequest::default()).await?;
    let mut told: Vec<_> = page.data.iter().map(|one| (one.kind, one.record_id)).collect();
    told.sort_unstable();
    Ok(told)
}

async fn collaborators_are_told_and_find_their_tasks(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (seller, support) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Support).await?);
    let mut scope = crm.admin();
    let alone = scope.tasks().create(to_do()).await?;
    let task = scope.tasks().create(shared(&[seller, crm.user(Role::Admin)])).await?;
    assert_eq!(task.collaborator_ids, [seller, crm.user(Role::Admin)]);
    assert_eq!(scope.tasks().get(task.id).await?, task);
    let of = |collaborator| TaskQuery { collaborator: Some(collaborator), ..TaskQuery::default() };
    let of_seller = || of(OwnerFilter::User(seller));
    assert_eq!(told(&crm, Role::SalesRep).await?, [(NotificationKind::Assigned, task.id.0)]);
    assert!(told(&crm, Role::Admin).await?.is_empty(), "nobody is told of what they did themselves");
    assert_eq!(ids(&mut scope, of_seller()).await?, [task.id]);
    assert_eq!(ids(&mut scope, of(OwnerFilter::Me)).await?, [task.id]);
    assert_eq!(ids(&mut scope, of(OwnerFilter::None)).await?, [alone.id]);
    assert_eq!(ids(&mut crm.scope(Role::SalesRep), of(OwnerFilter::Me)).await?, [task.id]);
    // One stays, and one comes.
    scope.tasks().update(task.id, collaborators(&[support, seller]), None).await?;
    assert_eq!(told(&crm, Role::Support).await?, [(NotificationKind::Assigned, task.id.0)]);
    assert_eq!((told(&crm, Role::SalesRep).await?.len(), crm.count("crm_task_collaborators").await?), (1, 2));
    // They have no right by that.
    let refused = crm.scope(Role::SalesRep).tasks().complete(task.id, TaskCompletion::default(), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    scope.tasks().update(task.id, collaborators(&[support]), None).await?;
    assert!(ids(&mut scope, of_seller()).await?.is_empty());
    let none = TaskPatch { collaborator_ids: Patch::Clear, ..TaskPatch::default() };
    let none = scope.tasks().update(task.id, none, None).await?;
    assert_eq!((none.collaborator_ids, crm.count("crm_task_collaborators").await?), (vec![], 0));
    // Another company has others.
    let other = crm.other_company();
    other.named("Lee & Co").await?;
    assert!(ids(&mut other.admin(), of_seller()).await?.is_empty());
    Ok(())
}

async fn collaborators_are_known_active_and_few(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let gone = crm.user(Role::Support);
    let profile = UserProfile { id: gone, display_name: None, email: None, is_active: false };
    crm.admin().users().mirror(&profile).await?;
    let mut scope = crm.admin();
    let new = NewTask { assignee_id: Patch::Set(gone), ..shared(&[seller, gone, UserId(Uuid::new_v4())]) };
    let mut found = violations(scope.tasks().create(new).await);
    found.sort();
    let unknown = ["/assigneeId", "/collaboratorIds/1", "/collaboratorIds/2"];
    assert_eq!(found, unknown.map(|pointer| (pointer.to_owned(), "user_unknown".to_owned())));
    let twice = scope.tasks().create(shared(&[seller, seller])).await;
    assert_eq!(violation(twice, "/collaboratorIds/1"), "duplicate");
    let many: Vec<UserId> = (0..21).map(|_| UserId(Uuid::new_v4())).collect();
    assert_eq!(violation(scope.tasks().create(shared(&many)).await, "/collaboratorIds"), "too_long");
    // One who has left meanwhile is no obstacle.
    let task = scope.tasks().create(shared(&[seller])).await?;
    crm.admin().users().mirror(&UserProfile { id: seller, ..profile }).await?;
    let title = TaskPatch { title: Patch::Set("Send two".to_owned()), ..TaskPatch::default() };
    assert_eq!(scope.tasks().update(task.id, title, None).await?.collaborator_ids, [seller]);
    Ok(())
}

async fn collaborators_are_reminded(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let due = FixedClock::default_time() + chrono::TimeDelta::hours(1);
    let task = NewTask { reminders: Some(vec![TaskReminder::email(30)]), ..shared(&[seller]).due(due) };
    // The assignee is among them: they are told once.
    let task = NewTask { assignee_id: Patch::Set(seller), ..task };
    let task = crm.admin().tasks().create(task).await?;
    clock.advance(Duration::from_secs(60 * 60));
    crm.crm.run_due_jobs(&crm.db, &Default::default()).await?;
    let kinds = [NotificationKind::Assigned, NotificationKind::Due, NotificationKind::Reminder];
    assert_eq!(told(&crm, Role::SalesRep).await?, kinds.map(|kind| (kind, task.id.0)));
    Ok(())
}

async fn a_task_for_a_deal_is_for_its_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (customer, other) = (crm.named("Lee & Co").await?, crm.named("Smith & Co").await?);
    let mut scope = crm.admin();
    let deal = scope.deals().create(customer.id, NewDeal::named("200 units")).await?;
    let task = scope.tasks().create(to_do().for_deal(deal.id)).await?;
    assert_eq!((task.deal_id, task.customer_id), (Some(deal.id), Some(customer.id)));
    scope.tasks().create(to_do().for_deal(deal.id).for_customer(customer.id)).await?;
    let of_deal = TaskQuery { deal: Some(deal.id), ..TaskQuery::default() };
    assert_eq!(ids(&mut scope, of_deal).await?.len(), 2);
    let wrong = scope.tasks().create(to_do().for_deal(deal.id).for_customer(other.id)).await;
    assert_eq!(violation(wrong, "/dealId"), "deal_of_another_customer");
    let unknown = scope.tasks().create(to_do().for_deal(DealId(Uuid::new_v4()))).await;
    assert_eq!(violation(unknown, "/dealId"), "deal_unknown");
    // A patch takes the customer from the deal, if the task has none.
    let set = |deal| TaskPatch { deal_id: Patch::Set(deal), ..TaskPatch::default() };
    let alone = scope.tasks().create(to_do()).await?;
    assert_eq!(scope.tasks().update(alone.id, set(deal.id), None).await?.customer_id, Some(customer.id));
    let of_other = scope.tasks().create(to_do().for_customer(other.id)).await?;
    let refused = scope.tasks().update(of_other.id, set(deal.id), None).await;
    assert_eq!(violation(refused, "/dealId"), "deal_of_another_customer");
    let moved = TaskPatch { customer_id: Patch::Set(other.id), ..TaskPatch::default() };
    let refused = scope.tasks().update(task.id, moved.clone(), None).await;
    assert_eq!(violation(refused, "/dealId"), "deal_of_another_customer");
    let moved = TaskPatch { deal_id: Patch::Clear, ..moved };
    let moved = scope.tasks().update(task.id, moved, None).await?;
    assert_eq!((moved.deal_id, moved.customer_id), (None, Some(other.id)));
    // A task that recurs and is completed with a wrong deal is refused as well.
    let weekly = NewTask { recurrence: Some("FREQ=WEEKLY".to_owned()), ..to_do() };
    let weekly = weekly.due_on("2036-06-02".parse()?).for_customer(other.id);
    let weekly = scope.tasks().create(weekly).await?;
    let done = TaskPatch { status: Patch::Set(crm_core::tasks::TaskStatus::Completed), ..set(deal.id) };
    assert_eq!(violation(scope.tasks().update(weekly.id, done, None).await, "/dealId"), "deal_of_another_customer");
    // What is in the trash can be kept, and not be chosen.
    scope.deals().delete(deal.id, None).await?;
    let title = TaskPatch { title: Patch::Set("Send two".to_owned()), ..TaskPatch::default() };
    assert_eq!(scope.tasks().update(alone.id, title, None).await?.deal_id, Some(deal.id));
    assert_eq!(violation(scope.tasks().create(to_do().for_deal(deal.id)).await, "/dealId"), "deal_unknown");
    Ok(())
}

async fn one_sees_the_tasks_of_the_deals_one_sees(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let mine = NewDeal { owner_id: Patch::Set(seller), ..NewDeal::named("Mine") };
    let mine = scope.deals().create(customer.id, mine).await?;
    let theirs = scope.deals().create(customer.id, NewDeal::named("Theirs")).await?;
    let task = |deal| NewTask { assignee_id: Patch::Set(seller), ..to_do().for_deal(deal) };
    let of_mine = scope.tasks().create(task(mine.id)).await?;
    let of_theirs = scope.tasks().create(task(theirs.id)).await?;
    let of_none = scope.tasks().create(NewTask { assignee_id: Patch::Set(seller), ..to_do() }).await?;
    let mut rights: Vec<Permission> = [Action::Read, Action::Create, Action::Update]
        .map(|action| Permission::all(Resource::Tasks, action))
        .into_iter()
        .chain([Permission::all(Resource::Customers, Action::Read)])
        .collect();
    let actor = |rights: &[Permission]| -> Actor { crm.actor(Role::SalesRep).with_permissions(rights.iter().copied()) };
    let sees = async |actor: Actor| ids(&mut crm.crm.on(actor, &crm.db), TaskQuery::default()).await;
    let sorted = |mut ids: Vec<TaskId>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sees(actor(&rights)).await?, [of_none.id], "who sees no deal sees no task of one");
    rights.push(Permission::own(Resource::Deals, Action::Read));
    assert_eq!(sees(actor(&rights)).await?, sorted(vec![of_mine.id, of_none.id]));
    assert_eq!(sees(crm.actor(Role::Viewer)).await?.len(), 3);
    let mut narrow = crm.crm.on(actor(&rights), &crm.db);
    assert_matches!(narrow.tasks().get(of_theirs.id).await, Err(Error::NotFound { .. }));
    let title = TaskPatch { title: Patch::Set("Theirs".to_owned()), ..TaskPatch::default() };
    assert_matches!(narrow.tasks().update(of_theirs.id, title, None).await, Err(Error::NotFound { .. }));
    assert_eq!(violation(narrow.tasks().create(to_do().for_deal(theirs.id)).await, "/dealId"), "deal_unknown");
    let told = narrow.notifications().list(&NotificationQuery::default(), &PageRequest::default()).await?;
    let told =
        told.data.iter().filter(|one| one.kind == NotificationKind::Assigned && one.title.as_deref() != Some("Mine"));
    let mut told: Vec<Uuid> = told.map(|one| one.record_id).collect();
    told.sort_unstable();
    assert_eq!(told, sorted(vec![of_mine.id, of_none.id]).iter().map(|id| id.0).collect::<Vec<_>>());
    let query = TimelineQuery { kind: vec![TimelineKind::Task], ..TimelineQuery::default() };
    let timeline = narrow.customers().timeline(customer.id, &query, &PageRequest::default()).await?;
    assert_eq!(timeline.data.len(), 1, "the timeline shows no other");
    Ok(())
}

async fn a_part_is_part_of_one_that_is_none(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let whole = scope.tasks().create(to_do()).await?;
    let part = scope.tasks().create(part_of(whole.id).for_customer(customer.id)).await?;
    assert_eq!(part.parent_task_id, Some(whole.id));
    let parts = TaskQuery { parent: Some(whole.id), ..TaskQuery::default() };
    assert_eq!(ids(&mut scope, parts).await?, [part.id]);
    let at = |refused: crm_core::Result<Task>| violation(refused, "/parentTaskId");
    assert_eq!(at(scope.tasks().create(part_of(part.id)).await), "parent_invalid");
    assert_eq!(at(scope.tasks().create(part_of(TaskId(Uuid::new_v4()))).await), "task_unknown");
    let other = scope.tasks().create(to_do()).await?;
    assert_eq!(at(scope.tasks().update(other.id, parent(other.id), None).await), "parent_invalid");
    assert_eq!(at(scope.tasks().update(whole.id, parent(other.id), None).await), "parent_invalid");
    assert_eq!(at(scope.tasks().update(other.id, parent(part.id), None).await), "parent_invalid");
    assert_eq!(scope.tasks().update(part.id, parent(other.id), None).await?.parent_task_id, Some(other.id));
    // What is in the trash can be kept, and not be chosen.
    scope.tasks().delete(other.id, None).await?;
    let kept = scope.tasks().get(part.id).await?;
    let replaced = NewTask { title: Some("A part".to_owned()), ..NewTask::from(&kept) };
    assert_eq!(scope.tasks().replace(part.id, replaced, None).await?.parent_task_id, Some(other.id));
    assert_eq!(at(scope.tasks().create(part_of(other.id)).await), "task_unknown");
    // Nor is what the actor does not see.
    let of_customer = scope.tasks().create(to_do().for_customer(customer.id)).await?;
    let rights = [Action::Read, Action::Create].map(|action| Permission::all(Resource::Tasks, action));
    let mut narrow = crm.crm.on(crm.actor(Role::SalesRep).with_permissions(rights), &crm.db);
    assert_eq!(at(narrow.tasks().create(part_of(of_customer.id)).await), "task_unknown");
    Ok(())
}

async fn two_tasks_do_not_become_parts_of_one_another(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for _ in 0..10 {
        let (one, two) = (crm.admin().tasks().create(to_do()).await?, crm.admin().tasks().create(to_do()).await?);
        let part = async |id, of| crm.admin().tasks().update(id, parent(of), None).await;
        let (first, second) = tokio::join!(part(one.id, two.id), part(two.id, one.id));
        assert_eq!([first.is_ok(), second.is_ok()].into_iter().filter(|is_ok| *is_ok).count(), 1);
        assert_eq!(violation(if first.is_ok() { second } else { first }, "/parentTaskId"), "parent_invalid");
    }
    Ok(())
}

async fn what_is_purged_is_forgotten(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let call = scope.interactions(customer.id).create(Default::default()).await?;
    let whole = scope.tasks().create(to_do().for_customer(customer.id)).await?;
    let other = scope.tasks().create(to_do()).await?;
    // Two references of one row, and one of another.
    let both = NewTask { interaction_id: Some(call.id), ..part_of(whole.id) };
    let both = scope.tasks().create(both).await?;
    let kept = scope.tasks().create(part_of(other.id)).await?;
    scope.customers().purge(customer.id, None).await?;
    let left = scope.tasks().get(both.id).await?;
    assert_eq!((left.interaction_id, left.parent_task_id), (None, None));
    assert_eq!(scope.tasks().get(kept.id).await?.parent_task_id, Some(other.id));
    // A user who is removed from the company leaves their places.
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    scope.tasks().create(shared(&[seller])).await?;
    let delete = Query::delete()
        .from_table("crm_users")
        .and_where(Expr::col("company_id").eq(crm.company.0))
        .and_where(Expr::col("id").eq(seller.0))
        .to_owned();
    crm.db.execute(&delete).await?;
    assert_eq!(crm.count("crm_task_collaborators").await?, 0);
    Ok(())
}

async fn the_next_of_a_series_has_the_same_links(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let deal = scope.deals().create(customer.id, NewDeal::named("200 units")).await?;
    let whole = scope.tasks().create(to_do()).await?;
    let weekly = NewTask {
        recurrence: Some("FREQ=WEEKLY".to_owned()),
        parent_task_id: Some(whole.id),
        ..shared(&[seller]).for_deal(deal.id).due_on("2036-06-02".parse()?)
    };
    let first = scope.tasks().create(weekly).await?;
    let done = scope.tasks().complete(first.id, TaskCompletion::default(), None).await?;
    let next = scope.tasks().get(done.next_task_id.expect("another one")).await?;
    assert_eq!((next.deal_id, next.customer_id), (Some(deal.id), Some(customer.id)));
    assert_eq!((next.parent_task_id, &next.collaborator_ids), (Some(whole.id), &vec![seller]));
    let of_seller = TaskQuery { collaborator: Some(OwnerFilter::User(seller)), ..TaskQuery::default() };
    assert_eq!(ids(&mut scope, of_seller).await?.len(), 2);
    let expected = [first.id, next.id].map(|id| (NotificationKind::Assigned, id.0));
    let told = told(&crm, Role::SalesRep).await?;
    assert!(expected.iter().all(|one| told.contains(one)) && told.len() == 2);
    Ok(())
}
