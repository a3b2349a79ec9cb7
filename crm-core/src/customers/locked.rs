//! A customer or a lead that is held while a record that belongs to it is written.

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, QuerySelect};
use uuid::Uuid;

use super::merge;
use super::model::Customer;
use super::party::Party;
use super::row;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::UserId;
use crate::scope::CompanyTx;

/// Locks a customer or a lead while a record that belongs to it is written: meanwhile it is not deleted, and there is no
/// other write of such records. To be called before those rows are read, so that all wait in the same order.
///
/// # Errors
/// [`Error::NotFound`] if the actor does not see it, or it is in the trash.
pub(crate) async fn lock_party(tx: &CompanyTx<'_>, party: impl Into<Party>) -> Result<LockedCustomer> {
    let party = party.into();
    let Ok(is_party) = tx.actor().is_visible_party(party.among()) else {
        return Err(Error::not_found(party.kind(), party.id()));
    };
    let rows = tx.find::<row::Entity>().by_id(party.id()).filter(is_party);
    use row::Column as C;
    let rows = rows.map(|select| select.select_only().columns([C::Version, C::UpdatedAt, C::OwnerId, C::IsLead]));
    let Some(held) = rows.for_no_key_update().one::<LockedCustomer>().await? else {
        return Err(match party {
            Party::Customer(id) | Party::Any(id) => merge::missing(tx.find(), tx.actor(), id).await,
            Party::Lead(id) => Error::not_found(Kind::Lead, id),
        });
    };
    tx.touch(held.kind(), party.id().0);
    Ok(held)
}

/// What is known of a customer or a lead that is held.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct LockedCustomer {
    pub version: i64,
    pub updated_at: DateTime<Utc>,
    pub(super) owner_id: Option<Uuid>,
    pub(super) is_lead: bool,
}

impl LockedCustomer {
    /// A customer that this transaction has just added.
    pub fn of(customer: &Customer) -> Self {
        let Customer { version, updated_at, owner_id, is_lead, .. } = customer;
        Self { version: *version, updated_at: *updated_at, owner_id: owner_id.map(Into::into), is_lead: *is_lead }
    }

    pub fn owner_id(&self) -> Option<UserId> {
        self.owner_id.map(Into::into)
    }

    /// What it is called in history.
    pub const fn kind(&self) -> Kind {
        if self.is_lead { Kind::Lead } else { Kind::Customer }
    }
}
