//! The place of a deal among those of its stage, which the caller holds.

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use uuid::Uuid;

use super::position::between;
use super::row::TABLE;
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::{DealId, PipelineStageId};
use crate::query::dialect::any_of;
use crate::scope::{CompanyTx, is_live};

/// Where a deal is put.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Before all others.
    Top,
    /// Right after this one.
    After(DealId),
    /// Right before this one.
    Before(DealId),
}

/// The side of a key on which another one is looked for.
#[derive(Clone, Copy)]
enum Side {
    Above,
    Below,
}

/// The key of a place for this deal. Its own key stays where it fits.
///
/// # Errors
/// [`Error::Invalid`] if the stage has no such deal.
pub(super) async fn find(
    tx: &mut CompanyTx<'_>,
    stage: PipelineStageId,
    place: Place,
    deal: DealId,
    own: Option<&str>,
) -> Result<String> {
    let (after, before) = match place {
        Place::Top => (None, next(tx, stage, deal, None).await?),
        Place::After(other) => {
            let after = of(tx, stage, other, "/afterId").await?;
            let before = next(tx, stage, deal, Some((Side::Above, after.as_str()))).await?;
            (Some(after), before)
        }
        Place::Before(other) => {
            let before = of(tx, stage, other, "/beforeId").await?;
            let after = next(tx, stage, deal, Some((Side::Below, before.as_str()))).await?;
            (after, Some(before))
        }
    };
    let is_after = |own: &str| after.as_deref().is_none_or(|after| after < own);
    let is_before = |own: &str| before.as_deref().is_none_or(|before| own < before);
    if let Some(own) = own.filter(|own| is_after(own) && is_before(own)) {
        return Ok(own.to_owned());
    }
    let key = between(after.as_deref(), before.as_deref());
    key.ok_or_else(|| Error::internal(format!("no place between {after:?} and {before:?}")))
}

fn of_stage(tx: &CompanyTx<'_>, stage: PipelineStageId) -> SelectStatement {
    Query::select()
        .column((TABLE, "position"))
        .from(TABLE)
        .and_where(Expr::col((TABLE, "company_id")).eq(tx.company.id.0))
        .and_where(Expr::col((TABLE, "stage_id")).eq(stage.0))
        .limit(1)
        .to_owned()
}

async fn first(tx: &mut CompanyTx<'_>, select: &SelectStatement) -> Result<Option<String>> {
    let rows = tx.query(select).await?;
    Ok(rows.first().map(|row| row.try_get("", "position")).transpose()?)
}

/// The key of another deal of the stage, which the actor sees.
async fn of(tx: &mut CompanyTx<'_>, stage: PipelineStageId, deal: DealId, pointer: &str) -> Result<String> {
    let visible = tx.actor().visible(&super::ACCESS)?;
    let mut select = of_stage(tx, stage);
    select.and_where(Expr::col((TABLE, "id")).eq(deal.0)).and_where(is_live(TABLE)).cond_where(visible);
    let unknown = || Violations::one(pointer, "deal_unknown", "the stage has no such deal");
    first(tx, &select).await?.ok_or_else(|| unknown().into())
}

/// The key next to another one, or the first. Deals in the trash keep their places, and count.
async fn next(
    tx: &mut CompanyTx<'_>,
    stage: PipelineStageId,
    deal: DealId,
    from: Option<(Side, &str)>,
) -> Result<Option<String>> {
    let position = || Expr::col((TABLE, "position"));
    let mut select = of_stage(tx, stage);
    select.and_where(Expr::col((TABLE, "id")).ne(deal.0));
    let order = match from {
        Some((Side::Below, key)) => {
            select.and_where(position().lt(key));
            Order::Desc
        }
        Some((Side::Above, key)) => {
            select.and_where(position().gt(key));
            Order::Asc
        }
        None => Order::Asc,
    };
    select.order_by((TABLE, "position"), order);
    first(tx, &select).await
}

/// Whether deals are in one of these stages, in the trash or not.
pub(crate) async fn are_in(tx: &mut CompanyTx<'_>, stages: Vec<Uuid>) -> Result<bool> {
    let any = Query::select()
        .column("position")
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("stage_id"), stages, tx.is_postgres()))
        .limit(1)
        .to_owned();
    Ok(first(tx, &any).await?.is_some())
}
