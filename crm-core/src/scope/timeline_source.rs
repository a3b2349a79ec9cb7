//! What a host adds to timelines.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::base::error::Result;
use crate::base::ids::{CompanyId, CustomerId, UserId};
use crate::base::rights::ActorRef;

/// Which entries a timeline asks a source for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimelineRequest {
    /// The company.
    pub company: CompanyId,
    /// The customer; the actor sees it.
    pub customer: CustomerId,
    /// Who asks; nobody for the system.
    pub user: Option<UserId>,
    /// Only entries at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Only entries before this time.
    pub to: Option<DateTime<Utc>>,
    /// Only entries that come after this one in the timeline: earlier, or at the same time and with a smaller id.
    pub before: Option<(DateTime<Utc>, Uuid)>,
    /// How many entries at most.
    pub limit: u64,
}

/// Adds entries of the host's own to the timelines of customers: invoices, orders, tickets. Given to
/// [`CrmBuilder::timeline_source`](crate::CrmBuilder::timeline_source).
#[async_trait]
pub trait TimelineSource: Send + Sync + 'static {
    /// The newest entries that the request means, newest first, those of the same time by descending id. What comes beyond
    /// the limit is left out, what does not belong is ignored.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) or what fits, if the source cannot be asked. The timeline then fails
    /// as well: one with holes would look complete.
    async fn entries(&self, request: &TimelineRequest) -> Result<Vec<ExternalEntry>>;

    /// How many entries the request means; the limit is how far to count.
    ///
    /// # Errors
    /// Those of [`TimelineSource::entries`].
    async fn count(&self, request: &TimelineRequest) -> Result<u64>;
}

/// An entry of the host's own.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalEntry {
    /// Always the same for the same entry.
    pub id: Uuid,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Which system or part of it tells: `invoices`.
    pub source: String,
    /// What happened: `booked`, `paid`.
    pub action: String,
    /// A title to show: `Invoice 4711, 1,200.00 EUR`.
    pub title: Option<String>,
    /// Who did it.
    pub actor: ActorRef,
    /// Whatever clients should know beyond that.
    pub data: Map<String, Value>,
}

impl TimelineRequest {
    /// True if the entry is one of those that were asked for.
    pub(crate) fn means(&self, entry: &ExternalEntry) -> bool {
        self.from.is_none_or(|from| entry.at >= from)
            && self.to.is_none_or(|to| entry.at < to)
            && self.before.is_none_or(|before| (entry.at, entry.id) < before)
    }
}
