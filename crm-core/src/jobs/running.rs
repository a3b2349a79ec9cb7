//! A running job: what its handler can do, and how its effect happens once.

use std::fmt;

use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::JobState;
use super::row::{self, Model, TABLE};
use super::settle::KEPT;
use crate::base::error::Result;
use crate::base::ids::{CompanyId, JobId};
use crate::scope::jobs::{JobDone, JobError, JobErrorKind, RunningJob};
use crate::scope::{CompanyScope, CompanyTx};

/// The maximum length of a message, in characters.
const MAX_MESSAGE: usize = 200;
/// The maximum size of a result as JSON, in bytes.
const MAX_RESULT: usize = 64 * 1024;

const LOST: JobError = JobError::new("lease_lost", JobErrorKind::LeaseLost);
const CANCELLED: JobError = JobError::new("cancelled", JobErrorKind::Cancelled);

impl RunningJob {
    /// The id, the same for all attempts: the key for effects outside of the database.
    #[must_use]
    pub const fn id(&self) -> JobId {
        self.id
    }

    /// The company.
    #[must_use]
    pub fn company_id(&self) -> CompanyId {
        self.scope.company_id()
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What the job is about, if order matters.
    #[must_use]
    pub fn record(&self) -> Option<&str> {
        self.record.as_deref()
    }

    /// The number of this attempt, from 1.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The payload.
    ///
    /// # Errors
    /// Gives the job up if the payload is something else.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        T::deserialize(&self.payload).map_err(|error| JobError::give_up("payload_invalid").with_source(error))
    }

    /// The company, with all rights of the system. For reads, and for writes that may happen several times; those that
    /// must happen once belong between [`RunningJob::begin`] and [`JobTx::complete`].
    pub fn scope(&mut self) -> &mut CompanyScope<'static> {
        &mut self.scope
    }

    /// Shows how much is done, from 0 to 100, and in a few words what is being done, without personal data.
    ///
    /// # Errors
    /// To be passed on: the job was cancelled, or another worker has it; or the database is not available.
    pub async fn progress(&mut self, percent: u8, message: Option<&str>) -> Result<(), JobError> {
        let message = message.map(|text| text.chars().take(MAX_MESSAGE).collect::<String>());
        let mut update = self.leased();
        update.values([("progress", i64::from(std::cmp::min(percent, 100)).into()), ("message", message.into())]);
        self.touch(&update).await
    }

    /// Extends the lease.
    pub(super) async fn renew(&self) -> Result<(), JobError> {
        self.touch(&self.leased()).await
    }

    fn leased(&self) -> UpdateStatement {
        let until = self.scope.crm.now() + TimeDelta::from_std(self.lease.lasts).unwrap_or(TimeDelta::MAX);
        Query::update()
            .table(TABLE)
            .value("due_at", until)
            .and_where(Expr::col("company_id").eq(self.company_id().0))
            .and_where(Expr::col("id").eq(self.id.0))
            .and_where(Expr::col("lease_token").eq(self.lease.token))
            .returning_col("cancel_requested")
            .to_owned()
    }

    async fn touch(&self, update: &UpdateStatement) -> Result<(), JobError> {
        let row = self.scope.database().query_one(update).await.map_err(crate::Error::from)?;
        match row.map(|row| row.try_get("", "cancel_requested")).transpose().map_err(crate::Error::from)? {
            None => Err(LOST),
            Some(true) => Err(CANCELLED),
            Some(false) => Ok(()),
        }
    }

    /// Begins the transaction of the job's effect. Nothing outside the database should be waited for in it.
    ///
    /// # Errors
    /// To be passed on: the job was cancelled, or another worker has it; the company is closed; or the database is not
    /// available.
    pub async fn begin(&mut self) -> Result<JobTx<'_>, JobError> {
        let (id, lease) = (self.id, self.lease.token);
        let tx = self.scope.begin().await?;
        let row = row::locked(&tx, id).await?.filter(|row| row.lease_token == Some(lease)).ok_or(LOST)?;
        if row.cancel_requested {
            return Err(CANCELLED);
        }
        Ok(JobTx { tx, row })
    }
}

/// The transaction of a job's effect and of its completion: both happen, or neither does.
#[must_use = "a job whose transaction is not completed is tried again"]
pub struct JobTx<'j> {
    tx: CompanyTx<'j>,
    row: Model,
}

impl fmt::Debug for JobTx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobTx").field("id", &self.row.id).finish_non_exhaustive()
    }
}

impl JobTx<'_> {
    /// The CRM inside this transaction: each write is a savepoint.
    pub fn scope(&mut self) -> CompanyScope<'_> {
        self.tx.scope()
    }

    /// Commits the effect, and the job as done with this result, which is shown: it has no personal data, and at most
    /// 64 KiB.
    ///
    /// # Errors
    /// To be passed on; the effect has then not happened, unless the answer of the database was lost.
    pub async fn complete(self, result: impl Into<Value>) -> Result<JobDone, JobError> {
        let Self { mut tx, mut row } = self;
        let result = result.into();
        if result.to_string().len() > MAX_RESULT {
            return Err(JobError::give_up("result_too_long"));
        }
        let entry = row.end(JobState::Done, "completed", tx.now(), KEPT);
        (row.progress, row.last_error, row.result) = (100, None, Some(result).filter(|result| !result.is_null()));
        tx.record_change(entry);
        tx.execute(&row::update(&row)).await?;
        tx.commit().await?;
        Ok(JobDone(()))
    }
}
