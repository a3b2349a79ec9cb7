//! The identity provider of the demo: OAuth 2.0 with user name and password (RFC 6749, section 4.3).

use std::collections::HashMap;

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{self, Data, Form};
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::Utc;
use crm_http::auth::{CallerFacts, ClaimMapping, SharedSecret};
use crm_http::config::AuthConfig;
use serde_json::json;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Flow, OAuth2, Password, Scopes, SecurityRequirement, SecurityScheme};

use super::people::{PASSWORD, PEOPLE, Person};

pub(super) const ISSUER: &str = "urn:crm:demo";
pub(super) const AUDIENCE: &str = "crm";
const TOKEN_PATH: &str = "/demo/token";
const SCHEME: &str = "demoLogin";
/// The lifetime of a token, in seconds: a working day.
const TTL: i64 = 8 * 3600;

/// Issues tokens for the users of the demo.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    signer: SharedSecret,
    claims: ClaimMapping,
}

impl Provider {
    /// `None` if tokens come from another provider.
    pub(super) fn new(config: &AuthConfig) -> Option<Self> {
        let options = config.shared_secret()?.clone();
        Some(Self { claims: options.claims.clone(), signer: SharedSecret::new(options) })
    }

    fn token(&self, person: &Person) -> Option<String> {
        let mut claims = self.claims.claims(&CallerFacts {
            company: person.company.id().to_string(),
            user: person.id().to_string(),
            role: person.role.to_string(),
            name: Some(person.name.to_owned()),
            email: Some(person.email()),
        });
        let now = Utc::now().timestamp();
        claims.insert("iat".to_owned(), now.into());
        claims.insert("exp".to_owned(), (now + TTL).into());
        self.signer.mint(claims).ok()
    }
}

/// Mounts the token endpoint.
pub(super) fn mount(app: &mut web::ServiceConfig, provider: Provider) {
    app.app_data(Data::new(provider));
    app.route(TOKEN_PATH, web::post().to(token));
}

async fn token(provider: Data<Provider>, form: Form<HashMap<String, String>>) -> HttpResponse {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if field("grant_type") != "password" {
        return refused("unsupported_grant_type", "the demo knows grant_type=password only");
    }
    let person = PEOPLE.iter().find(|person| person.email().eq_ignore_ascii_case(field("username").trim()));
    let person = person.filter(|_| field("password") == PASSWORD);
    match person.and_then(|person| provider.token(person)) {
        Some(token) => uncached(HttpResponse::Ok()).json(json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TTL,
        })),
        None => refused("invalid_grant", "the user name or the password is wrong"),
    }
}

fn refused(error: &str, description: &str) -> HttpResponse {
    uncached(HttpResponse::BadRequest()).json(json!({ "error": error, "error_description": description }))
}

fn uncached(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response
}

/// Adds a login to the document.
pub(super) fn documented(mut document: OpenApi) -> OpenApi {
    let flow = Flow::Password(Password::new(TOKEN_PATH, Scopes::new()));
    let scheme =
        OAuth2::with_description([flow], format!("The people of the demo; the password is always `{PASSWORD}`."));
    document.components.get_or_insert_default().add_security_scheme(SCHEME, SecurityScheme::OAuth2(scheme));
    document.security.get_or_insert_default().push(SecurityRequirement::new(SCHEME, [""; 0]));
    document
}
