//! The digest: what is due today, what is overdue, and how much is unread.

use async_trait::async_trait;
use sea_orm::DatabaseConnection;
use sea_orm::sea_query::{Expr, ExprTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::letters::{Letter, Words};
use super::recipients::recipient;
use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::jobs::{self, JobDone, JobError, JobHandler, JobPolicy, NewJob, RunningJob};
use crate::notifications::row::{self, TABLE};
use crate::notifications::visible;
use crate::preferences::take_due_digests;
use crate::scope::actor::Actor;
use crate::scope::jobs::Alarm;
use crate::scope::{CompanyScope, CompanyTx, Crm};
use crate::tasks::{Task, TaskAgendaQuery};
use crate::users::OwnerFilter;

/// What a user has before them.
pub(super) struct Day {
    pub due: Vec<Task>,
    pub overdue: Vec<Task>,
    pub unread: u64,
}

/// Finds the users whose morning it is.
pub(crate) struct Digests;

#[async_trait]
impl Alarm for Digests {
    async fn ring(&self, crm: &Crm, db: &DatabaseConnection) -> Result<()> {
        for company in super::companies_to_mail(crm, db, ("crm_preferences", "digest_at")).await? {
            let outcome = crm.on(Actor::system(company), db).write(async |tx| enqueue_due(tx).await).await;
            jobs::note_failure(company, outcome);
        }
        Ok(())
    }
}

async fn enqueue_due(tx: &mut CompanyTx<'_>) -> Result<()> {
    let users = take_due_digests(tx).await?;
    let jobs =
        users.into_iter().map(|user| NewJob::new(SendDigest::KIND, json!(Reader { user })).unique(user.to_string()));
    jobs::enqueue(tx, jobs.collect()).await.map(drop)
}

/// Whose digest it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Reader {
    user: UserId,
}

/// Sends a user their digest.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendDigest;

impl SendDigest {
    /// The kind.
    pub const KIND: &'static str = "crm.mail_digest";
}

#[async_trait]
impl JobHandler for SendDigest {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        super::policy()
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let Reader { user } = job.payload()?;
        let to = recipient(job.scope(), user).await?.filter(|to| to.wants_digest());
        let mut outcome = "unwanted";
        if let Some(to) = to {
            let day = day(job.scope(), user).await?;
            outcome = "empty";
            if !day.due.is_empty() || !day.overdue.is_empty() || day.unread > 0 {
                let base = job.scope().crm.0.public_url.clone();
                super::send(job, &to, Letter::digest(Words::of(&to, base.as_deref()), &day)).await?;
                outcome = "sent";
            }
        }
        job.begin().await?.complete(json!({ "outcome": outcome })).await
    }
}

async fn day(scope: &mut CompanyScope<'_>, user: UserId) -> Result<Day> {
    let query = TaskAgendaQuery { assignee: Some(OwnerFilter::User(user)), ..TaskAgendaQuery::default() };
    let agenda = scope.tasks().agenda(&query).await?;
    let due = agenda.days.into_iter().next().map(|today| today.tasks).unwrap_or_default();
    let unread = scope
        .find::<row::Entity>()
        .filter(Expr::col((TABLE, "user_id")).eq(user.0))
        .filter(Expr::col((TABLE, "read_at")).is_null())
        .filter(visible::of_visible_records(scope.actor()));
    Ok(Day { due, overdue: agenda.overdue, unread: unread.count(None).await? })
}
