//! Sessions: an opaque id in a cookie, and what it stands for, sealed, in the database.

pub mod cookie;
mod pending;
mod refresh;
mod row;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use crm_web::problem::{ApiError, Code};
use crm_web::seal::{LENGTH, SealKey, hexadecimal};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::login::{Ended, Login, Tokens, Visitor};
pub(crate) use pending::Pending;

/// What seals are bound to, beside the id of the session.
const PURPOSE: &[u8] = b"crm console session";
/// How long a session lasts at most.
const LIFETIME: TimeDelta = TimeDelta::days(30);

/// The sessions of a console.
#[derive(Clone)]
pub struct Sessions {
    pub(crate) login: Arc<dyn Login>,
    database: DatabaseConnection,
    key: SealKey,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// What a session holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// The access token.
    pub access_token: SecretString,
    expires_at: DateTime<Utc>,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
    /// The name of the company.
    pub company_name: Option<String>,
}

impl From<Tokens> for Held {
    fn from(tokens: Tokens) -> Self {
        let Tokens { access_token, expires_at, refresh_token, id_token, device: _, company_name } = tokens;
        Self { access_token, expires_at, refresh_token, id_token, company_name }
    }
}

/// The form in which it is sealed.
#[derive(Serialize, Deserialize)]
struct Stored {
    access: String,
    expires_at: DateTime<Utc>,
    refresh: Option<String>,
    #[serde(default)]
    id_token: Option<String>,
    company_name: Option<String>,
}

/// The id of a session, as it is in the cookie.
#[derive(Clone)]
pub struct SessionId(String);

impl SessionId {
    fn new() -> Self {
        Self(hex::encode(rand::random::<[u8; LENGTH]>()))
    }

    /// Reads the value of a cookie.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == 2 * LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| Self(text.to_owned()))
    }

    /// The value for a cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Sessions {
    pub(crate) fn new(login: Arc<dyn Login>, database: DatabaseConnection, key: SealKey) -> Self {
        Self { login, database, key }
    }

    /// Begins a session. Its id is always a new one, so an id that was planted in the browser is worth nothing.
    ///
    /// # Errors
    /// [`Code::Unavailable`] if the database is.
    pub async fn begin(&self, tokens: Tokens) -> Result<SessionId, ApiError> {
        let (id, now) = (SessionId::new(), Utc::now());
        let digest = self.digest(&id);
        let held = Held::from(tokens);
        // Without a refresh token it ends when its access token does.
        let expires_at = if held.refresh_token.is_some() { now + LIFETIME } else { held.expires_at };
        let session = row::ActiveModel {
            id: Set(hexadecimal(&digest)),
            sealed: Set(self.seal(&digest, &held)?),
            version: Set(1),
            refreshing_until: Set(None),
            created_at: Set(now),
            expires_at: Set(expires_at),
        };
        let expired = row::Entity::delete_many().filter(row::Column::ExpiresAt.lt(now));
        expired.exec(&self.database).await.map_err(unavailable)?;
        row::Entity::insert(session).exec_without_returning(&self.database).await.map_err(unavailable)?;
        Ok(id)
    }

    /// What the session holds, with an access token that is valid for a while yet. `None` if there is no such session.
    ///
    /// # Errors
    /// [`Code::Unavailable`] if the database is, or if new tokens are needed and cannot be had.
    pub async fn open(&self, id: &SessionId, visitor: &Visitor) -> Result<Option<Held>, ApiError> {
        refresh::fresh(self, &self.digest(id), visitor).await
    }

    /// Ends the session, here and where the tokens come from. The page at which the browser ends its own session there.
    ///
    /// # Errors
    /// [`Code::Unavailable`] if the database is.
    pub async fn end(&self, id: &SessionId) -> Result<Option<String>, ApiError> {
        let digest = self.digest(id);
        let held = self.find(&digest).await?.map(|(_, held)| held);
        self.remove(&digest).await?;
        let Some(held) = held else { return Ok(None) };
        let (refresh_token, id_token) = (held.refresh_token.as_ref(), held.id_token.as_ref());
        Ok(self.login.log_out(Ended { access_token: &held.access_token, refresh_token, id_token }).await)
    }

    fn digest(&self, id: &SessionId) -> [u8; LENGTH] {
        self.key.digest(&[PURPOSE, id.0.as_bytes()])
    }

    fn seal(&self, digest: &[u8; LENGTH], held: &Held) -> Result<Vec<u8>, ApiError> {
        let secret = |secret: &SecretString| secret.expose_secret().to_owned();
        let stored = Stored {
            access: secret(&held.access_token),
            expires_at: held.expires_at,
            refresh: held.refresh_token.as_ref().map(secret),
            id_token: held.id_token.as_ref().map(secret),
            company_name: held.company_name.clone(),
        };
        let text = serde_json::to_vec(&stored).map_err(ApiError::internal)?;
        self.key.seal(PURPOSE, digest, text).ok_or_else(|| ApiError::internal("a session cannot be sealed"))
    }

    /// The row, and what is in it. One that was sealed with another key is none.
    async fn find(&self, digest: &[u8; LENGTH]) -> Result<Option<(row::Model, Held)>, ApiError> {
        let found = row::Entity::find_by_id(hexadecimal(digest)).one(&self.database).await.map_err(unavailable)?;
        Ok(found.and_then(|row| {
            let text = self.key.open(PURPOSE, digest, &row.sealed)?;
            let Stored { access, expires_at, refresh, id_token, company_name } = serde_json::from_slice(&text).ok()?;
            let (refresh_token, id_token) = (refresh.map(SecretString::from), id_token.map(SecretString::from));
            Some((row, Held { access_token: access.into(), expires_at, refresh_token, id_token, company_name }))
        }))
    }

    async fn remove(&self, digest: &[u8; LENGTH]) -> Result<(), ApiError> {
        row::Entity::delete_by_id(hexadecimal(digest)).exec(&self.database).await.map_err(unavailable)?;
        Ok(())
    }
}

fn unavailable(error: DbErr) -> ApiError {
    ApiError::unavailable(Code::Unavailable, "the database is not available", Some(error.into()))
}
