//! What a write is made of, whatever it writes.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use uuid::Uuid;

use super::snapshot::{changed_columns, difference, snapshot};
use super::{Change, CompanyOwned, CompanyScope, CompanyTx, Find, FromRow, Record, change_record_of};
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::base::rights::{Action, Resource};
use crate::journal::ChangeRecord;

impl CompanyScope<'_> {
    /// One write: all of `work` happens, or nothing of it, and then a refusal is recorded.
    pub(crate) async fn write<T>(&mut self, work: impl AsyncFnOnce(&mut CompanyTx<'_>) -> Result<T>) -> Result<T> {
        let mut tx = self.begin().await?;
        let outcome = work(&mut tx).await;
        tx.finish(outcome).await
    }

    /// Does `work` and rolls it back: for what would come of a write. A refusal is recorded.
    pub(crate) async fn rehearse<T>(&mut self, work: impl AsyncFnOnce(&mut CompanyTx<'_>) -> Result<T>) -> Result<T> {
        let mut tx = self.begin().await?;
        match work(&mut tx).await {
            // Dropping the transaction rolls it back.
            Ok(value) => Ok(value),
            refused => tx.finish(refused).await,
        }
    }

    /// The same in a closed company too: for the host that opens it again.
    pub(crate) async fn write_unchecked<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut CompanyTx<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut tx = CompanyTx::begin_unchecked(self).await?;
        let outcome = work(&mut tx).await;
        tx.finish(outcome).await
    }

    /// Audits an action that is about no single record.
    pub(crate) async fn audit_action(
        &mut self,
        kind: Kind,
        action: &'static str,
        details: serde_json::Value,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.audit(kind, action, details);
        tx.commit().await
    }
}

/// A record with an owner, or none yet, and with a trash.
pub(crate) trait Trashable: Record {
    /// What rights speak of.
    const RESOURCE: Resource;

    /// The user who owns it, for rights with the reach `own`.
    fn owner_id(&self) -> Option<UserId>;
    fn is_trashed(&self) -> bool;

    /// Whether it is shared with a user, who sees it under any owner.
    fn is_shared_with(&self, _user: UserId) -> bool {
        false
    }
}

/// Rows of this table outside the trash.
pub(crate) fn is_live(table: &'static str) -> Expr {
    Expr::col((table, "deleted_at")).is_null()
}

impl CompanyTx<'_> {
    /// Adds the rows of what are parts of other records, whose history tells of them.
    pub(crate) async fn insert_parts<R: Record>(&mut self, parts: &[R]) -> Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let rows = parts.iter().map(|part| part.row(&self.company)).collect::<Result<Vec<_>>>()?;
        let insert = R::Entity::insert_many(rows).into_query();
        self.execute(&insert).await.map(drop)
    }

    /// Writes what differs in the row of such a part, which the caller holds and has stamped.
    pub(crate) async fn update_part<R: Record>(&mut self, before: &R, after: &R) -> Result<()> {
        let row = changed_columns::<R>(before.row(&self.company)?, after.row(&self.company)?);
        let update = R::Entity::update_many()
            .set(row)
            .filter(R::Entity::company_column().eq(self.company.id.0))
            .filter(R::Entity::id_column().eq(before.id()))
            .into_query();
        self.execute(&update).await.map(drop)
    }

    /// Writes a record that the caller holds, and has stamped with a version of its own choice.
    pub(crate) async fn put<R: Record>(&mut self, before: &R, after: &R, change: Change) -> Result<()> {
        self.update_part(before, after).await?;
        let changes = difference(&snapshot(before)?, &snapshot(after)?);
        self.touch(R::KIND, after.id());
        self.record_change(change_record_of(after, change.as_str(), after.updated_at(), changes));
        Ok(())
    }

    /// Names the other customers that the last recorded write of a customer concerns.
    pub(crate) fn name_customers(&mut self, of: CustomerId, customers: &[CustomerId]) {
        if let Some(entry) = self.entries.iter_mut().rfind(|entry| entry.id == Some(of.0)) {
            entry.customers = customers.to_vec();
        }
    }

    /// Records a write that a statement of the caller's own has made.
    pub(crate) fn record_change(&mut self, entry: ChangeRecord) {
        self.entries.push(entry);
    }

    /// Records an action that is about no single record (an import, an export) in the audit trail only.
    pub(crate) fn audit(&mut self, kind: Kind, action: &'static str, details: serde_json::Value) {
        self.entries.push(ChangeRecord::audit_only(kind, action, self.now(), details));
    }

    /// A record that is about to be written, in the trash or not. What the actor may not read is not there, whatever else
    /// the actor may do with it.
    pub(crate) async fn lock<R: Trashable + FromRow>(
        &self,
        rows: Find<'_, R::Entity>,
        id: impl Into<Uuid>,
    ) -> Result<R> {
        let id = id.into();
        let record: Option<R> = rows.by_id(id).for_no_key_update().one().await?;
        record.filter(|record| self.actor().sees(record)).ok_or_else(|| Error::not_found(R::KIND, id))
    }

    /// Refuses what the actor may not do with this record, and what was based on another version of it. What is in the
    /// trash can be restored, purged, handed out and erased, and nothing else.
    pub(crate) fn authorize_write<R: Trashable>(
        &self,
        record: &R,
        action: Action,
        expected: Option<i64>,
    ) -> Result<()> {
        let of_trash = matches!(action, Action::Restore | Action::Purge | Action::Disclose | Action::Erase);
        if record.is_trashed() && !of_trash {
            return Err(Error::not_found(R::KIND, record.id()));
        }
        self.authorize(R::RESOURCE, action, record.owner_id(), Some(record.id()))?;
        if action == Action::Restore && !record.is_trashed() {
            return Err(Conflict::NotInTrash.into());
        }
        Self::expect_version(record, expected)
    }
}
