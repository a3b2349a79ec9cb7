//! Another company in the same session, and who the caller is.

use crm_core::ids::CompanyId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::issue::{For, issue, session_in_force, user_and_seats};
use super::model::{Me, SignedIn, UserFacts};
use super::refresh::touch;
use super::seats;
use crate::base::caller::{Caller, Client};
use crate::base::error::{Error, Refusal, Result};
use crate::base::service::UserManagement;
use crate::rows::refresh_token;

impl UserManagement {
    /// Goes on in another company of the caller: the same session with new tokens. Its unused refresh tokens are void.
    ///
    /// # Errors
    /// [`Refusal::Company`] if the caller does not belong to it, [`Refusal::SessionEnded`]; those of the database.
    pub async fn switch(&self, caller: &Caller, company: CompanyId, client: &Client) -> Result<SignedIn> {
        use refresh_token::Column as C;
        let id = caller.session.ok_or(Refusal::SessionEnded)?;
        let signer = self.signer().await?;
        let tx = self.begin().await?;
        let session = session_in_force(self, &tx, id).await?.filter(|session| session.user_id == caller.user.0);
        let session = session.ok_or(Refusal::SessionEnded)?;
        let (user, seats) = user_and_seats(&tx, caller.user).await?.ok_or(Refusal::SessionEnded)?;
        let seat = seats::at(&seats, company).ok_or(Refusal::Company)?;
        touch(self, &tx, &session, Some(company), client).await?;
        // Deleted, not used: a page that still has the old one must not end the session.
        let unused = refresh_token::Entity::delete_many().filter(C::SessionId.eq(id.0)).filter(C::UsedAt.is_null());
        unused.exec(&tx).await?;
        let to = For { session: id, expires_at: session.expires_at, user: &user, seat, seats: &seats };
        let signed_in = issue(self, &tx, &signer, to).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    /// The caller, with all their companies.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user is gone from the company; those of the database.
    pub async fn me(&self, caller: &Caller) -> Result<Me> {
        let found = crate::rows::user::Entity::find_by_id(caller.user.0).one(self.db()).await?;
        let user = found.ok_or(Error::NotFound("user"))?;
        let seats = seats::of(self.db(), caller.user).await?;
        let seat = seats::at(&seats, caller.company).ok_or(Error::NotFound("user"))?;
        Ok(Me {
            user: UserFacts::of(&user, seat, &seats),
            has_second_factor: user.totp_confirmed_at.is_some(),
            session: caller.session,
        })
    }
}
