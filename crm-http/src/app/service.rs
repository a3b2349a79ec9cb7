//! The state of the routes, and their document.

use std::ops::Deref;

use crm_core::Crm;
use crm_core::sea_orm::DatabaseConnection;
use crm_web::auth::Authenticator;
use crm_web::cache::Cache;
use crm_web::limits::RateLimits;
use crm_web::service::Limits;
use crm_web::streams::CursorKey;
use utoipa::openapi::OpenApi;

use super::document;

/// The CRM, its database and its authenticator: the state of all routes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service(pub(crate) crm_web::Service);

impl Service {
    /// Combines the three, with the default limits.
    pub fn new(crm: Crm, database: DatabaseConnection, authenticator: impl Authenticator) -> Self {
        Self(crm_web::Service::new(crm, database, authenticator))
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self(self.0.with_limits(limits))
    }

    /// Sets rate limits. By default there are none.
    #[must_use]
    pub fn with_rate_limits(self, rate_limits: RateLimits) -> Self {
        Self(self.0.with_rate_limits(rate_limits))
    }

    /// Sets the cache of responses, or none. By default it is a cache of this process.
    #[must_use]
    pub fn with_cache(self, cache: impl Into<Option<Cache>>) -> Self {
        Self(self.0.with_cache(cache))
    }

    /// Sets the key of event cursors, so that they are valid at other instances and after a restart. By default it is a
    /// random key of this process.
    #[must_use]
    pub fn with_cursor_key(self, key: CursorKey) -> Self {
        Self(self.0.with_cursor_key(key))
    }

    /// The OpenAPI document of what [`configure`](crate::configure) mounts with this service, for
    /// [`configure_docs`](crate::configure_docs). It describes the credentials of *its* authenticator.
    ///
    /// Without the health routes; [`openapi`](crate::openapi) is the document of the standalone service.
    #[must_use]
    pub fn openapi(&self) -> OpenApi {
        document::of_features(&self.authenticator().scheme())
    }
}

/// What the routes of other crates share with those of the CRM.
impl Deref for Service {
    type Target = crm_web::Service;

    fn deref(&self) -> &crm_web::Service {
        &self.0
    }
}
