//! Redis, which instances share. Nothing needs it: while it is away all is slower, and nothing wrong.

mod answers;
mod facts;
mod metrics;

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

use crate::breaker::Breaker;
use metrics::{Outcome, asked};

/// The URL names no Redis server. It is not shown: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no URL of a Redis server")]
pub struct RedisUrlError;

/// A Redis server that answers soon, or is left alone. Cheap to clone.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    client: Client,
    pool: Pool,
    timeout: Duration,
    breaker: Breaker,
    /// The one that all requests share: answers come in the order of questions, and the pool would ask twice, for it lets no
    /// connection out that has not answered once more.
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("timeout", &self.0.timeout).finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("there is no answer in time")]
    Late,
    /// What it says may quote what it was told, so that its kind has to do.
    #[error("{} {}", .0.category(), .0.code().unwrap_or_default())]
    Failed(#[from] RedisError),
    #[error("there is no connection")]
    Unconnected,
    #[error("what it should be told cannot be written down")]
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
    /// Connects to nobody yet. No question waits longer than `timeout`.
    ///
    /// # Errors
    /// [`RedisUrlError`] for what is no URL of a Redis server.
    pub fn new(url: &SecretString, timeout: Duration) -> Result<Self, RedisUrlError> {
        let url = url.expose_secret();
        choose_cryptography(url);
        let client = Client::open(url).map_err(|_| RedisUrlError)?;
        let manager = Manager::new_with_config(url, waiting(timeout)).map_err(|_| RedisUrlError)?;
        let pool = Pool::builder(manager).runtime(Runtime::Tokio1).build().map_err(|_| RedisUrlError)?;
        let (breaker, connection) = (Breaker::default(), Mutex::new(None));
        Ok(Self(Arc::new(Inner { client, pool, timeout, breaker, connection })))
    }

    /// Connections of one's own, for whom waiting is right.
    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// A connection that nobody else uses, and on which no answer takes longer than `timeout`.
    pub(crate) async fn connection_of_its_own(&self, timeout: Duration) -> Result<MultiplexedConnection, CommandError> {
        Ok(self.0.client.get_multiplexed_async_connection_with_config(&waiting(timeout)).await?)
    }

    /// A connection to subscribe to channels on. It has no timeout of its own; the caller sets one.
    pub(crate) async fn channels(&self) -> Result<PubSub, CommandError> {
        Ok(self.0.client.get_async_pubsub().await?)
    }

    /// What it answers; `None` if it does not, or has not for a while.
    pub(crate) async fn ask<T: FromRedisValue>(&self, purpose: &'static str, command: &Cmd) -> Option<T> {
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
            Err(trouble) => {
                asked(purpose, Outcome::Error);
                inner.note(&trouble);
                None
            }
        }
    }
}

/// What the crate would wait by itself is neither more nor less.
fn waiting(timeout: Duration) -> AsyncConnectionConfig {
    let config = AsyncConnectionConfig::new();
    config.set_connection_timeout(Some(timeout)).set_response_timeout(Some(timeout))
}

/// The client of Redis takes the cryptography of the process, and breaks where a host's other crates have brought two and
/// nobody has chosen.
fn choose_cryptography(url: &str) {
    if url.starts_with("rediss:") {
        // An error means that a provider is installed already, which is fine.
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

    /// Tells the operator, once for each time that it goes away. The next command opens another connection.
    fn note(&self, trouble: &CommandError) {
        *self.connection() = None;
        tracing::debug!(%trouble, "Redis does not answer a question");
        if self.breaker.record_failure() {
            tracing::warn!(%trouble, "Redis is away: each instance goes on by itself");
        }
    }

    fn connection(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
