//! Follows the changes that the user-management service writes to Redis.

use std::fmt;
use std::time::Duration;

use chrono::Utc;
use deadpool_redis::redis::{Msg, cmd};
use tokio::task::JoinHandle;

use super::{Channels, CommandError, Listener, Redis, listen};
use crate::auth::{MOST_REVOCATIONS, REVOCATIONS_NEEDED_FOR, Revocations};

/// The name of the sorted set with recent changes, and of the channel that tells of new ones.
pub const REVOCATIONS: &str = "identity:revocations";

/// The timeout of reading recent changes.
const PATIENCE: Duration = Duration::from_secs(5);
/// The interval at which old changes are forgotten.
const TRIM_EVERY: Duration = Duration::from_secs(60);

/// Follows the changes of the user-management service until it is dropped.
pub struct RevocationFeed(JoinHandle<()>);

impl fmt::Debug for RevocationFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationFeed").finish_non_exhaustive()
    }
}

impl Drop for RevocationFeed {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Revocations {
    /// Follows the changes in this Redis, on this runtime. It need not be available yet.
    #[must_use]
    pub fn follow(&self, redis: Redis) -> RevocationFeed {
        self.set_connected(false);
        let (follower, trimmed) = (Follower { revocations: self.clone(), redis: redis.clone() }, self.clone());
        RevocationFeed(tokio::spawn(async move {
            tokio::select! {
                () = listen(redis, Channels::Named(REVOCATIONS.to_owned()), follower) => {}
                () = keep_trimming(trimmed) => {}
            }
        }))
    }
}

async fn keep_trimming(revocations: Revocations) {
    loop {
        tokio::time::sleep(TRIM_EVERY).await;
        revocations.apply([]);
    }
}

struct Follower {
    revocations: Revocations,
    redis: Redis,
}

impl Listener for Follower {
    const LOST: &'static str = "revocations of tokens are not received: tokens end when they expire";
    const FOUND: &'static str = "revocations of tokens are received again";

    /// Reads what was told before the subscription.
    async fn subscribed(&mut self) -> Result<(), CommandError> {
        let mut connection = self.redis.connection_of_its_own(PATIENCE).await?;
        let since = Utc::now().timestamp_millis().saturating_sub(REVOCATIONS_NEEDED_FOR);
        let mut recent = cmd("ZREVRANGEBYSCORE");
        recent.arg(REVOCATIONS).arg("+inf").arg(since).arg("WITHSCORES").arg("LIMIT").arg(0).arg(MOST_REVOCATIONS);
        let recent: Vec<(Vec<u8>, f64)> = recent.query_async(&mut connection).await?;
        // Times are whole numbers below 2^53, and another score is a time that has passed or is to come.
        #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
        let changes = recent.iter().rev().filter_map(|(json, at)| Some((str::from_utf8(json).ok()?, *at as i64)));
        self.revocations.apply(changes);
        self.revocations.set_connected(true);
        Ok(())
    }

    fn received(&mut self, message: &Msg) {
        if let Ok(json) = str::from_utf8(message.get_payload_bytes()) {
            self.revocations.apply([(json, Utc::now().timestamp_millis())]);
        }
    }

    fn ended(&mut self) {
        self.revocations.set_connected(false);
    }
}
