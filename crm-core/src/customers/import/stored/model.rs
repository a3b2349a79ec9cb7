//! A stored file, and what has become of it.

use chrono::{DateTime, Utc};
use sea_orm::QueryResult;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::super::options::ImportOptions;
use super::super::report::ImportReport;
use super::super::revert::{RevertedImport, Tally};
use crate::base::error::{Error, Result};
use crate::base::ids::{ImportId, JobId};

/// A file that is stored for an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StoredImport {
    /// The id.
    pub id: ImportId,
    /// The name of the file.
    pub name: String,
    /// Its size, in bytes.
    pub size: u64,
    /// The number of rows below the header.
    pub rows: u64,
    /// The options of the import, or of the dry run, that was started last; absent before.
    pub options: Option<ImportOptions>,
    /// The job of the import, of the dry run, or of the revert, that was started last.
    pub job_id: Option<JobId>,
    /// The report: of a dry run when it is done, of an import so far.
    pub report: Option<ImportReport>,
    /// The last row that an import has written, or refused.
    pub last_row: u64,
    /// Until when the import can be reverted; absent before it has written anything.
    pub revertible_until: Option<DateTime<Utc>>,
    /// What came of reverting it so far; absent if it is not reverted.
    pub reverted: Option<RevertedImport>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When the file is deleted; that of an import which can be reverted, when it cannot be any more.
    pub expires_at: DateTime<Utc>,
}

impl StoredImport {
    pub(super) const COLUMNS: [&'static str; 12] = [
        "id",
        "name",
        "size",
        "row_count",
        "options",
        "job_id",
        "report",
        "last_row",
        "revertible_until",
        "revert_outcome",
        "created_at",
        "expires_at",
    ];

    /// Whether the import itself was started, which happens once. Dry runs can be repeated.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.options.as_ref().is_some_and(|options| !options.dry_run)
    }

    /// Whether the import can be reverted at this time, if no job works on it.
    #[must_use]
    pub fn is_revertible(&self, now: DateTime<Utc>) -> bool {
        self.reverted.is_none() && self.revertible_until.is_some_and(|until| until > now)
    }

    pub(super) fn read(row: &QueryResult) -> Result<Self> {
        let id = ImportId(row.try_get("", "id")?);
        let reverted: Option<Tally> = json(row, "revert_outcome")?;
        let number = |name| row.try_get::<i64>("", name).map(i64::cast_unsigned);
        Ok(Self {
            id,
            name: row.try_get("", "name")?,
            size: number("size")?,
            rows: number("row_count")?,
            options: json(row, "options")?,
            job_id: row.try_get::<Option<Uuid>>("", "job_id")?.map(JobId),
            report: json(row, "report")?,
            last_row: number("last_row")?,
            revertible_until: row.try_get("", "revertible_until")?,
            reverted: reverted.map(|tally| tally.into_outcome(id, false)),
            created_at: row.try_get("", "created_at")?,
            expires_at: row.try_get("", "expires_at")?,
        })
    }
}

fn json<T: DeserializeOwned>(row: &QueryResult, name: &str) -> Result<Option<T>> {
    let value: Option<Value> = row.try_get("", name)?;
    value.map(|value| serde_json::from_value(value).map_err(Error::internal)).transpose()
}
