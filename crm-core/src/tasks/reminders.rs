//! Tells of tasks that are due, and of reminders: the moments of `timers.rs`, as they come.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, UpdateStatement};
use sea_orm::{DatabaseConnection, QueryOrder};
use uuid::Uuid;

use super::model::{ReminderChannel, Task};
use super::{row, timer_row};
use crate::base::error::{Error, Result};
use crate::base::ids::{TaskId, UserId};
use crate::jobs;
use crate::notifications::{self, Notice, NotificationKind, ReminderMail};
use crate::query::dialect::any_of;
use crate::scope::actor::Actor;
use crate::scope::jobs::Alarm;
use crate::scope::{CompanyScope, CompanyTx, Crm, is_live};

/// The maximum number of moments of a company in one transaction; the others follow at the next look.
const BATCH: u64 = 100;

/// What tasks have to say by the clock. A moment is told in the transaction that takes it off, so it is told once, by
/// whichever worker has it.
pub(crate) struct TaskAlarm;

#[async_trait]
impl Alarm for TaskAlarm {
    async fn ring(&self, crm: &Crm, db: &DatabaseConnection) -> Result<()> {
        for company in jobs::companies_with_due(crm, db, (timer_row::TABLE, "remind_at")).await? {
            let outcome = crm.on(Actor::system(company), db).write(async |tx| tell_due(tx).await).await;
            jobs::note_failure(company, outcome);
        }
        Ok(())
    }
}

/// Tells of what is due, but for what another worker has at this moment.
async fn tell_due(tx: &mut CompanyTx<'_>) -> Result<()> {
    let due = tx.find::<timer_row::Entity>().filter(Expr::col("remind_at").lte(tx.now()));
    let due = due.map(|select| select.order_by_asc(timer_row::Column::RemindAt)).skip_locked();
    let due: Vec<timer_row::Model> = due.fetch_up_to(BATCH).await?;
    if due.is_empty() {
        return Ok(());
    }
    let tasks = open_tasks(tx, due.iter().map(|timer| timer.task_id).collect()).await?;
    let mut told = Told::default();
    for timer in &due {
        // What is closed, or went to the trash with its customer, is passed over.
        if let Some(task) = tasks.get(&timer.task_id) {
            told.add(task, timer)?;
        }
    }
    told.tell(tx).await?;
    let taken = take_off(tx, &due);
    tx.execute(&taken).await.map(drop)
}

/// The users to tell, and of what. A user is told once of a task, be it due in several ways.
#[derive(Default)]
struct Told {
    in_app: BTreeMap<(NotificationKind, TaskId), BTreeSet<UserId>>,
    by_mail: BTreeSet<(TaskId, UserId)>,
}

impl Told {
    fn add(&mut self, task: &Task, timer: &timer_row::Model) -> Result<()> {
        let channel: ReminderChannel = timer.channel.parse().map_err(Error::internal)?;
        let kind = if timer.number == 0 { NotificationKind::Due } else { NotificationKind::Reminder };
        for user in task.workers() {
            match channel {
                ReminderChannel::InApp => {
                    self.in_app.entry((kind, task.id)).or_default().insert(user);
                }
                ReminderChannel::Email => {
                    self.by_mail.insert((task.id, user));
                }
            }
        }
        Ok(())
    }

    async fn tell(mut self, tx: &mut CompanyTx<'_>) -> Result<()> {
        let mails = self.by_mail.iter().map(|(task, user)| ReminderMail { task: *task, user: *user }).collect();
        for ReminderMail { task, user } in notifications::mail_reminders(tx, mails).await? {
            self.in_app.entry((NotificationKind::Reminder, task)).or_default().insert(user);
        }
        for ((kind, task), users) in self.in_app {
            notifications::tell(tx, Notice::of_task(kind, task), users)?;
        }
        Ok(())
    }
}

/// Those of these tasks that are open and outside the trash.
async fn open_tasks(tx: &CompanyTx<'_>, ids: BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, Task>> {
    let (most, ids) = (ids.len() as u64, ids.into_iter().collect());
    let tasks = tx.find::<row::Entity>().filter(any_of(Expr::col((row::TABLE, "id")), ids, tx.is_postgres()));
    let tasks: Vec<Task> = tasks.filter(is_live(row::TABLE)).select(&row::COLUMNS).fetch_up_to(most).await?;
    Ok(tasks.into_iter().filter(|task| task.status.is_open()).map(|task| (task.id.0, task)).collect())
}

/// Exactly these moments: others of the same tasks may have become due meanwhile.
fn take_off(tx: &CompanyTx<'_>, due: &[timer_row::Model]) -> UpdateStatement {
    let each = due.iter().map(|timer| Expr::col("task_id").eq(timer.task_id).and(Expr::col("number").eq(timer.number)));
    Query::update()
        .table(timer_row::TABLE)
        .value("remind_at", None::<DateTime<Utc>>)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .cond_where(each.fold(Condition::any(), Condition::add))
        .to_owned()
}

/// A task as mails tell of it, if it is open and outside the trash.
pub(crate) async fn open_task(scope: &CompanyScope<'_>, id: TaskId) -> Result<Option<Task>> {
    let task = scope.find::<row::Entity>().by_id(id).filter(is_live(row::TABLE)).select(&row::COLUMNS);
    let task: Option<Task> = task.one().await?;
    Ok(task.filter(|task| task.status.is_open()))
}
