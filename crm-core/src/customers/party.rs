//! What notes, interactions, tasks and tags belong to: a customer or a lead.

use super::model::Customer;
use super::{row, visible};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, LeadId};
use crate::base::rights::Resource;
use crate::scope::CompanyScope;
use crate::scope::visibility::Parties;

/// A customer, or a lead, whose id is the customer's later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A customer: a lead with the id is not found.
    Customer(CustomerId),
    /// A lead: a customer with the id is not found.
    Lead(LeadId),
    /// Whichever has the id.
    Any(CustomerId),
}

impl From<CustomerId> for Party {
    fn from(id: CustomerId) -> Self {
        Self::Customer(id)
    }
}

impl From<LeadId> for Party {
    fn from(id: LeadId) -> Self {
        Self::Lead(id)
    }
}

impl Party {
    /// The id among the customers.
    pub(crate) fn id(self) -> CustomerId {
        match self {
            Self::Customer(id) | Self::Any(id) => id,
            Self::Lead(id) => CustomerId(id.0),
        }
    }

    /// What it is called where it is not found.
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Customer(_) | Self::Any(_) => Kind::Customer,
            Self::Lead(_) => Kind::Lead,
        }
    }

    /// What rights speak of.
    pub(crate) const fn resource(self) -> Resource {
        match self {
            Self::Customer(_) | Self::Any(_) => Resource::Customers,
            Self::Lead(_) => Resource::Leads,
        }
    }

    /// Where it is looked for.
    pub(crate) const fn among(self) -> Parties {
        match self {
            Self::Customer(_) => Parties::Customers,
            Self::Lead(_) => Parties::Leads,
            Self::Any(_) => Parties::Both,
        }
    }

    /// Its row.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the actor does not see it, or it is in the trash.
    pub(crate) async fn read(self, scope: &CompanyScope<'_>) -> Result<Customer> {
        let rows = scope.find::<row::Entity>().by_id(self.id()).filter(scope.actor().is_visible_party(self.among())?);
        match row::select(rows, scope.actor(), scope.is_postgres()).one().await? {
            Some(found) => Ok(found),
            None => Err(self.missing(scope).await),
        }
    }

    /// Why the actor does not find it.
    pub(crate) async fn missing(self, scope: &CompanyScope<'_>) -> Error {
        match self {
            Self::Customer(id) | Self::Any(id) => visible::missing(scope, id).await,
            Self::Lead(id) => Error::not_found(Kind::Lead, id),
        }
    }
}
