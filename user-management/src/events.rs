//! Changes told to other services through Redis.
//!
//! A change is added to the sorted set `identity:revocations`, scored by its time in milliseconds, and published on the
//! channel of the same name. A service that was away reads the set when it comes back.

use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use crm_web::redis::{REVOCATIONS, Redis};
use deadpool_redis::redis::{Cmd, cmd};

use crate::base::changes::{AccessChange, ChangePublisher};

const PURPOSE: &str = "changes";

/// Tells changes through Redis.
#[derive(Debug)]
pub struct RedisChanges {
    redis: Redis,
    kept: Duration,
}

impl RedisChanges {
    /// `access_token` is the lifetime of access tokens: longer ago than that, no token remembers.
    #[must_use]
    pub const fn new(redis: Redis, access_token: Duration) -> Self {
        Self { redis, kept: access_token.saturating_add(Duration::from_secs(60)) }
    }
}

#[async_trait]
impl ChangePublisher for RedisChanges {
    async fn publish(&self, changes: &[AccessChange]) {
        // The machine's clock and not that of the service: readers compare it with theirs.
        let now = Utc::now().timestamp_millis();
        for change in changes {
            let Ok(json) = serde_json::to_string(change) else { continue };
            let added: Option<()> = self.redis.ask(PURPOSE, cmd("ZADD").arg(REVOCATIONS).arg(now).arg(&json)).await;
            let told: Option<()> = self.redis.ask(PURPOSE, cmd("PUBLISH").arg(REVOCATIONS).arg(&json)).await;
            if added.is_none() || told.is_none() {
                tracing::warn!("a change was not told: other services learn of it when tokens expire");
            }
        }
        let _: Option<()> = self.redis.ask(PURPOSE, &self.trimmed(now)).await;
    }
}

impl RedisChanges {
    fn trimmed(&self, now: i64) -> Cmd {
        let kept = i64::try_from(self.kept.as_millis()).unwrap_or(i64::MAX);
        cmd("ZREMRANGEBYSCORE").arg(REVOCATIONS).arg("-inf").arg(now.saturating_sub(kept)).to_owned()
    }
}
