//! The moments at which tasks are told of.

use chrono::{NaiveDate, TimeDelta};
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::jobs::JobOptions;
use crm_core::notifications::NotificationKind::{Due, Reminder};
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskCompletion, TaskPatch, TaskReminder, TaskStatus};
use testkit::{Suite, TestDatabase};

use super::{World, in_zone};
use crate::support::violations;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [reminders_have_rules]; own: [
        a_user_is_told_before_and_when_a_task_is_due,
        reminders_move_with_the_task,
        what_is_closed_or_in_the_trash_reminds_nobody,
        what_goes_with_its_customer_reminds_nobody,
        a_date_is_due_at_nine_where_the_company_is,
        several_workers_tell_once,
        what_was_missed_is_told_once,
    ]);
}

const HOUR: TimeDelta = TimeDelta::hours(1);

async fn reminders_have_rules(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    let mut scope = world.scope(Role::SalesRep);
    let with = |task: NewTask, reminders: &[TaskReminder]| NewTask { reminders: Some(reminders.to_vec()), ..task };
    let two = [TaskReminder::in_app(60), TaskReminder::email(60)];
    let never_due = with(NewTask::titled("Some day"), &two);
    let expected = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(violations(scope.tasks().create(never_due).await), expected("/reminders", "due_required"));
    let twice = world.task(60, &[TaskReminder::in_app(60), TaskReminder::in_app(60)]);
    assert_eq!(violations(scope.tasks().create(twice).await), expected("/reminders/1", "duplicate"));
    let early = world.task(60, &[TaskReminder::email(43_201)]);
    assert_eq!(violations(scope.tasks().create(early).await), expected("/reminders/0/minutesBefore", "out_of_range"));
    let many: Vec<_> = (0..6).map(TaskReminder::in_app).collect();
    let many = world.task(60, &many);
    assert_eq!(violations(scope.tasks().create(many).await), expected("/reminders", "too_long"));
    let task = scope.tasks().create(world.task(60, &two)).await?;
    assert_eq!(scope.tasks().get(task.id).await?.reminders, two);
    let never = TaskPatch { due_at: Patch::Clear, ..TaskPatch::default() };
    let refused = scope.tasks().update(task.id, never.clone(), None).await;
    assert_eq!(violations(refused), expected("/reminders", "due_required"));
    let cleared = scope.tasks().update(task.id, TaskPatch { reminders: Patch::Clear, ..never }, None).await?;
    assert!(cleared.reminders.is_empty() && cleared.due_at.is_none());
    Ok(())
}

async fn a_user_is_told_before_and_when_a_task_is_due(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::without_mail(&database).await?;
    // Without a mail server a mail is a notification, too.
    let reminders = [TaskReminder::in_app(60), TaskReminder::email(60), TaskReminder::in_app(24 * 60)];
    world.crm.admin().tasks().create(world.task(120, &reminders)).await?;
    for (time, told) in [
        ("2026-06-01T12:59:59Z", vec![]),
        ("2026-06-01T13:00:00Z", vec![(Reminder, 1)]),
        ("2026-06-01T13:59:59Z", vec![(Reminder, 1)]),
        ("2026-06-01T14:00:00Z", vec![(Due, 1), (Reminder, 1)]),
        ("2026-06-02T14:00:00Z", vec![(Due, 1), (Reminder, 1)]),
    ] {
        world.at(time);
        assert_eq!(world.run().await?, 0);
        assert_eq!(world.told().await?, told, "{time}");
    }
    assert!(world.told_to(Role::Admin).await?.is_empty(), "who has assigned it is not reminded");
    Ok(())
}

async fn reminders_move_with_the_task(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::without_mail(&database).await?;
    let noon = world.at("2026-06-01T12:00:00Z");
    let mut scope = world.crm.admin();
    let task = scope.tasks().create(world.task(120, &[TaskReminder::in_app(60)])).await?;
    let due = |hours: i32| TaskPatch { due_at: Patch::Set(noon + HOUR * hours), ..TaskPatch::default() };
    scope.tasks().update(task.id, due(5), None).await?;
    world.clock.set(noon + HOUR * 2);
    world.run().await?;
    assert!(world.told().await?.is_empty());
    world.clock.set(noon + HOUR * 4);
    world.run().await?;
    assert_eq!(world.told().await?, [(Reminder, 1)]);
    // Another moment is another reminder; one that has passed is not made up for.
    scope.tasks().update(task.id, due(6), None).await?;
    let reminders = vec![TaskReminder::in_app(600), TaskReminder::in_app(90)];
    let patch = TaskPatch { reminders: Patch::Set(reminders), ..TaskPatch::default() };
    scope.tasks().update(task.id, patch, None).await?;
    world.run().await?;
    assert_eq!(world.told().await?, [(Reminder, 1)]);
    world.clock.set(noon + HOUR * 6);
    world.run().await?;
    assert_eq!(world.told().await?, [(Due, 1), (Reminder, 2)], "the same task is one notification until it is read");
    // A change of something else moves nothing.
    let title = TaskPatch { title: Patch::Set("Send two".to_owned()), ..TaskPatch::default() };
    scope.tasks().update(task.id, title, None).await?;
    world.run().await?;
    assert_eq!(world.told().await?, [(Due, 1), (Reminder, 2)]);
    Ok(())
}

async fn what_is_closed_or_in_the_trash_reminds_nobody(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::without_mail(&database).await?;
    let noon = world.at("2026-06-01T12:00:00Z");
    let mut scope = world.crm.admin();
    let new = world.task(120, &[TaskReminder::in_app(60), TaskReminder::in_app(30)]);
    let done = scope.tasks().create(new.clone()).await?;
    scope.tasks().complete(done.id, TaskCompletion::default(), None).await?;
    let canceled = scope.tasks().create(new.clone()).await?;
    let cancel = TaskPatch { status: Patch::Set(TaskStatus::Canceled), ..TaskPatch::default() };
    scope.tasks().update(canceled.id, cancel, None).await?;
    let trashed = scope.tasks().create(new.clone()).await?;
    scope.tasks().delete(trashed.id, None).await?;
    scope.tasks().create(NewTask { assignee_id: Patch::Clear, ..new.clone() }).await?;
    scope.tasks().create(NewTask { status: Some(TaskStatus::Completed), ..new.clone() }).await?;
    assert_eq!(world.crm.count("crm_task_reminders").await?, 3, "only the open task of nobody waits");
    world.clock.set(noon + HOUR);
    world.run().await?;
    assert!(world.told().await?.is_empty());
    // What is open again has what is still to come.
    scope.tasks().reopen(done.id, None).await?;
    scope.tasks().restore(trashed.id).await?;
    world.clock.set(noon + HOUR * 2);
    world.run().await?;
    assert_eq!(world.told().await?, [(Due, 1), (Due, 1), (Reminder, 1), (Reminder, 1)]);
    Ok(())
}

async fn what_goes_with_its_customer_reminds_nobody(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::without_mail(&database).await?;
    let noon = world.at("2026-06-01T12:00:00Z");
    let mut scope = world.crm.admin();
    let customer = world.crm.named("Lee & Co").await?;
    let new = world.task(120, &[TaskReminder::in_app(60)]);
    scope.tasks().create(new.for_customer(customer.id)).await?;
    scope.customers().delete(customer.id, None).await?;
    world.clock.set(noon + HOUR);
    world.run().await?;
    assert!(world.told().await?.is_empty());
    scope.customers().restore(customer.id).await?;
    world.run().await?;
    assert!(world.told().await?.is_empty(), "a moment that has passed is not made up for");
    world.clock.set(noon + HOUR * 2);
    world.run().await?;
    assert_eq!(world.told().await?, [(Due, 1)]);
    scope.customers().delete(customer.id, None).await?;
    scope.customers().purge(customer.id, None).await?;
    assert_eq!(world.crm.count("crm_task_reminders").await?, 0);
    Ok(())
}

async fn a_date_is_due_at_nine_where_the_company_is(database: TestDatabase) -> anyhow::Result<()> {
    let first = World::without_mail(&database).await?;
    first.at("2026-03-01T00:00:00Z");
    // Clocks change in the night before.
    for (zone, day, due) in [
        ("America/New_York", "2026-03-08", "2026-03-08T13:00:00Z"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T07:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T22:30:00Z"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T22:00:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25T08:00:00Z"),
        ("America/New_York", "2026-11-01", "2026-11-01T14:00:00Z"),
    ] {
        let world = first.other_company().await?;
        in_zone(&world.crm, zone).await?;
        let day: NaiveDate = day.parse()?;
        let task = NewTask { assignee_id: Patch::Set(world.seller), ..NewTask::titled("Pay").due_on(day) };
        let task = NewTask { reminders: Some(vec![TaskReminder::in_app(24 * 60)]), ..task };
        world.crm.admin().tasks().create(task).await?;
        let due = world.at(due);
        for (before, told) in [
            (HOUR * 24 + TimeDelta::seconds(1), vec![]),
            (HOUR * 24, vec![(Reminder, 1)]),
            (TimeDelta::seconds(1), vec![(Reminder, 1)]),
            (TimeDelta::zero(), vec![(Due, 1), (Reminder, 1)]),
        ] {
            world.clock.set(due - before);
            world.run().await?;
            assert_eq!(world.told().await?, told, "{zone} {day}");
        }
    }
    Ok(())
}

async fn several_workers_tell_once(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    for number in 1..=30 {
        let reminders = [TaskReminder::in_app(0), TaskReminder::email(0)];
        world.crm.admin().tasks().create(world.task(number, &reminders)).await?;
    }
    world.at("2026-06-01T13:00:00Z");
    let other = || Crm::builder().clock(world.clock.clone()).mailer(world.post.clone()).build();
    let (others, options) = ([other(), other()], JobOptions::default());
    let (one, two) = (others[0].run_due_jobs(&world.crm.db, &options), others[1].run_due_jobs(&world.crm.db, &options));
    let (own, one, two) = tokio::join!(world.run(), one, two);
    let attempts = own? + one? + two?;
    world.run().await?;
    let told = world.told().await?;
    assert!(told.iter().all(|(_, count)| *count == 1), "{told:?}");
    assert_eq!((told.len(), world.post.take().len(), attempts), (60, 30, 30));
    Ok(())
}

async fn what_was_missed_is_told_once(database: TestDatabase) -> anyhow::Result<()> {
    const TASKS: i64 = 60;
    let world = World::without_mail(&database).await?;
    let reminders = [TaskReminder::in_app(60), TaskReminder::in_app(30), TaskReminder::in_app(5)];
    world.crm.admin().tasks().create(world.task(120, &reminders)).await?;
    // More than one look takes.
    let other = world.other_company().await?;
    for _ in 0..TASKS {
        other.crm.admin().tasks().create(other.task(120, &[TaskReminder::in_app(60)])).await?;
    }
    world.at("2026-06-08T12:00:00Z");
    world.run().await?;
    assert_eq!(world.told().await?, [(Due, 1), (Reminder, 1)]);
    world.run().await?;
    assert_eq!(world.told().await?, [(Due, 1), (Reminder, 1)]);
    // Assigned, reminded, due.
    assert_eq!(other.crm.count("crm_notifications").await?, 3 * TASKS);
    Ok(())
}
