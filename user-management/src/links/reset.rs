//! Resetting a password.

use chrono::TimeDelta;
use crm_core::Violations;
use crm_core::ids::{CompanyId, UserId};
use secrecy::SecretString;
use serde_json::json;

use super::model::{Link, LinkKind};
use super::store;
use crate::audit::{self, Origin};
use crate::base::error::{Conflict, Result};
use crate::base::service::UserManagement;
use crate::mail::{self, Letter};
use crate::sessions::{self, EndReason};
use crate::users::{self, REMOVED, UserStatus, Users};
use crate::{companies, passwords};

/// How many unused resets a user is sent within an hour.
const RESETS_PER_HOUR: u64 = 3;

impl UserManagement {
    /// Sends a reset of the password to this address, if it may sign in somewhere. The outcome and the time are the
    /// same for every address: everything happens afterwards, in a task. Without a mailer nothing is sent.
    pub fn forgot(&self, email: &str) {
        let (um, email) = (self.clone(), email.to_owned());
        tokio::spawn(async move {
            if let Err(error) = um.send_reset(&email).await {
                tracing::warn!(%error, "a reset of a password was not sent");
            }
        });
    }

    async fn send_reset(&self, email: &str) -> Result<()> {
        if self.0.mailer.is_none() {
            return Ok(());
        }
        let Some(found) = users::by_email(self.db(), email).await? else {
            return Ok(());
        };
        let id = UserId(found.id);
        let tx = self.begin().await?;
        let account = users::locked_account(&tx, id).await?;
        let members = users::memberships(&tx, id).await?;
        let may_sign_in = members.iter().any(|member| member.status == UserStatus::Active.as_str());
        let recent = store::resets_since(&tx, id, self.now() - TimeDelta::hours(1)).await?;
        if !may_sign_in || recent >= RESETS_PER_HOUR || account.email != found.email {
            return Ok(());
        }
        let link = store::reset(&tx, self, id, None).await?;
        tx.commit().await?;
        mail::deliver(self, link, &account, Letter::Reset).await;
        Ok(())
    }

    /// Sets a new password by a reset link, and ends all sessions of the user.
    ///
    /// # Errors
    /// [`Refusal::Link`](crate::Refusal::Link) if the link is unknown, used or expired; a password that breaks the rules.
    #[tracing::instrument(name = "um.links.reset_password", skip_all)]
    pub async fn reset_password(&self, token: &SecretString, password: SecretString) -> Result<()> {
        let link = store::find(self.db(), self.now(), LinkKind::Reset, token).await?;
        let mut violations = Violations::default();
        passwords::check(&password, "/password", &mut violations);
        violations.into_result()?;
        let hash = passwords::hash(self, password).await?;

        let tx = self.begin().await?;
        let id = UserId(link.user_id);
        let account = users::locked_account(&tx, id).await?;
        store::take(&tx, self.now(), LinkKind::Reset, &link).await?;
        store::void_resets(&tx, self.now(), id).await?;
        users::set_password(&tx, self, &account, hash).await?;
        let changes = sessions::end_all(&tx, self.now(), id, None, EndReason::PasswordChanged).await?;
        let changed = json!({ "password": { "changed": true } });
        for member in users::memberships(&tx, id).await?.into_iter().filter(|member| member.status != REMOVED) {
            let by = Origin::user(CompanyId(member.company_id), id);
            audit::record(&tx, self, by, "user.password_reset", "user", Some(id.0), changed.clone()).await?;
        }
        tx.commit().await?;
        self.publish(&changes).await;
        Ok(())
    }
}

impl Users<'_> {
    /// Sends a reset of the password to a user of this company alone. The link is returned if no mail is sent.
    /// Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Error::NotFound`](crate::Error::NotFound);
    /// [`Conflict::NotYetAccepted`]; [`Conflict::SharedUser`].
    #[tracing::instrument(name = "um.links.reset_for", skip_all, fields(company.id = %self.caller.company, %id))]
    pub async fn reset_for(&self, id: UserId) -> Result<Option<Link>> {
        self.caller.require_admin()?;
        let (um, company) = (self.um, self.caller.company);
        let tx = um.begin().await?;
        companies::locked(&tx, company).await?;
        let account = users::locked_account(&tx, id).await?;
        if users::find(&tx, company, id).await?.status == UserStatus::Invited {
            return Err(Conflict::NotYetAccepted.into());
        }
        if !users::others(&tx, company, id).await?.is_empty() {
            return Err(Conflict::SharedUser.into());
        }
        let link = store::reset(&tx, um, id, Some(self.caller.user)).await?;
        audit::record(&tx, um, self.caller, "user.reset_sent", "user", Some(id.0), json!({})).await?;
        tx.commit().await?;
        Ok(mail::deliver(um, link, &account, Letter::Reset).await)
    }
}
