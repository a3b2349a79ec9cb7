//! What customers keep of their links: a person their primary organization, an organization its parent.

use sea_orm::sea_query::{Expr, ExprTrait};

use super::super::model::Customer;
use super::super::row as customers;
use super::ends::Ends;
use super::model::CustomerLink;
use super::row::{self, COLUMNS, Stored, TABLE};
use super::{hierarchy, label};
use crate::base::error::{Conflict, Result};
use crate::base::ids::CustomerId;
use crate::scope::actor::{Action, Resource};
use crate::scope::{Change, CompanyTx, is_live};

/// Brings the customers into step with a link that is about to be written; none of the two states is there of a link that is
/// added or deleted.
pub(super) async fn settle(
    tx: &mut CompanyTx<'_>,
    ends: &Ends,
    before: Option<&CustomerLink>,
    after: Option<&CustomerLink>,
) -> Result<()> {
    let primary = |link: Option<&CustomerLink>| link.is_some_and(|link| link.is_primary);
    match (primary(before), primary(after)) {
        (false, true) => {
            demote_primary(tx, ends.from.id).await?;
            follow(tx, &ends.from, Some(&ends.to)).await?;
        }
        (true, false) => follow(tx, &ends.from, None).await?,
        _ => {}
    }
    let parent = |link: Option<&CustomerLink>| link.is_some_and(CustomerLink::is_active_parent);
    match (parent(before), parent(after)) {
        (false, true) => {
            leave_trashed_parent(tx, &ends.from).await?;
            hierarchy::check(tx, ends.from.id, ends.to.id).await?;
            set_parent(tx, &ends.from, Some(ends.to.id)).await
        }
        (true, false) => set_parent(tx, &ends.from, None).await,
        _ => Ok(()),
    }
}

/// Gives a person the organization, or leaves them the name of the one they had as free text.
async fn follow(tx: &mut CompanyTx<'_>, person: &Customer, organization: Option<&Customer>) -> Result<()> {
    let mut after = person.clone();
    after.organization_id = organization.map(|organization| organization.id);
    if let Some(organization) = organization {
        after.organization_name = Some(organization.name.clone());
    }
    write(tx, person, after).await
}

async fn set_parent(tx: &mut CompanyTx<'_>, child: &Customer, parent: Option<CustomerId>) -> Result<()> {
    write(tx, child, Customer { parent_id: parent, ..child.clone() }).await
}

async fn write(tx: &mut CompanyTx<'_>, before: &Customer, mut after: Customer) -> Result<()> {
    tx.authorize(Resource::Customers, Action::Update, before.owner_id, Some(before.id.0))?;
    tx.update(before, &mut after, Change::Updated).await.map(drop)
}

/// The link that is a person's primary one stops being that.
pub(super) async fn demote_primary(tx: &mut CompanyTx<'_>, person: CustomerId) -> Result<()> {
    let is_primary = Expr::col((TABLE, "is_primary")).eq(true);
    if let Some(before) = one_from(tx, person, is_primary).await? {
        let mut after = CustomerLink { is_primary: false, ..before.clone() };
        tx.update(&before, &mut after, Change::Updated).await?;
    }
    Ok(())
}

/// Refuses a second parent, unless the first is in the trash: that link becomes inactive.
async fn leave_trashed_parent(tx: &mut CompanyTx<'_>, child: &Customer) -> Result<()> {
    let Some(parent) = child.parent_id else {
        return Ok(());
    };
    let parents = tx.find::<customers::Entity>().by_id(parent).filter(is_live(customers::TABLE));
    if parents.count(Some(1)).await? > 0 {
        return Err(Conflict::ParentTaken.into());
    }
    let is_parent = Expr::col((TABLE, "active_key")).eq(label::PARENT);
    if let Some(before) = one_from(tx, child.id, is_parent).await? {
        let mut after = CustomerLink { is_inactive: true, ..before.clone() };
        tx.update(&before, &mut after, Change::Updated).await?;
    }
    Ok(())
}

/// The link from a held customer that meets a condition.
async fn one_from(tx: &CompanyTx<'_>, customer: CustomerId, condition: Expr) -> Result<Option<CustomerLink>> {
    let rows = tx.find::<row::Entity>().select(&COLUMNS).filter(Expr::col((TABLE, "from_id")).eq(customer.0));
    let stored: Option<Stored> = rows.filter(condition).one().await?;
    Ok(stored.map(|stored| stored.link))
}
