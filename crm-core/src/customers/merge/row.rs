//! A row of `crm_customer_merges`.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{IntoActiveModel, QueryTrait};
use serde_json::json;

use super::super::model::Customer;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::scope::CompanyTx;
use crate::scope::actor::ActorRef;

/// How long a merge can be undone.
pub const UNDOABLE_FOR: TimeDelta = TimeDelta::days(30);

pub(super) const TABLE: &str = "crm_customer_merges";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_customer_merges")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub survivor_id: Uuid,
    pub loser_ids: Json,
    pub undoable_until: ChronoDateTimeUtc,
    pub undone_at: Option<ChronoDateTimeUtc>,
    pub before_image: Option<Json>,
    pub after_image: Option<Json>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub fn new(
        tx: &CompanyTx<'_>,
        id: CustomerMergeId,
        at: DateTime<Utc>,
        (before, after): (&Customer, &Customer),
        losers: &[CustomerId],
    ) -> Self {
        let by = ActorRef::from(tx.actor());
        Self {
            company_id: tx.company.id.0,
            id: id.0,
            version: 1,
            created_at: at,
            survivor_id: before.id.0,
            loser_ids: json!(losers),
            undoable_until: at + UNDOABLE_FOR,
            undone_at: None,
            before_image: Some(json!(before)),
            after_image: Some(json!(after)),
            created_by_kind: by.kind.to_string(),
            created_by_id: by.id.map(Into::into),
        }
    }

    pub fn id(&self) -> CustomerMergeId {
        self.id.into()
    }

    pub fn survivor(&self) -> CustomerId {
        self.survivor_id.into()
    }

    pub fn losers(&self) -> Result<Vec<CustomerId>> {
        serde_json::from_value(self.loser_ids.clone()).map_err(Error::internal)
    }
}

pub(super) async fn insert(tx: &mut CompanyTx<'_>, model: Model) -> Result<()> {
    let insert = Entity::insert(model.into_active_model().reset_all()).into_query();
    tx.execute(&insert).await.map(drop)
}

/// A merge that is about to be undone.
pub(super) async fn locked(tx: &CompanyTx<'_>, id: CustomerMergeId) -> Result<Model> {
    let row: Option<Model> = tx.find::<Entity>().by_id(id).for_update().one().await?;
    row.ok_or_else(|| Error::not_found(Kind::CustomerMerge, id))
}

/// Marks a merge as undone. Nothing of the customers is kept for it any more.
pub(super) async fn set_undone(tx: &mut CompanyTx<'_>, id: CustomerMergeId, at: DateTime<Utc>) -> Result<()> {
    let nothing = || Expr::cust("NULL");
    let update = Query::update()
        .table(TABLE)
        .values([
            ("version", Expr::col("version").add(1)),
            ("undone_at", at.into()),
            ("before_image", nothing()),
            ("after_image", nothing()),
        ])
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(id.0))
        .to_owned();
    tx.execute(&update).await.map(drop)
}
