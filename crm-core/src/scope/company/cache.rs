//! Companies that were read in the last seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;

use super::Company;
use crate::base::ids::CompanyId;

const MOST: u64 = 10_000;

/// Keeps companies for a while, but never beyond a write of this process: what is written holds at once.
///
/// Writes are rare, so one of them makes all companies be read again. To take out only the company written would leave
/// room for a reader who read it before the write and keeps it after.
pub(crate) struct CompanyCache {
    kept: Cache<CompanyId, (u64, Arc<Company>)>,
    writes: AtomicU64,
}

impl CompanyCache {
    pub(crate) fn new(fresh_for: Duration) -> Self {
        let kept = Cache::builder().max_capacity(MOST).time_to_live(fresh_for).build();
        Self { kept, writes: AtomicU64::new(0) }
    }

    pub(super) async fn get(&self, id: CompanyId) -> Option<Arc<Company>> {
        let (writes, company) = self.kept.get(&id).await?;
        (writes == self.writes()).then_some(company)
    }

    /// How many writes there were: to be asked before a company is read that is to be kept.
    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Keeps a company that was read after so many writes.
    pub(super) async fn keep(&self, company: &Arc<Company>, writes: u64) {
        self.kept.insert(company.id, (writes, company.clone())).await;
    }

    /// To be called when a write has been committed.
    pub(crate) fn written(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }
}
