//! The events that an actor may see, as a condition in SQL and for rows in memory.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};

use super::row;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::UserId;
use crate::base::rights::{Action, Resource};
use crate::scope::CompanyScope;
use crate::scope::visibility::PrivateRecords;

/// The events of customers that concern tags.
const OF_TAGS: [&str; 2] = ["crm.customer.tagged", "crm.customer.untagged"];

/// An actor's view of the feed: without events that are private to others, and of records that they may not read.
#[derive(Debug)]
pub(super) struct Viewer {
    private: PrivateRecords,
    /// The kinds of records whose events are hidden.
    hidden: Vec<&'static str>,
    sees_tags: bool,
}

impl Viewer {
    /// # Errors
    /// [`Error::Forbidden`] unless the actor may read all customers: events do not contain the owner of a record.
    pub async fn of(scope: &CompanyScope<'_>) -> Result<Self> {
        let may_read = |resource| scope.actor().sees_all(resource);
        if !may_read(Resource::Customers) {
            let refusal = Error::Forbidden { action: Action::Read, resource: Resource::Customers, id: None };
            return Err(scope.refuse(refusal).await);
        }
        let is_hidden = |kind: &&Kind| resource(**kind).is_some_and(|resource| !may_read(resource));
        let hidden = Kind::ALL.iter().filter(is_hidden).map(|kind| kind.as_str()).collect();
        Ok(Self { private: scope.actor().private_records(), hidden, sees_tags: may_read(Resource::Tags) })
    }

    /// The condition for visible rows of `crm_outbox`.
    pub fn condition(&self) -> Condition {
        let mut shown = Condition::all().add(self.private.condition(Expr::col("private_to")));
        if !self.hidden.is_empty() {
            shown = shown.add(Expr::col("entity").is_not_in(self.hidden.iter().copied()));
        }
        if !self.sees_tags {
            shown = shown.add(Expr::col("event_type").is_not_in(OF_TAGS));
        }
        shown
    }

    /// Whether this row is visible.
    pub fn sees(&self, row: &row::Model) -> bool {
        self.private.include(row.private_to.map(UserId))
            && !self.hidden.contains(&row.entity.as_str())
            && (self.sees_tags || !OF_TAGS.contains(&row.event_type.as_str()))
    }
}

/// The resource that must be readable to see events of this kind. The audit trail has no events.
const fn resource(kind: Kind) -> Option<Resource> {
    match kind {
        Kind::Company => Some(Resource::Settings),
        Kind::User => Some(Resource::Users),
        Kind::BulkAction | Kind::Customer | Kind::CustomerMerge | Kind::ImportMapping | Kind::Link => {
            Some(Resource::Customers)
        }
        Kind::Note => Some(Resource::Notes),
        Kind::Interaction => Some(Resource::Interactions),
        Kind::Task => Some(Resource::Tasks),
        Kind::Deal => Some(Resource::Deals),
        Kind::Pipeline => Some(Resource::Pipelines),
        Kind::Tag => Some(Resource::Tags),
        Kind::Job | Kind::JobSchedule => Some(Resource::Jobs),
        Kind::SavedView => Some(Resource::SavedViews),
        Kind::Duplicate => Some(Resource::Duplicates),
        Kind::CustomField => Some(Resource::CustomFields),
        // They are private to their user.
        Kind::CalendarFeed | Kind::Import | Kind::Notification | Kind::Preferences => None,
        Kind::Audit => None,
    }
}
