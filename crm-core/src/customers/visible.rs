//! Which customers and leads an actor sees, and what that means for what belongs to them.

use sea_orm::Value;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::party::Party;
use super::{merge, row};
use crate::base::error::{Error, Result};
use crate::base::ids::CustomerId;
use crate::scope::actor::Action;
use crate::scope::visibility::Owners;
use crate::scope::{CompanyScope, Find};

/// Fails unless the actor may read the history of this customer or lead, which may be in the trash if the actor may restore.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_history_visible(scope: &CompanyScope<'_>, party: impl Into<Party>) -> Result<()> {
    let party = party.into();
    let owners = scope.readable_owners(party.resource()).await?;
    let row = visible(scope.find::<row::Entity>(), &owners).by_id(party.id());
    match row.filter(Expr::cust(is_known(scope, party))).count(Some(1)).await? {
        0 => Err(party.missing(scope).await),
        _ => Ok(()),
    }
}

/// The same as a condition of a statement whose `$1` is the company and `$2` the id; it begins with `AND`. `parameter` adds a
/// value, and gives its name.
pub(crate) fn history_visible_sql(
    scope: &CompanyScope<'_>,
    party: Party,
    parameter: impl FnOnce(Value) -> String,
) -> String {
    let known = is_known(scope, party);
    let own = scope.actor().owners(party.resource(), Action::Read).sql("crm_customers.owner_id", parameter);
    format!(
        " AND EXISTS (SELECT 1 FROM crm_customers WHERE crm_customers.company_id = $1 AND crm_customers.id = $2 \
         AND {known}{own})"
    )
}

/// The condition that a row is such a customer or lead; also one in the trash, for those who may restore.
fn is_known(scope: &CompanyScope<'_>, party: Party) -> &'static str {
    let may_restore = scope.reach(party.resource(), Action::Restore).is_ok();
    match (party, may_restore) {
        (Party::Lead(_), true) => "crm_customers.is_lead AND crm_customers.merged_into_id IS NULL",
        (Party::Lead(_), false) => "crm_customers.is_lead AND crm_customers.delete_batch_id IS NULL",
        (_, true) => "crm_customers.merged_into_id IS NULL AND NOT crm_customers.is_lead",
        (_, false) => "crm_customers.deleted_at IS NULL",
    }
}

/// The customers of these owners.
pub(super) fn visible<'f>(rows: Find<'f, row::Entity>, owners: &Owners) -> Find<'f, row::Entity> {
    match owners.condition(Expr::col((row::TABLE, "owner_id"))) {
        Some(own) => rows.filter(own),
        None => rows,
    }
}

/// True if the actor sees this customer or lead, and it is not in the trash: a condition for the records that belong to it.
pub(crate) fn is_visible(scope: &CompanyScope<'_>, party: impl Into<Party>) -> Result<Expr> {
    let party = party.into();
    Ok(Expr::exists(scope.actor().visible_parties(party.among(), |column| column.eq(party.id().0))?))
}

/// Fails unless the actor sees this customer or lead, which is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, party: impl Into<Party>) -> Result<()> {
    let party = party.into();
    scope.authorize_read(party.resource(), Action::Read).await?;
    let is_party = scope.actor().is_visible_party(party.among())?;
    let row = scope.find::<row::Entity>().by_id(party.id()).filter(is_party);
    match row.count(Some(1)).await? {
        0 => Err(party.missing(scope).await),
        _ => Ok(()),
    }
}

/// Why the actor does not find a customer with this id.
pub(crate) async fn missing(scope: &CompanyScope<'_>, id: CustomerId) -> Error {
    merge::missing(scope.find(), scope.actor(), id).await
}
