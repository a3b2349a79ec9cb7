//! Timeline entries of a host.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::base::error::Result;
use crate::base::ids::{CompanyId, CustomerId, UserId};
use crate::base::rights::ActorRef;

/// The timeline entries that a source must return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimelineRequest {
    /// The company.
    pub company: CompanyId,
    /// The customer; the actor may see it.
    pub customer: CustomerId,
    /// The acting user; `None` for the system.
    pub user: Option<UserId>,
    /// Only entries at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Only entries before this time.
    pub to: Option<DateTime<Utc>>,
    /// Only entries after this one in timeline order: earlier, or at the same time with a smaller id.
    pub before: Option<(DateTime<Utc>, Uuid)>,
    /// The maximum number of entries.
    pub limit: u64,
}

/// Adds entries of the host to the timelines of customers: invoices, orders, tickets. Passed to
/// [`CrmBuilder::timeline_source`](crate::CrmBuilder::timeline_source).
#[async_trait]
pub trait TimelineSource: Send + Sync + 'static {
    /// The entries of the request, newest first, those of the same time by descending id. Entries beyond the limit and
    /// entries that do not match are ignored.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) or another error if the source fails. The timeline then fails
    /// as well: one with gaps would seem complete.
    async fn entries(&self, request: &TimelineRequest) -> Result<Vec<ExternalEntry>>;

    /// The number of entries of the request, counted up to its limit.
    ///
    /// # Errors
    /// The errors of [`TimelineSource::entries`].
    async fn count(&self, request: &TimelineRequest) -> Result<u64>;
}

/// A timeline entry of the host.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalEntry {
    /// The id, always the same for the same entry.
    pub id: Uuid,
    /// The time of the entry.
    pub at: DateTime<Utc>,
    /// The system or part of it: `invoices`.
    pub source: String,
    /// The kind of the entry: `booked`, `paid`.
    pub action: String,
    /// A title to show: `Invoice 4711, 1,200.00 EUR`.
    pub title: Option<String>,
    /// The actor.
    pub actor: ActorRef,
    /// More data for clients.
    pub data: Map<String, Value>,
}

impl TimelineRequest {
    /// Whether the entry matches the request.
    pub(crate) fn means(&self, entry: &ExternalEntry) -> bool {
        self.from.is_none_or(|from| entry.at >= from)
            && self.to.is_none_or(|to| entry.at < to)
            && self.before.is_none_or(|before| (entry.at, entry.id) < before)
    }
}
