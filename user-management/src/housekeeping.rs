//! Deletes what is not needed any more, and replaces old signing keys. Run by one process every few minutes.

use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use crate::base::error::Result;
use crate::base::service::UserManagement;
use crate::sign_ins;

/// How many rows one statement deletes, and how many statements a run sends per table.
const BATCH: u64 = 1_000;
const BATCHES: usize = 50;
/// How long ended sessions and links are kept after they expire.
const KEPT: TimeDelta = TimeDelta::days(30);
/// How long the log of sign-ins is kept.
const LOG: TimeDelta = TimeDelta::days(180);

impl UserManagement {
    /// Deletes expired sessions, refresh tokens, links and counters, sign-ups that were not confirmed, and old entries of
    /// the log of sign-ins; replaces signing keys by their age. What one run leaves, the next deletes.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn housekeeping(&self) -> Result<()> {
        let now = self.now();
        let tables = [
            ("um_refresh_tokens", "hash", "expires_at", now),
            ("um_sessions", "id", "expires_at", now - KEPT),
            ("um_links", "hash", "expires_at", now - KEPT),
            ("um_attempts", "key", "window_start", now - sign_ins::window()),
            ("um_sign_ins", "id", "at", now - LOG),
        ];
        for (table, key, time, before) in tables {
            let old =
                Query::select().column(key).from(table).and_where(Expr::col(time).lt(before)).limit(BATCH).to_owned();
            let delete = Query::delete().from_table(table).and_where(Expr::col(key).in_subquery(old)).to_owned();
            for _ in 0..BATCHES {
                if self.db().execute(&delete).await?.rows_affected() < BATCH {
                    break;
                }
            }
        }
        self.delete_abandoned().await?;
        self.tend_keys().await
    }
}
