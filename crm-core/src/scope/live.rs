//! What this process shares of the companies whose events are read at this moment.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::watch;
use tokio::time::Instant;

use super::event_position::EventPosition;
use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::journal::outbox::{Event, Model};

/// The companies that a task holds; the others take no memory for long.
#[derive(Default)]
pub(crate) struct LiveCompanies(Mutex<HashMap<CompanyId, Weak<Live>>>);

/// What the readers of one company's events share.
#[derive(Default)]
pub(crate) struct Live {
    /// Goes up with each wake-up.
    pub bell: watch::Sender<u64>,
    /// How far `recent` reaches.
    pub reaches: AtomicI64,
    /// One task at a time gives positions.
    pub numbering: tokio::sync::Mutex<()>,
    /// What all followers are told; the task that holds it reads on for the others.
    pub recent: tokio::sync::Mutex<Recent>,
    /// One follower at a time reads what is not in `recent` any more.
    pub catching_up: tokio::sync::Mutex<()>,
}

impl Live {
    fn wake(&self) {
        self.bell.send_modify(|rings| *rings += 1);
    }
}

impl LiveCompanies {
    pub(crate) fn get(&self, company: CompanyId) -> Arc<Live> {
        let mut companies = self.lock();
        if let Some(live) = companies.get(&company).and_then(Weak::upgrade) {
            return live;
        }
        // Before the map grows, what nobody holds any more makes room.
        if companies.len() == companies.capacity() {
            companies.retain(|_, live| live.strong_count() > 0);
        }
        let live = Arc::new(Live::default());
        companies.insert(company, Arc::downgrade(&live));
        live
    }

    /// Wakes those who follow this company, and nobody else.
    pub(crate) fn wake(&self, company: CompanyId) {
        if let Some(live) = self.find(company) {
            live.wake();
        }
    }

    /// The same, unless they have come as far.
    pub(crate) fn wake_behind(&self, position: EventPosition) {
        if let Some(live) = self.find(position.company)
            && live.reaches.load(Ordering::Relaxed) < position.position
        {
            live.wake();
        }
    }

    /// Wakes everybody.
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
    /// How far it reaches; nothing before the first look.
    pub head: Option<i64>,
    /// The position before the first event that is kept.
    pub before: i64,
    pub events: VecDeque<(Model, FeedEvent)>,
    /// The wake-ups that the last look knew of, and when it was.
    pub looked: Option<(u64, Instant)>,
}

/// An event as followers get it. Cheap to clone: all of them share it.
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

    /// The place behind it.
    #[must_use]
    pub fn position(&self) -> EventPosition {
        self.0.position
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.0.event
    }

    /// The event in the form in which it is sent: `write` is called once for all followers who get it.
    pub fn text(&self, write: impl FnOnce(EventPosition, &Event) -> String) -> &str {
        self.0.text.get_or_init(|| write(self.position(), self.event()))
    }
}
