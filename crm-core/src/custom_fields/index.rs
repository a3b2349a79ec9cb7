//! The index of a field: a job writes the rows of the records that are there already.

use chrono::TimeDelta;
use sea_orm::sea_query::ExprTrait;
use serde_json::json;

use super::CustomFieldEntity;
use super::model::CustomField;
use super::row::{self, column};
use crate::base::error::Result;
use crate::base::ids::JobId;
use crate::jobs::{self, NewJob};
use crate::scope::{Change, CompanyTx};

/// The kind of the job.
pub(crate) const INDEX_JOB: &str = "crm.index_custom_field";

/// The job waits until no write is under way that does not know the definition yet: processes learn of it within five
/// seconds, and a batch of an import takes at most a minute.
const SETTLED_AFTER: TimeDelta = TimeDelta::seconds(90);

/// Enqueues the job if the rows of a field have to be others from now on.
pub(super) async fn prepare(
    tx: &mut CompanyTx<'_>,
    before: Option<&CustomField>,
    after: Option<&mut CustomField>,
) -> Result<()> {
    let wanted = rows_of(after.as_deref());
    if rows_of(before) == wanted {
        return Ok(());
    }
    let Some(key) = after.as_deref().or(before).map(|field| field.key.clone()) else {
        return Ok(());
    };
    let job = NewJob::new(INDEX_JOB, json!(key)).of_record(format!("custom_field:{key}"));
    let jobs = jobs::enqueue(tx, vec![job.at(tx.now() + SETTLED_AFTER)]).await?;
    if let Some(after) = after {
        after.index_job_id = jobs.first().filter(|_| wanted.0).map(|job| job.id.into());
    }
    Ok(())
}

/// Whether values have rows, and whether these are unique.
fn rows_of(field: Option<&CustomField>) -> (bool, bool) {
    match field {
        Some(field) if !field.is_archived => (field.is_unique || field.is_indexed, field.is_unique),
        _ => (false, false),
    }
}

/// Notes that all records have their rows, unless another job has to write them again.
///
/// # Errors
/// Those of the database.
pub(crate) async fn indexed(tx: &mut CompanyTx<'_>, key: &str, job: JobId) -> Result<()> {
    let of_key = column("entity").eq(CustomFieldEntity::Customer.as_str()).and(column("key").eq(key));
    let field = tx.find::<row::Entity>().filter(of_key).select(&row::COLUMNS).for_update();
    let field: Option<CustomField> = field.one().await?;
    let Some(before) = field.filter(|field| field.index_job_id == Some(job)) else {
        return Ok(());
    };
    let mut after = CustomField { index_job_id: None, ..before.clone() };
    tx.company_written();
    tx.update(&before, &mut after, Change::Updated).await.map(drop)
}
