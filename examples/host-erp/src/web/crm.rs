//! The CRM's routes in the ERP's app, authenticated by the ERP's sessions.

use actix_web::HttpRequest;
use actix_web::web::ServiceConfig;
use crm_core::actor::Actor;
use crm_http::auth::{AuthError, AuthScheme, Authenticator};
use crm_http::{Service, configure, configure_docs};

use super::{SESSION, shown_by};
use crate::{Erp, crm};

/// The CRM over HTTP, for those who are logged in to the ERP. Made once.
pub(super) fn service(erp: &Erp) -> Service {
    Service::new(erp.crm.clone(), erp.db.clone(), Sessions(erp.clone()))
}

/// Its routes and its Swagger UI. The ERP has probes and metrics of its own, so the CRM's are left out.
pub(super) fn routes(service: Service) -> impl FnOnce(&mut ServiceConfig) {
    let document = service.openapi();
    move |config| {
        config.configure(configure(service)).configure(configure_docs(document));
    }
}

struct Sessions(Erp);

#[async_trait::async_trait(?Send)]
impl Authenticator for Sessions {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        actor_of(&self.0, shown_by(request)).await
    }

    fn scheme(&self) -> AuthScheme {
        AuthScheme::header(SESSION, "You get a session when you log in to the ERP.")
    }
}

/// The actor of a session.
pub(super) async fn actor_of(erp: &Erp, token: Option<&str>) -> Result<Actor, AuthError> {
    match erp.logged_in(token.ok_or(AuthError::Missing)?).await {
        Ok(Some(employee)) => Ok(crm::actor(&employee)),
        Ok(None) => Err(AuthError::Invalid("the session has ended")),
        Err(error) => {
            tracing::error!(error = &*error, "sessions cannot be looked up");
            Err(AuthError::Unavailable)
        }
    }
}
