//! A customer who is held while a record that belongs to it is written.

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, QuerySelect};
use uuid::Uuid;

use super::merge;
use super::model::Customer;
use super::row;
use super::visible::visible;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::scope::actor::{Action, Resource};
use crate::scope::{CompanyTx, is_live};

/// Locks a customer while a record that belongs to it is written: meanwhile it is not deleted, and there is no other
/// write of such records. To be called before those rows are read, so that all wait in the same order.
///
/// # Errors
/// [`Error::NotFound`] if the actor does not see the customer, or it is in the trash.
pub(crate) async fn lock_customer(tx: &CompanyTx<'_>, id: CustomerId) -> Result<LockedCustomer> {
    let owners = tx.actor().owners(Resource::Customers, Action::Read);
    if owners.are_none() {
        return Err(Error::not_found(Kind::Customer, id));
    }
    let rows = visible(tx.find::<row::Entity>().by_id(id).filter(is_live(row::TABLE)), owners);
    use row::Column as C;
    let rows = rows.map(|select| select.select_only().columns([C::Version, C::UpdatedAt, C::OwnerId]));
    let Some(held) = rows.for_no_key_update().one().await? else {
        return Err(merge::missing(tx.find(), tx.actor(), id).await);
    };
    tx.touch(Kind::Customer, id.0);
    Ok(held)
}

/// What is known of a customer who is held.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct LockedCustomer {
    pub version: i64,
    pub updated_at: DateTime<Utc>,
    pub(super) owner_id: Option<Uuid>,
}

impl LockedCustomer {
    /// A customer that this transaction has just added.
    pub fn of(customer: &Customer) -> Self {
        let Customer { version, updated_at, owner_id, .. } = customer;
        Self { version: *version, updated_at: *updated_at, owner_id: owner_id.map(Into::into) }
    }

    pub fn owner_id(&self) -> Option<UserId> {
        self.owner_id.map(Into::into)
    }
}
