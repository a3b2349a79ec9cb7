//! What an API key is good for: an access token, or claims.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::ids::CompanyId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::base::caller::Client;
use crate::base::error::{Error, Refusal, Result};
use crate::base::secrets;
use crate::base::service::UserManagement;
use crate::rows::api_key::{Column as C, Entity, Model};
use crate::rows::company;
use crate::sign_ins::{SignInOutcome as Outcome, attempt};
use crate::tokens::{Claims, sign};

/// What keys begin with, so that scanners find them where they do not belong.
pub(super) const PREFIX: &str = "crm_";
/// The length of a key.
const LENGTH: usize = PREFIX.len() + 43;
/// How often the last use is written.
const USE: TimeDelta = TimeDelta::minutes(1);

/// An access token of an API key.
#[derive(Clone)]
pub struct ServiceToken {
    /// The access token.
    pub access_token: String,
    /// Its lifetime, in seconds.
    pub expires_in: u64,
}

impl fmt::Debug for ServiceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceToken").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl UserManagement {
    /// Exchanges an API key for an access token (RFC 6749, section 4.4).
    ///
    /// # Errors
    /// [`Refusal::Token`] if the key is unknown, revoked or has expired, or its company is not active;
    /// [`Error::TooManyAttempts`]; those of the database.
    pub async fn exchange(&self, api_key: &SecretString, client: &Client) -> Result<ServiceToken> {
        let key = api_key.expose_secret();
        let shown: String = key.chars().take(12).collect();
        let attempt = attempt::begin_key(self, &shown, client).await?;
        let row = if is_key(key) { find(self, key).await? } else { None };
        let company = row.as_ref().map(|row| CompanyId(row.company_id));
        let outcome = if row.is_some() { Outcome::Inactive } else { Outcome::UnknownAccount };
        let Some(claims) = claims_in_force(self, row).await? else {
            attempt.log(self, self.db(), outcome, None, company).await?;
            return Err(Refusal::Token.into());
        };
        attempt.forgive(self, self.db()).await?;
        let access_token = sign(&self.signer().await?, &claims)?;
        Ok(ServiceToken { access_token, expires_in: u64::try_from(claims.exp - claims.iat).unwrap_or_default() })
    }
}

/// Whether a text has the form of a key.
pub(crate) fn is_key(text: &str) -> bool {
    text.len() == LENGTH && text.starts_with(PREFIX)
}

/// The claims of a key, if it is in force.
pub(crate) async fn claims(um: &UserManagement, key: &str) -> Result<Option<Claims>> {
    claims_in_force(um, find(um, key).await?).await
}

/// Whether a key is in force.
pub(crate) async fn is_live(um: &UserManagement, company: Uuid, id: Uuid) -> Result<bool> {
    let row = Entity::find_by_id((company, id)).one(um.db()).await?;
    Ok(in_force(um, row).await?.is_some())
}

/// The condition of keys in force.
pub(super) fn is_live_at(now: DateTime<Utc>) -> Condition {
    Condition::all().add(C::RevokedAt.is_null()).add(C::ExpiresAt.is_null().or(C::ExpiresAt.gt(now)))
}

async fn find(um: &UserManagement, key: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(C::Hash.eq(secrets::digest(key))).one(um.db()).await?)
}

async fn in_force(um: &UserManagement, row: Option<Model>) -> Result<Option<Model>> {
    let is_live = |row: &Model| row.revoked_at.is_none() && row.expires_at.is_none_or(|expires| expires > um.now());
    let Some(row) = row.filter(is_live) else {
        return Ok(None);
    };
    let company = company::Entity::find_by_id(row.company_id).one(um.db()).await?;
    Ok(company.filter(|company| company.status == "active").map(|_| row))
}

async fn claims_in_force(um: &UserManagement, row: Option<Model>) -> Result<Option<Claims>> {
    let Some(row) = in_force(um, row).await? else {
        return Ok(None);
    };
    used(um, &row).await?;
    let role = row.role.parse().map_err(Error::internal)?;
    let claims = Claims::new(um, row.company_id, row.id, role, row.id);
    let expires = row.expires_at.map_or(i64::MAX, |expires| expires.timestamp());
    Ok(Some(Claims {
        client_id: row.id.to_string(),
        permissions: serde_json::from_value(row.permissions).map_err(Error::internal)?,
        name: Some(row.name),
        actor_kind: Some("service".to_owned()),
        exp: Ord::min(claims.exp, expires),
        ..claims
    }))
}

/// Records the use of a key, once a minute at most.
async fn used(um: &UserManagement, row: &Model) -> Result<()> {
    let now = um.now();
    if row.last_used_at.is_some_and(|last| last > now - USE) {
        return Ok(());
    }
    let update = Entity::update_many().col_expr(C::LastUsedAt, Expr::val(now));
    let is_old = C::LastUsedAt.is_null().or(C::LastUsedAt.lte(now - USE));
    update.filter(C::CompanyId.eq(row.company_id).and(C::Id.eq(row.id)).and(is_old)).exec(um.db()).await?;
    Ok(())
}
