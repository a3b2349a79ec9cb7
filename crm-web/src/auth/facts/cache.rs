//! Caches verified claims in the process. Concurrent requests with the same token share one verification.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use moka::Expiry;
use moka::future::Cache;

use super::{FactsKey, SharedFacts, TokenKey, VerifiedClaims};
use crate::auth::metrics::{CacheOutcome, looked_up};
use crate::auth::{AuthError, Revocations};

/// The maximum memory of the cache, in bytes.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// The maximum number of remembered refusals.
const REFUSALS: u64 = 10_000;
/// The lifetime of a refusal: a client that repeats an invalid token must not cause a call each time.
const REFUSED_FOR: Duration = Duration::from_secs(5);

const REVOKED: AuthError = AuthError::Invalid("the token was revoked");

/// The lifetimes of verified claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheOptions {
    /// How long claims are valid before the token is verified again, which detects a revocation. Zero verifies every
    /// time.
    pub ttl: Duration,
    /// The maximum age of claims while tokens cannot be verified. Zero accepts none.
    pub stale: Duration,
}

impl Default for CacheOptions {
    /// A minute, and five minutes while the service is down.
    fn default() -> Self {
        Self { ttl: Duration::from_secs(60), stale: Duration::from_secs(300) }
    }
}

/// The claims of recently verified tokens.
pub(in crate::auth) struct FactsCache {
    key: FactsKey,
    options: CacheOptions,
    fresh: Cache<TokenKey, Arc<VerifiedClaims>>,
    /// The last known claims, for as long as they may be needed.
    last: Cache<TokenKey, Arc<VerifiedClaims>>,
    refused: Cache<TokenKey, AuthError>,
    shared: Option<Arc<dyn SharedFacts>>,
    revocations: Revocations,
}

impl fmt::Debug for FactsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FactsCache").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The result for concurrent callers, which is then dropped.
enum FetchFailure {
    Stale(Arc<VerifiedClaims>),
    Refused(AuthError),
}

/// Claims expire after their lifetime, or with the token.
struct Freshness(Duration);

impl Freshness {
    fn of(&self, facts: &VerifiedClaims) -> Option<Duration> {
        Some(facts.remaining(Utc::now(), self.0).to_std().unwrap_or_default())
    }
}

impl Expiry<TokenKey, Arc<VerifiedClaims>> for Freshness {
    fn expire_after_create(&self, _: &TokenKey, facts: &Arc<VerifiedClaims>, _: Instant) -> Option<Duration> {
        self.of(facts)
    }

    fn expire_after_update(
        &self,
        _: &TokenKey,
        facts: &Arc<VerifiedClaims>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.of(facts)
    }
}

impl FactsCache {
    pub(in crate::auth) fn new(key: FactsKey, options: CacheOptions, shared: Option<Arc<dyn SharedFacts>>) -> Self {
        let facts = |longest: Duration| {
            let cache = Cache::builder().max_capacity(CAPACITY).expire_after(Freshness(longest));
            cache.weigher(|_, facts: &Arc<VerifiedClaims>| u32::try_from(facts.size()).unwrap_or(u32::MAX)).build()
        };
        let refused_for = REFUSED_FOR.min(options.ttl);
        Self {
            key,
            options,
            fresh: facts(options.ttl),
            last: facts(options.stale),
            refused: Cache::builder().max_capacity(REFUSALS).time_to_live(refused_for).build(),
            shared,
            revocations: Revocations::default(),
        }
    }

    /// The revoked tokens.
    pub(in crate::auth) const fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// Refuses a revoked token.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] if it is revoked.
    pub(in crate::auth) fn refuse_revoked(&self, facts: &VerifiedClaims) -> Result<(), AuthError> {
        if self.revocations.include(facts) { Err(REVOKED) } else { Ok(()) }
    }

    /// The claims of a token: from the cache, or verified by `ask`. Concurrent callers share one call. Claims that a
    /// revocation made void are verified again: the service may know newer ones of the same token.
    ///
    /// # Errors
    /// The error of `ask`; [`AuthError::Invalid`] for a revoked token; [`AuthError::Unavailable`] only if there are no usable claims in the cache.
    pub(in crate::auth) async fn facts(
        &self,
        generation: u64,
        token: &str,
        ask: impl Future<Output = Result<VerifiedClaims, AuthError>>,
    ) -> Result<Arc<VerifiedClaims>, AuthError> {
        let key = self.key.of_token(generation, token);
        if let Some(facts) = self.fresh.get(&key).await {
            let is_revoked = self.revocations.include(&facts);
            if !is_revoked && facts.hold(Utc::now(), self.options.ttl) {
                looked_up(CacheOutcome::Hit);
                return Ok(facts);
            }
            // The cache uses monotonic time, claims use wall-clock time; a clock change makes them differ.
            self.fresh.invalidate(&key).await;
            if is_revoked {
                self.drop_kept(&key).await;
            }
        }
        if let Some(error) = self.refused.get(&key).await {
            looked_up(CacheOutcome::Hit);
            return Err(error);
        }
        let facts = match self.fresh.try_get_with(key, self.find_out(key, ask)).await {
            Ok(facts) => facts,
            Err(unkept) => match &*unkept {
                FetchFailure::Stale(facts) => Arc::clone(facts),
                FetchFailure::Refused(error) => return Err(error.clone()),
            },
        };
        // Also claims that were verified before the revocation, and arrive after it.
        if self.revocations.include(&facts) {
            self.fresh.invalidate(&key).await;
            self.forget(&key, REVOKED).await;
            return Err(REVOKED);
        }
        Ok(facts)
    }

    async fn find_out(
        &self,
        key: TokenKey,
        ask: impl Future<Output = Result<VerifiedClaims, AuthError>>,
    ) -> Result<Arc<VerifiedClaims>, FetchFailure> {
        if let Some(facts) = self.shared_facts(&key).await {
            looked_up(CacheOutcome::Shared);
            return Ok(facts);
        }
        match ask.await {
            Ok(facts) => {
                looked_up(CacheOutcome::Miss);
                let facts = Arc::new(facts);
                self.keep(&key, &facts).await;
                Ok(facts)
            }
            Err(AuthError::Unavailable) => match self.last.get(&key).await {
                Some(facts) if facts.hold(Utc::now(), self.options.stale) => {
                    looked_up(CacheOutcome::Stale);
                    Err(FetchFailure::Stale(facts))
                }
                _ => {
                    looked_up(CacheOutcome::Miss);
                    Err(FetchFailure::Refused(AuthError::Unavailable))
                }
            },
            Err(error) => {
                looked_up(CacheOutcome::Miss);
                self.forget(&key, error.clone()).await;
                Err(FetchFailure::Refused(error))
            }
        }
    }

    /// Claims from another instance, if they are fresh. Otherwise they may be needed later.
    async fn shared_facts(&self, key: &TokenKey) -> Option<Arc<VerifiedClaims>> {
        let sealed = self.shared.as_ref()?.get(&key.name()).await?;
        let Some(facts) = self.key.open(key, &sealed) else {
            looked_up(CacheOutcome::Forged);
            tracing::warn!("the shared cache of tokens has an entry of another program");
            return None;
        };
        if self.revocations.include(&facts) {
            self.drop_kept(key).await;
            return None;
        }
        let (facts, now) = (Arc::new(facts), Utc::now());
        if facts.hold(now, self.options.stale) {
            self.last.insert(*key, Arc::clone(&facts)).await;
        }
        facts.hold(now, self.options.ttl).then_some(facts)
    }

    async fn keep(&self, key: &TokenKey, facts: &Arc<VerifiedClaims>) {
        self.last.insert(*key, Arc::clone(facts)).await;
        let longest = self.options.ttl.max(self.options.stale);
        let ttl = facts.remaining(Utc::now(), longest).to_std().unwrap_or_default();
        if let Some(shared) = self.shared.as_ref().filter(|_| !ttl.is_zero())
            && let Some(sealed) = self.key.seal(key, facts)
        {
            shared.put(&key.name(), sealed, ttl).await;
        }
    }

    async fn forget(&self, key: &TokenKey, error: AuthError) {
        self.refused.insert(*key, error).await;
        self.drop_kept(key).await;
    }

    async fn drop_kept(&self, key: &TokenKey) {
        self.last.invalidate(key).await;
        if let Some(shared) = &self.shared {
            shared.remove(&key.name()).await;
        }
    }
}
