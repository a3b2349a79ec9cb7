//! Counters of attempts in fixed windows.
//!
//! An attempt is counted before its password is looked at, and given back if it succeeds, so that many attempts at once
//! do not pass the limit together.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryTrait};

use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;
use crate::rows::attempt;
use crm_web::seal::hexadecimal;

const TABLE: &str = "um_attempts";
/// The length of a window, in seconds.
const WINDOW: i64 = 15 * 60;

/// The length of a window.
pub(crate) const fn window() -> TimeDelta {
    TimeDelta::seconds(WINDOW)
}

/// A counter, by a digest of what it counts.
#[derive(Clone)]
pub(super) struct Counter {
    key: String,
    limit: u32,
    /// Whether a success makes it zero. That of an address only goes back by one: others may guess behind it.
    is_cleared: bool,
}

impl Counter {
    pub(super) fn new(um: &UserManagement, kind: &str, of: &[&[u8]], limit: u32, is_cleared: bool) -> Self {
        let digest = um.0.seal.digest(&[&[b"attempts", kind.as_bytes()], of].concat());
        Self { key: format!("{kind}:{}", hexadecimal(&digest)), limit, is_cleared }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// [`Error::TooManyAttempts`] beyond the limit.
    pub(super) async fn take(&self, um: &UserManagement) -> Result<()> {
        let now = um.now();
        let start = start_of_window(now);
        // With clocks that differ a little, the later window counts.
        let is_current = Expr::col((TABLE, "window_start")).gte(Expr::col(("excluded", "window_start")));
        let more = Expr::col((TABLE, "failures")).add(1);
        let failures = CaseStatement::new().case(is_current.clone(), more).finally(1);
        let from = CaseStatement::new()
            .case(is_current, Expr::col((TABLE, "window_start")))
            .finally(Expr::col(("excluded", "window_start")));
        let counted = OnConflict::column("key").value("failures", failures).value("window_start", from).to_owned();
        let row = attempt::Model { key: self.key.clone(), window_start: start, failures: 1 };
        let mut insert = attempt::Entity::insert(row.into_active_model()).into_query();
        insert.on_conflict(counted).returning_col("failures");
        let row = um.db().query_one(&insert).await?.ok_or_else(|| Error::internal("a counter was not counted"))?;
        if row.try_get_by_index::<i64>(0)? <= i64::from(self.limit) {
            return Ok(());
        }
        let rest = (start + window() - now).num_seconds();
        Err(Error::TooManyAttempts { retry_after: u64::try_from(rest).map_or(1, |rest| Ord::max(rest, 1)) })
    }

    /// Takes back an attempt that was no failure.
    pub(super) async fn give_back(&self, um: &UserManagement, db: &impl ConnectionTrait) -> Result<()> {
        let update = Query::update()
            .table(TABLE)
            .value("failures", Expr::col("failures").sub(1))
            .and_where(Expr::col("key").eq(self.key.clone()))
            .and_where(Expr::col("window_start").eq(start_of_window(um.now())))
            .and_where(Expr::col("failures").gt(0))
            .to_owned();
        db.execute(&update).await?;
        Ok(())
    }

    /// Forgets failures, after a success.
    pub(super) async fn succeed(&self, um: &UserManagement, db: &impl ConnectionTrait) -> Result<()> {
        if !self.is_cleared {
            return self.give_back(um, db).await;
        }
        let delete = Query::delete().from_table(TABLE).and_where(Expr::col("key").eq(self.key.clone())).to_owned();
        db.execute(&delete).await?;
        Ok(())
    }
}

fn start_of_window(now: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = now.timestamp();
    DateTime::from_timestamp(seconds - seconds.rem_euclid(WINDOW), 0).unwrap_or(now)
}
