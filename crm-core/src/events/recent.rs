//! The latest events of a company, read once for all its followers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sea_orm::DatabaseConnection;
use tokio::time::Instant;

use super::viewer::Viewer;
use super::{FeedEvent, consume};
use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::scope::Crm;
use crate::scope::live::{Live, Recent};

/// The number of events kept in memory per company.
const KEPT: usize = 1_000;
/// The number of events per read.
const READ_AT_ONCE: u64 = 500;

impl Recent {
    /// Whether a read is due: since the last notification, for `look_every`, or because `position` was not reached.
    pub(super) fn is_due(&self, count: u64, look_every: Duration, position: i64) -> bool {
        self.head.is_none_or(|head| head < position)
            || self.last_read.is_none_or(|(known, at)| known < count || at.elapsed() >= look_every)
    }

    /// Call it when a read has finished, successfully or not.
    pub(super) fn has_read(&mut self, count: u64) {
        self.last_read = Some((count, Instant::now()));
    }

    /// Adds new events that have a position.
    pub(super) async fn read_on(
        &mut self,
        (crm, db): (&Crm, &DatabaseConnection),
        company: CompanyId,
        live: &Live,
    ) -> Result<()> {
        let count = *live.notified.borrow();
        let head = crm.number(db, company).await?;
        let read = *self.head.get_or_insert(head);
        if self.events.is_empty() {
            self.before = read;
        }
        let rows = match head > read {
            true => consume::after(db, company.0, read, READ_AT_ONCE).await?,
            false => Vec::new(),
        };
        let has_more = rows.len() as u64 == READ_AT_ONCE;
        for row in rows {
            let event = FeedEvent::read(row.clone(), &crm.0.event_source)?;
            self.head = Some(event.position().position);
            self.events.push_back((row, event));
        }
        while self.events.len() > KEPT
            && let Some((_, oldest)) = self.events.pop_front()
        {
            self.before = oldest.position().position;
        }
        if !has_more {
            // If older events were dropped, no gap may remain at the front.
            self.head = self.head.max(Some(head));
            self.has_read(count);
        }
        live.reaches.store(self.head.unwrap_or_default(), Ordering::Relaxed);
        Ok(())
    }

    /// Up to `limit` events after a position that the viewer may see, and the position reached. `None` if some of the
    /// events after the position were dropped.
    pub(super) fn after(&self, position: i64, limit: usize, viewer: &Viewer) -> Option<(Vec<FeedEvent>, i64)> {
        if position < self.before {
            return None;
        }
        let from = self.events.partition_point(|(_, event)| event.position().position <= position);
        let mut seen = Vec::new();
        for (row, event) in self.events.range(from..) {
            if viewer.sees(row) {
                seen.push(event.clone());
                if seen.len() == limit {
                    return Some((seen, event.position().position));
                }
            }
        }
        Some((seen, position.max(self.head.unwrap_or_default())))
    }
}
