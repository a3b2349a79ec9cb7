//! Sign-ups that were not confirmed in time.

use crm_core::ids::CompanyId;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::repo::find_locked;
use crate::base::changes::AccessChange;
use crate::base::error::Result;
use crate::base::service::UserManagement;
use crate::rows::company::{Column, Entity, Model};
use crate::rows::{link, membership};
use crate::users;

/// How many are deleted at most in one run.
const BATCH: u64 = 1_000;

impl UserManagement {
    /// Deletes companies whose sign-up was not confirmed in time, with accounts that were added for them. Other services
    /// have not learned of them.
    pub(crate) async fn delete_abandoned(&self) -> Result<()> {
        let due = Entity::find().select_only().column(Column::Id).filter(Column::ConfirmUntil.lte(self.now()));
        let due: Vec<Uuid> = due.limit(BATCH).into_tuple().all(self.db()).await?;
        for company in due {
            delete(self, company.into()).await?;
        }
        Ok(())
    }
}

async fn delete(um: &UserManagement, id: CompanyId) -> Result<()> {
    let tx = um.begin().await?;
    let held = find_locked(&tx, id).await?;
    // Another instance may have deleted it.
    if held.and_then(|company| company.confirm_until).is_none_or(|until| until > um.now()) {
        return Ok(());
    }
    let of_company = membership::Entity::find().filter(membership::Column::CompanyId.eq(id.0));
    let members = of_company.all(&tx).await?;
    link::Entity::delete_many().filter(link::Column::CompanyId.eq(id.0)).exec(&tx).await?;
    Entity::delete_by_id(id.0).exec(&tx).await?;
    for member in members {
        users::delete_unused(&tx, member.user_id.into()).await?;
    }
    tx.commit().await?;
    tracing::info!(company.id = %id, "a sign-up that was not confirmed was deleted");
    Ok(())
}

/// The administrator of a company that is held has accepted: it stays, and other services learn of it.
pub(crate) async fn confirm(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    company: Model,
) -> Result<Option<AccessChange>> {
    if company.confirm_until.is_none() {
        return Ok(None);
    }
    let (id, version, mut row) = (company.id.into(), company.version + 1, company.into_active_model());
    row.version = Set(version);
    row.updated_at = Set(um.now());
    row.confirm_until = Set(None);
    row.update(tx).await?;
    Ok(Some(AccessChange::CompanyChanged { company: id, ended: false }))
}
