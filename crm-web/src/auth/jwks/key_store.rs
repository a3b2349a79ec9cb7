//! The keys in use: fetched ahead of need, and replaced only by usable keys.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::keys::KeySet;
use super::{JwksOptions, KeySource};
use crate::auth::upstream::{CallError, Upstream};
use crate::auth::{AuthError, UpstreamError, metrics};

/// The delay before a failed fetch is retried: the first and the maximum.
const SOON: Duration = Duration::from_millis(500);
const LATER: Duration = Duration::from_secs(4);

/// Keys, and the number of previous sets.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) generation: u64,
    pub(super) set: Arc<KeySet>,
    /// The time at which they were last confirmed.
    fetched: Instant,
}

#[derive(Debug)]
pub(super) struct KeyStore {
    source: KeySource,
    upstream: Upstream,
    refresh: Duration,
    stale: Duration,
    pause: Duration,
    keys: RwLock<Option<Keys>>,
    /// Locked during a fetch, so that concurrent callers share one fetch.
    fetching: Mutex<Fetching>,
}

/// The result of the last fetch.
#[derive(Debug, Default)]
struct Fetching {
    failed: bool,
    /// The time of the last fetch caused by a token.
    demanded: Option<Instant>,
}

impl KeyStore {
    pub(super) async fn start(options: &JwksOptions) -> Result<Arc<Self>, UpstreamError> {
        let JwksOptions { source, upstream, refresh, stale, pause, .. } = options;
        let key_store = Arc::new(Self {
            upstream: Upstream::new(source.url(), *upstream)?,
            source: source.clone(),
            refresh: *refresh,
            stale: *stale,
            pause: *pause,
            keys: RwLock::new(None),
            fetching: Mutex::default(),
        });
        let first = key_store.fetch(&mut *key_store.fetching.lock().await).await;
        tokio::spawn(keep(Arc::downgrade(&key_store), key_store.wait(first.is_ok(), SOON)));
        Ok(key_store)
    }

    /// The keys, if there are any that are not too old.
    pub(super) fn keys(&self) -> Option<Keys> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.as_ref().filter(|keys| keys.fetched.elapsed() < self.stale).cloned()
    }

    /// The keys, fetched again if they are still those of `generation` and a fetch is allowed.
    ///
    /// A token can name any key, so fetches caused by tokens are limited.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`] if the keys could not be fetched.
    pub(super) async fn keys_after(&self, generation: u64) -> Result<Keys, AuthError> {
        let mut fetching = self.fetching.lock().await;
        let is_outdated = self.keys().is_none_or(|keys| keys.generation == generation);
        let may_fetch = fetching.demanded.is_none_or(|last| last.elapsed() >= self.pause);
        if is_outdated && may_fetch {
            fetching.demanded = Some(Instant::now());
            // The result of the fetch is recorded.
            let _ = self.fetch(&mut fetching).await;
        }
        self.keys().filter(|_| !fetching.failed).ok_or(AuthError::Unavailable)
    }

    /// Fetches the keys and uses them. Returns whether that succeeded.
    pub(super) async fn answers(&self) -> bool {
        self.fetch(&mut *self.fetching.lock().await).await.is_ok()
    }

    async fn fetch(&self, fetching: &mut Fetching) -> Result<(), CallError> {
        let fetched = self.source.fetch(&self.upstream).await;
        match &fetched {
            Ok(_) if fetching.failed => tracing::info!("the keys of the user-management service can be fetched again"),
            Ok(_) => {}
            Err(error) if self.keys().is_some() => {
                tracing::warn!(%error, "keys cannot be fetched; the known keys stay in use");
            }
            Err(error) => tracing::error!(%error, "keys cannot be fetched: all requests fail with 503"),
        }
        fetching.failed = fetched.is_err();
        self.replace(fetched?);
        Ok(())
    }

    fn replace(&self, set: KeySet) {
        metrics::keys(set.len());
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let (fetched, generation) = (Instant::now(), keys.as_ref().map_or(0, |keys| keys.generation + 1));
        match keys.as_mut() {
            Some(keys) if *keys.set == set => keys.fetched = fetched,
            _ => {
                tracing::info!(count = set.len(), "tokens are verified with the keys that are published now");
                *keys = Some(Keys { generation, set: Arc::new(set), fetched });
            }
        }
    }

    /// The delay until the next fetch, randomized so that instances do not fetch together.
    fn wait(&self, went_well: bool, after_failure: Duration) -> Duration {
        let wait = if went_well { self.refresh } else { after_failure.min(LATER).min(self.refresh) };
        wait.mul_f64(rand::random_range(0.8..=1.0))
    }
}

/// Fetches keys periodically, as long as the store is in use.
async fn keep(key_store: Weak<KeyStore>, first: Duration) {
    let (mut wait, mut after_failure) = (first, SOON);
    loop {
        tokio::time::sleep(wait).await;
        let Some(key_store) = key_store.upgrade() else {
            return;
        };
        let went_well = key_store.answers().await;
        after_failure = if went_well { SOON } else { after_failure.saturating_mul(2) };
        wait = key_store.wait(went_well, after_failure);
    }
}
