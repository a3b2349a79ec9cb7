//! Answers that are computed once for all who may have the same one.

use std::hash::Hash;

use crm_core::CompanyScope;
use crm_core::actor::Action;
use serde::Serialize;

use super::Caller;
use crate::answer::{ApiResponse, ApiResult};
use crate::cache::CacheKind;
use crate::problem::ApiError;

impl Caller {
    /// The response for `query`: a cached one if nothing has been written since, or the result of `compute`. `compute` must
    /// depend only on `query`, the caller's rights and the company's records. Concurrent requests share one computation and
    /// its error, so that a slow database is not loaded several times. A caller without the right to read gets no cached
    /// response; `compute` refuses them.
    ///
    /// # Errors
    /// Those of `compute`.
    pub async fn cached_response<T, C>(
        &self,
        (kept, operation): (CacheKind, &'static str),
        query: &impl Hash,
        compute: C,
    ) -> ApiResult
    where
        T: Serialize,
        C: AsyncFn(&mut CompanyScope<'static>) -> crm_core::Result<T>,
    {
        let fresh = async || Ok::<_, ApiError>(ApiResponse::ok(&compute(&mut self.scope()).await?)?);
        let (Some(cache), Some(_)) = (self.cache(), self.actor().reach(kept.resource(), Action::Read)) else {
            return fresh().await;
        };
        let revision = self.scope().revision().await?;
        cache.get_or_compute((kept, operation), self.actor(), revision, query, fresh()).await
    }
}
