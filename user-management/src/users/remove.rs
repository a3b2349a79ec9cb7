//! Removing users.

use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{IntoActiveModel, QueryFilter};
use serde_json::json;

use super::accounts;
use super::list::Users;
use super::model::UserStatus;
use super::row::{self, REMOVED};
use super::update::ensure_other_admin;
use crate::audit;
use crate::base::changes::AccessChange;
use crate::base::error::{Error, Result, expect_version};
use crate::base::service::UserManagement;
use crate::rows::{membership, recovery_code, user};
use crate::sessions::{self, EndReason};
use crate::{companies, links, teams};

impl Users<'_> {
    /// Removes a user from the company; `expected` is the version that the caller has seen. An account without a
    /// company loses its password and its second factor. Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`];
    /// [`Conflict::LastAdministrator`](crate::Conflict::LastAdministrator).
    #[tracing::instrument(name = "um.users.delete", skip_all, fields(company.id = %self.caller.company, user.id = %id))]
    pub async fn delete(&self, id: UserId, expected: Option<i64>) -> Result<()> {
        self.caller.require_admin()?;
        let (um, company) = (self.um, self.caller.company);
        let tx = um.begin().await?;
        companies::locked(&tx, company).await?;
        let account = accounts::locked_account(&tx, id).await?;
        let user = row::find(&tx, company, id).await?;
        expect_version(user.version, expected)?;
        if user.role == Role::Admin && user.status == UserStatus::Active {
            ensure_other_admin(&tx, company, id).await?;
        }
        teams::leave_all(&tx, um.now(), company, id).await?;
        let mut changes = vec![mark_removed(&tx, um, company, id).await?];
        changes.extend(sessions::end_all(&tx, um.now(), id, Some(company), EndReason::Removed).await?);
        links::void_invitations(&tx, um.now(), company, id).await?;
        if accounts::others(&tx, company, id).await?.is_empty() {
            clear_credentials(&tx, um, account).await?;
        }
        audit::record(&tx, um, self.caller, "user.removed", "user", Some(id.0), json!({})).await?;
        tx.commit().await?;
        um.publish(&changes).await;
        Ok(())
    }
}

async fn mark_removed(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    company: CompanyId,
    id: UserId,
) -> Result<AccessChange> {
    let row = membership::Entity::find_by_id((company.0, id.0)).one(tx).await?.ok_or(Error::NotFound("user"))?;
    let (version, generation, mut row) = (row.version + 1, row.generation + 1, row.into_active_model());
    row.version = Set(version);
    row.generation = Set(generation);
    row.status = Set(REMOVED.to_owned());
    row.updated_at = Set(um.now());
    row.update(tx).await?;
    Ok(AccessChange::MemberChanged { company, user: id, generation })
}

async fn clear_credentials(tx: &DatabaseTransaction, um: &UserManagement, account: user::Model) -> Result<()> {
    let id = account.id;
    let (version, mut row) = (account.version + 1, account.into_active_model());
    row.version = Set(version);
    row.updated_at = Set(um.now());
    row.password_hash = Set(None);
    row.password_changed_at = Set(None);
    row.totp_secret = Set(None);
    row.totp_confirmed_at = Set(None);
    row.totp_last_step = Set(None);
    row.update(tx).await?;
    recovery_code::Entity::delete_many().filter(recovery_code::Column::UserId.eq(id)).exec(tx).await?;
    links::void_all(tx, um.now(), id.into()).await
}
