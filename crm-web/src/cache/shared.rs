//! A store of responses that instances share.

use std::time::Duration;

use async_trait::async_trait;

/// A store that several instances share, for example Redis. Optional: without it each instance computes responses
/// itself.
///
/// It stores bytes under a company and a name: names are digests and values are encrypted, so read access to the store
/// reveals nothing, and entries of other programs are ignored. A store that is down or slow returns `None` soon and
/// drops writes: requests get slower, and answers stay correct.
#[async_trait]
pub trait SharedCache: Send + Sync + 'static {
    /// The value of the company under `name`.
    async fn get(&self, company: &str, name: &str) -> Option<Vec<u8>>;

    /// Stores `sealed` for the company under `name` for at most `ttl`.
    async fn put(&self, company: &str, name: &str, sealed: Vec<u8>, ttl: Duration);
}
