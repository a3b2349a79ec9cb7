//! The next tokens of a session, for a refresh token.

use crm_core::ids::{CompanyId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::end::{EndReason, end_in};
use super::issue::{For, issue, session_in_force, user_and_seats};
use super::model::SignedIn;
use super::seats;
use crate::base::caller::Client;
use crate::base::changes::AccessChange;
use crate::base::error::{Refusal, Result};
use crate::base::ids::SessionId;
use crate::base::secrets;
use crate::base::service::UserManagement;
use crate::rows::{refresh_token, session};

impl UserManagement {
    /// Exchanges a refresh token for new tokens, with the rights of this moment. Each refresh token works once: a second
    /// use ends the session, with all its tokens (RFC 9700, section 4.14.2).
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] if the token is unknown, used or expired, or the session has ended; those of the
    /// database.
    pub async fn refresh(&self, refresh_token: &str, client: &Client) -> Result<SignedIn> {
        use refresh_token::Column as C;
        let signer = self.signer().await?;
        let tx = self.begin().await?;
        let hash = secrets::digest(refresh_token);
        let now = self.now();
        // The number of changed rows decides between two uses at the same time.
        let used = refresh_token::Entity::update_many().col_expr(C::UsedAt, Expr::val(now));
        let used = used.filter(C::Hash.eq(hash.clone())).filter(C::UsedAt.is_null()).exec(&tx).await?;
        let row = refresh_token::Entity::find_by_id(hash).one(&tx).await?.ok_or(Refusal::SessionEnded)?;
        let id = SessionId(row.session_id);
        if used.rows_affected == 0 {
            return reused(self, tx, id).await;
        }
        let session = session_in_force(self, &tx, id).await?.filter(|_| row.expires_at > now);
        let session = session.ok_or(Refusal::SessionEnded)?;
        touch(self, &tx, &session, None, client).await?;
        forget_expired(self, &tx, id).await?;
        let (user, seats) = user_and_seats(&tx, UserId(session.user_id)).await?.ok_or(Refusal::SessionEnded)?;
        let seat = seats::at(&seats, CompanyId(session.company_id)).ok_or(Refusal::SessionEnded)?;
        let to = For { session: id, expires_at: session.expires_at, user: &user, seat, seats: &seats };
        let signed_in = issue(self, &tx, &signer, to).await?;
        tx.commit().await?;
        Ok(signed_in)
    }
}

async fn reused(um: &UserManagement, tx: DatabaseTransaction, session: SessionId) -> Result<SignedIn> {
    let has_ended = end_in(&tx, um.now(), session, EndReason::Reused).await?;
    tx.commit().await?;
    if has_ended {
        tracing::warn!(%session, "a refresh token was used twice; its session has ended");
        um.publish(&[AccessChange::SessionEnded { session }]).await;
    }
    Err(Refusal::SessionEnded.into())
}

/// Records a use of a session, and its new company if there is one. Fails if it has ended meanwhile.
pub(super) async fn touch(
    um: &UserManagement,
    tx: &DatabaseTransaction,
    session: &session::Model,
    company: Option<CompanyId>,
    client: &Client,
) -> Result<()> {
    use session::Column as C;
    let update = session::Entity::update_many()
        .col_expr(C::LastUsedAt, Expr::val(um.now()))
        .col_expr(C::Address, Expr::val(client.address.clone()))
        .col_expr(C::UserAgent, Expr::val(client.user_agent.clone()))
        .col_expr(C::CompanyId, Expr::val(company.map_or(session.company_id, |company| company.0)));
    let touched = update.filter(C::Id.eq(session.id)).filter(C::EndedAt.is_null()).exec(tx).await?;
    if touched.rows_affected == 0 { Err(Refusal::SessionEnded.into()) } else { Ok(()) }
}

/// Removes the refresh tokens of a session that have expired, so that it has few.
async fn forget_expired(um: &UserManagement, tx: &DatabaseTransaction, session: SessionId) -> Result<()> {
    use refresh_token::Column as C;
    let expired = refresh_token::Entity::delete_many().filter(C::SessionId.eq(session.0));
    expired.filter(C::ExpiresAt.lte(um.now())).exec(tx).await?;
    Ok(())
}

/// The session of a refresh token, used or not.
pub(crate) async fn of_refresh_token(um: &UserManagement, token: &str) -> Result<Option<SessionId>> {
    let row = refresh_token::Entity::find_by_id(secrets::digest(token)).one(um.db()).await?;
    Ok(row.map(|row| SessionId(row.session_id)))
}
