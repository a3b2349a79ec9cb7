//! Connections that come back to the pool without the answer that somebody waited for.
//!
//! The pool lets no connection in that does not answer, and waits for that as long as it takes: behind a host that has
//! vanished without a word, for a quarter of an hour. As many of them as the pool has places would stop the service, though
//! the database may long be back on another host. So once a wait was given up, connections have to answer soon when they come
//! back, or are replaced. At other times that would be a round trip for nothing.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crm_core::sea_orm::sqlx::postgres::PgPoolOptions;
use crm_core::sea_orm::sqlx::{Connection, Error, PgConnection};

/// How long after a wait was given up connections are not trusted.
const UNSETTLED_FOR: Duration = Duration::from_secs(60);
/// How long a connection that is not trusted may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

static UNSETTLED_UNTIL: Mutex<Option<Instant>> = Mutex::new(None);

/// Waits no longer than `limit`. `None` if there is no answer by then.
pub(crate) async fn within<T>(limit: Duration, wait: impl Future<Output = T>) -> Option<T> {
    let mut wait = std::pin::pin!(wait);
    // Dropped before the wait, and so before what that holds goes back to the pool.
    let mut waiting = Waiting::default();
    let answer = tokio::time::timeout(limit, wait.as_mut()).await.ok();
    waiting.is_answered = answer.is_some();
    answer
}

/// A wait; one that is dropped without an answer was given up, at its end or because whoever asked has gone away.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) is_answered: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.is_answered {
            *UNSETTLED_UNTIL.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + UNSETTLED_FOR);
        }
    }
}

/// Has the pool replace connections that do not answer.
pub(super) fn replace_silent(pool: PgPoolOptions) -> PgPoolOptions {
    pool.after_release(|connection, _| Box::pin(answers(connection)))
}

async fn answers(connection: &mut PgConnection) -> Result<bool, Error> {
    if !is_unsettled() {
        return Ok(true);
    }
    tokio::time::timeout(PATIENCE, connection.ping()).await.unwrap_or(Err(Error::PoolTimedOut)).map(|()| true)
}

fn is_unsettled() -> bool {
    let until = *UNSETTLED_UNTIL.lock().unwrap_or_else(PoisonError::into_inner);
    until.is_some_and(|until| Instant::now() < until)
}
