//! Recent results of checks. Concurrent probes share one check.

use std::fmt;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use moka::future::Cache;

use super::Dependency;

/// The maximum age of a result. Probes come every few seconds.
const FRESH: Duration = Duration::from_secs(1);
/// The maximum age of a result of another service, which others query as well.
const NEIGHBOUR_FRESH: Duration = Duration::from_secs(10);

/// The results of the last checks. Concurrent callers wait for one check. The check is boxed: it is too large for the
/// stack of a thread that the cache moves it across.
#[derive(Clone)]
pub struct RecentChecks {
    needs: Cache<&'static str, Dependency>,
    neighbours: Cache<&'static str, Option<Dependency>>,
}

impl fmt::Debug for RecentChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentChecks").finish_non_exhaustive()
    }
}

impl Default for RecentChecks {
    fn default() -> Self {
        Self::kept_for(FRESH, NEIGHBOUR_FRESH)
    }
}

impl RecentChecks {
    /// Sets the maximum age of results; zero checks every time.
    #[must_use]
    pub fn kept_for(needs: Duration, neighbours: Duration) -> Self {
        Self {
            needs: Cache::builder().time_to_live(needs).build(),
            neighbours: Cache::builder().time_to_live(neighbours).build(),
        }
    }

    /// The status of a dependency of the process.
    pub async fn need(&self, name: &'static str, check: LocalBoxFuture<'_, Dependency>) -> Dependency {
        self.needs.get_with(name, check).await
    }

    /// The status of another service; `None` if it is not used.
    pub async fn neighbour(
        &self,
        name: &'static str,
        check: LocalBoxFuture<'_, Option<Dependency>>,
    ) -> Option<Dependency> {
        self.neighbours.get_with(name, check).await
    }
}
