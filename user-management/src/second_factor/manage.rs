//! Switching the second factor on and off.

use std::fmt;

use crm_core::ids::UserId;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::{codes, recovery};
use crate::audit;
use crate::base::caller::Caller;
use crate::base::error::{Conflict, Error, Refusal, Result};
use crate::base::service::UserManagement;
use crate::passwords;
use crate::rows::user;
use crate::sign_ins::guard;
use crate::users;

/// A second factor to set up in an authenticator app.
#[derive(Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactor {
    /// The secret in base32, to type.
    pub secret: String,
    /// The same as a URL, to show as a QR code.
    pub otpauth_url: String,
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactor")
    }
}

impl UserManagement {
    /// Makes a secret for the caller's app. The second factor is on after [`Self::confirm_second_factor`].
    ///
    /// # Errors
    /// [`Conflict::SecondFactorOn`]; those of the database.
    pub async fn begin_second_factor(&self, caller: &Caller) -> Result<SecondFactor> {
        let user = self.row(caller.user).await?;
        let secret = rand::random::<[u8; 20]>().to_vec();
        let builder = codes::builder(secret.clone()).with_issuer(Some(issuer(&self.options().issuer)));
        let totp = builder.with_account_name(user.email.replace(':', "_")).build().map_err(Error::internal)?;
        let mut update = change(caller.user);
        update
            .value("totp_secret", codes::sealed(self, user.id, secret)?)
            .value("totp_last_step", Option::<i64>::None)
            .and_where(Expr::col("totp_confirmed_at").is_null());
        if self.db().execute(&update).await?.rows_affected() == 0 {
            return Err(Conflict::SecondFactorOn.into());
        }
        let otpauth_url = totp.to_url().map_err(Error::internal)?;
        Ok(SecondFactor { secret: totp.secret().to_base32(), otpauth_url })
    }

    /// Switches the caller's second factor on, with a code of the app. Returns ten recovery codes, which are not shown
    /// again.
    ///
    /// # Errors
    /// [`Refusal::SecondFactorWrong`], [`Conflict::SecondFactorOn`], [`Conflict::SecondFactorOff`] if it was not begun,
    /// [`Error::TooManyAttempts`]; those of the database.
    pub async fn confirm_second_factor(&self, caller: &Caller, code: &str) -> Result<Vec<String>> {
        let user = self.row(caller.user).await?;
        let secret = match (&user.totp_secret, user.totp_confirmed_at) {
            (_, Some(_)) => return Err(Conflict::SecondFactorOn.into()),
            (None, None) => return Err(Conflict::SecondFactorOff.into()),
            (Some(secret), None) => secret.clone(),
        };
        let guard = guard::begin(self, caller.user).await?;
        let step = codes::step_of(self, &user, code.trim())?.ok_or(Refusal::SecondFactorWrong)?;
        guard.succeeded(self).await?;
        let tx = self.begin().await?;
        let mut update = change(caller.user);
        update
            .value("totp_confirmed_at", self.now())
            .value("totp_last_step", step)
            .and_where(Expr::col("totp_confirmed_at").is_null())
            .and_where(Expr::col("totp_secret").eq(secret));
        if tx.execute(&update).await?.rows_affected() == 0 {
            return Err(Refusal::SecondFactorWrong.into());
        }
        let codes = recovery::renew(self, &tx, user.id).await?;
        users::record_own(&tx, self, caller, "user.second_factor_on", json!({})).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Switches the caller's second factor off.
    ///
    /// # Errors
    /// [`Refusal::Credentials`] if the password is wrong, [`Conflict::SecondFactorOff`], [`Error::TooManyAttempts`];
    /// those of the database.
    pub async fn disable_second_factor(&self, caller: &Caller, password: SecretString) -> Result<()> {
        let user = self.row(caller.user).await?;
        let guard = guard::begin(self, caller.user).await?;
        if !passwords::verify(self, password, user.password_hash).await? {
            return Err(Refusal::Credentials.into());
        }
        guard.succeeded(self).await?;
        let tx = self.begin().await?;
        switch_off(&tx, caller.user).await?;
        users::record_own(&tx, self, caller, "user.second_factor_off", json!({})).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Switches off the second factor of a user who has lost it. Only administrators of the user's only company may.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`], [`Conflict::SharedUser`], [`Conflict::SecondFactorOff`]; those of the
    /// database.
    pub async fn reset_second_factor(&self, caller: &Caller, user: UserId) -> Result<()> {
        caller.require_admin()?;
        let tx = self.begin().await?;
        users::locked_account(&tx, user).await?;
        users::find(&tx, caller.company, user).await?;
        if !users::others(&tx, caller.company, user).await?.is_empty() {
            return Err(Conflict::SharedUser.into());
        }
        switch_off(&tx, user).await?;
        audit::record(&tx, self, caller, "user.second_factor_reset", "user", Some(user.0), json!({})).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn row(&self, user: UserId) -> Result<user::Model> {
        user::Entity::find_by_id(user.0).one(self.db()).await?.ok_or(Error::NotFound("user"))
    }
}

async fn switch_off(tx: &DatabaseTransaction, user: UserId) -> Result<()> {
    let mut update = change(user);
    update
        .value("totp_secret", Option::<String>::None)
        .value("totp_confirmed_at", Option::<chrono::DateTime<chrono::Utc>>::None)
        .value("totp_last_step", Option::<i64>::None)
        .and_where(Expr::col("totp_confirmed_at").is_not_null());
    if tx.execute(&update).await?.rows_affected() == 0 {
        return Err(Conflict::SecondFactorOff.into());
    }
    recovery::remove(tx, user.0).await
}

fn change(user: UserId) -> UpdateStatement {
    Query::update().table("um_users").and_where(Expr::col("id").eq(user)).to_owned()
}

/// The name that apps show: the host of the issuer. A colon would end it.
fn issuer(url: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.split(['/', ':']).next().unwrap_or_default().to_owned()
}
