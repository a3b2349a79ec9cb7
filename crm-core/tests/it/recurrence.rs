//! Tasks that recur: the next one, once, at its time by the company's clocks.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use crm_core::actor::Role;
use crm_core::ids::TaskId;
use crm_core::notifications::{NotificationKind, NotificationQuery};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::{
    ChecklistItem, NewTask, Task, TaskCompletion, TaskPatch, TaskPriority, TaskQuery, TaskReminder, TaskStatus,
};
use crm_core::{Crm, Error};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_next_task_has_what_is_to_be_done_again,
        a_time_is_that_of_the_companys_clocks,
        a_time_that_clocks_skip_moves_no_other,
        a_date_follows_by_days,
        what_was_missed_is_not_made_up_for,
        a_series_ends_with_its_rule,
        a_task_is_moved_alone_or_with_its_series,
        a_completed_task_is_followed_once,
        a_patch_completes_as_well,
        what_is_canceled_ends_the_series,
        rules_are_checked,
        the_assignee_is_told_of_the_next_task,
    ]);
}

fn at_noon(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone())), clock)
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn recurring(rule: &str) -> NewTask {
    NewTask { recurrence: Some(rule.to_owned()), ..NewTask::titled("Send the report") }
}

async fn in_zone(crm: &TestCrm, zone: &str) -> crm_core::Result<()> {
    let patch = serde_json::from_value(serde_json::json!({ "timeZone": zone })).expect("a patch");
    crm.admin().settings().update(patch, None).await.map(drop)
}

/// Completes a task, and gives the next one of its series.
async fn next_of(crm: &TestCrm, id: TaskId) -> crm_core::Result<Option<Task>> {
    let mut scope = crm.admin();
    let done = scope.tasks().complete(id, TaskCompletion::default(), None).await?;
    match done.next_task_id {
        Some(next) => scope.tasks().get(next).await.map(Some),
        None => Ok(None),
    }
}

async fn all_open(crm: &TestCrm) -> crm_core::Result<Vec<Task>> {
    let open = TaskStatus::ALL.iter().copied().filter(|status| status.is_open()).collect();
    let query = TaskQuery { status: open, ..TaskQuery::default() };
    Ok(crm.admin().tasks().list(&query, &PageRequest::default().limit(100)).await?.data)
}

async fn the_next_task_has_what_is_to_be_done_again(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let done = ChecklistItem { is_done: true, ..ChecklistItem::new("Collect the numbers") };
    let new = NewTask {
        description: Some("As **always**".to_owned()),
        priority: Some(TaskPriority::High),
        start_at: Some(time("2026-06-02T07:00:00Z")),
        checklist: Some(vec![done, ChecklistItem::new("Send it")]),
        reminders: Some(vec![TaskReminder::in_app(30)]),
        ..recurring("rrule:freq=weekly").due(time("2026-06-02T09:00:00Z")).for_customer(customer.id)
    };
    let first = scope.tasks().create(new).await?;
    assert_eq!((first.recurrence.as_deref(), first.series_id), (Some("FREQ=WEEKLY"), Some(first.id)));
    let second = next_of(&crm, first.id).await?.expect("another one");
    assert_eq!((second.status, second.version, second.series_id), (TaskStatus::NotStarted, 1, Some(first.id)));
    assert_eq!(
        (second.due_at, second.start_at),
        (Some(time("2026-06-09T09:00:00Z")), Some(time("2026-06-09T07:00:00Z")),)
    );
    assert_eq!(
        (&second.title, &second.description, second.priority),
        (&first.title, &first.description, first.priority)
    );
    assert_eq!((second.assignee_id, second.customer_id), (first.assignee_id, first.customer_id));
    assert_eq!((&second.reminders, &second.recurrence), (&first.reminders, &first.recurrence));
    assert!(second.checklist.iter().map(|step| &step.text).eq(first.checklist.iter().map(|step| &step.text)));
    assert!(second.checklist.iter().all(|step| !step.is_done));
    assert_eq!((second.result, second.completed_at, second.next_task_id), (None, None, None));
    assert_eq!(crm.count("crm_task_reminders").await?, 2, "the next one is told of, and the first one no more");
    Ok(())
}

async fn a_time_is_that_of_the_companys_clocks(database: TestDatabase) -> anyhow::Result<()> {
    // Nine o'clock on the days around a change of the clocks, which Lord Howe changes by half an hour.
    for (zone, times) in [
        ("Europe/Berlin", ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"]),
        ("Europe/Berlin", ["2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z", "2026-10-26T08:00:00Z"]),
        ("America/New_York", ["2026-03-07T14:00:00Z", "2026-03-08T13:00:00Z", "2026-03-09T13:00:00Z"]),
        ("America/New_York", ["2026-10-31T13:00:00Z", "2026-11-01T14:00:00Z", "2026-11-02T14:00:00Z"]),
        ("Australia/Lord_Howe", ["2026-04-03T22:00:00Z", "2026-04-04T22:30:00Z", "2026-04-05T22:30:00Z"]),
        ("Australia/Lord_Howe", ["2026-10-02T22:30:00Z", "2026-10-03T22:00:00Z", "2026-10-04T22:00:00Z"]),
    ] {
        let (crm, clock) = at_noon(&database);
        in_zone(&crm, zone).await?;
        clock.set(time(times[0]));
        let mut task = crm.admin().tasks().create(recurring("FREQ=DAILY").due(time(times[0]))).await?;
        for expected in &times[1..] {
            task = next_of(&crm, task.id).await?.expect("another one");
            assert_eq!(task.due_at, Some(time(expected)), "{zone}");
        }
    }
    Ok(())
}

async fn a_time_that_clocks_skip_moves_no_other(database: TestDatabase) -> anyhow::Result<()> {
    for (zone, times) in [
        // Half past two, which there is not, is the end of the gap.
        ("Europe/Berlin", ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("America/New_York", ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]),
        ("Australia/Lord_Howe", ["2026-10-02T15:45:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]),
        // Half past one or two comes twice, and counts the first time.
        ("Europe/Berlin", ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        ("America/New_York", ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]),
        ("Australia/Lord_Howe", ["2026-04-03T14:45:00Z", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]),
    ] {
        let (crm, clock) = at_noon(&database);
        in_zone(&crm, zone).await?;
        clock.set(time(times[0]));
        let mut task = crm.admin().tasks().create(recurring("FREQ=DAILY").due(time(times[0]))).await?;
        for expected in &times[1..] {
            task = next_of(&crm, task.id).await?.expect("another one");
            assert_eq!(task.due_at, Some(time(expected)), "{zone}");
        }
    }
    Ok(())
}

async fn a_date_follows_by_days(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    in_zone(&crm, "Pacific/Auckland").await?;
    let mut task =
        crm.admin().tasks().create(recurring("FREQ=MONTHLY;BYMONTHDAY=-1").due_on(day("2026-05-31"))).await?;
    // There it is the second of June already.
    clock.set(time("2026-06-01T12:30:00Z"));
    for expected in ["2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30"] {
        task = next_of(&crm, task.id).await?.expect("another one");
        assert_eq!((task.due_date, task.due_at), (Some(day(expected)), None));
    }
    Ok(())
}

async fn what_was_missed_is_not_made_up_for(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut scope = crm.admin();
    let date = scope.tasks().create(recurring("FREQ=DAILY").due_on(day("2026-05-20"))).await?;
    assert_eq!(
        next_of(&crm, date.id).await?.and_then(|task| task.due_date),
        Some(day("2026-06-01")),
        "today is not past"
    );
    let at_a_time = recurring("FREQ=DAILY").due(time("2026-05-20T12:00:00Z"));
    let at_a_time = scope.tasks().create(at_a_time).await?;
    let next = next_of(&crm, at_a_time.id).await?.expect("another one");
    assert_eq!(next.due_at, Some(time("2026-06-02T12:00:00Z")), "now is past");
    // What is done early is followed by what comes after it.
    let next = next_of(&crm, next.id).await?.expect("another one");
    assert_eq!(next.due_at, Some(time("2026-06-03T12:00:00Z")));
    Ok(())
}

async fn a_series_ends_with_its_rule(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let mut scope = crm.admin();
    for rule in ["FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=20260604", "FREQ=DAILY;UNTIL=20260604T120000Z"] {
        let mut task = scope.tasks().create(recurring(rule).due_on(day("2026-06-02"))).await?;
        let mut days = 1;
        while let Some(next) = next_of(&crm, task.id).await? {
            (task, days) = (next, days + 1);
        }
        assert_eq!((days, task.due_date), (3, Some(day("2026-06-04"))), "{rule}");
        assert_eq!(task.recurrence.as_deref(), Some(rule.replace("COUNT=3", "COUNT=1").as_str()));
    }
    // The days that were missed count.
    let task = scope.tasks().create(recurring("FREQ=DAILY;COUNT=3").due_on(day("2026-06-02"))).await?;
    clock.set(time("2026-06-10T12:00:00Z"));
    assert_eq!(next_of(&crm, task.id).await?, None);
    Ok(())
}

async fn a_task_is_moved_alone_or_with_its_series(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut scope = crm.admin();
    let monday = |rule: &str| recurring(rule).due_on(day("2026-06-08"));
    let wednesday = TaskPatch { due_date: Patch::Set(day("2026-06-10")), ..TaskPatch::default() };
    let alone = scope.tasks().create(monday("FREQ=WEEKLY")).await?;
    scope.tasks().update(alone.id, wednesday.clone(), None).await?;
    let next = next_of(&crm, alone.id).await?.expect("another one");
    assert_eq!(next.due_date, Some(day("2026-06-15")), "the series keeps its days");
    let rule = Patch::Set("FREQ=WEEKLY".to_owned());
    scope.tasks().update(next.id, TaskPatch { recurrence: rule, ..wednesday.clone() }, None).await?;
    let next = next_of(&crm, next.id).await?.expect("another one");
    assert_eq!(next.due_date, Some(day("2026-06-17")), "the series is moved");
    let replaced = NewTask::from(&next).due_on(day("2026-06-19"));
    let replaced = scope.tasks().replace(next.id, replaced, None).await?;
    let other = TaskPatch { title: Patch::Set("Send two reports".to_owned()), ..TaskPatch::default() };
    scope.tasks().update(replaced.id, other, None).await?;
    let next = next_of(&crm, next.id).await?.expect("another one");
    assert_eq!((next.due_date, next.title.as_str()), (Some(day("2026-06-26")), "Send two reports"));
    // A time in place of a day begins anew.
    let at = TaskPatch { due_at: Patch::Set(time("2026-06-24T15:00:00Z")), ..TaskPatch::default() };
    scope.tasks().update(next.id, at, None).await?;
    let next = next_of(&crm, next.id).await?.expect("another one");
    assert_eq!((next.due_at, next.due_date), (Some(time("2026-07-01T15:00:00Z")), None));
    assert_eq!(next.series_id, Some(alone.id));
    Ok(())
}

async fn a_completed_task_is_followed_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let task = recurring("FREQ=DAILY").due_on(day("2026-06-02")).for_customer(customer.id);
    let task = crm.admin().tasks().create(task).await?;
    let complete = async || crm.admin().tasks().complete(task.id, TaskCompletion::with("Sent"), None).await;
    let (one, two, three) = tokio::join!(complete(), complete(), complete());
    let (one, two, three) = (one?, two?, three?);
    assert_eq!((one.next_task_id, two.next_task_id), (two.next_task_id, three.next_task_id));
    let open = all_open(&crm).await?;
    assert_eq!((open.len(), Some(open[0].id)), (1, one.next_task_id));
    // Opened and completed again.
    crm.admin().tasks().reopen(task.id, None).await?;
    let again = crm.admin().tasks().complete(task.id, TaskCompletion::with("Sent again"), None).await?;
    assert_eq!((again.next_task_id, all_open(&crm).await?.len()), (one.next_task_id, 1));
    Ok(())
}

async fn a_patch_completes_as_well(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut scope = crm.admin();
    let new = recurring("FREQ=DAILY").due_on(day("2026-06-02")).for_customer(customer.id);
    let completed = TaskPatch { status: Patch::Set(TaskStatus::Completed), ..TaskPatch::default() };
    let first = scope.tasks().create(new.clone()).await?;
    let done = scope.tasks().update(first.id, completed.clone(), None).await?;
    let second = scope.tasks().get(done.next_task_id.expect("another one")).await?;
    assert_eq!((second.due_date, second.customer_id), (Some(day("2026-06-03")), Some(customer.id)));
    let replaced = NewTask { status: Some(TaskStatus::Completed), ..NewTask::from(&second) };
    let done = scope.tasks().replace(second.id, replaced, None).await?;
    let third = scope.tasks().get(done.next_task_id.expect("another one")).await?;
    // With the customer it is for from now on.
    let other = crm.named("Smith & Co").await?;
    let moved = TaskPatch { customer_id: Patch::Set(other.id), ..completed.clone() };
    let done = scope.tasks().update(third.id, moved, None).await?;
    let fourth = scope.tasks().get(done.next_task_id.expect("another one")).await?;
    assert_eq!((fourth.due_date, fourth.customer_id), (Some(day("2026-06-05")), Some(other.id)));
    // A task that recurs no more is followed by none, and neither is one that was added as done.
    let last = TaskPatch { recurrence: Patch::Clear, ..completed };
    let done = scope.tasks().update(fourth.id, last, None).await?;
    assert_eq!((done.next_task_id, done.series_id), (None, Some(first.id)));
    let done = NewTask { status: Some(TaskStatus::Completed), ..new };
    assert_eq!(scope.tasks().create(done).await?.next_task_id, None);
    assert!(all_open(&crm).await?.is_empty());
    // What the caller does not see is not completed.
    let gone = scope.tasks().create(recurring("FREQ=DAILY").due_on(day("2026-06-02")).for_customer(other.id)).await?;
    scope.customers().delete(other.id, None).await?;
    assert_matches!(next_of(&crm, gone.id).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn what_is_canceled_ends_the_series(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut scope = crm.admin();
    let task = scope.tasks().create(recurring("FREQ=DAILY").due_on(day("2026-06-02"))).await?;
    let canceled = TaskPatch { status: Patch::Set(TaskStatus::Canceled), ..TaskPatch::default() };
    assert_eq!(scope.tasks().update(task.id, canceled, None).await?.next_task_id, None);
    let task = scope.tasks().create(recurring("FREQ=DAILY").due_on(day("2026-06-02"))).await?;
    scope.tasks().delete(task.id, None).await?;
    assert!(all_open(&crm).await?.is_empty());
    Ok(())
}

async fn rules_are_checked(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let mut scope = crm.admin();
    let fault = |code: &str| vec![("/recurrence".to_owned(), code.to_owned())];
    for rule in ["every day", "FREQ=MINUTELY", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=2;UNTIL=20270101", "FREQ=HOURLY"]
    {
        let refused = scope.tasks().create(recurring(rule).due_on(day("2026-06-02"))).await;
        assert_eq!(violations(refused), fault("recurrence_invalid"), "{rule}");
    }
    let long = format!("FREQ=YEARLY;BYYEARDAY={}", vec!["1"; 300].join(","));
    assert_eq!(violations(scope.tasks().create(recurring(&long).due_on(day("2026-06-02"))).await), fault("too_long"));
    assert_eq!(violations(scope.tasks().create(recurring("FREQ=DAILY")).await), fault("due_required"));
    let task = scope.tasks().create(recurring("FREQ=HOURLY;INTERVAL=6").due(time("2026-06-02T12:00:00Z"))).await?;
    let on = TaskPatch { due_date: Patch::Set(day("2026-06-03")), ..TaskPatch::default() };
    assert_eq!(violations(scope.tasks().update(task.id, on, None).await), fault("recurrence_invalid"));
    let never = TaskPatch { due_at: Patch::Clear, ..TaskPatch::default() };
    assert_eq!(violations(scope.tasks().update(task.id, never, None).await), fault("due_required"));
    Ok(())
}

async fn the_assignee_is_told_of_the_next_task(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let task = NewTask { assignee_id: Patch::Set(seller), ..recurring("FREQ=DAILY").due_on(day("2026-06-02")) };
    let task = crm.admin().tasks().create(task).await?;
    let next = next_of(&crm, task.id).await?.expect("another one");
    let mut scope = crm.scope(Role::SalesRep);
    let told = scope.notifications().list(&NotificationQuery::default(), &PageRequest::default()).await?;
    let told: BTreeSet<_> = told.data.iter().map(|one| (one.kind, one.record_id)).collect();
    assert_eq!(told, [next.id, task.id].map(|id| (NotificationKind::Assigned, id.0)).into());
    Ok(())
}
