//! OAuth 2.0 for other services: tokens (RFC 6749), introspection (RFC 7662), revocation (RFC 7009), discovery and keys.
//!
//! Errors have the form of RFC 6749, section 5.2.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::from_fn;
use actix_web::web::Form;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crm_web::problem::responses::ServiceErrors;
use crm_web::problem::{ApiError, render_problems};
use crm_web::request::{limit_addresses, request_timeout};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Service;
use super::gate::Visitor;
use crate::base::error::{Error, Refusal};
use crate::sessions::Login;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    let oauth = scope("/oauth2").service(issue_token).service(introspect_token).service(revoke_token);
    let known = scope("/.well-known").service(get_configuration).service(get_keys);
    config.service(oauth.wrap(from_fn(request_timeout)).wrap(from_fn(limit_addresses)).wrap(from_fn(render_problems)));
    config.service(known.wrap(from_fn(request_timeout)).wrap(from_fn(limit_addresses)).wrap(from_fn(render_problems)));
}

/// The fields of a form; none for a body that is no form, so that the errors have the form of RFC 6749.
struct Fields(Option<HashMap<String, String>>);

impl FromRequest for Fields {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = Form::from_request(request, payload);
        Box::pin(async move { Ok(Self(form.await.ok().map(Form::into_inner))) })
    }
}

impl Fields {
    fn get(&self, name: &str) -> Option<&String> {
        self.0.as_ref()?.get(name)
    }
}

const NO_TOKEN: &str = "expected a form with a token";

fn field<'f>(form: &'f Fields, name: &str) -> &'f str {
    form.get(name).map(String::as_str).unwrap_or_default()
}

fn uncached(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status).insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))).json(body)
}

fn refused(error: &str, description: &str) -> HttpResponse {
    uncached(StatusCode::BAD_REQUEST, &json!({ "error": error, "error_description": description }))
}

fn unknown_client() -> HttpResponse {
    let body = json!({ "error": "invalid_client", "error_description": "the client or its secret is wrong" });
    let mut response = uncached(StatusCode::UNAUTHORIZED, &body);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"user-management\""));
    response
}

/// The name and the secret of the client: from the header, which is form-encoded (RFC 6749, section 2.3.1), or from the
/// form.
fn credentials(request: &HttpRequest, form: &Fields) -> Option<(String, String)> {
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Some((form.get("client_id")?.clone(), form.get("client_secret")?.clone()));
    };
    basic(header.to_str().ok()?)
}

/// The credentials of a `Basic` header.
pub(super) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':').filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = |text: &str| {
        let pair = format!("v={text}");
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?))
}

fn is_client(service: &Service, request: &HttpRequest, form: &Fields) -> bool {
    credentials(request, form).is_some_and(|(id, secret)| service.knows(&id, &secret))
}

/// A request for a token.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "read as a form; this is its documentation")]
pub(super) struct TokenRequest {
    /// `client_credentials` for an API key, or `password`.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// The id of the API key, or any text; with `client_credentials`. Or send both in an `Authorization: Basic` header.
    client_id: Option<String>,
    /// The API key; with `client_credentials`.
    client_secret: Option<String>,
    /// The e-mail address; with `password`.
    username: Option<String>,
    /// The password; with `password`.
    password: Option<String>,
    /// The id or the name of the company; with `password`, for users of several companies.
    company: Option<String>,
    /// The code of the second factor; with `password`.
    code: Option<String>,
}

/// An access token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenAnswer {
    /// The token.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Its lifetime in seconds.
    #[schema(example = 900)]
    expires_in: u64,
}

impl TokenAnswer {
    fn respond(access_token: String, expires_in: u64) -> HttpResponse {
        uncached(StatusCode::OK, &Self { access_token, token_type: "Bearer", expires_in })
    }
}

/// Why there is no token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OAuthError {
    /// The code of RFC 6749.
    #[schema(example = "invalid_grant")]
    error: &'static str,
    /// What is wrong.
    error_description: &'static str,
}

/// Get an access token
///
/// For an API key (`client_credentials`), or for an e-mail address and a password (`password`), which programs of the
/// command line and Swagger UI use. Browsers sign in at `POST /api/auth/login`.
#[utoipa::path(
    tag = "oauth",
    security(()),
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded", description = "The grant"),
    responses(
        (status = 200, description = "The token", body = TokenAnswer),
        (status = 400, description = "There is no token", body = OAuthError),
        (status = 401, description = "The API key is wrong", body = OAuthError,
            headers(("WWW-Authenticate" = String, description = "The challenge"))),
        ServiceErrors,
    ),
)]
#[post("/token")]
pub(super) async fn issue_token(
    visitor: Visitor,
    request: HttpRequest,
    form: Fields,
) -> Result<HttpResponse, ApiError> {
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => exchange(visitor, &request, &form).await,
        Some("password") => log_in(visitor, &form).await,
        None => Ok(refused("invalid_request", "expected a form with a grant_type")),
        Some(_) => Ok(refused("unsupported_grant_type", "expected client_credentials or password")),
    }
}

async fn exchange(visitor: Visitor, request: &HttpRequest, form: &Fields) -> Result<HttpResponse, ApiError> {
    let Some((_, key)) = credentials(request, form) else {
        return Ok(unknown_client());
    };
    match visitor.service.users().exchange(&SecretString::from(key), &visitor.client).await {
        Ok(token) => Ok(TokenAnswer::respond(token.access_token, token.expires_in)),
        Err(Error::Refused(_)) => Ok(unknown_client()),
        Err(error) => Err(error.into()),
    }
}

async fn log_in(visitor: Visitor, form: &Fields) -> Result<HttpResponse, ApiError> {
    let optional = |name: &str| form.get(name).filter(|text| !text.is_empty()).cloned();
    let login = Login {
        email: field(form, "username").to_owned(),
        password: field(form, "password").to_owned().into(),
        company: optional("company"),
        code: optional("code"),
        device: None,
    };
    match visitor.service.users().login(login, &visitor.client).await {
        Ok(signed_in) => Ok(TokenAnswer::respond(signed_in.access_token, signed_in.expires_in)),
        Err(Error::Refused(refusal)) => {
            let description = refusal.to_string();
            Ok(refused(if refusal == Refusal::Company { "invalid_request" } else { "invalid_grant" }, &description))
        }
        Err(error) => Err(error.into()),
    }
}

/// A token to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "read as a form; this is its documentation")]
pub(super) struct TokenField {
    /// The token.
    token: String,
    /// What kind it may be; not needed.
    token_type_hint: Option<String>,
}

/// The claims of a token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Introspection {
    /// Whether the token is valid now. All else is absent if it is not.
    active: bool,
    /// The user, or the API key.
    sub: Option<String>,
    /// The company.
    company_id: Option<String>,
    /// The role.
    role: Option<String>,
    /// When it expires, in seconds since 1970.
    exp: Option<i64>,
}

/// Introspect a token
///
/// Whether an access token or an API key is valid now, and its claims (RFC 7662). For services with client credentials.
#[utoipa::path(
    tag = "oauth",
    security(("client" = [])),
    request_body(content = TokenField, content_type = "application/x-www-form-urlencoded", description = "The token"),
    responses(
        (status = 200, description = "The claims, or `active: false`", body = Introspection),
        (status = 400, description = "The body is no form", body = OAuthError),
        (status = 401, description = "The client is unknown", body = OAuthError,
            headers(("WWW-Authenticate" = String, description = "The challenge"))),
        ServiceErrors,
    ),
)]
#[post("/introspect")]
pub(super) async fn introspect_token(
    visitor: Visitor,
    request: HttpRequest,
    form: Fields,
) -> Result<HttpResponse, ApiError> {
    if !is_client(&visitor.service, &request, &form) {
        return Ok(unknown_client());
    }
    let Some(token) = form.get("token") else {
        return Ok(refused("invalid_request", NO_TOKEN));
    };
    let claims: Value = visitor.service.users().introspect(token).await?;
    Ok(uncached(StatusCode::OK, &claims))
}

/// Revoke a token
///
/// Ends the session of an access token or a refresh token (RFC 7009). For services with client credentials.
#[utoipa::path(
    tag = "oauth",
    security(("client" = [])),
    request_body(content = TokenField, content_type = "application/x-www-form-urlencoded", description = "The token"),
    responses(
        (status = 200, description = "The token is void, or was"),
        (status = 400, description = "The body is no form", body = OAuthError),
        (status = 401, description = "The client is unknown", body = OAuthError,
            headers(("WWW-Authenticate" = String, description = "The challenge"))),
        ServiceErrors,
    ),
)]
#[post("/revoke")]
pub(super) async fn revoke_token(
    visitor: Visitor,
    request: HttpRequest,
    form: Fields,
) -> Result<HttpResponse, ApiError> {
    if !is_client(&visitor.service, &request, &form) {
        return Ok(unknown_client());
    }
    let Some(token) = form.get("token") else {
        return Ok(refused("invalid_request", NO_TOKEN));
    };
    visitor.service.users().revoke(token).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))).finish())
}

/// Discover the service
///
/// Where everything is, as OpenID Connect Discovery has it.
#[utoipa::path(
    tag = "oauth",
    security(()),
    responses((status = 200, description = "The addresses", body = Value, example = json!({
        "issuer": "https://id.example.com",
        "jwks_uri": "https://id.example.com/.well-known/jwks.json",
        "token_endpoint": "https://id.example.com/oauth2/token",
    })), ServiceErrors),
)]
#[get("/openid-configuration")]
pub(super) async fn get_configuration(visitor: Visitor) -> HttpResponse {
    let options = visitor.service.users().options();
    let issuer = options.issuer.trim_end_matches('/');
    public(json!({
        "issuer": options.issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "introspection_endpoint": format!("{issuer}/oauth2/introspect"),
        "revocation_endpoint": format!("{issuer}/oauth2/revoke"),
        "grant_types_supported": ["client_credentials", "password"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "id_token_signing_alg_values_supported": [options.algorithm.as_str()],
    }))
}

/// Read the keys
///
/// The public keys of access tokens (RFC 7517).
#[utoipa::path(
    tag = "oauth",
    security(()),
    responses((status = 200, description = "The keys", body = Value, example = json!({
        "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }],
    })), ServiceErrors),
)]
#[get("/jwks.json")]
pub(super) async fn get_keys(visitor: Visitor) -> Result<HttpResponse, ApiError> {
    Ok(public(visitor.service.users().jwks().await?))
}

/// An answer that may be kept for a moment.
fn public(body: Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=30"))).json(body)
}

#[cfg(test)]
mod tests {
    use super::basic;

    #[test]
    fn credentials_are_decoded() {
        // "crm:a+b%25:c" in base64.
        let expected = ("crm".to_owned(), "a b%:c".to_owned());
        assert_eq!(basic("Basic Y3JtOmErYiUyNTpj"), Some(expected));
        for header in ["", "Basic", "Basic !", "Bearer Y3JtOmErYiUyNTpj", "Basic Y3Jt"] {
            assert_eq!(basic(header), None, "{header}");
        }
    }
}
