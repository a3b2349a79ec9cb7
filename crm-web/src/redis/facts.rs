//! Claims that one instance has verified, for the others.

use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::cmd;

use super::Redis;
use crate::auth::SharedFacts;

const PURPOSE: &str = "facts";

/// Verified claims in Redis, under names that begin with `crm:facts:`.
#[derive(Clone, Debug)]
pub struct RedisFacts(Redis);

impl RedisFacts {
    /// Stores them in this Redis.
    #[must_use]
    pub const fn new(redis: Redis) -> Self {
        Self(redis)
    }
}

#[async_trait]
impl SharedFacts for RedisFacts {
    async fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.0.ask::<Option<Vec<u8>>>(PURPOSE, cmd("GET").arg(key(name))).await.flatten()
    }

    async fn put(&self, name: &str, sealed: Vec<u8>, ttl: Duration) {
        // Redis refuses a lifetime of zero.
        let millis = u64::try_from(ttl.as_millis()).ok().filter(|millis| *millis > 0);
        if let Some(millis) = millis {
            let mut set = cmd("SET");
            let _: Option<()> = self.0.ask(PURPOSE, set.arg(key(name)).arg(sealed).arg("PX").arg(millis)).await;
        }
    }

    async fn remove(&self, name: &str) {
        let _: Option<()> = self.0.ask(PURPOSE, cmd("DEL").arg(key(name))).await;
    }
}

fn key(name: &str) -> String {
    format!("crm:facts:{name}")
}
