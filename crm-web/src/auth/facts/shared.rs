//! A store of verified claims that instances share.

use std::time::Duration;

use async_trait::async_trait;

/// A store that several instances share, for example Redis. Optional: without it each instance verifies tokens itself.
///
/// It stores bytes under a name: names are digests and values are encrypted, so read access to the store reveals
/// nothing, and write access cannot forge a token. A store that is down or slow returns `None` soon and drops writes:
/// requests get slower, and answers stay correct.
#[async_trait]
pub trait SharedFacts: Send + Sync + 'static {
    /// The value under `name`.
    async fn get(&self, name: &str) -> Option<Vec<u8>>;

    /// Stores `sealed` under `name` for at most `ttl`.
    async fn put(&self, name: &str, sealed: Vec<u8>, ttl: Duration);

    /// Removes the value under `name`.
    async fn remove(&self, name: &str);
}
