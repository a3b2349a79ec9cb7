//! Lists, makes, renames and revokes API keys.

use crm_core::Violations;
use crm_core::page::{self, Key, Order, Page, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde_json::{Value, json};

use super::exchange::{PREFIX, is_live_at};
use super::input::{self, NewApiKey};
use super::model::{ApiKey, CreatedApiKey};
use crate::audit;
use crate::base::caller::Caller;
use crate::base::changes::AccessChange;
use crate::base::error::{Conflict, Error, Result};
use crate::base::ids::{ApiKeyId, SessionId};
use crate::base::secrets;
use crate::base::service::UserManagement;
use crate::rows::api_key::{Column as C, Entity, Model};
use crate::rows::company;

/// How many keys of a company are in force at once.
const MOST: u64 = 100;
/// How many characters of a key are shown.
const SHOWN: usize = 12;

/// The API keys of the caller's company. Only administrators use them.
#[derive(Debug)]
pub struct ApiKeys<'a> {
    um: &'a UserManagement,
    caller: &'a Caller,
}

impl UserManagement {
    /// The API keys of the caller's company.
    #[must_use]
    pub const fn api_keys<'a>(&'a self, caller: &'a Caller) -> ApiKeys<'a> {
        ApiKeys { um: self, caller }
    }
}

impl ApiKeys<'_> {
    /// A page of the keys, newest first, with those that are revoked or have expired.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; a malformed cursor; those of the database.
    pub async fn list(&self, request: &PageRequest) -> Result<Page<ApiKey>> {
        self.caller.require_admin()?;
        let select = Entity::find().filter(C::CompanyId.eq(self.caller.company.0));
        let digest = page::digest(&self.caller.company)?;
        let key = |row: &Model| (Key::Time(row.created_at), row.id);
        page::read(self.um.db(), select, &newest_first(), &digest, request, key).await?.try_map(ApiKey::of)
    }

    /// One key.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`]; those of the database.
    pub async fn get(&self, id: ApiKeyId) -> Result<ApiKey> {
        self.caller.require_admin()?;
        ApiKey::of(self.row(self.um.db(), id).await?)
    }

    /// Makes a key. It is returned once, and stored as a digest.
    ///
    /// # Errors
    /// Violations, [`Error::Forbidden`], [`Conflict::TooMany`] beyond 100 keys in force; those of the database.
    pub async fn create(&self, new: NewApiKey) -> Result<CreatedApiKey> {
        self.caller.require_admin()?;
        let now = self.um.now();
        let new = new.validated(now)?;
        let tx = self.um.begin().await?;
        self.ensure_room(&tx).await?;
        let key = format!("{PREFIX}{}", secrets::token());
        let row = Model {
            company_id: self.caller.company.0,
            id: self.um.id::<ApiKeyId>().0,
            version: 1,
            created_at: now,
            updated_at: now,
            name: new.name,
            prefix: key.chars().take(SHOWN).collect(),
            hash: secrets::digest(&key),
            role: new.role.to_string(),
            permissions: new.permissions.into(),
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
            created_by: Some(self.caller.user.0),
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx).await?;
        let created = ApiKey::of(row)?;
        let ApiKey { name, prefix, role, permissions, expires_at, .. } = &created;
        let changes = json!({
            "name": name, "prefix": prefix, "role": role, "permissions": permissions, "expiresAt": expires_at,
        });
        self.record(&tx, "api_key.created", created.id, changes).await?;
        tx.commit().await?;
        Ok(CreatedApiKey { api_key: created, key })
    }

    /// Renames a key; with `expected`, only if this is its version.
    ///
    /// # Errors
    /// Violations, [`Error::Forbidden`], [`Error::NotFound`], [`Error::Stale`]; those of the database.
    pub async fn rename(&self, id: ApiKeyId, name: &str, expected: Option<i64>) -> Result<ApiKey> {
        self.caller.require_admin()?;
        let mut violations = Violations::default();
        let name = input::name(name, &mut violations);
        violations.into_result()?;
        let tx = self.um.begin().await?;
        let row = self.row_for_update(&tx, id, expected).await?;
        let changes = json!({ "name": { "from": row.name, "to": name } });
        let row = Model { name, version: row.version + 1, updated_at: self.um.now(), ..row };
        store(&tx, &row).await?;
        self.record(&tx, "api_key.renamed", id, changes).await?;
        tx.commit().await?;
        ApiKey::of(row)
    }

    /// Revokes a key, and with it its tokens. A revoked key stays revoked.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`], [`Error::Stale`]; those of the database.
    pub async fn revoke(&self, id: ApiKeyId, expected: Option<i64>) -> Result<ApiKey> {
        self.caller.require_admin()?;
        let tx = self.um.begin().await?;
        let row = self.row_for_update(&tx, id, expected).await?;
        if row.revoked_at.is_some() {
            return ApiKey::of(row);
        }
        let now = self.um.now();
        let row = Model { revoked_at: Some(now), version: row.version + 1, updated_at: now, ..row };
        store(&tx, &row).await?;
        self.record(&tx, "api_key.revoked", id, json!({})).await?;
        tx.commit().await?;
        self.um.publish(&[AccessChange::SessionEnded { session: SessionId(id.0) }]).await;
        ApiKey::of(row)
    }

    async fn record(&self, tx: &DatabaseTransaction, action: &str, id: ApiKeyId, changes: Value) -> Result<()> {
        audit::record(tx, self.um, self.caller, action, "api_key", Some(id.0), changes).await
    }

    async fn row(&self, db: &impl ConnectionTrait, id: ApiKeyId) -> Result<Model> {
        let row = Entity::find_by_id((self.caller.company.0, id.0)).one(db).await?;
        row.ok_or(Error::NotFound("API key"))
    }

    async fn row_for_update(&self, tx: &DatabaseTransaction, id: ApiKeyId, expected: Option<i64>) -> Result<Model> {
        let row = Entity::find_by_id((self.caller.company.0, id.0)).lock_exclusive().one(tx).await?;
        let row = row.ok_or(Error::NotFound("API key"))?;
        match expected {
            Some(version) if version != row.version => Err(Error::Stale { current: row.version }),
            _ => Ok(row),
        }
    }

    /// Counts the keys in force, one creation of the company at a time.
    async fn ensure_room(&self, tx: &DatabaseTransaction) -> Result<()> {
        let company = self.caller.company.0;
        company::Entity::find_by_id(company).lock_exclusive().one(tx).await?.ok_or(Error::NotFound("company"))?;
        let live = Entity::find().filter(C::CompanyId.eq(company)).filter(is_live_at(self.um.now()));
        if live.count(tx).await? < MOST { Ok(()) } else { Err(Conflict::TooMany.into()) }
    }
}

async fn store(tx: &DatabaseTransaction, row: &Model) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(C::Name, Expr::val(row.name.clone()))
        .col_expr(C::RevokedAt, Expr::val(row.revoked_at))
        .col_expr(C::Version, Expr::val(row.version))
        .col_expr(C::UpdatedAt, Expr::val(row.updated_at));
    update.filter(C::CompanyId.eq(row.company_id).and(C::Id.eq(row.id))).exec(tx).await?;
    Ok(())
}

fn newest_first() -> Order {
    Order { name: "-createdAt".to_owned(), ..page::newest_first("created_at") }
}
