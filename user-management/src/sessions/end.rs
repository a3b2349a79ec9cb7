//! The end of sessions.

use chrono::{DateTime, Utc};
use crm_core::ids::{CompanyId, UserId};
use crm_core::string_enum::string_enum;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::base::caller::Caller;
use crate::base::changes::AccessChange;
use crate::base::error::{Error, Refusal, Result};
use crate::base::ids::SessionId;
use crate::base::service::UserManagement;

string_enum! {
    /// Why a session has ended.
    EndReason {
        /// The user has signed out.
        Logout = "logout",
        /// The password was changed elsewhere.
        PasswordChanged = "password_changed",
        /// The user was suspended.
        Suspended = "suspended",
        /// The user was removed from the company.
        Removed = "removed",
        /// A refresh token was used twice.
        Reused = "reused",
        /// The session has lasted as long as it may.
        Expired = "expired",
        /// A token was revoked, or the user has ended the session from another one.
        Revoked = "revoked",
    }
}

impl UserManagement {
    /// Ends the caller's session.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] without a session; those of the database.
    pub async fn logout(&self, caller: &Caller) -> Result<()> {
        end(self, caller.session.ok_or(Refusal::SessionEnded)?, EndReason::Logout).await
    }

    /// Ends all sessions of the caller, in all companies.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn logout_all(&self, caller: &Caller) -> Result<()> {
        let tx = self.begin().await?;
        let changes = end_all(&tx, self.now(), caller.user, None, EndReason::Logout).await?;
        tx.commit().await?;
        self.publish(&changes).await;
        Ok(())
    }

    /// Ends one of the caller's sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller has no such session in force; those of the database.
    pub async fn end_session(&self, caller: &Caller, session: SessionId) -> Result<()> {
        let mut update = ended(self.now(), EndReason::Revoked);
        update.and_where(Expr::col("id").eq(session)).and_where(Expr::col("user_id").eq(caller.user));
        if self.db().execute(&update).await?.rows_affected() == 0 {
            return Err(Error::NotFound("session"));
        }
        self.publish(&[AccessChange::SessionEnded { session }]).await;
        Ok(())
    }
}

/// Ends a session, if it has not ended.
pub(crate) async fn end(um: &UserManagement, session: SessionId, reason: EndReason) -> Result<()> {
    if end_in(um.db(), um.now(), session, reason).await? {
        um.publish(&[AccessChange::SessionEnded { session }]).await;
    }
    Ok(())
}

/// Ends a session. Whether it had not ended before.
pub(super) async fn end_in(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    session: SessionId,
    reason: EndReason,
) -> Result<bool> {
    let mut update = ended(now, reason);
    update.and_where(Expr::col("id").eq(session));
    Ok(db.execute(&update).await?.rows_affected() > 0)
}

/// Ends all sessions of a user, or those in one company. The changes are published after the commit.
pub(crate) async fn end_all(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    user: UserId,
    company: Option<CompanyId>,
    reason: EndReason,
) -> Result<Vec<AccessChange>> {
    let mut update = ended(now, reason);
    update.and_where(Expr::col("user_id").eq(user));
    update.and_where_option(company.map(|company| Expr::col("company_id").eq(company)));
    returning(tx, update).await
}

/// Ends all sessions of a user but one.
pub(super) async fn end_others(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    user: UserId,
    kept: Option<SessionId>,
    reason: EndReason,
) -> Result<Vec<AccessChange>> {
    let mut update = ended(now, reason);
    update.and_where(Expr::col("user_id").eq(user));
    update.and_where_option(kept.map(|kept| Expr::col("id").ne(kept)));
    returning(tx, update).await
}

/// Sessions that have not ended end now.
fn ended(now: DateTime<Utc>, reason: EndReason) -> UpdateStatement {
    Query::update()
        .table("um_sessions")
        .value("ended_at", now)
        .value("end_reason", reason)
        .and_where(Expr::col("ended_at").is_null())
        .to_owned()
}

async fn returning(tx: &DatabaseTransaction, mut update: UpdateStatement) -> Result<Vec<AccessChange>> {
    update.returning_col("id");
    let rows = tx.query_all(&update).await?;
    let sessions =
        rows.iter().map(|row| Ok(AccessChange::SessionEnded { session: SessionId(row.try_get_by_index(0)?) }));
    sessions.collect()
}
