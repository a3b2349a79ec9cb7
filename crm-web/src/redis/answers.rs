//! Responses that one instance has computed, for the others.

use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::cmd;

use super::Redis;
use crate::cache::SharedCache;

const PURPOSE: &str = "answers";

/// Responses in Redis, under names that begin with `crm:answers:` and the company's id.
#[derive(Clone, Debug)]
pub struct RedisAnswers(Redis);

impl RedisAnswers {
    /// Stores them in this Redis.
    #[must_use]
    pub const fn new(redis: Redis) -> Self {
        Self(redis)
    }
}

#[async_trait]
impl SharedCache for RedisAnswers {
    async fn get(&self, company: &str, name: &str) -> Option<Vec<u8>> {
        self.0.ask::<Option<Vec<u8>>>(PURPOSE, cmd("GET").arg(key(company, name))).await.flatten()
    }

    async fn put(&self, company: &str, name: &str, sealed: Vec<u8>, ttl: Duration) {
        let millis = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut set = cmd("SET");
        let _: Option<()> = self.0.ask(PURPOSE, set.arg(key(company, name)).arg(sealed).arg("PX").arg(millis)).await;
    }
}

fn key(company: &str, name: &str) -> String {
    format!("crm:answers:{company}:{name}")
}
