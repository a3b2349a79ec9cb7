//! A row of `crm_jobs`.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};

use super::model::{Job, JobState};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CompanyId, JobId};
use crate::base::rights::ActorRef;
use crate::journal::{ChangeRecord, FieldChange};
use crate::scope::jobs::QueuedJob;
use crate::scope::{CompanyTx, FromRow, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_jobs";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub kind: String,
    pub record: Option<String>,
    pub ordinal: i64,
    pub unique_key: Option<String>,
    pub payload: Json,
    pub state: String,
    pub attempts: i64,
    pub max_attempts: i64,
    pub run_at: ChronoDateTimeUtc,
    pub due_at: Option<ChronoDateTimeUtc>,
    pub lease_token: Option<Uuid>,
    pub leased_by: Option<String>,
    pub progress: i64,
    pub message: Option<String>,
    pub cancel_requested: bool,
    pub last_error: Option<String>,
    pub result: Option<Json>,
    pub schedule_id: Option<Uuid>,
    pub started_at: Option<ChronoDateTimeUtc>,
    pub finished_at: Option<ChronoDateTimeUtc>,
    pub expires_at: Option<ChronoDateTimeUtc>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) fn state(&self) -> Result<JobState> {
        self.state.parse().map_err(Error::internal)
    }

    /// Moves it to another state, and stops its lease. Gives the record of that, which has neither payload nor result.
    pub(super) fn go(&mut self, state: JobState, action: &'static str, now: DateTime<Utc>) -> ChangeRecord {
        let change =
            |from: &str| FieldChange { field: "state".to_owned(), from: from.into(), to: state.as_str().into() };
        let changes = if self.state == state.as_str() { Vec::new() } else { vec![change(&self.state)] };
        // The clock of another process may have been ahead.
        self.updated_at = std::cmp::max(now, self.updated_at + TimeDelta::microseconds(1));
        self.version += 1;
        self.state = state.to_string();
        (self.lease_token, self.leased_by) = (None, None);
        self.recorded(action, changes)
    }

    /// Ends it for good; it is deleted after a time.
    pub(super) fn end(
        &mut self,
        state: JobState,
        action: &'static str,
        now: DateTime<Utc>,
        kept: TimeDelta,
    ) -> ChangeRecord {
        let entry = self.go(state, action, now);
        self.due_at = None;
        (self.finished_at, self.expires_at) = (Some(self.updated_at), Some(self.updated_at + kept));
        entry
    }

    pub(super) fn recorded(&self, action: &'static str, changes: Vec<FieldChange>) -> ChangeRecord {
        ChangeRecord {
            kind: Kind::Job,
            id: Some(self.id),
            version: self.version,
            action,
            at: self.updated_at,
            changes,
            details: None,
            private_to: None,
            customer: None,
            origin: None,
            tags: Vec::new(),
            customers: Vec::new(),
        }
    }

    pub(super) fn queued(&self) -> QueuedJob {
        QueuedJob {
            company: CompanyId(self.company_id),
            id: JobId(self.id),
            kind: self.kind.clone(),
            record: self.record.clone(),
            run_at: self.run_at,
        }
    }
}

/// What is read of a job: nothing that only workers need.
pub(super) static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    const OF_WORKERS: &[Column] = &[
        Column::CompanyId,
        Column::Ordinal,
        Column::Payload,
        Column::DueAt,
        Column::LeaseToken,
        Column::LeasedBy,
        Column::ExpiresAt,
    ];
    SelectList::new::<Entity>(OF_WORKERS, &[])
});

impl FromRow for Job {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            kind: row.take("kind")?,
            record: row.take("record")?,
            unique_key: row.take("unique_key")?,
            state: row.take("state")?,
            attempts: row.take("attempts")?,
            max_attempts: row.take("max_attempts")?,
            run_at: row.take("run_at")?,
            progress: row.take("progress")?,
            message: row.take("message")?,
            cancel_requested: row.take("cancel_requested")?,
            last_error: row.take("last_error")?,
            result: row.take("result")?,
            schedule_id: row.take("schedule_id")?,
            started_at: row.take("started_at")?,
            finished_at: row.take("finished_at")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
        })
    }
}

impl TryFrom<Model> for Job {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        let state = row.state()?;
        let Model {
            company_id: _,
            id,
            version,
            created_at,
            updated_at,
            kind,
            record,
            ordinal: _,
            unique_key,
            payload: _,
            state: _,
            attempts,
            max_attempts,
            run_at,
            due_at: _,
            lease_token: _,
            leased_by: _,
            progress,
            message,
            cancel_requested,
            last_error,
            result,
            schedule_id,
            started_at,
            finished_at,
            expires_at: _,
            created_by_kind,
            created_by_id,
        } = row;
        Ok(Self {
            id: id.into(),
            version,
            kind,
            state,
            record,
            unique_key,
            progress,
            message,
            cancel_requested,
            attempts,
            max_attempts,
            run_at,
            started_at,
            finished_at,
            last_error,
            result,
            schedule_id: schedule_id.map(Into::into),
            created_at,
            updated_at,
            created_by: ActorRef::read(&created_by_kind, created_by_id)?,
        })
    }
}

/// The job, locked for a write.
pub(super) async fn locked(tx: &CompanyTx<'_>, id: JobId) -> Result<Option<Model>> {
    tx.find::<Entity>().by_id(id).for_no_key_update().one().await
}

/// The statement that stores what can change of a job.
pub(super) fn update(row: &Model) -> UpdateStatement {
    Query::update()
        .table(TABLE)
        .values([
            ("version", row.version.into()),
            ("updated_at", row.updated_at.into()),
            ("ordinal", row.ordinal.into()),
            ("state", row.state.as_str().into()),
            ("attempts", row.attempts.into()),
            ("run_at", row.run_at.into()),
            ("due_at", row.due_at.into()),
            ("lease_token", row.lease_token.into()),
            ("leased_by", row.leased_by.clone().into()),
            ("progress", row.progress.into()),
            ("message", row.message.clone().into()),
            ("cancel_requested", row.cancel_requested.into()),
            ("last_error", row.last_error.clone().into()),
            ("result", row.result.clone().into()),
            ("started_at", row.started_at.into()),
            ("finished_at", row.finished_at.into()),
            ("expires_at", row.expires_at.into()),
        ])
        .and_where(Expr::col("company_id").eq(row.company_id))
        .and_where(Expr::col("id").eq(row.id))
        .to_owned()
}
