//! The keys that access tokens are signed with (RFC 7517).
//!
//! A new key is published at once and signs two minutes later, when all services have fetched it. The old key stays
//! published until its last token has expired.

mod store;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::base::error::{Error, Result};
use crate::base::ring::Ring;
pub(crate) use crate::base::ring::{Signer, Verifying};
use crate::base::service::UserManagement;

/// How long a new key is published before it signs: services fetch the keys every minute.
const NOTICE: TimeDelta = TimeDelta::minutes(2);
/// How long a key is published after its last token has expired: clocks differ.
const SLACK: TimeDelta = TimeDelta::minutes(2);

impl UserManagement {
    /// The public keys, as a JWK set (RFC 7517, section 5). Makes a first key if there is none.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn jwks(&self) -> Result<Value> {
        let ring = Ring::load(self).await?;
        let ring = if ring.signs_at(self.now()) { ring } else { store::with_signing_key(self).await? };
        let keys: Vec<&Value> = ring.published().collect();
        Ok(json!({ "keys": keys }))
    }

    /// Makes a new key and returns its id. It signs in two minutes, or at once if no key signs now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rotate_keys(&self) -> Result<String> {
        store::rotate(self, None).await?.ok_or_else(|| Error::internal("a key was not made"))
    }

    /// Removes a key at once: what it has signed is void here, and at other services when they fetch the keys again.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such key; those of the database.
    pub async fn revoke_key(&self, kid: &str) -> Result<()> {
        store::remove(self, kid).await?;
        tracing::warn!(kid, "a signing key was revoked");
        Ok(())
    }

    /// Replaces the key if it is too old, and removes keys that nobody needs any more.
    pub(crate) async fn tend_keys(&self) -> Result<()> {
        let age = self.lifetime(self.0.options.key_age);
        store::rotate(self, Some(self.now() - age)).await?;
        store::remove_expired(self).await
    }

    /// The key that signs now.
    pub(crate) async fn signer(&self) -> Result<Signer> {
        let now = self.now();
        if let Some(signer) = self.0.keys.at(now).and_then(|ring| ring.signer(now)) {
            return Ok(signer);
        }
        let mut ring = Ring::load(self).await?;
        if !ring.signs_at(now) {
            ring = store::with_signing_key(self).await?;
        }
        // A key that was made just now signs from a moment after the beginning of this call.
        let signer = ring.signer(self.now()).ok_or_else(|| Error::internal("no signing key can be used"))?;
        self.0.keys.keep(ring);
        Ok(signer)
    }

    /// The published key with this id. An unknown id is looked up once a second at most.
    pub(crate) async fn verifying_key(&self, kid: &str) -> Result<Option<Verifying>> {
        let now = self.now();
        if let Some(ring) = self.0.keys.at(now) {
            let key = ring.verifying(kid, now);
            if key.is_some() || ring.is_fresh(now) {
                return Ok(key);
            }
        }
        let ring = self.0.keys.keep(Ring::load(self).await?);
        Ok(ring.verifying(kid, now))
    }

    /// How long the keys of tokens issued until `end` are published.
    fn published_until(&self, end: DateTime<Utc>) -> DateTime<Utc> {
        end + self.lifetime(self.0.options.access_token) + SLACK
    }

    /// A duration of the settings; at most a hundred years.
    pub(crate) fn lifetime(&self, duration: std::time::Duration) -> TimeDelta {
        let longest = TimeDelta::days(36_500);
        TimeDelta::from_std(duration).map_or(longest, |duration| duration.min(longest))
    }
}
