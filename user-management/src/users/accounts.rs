//! Accounts: what a user has once, in all their companies.

use chrono::{DateTime, Utc};
use crm_core::ids::{CompanyId, UserId};
use crm_core::text::fold;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::input::{Draft, Profile};
use super::row::REMOVED;
use crate::audit::{self, Origin};
use crate::base::caller::Caller;
use crate::base::changes::AccessChange;
use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;
use crate::rows::{membership, user};

/// An account that is held for a write.
pub(crate) struct Account {
    pub row: user::Model,
    /// Whether this write added it.
    pub is_new: bool,
}

impl Account {
    pub(crate) fn id(&self) -> UserId {
        self.row.id.into()
    }
}

/// The account with this address, in any spelling.
pub(crate) async fn by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<user::Model>> {
    let email = crm_core::text::email(email);
    // PostgreSQL refuses NUL, and no address has it.
    if email.contains('\0') {
        return Ok(None);
    }
    Ok(user::Entity::find().filter(user::Column::Email.eq(email)).one(db).await?)
}

/// All memberships of a user, also those that were removed.
pub(crate) async fn memberships(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<membership::Model>> {
    let of_user = membership::Entity::find().filter(membership::Column::UserId.eq(user.0));
    Ok(of_user.order_by_asc(membership::Column::CompanyId).all(db).await?)
}

/// The other companies of a user, without those that removed them.
pub(crate) async fn others(db: &impl ConnectionTrait, company: CompanyId, user: UserId) -> Result<Vec<CompanyId>> {
    let all = memberships(db, user).await?.into_iter();
    let live = all.filter(|member| member.company_id != company.0 && member.status != REMOVED);
    Ok(live.map(|member| member.company_id.into()).collect())
}

/// Holds an account for a write.
pub(crate) async fn locked_account(tx: &DatabaseTransaction, id: UserId) -> Result<user::Model> {
    let account = user::Entity::find_by_id(id.0).lock(LockType::NoKeyUpdate).one(tx).await?;
    account.ok_or(Error::NotFound("user"))
}

/// Holds the account with the address of a draft; adds it if there is none.
pub(crate) async fn account(tx: &DatabaseTransaction, um: &UserManagement, draft: &Draft) -> Result<Account> {
    account_with_id(tx, um, draft, um.id()).await
}

/// The same; an account that is added gets this id.
pub(super) async fn account_with_id(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    draft: &Draft,
    id: UserId,
) -> Result<Account> {
    let is_new = insert(tx, um, &draft.profile, id).await?;
    let found = user::Entity::find().filter(user::Column::Email.eq(&draft.profile.email));
    let row = found.lock(LockType::NoKeyUpdate).one(tx).await?;
    Ok(Account { row: row.ok_or(Error::NotFound("user"))?, is_new })
}

/// Waits for another transaction that adds the same address.
async fn insert(tx: &DatabaseTransaction, um: &UserManagement, profile: &Profile, id: UserId) -> Result<bool> {
    let now = um.now();
    let Profile { email, name, locale, time_zone } = profile.clone();
    let row = user::ActiveModel {
        id: Set(id.0),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        email: Set(email),
        name: Set(name),
        locale: Set(locale),
        time_zone: Set(time_zone),
        ..Default::default()
    };
    let unless_there = OnConflict::column(user::Column::Email).do_nothing().to_owned();
    let added = user::Entity::insert(row).on_conflict(unless_there).exec_without_returning(tx).await?;
    Ok(added > 0)
}

/// Records what the caller changed of their own account, in each of their companies.
pub(crate) async fn record_own(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    caller: &Caller,
    action: &str,
    changes: serde_json::Value,
) -> Result<()> {
    let id = caller.user;
    for member in memberships(tx, id).await?.into_iter().filter(|member| member.status != REMOVED) {
        let by = Origin::elsewhere(caller, member.company_id.into());
        audit::record(tx, um, by, action, "user", Some(id.0), changes.clone()).await?;
    }
    Ok(())
}

/// Deletes an account without a password and without a company, also one that it was removed from.
pub(crate) async fn delete_unused(tx: &DatabaseTransaction, id: UserId) -> Result<()> {
    let account = locked_account(tx, id).await?;
    if account.password_hash.is_none() && memberships(tx, id).await?.is_empty() {
        user::Entity::delete_by_id(id.0).exec(tx).await?;
    }
    Ok(())
}

/// Sets the password of an account that is held.
pub(crate) async fn set_password(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    account: &user::Model,
    hash: String,
) -> Result<()> {
    let (now, version, mut row) = (um.now(), account.version + 1, account.clone().into_active_model());
    row.version = Set(version);
    row.updated_at = Set(now);
    row.password_hash = Set(Some(hash));
    row.password_changed_at = Set(Some(now));
    row.update(tx).await?;
    Ok(())
}

/// Writes the profile of an account that is held, and counts it in all memberships.
pub(super) async fn set_profile(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    account: user::Model,
    profile: &Profile,
) -> Result<()> {
    let (id, version, mut row) = (account.id, account.version + 1, account.into_active_model());
    let Profile { email, name, locale, time_zone } = profile.clone();
    row.version = Set(version);
    row.updated_at = Set(now);
    row.email = Set(email);
    row.name = Set(name);
    row.locale = Set(locale);
    row.time_zone = Set(time_zone);
    row.update(tx).await?;
    use membership::Column;
    membership::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::val(now))
        .col_expr(Column::NameKey, Expr::val(name_key(profile)))
        .col_expr(Column::SearchText, Expr::val(search_text(profile)))
        .filter(Column::UserId.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Writes what an account without a password or a name gets with an invitation; returns what others must learn.
pub(crate) async fn accept_profile(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    account: user::Model,
    name: Option<String>,
    hash: Option<String>,
) -> Result<Vec<AccessChange>> {
    let id = UserId(account.id);
    if let Some(hash) = hash {
        set_password(tx, um, &account, hash).await?;
    }
    let live = memberships(tx, id).await?.into_iter().filter(|member| member.status != REMOVED);
    if account.name.is_none() && name.is_some() {
        let account = locked_account(tx, id).await?;
        let user::Model { email, locale, time_zone, .. } = account.clone();
        set_profile(tx, um.now(), account, &Profile { email, name, locale, time_zone }).await?;
    }
    Ok(live.map(|member| AccessChange::ProfileChanged { company: member.company_id.into(), user: id }).collect())
}

/// What users are sorted by: the name, or else the address.
pub(super) fn name_key(profile: &Profile) -> String {
    let folded = profile.name.as_deref().map(fold).filter(|folded| !folded.is_empty());
    folded.unwrap_or_else(|| profile.email.clone())
}

/// What users are searched in: the name and the address, on a line each.
pub(super) fn search_text(profile: &Profile) -> String {
    format!("{}\n{}", name_key(profile), profile.email)
}
