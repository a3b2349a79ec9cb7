//! Links in the database.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::ids::{CompanyId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{PaginatorTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};

use super::model::{Link, LinkKind};
use crate::base::error::{Error, Refusal, Result};
use crate::base::ids::LinkId;
use crate::base::secrets;
use crate::base::service::UserManagement;
use crate::rows::link::{ActiveModel, Column, Entity, Model};

/// A new invitation to a company; earlier ones to it are void.
pub(crate) async fn invitation(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    company: CompanyId,
    user: UserId,
    by: Option<UserId>,
) -> Result<Link> {
    void_invitations(tx, um.now(), company, user).await?;
    insert(tx, um, LinkKind::Invitation, user, Some(company), by).await
}

/// A new reset of the password; earlier ones are void.
pub(super) async fn reset(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    user: UserId,
    by: Option<UserId>,
) -> Result<Link> {
    void_resets(tx, um.now(), user).await?;
    insert(tx, um, LinkKind::Reset, user, None, by).await
}

async fn insert(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    kind: LinkKind,
    user: UserId,
    company: Option<CompanyId>,
    by: Option<UserId>,
) -> Result<Link> {
    let (token, now) = (secrets::token(), um.now());
    let lifetime = match kind {
        LinkKind::Invitation => um.options().invitation,
        LinkKind::Reset => um.options().reset,
    };
    let expires_at = now + TimeDelta::from_std(lifetime).map_err(Error::internal)?;
    let row = ActiveModel {
        hash: Set(secrets::digest(&token)),
        id: Set(um.id::<LinkId>().0),
        kind: Set(kind.as_str().to_owned()),
        user_id: Set(user.0),
        company_id: Set(company.map(|company| company.0)),
        created_at: Set(now),
        expires_at: Set(expires_at),
        used_at: Set(None),
        created_by: Set(by.map(|by| by.0)),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    // After the `#`, the token is in no log of a server and in no referrer.
    let url = format!("{}#token={token}&kind={kind}", um.options().link_url);
    Ok(Link { token: token.into(), url: url.into(), expires_at })
}

/// The link with this token, if it can be used.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    kind: LinkKind,
    token: &SecretString,
) -> Result<Model> {
    let link = Entity::find_by_id(secrets::digest(token.expose_secret())).filter(usable(now, kind)).one(db).await?;
    link.ok_or(Refusal::Link.into())
}

/// Uses a link, once: of two who have read it, one fails here.
pub(super) async fn take(tx: &DatabaseTransaction, now: DateTime<Utc>, kind: LinkKind, link: &Model) -> Result<()> {
    let taken = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::val(now))
        .filter(usable(now, kind).add(Column::Hash.eq(&link.hash)))
        .exec(tx)
        .await?;
    if taken.rows_affected == 1 { Ok(()) } else { Err(Refusal::Link.into()) }
}

/// Makes the invitations of a user to a company void.
pub(crate) async fn void_invitations(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    company: CompanyId,
    user: UserId,
) -> Result<()> {
    void(tx, now, usable(now, LinkKind::Invitation).add(of(user)).add(Column::CompanyId.eq(company.0))).await
}

/// Makes the resets of a user void.
pub(super) async fn void_resets(tx: &DatabaseTransaction, now: DateTime<Utc>, user: UserId) -> Result<()> {
    void(tx, now, usable(now, LinkKind::Reset).add(of(user))).await
}

/// Makes all links of a user void.
pub(crate) async fn void_all(tx: &DatabaseTransaction, now: DateTime<Utc>, user: UserId) -> Result<()> {
    void(tx, now, Condition::all().add(of(user)).add(Column::UsedAt.is_null()).add(Column::ExpiresAt.gt(now))).await
}

/// How many resets a user was sent since then.
pub(super) async fn resets_since(db: &impl ConnectionTrait, user: UserId, since: DateTime<Utc>) -> Result<u64> {
    let resets = Condition::all()
        .add(of(user))
        .add(Column::Kind.eq(LinkKind::Reset.as_str()))
        .add(Column::CreatedAt.gt(since))
        .add(Column::UsedAt.is_null());
    Ok(Entity::find().filter(resets).count(db).await?)
}

fn of(user: UserId) -> Expr {
    Column::UserId.eq(user.0)
}

fn usable(now: DateTime<Utc>, kind: LinkKind) -> Condition {
    let unused = Condition::all().add(Column::Kind.eq(kind.as_str())).add(Column::UsedAt.is_null());
    unused.add(Column::ExpiresAt.gt(now))
}

async fn void(tx: &DatabaseTransaction, now: DateTime<Utc>, which: Condition) -> Result<()> {
    Entity::update_many().col_expr(Column::ExpiresAt, Expr::val(now)).filter(which).exec(tx).await?;
    Ok(())
}
