//! Inviting users.

use crm_core::Violations;
use crm_core::ids::{CompanyId, UserId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait};
use secrecy::SecretString;
use serde_json::json;

use super::accounts::{self, Account, name_key, search_text};
use super::input::{Draft, NewUser, Profile};
use super::list::Users;
use super::model::{User, UserStatus};
use super::row::{self, REMOVED};
use crate::audit;
use crate::base::changes::AccessChange;
use crate::base::error::{Conflict, Error, Result};
use crate::base::service::UserManagement;
use crate::links::{self, Link};
use crate::rows::{membership, user};
use crate::{companies, passwords, teams};

/// How many users a company has at most.
const MAX_USERS: u64 = 100_000;

impl Users<'_> {
    /// Invites a user. An address that has an account is invited to the company with that account, which stays as it
    /// is. The link is returned if no mail is sent. Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; invalid values; [`Conflict::UserExists`].
    #[tracing::instrument(name = "um.users.invite", skip_all, fields(company.id = %self.caller.company))]
    pub async fn invite(&self, new: NewUser) -> Result<(User, Option<Link>)> {
        self.caller.require_admin()?;
        let mut violations = Violations::default();
        let draft = new.checked("", &mut violations);
        violations.into_result()?;
        let (um, company) = (self.um, self.caller.company);
        let tx = um.begin().await?;
        let name = companies::locked(&tx, company).await?.name;
        let account = accounts::account(&tx, um, &draft).await?;
        join(&tx, um, company, &account, &draft, UserStatus::Invited).await?;
        let link = links::invitation(&tx, um, company, account.id(), Some(self.caller.user)).await?;
        let user = self.recorded(&tx, &account, "user.invited").await?;
        tx.commit().await?;
        um.publish(&[AccessChange::ProfileChanged { company, user: user.id }]).await;
        let link = links::deliver_invitation(um, link, &account.row, &name).await;
        Ok((user, link))
    }

    /// Adds a user with a password, active at once. Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; invalid values; [`Conflict::UserEmailTaken`] if the address has an account: only its user
    /// knows its password, so invite them instead.
    #[tracing::instrument(name = "um.users.create", skip_all, fields(company.id = %self.caller.company))]
    pub async fn create(&self, new: NewUser, password: SecretString) -> Result<User> {
        self.caller.require_admin()?;
        let mut violations = Violations::default();
        let draft = new.checked("", &mut violations);
        passwords::check(&password, "/password", &mut violations);
        violations.into_result()?;
        let (um, company) = (self.um, self.caller.company);
        let hash = passwords::hash(um, password).await?;
        let tx = um.begin().await?;
        companies::locked(&tx, company).await?;
        let account = accounts::account(&tx, um, &draft).await?;
        if !account.is_new {
            return Err(Conflict::UserEmailTaken.into());
        }
        accounts::set_password(&tx, um, &account.row, hash).await?;
        join(&tx, um, company, &account, &draft, UserStatus::Active).await?;
        let user = self.recorded(&tx, &account, "user.added").await?;
        tx.commit().await?;
        um.publish(&[AccessChange::ProfileChanged { company, user: user.id }]).await;
        Ok(user)
    }

    /// Records that a user has joined, and reads them.
    async fn recorded(&self, tx: &DatabaseTransaction, account: &Account, action: &str) -> Result<User> {
        let user = row::find(tx, self.caller.company, account.id()).await?;
        let changes = json!({ "role": user.role, "permissions": user.permissions, "teamIds": user.team_ids });
        audit::record(tx, self.um, self.caller, action, "user", Some(user.id.0), changes).await?;
        Ok(user)
    }

    /// Invites a user again; earlier invitations to the company are void. The link is returned if no mail is sent.
    /// Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Conflict::AlreadyAccepted`].
    #[tracing::instrument(name = "um.users.invite_again", skip_all, fields(company.id = %self.caller.company, %id))]
    pub async fn resend_invitation(&self, id: UserId) -> Result<Option<Link>> {
        self.caller.require_admin()?;
        let (um, company) = (self.um, self.caller.company);
        let tx = um.begin().await?;
        let name = companies::locked(&tx, company).await?.name;
        let account = accounts::locked_account(&tx, id).await?;
        if row::find(&tx, company, id).await?.status != UserStatus::Invited {
            return Err(Conflict::AlreadyAccepted.into());
        }
        let link = links::invitation(&tx, um, company, id, Some(self.caller.user)).await?;
        audit::record(&tx, um, self.caller, "user.invited_again", "user", Some(id.0), json!({})).await?;
        tx.commit().await?;
        Ok(links::deliver_invitation(um, link, &account, &name).await)
    }
}

/// Adds an account that is held to a company that is held, or revives its membership.
pub(crate) async fn join(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    company: CompanyId,
    account: &Account,
    draft: &Draft,
    status: UserStatus,
) -> Result<()> {
    let (now, id) = (um.now(), account.id());
    let before = membership::Entity::find_by_id((company.0, id.0)).one(tx).await?;
    if before.as_ref().is_some_and(|member| member.status != REMOVED) {
        return Err(Conflict::UserExists.into());
    }
    ensure_room(tx, company).await?;
    let profile = Profile { email: account.row.email.clone(), ..profile(&account.row) };
    let row = membership::ActiveModel {
        company_id: Set(company.0),
        user_id: Set(id.0),
        version: Set(before.as_ref().map_or(1, |member| member.version + 1)),
        created_at: Set(now),
        updated_at: Set(now),
        name_key: Set(name_key(&profile)),
        search_text: Set(search_text(&profile)),
        role: Set(draft.role.as_str().to_owned()),
        status: Set(status.as_str().to_owned()),
        permissions: Set(json!(draft.permissions)),
        // Tokens of an earlier membership stay void.
        generation: Set(before.as_ref().map_or(1, |member| member.generation + 1)),
    };
    match before {
        Some(_) => drop(row.update(tx).await?),
        None => drop(membership::Entity::insert(row).exec_without_returning(tx).await?),
    }
    teams::set_teams(tx, now, company, id, &[], &draft.team_ids).await
}

fn profile(account: &user::Model) -> Profile {
    let user::Model { email, name, locale, time_zone, .. } = account.clone();
    Profile { email, name, locale, time_zone }
}

async fn ensure_room(tx: &DatabaseTransaction, company: CompanyId) -> Result<()> {
    use sea_orm::PaginatorTrait;
    let users = row::members(company).count(tx).await?;
    if users >= MAX_USERS { Err(Error::Conflict(Conflict::TooMany)) } else { Ok(()) }
}
