//! Who is meant: a customer or a lead, with those who were merged into them.

use uuid::Uuid;

use crate::base::error::{Kind, Result};
use crate::base::ids::{CustomerId, LeadId};
use crate::base::rights::{Action, Resource};
use crate::customers::{self, Customer};
use crate::leads;
use crate::scope::CompanyTx;

/// A customer, or a lead that is none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A customer.
    Customer(CustomerId),
    /// A lead that was not converted.
    Lead(LeadId),
}

impl From<CustomerId> for Subject {
    fn from(id: CustomerId) -> Self {
        Self::Customer(id)
    }
}

impl From<LeadId> for Subject {
    fn from(id: LeadId) -> Self {
        Self::Lead(id)
    }
}

impl Subject {
    pub(super) const fn id(self) -> Uuid {
        match self {
            Self::Customer(id) => id.0,
            Self::Lead(id) => id.0,
        }
    }

    /// What it is called in history, audit and events.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Customer(_) => Kind::Customer,
            Self::Lead(_) => Kind::Lead,
        }
    }

    pub(super) const fn resource(self) -> Resource {
        match self {
            Self::Customer(_) => Resource::Customers,
            Self::Lead(_) => Resource::Leads,
        }
    }
}

/// A person who is held.
pub(super) struct Held {
    /// The row among the customers, also of a lead.
    pub customer: Customer,
    /// Its id, then those that were merged into it.
    pub ids: Vec<CustomerId>,
}

impl Held {
    pub fn uuids(&self) -> Vec<Uuid> {
        self.ids.iter().map(|id| id.0).collect()
    }
}

/// Holds a person, if the actor may do this with them.
pub(super) async fn hold(tx: &CompanyTx<'_>, subject: Subject, action: Action) -> Result<Held> {
    let customer = match subject {
        Subject::Customer(id) => customers::held(tx, id, action).await?,
        Subject::Lead(id) => leads::held(tx, id, action).await?,
    };
    let mut ids = vec![customer.id];
    ids.extend(customers::merged_ids(tx, customer.id).await?);
    Ok(Held { customer, ids })
}
