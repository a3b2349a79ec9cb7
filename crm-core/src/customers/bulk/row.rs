//! The rows of `crm_bulk_actions` and `crm_bulk_changes`.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult, IntoActiveModel, QueryTrait};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::input::BulkAction;
use super::outcome::Tally;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{BulkActionId, TagId, UserId};
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::scope::actor::ActorRef;

/// How long an action can be undone, and how long it is kept.
const UNDOABLE_FOR: TimeDelta = TimeDelta::hours(24);
const KEPT_FOR: TimeDelta = TimeDelta::days(7);
const TABLE: &str = "crm_bulk_actions";
const CHANGES: &str = "crm_bulk_changes";
/// How many rows one statement adds: SQLite binds at most 32,766 values.
const MAX_ROWS: usize = 4_000;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_bulk_actions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub action: Json,
    pub outcome: Json,
    pub undoable_until: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
    pub undone_at: Option<ChronoDateTimeUtc>,
    pub undo_outcome: Option<Json>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A customer of an action, with what it had before.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Changed {
    pub customer_id: Uuid,
    pub version: i64,
    pub owner_id: Option<Uuid>,
    pub status: Option<String>,
    pub tag_ids: Option<Json>,
}

impl Changed {
    pub fn new(customer_id: Uuid, version: i64) -> Self {
        Self { customer_id, version, owner_id: None, status: None, tag_ids: None }
    }

    /// The tags that were added or removed.
    pub fn tags(&self) -> Result<Vec<TagId>> {
        self.tag_ids.clone().map_or(Ok(Vec::new()), read)
    }

    pub fn of_tags(self, tags: &[TagId]) -> Result<Self> {
        Ok(Self { tag_ids: Some(json(tags)?), ..self })
    }
}

fn json(value: impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::internal)
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(Error::internal)
}

impl Model {
    pub fn new(tx: &CompanyTx<'_>, id: BulkActionId, action: &BulkAction, outcome: &Tally) -> Result<Self> {
        let by = ActorRef::from(tx.actor());
        Ok(Self {
            company_id: tx.company.id.0,
            id: id.0,
            version: 1,
            created_at: tx.now(),
            action: json(action)?,
            outcome: json(outcome)?,
            undoable_until: tx.now() + UNDOABLE_FOR,
            expires_at: tx.now() + KEPT_FOR,
            undone_at: None,
            undo_outcome: None,
            created_by_kind: by.kind.to_string(),
            created_by_id: by.id.map(Into::into),
        })
    }

    pub fn action(&self) -> Result<BulkAction> {
        read(self.action.clone())
    }

    pub fn outcome(&self) -> Result<Tally> {
        read(self.outcome.clone())
    }

    pub fn undo_outcome(&self) -> Result<Tally> {
        self.undo_outcome.clone().map_or_else(|| Ok(Tally::default()), read)
    }

    pub fn set_outcome(&mut self, outcome: &Tally) -> Result<()> {
        self.outcome = json(outcome)?;
        Ok(())
    }

    pub fn set_undone(&mut self, at: DateTime<Utc>, outcome: &Tally) -> Result<()> {
        (self.undone_at, self.undo_outcome) = (Some(self.undone_at.unwrap_or(at)), Some(json(outcome)?));
        Ok(())
    }

    pub fn created_by(&self) -> Option<UserId> {
        self.created_by_id.map(Into::into)
    }
}

pub(super) async fn insert(tx: &mut CompanyTx<'_>, model: Model) -> Result<()> {
    let insert = Entity::insert(model.into_active_model().reset_all()).into_query();
    tx.execute(&insert).await.map(drop)
}

/// Writes the counts and the time of an undo.
pub(super) async fn update(tx: &mut CompanyTx<'_>, model: &Model) -> Result<()> {
    let update = Query::update()
        .table(TABLE)
        .values([
            ("version", Expr::col("version").add(1)),
            ("outcome", model.outcome.clone().into()),
            ("undone_at", model.undone_at.into()),
            ("undo_outcome", model.undo_outcome.clone().into()),
        ])
        .and_where(Expr::col("company_id").eq(model.company_id))
        .and_where(Expr::col("id").eq(model.id))
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// An action that is about to be continued or undone.
pub(super) async fn locked(tx: &CompanyTx<'_>, id: BulkActionId) -> Result<Model> {
    let row: Option<Model> = tx.find::<Entity>().by_id(id).for_update().one().await?;
    row.ok_or_else(|| Error::not_found(Kind::BulkAction, id))
}

/// Adds the customers that a job will change.
pub(super) async fn insert_waiting(tx: &mut CompanyTx<'_>, id: BulkActionId, customers: &[Uuid]) -> Result<()> {
    let company = tx.company.id.0;
    for some in customers.chunks(MAX_ROWS) {
        let mut insert = Query::insert();
        insert.into_table(CHANGES).columns(["company_id", "bulk_action_id", "customer_id"]);
        for customer in some {
            insert.values_panic([Expr::val(company), Expr::val(id.0), Expr::val(*customer)]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// Adds the customers that were changed.
pub(super) async fn insert_changed(tx: &mut CompanyTx<'_>, id: BulkActionId, changed: Vec<Changed>) -> Result<()> {
    let company = tx.company.id.0;
    let mut insert = Query::insert();
    insert.into_table(CHANGES).columns([
        "company_id",
        "bulk_action_id",
        "customer_id",
        "version",
        "owner_id",
        "status",
        "tag_ids",
    ]);
    if changed.is_empty() {
        return Ok(());
    }
    for Changed { customer_id, version, owner_id, status, tag_ids } in changed {
        insert.values_panic([
            Expr::val(company),
            Expr::val(id.0),
            Expr::val(customer_id),
            Expr::val(version),
            Expr::val(owner_id),
            Expr::val(status),
            Expr::val(tag_ids),
        ]);
    }
    tx.execute(&insert).await.map(drop)
}

fn of_action(tx: &CompanyTx<'_>, id: BulkActionId) -> Expr {
    Expr::col("company_id").eq(tx.company.id.0).and(Expr::col("bulk_action_id").eq(id.0))
}

/// The next customers that wait for their turn.
pub(super) async fn waiting(tx: &mut CompanyTx<'_>, id: BulkActionId, limit: usize) -> Result<Vec<Uuid>> {
    let select = Query::select()
        .column("customer_id")
        .from(CHANGES)
        .and_where(of_action(tx, id))
        .and_where(Expr::col("version").is_null())
        .order_by("customer_id", Order::Asc)
        .limit(limit as u64)
        .to_owned();
    tx.query(&select).await?.iter().map(|row| Ok(row.try_get("", "customer_id")?)).collect()
}

/// The next customers to put back.
pub(super) async fn changed(tx: &mut CompanyTx<'_>, id: BulkActionId, limit: usize) -> Result<Vec<Changed>> {
    let select = Query::select()
        .columns(["customer_id", "version", "owner_id", "status", "tag_ids"])
        .from(CHANGES)
        .and_where(of_action(tx, id))
        .and_where(Expr::col("version").is_not_null())
        .order_by("customer_id", Order::Asc)
        .limit(limit as u64)
        .to_owned();
    tx.query(&select).await?.iter().map(|row| Ok(Changed::from_query_result(row, "")?)).collect()
}

/// What a column of the customer was before, as a value of a statement that updates `crm_customers`.
pub(super) fn before(tx: &CompanyTx<'_>, id: BulkActionId, column: &'static str) -> Expr {
    let select = Query::select()
        .column((CHANGES, column))
        .from(CHANGES)
        .and_where(Expr::col((CHANGES, "company_id")).eq(tx.company.id.0))
        .and_where(Expr::col((CHANGES, "bulk_action_id")).eq(id.0))
        .and_where(Expr::col((CHANGES, "customer_id")).equals((super::super::row::TABLE, "id")))
        .to_owned();
    Expr::from(select)
}

/// Removes customers of an action that are dealt with.
pub(super) async fn remove(tx: &mut CompanyTx<'_>, id: BulkActionId, customers: Vec<Uuid>) -> Result<()> {
    let of = any_of(Expr::col("customer_id"), customers, tx.is_postgres());
    let delete = removal(tx, id).and_where(of).to_owned();
    tx.execute(&delete).await.map(drop)
}

/// Removes the customers of an action that was cancelled before their turn.
pub(super) async fn remove_waiting(tx: &mut CompanyTx<'_>, id: BulkActionId) -> Result<()> {
    let delete = removal(tx, id).and_where(Expr::col("version").is_null()).to_owned();
    tx.execute(&delete).await.map(drop)
}

fn removal(tx: &CompanyTx<'_>, id: BulkActionId) -> DeleteStatement {
    Query::delete().from_table(CHANGES).and_where(of_action(tx, id)).to_owned()
}

/// Removes the actions of all companies that have been kept long enough.
pub(crate) async fn delete_expired(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<u64> {
    let delete = Query::delete().from_table(TABLE).and_where(Expr::col("expires_at").lte(now)).to_owned();
    Ok(db.execute(&delete).await?.rows_affected())
}
