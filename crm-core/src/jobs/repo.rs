//! The operations on jobs.

use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Serialize;
use serde_json::json;

use super::enqueue::{enqueue, last_ordinal};
use super::input::NewJob;
use super::model::{Job, JobState};
use super::row::{self, Model};
use super::settle::KEPT;
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{JobId, UserId};
use crate::query::page::{self, Key, Page, PageRequest};
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::jobs::FailedJob;
use crate::scope::visibility::Access;
use crate::scope::{CompanyScope, CompanyTx, Find, read_page};

/// The jobs in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct JobQuery {
    /// Only jobs in this state.
    pub state: Option<JobState>,
    /// Only jobs of this kind.
    pub kind: Option<String>,
}

/// The jobs of the company. Obtained from [`CompanyScope::jobs`].
#[derive(Debug)]
pub struct Jobs<'s, 'c>(pub(super) &'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The jobs of the company.
    pub fn jobs(&mut self) -> Jobs<'_, 'c> {
        Jobs(self)
    }
}

impl Jobs<'_, '_> {
    /// Enqueues a job: it runs if and only if this transaction commits, and not before. For hosts and their features,
    /// so it requires no right; the actor can see the job, and cancel it.
    ///
    /// If [`NewJob::unique`] has a key that a waiting or running job of this kind has, that job is returned.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all faults; [`Conflict::JobKeyTaken`](crate::Conflict::JobKeyTaken) if the job with the
    /// key ends and another one begins again and again.
    pub async fn enqueue(&mut self, new: NewJob) -> Result<Job> {
        let added = self.enqueue_all(vec![new]).await?;
        added.into_iter().next().ok_or_else(|| Error::internal("a job stands for each new one"))
    }

    /// The same for up to 1,000 jobs at once, in order.
    ///
    /// # Errors
    /// Those of [`Jobs::enqueue`].
    #[tracing::instrument(name = "jobs.enqueue", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn enqueue_all(&mut self, new: Vec<NewJob>) -> Result<Vec<Job>> {
        let rows = self.0.write(async |tx| enqueue(tx, new).await).await?;
        rows.into_iter().map(Job::try_from).collect()
    }

    /// Starts a job of a kind that administrators may start themselves. If one is waiting or running, it is returned.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] for another kind.
    #[tracing::instrument(name = "jobs.request", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn request(&mut self, kind: &str) -> Result<Job> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Jobs, Action::Create, None, None)?;
                if !tx.crm().0.jobs.handlers.get(kind).is_some_and(|handler| handler.policy().on_request) {
                    return Err(
                        Violations::one("/kind", "kind_unknown", "no kind of jobs to start has this name").into()
                    );
                }
                let job = enqueue(tx, vec![NewJob::new(kind, json!({})).unique(kind)]).await?.pop();
                job.ok_or_else(|| Error::internal("a job stands for each new one"))?.try_into()
            })
            .await
    }

    /// One job.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for the jobs of others if the actor may only read their own.
    pub async fn get(&self, id: JobId) -> Result<Job> {
        let jobs = self.visible().await?.by_id(id);
        jobs.one().await?.ok_or_else(|| Error::not_found(Kind::Job, id))
    }

    /// A page of jobs, newest first; only the actor's own unless they may read all.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "jobs.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &JobQuery, request: &PageRequest) -> Result<Page<Job>> {
        self.authorize().await?;
        let visible = self.0.actor().visible(&ACCESS)?;
        let find = || {
            let mut jobs = self.0.find::<row::Entity>().select(&row::COLUMNS).filter(visible.clone());
            if let Some(state) = query.state {
                jobs = jobs.filter(Expr::col("state").eq(state.as_str()));
            }
            match &query.kind {
                Some(kind) => jobs.filter(Expr::col("kind").eq(kind.as_str())),
                None => jobs,
            }
        };
        let key = |job: &Job| (Key::Time(job.created_at), job.id.0);
        read_page(find, &page::newest_first("created_at"), &page::digest(&("jobs", query))?, request, key).await
    }

    /// Cancels a job. One that waits is cancelled at once; one that runs is asked to stop, and is cancelled within
    /// seconds unless it is done before. Cancelling it again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Conflict::JobFinished`](crate::Conflict::JobFinished) if it is done
    /// or has failed.
    #[tracing::instrument(name = "jobs.cancel", skip_all, fields(company.id = %self.0.company_id(), job.id = %id))]
    pub async fn cancel(&mut self, id: JobId) -> Result<Job> {
        let job = self.0.write(async |tx| cancel(tx, id).await).await?;
        if job.cancel_requested {
            self.0.crm.0.jobs.cancelled.send_modify(|requests| *requests += 1);
        }
        Ok(job)
    }

    /// Runs a job again that failed for good or was cancelled, with all its attempts. If it is about a record, it runs
    /// after the waiting jobs of that record.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Conflict::JobNotRetryable`](crate::Conflict::JobNotRetryable) in
    /// another state; [`Conflict::JobKeyTaken`](crate::Conflict::JobKeyTaken) if another job has its key now.
    #[tracing::instrument(name = "jobs.retry", skip_all, fields(company.id = %self.0.company_id(), job.id = %id))]
    pub async fn retry(&mut self, id: JobId) -> Result<Job> {
        self.0.write(async |tx| retry(tx, id).await).await
    }

    async fn authorize(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Jobs, Action::Read).await.map(drop)
    }

    async fn visible(&self) -> Result<Find<'_, row::Entity>> {
        self.authorize().await?;
        Ok(self.0.find::<row::Entity>().select(&row::COLUMNS).filter(self.0.actor().visible(&ACCESS)?))
    }
}

/// A job without a creator is the system's, and no user's own.
const ACCESS: Access =
    Access { table: row::TABLE, resource: Resource::Jobs, owner: "created_by_id", has_private: false, link: None };

/// Fails unless the actor may read this job.
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: JobId) -> Result<()> {
    let jobs = scope.find::<row::Entity>().by_id(id).filter(scope.actor().visible(&ACCESS)?);
    match jobs.count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Job, id)),
        _ => Ok(()),
    }
}

/// Whether the actor may do this with a job of this user.
pub(crate) fn is_within_reach(actor: &Actor, action: Action, created_by: Option<UserId>) -> bool {
    actor.owners(Resource::Jobs, action).include(created_by)
}

/// Whether this job, if there is one, waits or runs.
pub(crate) async fn is_unfinished(tx: &CompanyTx<'_>, id: JobId) -> Result<bool> {
    let jobs = tx.find::<row::Entity>().by_id(id).filter(Expr::col("due_at").is_not_null());
    Ok(jobs.count(Some(1)).await? > 0)
}

/// A job that the actor may change, locked for that. What they may not read is not there.
async fn changeable(tx: &CompanyTx<'_>, id: JobId) -> Result<Model> {
    tx.authorize_any(Resource::Jobs, Action::Update, id.0)?;
    let within = |action, row: &Model| is_within_reach(tx.actor(), action, row.created_by_id.map(Into::into));
    let row = row::locked(tx, id).await?.filter(|row| within(Action::Read, row));
    let row = row.ok_or_else(|| Error::not_found(Kind::Job, id))?;
    if !within(Action::Update, &row) {
        return Err(Error::Forbidden { action: Action::Update, resource: Resource::Jobs, id: Some(id.0) });
    }
    tx.touch(Kind::Job, id.0);
    Ok(row)
}

async fn cancel(tx: &mut CompanyTx<'_>, id: JobId) -> Result<Job> {
    let mut row = changeable(tx, id).await?;
    match row.state()? {
        JobState::Waiting => {
            tx.tell_failed(&row.kind, &FailedJob { payload: &row.payload, code: "cancelled" }).await;
            let entry = row.end(JobState::Cancelled, "cancelled", tx.now(), KEPT);
            tx.record_change(entry);
            tx.execute(&row::update(&row)).await?;
        }
        JobState::Running if !row.cancel_requested => {
            row.cancel_requested = true;
            tx.audit(Kind::Job, "cancel_requested", json!({ "id": id }));
            tx.execute(&row::update(&row)).await?;
        }
        JobState::Running | JobState::Cancelled => {}
        JobState::Done | JobState::Failed => return Err(Conflict::JobFinished.into()),
    }
    row.try_into()
}

async fn retry(tx: &mut CompanyTx<'_>, id: JobId) -> Result<Job> {
    let mut row = changeable(tx, id).await?;
    if !matches!(row.state()?, JobState::Failed | JobState::Cancelled) {
        return Err(Conflict::JobNotRetryable.into());
    }
    if let Some(record) = row.record.clone() {
        row.ordinal = last_ordinal(tx, &record).await?;
    }
    let entry = row.go(JobState::Waiting, "enqueued", tx.now());
    (row.attempts, row.progress, row.message, row.cancel_requested) = (0, 0, None, false);
    (row.run_at, row.due_at) = (tx.now(), Some(tx.now()));
    (row.started_at, row.finished_at, row.expires_at) = (None, None, None);
    tx.record_change(entry);
    tx.execute(&row::update(&row)).await?;
    tx.push_jobs(&[row.queued()]).await?;
    row.try_into()
}
