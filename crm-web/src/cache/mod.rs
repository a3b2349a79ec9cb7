//! Caches responses until the next write: statistics, dashboards, lists of tags.
//!
//! A response is stored under the revision of its company ([`CompanyScope::revision`]), which is read first, in one
//! cheap statement. So it is never out of date, whichever instance wrote, with or without Redis. See
//! `docs/adr/0012-a-cache-that-asks-the-database-whether-it-holds.md`.
//!
//! [`CompanyScope::revision`]: crm_core::CompanyScope::revision

mod metrics;
mod shared;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use crm_core::actor::{Action, Actor, Reach, Resource};
use crm_core::events::Revision;

pub(crate) use metrics::describe as describe_metrics;
pub use shared::SharedCache;

use crate::answer::{ApiResponse, ApiResult};
use crate::problem::ApiError;
use crate::seal::{LENGTH, SealKey, hexadecimal};
use metrics::{Outcome, looked_up};

/// The maximum memory of the cache, in bytes.
const CAPACITY: u64 = 32 * 1024 * 1024;
/// The lifetime of a response: overdue numbers and the names of users change without a write. A response from another
/// instance is kept as long again, so none gets older than a minute.
const KEPT_FOR: Duration = Duration::from_secs(30);
/// The purpose of the seal.
const PURPOSE: &[u8] = b"answers";

/// The kind of a response, as label of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// Statistics.
    Stats,
    /// Tags.
    Tags,
}

impl CacheKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Stats => "stats",
            Self::Tags => "tags",
        }
    }

    /// The resource that must be readable.
    pub(crate) const fn resource(self) -> Resource {
        match self {
            Self::Stats => Resource::Customers,
            Self::Tags => Resource::Tags,
        }
    }
}

/// The key of a response: everything that it depends on.
type Name = [u8; LENGTH];

/// Recent responses. Cheap to clone.
#[derive(Clone)]
pub struct Cache {
    answers: moka::future::Cache<Name, Arc<str>>,
    shared: Option<Arc<dyn SharedCache>>,
    key: SealKey,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("is_shared", &self.shared.is_some()).finish_non_exhaustive()
    }
}

impl Default for Cache {
    /// A cache of this process.
    fn default() -> Self {
        Self::new(None, SealKey::random())
    }
}

impl Cache {
    /// A cache shared by instances with the same secret.
    #[must_use]
    pub fn shared(store: Arc<dyn SharedCache>, secret: &[u8]) -> Self {
        // The secret has other uses, so a separate key is derived from it.
        Self::new(Some(store), SealKey::of(&SealKey::of(secret).digest(&[b"crm", PURPOSE])))
    }

    fn new(shared: Option<Arc<dyn SharedCache>>, key: SealKey) -> Self {
        let answers = moka::future::Cache::builder().max_capacity(CAPACITY).time_to_live(KEPT_FOR);
        let answers = answers.weigher(|_, answer: &Arc<str>| u32::try_from(answer.len() + LENGTH).unwrap_or(u32::MAX));
        Self { answers: answers.build(), shared, key }
    }

    /// The response under the name, from this process or the shared store.
    async fn find(&self, kept: CacheKind, company: &str, name: &Name) -> Option<Arc<str>> {
        let sealed = self.shared.as_ref()?.get(company, &hexadecimal(name)).await?;
        let text = self.key.open(PURPOSE, name, &sealed).and_then(|text| String::from_utf8(text).ok());
        if text.is_none() {
            looked_up(kept, Outcome::Forged);
            tracing::warn!("the shared cache of answers has an entry of another program");
        }
        text.map(Arc::from)
    }

    async fn keep(&self, company: &str, name: &Name, answer: &str) {
        if let Some(shared) = &self.shared
            && let Some(sealed) = self.key.seal(PURPOSE, name, answer.as_bytes().to_vec())
        {
            shared.put(company, &hexadecimal(name), sealed, KEPT_FOR).await;
        }
    }
}

impl Cache {
    /// What was answered before under all that an answer depends on, or else what `compute` finds. Of those who ask at once,
    /// one computes.
    pub(crate) async fn get_or_compute(
        &self,
        (kept, operation): (CacheKind, &'static str),
        actor: &Actor,
        revision: Revision,
        query: &impl Hash,
        compute: impl Future<Output = ApiResult>,
    ) -> ApiResult {
        let company = actor.company();
        let name = self.name(actor, operation, revision, query);
        if let Some(answer) = self.answers.get(&name).await {
            looked_up(kept, Outcome::Hit);
            return Ok(ApiResponse::json(answer.to_string()));
        }
        let found = self.answers.try_get_with(name, async {
            if let Some(answer) = self.find(kept, &company.to_string(), &name).await {
                looked_up(kept, Outcome::Shared);
                return Ok(answer);
            }
            looked_up(kept, Outcome::Miss);
            let answer: Arc<str> = compute.await?.into_body().into();
            self.keep(&company.to_string(), &name, &answer).await;
            Ok::<_, ApiError>(answer)
        });
        match found.await {
            Ok(answer) => Ok(ApiResponse::json(answer.to_string())),
            Err(failure) => Err(ApiError::clone(&failure)),
        }
    }

    /// Everything that a response depends on. Users who may read everything share responses; other users have their
    /// own.
    fn name(&self, actor: &Actor, operation: &str, revision: Revision, query: &impl Hash) -> Name {
        let mut question = Bytes::default();
        (query, revision).hash(&mut question);
        let resources = [
            Resource::Customers,
            Resource::Interactions,
            Resource::Notes,
            Resource::Tags,
            Resource::Leads,
            Resource::Deals,
            Resource::Tasks,
            Resource::Quotas,
        ];
        let reaches = resources.map(|resource| actor.reach(resource, Action::Read));
        let sees_all = reaches.iter().all(|reach| *reach == Some(Reach::All));
        let viewer = if sees_all { String::new() } else { format!("{:?} {reaches:?}", actor.user_id()) };
        let company = actor.company().0;
        let version = env!("CARGO_PKG_VERSION").as_bytes();
        self.key.digest(&[version, company.as_bytes(), operation.as_bytes(), &question.0, viewer.as_bytes()])
    }
}

/// Serialises a value for hashing: different values never give the same bytes.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Not needed: the digest uses the bytes only.
    fn finish(&self) -> u64 {
        0
    }
}
