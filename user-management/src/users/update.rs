//! Changing users.

use crm_core::Violations;
use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{IntoActiveModel, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::accounts;
use super::input::{Draft, UserPatch};
use super::list::Users;
use super::model::{User, UserStatus};
use super::row;
use crate::audit;
use crate::base::changes::AccessChange;
use crate::base::error::{Conflict, Error, Result, expect_version};
use crate::base::service::UserManagement;
use crate::rows::{membership, user};
use crate::sessions::{self, EndReason};
use crate::{companies, links, teams};

impl Users<'_> {
    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing. A change of role, rights or status makes the tokens of the user void. Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`]; invalid values; [`Conflict::SharedUser`];
    /// [`Conflict::LastAdministrator`]; [`Conflict::UserEmailTaken`]; [`Conflict::NotYetAccepted`].
    #[tracing::instrument(name = "um.users.update", skip_all, fields(company.id = %self.caller.company, user.id = %id))]
    pub async fn update(&self, id: UserId, patch: UserPatch, expected: Option<i64>) -> Result<User> {
        self.caller.require_admin()?;
        let (um, company) = (self.um, self.caller.company);
        let tx = um.begin().await?;
        companies::locked(&tx, company).await?;
        let account = accounts::locked_account(&tx, id).await?;
        let user = row::find(&tx, company, id).await?;
        expect_version(user.version, expected)?;
        let (before, after) = (Draft::from(&user), patch.apply(&user)?);
        if before == after {
            return Ok(user);
        }
        check_status(before.status, after.status)?;
        if is_admin(&before) && !is_admin(&after) {
            ensure_other_admin(&tx, company, id).await?;
        }
        let mut changes = Vec::new();
        if before.profile != after.profile {
            if !accounts::others(&tx, company, id).await?.is_empty() {
                return Err(Conflict::SharedUser.into());
            }
            write_profile(&tx, um, account, &before, &after).await?;
            changes.push(AccessChange::ProfileChanged { company, user: id });
        }
        changes.extend(write_membership(&tx, um, company, id, &user, &after).await?);
        teams::set_teams(&tx, um.now(), company, id, &before.team_ids, &after.team_ids).await?;
        let changed = audit::diff(&before, &after, Draft::HIDDEN)?;
        audit::record(&tx, um, self.caller, "user.updated", "user", Some(id.0), changed).await?;
        let user = row::find(&tx, company, id).await?;
        tx.commit().await?;
        um.publish(&changes).await;
        Ok(user)
    }
}

/// An invitation ends by acceptance or removal only, and nobody becomes invited by a patch.
fn check_status(before: UserStatus, after: UserStatus) -> Result<()> {
    match (before, after) {
        (before, after) if before == after => Ok(()),
        (UserStatus::Invited, _) => Err(Conflict::NotYetAccepted.into()),
        (_, UserStatus::Invited) => {
            Err(Violations::one("/status", "status_invalid", "a user becomes invited by an invitation only").into())
        }
        _ => Ok(()),
    }
}

fn is_admin(draft: &Draft) -> bool {
    draft.role == Role::Admin && draft.status == UserStatus::Active
}

/// Fails if a company that is held has no other active administrator.
pub(super) async fn ensure_other_admin(tx: &DatabaseTransaction, company: CompanyId, user: UserId) -> Result<()> {
    use membership::Column;
    let others = membership::Entity::find()
        .filter(Column::CompanyId.eq(company.0))
        .filter(Column::UserId.ne(user.0))
        .filter(Column::Role.eq(Role::Admin.as_str()))
        .filter(Column::Status.eq(UserStatus::Active.as_str()))
        .count(tx)
        .await?;
    if others == 0 { Err(Error::Conflict(Conflict::LastAdministrator)) } else { Ok(()) }
}

/// A link that was sent to an earlier address is void.
async fn write_profile(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    account: user::Model,
    before: &Draft,
    after: &Draft,
) -> Result<()> {
    let id = account.id.into();
    accounts::set_profile(tx, um.now(), account, &after.profile).await?;
    if before.profile.email != after.profile.email {
        links::void_all(tx, um.now(), id).await?;
    }
    Ok(())
}

/// Writes role, rights and status, and the version; returns what others must learn.
async fn write_membership(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    company: CompanyId,
    id: UserId,
    before: &User,
    after: &Draft,
) -> Result<Vec<AccessChange>> {
    let row = membership::Entity::find_by_id((company.0, id.0)).one(tx).await?.ok_or(Error::NotFound("user"))?;
    let has_rights = |user: &User| (user.role, user.status) == (after.role, after.status);
    let is_same = has_rights(before) && before.permissions == after.permissions;
    let generation = if is_same { row.generation } else { row.generation + 1 };
    let mut row = row.into_active_model();
    // A change of the account has counted already; together they are one write.
    row.version = Set(before.version + 1);
    row.updated_at = Set(um.now());
    row.role = Set(after.role.as_str().to_owned());
    row.status = Set(after.status.as_str().to_owned());
    row.permissions = Set(json!(after.permissions));
    row.generation = Set(generation);
    row.update(tx).await?;
    let mut changes = Vec::new();
    if !is_same {
        changes.push(AccessChange::MemberChanged { company, user: id, generation });
    }
    if matches!(after.status, UserStatus::Suspended | UserStatus::Inactive) && before.status != after.status {
        changes.extend(sessions::end_all(tx, um.now(), id, Some(company), EndReason::Suspended).await?);
    }
    Ok(changes)
}
