//! A new password, for a user who knows the old one.

use crm_core::Violations;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::SecretString;
use serde_json::json;

use super::end::{EndReason, end_others};
use crate::base::caller::Caller;
use crate::base::error::{Error, Refusal, Result};
use crate::base::service::UserManagement;
use crate::passwords;
use crate::rows::user::{Column as C, Entity};
use crate::sign_ins::guard;
use crate::users;

impl UserManagement {
    /// Changes the caller's password, and ends all their other sessions.
    ///
    /// # Errors
    /// Violations at `/newPassword`, [`Refusal::Credentials`] if the current password is wrong,
    /// [`Error::TooManyAttempts`]; those of the database.
    pub async fn change_password(&self, caller: &Caller, current: SecretString, new: SecretString) -> Result<()> {
        let user = Entity::find_by_id(caller.user.0).one(self.db()).await?.ok_or(Error::NotFound("user"))?;
        let mut violations = Violations::default();
        let personal = [user.email.as_str(), user.name.as_deref().unwrap_or_default()];
        passwords::check_personal(&new, &personal, "/newPassword", &mut violations);
        violations.into_result()?;
        let guard = guard::begin(self, caller.user).await?;
        if !passwords::verify(self, current, user.password_hash.clone()).await? {
            return Err(Refusal::Credentials.into());
        }
        guard.succeeded(self).await?;
        let (hash, now) = (passwords::hash(self, new).await?, self.now());
        let tx = self.begin().await?;
        let update = Entity::update_many()
            .col_expr(C::PasswordHash, Expr::val(hash))
            .col_expr(C::PasswordChangedAt, Expr::val(now))
            .col_expr(C::UpdatedAt, Expr::val(now))
            .col_expr(C::Version, Expr::col(C::Version).add(1));
        let is_same = C::Id.eq(user.id).and(C::PasswordHash.eq(user.password_hash));
        if update.filter(is_same).exec(&tx).await?.rows_affected == 0 {
            return Err(Refusal::Credentials.into());
        }
        let changes = end_others(&tx, now, caller.user, caller.session, EndReason::PasswordChanged).await?;
        let changed = json!({ "password": { "changed": true } });
        users::record_own(&tx, self, caller, "user.password_changed", changed).await?;
        tx.commit().await?;
        self.publish(&changes).await;
        Ok(())
    }
}
