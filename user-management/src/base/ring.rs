//! The keys of the database in memory, for half a minute.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::Deserialize;
use serde_json::Value;

use super::error::Result;
use super::options::SigningAlgorithm;
use super::service::UserManagement;
use super::signing_key;
use crate::rows::signing_key::{Entity, Model};
use crm_web::seal::SealKey;

/// How long keys are cached.
const CACHED: TimeDelta = TimeDelta::seconds(30);
/// How long no unknown key is looked up after a load.
const FRESH: TimeDelta = TimeDelta::seconds(1);

/// The key that signs.
#[derive(Clone)]
pub(crate) struct Signer {
    pub kid: String,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
}

/// A key that verifies.
#[derive(Clone)]
pub(crate) struct Verifying {
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// The published keys at a moment.
pub(crate) struct Ring {
    loaded_at: DateTime<Utc>,
    keys: BTreeMap<String, Key>,
}

struct Key {
    row: Model,
    algorithm: Algorithm,
    private: Option<EncodingKey>,
    public: DecodingKey,
}

impl Ring {
    pub(crate) async fn load(um: &UserManagement) -> Result<Self> {
        Self::read(um.db(), um).await
    }

    /// Reads the keys, also within a transaction.
    pub(crate) async fn read(db: &impl ConnectionTrait, um: &UserManagement) -> Result<Self> {
        let (loaded_at, rows) = (um.now(), Entity::find().all(db).await?);
        let keys = rows.into_iter().filter_map(|row| Some((row.id.clone(), Key::of(row, &um.0.seal)?)));
        Ok(Self { loaded_at, keys: keys.filter(|(_, key)| key.is_published(loaded_at)).collect() })
    }

    /// The public keys.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Value> {
        self.keys.values().map(|key| &key.row.public_key)
    }

    /// The newest key that may sign at this time.
    pub(crate) fn signer(&self, at: DateTime<Utc>) -> Option<Signer> {
        let (kid, key) =
            self.keys.iter().filter(|(_, key)| key.signs_at(at)).max_by_key(|(_, key)| key.row.signs_from)?;
        Some(Signer { kid: kid.clone(), algorithm: key.algorithm, key: key.private.clone()? })
    }

    pub(crate) fn signs_at(&self, at: DateTime<Utc>) -> bool {
        self.keys.values().any(|key| key.signs_at(at))
    }

    pub(crate) fn verifying(&self, kid: &str, at: DateTime<Utc>) -> Option<Verifying> {
        let key = self.keys.get(kid).filter(|key| key.is_published(at))?;
        Some(Verifying { algorithm: key.algorithm, key: key.public.clone() })
    }

    pub(crate) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        (now - self.loaded_at).abs() < FRESH
    }
}

impl Key {
    /// `None` for a key that this program does not know.
    fn of(row: Model, seal: &SealKey) -> Option<Self> {
        let of: SigningAlgorithm = row.algorithm.parse().ok()?;
        let public = DecodingKey::from_jwk(&Jwk::deserialize(&row.public_key).ok()?).ok()?;
        let private = signing_key::open(&row, of, seal);
        if private.is_none() {
            tracing::error!(kid = row.id, "a signing key cannot be decrypted: the secret is another one");
        }
        Some(Self { row, algorithm: signing_key::algorithm(of), private, public })
    }

    fn signs_at(&self, at: DateTime<Utc>) -> bool {
        self.private.is_some() && self.row.signs_from <= at && self.row.signs_until.is_none_or(|until| at < until)
    }

    fn is_published(&self, at: DateTime<Utc>) -> bool {
        self.row.published_until.is_none_or(|until| at < until)
    }
}

/// The keys of this process.
#[derive(Default)]
pub(crate) struct Cache(RwLock<Option<Arc<Ring>>>);

impl Cache {
    /// The cached keys, unless they are too old.
    pub(crate) fn at(&self, now: DateTime<Utc>) -> Option<Arc<Ring>> {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        ring.filter(|ring| (now - ring.loaded_at).abs() < CACHED)
    }

    pub(crate) fn keep(&self, ring: Ring) -> Arc<Ring> {
        let ring = Arc::new(ring);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ring));
        ring
    }

    /// The next use reads the keys again.
    pub(crate) fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
