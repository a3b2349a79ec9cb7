//! Changes of the keys in the database: one instance at a time.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use super::NOTICE;
use crate::base::error::{Error, Result};
use crate::base::ring::Ring;
use crate::base::service::UserManagement;
use crate::base::signing_key;
use crate::rows::signing_key::{Column as C, Entity};

/// The keys, one of which signs now. Of several instances without a key the first makes one, and the others take it.
pub(super) async fn with_signing_key(um: &UserManagement) -> Result<Ring> {
    let tx = begin_alone(um).await?;
    let now = um.now();
    let ring = Ring::read(&tx, um).await?;
    if ring.signs_at(now) {
        return Ok(ring);
    }
    // A key that another secret has sealed cannot sign.
    if !(promote(&tx, now).await? && Ring::read(&tx, um).await?.signs_at(now)) {
        insert(um, &tx, now).await?;
    }
    let ring = Ring::read(&tx, um).await?;
    tx.commit().await?;
    um.0.keys.forget();
    Ok(ring)
}

/// Makes a new key, and returns its id; with a date only if the newest key is older.
pub(super) async fn rotate(um: &UserManagement, unless_since: Option<DateTime<Utc>>) -> Result<Option<String>> {
    let tx = begin_alone(um).await?;
    let now = um.now();
    if let Some(since) = unless_since
        && Entity::find().filter(C::CreatedAt.gt(since)).one(&tx).await?.is_some()
    {
        return Ok(None);
    }
    let signs_from = if Ring::read(&tx, um).await?.signs_at(now) { now + NOTICE } else { now };
    let end = Entity::update_many()
        .col_expr(C::SignsUntil, Expr::val(signs_from))
        .col_expr(C::PublishedUntil, Expr::val(um.published_until(signs_from)))
        .filter(C::SignsUntil.is_null());
    end.exec(&tx).await?;
    let kid = insert(um, &tx, signs_from).await?;
    tx.commit().await?;
    um.0.keys.forget();
    tracing::info!(kid, "a new signing key");
    Ok(Some(kid))
}

pub(super) async fn remove(um: &UserManagement, kid: &str) -> Result<()> {
    let removed = Entity::delete_by_id(kid.to_owned()).exec(um.db()).await?;
    um.0.keys.forget();
    if removed.rows_affected == 0 { Err(Error::NotFound("signing key")) } else { Ok(()) }
}

/// Removes keys whose last token has expired.
pub(super) async fn remove_expired(um: &UserManagement) -> Result<()> {
    Entity::delete_many().filter(C::PublishedUntil.lte(um.now())).exec(um.db()).await?;
    Ok(())
}

/// A transaction that no other instance changes keys beside. On SQLite every write transaction is alone.
async fn begin_alone(um: &UserManagement) -> Result<DatabaseTransaction> {
    let tx = um.begin().await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("LOCK TABLE um_signing_keys IN SHARE ROW EXCLUSIVE MODE").await?;
    }
    Ok(tx)
}

/// Lets a key sign that is published and would sign later. Whether there is one.
async fn promote(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<bool> {
    let later = Entity::find().filter(C::SignsFrom.gt(now)).filter(C::SignsUntil.is_null());
    let Some(row) = later.order_by_asc(C::SignsFrom).one(tx).await? else {
        return Ok(false);
    };
    let promoted = Entity::update_many().col_expr(C::SignsFrom, Expr::val(now)).filter(C::Id.eq(row.id));
    Ok(promoted.exec(tx).await?.rows_affected == 1)
}

async fn insert(um: &UserManagement, tx: &DatabaseTransaction, signs_from: DateTime<Utc>) -> Result<String> {
    let row = signing_key::generate(um.0.options.algorithm, &um.0.seal, um.now(), signs_from)?;
    let kid = row.id.clone();
    Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(kid)
}
