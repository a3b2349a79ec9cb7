//! Where several instances share answers.

use std::time::Duration;

use async_trait::async_trait;

/// A store that several instances share, Redis for instance. Optional: without it each instance computes for itself.
///
/// It keeps bytes under a company and a name and knows nothing of them: names are digests, and what is kept is encrypted, so
/// read access to the store reveals nothing, and what another program writes there is ignored. A store that is away or
/// slow gives `None` soon and forgets what it is told: requests get slower, and answers stay correct.
#[async_trait]
pub trait SharedCache: Send + Sync + 'static {
    /// What is kept for the company under `name`.
    async fn get(&self, company: &str, name: &str) -> Option<Vec<u8>>;

    /// Keeps `sealed` for the company under `name`, for `ttl` at most.
    async fn put(&self, company: &str, name: &str, sealed: Vec<u8>, ttl: Duration);
}
