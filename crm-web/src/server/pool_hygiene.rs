//! Replaces connections that return to the pool after an abandoned wait.
//!
//! The pool pings a returned connection without a timeout: if its host vanished, for a quarter of an hour. With as many
//! such connections as the pool has, the service would stop, although the database may be back on another host. So
//! after an abandoned wait, returned connections must answer soon or are replaced. At other times this would be a
//! useless round trip.

use std::time::Duration;

use crm_core::sea_orm::sqlx::postgres::PgPoolOptions;
use crm_core::sea_orm::sqlx::{Connection, Error, PgConnection};

use crate::timeout::is_unsettled;

/// How long a suspect connection may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Makes the pool replace connections that do not answer.
pub(super) fn discard_dead_connections(pool: PgPoolOptions) -> PgPoolOptions {
    pool.after_release(|connection, _| Box::pin(answers(connection)))
}

async fn answers(connection: &mut PgConnection) -> Result<bool, Error> {
    if !is_unsettled() {
        return Ok(true);
    }
    tokio::time::timeout(PATIENCE, connection.ping()).await.unwrap_or(Err(Error::PoolTimedOut)).map(|()| true)
}
