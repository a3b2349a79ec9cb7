//! Where the ids of customers lead who were merged: `crm_merged_customers`.

use std::collections::HashMap;

use sea_orm::ColumnTrait;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, Query, SelectStatement, UnionType};

use super::super::row::TABLE as CUSTOMERS;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CompanyId, CustomerId, CustomerMergeId};
use crate::query::dialect::any_of;
use crate::scope::actor::Actor;
use crate::scope::{CompanyScope, CompanyTx, Find};

const TABLE: &str = "crm_merged_customers";
/// The most ids that lead to one customer and are put right when a merge is undone.
const MOST: u64 = 100_000;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_merged_customers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: Uuid,
    pub merge_id: Uuid,
    pub survivor_id: Uuid,
    pub current_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The condition that a row of `crm_customers` was not merged into another one.
pub(super) fn is_unmerged() -> Expr {
    Expr::col((CUSTOMERS, "merged_into_id")).is_null()
}

/// The condition that a row of `crm_customers` is a customer, in the trash or not: no lead, and not merged into another.
pub(in super::super) fn is_customer() -> Expr {
    is_unmerged().and(Expr::col((CUSTOMERS, "is_lead")).not())
}

/// Why there is no such customer: it was merged into one that the actor sees, or it is not there.
pub(in super::super) async fn missing(redirects: Find<'_, Entity>, actor: &Actor, id: CustomerId) -> Error {
    match survivor(redirects, actor, id).await {
        Ok(Some(survivor_id)) => Error::CustomerMerged { id, survivor_id },
        Ok(None) => Error::not_found(Kind::Customer, id),
        Err(error) => error,
    }
}

/// The customer that an id leads to, if it was merged, and the actor sees that one.
async fn survivor(redirects: Find<'_, Entity>, actor: &Actor, id: CustomerId) -> Result<Option<CustomerId>> {
    let current = Expr::col((TABLE, "current_id"));
    let Ok(visible) = actor.visible_customers(|column| column.equals((TABLE, "current_id"))) else {
        return Ok(None);
    };
    let found: Option<Model> = redirects.by_id(id).filter(current.in_subquery(visible)).one().await?;
    Ok(found.map(|redirect| redirect.current_id.into()))
}

impl super::super::repo::Customers<'_, '_> {
    /// The customer that the id of a merged customer leads to; `None` for any other id, and if the actor does not see the
    /// survivor.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn merged_into(&self, id: CustomerId) -> Result<Option<CustomerId>> {
        let scope: &CompanyScope<'_> = self.0;
        survivor(scope.find(), scope.actor(), id).await
    }
}

/// Lets the ids of the losers lead to the survivor, and with them those that led to the losers.
pub(super) async fn add(
    tx: &mut CompanyTx<'_>,
    merge: CustomerMergeId,
    survivor: CustomerId,
    losers: &[CustomerId],
) -> Result<()> {
    let company = tx.company.id.0;
    let ids: Vec<Uuid> = losers.iter().map(|id| id.0).collect();
    let follow = Query::update()
        .table(TABLE)
        .value("current_id", survivor.0)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(any_of(Expr::col("current_id"), ids, tx.is_postgres()))
        .to_owned();
    tx.execute(&follow).await?;
    let mut insert = Query::insert();
    insert.into_table(TABLE).columns(["company_id", "customer_id", "merge_id", "survivor_id", "current_id"]);
    for loser in losers {
        insert.values_panic([company, loser.0, merge.0, survivor.0, survivor.0].map(Expr::val));
    }
    tx.execute(&insert).await.map(drop)
}

/// Removes what a merge has added. Ids that led to one of its losers before do so again.
pub(super) async fn remove(tx: &mut CompanyTx<'_>, merge: CustomerMergeId, survivor: CustomerId) -> Result<()> {
    let rows: Vec<Model> = to(tx, survivor).await?;
    let (gone, left): (Vec<Model>, Vec<Model>) = rows.into_iter().partition(|row| row.merge_id == merge.0);
    let delete = Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("merge_id").eq(merge.0))
        .to_owned();
    tx.execute(&delete).await?;
    let next: HashMap<Uuid, Uuid> = left.iter().map(|row| (row.customer_id, row.survivor_id)).collect();
    for loser in gone.iter().map(|row| row.customer_id) {
        let before: Vec<Uuid> = next.keys().copied().filter(|id| leads_to(&next, *id, loser)).collect();
        if before.is_empty() {
            continue;
        }
        let update = Query::update()
            .table(TABLE)
            .value("current_id", loser)
            .and_where(Expr::col("company_id").eq(tx.company.id.0))
            .and_where(any_of(Expr::col("customer_id"), before, tx.is_postgres()))
            .to_owned();
        tx.execute(&update).await?;
    }
    Ok(())
}

/// Whether one id leads to another, merge by merge. A customer is merged once, so there is no circle.
fn leads_to(next: &HashMap<Uuid, Uuid>, mut id: Uuid, to: Uuid) -> bool {
    while let Some(into) = next.get(&id) {
        if *into == to {
            return true;
        }
        id = *into;
    }
    false
}

/// A select of the id of a customer, and of those that lead to it.
pub(crate) fn ids_leading_to(company: CompanyId, customer: CustomerId) -> SelectStatement {
    let merged = Query::select()
        .column("customer_id")
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(company.0))
        .and_where(Expr::col("current_id").eq(customer.0))
        .to_owned();
    Query::select().expr(Expr::val(customer.0)).union(UnionType::All, merged).to_owned()
}

/// The ids that lead to a customer.
pub(super) async fn to(tx: &CompanyTx<'_>, customer: CustomerId) -> Result<Vec<Model>> {
    tx.find::<Entity>().filter(Column::CurrentId.eq(customer.0)).fetch_up_to(MOST).await
}

/// Whether others were merged into a customer.
pub(super) async fn has_merged(tx: &CompanyTx<'_>, customer: CustomerId) -> Result<bool> {
    Ok(tx.find::<Entity>().filter(Column::CurrentId.eq(customer.0)).count(Some(1)).await? > 0)
}

/// Whether a customer was merged into another one.
pub(super) async fn is_merged(tx: &CompanyTx<'_>, customer: CustomerId) -> Result<bool> {
    Ok(tx.find::<Entity>().by_id(customer).count(Some(1)).await? > 0)
}
