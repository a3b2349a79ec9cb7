//! Reminders of tasks by mail.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::letters::{self, Letter};
use super::recipients::{recipient, recipients};
use crate::base::error::Result;
use crate::base::ids::{TaskId, UserId};
use crate::jobs::{self, JobDone, JobError, JobHandler, JobPolicy, NewJob, RunningJob};
use crate::scope::CompanyTx;
use crate::tasks;

/// The user to remind, and of which task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReminderMail {
    pub task: TaskId,
    pub user: UserId,
}

/// Sends a reminder of a task.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendReminder;

impl SendReminder {
    /// The kind.
    pub const KIND: &'static str = "crm.mail_reminder";
}

#[async_trait]
impl JobHandler for SendReminder {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        super::policy()
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let ReminderMail { task, user } = job.payload()?;
        let to = recipient(job.scope(), user).await?;
        let task = tasks::open_task(job.scope(), task).await?.filter(|task| task.workers().any(|one| one == user));
        let outcome = match (to, task) {
            (Some(to), Some(task)) => {
                let base = job.scope().crm.0.public_url.clone();
                let letter = Letter::reminder(letters::Words::of(&to, base.as_deref()), &task);
                super::send(job, &to, letter).await?;
                "sent"
            }
            // It was closed, or assigned to another user, before the mail could be sent.
            _ => "outdated",
        };
        job.begin().await?.complete(json!({ "outcome": outcome })).await
    }
}

/// Enqueues the mails to users who can be reached so, and gives the others.
pub(crate) async fn mail_reminders(tx: &mut CompanyTx<'_>, mails: Vec<ReminderMail>) -> Result<Vec<ReminderMail>> {
    if mails.is_empty() || tx.crm().0.mailer.is_none() {
        return Ok(mails);
    }
    let users = mails.iter().map(|mail| mail.user).collect();
    let reached = recipients(&tx.scope(), users).await?;
    let reached: BTreeSet<UserId> =
        reached.into_iter().filter(|user| user.wants_reminders()).map(|user| user.user).collect();
    let (by_mail, others): (Vec<_>, Vec<_>) = mails.into_iter().partition(|mail| reached.contains(&mail.user));
    let jobs = by_mail.into_iter().map(|mail| {
        let key = format!("{}:{}", mail.task, mail.user);
        NewJob::new(SendReminder::KIND, json!(mail)).unique(key)
    });
    jobs::enqueue(tx, jobs.collect()).await?;
    Ok(others)
}
