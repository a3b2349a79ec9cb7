//! The names that a deal shows of its customer and its owner.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use uuid::Uuid;

use super::model::Deal;
use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::customers;
use crate::scope::CompanyTx;
use crate::users::{self, UserRef};

/// Sets the name of a new deal's customer and that of a new owner: one statement, or none.
///
/// # Errors
/// [`Error::Invalid`](crate::Error::Invalid) if the owner is no active user.
pub(super) async fn resolve(tx: &mut CompanyTx<'_>, before: Option<&Deal>, after: &mut Deal) -> Result<()> {
    let owner = after.owner_id.filter(|_| before.is_none_or(|before| before.owner_id != after.owner_id));
    if after.owner_id.is_none() {
        after.owner = None;
    }
    let of_customer = before.is_none().then(|| customer(tx, after.customer_id.0));
    let select = match (of_customer, owner.map(|owner| user(tx, owner.0))) {
        (Some(mut customer), Some(user)) => customer.union(UnionType::All, user).to_owned(),
        (Some(select), None) | (None, Some(select)) => select,
        (None, None) => return Ok(()),
    };
    let mut found = None;
    for row in tx.query(&select).await? {
        let name: Option<String> = row.try_get("", "name")?;
        if row.try_get("", "is_user")? {
            found = Some((name, row.try_get::<bool>("", "is_active")?));
        } else {
            after.customer_name = name.unwrap_or_default();
        }
    }
    if let Some(owner) = owner {
        after.owner = Some(owner_of(tx, owner, found)?);
    }
    Ok(())
}

fn owner_of(tx: &CompanyTx<'_>, id: UserId, found: Option<(Option<String>, bool)>) -> Result<UserRef> {
    const POINTER: &str = "/ownerId";
    match found {
        Some((display_name, true)) => Ok(UserRef { id, display_name }),
        Some((_, false)) => Err(users::unknown(POINTER).into()),
        None => Err(users::unseen(tx, id, POINTER).into()),
    }
}

fn customer(tx: &CompanyTx<'_>, id: Uuid) -> SelectStatement {
    Query::select()
        .column("name")
        .expr_as(Expr::cust("TRUE"), "is_active")
        .expr_as(Expr::cust("FALSE"), "is_user")
        .from(customers::TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(id))
        .to_owned()
}

fn user(tx: &CompanyTx<'_>, id: Uuid) -> SelectStatement {
    Query::select()
        .expr_as(Expr::col("display_name"), "name")
        .column("is_active")
        .expr_as(Expr::cust("TRUE"), "is_user")
        .from("crm_users")
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(id))
        .to_owned()
}
