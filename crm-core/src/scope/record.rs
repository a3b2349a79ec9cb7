//! A record that the scope can write, and what is done to it.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelBehavior, EntityTrait};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::CompanyOwned;
use super::company::Company;
use crate::base::error::{Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::base::rights::ActorRef;
use crate::journal::customer_stats::CustomerStatsDelta;
use crate::journal::{ChangeRecord, FieldChange};

/// What all records have.
pub(crate) trait Envelope {
    /// Its id.
    fn id(&self) -> Uuid;
    /// Its version, which the next write compares.
    fn version(&self) -> i64;
    /// When it was last written.
    fn updated_at(&self) -> DateTime<Utc>;
    /// Stamps a write.
    fn stamp(&mut self, version: i64, at: DateTime<Utc>, by: ActorRef);
}

/// Implements [`Envelope`] for a record with the usual fields.
macro_rules! envelope {
    ($record:ident) => {
        impl $crate::scope::Envelope for $record {
            fn id(&self) -> uuid::Uuid {
                self.id.0
            }

            fn version(&self) -> i64 {
                self.version
            }

            fn updated_at(&self) -> chrono::DateTime<chrono::Utc> {
                self.updated_at
            }

            fn stamp(&mut self, version: i64, at: chrono::DateTime<chrono::Utc>, by: $crate::base::rights::ActorRef) {
                if version == 1 {
                    (self.created_at, self.created_by) = (at, by.clone());
                }
                (self.version, self.updated_at, self.updated_by) = (version, at, by);
            }
        }
    };
}

pub(crate) use envelope;

/// A record that the scope can write: it knows its row, and its JSON form is what history keeps.
pub(crate) trait Record: Envelope + Serialize + Send + Sync {
    /// Where its row lives.
    type Entity: CompanyOwned<ActiveModel: ActiveModelBehavior + Send>;
    /// What it is called in history, audit and events.
    const KIND: Kind;
    /// Members of the JSON form that are derived or of the envelope, and so no part of history.
    const UNTRACKED_FIELDS: &'static [&'static str];

    /// Removes what tells nothing that other members do not, and what is derived, from what history keeps.
    fn trim_history(&self, _members: &mut Map<String, Value>) {}
    /// All columns of its row.
    fn row(&self, company: &Company) -> Result<<Self::Entity as EntityTrait>::ActiveModel>;
    /// The only user who may know of it.
    fn private_to(&self) -> Option<UserId> {
        None
    }
    /// The customer it hangs on.
    fn customer(&self) -> Option<CustomerId> {
        None
    }
    /// What it counts for in the statistics of that customer. A write of it holds the customer.
    fn stats_delta(&self) -> CustomerStatsDelta {
        CustomerStatsDelta::default()
    }
}

/// The entry of a record's write.
pub(crate) fn change_record_of<R: Record>(
    record: &R,
    action: &'static str,
    at: DateTime<Utc>,
    changes: Vec<FieldChange>,
) -> ChangeRecord {
    ChangeRecord {
        kind: R::KIND,
        id: Some(record.id()),
        version: record.version(),
        action,
        at,
        changes,
        details: None,
        private_to: record.private_to(),
        customer: record.customer(),
        origin: None,
        tags: Vec::new(),
        customers: Vec::new(),
    }
}

/// What was done to a record, by the name that history, audit and events have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Updated,
    Deleted,
    Restored,
    Purged,
    /// Another customer was merged into it, or it into another.
    Merged,
    Unmerged,
    /// A deal was won with it.
    Won,
    /// A deal was lost with it.
    Lost,
    /// A lead became a customer.
    Converted,
    Unconverted,
}

impl Change {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Purged => "purged",
            Self::Merged => "merged",
            Self::Unmerged => "unmerged",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Converted => "converted",
            Self::Unconverted => "unconverted",
        }
    }
}
