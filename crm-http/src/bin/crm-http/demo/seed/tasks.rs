//! The demo's tasks: completed ones over the twelve months, what is due in the next weeks, and overdue ones.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::ids::{CustomerId, TaskId, UserId};
use crm_core::patch::Patch;
use crm_core::tasks::{
    ChecklistItem, NewTask, TaskCompletion, TaskPatch, TaskPriority, TaskReminder, TaskStatus, TaskType,
};
use crm_http::examples;
use rand::RngExt;

use super::Seeder;

/// The title, the type, the priority, and the result of tasks.
type Errand = (&'static str, TaskType, TaskPriority, &'static str);

const ERRANDS: &[Errand] = &[
    ("Send the offer", TaskType::Document, TaskPriority::High, "Sent, with the new prices."),
    ("Call back about the delivery", TaskType::Call, TaskPriority::Normal, "Delivery is on Tuesday."),
    ("Prepare the visit", TaskType::Meeting, TaskPriority::Normal, "The samples are packed."),
    ("Ask for a reference", TaskType::Email, TaskPriority::Low, "Gladly, by the end of the month."),
    ("Renew the contract", TaskType::Deadline, TaskPriority::Urgent, "Signed for two more years."),
    ("Check whether all is well", TaskType::FollowUp, TaskPriority::Normal, "All is well."),
];

impl Seeder<'_, '_> {
    /// The tasks of the document's examples.
    pub(super) async fn example_tasks(&mut self) -> anyhow::Result<()> {
        let sales = Patch::from(self.user("sales"));
        let main: NewTask = serde_json::from_value(examples::task_fields())?;
        let titled = |title: &str| NewTask { assignee_id: sales, ..NewTask::titled(title) };
        let done = NewTask { status: Some(TaskStatus::Completed), ..titled("Order the samples") };
        for (id, new) in [
            (examples::TASK, NewTask { assignee_id: sales, ..main }),
            (examples::TASK_TO_COMPLETE, titled("Send the brochure")),
            (examples::TASK_TO_REOPEN, done),
            (examples::TASK_TO_DELETE, titled("Noted twice")),
            (examples::TASK_TO_RESTORE, titled("Thrown away too soon")),
        ] {
            self.randomness.choose(id);
            let task = self.tx.scope().tasks().create(new).await?;
            anyhow::ensure!(task.id == TaskId(id), "the example {id} became {}", task.id);
        }
        Ok(self.tx.scope().tasks().delete(examples::TASK_TO_RESTORE.into(), None).await?)
    }

    /// A task for every third customer, and for others one that is over.
    pub(super) async fn tasks(&mut self, id: CustomerId, number: u32, added: DateTime<Utc>) -> crm_core::Result<()> {
        match number % 3 {
            0 => {}
            1 => return self.past_task(id, number, added).await,
            _ => return Ok(()),
        }
        let assignee = self.owner(number).or_else(|| self.user("support"));
        let errand = ERRANDS[(number as usize / 3) % ERRANDS.len()];
        let due = self.now + TimeDelta::days(i64::from(number % 40) - 10);
        self.clock.set((due - TimeDelta::days(14)).max(added).min(self.now));
        let manager = self.user("manager").filter(|_| number.is_multiple_of(2)).map(|user| vec![user]);
        let new = NewTask { collaborator_ids: manager, ..planned(errand, assignee, id, due) };
        let task = self.tx.scope().tasks().create(new).await?;
        if number % 12 == 9 {
            self.clock.set(self.now);
            self.tx.scope().tasks().complete(task.id, TaskCompletion::with(errand.3), None).await?;
        }
        Ok(())
    }
}

impl Seeder<'_, '_> {
    /// A task from the weeks after a customer was added: most were done in time, some late, some not at all.
    async fn past_task(&mut self, id: CustomerId, number: u32, added: DateTime<Utc>) -> crm_core::Result<()> {
        let due = added + TimeDelta::days(self.random.random_range(7..40));
        let (late, early) = (self.random.random_range(1..9), self.random.random_range(1..6));
        let late: i64 = if number.is_multiple_of(4) { late } else { -early };
        let done = due + TimeDelta::days(late);
        if done > self.now {
            return Ok(());
        }
        let assignee = self.owner(number).or_else(|| self.user("support"));
        let errand = ERRANDS[(number as usize / 3) % ERRANDS.len()];
        self.clock.set(added);
        // One that recurs would go on for ever.
        let new = NewTask { recurrence: None, ..planned(errand, assignee, id, due) };
        let task = self.tx.scope().tasks().create(new).await?;
        self.clock.set(done.max(added));
        if number % 18 == 13 {
            let canceled = TaskPatch { status: Patch::Set(TaskStatus::Canceled), ..TaskPatch::default() };
            return self.tx.scope().tasks().update(task.id, canceled, None).await.map(drop);
        }
        self.tx.scope().tasks().complete(task.id, TaskCompletion::with(errand.3), None).await.map(drop)
    }
}

fn planned(errand: Errand, assignee: Option<UserId>, customer: CustomerId, due: DateTime<Utc>) -> NewTask {
    let (title, task_type, priority, _) = errand;
    let steps = ["Read what was agreed", "Write it down"].map(ChecklistItem::new);
    let new = NewTask {
        task_type: Some(task_type),
        priority: Some(priority),
        assignee_id: assignee.into(),
        checklist: (task_type == TaskType::Document).then(|| steps.to_vec()),
        recurrence: (task_type == TaskType::FollowUp).then(|| "FREQ=MONTHLY;INTERVAL=3".to_owned()),
        ..NewTask::titled(title).for_customer(customer)
    };
    // Calls and meetings have a time, all others a day.
    match task_type {
        TaskType::Call | TaskType::Meeting => {
            NewTask { reminders: Some(vec![TaskReminder::in_app(60), TaskReminder::email(24 * 60)]), ..new.due(due) }
        }
        _ => new.due_on(due.date_naive()),
    }
}
