//! Users keep their last notifications.

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use uuid::Uuid;

use super::row::TABLE;
use crate::base::error::Result;

/// How many notifications a user keeps.
const KEPT: u64 = 500;
/// The maximum number of users of one round.
const MOST_USERS: u64 = 10_000;
const LAST: &str = "last";

/// Removes what users of all companies have beyond their last ones, and gives the number.
pub(crate) async fn delete_old(db: &DatabaseConnection) -> Result<u64> {
    let many = Query::select()
        .columns(["company_id", "user_id"])
        .from(TABLE)
        .group_by_columns(["company_id", "user_id"])
        .and_having(Expr::cust(format!("count(*) > {KEPT}")))
        .limit(MOST_USERS)
        .to_owned();
    let mut removed = 0;
    for row in db.query_all(&many).await? {
        removed += delete_of(db, row.try_get("", "company_id")?, row.try_get("", "user_id")?).await?;
    }
    Ok(removed)
}

async fn delete_of(db: &DatabaseConnection, company: Uuid, user: Uuid) -> Result<u64> {
    let last = Query::select()
        .column((LAST, "created_at"))
        .from_as(TABLE, LAST)
        .and_where(Expr::col((LAST, "company_id")).eq(company))
        .and_where(Expr::col((LAST, "user_id")).eq(user))
        .order_by((LAST, "created_at"), Order::Desc)
        .order_by((LAST, "id"), Order::Desc)
        .limit(1)
        .offset(KEPT - 1)
        .to_owned();
    let delete = Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("user_id").eq(user))
        .and_where(Expr::col("created_at").lt(Expr::from(last)))
        .to_owned();
    Ok(db.execute(&delete).await?.rows_affected())
}
