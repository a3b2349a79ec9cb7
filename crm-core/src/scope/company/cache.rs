//! A short-lived cache of companies.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use moka::future::Cache;
use tokio::sync::Mutex;

use super::Company;
use crate::base::error::Result;
use crate::base::ids::CompanyId;

const MOST: u64 = 10_000;

/// Caches companies, and the absence of a mirror. A committed write of this process invalidates the entry, so it takes
/// effect at once.
pub(crate) struct CompanyCache {
    fresh_for: Duration,
    companies: Cache<CompanyId, Arc<Slot>>,
}

/// The entry of one company.
#[derive(Default)]
struct Slot {
    /// The number of committed writes: a value that was read before a write is not cached after it.
    generation: AtomicU64,
    kept: RwLock<Option<Cached>>,
    /// Locked while the company is read, so that concurrent callers share one read.
    reading: Mutex<()>,
}

#[derive(Clone)]
struct Cached {
    company: Option<Arc<Company>>,
    generation: u64,
    until: Instant,
}

impl Slot {
    fn get(&self) -> Option<Option<Arc<Company>>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh =
            |kept: &&Cached| kept.until > Instant::now() && kept.generation == self.generation.load(Ordering::SeqCst);
        kept.as_ref().filter(is_fresh).map(|kept| kept.company.clone())
    }

    fn insert(&self, company: Option<Arc<Company>>, generation: u64, until: Instant) {
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(Cached { company, generation, until });
    }
}

impl CompanyCache {
    pub(crate) fn new(fresh_for: Duration) -> Self {
        Self { fresh_for, companies: Cache::builder().max_capacity(MOST).time_to_idle(fresh_for * 12).build() }
    }

    async fn slot(&self, id: CompanyId) -> Arc<Slot> {
        match self.companies.get(&id).await {
            Some(slot) => slot,
            None => self.companies.get_with(id, async { Arc::default() }).await,
        }
    }

    /// The cached company, without a read.
    pub(super) async fn get(&self, id: CompanyId) -> Option<Option<Arc<Company>>> {
        self.companies.get(&id).await?.get()
    }

    /// The company, or that it has no mirror; `read` is called unless it is cached.
    pub(super) async fn get_or(
        &self,
        id: CompanyId,
        read: impl AsyncFnOnce() -> Result<Option<Arc<Company>>>,
    ) -> Result<Option<Arc<Company>>> {
        let slot = self.slot(id).await;
        if let Some(known) = slot.get() {
            return Ok(known);
        }
        let _reading = slot.reading.lock().await;
        if let Some(known) = slot.get() {
            return Ok(known);
        }
        let generation = slot.generation.load(Ordering::SeqCst);
        let company = read().await?;
        slot.insert(company.clone(), generation, Instant::now() + self.fresh_for);
        Ok(company)
    }

    /// Call it when a write of this company has been committed.
    pub(crate) async fn invalidate(&self, id: CompanyId) {
        self.slot(id).await.generation.fetch_add(1, Ordering::SeqCst);
    }
}
