//! Taking over companies and users from another system, with their ids and their passwords' hashes.

use std::fmt;

use crm_core::Violations;
use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use sea_orm::{DatabaseTransaction, EntityTrait};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::accounts;
use super::input::NewUser;
use super::invite::join;
use super::model::UserStatus;
use crate::audit::{self, Origin};
use crate::base::changes::AccessChange;
use crate::base::error::{Conflict, Result};
use crate::base::service::UserManagement;
use crate::companies;
use crate::passwords;
use crate::rows::user;

/// A user of another system.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportedUser {
    /// Their id, if it is to be kept.
    pub id: Option<UserId>,
    /// The e-mail address.
    #[serde(alias = "emailId")]
    pub email: String,
    /// The name.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// The hash of the password: Argon2 as a PHC string, or bcrypt. Without it the user asks for a new password.
    pub password_hash: Option<SecretString>,
}

impl fmt::Debug for ImportedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportedUser").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl UserManagement {
    /// Adds a company with an id of another system, unless there is one with this id. For the operator of the service.
    ///
    /// # Errors
    /// An invalid name; those of the database.
    pub async fn import_company(&self, id: CompanyId, name: &str) -> Result<()> {
        let tx = self.begin().await?;
        let is_new = companies::insert_unless_there(&tx, self, id, name).await?;
        tx.commit().await?;
        if is_new {
            self.publish(&[AccessChange::CompanyChanged { company: id, ended: false }]).await;
        }
        Ok(())
    }

    /// Adds an active user to a company. Nothing is done if the company has a user with this address. For the operator of
    /// the service.
    ///
    /// # Errors
    /// Invalid values, `password_hash_unknown` among them, and `id_taken` if the id is that of an account with another
    /// address; [`Conflict::UserEmailTaken`] if the address has an account with another id.
    pub async fn import_user(&self, company: CompanyId, imported: ImportedUser) -> Result<()> {
        let ImportedUser { id, email, name, role, password_hash } = imported;
        let mut violations = Violations::default();
        let new = NewUser { name, role: Some(role), ..NewUser::with_email(email) };
        let draft = new.checked("", &mut violations);
        if password_hash.as_ref().is_some_and(|hash| !passwords::is_hash(hash.expose_secret())) {
            let detail = "expected a hash of Argon2 ($argon2id$…) or bcrypt ($2b$…)";
            violations.add("/passwordHash", "password_hash_unknown", detail);
        }
        violations.into_result()?;
        let tx = self.begin().await?;
        companies::locked(&tx, company).await?;
        if let Some(id) = id {
            expect_address(&tx, id, &draft.profile.email).await?;
        }
        let account = accounts::account_with_id(&tx, self, &draft, id.unwrap_or_else(|| self.id())).await?;
        if id.is_some_and(|id| id != account.id()) {
            return Err(Conflict::UserEmailTaken.into());
        }
        if let (true, Some(hash)) = (account.row.password_hash.is_none(), password_hash) {
            accounts::set_password(&tx, self, &account.row, hash.expose_secret().to_owned()).await?;
        }
        match join(&tx, self, company, &account, &draft, UserStatus::Active).await {
            Err(crate::Error::Conflict(Conflict::UserExists)) => return Ok(()),
            joined => joined?,
        }
        let (user, by) = (account.id(), Origin::system(company));
        audit::record(&tx, self, by, "user.imported", "user", Some(user.0), json!({ "role": role })).await?;
        tx.commit().await?;
        self.publish(&[AccessChange::ProfileChanged { company, user }]).await;
        Ok(())
    }

    /// The hash of a password, for [`ImportedUser`]. Checks no rules.
    ///
    /// # Errors
    /// [`crm_core::Error::Unavailable`] if too many passwords are being hashed.
    pub async fn hash_password(&self, password: SecretString) -> Result<SecretString> {
        Ok(passwords::hash(self, password).await?.into())
    }
}

/// Fails if the id is that of an account with another address.
async fn expect_address(tx: &DatabaseTransaction, id: UserId, email: &str) -> Result<()> {
    let mut violations = Violations::default();
    if user::Entity::find_by_id(id.0).one(tx).await?.is_some_and(|account| account.email != email) {
        violations.add("/id", "id_taken", "an account with another e-mail address has this id");
    }
    Ok(violations.into_result()?)
}
