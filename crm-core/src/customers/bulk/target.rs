//! The customers of a batch: only what a bulk action reads of them.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::super::locked::LockedCustomer;
use super::super::merge;
use super::super::row::{self, TABLE};
use super::super::visible::visible;
use crate::base::error::{Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::history::FieldChange;
use crate::journal::ChangeRecord;
use crate::query::dialect::any_of;
use crate::scope::actor::{Action, Resource};
use crate::scope::{Change, CompanyTx, is_live};

/// A customer that is about to be changed.
#[derive(Clone, Debug, FromQueryResult)]
pub(in super::super) struct Target {
    id: Uuid,
    pub version: i64,
    updated_at: DateTime<Utc>,
    owner_id: Option<Uuid>,
    pub status: String,
    pub is_archived: bool,
    pub delete_batch_id: Option<Uuid>,
}

/// Which customers of a batch are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Reading {
    /// Those outside the trash, to count.
    Live,
    /// Those outside the trash, to write.
    LiveLocked,
    /// All, to count.
    All,
    /// All, to write.
    AllLocked,
}

/// The customers that the actor sees, in the order of their ids, so that all wait for them in the same order.
pub(in super::super) async fn read(tx: &CompanyTx<'_>, ids: Vec<Uuid>, reading: Reading) -> Result<Vec<Target>> {
    use row::Column as C;
    const COLUMNS: [C; 7] = [C::Id, C::Version, C::UpdatedAt, C::OwnerId, C::Status, C::IsArchived, C::DeleteBatchId];
    let most = ids.len() as u64;
    let mut rows = tx.find::<row::Entity>().filter(any_of(Expr::col((TABLE, "id")), ids, tx.is_postgres()));
    rows = rows.filter(merge::is_customer());
    if matches!(reading, Reading::Live | Reading::LiveLocked) {
        rows = rows.filter(is_live(TABLE));
    }
    let rows = visible(rows, &tx.actor().owners(Resource::Customers, Action::Read));
    let mut rows = rows.map(|select| select.select_only().columns(COLUMNS).order_by_asc(C::Id));
    if matches!(reading, Reading::LiveLocked | Reading::AllLocked) {
        rows = rows.for_no_key_update();
    }
    rows.fetch_up_to(most).await
}

impl Target {
    pub fn id(&self) -> CustomerId {
        self.id.into()
    }

    pub fn owner_id(&self) -> Option<UserId> {
        self.owner_id.map(Into::into)
    }

    pub const fn held(&self) -> LockedCustomer {
        LockedCustomer { version: self.version, updated_at: self.updated_at, owner_id: self.owner_id, is_lead: false }
    }

    /// The entry of a write of this customer.
    pub fn written(&self, change: Change, at: DateTime<Utc>, changes: Vec<FieldChange>) -> ChangeRecord {
        ChangeRecord {
            kind: Kind::Customer,
            id: Some(self.id),
            version: self.version + 1,
            action: change.as_str(),
            at,
            changes,
            details: None,
            private_to: None,
            customer: None,
            origin: None,
            tags: Vec::new(),
            customers: Vec::new(),
        }
    }
}

/// The time of a write of some customers: later than the last write of each of them.
pub(super) fn time_of<'t>(tx: &CompanyTx<'_>, targets: impl Iterator<Item = &'t Target>) -> DateTime<Utc> {
    targets.map(|target| target.updated_at + TimeDelta::microseconds(1)).fold(tx.now(), std::cmp::max)
}

/// The statement that stamps a write of some customers, to which the columns that differ are added.
pub(super) fn update(tx: &CompanyTx<'_>, ids: Vec<Uuid>, at: DateTime<Utc>) -> UpdateStatement {
    Query::update()
        .table(TABLE)
        .values([
            ("version", Expr::col("version").add(1)),
            ("updated_at", at.into()),
            ("updated_by_kind", tx.actor().kind().as_str().into()),
            ("updated_by_id", tx.actor().user_id().map(Uuid::from).into()),
        ])
        .and_where(Expr::col((TABLE, "company_id")).eq(tx.actor().company().0))
        .and_where(any_of(Expr::col((TABLE, "id")), ids, tx.is_postgres()))
        .to_owned()
}
