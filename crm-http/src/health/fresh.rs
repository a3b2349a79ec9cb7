//! What was found out a moment ago: everybody may ask, so many at once are one question.

use std::fmt;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use moka::future::Cache;

use super::Dependency;

/// How old an answer may be. Probes come every few seconds.
const FRESH: Duration = Duration::from_secs(1);
/// How old an answer of the user-management service may be, which others ask as well.
const NEIGHBOUR_FRESH: Duration = Duration::from_secs(10);

/// How dependencies were at the last look. Those who ask at once wait for one look, which is boxed: it is too large for the stack of
/// a thread that the cache would move it across.
#[derive(Clone)]
pub(super) struct Looks {
    needs: Cache<&'static str, Dependency>,
    neighbours: Cache<&'static str, Option<Dependency>>,
}

impl fmt::Debug for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Looks").finish_non_exhaustive()
    }
}

impl Default for Looks {
    fn default() -> Self {
        Self::kept_for(FRESH, NEIGHBOUR_FRESH)
    }
}

impl Looks {
    pub(super) fn kept_for(needs: Duration, neighbours: Duration) -> Self {
        Self {
            needs: Cache::builder().time_to_live(needs).build(),
            neighbours: Cache::builder().time_to_live(neighbours).build(),
        }
    }

    /// How something is that requests need.
    pub(super) async fn need(&self, name: &'static str, look: LocalBoxFuture<'_, Dependency>) -> Dependency {
        self.needs.get_with(name, look).await
    }

    /// How another service is, if it is needed at all.
    pub(super) async fn neighbour(
        &self,
        name: &'static str,
        look: LocalBoxFuture<'_, Option<Dependency>>,
    ) -> Option<Dependency> {
        self.neighbours.get_with(name, look).await
    }
}
