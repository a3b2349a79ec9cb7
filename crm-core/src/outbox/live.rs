//! What this process shares of the companies whose events are read at this moment.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;

use super::EventPosition;
use super::recent::Recent;
use crate::ids::CompanyId;

/// The companies that somebody holds; the others take no memory for long.
#[derive(Default)]
pub(crate) struct LiveCompanies(Mutex<HashMap<CompanyId, Weak<Live>>>);

/// What the readers of one company's events share.
#[derive(Default)]
pub(super) struct Live {
    /// Goes up with each wake-up.
    pub bell: watch::Sender<u64>,
    /// How far `recent` reaches.
    pub reaches: AtomicI64,
    /// One task at a time gives positions.
    pub numbering: tokio::sync::Mutex<()>,
    /// What all followers are told; whoever holds it reads on for the others.
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
    pub(super) fn get(&self, company: CompanyId) -> Arc<Live> {
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
    pub(super) fn wake(&self, company: CompanyId) {
        if let Some(live) = self.find(company) {
            live.wake();
        }
    }

    /// The same, unless they have come as far.
    pub(super) fn wake_behind(&self, place: EventPosition) {
        if let Some(live) = self.find(place.company)
            && live.reaches.load(Ordering::Relaxed) < place.position
        {
            live.wake();
        }
    }

    /// Wakes everybody.
    pub(super) fn wake_all(&self) {
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
