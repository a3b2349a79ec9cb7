//! Mails: reminders and notifications, for users who want them.

use std::time::Duration;

use chrono::TimeDelta;
use crm_core::actor::Role;
use crm_core::jobs::{Job, JobQuery, JobState};
use crm_core::notifications::NotificationKind::{Due, Reminder};
use crm_core::notifications::{MailError, NotificationQuery};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskCompletion, TaskPatch, TaskReminder};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{World, email, in_zone};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_reminder_is_mailed_to_its_assignee,
        who_has_no_mail_is_notified,
        what_is_outdated_is_not_mailed,
        a_mail_is_tried_again_with_the_same_id,
        a_mail_that_is_refused_is_not_tried_again,
        what_is_unread_after_two_minutes_is_mailed,
        what_one_may_not_see_is_not_mailed,
    ]);
}

async fn jobs(world: &World) -> crm_core::Result<Vec<Job>> {
    let page = world.crm.admin().jobs().list(&JobQuery::default(), &PageRequest::default()).await?;
    Ok(page.data)
}

async fn a_reminder_is_mailed_to_its_assignee(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    world.preferences(json!({ "language": "de-AT", "timeZone": "Europe/Berlin" })).await?;
    let task = world.crm.admin().tasks().create(world.task(120, &[TaskReminder::email(60)])).await?;
    world.at("2026-06-01T12:59:59Z");
    assert_eq!(world.run().await?, 0);
    world.at("2026-06-01T13:00:00Z");
    assert_eq!(world.run().await?, 1);
    let mails = world.post.take();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), (&*email(Role::SalesRep), "Erinnerung: Send the offer"));
    for part in ["Fällig: 2026-06-01 16:00 (Europe/Berlin)", &format!("https://crm.example.com/tasks/{}", task.id)] {
        assert!(mail.text.contains(part), "{part} is not in {}", mail.text);
    }
    assert!(!format!("{mail:?}").contains("offer"), "a log has no mails");
    assert_eq!(mail.id, jobs(&world).await?[0].id.0);
    assert!(world.told().await?.is_empty(), "a mail is instead of a notification");
    assert_eq!(world.run().await?, 0);
    world.at("2026-06-01T14:00:00Z");
    world.run().await?;
    assert_eq!((world.told().await?, world.post.take().len()), (vec![(Due, 1)], 0));
    Ok(())
}

async fn who_has_no_mail_is_notified(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    let remind = [TaskReminder::email(60)];
    // They do not want any.
    world.prefer(json!({ "emailReminders": false })).await?;
    let mut scope = world.crm.admin();
    scope.tasks().create(world.task(120, &remind)).await?;
    // They have no address.
    let support = world.mirror(Role::Support, None, true).await?;
    scope.tasks().create(NewTask { assignee_id: Patch::Set(support), ..world.task(120, &remind) }).await?;
    // They are gone.
    let manager = world.mirror(Role::Manager, Some("manager@acme.example"), true).await?;
    scope.tasks().create(NewTask { assignee_id: Patch::Set(manager), ..world.task(120, &remind) }).await?;
    world.mirror(Role::Manager, Some("manager@acme.example"), false).await?;
    world.at("2026-06-01T13:00:00Z");
    assert_eq!(world.run().await?, 0);
    assert_eq!(world.told().await?, [(Reminder, 1)]);
    assert_eq!(world.told_to(Role::Support).await?, [(Reminder, 1)]);
    assert!(world.told_to(Role::Manager).await?.is_empty());
    assert!(world.post.take().is_empty());
    Ok(())
}

async fn what_is_outdated_is_not_mailed(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    let support = world.mirror(Role::Support, Some("support@acme.example"), true).await?;
    let mut scope = world.crm.admin();
    let done = scope.tasks().create(world.task(120, &[TaskReminder::email(60)])).await?;
    let passed_on = scope.tasks().create(world.task(120, &[TaskReminder::email(60)])).await?;
    world.at("2026-06-01T13:00:00Z");
    // The server is away, and meanwhile things change.
    for _ in 0..10 {
        world.post.fail_next(MailError::Unavailable("away".into()));
    }
    world.run().await?;
    scope.tasks().complete(done.id, TaskCompletion::default(), None).await?;
    let other = TaskPatch { assignee_id: Patch::Set(support), ..TaskPatch::default() };
    scope.tasks().update(passed_on.id, other, None).await?;
    world.clock.advance(Duration::from_secs(60));
    world.run().await?;
    assert!(world.post.take().is_empty());
    let outcomes = jobs(&world).await?.into_iter().map(|job| (job.state, job.result));
    assert!(outcomes.eq([(); 2].map(|()| (JobState::Done, Some(json!({ "outcome": "outdated" }))))));
    Ok(())
}

async fn a_mail_is_tried_again_with_the_same_id(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    world.crm.admin().tasks().create(world.task(120, &[TaskReminder::email(0)])).await?;
    world.at("2026-06-01T14:00:00Z");
    for _ in 0..3 {
        world.post.fail_next(MailError::Unavailable("away".into()));
    }
    while world.post.tried().len() < 4 {
        world.run().await?;
        world.clock.advance(Duration::from_secs(60 * 60));
    }
    world.run().await?;
    let (mails, tried) = (world.post.take(), world.post.tried());
    assert_eq!((mails.len(), tried.len()), (1, 4));
    assert!(tried.iter().all(|id| *id == mails[0].id), "{tried:?}");
    Ok(())
}

async fn a_mail_that_is_refused_is_not_tried_again(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    world.crm.admin().tasks().create(world.task(120, &[TaskReminder::email(0)])).await?;
    world.at("2026-06-01T14:00:00Z");
    world.post.fail_next(MailError::Refused("no such address".into()));
    world.run().await?;
    world.clock.advance(Duration::from_secs(24 * 60 * 60));
    world.run().await?;
    assert_eq!((world.post.take().len(), world.post.tried().len()), (0, 1));
    let job = jobs(&world).await?.remove(0);
    assert_eq!((job.state, job.last_error.as_deref()), (JobState::Failed, Some("mail_refused")));
    Ok(())
}

async fn what_is_unread_after_two_minutes_is_mailed(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    world.prefer(json!({ "email": ["assigned"] })).await?;
    let noon = world.at("2026-06-01T12:00:00Z");
    let mut scope = world.crm.admin();
    for title in ["Send the offer", "Call back"] {
        let task = NewTask { assignee_id: Patch::Set(world.seller), ..NewTask::titled(title) };
        scope.tasks().create(task).await?;
        world.clock.advance(Duration::from_secs(30));
    }
    world.clock.set(noon + TimeDelta::seconds(119));
    assert_eq!(world.run().await?, 0);
    world.clock.set(noon + TimeDelta::minutes(2));
    assert_eq!(world.run().await?, 1, "the second goes with the first");
    let mails = world.post.take();
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "You have new notifications"));
    for part in ["The admin assigned a task to you: Send the offer", "The admin assigned a task to you: Call back"] {
        assert!(mails[0].text.contains(part), "{part} is not in {}", mails[0].text);
    }
    world.clock.set(noon + TimeDelta::hours(1));
    assert_eq!(world.run().await?, 0);
    // What is read in time, and kinds that they do not want so.
    scope.tasks().create(world.task(1, &[])).await?;
    world.scope(Role::SalesRep).notifications().read_all().await?;
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.run().await?, 0);
    world.clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(world.run().await?, 0);
    assert_eq!(world.told().await?, [(Due, 1)]);
    assert!(world.post.take().is_empty());
    // A single one has its own subject.
    scope.tasks().create(world.task(600, &[])).await?;
    world.clock.advance(Duration::from_secs(120));
    assert_eq!(world.run().await?, 1);
    assert_eq!(world.post.take()[0].subject, "The admin assigned a task to you: Send the offer");
    Ok(())
}

async fn what_one_may_not_see_is_not_mailed(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database).await?;
    in_zone(&world.crm, "Europe/Berlin").await?;
    world.prefer(json!({ "email": ["assigned", "mentioned"] })).await?;
    let (customer, mut scope) = (world.crm.named("Lee & Co").await?, world.crm.admin());
    let text = format!("@[The seller](user:{}), the margin is 12 %", world.seller);
    scope.notes(customer.id).create(crm_core::notes::NewNote::text(text)).await?;
    let task = scope.tasks().create(world.task(600, &[])).await?;
    scope.tasks().delete(task.id, None).await?;
    world.clock.advance(Duration::from_secs(120));
    assert_eq!(world.run().await?, 1);
    let mails = world.post.take();
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "The admin mentioned you"));
    assert!(!mails[0].text.contains("margin") && !mails[0].text.contains("Lee"), "{}", mails[0].text);
    let unread = NotificationQuery { unread: Some(true) };
    let page = world.scope(Role::SalesRep).notifications().list(&unread, &PageRequest::default()).await?;
    assert_eq!(page.data.len(), 1, "a mail marks nothing as read");
    Ok(())
}
