//! Which customers an actor sees, and what that means for what belongs to them.

use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::{merge, row};
use crate::base::error::{Error, Result};
use crate::base::ids::CustomerId;
use crate::scope::actor::{Action, Resource};
use crate::scope::visibility::Owners;
use crate::scope::{CompanyScope, Find, is_live};

/// Fails unless the actor may read the history of this customer, who may be in the trash if the actor may restore.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_history_visible(scope: &CompanyScope<'_>, id: CustomerId) -> Result<()> {
    let owners = scope.readable_owners(Resource::Customers).await?;
    let mut customer = visible(scope.find::<row::Entity>(), owners).by_id(id).filter(merge::is_unmerged());
    if scope.reach(Resource::Customers, Action::Restore).is_err() {
        customer = customer.filter(is_live(row::TABLE));
    }
    match customer.count(Some(1)).await? {
        0 => Err(merge::missing(scope.find(), scope.actor(), id).await),
        _ => Ok(()),
    }
}

/// The same as a condition of a statement whose `$1` is the company and `$2` the customer; it begins with `AND`.
/// `parameter` adds a value, and gives its name.
pub(crate) fn history_visible_sql(scope: &CompanyScope<'_>, parameter: impl FnOnce(Uuid) -> String) -> String {
    let live = match scope.reach(Resource::Customers, Action::Restore) {
        Ok(_) => " AND crm_customers.merged_into_id IS NULL",
        Err(_) => " AND crm_customers.deleted_at IS NULL",
    };
    let own = scope.actor().owners(Resource::Customers, Action::Read).sql("crm_customers.owner_id", parameter);
    format!(
        " AND EXISTS (SELECT 1 FROM crm_customers WHERE crm_customers.company_id = $1 AND crm_customers.id = $2{live}{own})"
    )
}

/// The customers of these owners.
pub(super) fn visible(rows: Find<'_, row::Entity>, owners: Owners) -> Find<'_, row::Entity> {
    match owners.condition(Expr::col((row::TABLE, "owner_id"))) {
        Some(own) => rows.filter(own),
        None => rows,
    }
}

/// True if the actor sees this customer, and it is not in the trash: a condition for the records that belong to it.
pub(crate) fn is_visible(scope: &CompanyScope<'_>, id: CustomerId) -> Result<Expr> {
    Ok(Expr::exists(scope.actor().visible_customers(|column| column.eq(id.0))?))
}

/// Fails unless the actor sees this customer, who is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: CustomerId) -> Result<()> {
    let owners = scope.readable_owners(Resource::Customers).await?;
    let customer = visible(scope.find::<row::Entity>(), owners).by_id(id).filter(is_live(row::TABLE));
    match customer.count(Some(1)).await? {
        0 => Err(merge::missing(scope.find(), scope.actor(), id).await),
        _ => Ok(()),
    }
}

/// Why the actor does not find a customer with this id.
pub(crate) async fn missing(scope: &CompanyScope<'_>, id: CustomerId) -> Error {
    merge::missing(scope.find(), scope.actor(), id).await
}
