//! The rules of tasks: status, what is due and overdue, completion, visibility, and the trash with the customer.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{MergeCustomers, NewCustomer};
use crm_core::ids::{InteractionId, TaskId, UserId};
use crm_core::interactions::NewInteraction;
use crm_core::page::{Count, PageRequest};
use crm_core::patch::Patch;
use crm_core::tasks::{
    NewTask, Task, TaskAgendaQuery, TaskCompletion, TaskPatch, TaskPriority, TaskQuery, TaskSort, TaskSortKey,
    TaskStatus, TaskType,
};
use crm_core::users::OwnerFilter;
use crm_core::{CompanyScope, Conflict, Crm, Error};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches, malformed, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        what_is_not_said_is_settled,
        a_closed_task_keeps_its_status_until_it_is_reopened,
        what_is_completed_names_the_time_and_the_actor,
        the_same_words_complete_a_task_once,
        a_time_is_overdue_when_it_has_passed,
        a_date_is_overdue_when_its_day_has_passed_where_the_company_is,
        another_time_zone_changes_what_is_overdue_at_once,
        references_must_exist,
        one_sees_the_tasks_of_the_customers_one_sees,
        a_right_to_ones_own_restricts_lists_and_writes,
        another_company_sees_nothing,
        tasks_follow_their_customer_to_the_trash_and_back,
        a_task_in_the_trash_comes_back_alone,
        tasks_are_gone_with_a_purged_customer_and_others_forget_it,
        tasks_move_with_a_merge,
        a_filter_finds_what_a_plain_evaluation_finds,
        every_order_is_the_one_of_a_plain_sort,
        an_agenda_has_each_task_once,
    ]);
}

/// At noon of 1 June 2026, unless the test moves the clock.
fn at_noon(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone())), clock)
}

fn noon(minutes: i64) -> DateTime<Utc> {
    FixedClock::default_time() + TimeDelta::minutes(minutes)
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn to_do() -> NewTask {
    NewTask::titled("Send the offer")
}

fn status(status: TaskStatus) -> TaskPatch {
    TaskPatch { status: Patch::Set(status), ..TaskPatch::default() }
}

async fn in_zone(crm: &TestCrm, zone: &str) -> crm_core::Result<()> {
    let patch = serde_json::from_value(serde_json::json!({ "timeZone": zone })).expect("a patch");
    crm.admin().settings().update(patch, None).await.map(drop)
}

/// All that a query finds, in its order; the count is the same.
async fn found(scope: &mut CompanyScope<'_>, query: &TaskQuery) -> crm_core::Result<Vec<Task>> {
    let request = PageRequest::default().limit(100).count(Count::Exact);
    let page = scope.tasks().list(query, &request).await?;
    assert_eq!(page.total, Some(page.data.len() as u64));
    Ok(page.data)
}

fn ids(tasks: &[Task]) -> Vec<TaskId> {
    tasks.iter().map(|task| task.id).collect()
}

fn sorted(mut ids: Vec<TaskId>) -> Vec<TaskId> {
    ids.sort_unstable();
    ids
}

async fn what_is_not_said_is_settled(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut scope = crm.scope(Role::SalesRep);
    let task = scope.tasks().create(NewTask::titled(" Send the offer ")).await?;
    assert_eq!((task.title.as_str(), task.status, task.version), ("Send the offer", TaskStatus::NotStarted, 1));
    assert_eq!((task.task_type, task.priority), (TaskType::Todo, TaskPriority::Normal));
    assert_eq!(task.assignee_id, Some(crm.user(Role::SalesRep)));
    assert_eq!(task.assignee.as_ref().and_then(|user| user.display_name.as_deref()), Some("The sales_rep"));
    assert_eq!((task.due_at, task.due_date, task.is_overdue), (None, None, false));
    assert_eq!(scope.tasks().get(task.id).await?, task);
    let of_nobody = scope.tasks().create(NewTask { assignee_id: Patch::Clear, ..to_do() }).await?;
    assert_eq!((of_nobody.assignee_id, of_nobody.assignee), (None, None));
    assert_eq!(violation(scope.tasks().create(NewTask::default()).await, "/title"), "required");
    let both = to_do().due(noon(1));
    let both = NewTask { due_date: Some(day("2026-06-02")), ..both };
    assert_eq!(violation(scope.tasks().create(both).await, "/dueDate"), "unexpected");
    let late = NewTask { start_at: Some(noon(2)), ..to_do().due(noon(1)) };
    assert_eq!(violation(scope.tasks().create(late).await, "/dueAt"), "before_start");
    let early = NewTask { result: Some("Done".to_owned()), ..to_do() };
    assert_eq!(violation(scope.tasks().create(early).await, "/result"), "not_completed");
    Ok(())
}

async fn a_closed_task_keeps_its_status_until_it_is_reopened(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    for from in TaskStatus::ALL.iter().copied() {
        for to in TaskStatus::ALL.iter().copied() {
            let before = scope.tasks().create(NewTask { status: Some(from), ..to_do() }).await?;
            let is_allowed = from == to || from.is_open();
            match scope.tasks().update(before.id, status(to), None).await {
                Ok(after) => {
                    assert!(is_allowed, "{from} became {to}");
                    assert_eq!((after.status, after.completed_at.is_some()), (to, to == TaskStatus::Completed));
                }
                Err(Error::Conflict(Conflict::TaskClosed)) => assert!(!is_allowed, "{from} cannot become {to}"),
                Err(other) => panic!("{from} to {to}: {other:?}"),
            }
            let reopened = scope.tasks().reopen(before.id, None).await?;
            assert!(reopened.status.is_open() && reopened.completed_at.is_none(), "{from} to {to}");
        }
    }
    Ok(())
}

async fn what_is_completed_names_the_time_and_the_actor(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let mut scope = crm.admin();
    let by = Some(crm.user(Role::Admin));
    let logged = scope.tasks().create(NewTask { status: Some(TaskStatus::Completed), ..to_do() }).await?;
    assert_eq!((logged.completed_at, logged.completed_by.and_then(|by| by.id)), (Some(noon(0)), by));
    let task = scope.tasks().create(to_do()).await?;
    clock.advance(Duration::from_secs(60));
    let done = scope.tasks().complete(task.id, TaskCompletion::with(" Sent "), Some(1)).await?;
    assert_eq!((done.status, done.result.as_deref()), (TaskStatus::Completed, Some(" Sent")));
    assert_eq!((done.completed_at, done.completed_by.clone().and_then(|by| by.id)), (Some(noon(1)), by));
    clock.advance(Duration::from_secs(60));
    let title = TaskPatch { title: Patch::Set("Offer".to_owned()), ..TaskPatch::default() };
    let right = scope.tasks().update(task.id, title, None).await?;
    assert_eq!((right.completed_at, right.completed_by), (done.completed_at, done.completed_by), "it stays completed");
    let open = scope.tasks().reopen(task.id, None).await?;
    assert_eq!((open.completed_at, open.completed_by, open.result), (None, None, None));
    let ahead = TaskCompletion { completed_at: Some(noon(5)), ..TaskCompletion::default() };
    assert_eq!(violation(scope.tasks().complete(task.id, ahead, None).await, "/completedAt"), "in_the_future");
    let earlier = TaskCompletion { completed_at: Some(noon(-5)), ..TaskCompletion::default() };
    assert_eq!(scope.tasks().complete(task.id, earlier, None).await?.completed_at, Some(noon(-5)));
    Ok(())
}

async fn the_same_words_complete_a_task_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let task = scope.tasks().create(to_do()).await?;
    let first = scope.tasks().complete(task.id, TaskCompletion::with("Sent"), Some(1)).await?;
    let before = crm.records().await?;
    for (expected, result) in [(None, "Sent"), (Some(1), "Sent"), (Some(2), "Sent  ")] {
        let mut elsewhere = crm.other_process().admin();
        let again = elsewhere.tasks().complete(task.id, TaskCompletion::with(result), expected).await?;
        assert_eq!(again, first);
    }
    assert_eq!(crm.records().await?, before, "nothing is written");
    let other = scope.tasks().complete(task.id, TaskCompletion::with("Lost"), None).await;
    assert_matches!(other, Err(Error::Conflict(Conflict::AlreadyCompleted)));
    let stale = scope.tasks().complete(task.id, TaskCompletion::with("Lost"), Some(1)).await;
    assert_matches!(stale, Err(Error::Stale { current: 2, .. }));
    let canceled = scope.tasks().create(NewTask { status: Some(TaskStatus::Canceled), ..to_do() }).await?;
    let refused = scope.tasks().complete(canceled.id, TaskCompletion::default(), None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::TaskClosed)));
    // After it was opened again, the same words complete it once more.
    scope.tasks().reopen(task.id, None).await?;
    assert_eq!(scope.tasks().complete(task.id, TaskCompletion::with("Sent"), None).await?.version, 4);
    Ok(())
}

async fn a_time_is_overdue_when_it_has_passed(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let mut scope = crm.admin();
    let task = scope.tasks().create(to_do().due(noon(1))).await?;
    let done = scope.tasks().create(NewTask { status: Some(TaskStatus::Completed), ..to_do().due(noon(1)) }).await?;
    let never = scope.tasks().create(to_do()).await?;
    for (minutes, is_overdue) in [(0, false), (1, false), (2, true)] {
        clock.set(noon(minutes));
        assert_eq!(scope.tasks().get(task.id).await?.is_overdue, is_overdue, "{minutes}");
        let late = found(&mut scope, &TaskQuery { overdue: Some(true), ..TaskQuery::default() }).await?;
        assert!(late.iter().all(|task| task.is_overdue));
        let expected = if is_overdue { vec![task.id] } else { vec![] };
        assert_eq!(ids(&late), expected, "{minutes}");
        let others = found(&mut scope, &TaskQuery { overdue: Some(false), ..TaskQuery::default() }).await?;
        assert_eq!(others.len(), 3 - expected.len());
        assert!(others.iter().any(|task| task.id == done.id) && others.iter().any(|task| task.id == never.id));
    }
    Ok(())
}

async fn a_date_is_overdue_when_its_day_has_passed_where_the_company_is(database: TestDatabase) -> anyhow::Result<()> {
    for (zone, last, first) in [
        ("UTC", "2026-06-02T23:59:59.999999Z", "2026-06-03T00:00:00Z"),
        ("Europe/Berlin", "2026-06-02T21:59:59.999999Z", "2026-06-02T22:00:00Z"),
        ("America/Los_Angeles", "2026-06-03T06:59:59.999999Z", "2026-06-03T07:00:00Z"),
        ("Pacific/Kiritimati", "2026-06-02T09:59:59.999999Z", "2026-06-02T10:00:00Z"),
    ] {
        let (crm, clock) = at_noon(&database);
        in_zone(&crm, zone).await?;
        let mut scope = crm.admin();
        let task = scope.tasks().create(to_do().due_on(day("2026-06-02"))).await?;
        for (at, is_overdue) in [(last, false), (first, true)] {
            clock.set(at.parse()?);
            let read = scope.tasks().get(task.id).await?;
            assert_eq!(read.is_overdue, is_overdue, "{zone} at {at}");
            let late = found(&mut scope, &TaskQuery { overdue: Some(true), ..TaskQuery::default() }).await?;
            assert_eq!(late.len(), usize::from(is_overdue), "{zone} at {at}");
        }
    }
    Ok(())
}

async fn another_time_zone_changes_what_is_overdue_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    in_zone(&crm, "Pacific/Pago_Pago").await?;
    let mut scope = crm.admin();
    let task = scope.tasks().create(to_do().due_on(day("2026-06-01"))).await?;
    clock.set("2026-06-01T12:30:00Z".parse()?);
    assert!(!scope.tasks().get(task.id).await?.is_overdue);
    // There it is half past two in the night of the second.
    in_zone(&crm, "Pacific/Kiritimati").await?;
    assert!(scope.tasks().get(task.id).await?.is_overdue);
    let late = found(&mut scope, &TaskQuery { overdue: Some(true), ..TaskQuery::default() }).await?;
    assert_eq!(ids(&late), [task.id]);
    let agenda = scope.tasks().agenda(&TaskAgendaQuery::default()).await?;
    assert_eq!((agenda.from, ids(&agenda.overdue)), (day("2026-06-02"), vec![task.id]));
    Ok(())
}

async fn references_must_exist(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, zoe) = (crm.named("Ann").await?, crm.named("Zoe").await?);
    let mut scope = crm.admin();
    let call = scope.interactions(ann.id).create(NewInteraction::default()).await?;
    let stranger = crm.other_company().named("Stranger").await?;
    let unknown = NewTask {
        assignee_id: Patch::Set(UserId::from_foreign(crm.company.0, "nobody")),
        interaction_id: Some(InteractionId(uuid::Uuid::new_v4())),
        ..to_do()
    };
    let mut faults = violations(scope.tasks().create(unknown).await);
    faults.sort_unstable();
    let expected = [("/assigneeId", "user_unknown"), ("/interactionId", "interaction_unknown")];
    assert_eq!(faults, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let foreign = scope.tasks().create(to_do().for_customer(stranger.id)).await;
    assert_eq!(violation(foreign, "/customerId"), "customer_unknown");
    let from_call = |new: NewTask| NewTask { interaction_id: Some(call.id), ..new };
    let mixed = scope.tasks().create(from_call(to_do().for_customer(zoe.id))).await;
    assert_eq!(violation(mixed, "/interactionId"), "interaction_of_another_customer");
    let task = scope.tasks().create(from_call(to_do().for_customer(ann.id))).await?;
    assert_eq!((task.customer_id, task.interaction_id), (Some(ann.id), Some(call.id)));
    let moved = TaskPatch { customer_id: Patch::Set(zoe.id), ..TaskPatch::default() };
    let refused = scope.tasks().update(task.id, moved.clone(), None).await;
    assert_eq!(violation(refused, "/interactionId"), "interaction_of_another_customer");
    let moved = TaskPatch { interaction_id: Patch::Clear, ..moved };
    assert_eq!(scope.tasks().update(task.id, moved, None).await?.customer_id, Some(zoe.id));
    let alone = scope.tasks().create(from_call(to_do())).await?;
    assert_eq!((alone.customer_id, alone.interaction_id), (None, Some(call.id)));
    Ok(())
}

async fn one_sees_the_tasks_of_the_customers_one_sees(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let mine = crm.create(NewCustomer { owner_id: Some(seller), ..NewCustomer::organization("Mine") }).await?;
    let admin = crm.ensure_mirrored(Role::Admin).await?;
    let theirs = crm.create(NewCustomer { owner_id: Some(admin), ..NewCustomer::organization("Theirs") }).await?;
    let mut scope = crm.admin();
    let of_mine = scope.tasks().create(to_do().for_customer(mine.id)).await?;
    let of_theirs = scope.tasks().create(to_do().for_customer(theirs.id)).await?;
    let of_none = scope.tasks().create(to_do()).await?;
    let all = [Action::Read, Action::Create, Action::Update].map(|action| Permission::all(Resource::Tasks, action));
    let own = Permission::own(Resource::Customers, Action::Read);
    let actor = |more: Vec<Permission>| crm.actor(Role::SalesRep).with_permissions(all.into_iter().chain(more));
    let sees = async |actor: Actor| -> crm_core::Result<Vec<TaskId>> {
        let mut scope = crm.crm.on(actor, &crm.db);
        Ok(sorted(ids(&found(&mut scope, &TaskQuery::default()).await?)))
    };
    assert_eq!(sees(actor(vec![own])).await?, sorted(vec![of_mine.id, of_none.id]));
    assert_eq!(sees(actor(vec![])).await?, [of_none.id], "who sees no customer sees no task of one");
    let all_of_them = sorted(vec![of_mine.id, of_theirs.id, of_none.id]);
    assert_eq!(sees(crm.actor(Role::Viewer)).await?, all_of_them);
    let mut narrow = crm.crm.on(actor(vec![own]), &crm.db);
    assert_matches!(narrow.tasks().get(of_theirs.id).await, Err(Error::NotFound { .. }));
    let change = narrow.tasks().update(of_theirs.id, status(TaskStatus::Waiting), None).await;
    assert_matches!(change, Err(Error::NotFound { .. }));
    let refused = narrow.tasks().create(to_do().for_customer(theirs.id)).await;
    assert_eq!(violation(refused, "/customerId"), "customer_unknown");
    Ok(())
}

async fn a_right_to_ones_own_restricts_lists_and_writes(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let mut scope = crm.admin();
    let for_seller = scope.tasks().create(NewTask { assignee_id: Patch::Set(seller), ..to_do() }).await?;
    let for_admin = scope.tasks().create(to_do()).await?;
    let mut sales = crm.scope(Role::SalesRep);
    assert_eq!(found(&mut sales, &TaskQuery::default()).await?.len(), 2, "a sales rep reads all of them");
    sales.tasks().update(for_seller.id, status(TaskStatus::InProgress), None).await?;
    let refused = sales.tasks().update(for_admin.id, status(TaskStatus::InProgress), None).await;
    assert_matches!(refused, Err(Error::Forbidden { action: Action::Update, resource: Resource::Tasks, .. }));
    let refused = sales.tasks().complete(for_admin.id, TaskCompletion::default(), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    assert_matches!(sales.tasks().delete(for_admin.id, None).await, Err(Error::Forbidden { .. }));
    let given_away = TaskPatch { assignee_id: Patch::Set(crm.user(Role::Admin)), ..TaskPatch::default() };
    assert_matches!(sales.tasks().update(for_seller.id, given_away, None).await, Err(Error::Forbidden { .. }));
    assert_matches!(crm.scope(Role::Viewer).tasks().create(to_do()).await, Err(Error::Forbidden { .. }));
    let own = [Permission::own(Resource::Tasks, Action::Read)];
    let mut narrow = crm.crm.on(crm.actor(Role::SalesRep).with_permissions(own), &crm.db);
    assert_eq!(ids(&found(&mut narrow, &TaskQuery::default()).await?), [for_seller.id]);
    assert_matches!(narrow.tasks().get(for_admin.id).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn another_company_sees_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let task = crm.admin().tasks().create(to_do()).await?;
    let other = crm.other_company();
    other.named("Lee & Co").await?;
    let mut scope = other.admin();
    assert_matches!(scope.tasks().get(task.id).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.tasks().delete(task.id, None).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.tasks().restore(task.id).await, Err(Error::NotFound { .. }));
    assert!(found(&mut scope, &TaskQuery::default()).await?.is_empty());
    assert!(scope.tasks().agenda(&TaskAgendaQuery::default()).await?.overdue.is_empty());
    Ok(())
}

async fn tasks_follow_their_customer_to_the_trash_and_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let thrown = scope.tasks().create(to_do().for_customer(customer.id)).await?;
    scope.tasks().delete(thrown.id, None).await?;
    let kept = scope.tasks().create(to_do().for_customer(customer.id)).await?;
    let alone = scope.tasks().create(to_do()).await?;
    scope.customers().delete(customer.id, None).await?;
    assert_eq!(ids(&found(&mut scope, &TaskQuery::default()).await?), [alone.id], "those without a customer stay");
    let trash = TaskQuery { trashed: true, ..TaskQuery::default() };
    assert!(found(&mut scope, &trash).await?.is_empty(), "the trash has no tasks of customers that are there too");
    assert_matches!(scope.tasks().restore(kept.id).await, Err(Error::NotFound { .. }));
    assert_matches!(scope.tasks().get(kept.id).await, Err(Error::NotFound { .. }));
    scope.customers().restore(customer.id).await?;
    assert_eq!(scope.tasks().get(kept.id).await?, kept);
    assert_eq!(ids(&found(&mut scope, &trash).await?), [thrown.id], "what was thrown away before stays there");
    Ok(())
}

async fn a_task_in_the_trash_comes_back_alone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    for new in [to_do(), to_do().for_customer(customer.id)] {
        let task = scope.tasks().create(new).await?;
        assert_matches!(scope.tasks().restore(task.id).await, Err(Error::Conflict(Conflict::NotInTrash)));
        scope.tasks().delete(task.id, Some(1)).await?;
        let refused = scope.tasks().complete(task.id, TaskCompletion::default(), None).await;
        assert_matches!(refused, Err(Error::NotFound { .. }));
        let back = scope.tasks().restore(task.id).await?;
        assert_eq!((back.version, back.deleted_at), (3, None));
        assert_eq!(scope.tasks().get(task.id).await?, back);
    }
    Ok(())
}

async fn tasks_are_gone_with_a_purged_customer_and_others_forget_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let call = scope.interactions(customer.id).create(NewInteraction::default()).await?;
    let from_call = |new: NewTask| NewTask { interaction_id: Some(call.id), ..new };
    let of_customer = NewTask::titled("Secret").for_customer(customer.id);
    scope.tasks().create(from_call(of_customer)).await?;
    let alone = scope.tasks().create(from_call(to_do())).await?;
    scope.customers().purge(customer.id, None).await?;
    let left = found(&mut scope, &TaskQuery::default()).await?;
    assert_eq!((ids(&left), left[0].interaction_id), (vec![alone.id], None));
    assert!(!crm.dump("crm_changes").await?.contains("Secret"));
    assert_eq!(crm.count("crm_tasks").await?, 1);
    // What is left can still be written.
    assert_eq!(scope.tasks().update(alone.id, status(TaskStatus::Waiting), None).await?.version, 2);
    Ok(())
}

async fn tasks_move_with_a_merge(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, zoe) = (crm.named("Ann").await?, crm.named("Zoe").await?);
    let mut scope = crm.admin();
    let task = scope.tasks().create(to_do().for_customer(zoe.id)).await?;
    let alone = scope.tasks().create(to_do()).await?;
    let request: MergeCustomers =
        serde_json::from_value(serde_json::json!({ "survivorId": ann.id, "loserIds": [zoe.id] }))?;
    let merged = scope.customers().merge(request).await?;
    assert_eq!(scope.tasks().get(task.id).await?.customer_id, Some(ann.id));
    assert_eq!(scope.tasks().get(alone.id).await?, alone);
    assert!(merged.moved.iter().any(|moved| moved.of == "task" && moved.count == 1), "{:?}", merged.moved);
    let refused = scope.tasks().create(to_do().for_customer(zoe.id)).await;
    assert_eq!(violation(refused, "/customerId"), "customer_unknown");
    Ok(())
}

/// Tasks of all kinds, with ties and gaps in every field, some hours around the clock's time.
async fn populate(crm: &TestCrm, chance: &mut Chance) -> anyhow::Result<Vec<Task>> {
    let customers = [crm.named("One").await?, crm.named("Two").await?];
    let users = [crm.ensure_mirrored(Role::Admin).await?, crm.ensure_mirrored(Role::SalesRep).await?];
    let mut scope = crm.admin();
    for number in 0..60 {
        let new = NewTask {
            task_type: Some(TaskType::ALL[chance.below(3)]),
            status: Some(TaskStatus::ALL[chance.below(6)]),
            priority: Some(TaskPriority::ALL[chance.below(4)]),
            assignee_id: Some(users[chance.below(2)]).filter(|_| !chance.once_in(3)).into(),
            customer_id: Some(customers[chance.below(2)].id).filter(|_| !chance.once_in(3)),
            ..NewTask::titled(format!("Task {number}"))
        };
        let new = match chance.below(3) {
            0 => new,
            1 => new.due(noon(chance.below(12) as i64 * 30 - 180)),
            _ => new.due_on(day("2026-05-31") + TimeDelta::days(chance.below(3) as i64)),
        };
        scope.tasks().create(new).await?;
    }
    Ok(found(&mut scope, &TaskQuery::default()).await?)
}

/// Up to two of some values.
fn some<T: Copy>(chance: &mut Chance, of: &[T]) -> Vec<T> {
    (0..chance.below(3)).map(|_| of[chance.below(of.len())]).collect()
}

async fn a_filter_finds_what_a_plain_evaluation_finds(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let seed = Chance::seed();
    let mut chance = Chance::new(seed);
    let all = populate(&crm, &mut chance).await?;
    let mut scope = crm.admin();
    let me = crm.user(Role::Admin);
    for _ in 0..80 {
        let query = TaskQuery {
            task_type: some(&mut chance, &TaskType::ALL[..3]),
            status: some(&mut chance, TaskStatus::ALL),
            priority: some(&mut chance, TaskPriority::ALL),
            assignee: [None, Some(OwnerFilter::Me), Some(OwnerFilter::None)][chance.below(3)],
            overdue: [None, Some(true), Some(false)][chance.below(3)],
            ..TaskQuery::default()
        };
        let is_one = |task: &&Task| {
            (query.task_type.is_empty() || query.task_type.contains(&task.task_type))
                && (query.status.is_empty() || query.status.contains(&task.status))
                && (query.priority.is_empty() || query.priority.contains(&task.priority))
                && query.overdue.is_none_or(|overdue| overdue == task.is_overdue)
                && match query.assignee {
                    Some(OwnerFilter::Me) => task.assignee_id == Some(me),
                    Some(OwnerFilter::None) => task.assignee_id.is_none(),
                    _ => true,
                }
        };
        let expected: Vec<TaskId> = all.iter().filter(is_one).map(|task| task.id).collect();
        assert_eq!(ids(&found(&mut scope, &query).await?), expected, "seed {seed}: {query:?}");
    }
    let filter = r#"{"field": "shoeSize", "op": "eq", "value": 1}"#.parse()?;
    let unknown = TaskQuery { filter: Some(filter), ..TaskQuery::default() };
    assert_eq!(malformed(scope.tasks().list(&unknown, &PageRequest::default()).await), "filter_invalid");
    Ok(())
}

async fn every_order_is_the_one_of_a_plain_sort(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut chance = Chance::new(Chance::seed());
    let mut all = populate(&crm, &mut chance).await?;
    let mut scope = crm.admin();
    let end = |date: NaiveDate| date.and_hms_micro_opt(23, 59, 59, 999_999).expect("a time").and_utc();
    let due = |task: &Task| task.due_at.or(task.due_date.map(end)).unwrap_or(DateTime::<Utc>::MAX_UTC);
    for descending in [false, true] {
        for key in [TaskSortKey::DueAt, TaskSortKey::Priority] {
            all.sort_by_key(|task| match key {
                TaskSortKey::Priority => (noon(task.priority as i64), task.id),
                _ => (due(task), task.id),
            });
            if descending {
                all.reverse();
            }
            let query = TaskQuery { sort: TaskSort { key, descending }, ..TaskQuery::default() };
            let mut request = PageRequest::default().limit(7);
            let mut walked = Vec::new();
            loop {
                let page = scope.tasks().list(&query, &request).await?;
                walked.extend(ids(&page.data));
                match page.next_cursor {
                    Some(cursor) => request = PageRequest::after(cursor).limit(7),
                    None => break,
                }
            }
            assert_eq!(walked, ids(&all), "{key:?} {descending}");
        }
    }
    Ok(())
}

async fn an_agenda_has_each_task_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut chance = Chance::new(Chance::seed());
    let all = populate(&crm, &mut chance).await?;
    let mut scope = crm.admin();
    let query = TaskAgendaQuery { from: Some(day("2026-06-01")), to: Some(day("2026-06-02")), assignee: None };
    let agenda = scope.tasks().agenda(&query).await?;
    assert_eq!((agenda.days.len(), agenda.has_more), (2, false));
    let of_day = |task: &Task| task.due_date.or(task.due_at.map(|at| at.date_naive()));
    let open = || all.iter().filter(|task| task.status.is_open());
    for shown in &agenda.days {
        let due: Vec<TaskId> = open().filter(|task| of_day(task) == Some(shown.date)).map(|task| task.id).collect();
        assert_eq!(ids(&shown.tasks), due, "{}", shown.date);
    }
    let is_before = |task: &&Task| of_day(task).is_some_and(|due| due < day("2026-06-01"));
    let late: Vec<TaskId> = open().filter(is_before).map(|task| task.id).collect();
    assert_eq!(ids(&agenda.overdue), late);
    assert!(agenda.overdue.iter().all(|task| task.is_overdue));
    let mine = TaskAgendaQuery { assignee: Some(OwnerFilter::Me), ..query };
    let shown = scope.tasks().agenda(&mine).await?;
    let me = Some(crm.user(Role::Admin));
    assert!(shown.days.iter().flat_map(|day| &day.tasks).all(|task| task.assignee_id == me));
    let reversed = TaskAgendaQuery { from: query.to, to: query.from, assignee: None };
    assert_eq!(malformed(scope.tasks().agenda(&reversed).await), "parameter_invalid");
    Ok(())
}
