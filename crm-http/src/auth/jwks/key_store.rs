//! The keys in use: fetched ahead of need, replaced by better ones, and never by nothing.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::keys::KeySet;
use super::{JwksOptions, KeySource};
use crate::auth::upstream::{CallError, Upstream};
use crate::auth::{AuthError, UpstreamError, metrics};

/// How soon a fetch that failed is tried again: at first, and in the end.
const SOON: Duration = Duration::from_millis(500);
const LATER: Duration = Duration::from_secs(4);

/// Keys, and how many other sets there were before.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) generation: u64,
    pub(super) set: Arc<KeySet>,
    /// When they were last seen to be the ones.
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
    /// Held while keys are fetched, so that one fetch serves all who wait for it.
    fetching: Mutex<Fetching>,
}

/// What came of the last fetch.
#[derive(Debug, Default)]
struct Fetching {
    failed: bool,
    /// When a token last made us fetch.
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

    /// Keys that are newer than those of `generation`, if they may be fetched and there are any; else the same.
    ///
    /// A token can name any key, so tokens make us fetch only now and then.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`] if it cannot be told whether there are newer ones.
    pub(super) async fn keys_after(&self, generation: u64) -> Result<Keys, AuthError> {
        let mut fetching = self.fetching.lock().await;
        let is_outdated = self.keys().is_none_or(|keys| keys.generation == generation);
        let may_fetch = fetching.demanded.is_none_or(|last| last.elapsed() >= self.pause);
        if is_outdated && may_fetch {
            fetching.demanded = Some(Instant::now());
            // What came of it is noted.
            let _ = self.fetch(&mut fetching).await;
        }
        self.keys().filter(|_| !fetching.failed).ok_or(AuthError::Unavailable)
    }

    /// Whether the service gives its keys. They are put to use.
    pub(super) async fn answers(&self) -> bool {
        self.fetch(&mut *self.fetching.lock().await).await.is_ok()
    }

    async fn fetch(&self, fetching: &mut Fetching) -> Result<(), CallError> {
        let fetched = self.source.fetch(&self.upstream).await;
        match &fetched {
            Ok(_) if fetching.failed => tracing::info!("the keys of the user-management service can be fetched again"),
            Ok(_) => {}
            Err(trouble) if self.keys().is_some() => {
                tracing::warn!(%trouble, "keys cannot be fetched; those that are known stay in use");
            }
            Err(trouble) => tracing::error!(%trouble, "keys cannot be fetched: every token is answered with 503"),
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

    /// How long to wait for the next fetch. Not all instances at once.
    fn wait(&self, went_well: bool, after_failure: Duration) -> Duration {
        let wait = if went_well { self.refresh } else { after_failure.min(LATER).min(self.refresh) };
        wait.mul_f64(rand::random_range(0.8..=1.0))
    }
}

/// Fetches keys again and again, as long as somebody uses them.
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
