//! The state of the routes.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;
use actix_web::web::Data;
use crm_web::RequestId;
use crm_web::limits::RateLimits;
use crm_web::problem::ApiError;
use secrecy::{ExposeSecret, SecretString};

use crate::base::caller;
use crate::base::secrets::are_equal;
use crate::base::service::UserManagement;

/// The maximum length of a stored `User-Agent`, in characters.
const MAX_USER_AGENT: usize = 200;

/// A service that may ask about tokens and users, with its credentials.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its name.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
}

/// User management and its clients: the state of all routes. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    users: UserManagement,
    clients: Vec<Client>,
    rate_limits: RateLimits,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("users", &self.0.users).finish_non_exhaustive()
    }
}

impl Service {
    /// The service with the clients that may introspect tokens, and with limits to requests.
    #[must_use]
    pub fn new(users: UserManagement, clients: Vec<Client>, rate_limits: RateLimits) -> Self {
        Self(Arc::new(Inner { users, clients, rate_limits }))
    }

    /// The service that [`configure`](super::configure) was called with.
    pub(super) fn of(request: &HttpRequest) -> Result<&Self, ApiError> {
        let service = request.app_data::<Data<Self>>().map(Data::get_ref);
        service.ok_or_else(|| ApiError::internal("the routes are mounted without their service"))
    }

    /// User management itself.
    #[must_use]
    pub fn users(&self) -> &UserManagement {
        &self.0.users
    }

    pub(super) fn rate_limits(&self) -> &RateLimits {
        &self.0.rate_limits
    }

    /// Whether cookies are for encrypted connections only: everywhere but on this machine.
    pub(super) fn has_secure_cookies(&self) -> bool {
        self.users().options().issuer.starts_with("https://")
    }

    /// Whether a client has this secret. Takes the same time for unknown clients.
    pub(super) fn knows(&self, id: &str, secret: &str) -> bool {
        self.0.clients.iter().fold(false, |known, client| {
            known | (are_equal(&client.id, id) & are_equal(client.secret.expose_secret(), secret))
        })
    }

    /// Where a request comes from.
    pub(super) fn client_of(&self, request: &HttpRequest) -> caller::Client {
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        caller::Client {
            address: self.0.rate_limits.client_address(request).map(|address| address.to_string()),
            user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
            request_id: Some(RequestId::of(request).as_str().to_owned()),
        }
    }
}
