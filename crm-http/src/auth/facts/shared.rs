//! Where several instances share facts.

use std::time::Duration;

use async_trait::async_trait;

/// A store that several instances share, Redis for instance. Optional: without it each instance finds out for itself.
///
/// It keeps bytes under a name and knows nothing of them: names are digests, and what is kept is encrypted, so read
/// access to the store reveals nothing, and write access lets no one in. A store that is away or slow gives `None` soon and
/// forgets what it is told: requests get slower, and answers stay correct.
#[async_trait]
pub trait SharedFacts: Send + Sync + 'static {
    /// What is kept under `name`.
    async fn get(&self, name: &str) -> Option<Vec<u8>>;

    /// Keeps `sealed` under `name`, for `ttl` at most.
    async fn put(&self, name: &str, sealed: Vec<u8>, ttl: Duration);

    /// Keeps nothing under `name` any more.
    async fn remove(&self, name: &str);
}
