//! Connections that come back to the pool without the answer that was waited for.
//!
//! The pool lets no connection in that does not answer, and waits for that as long as it takes: behind a host that has
//! vanished without a word, for a quarter of an hour. As many of them as the pool has places would stop the service, though
//! the database may long be back on another host. So once a wait was given up, connections have to answer soon when they come
//! back, or are replaced. At other times that would be a round trip for nothing.

use std::time::Duration;

use crm_core::sea_orm::sqlx::postgres::PgPoolOptions;
use crm_core::sea_orm::sqlx::{Connection, Error, PgConnection};

use crate::timeout::is_unsettled;

/// How long a connection that is not trusted may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Has the pool replace connections that do not answer.
pub(super) fn discard_dead_connections(pool: PgPoolOptions) -> PgPoolOptions {
    pool.after_release(|connection, _| Box::pin(answers(connection)))
}

async fn answers(connection: &mut PgConnection) -> Result<bool, Error> {
    if !is_unsettled() {
        return Ok(true);
    }
    tokio::time::timeout(PATIENCE, connection.ping()).await.unwrap_or(Err(Error::PoolTimedOut)).map(|()| true)
}
