//! Redis, which instances share. It is optional: while it is down requests are slower, but correct.

mod answers;
mod facts;
mod metrics;
mod revocations;
mod subscription;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_redis::redis::aio::{MultiplexedConnection, PubSub};
use deadpool_redis::redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError};
use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime};
use secrecy::{ExposeSecret, SecretString};

pub use answers::RedisAnswers;
pub use facts::RedisFacts;
pub(crate) use metrics::describe as describe_metrics;
pub use revocations::{REVOCATIONS, RevocationFeed};
pub use subscription::{Channels, Listener, listen};

use crate::breaker::Breaker;
use metrics::{Outcome, asked};

/// The URL is not that of a Redis server. It is not shown, because it may contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not the URL of a Redis server")]
pub struct RedisUrlError;

/// A Redis server with timeouts and a circuit breaker. Cheap to clone.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    client: Client,
    pool: Pool,
    timeout: Duration,
    breaker: Breaker,
    /// The connection of all requests: answers arrive in the order of commands. A pool would check each connection with
    /// another round trip.
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("timeout", &self.0.timeout).finish_non_exhaustive()
    }
}

/// The reason of a failed command.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no answer in time.
    #[error("there is no answer in time")]
    Late,
    /// The message may quote the command, so only its kind is shown.
    #[error("{} {}", .0.category(), .0.code().unwrap_or_default())]
    Failed(#[from] RedisError),
    /// There is no connection.
    #[error("there is no connection")]
    Unconnected,
    /// The command cannot be serialised.
    #[error("the command cannot be serialised")]
    Unwritable,
}

impl From<PoolError> for CommandError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Failed(error),
            _ => Self::Unconnected,
        }
    }
}

impl Redis {
    /// Does not connect yet. No command waits longer than `timeout`.
    ///
    /// # Errors
    /// [`RedisUrlError`] for an invalid URL.
    pub fn new(url: &SecretString, timeout: Duration) -> Result<Self, RedisUrlError> {
        let url = url.expose_secret();
        choose_cryptography(url);
        let client = Client::open(url).map_err(|_| RedisUrlError)?;
        let manager = Manager::new_with_config(url, waiting(timeout)).map_err(|_| RedisUrlError)?;
        let pool = Pool::builder(manager).runtime(Runtime::Tokio1).build().map_err(|_| RedisUrlError)?;
        let (breaker, connection) = (Breaker::default(), Mutex::new(None));
        Ok(Self(Arc::new(Inner { client, pool, timeout, breaker, connection })))
    }

    /// A separate connection, for callers that may wait.
    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// An exclusive connection, on which no answer takes longer than `timeout`.
    ///
    /// # Errors
    /// The reason why there is none.
    pub async fn connection_of_its_own(&self, timeout: Duration) -> Result<MultiplexedConnection, CommandError> {
        Ok(self.0.client.get_multiplexed_async_connection_with_config(&waiting(timeout)).await?)
    }

    /// A connection for subscriptions. It has no timeout; the caller sets one.
    ///
    /// # Errors
    /// The reason why there is none.
    pub async fn channels(&self) -> Result<PubSub, CommandError> {
        Ok(self.0.client.get_async_pubsub().await?)
    }

    /// The answer to a command; `None` if Redis does not answer, or is known to be down. `purpose` is a label of metrics.
    pub async fn ask<T: FromRedisValue>(&self, purpose: &'static str, command: &Cmd) -> Option<T> {
        let inner = &*self.0;
        if !inner.breaker.allow() {
            asked(purpose, Outcome::Skipped);
            return None;
        }
        let answer = tokio::time::timeout(inner.timeout, inner.ask(command)).await;
        match answer.unwrap_or(Err(CommandError::Late)) {
            Ok(answer) => {
                asked(purpose, Outcome::Ok);
                if inner.breaker.record_success() {
                    tracing::info!("Redis answers again");
                }
                Some(answer)
            }
            Err(error) => {
                asked(purpose, Outcome::Error);
                inner.note(&error);
                None
            }
        }
    }
}

/// Only our own timeout applies, not that of the crate.
fn waiting(timeout: Duration) -> AsyncConnectionConfig {
    let config = AsyncConnectionConfig::new();
    config.set_connection_timeout(Some(timeout)).set_response_timeout(Some(timeout))
}

/// The Redis client uses the cryptography provider of the process, and panics if a host's crates bring two and none is
/// chosen.
fn choose_cryptography(url: &str) {
    if url.starts_with("rediss:") {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

impl Inner {
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, CommandError> {
        let known = self.connection().clone();
        let mut connection = match known {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(command.query_async(&mut connection).await?)
    }

    async fn connect(&self) -> Result<MultiplexedConnection, CommandError> {
        let connection = Connection::take(self.pool.get().await?);
        *self.connection() = Some(connection.clone());
        Ok(connection)
    }

    /// Logs the error, once for each time that Redis goes down. The next command opens another connection.
    fn note(&self, error: &CommandError) {
        *self.connection() = None;
        tracing::debug!(%error, "Redis does not answer a command");
        if self.breaker.record_failure() {
            tracing::warn!(%error, "Redis is down: each instance continues by itself");
        }
    }

    fn connection(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
