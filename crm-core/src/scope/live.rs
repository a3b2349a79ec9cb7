//! The state that readers of a company's events share in this process.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::watch;
use tokio::time::Instant;

use super::event_position::EventPosition;
use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::journal::outbox::{Event, Model};

/// The companies in use by a task; unused entries are removed.
#[derive(Default)]
pub(crate) struct LiveCompanies(Mutex<HashMap<CompanyId, Weak<Live>>>);

/// The state that readers of one company's events share.
#[derive(Default)]
pub(crate) struct Live {
    /// Incremented by each notification.
    pub notified: watch::Sender<u64>,
    /// The position that `recent` has reached.
    pub reaches: AtomicI64,
    /// One task at a time assigns positions.
    pub numbering: tokio::sync::Mutex<()>,
    /// The latest events; the task that holds the lock reads for all followers.
    pub recent: tokio::sync::Mutex<Recent>,
    /// One follower at a time reads events that were dropped from `recent`.
    pub catching_up: tokio::sync::Mutex<()>,
}

impl Live {
    fn wake(&self) {
        self.notified.send_modify(|count| *count += 1);
    }
}

impl LiveCompanies {
    pub(crate) fn get(&self, company: CompanyId) -> Arc<Live> {
        let mut companies = self.lock();
        if let Some(live) = companies.get(&company).and_then(Weak::upgrade) {
            return live;
        }
        // Before the map grows, unused entries are removed.
        if companies.len() == companies.capacity() {
            companies.retain(|_, live| live.strong_count() > 0);
        }
        let live = Arc::new(Live::default());
        companies.insert(company, Arc::downgrade(&live));
        live
    }

    /// Notifies the followers of this company.
    pub(crate) fn wake(&self, company: CompanyId) {
        if let Some(live) = self.find(company) {
            live.wake();
        }
    }

    /// Notifies them, unless they have reached the position already.
    pub(crate) fn wake_behind(&self, position: EventPosition) {
        if let Some(live) = self.find(position.company)
            && live.reaches.load(Ordering::Relaxed) < position.position
        {
            live.wake();
        }
    }

    /// Notifies all followers.
    pub(crate) fn wake_all(&self) {
        let all: Vec<Arc<Live>> = self.lock().values().filter_map(Weak::upgrade).collect();
        all.iter().for_each(|live| live.wake());
    }

    fn find(&self, company: CompanyId) -> Option<Arc<Live>> {
        self.lock().get(&company).and_then(Weak::upgrade)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CompanyId, Weak<Live>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The latest events of a company, without a gap.
#[derive(Default)]
pub(crate) struct Recent {
    /// The position reached; `None` before the first read.
    pub head: Option<i64>,
    /// The position before the first event in memory.
    pub before: i64,
    pub events: VecDeque<(Model, FeedEvent)>,
    /// The number of notifications at the last read, and its time.
    pub last_read: Option<(u64, Instant)>,
}

/// An event for followers. Cheap to clone: it is shared.
#[derive(Clone, Debug)]
pub struct FeedEvent(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    position: EventPosition,
    event: Event,
    text: OnceLock<String>,
}

impl FeedEvent {
    pub(crate) fn read(row: Model, source: &str) -> Result<Self> {
        let position = EventPosition { company: row.company_id.into(), position: row.position.unwrap_or_default() };
        Ok(Self::new(position, Event::read(row, source)?))
    }

    pub(crate) fn new(position: EventPosition, event: Event) -> Self {
        Self(Arc::new(Shared { position, event, text: OnceLock::new() }))
    }

    /// The position of the event.
    #[must_use]
    pub fn position(&self) -> EventPosition {
        self.0.position
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.0.event
    }

    /// The event in its sent form: `write` is called once for all followers.
    pub fn text(&self, write: impl FnOnce(EventPosition, &Event) -> String) -> &str {
        self.0.text.get_or_init(|| write(self.position(), self.event()))
    }
}
