//! The answers of the provider.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;

use super::tokens::hash;
use super::{OpenIdFault, Session, State, lock};
use crate::user_management::SigningKey;

type Answer = Response<Full<Bytes>>;
type Fields = HashMap<String, String>;

pub(super) async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let service = service_fn(move |request| answer(request, Arc::clone(&state)));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

fn fields(text: &str) -> Fields {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

async fn answer(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let form = fields(&String::from_utf8_lossy(&body));
    let query = head.uri.query().unwrap_or_default().to_owned();
    let authorization = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if head.uri.path() == "/token" && lock(&state).fault == Some(OpenIdFault::TokenSilence) {
        std::future::pending::<()>().await;
    }
    let mut state = lock(&state);
    Ok(match head.uri.path() {
        "/.well-known/openid-configuration" => state.discovery(),
        "/keys" => {
            let keys: Vec<_> = state.keys.iter().map(SigningKey::public).collect();
            json_answer(StatusCode::OK, &json!({ "keys": keys }))
        }
        "/authorize" => state.authorize(&fields(&query)),
        "/token" => state.token(&form, authorization.as_deref()),
        "/revoke" if state.knows_client(&form, authorization.as_deref()) => {
            let token = form.get("token").cloned().unwrap_or_default();
            state.refresh_tokens.remove(&token);
            state.revoked.push(token);
            json_answer(StatusCode::OK, &json!({}))
        }
        "/end" => state.end(&query),
        _ => json_answer(StatusCode::NOT_FOUND, &json!({ "error": "not_found" })),
    })
}

impl State {
    fn discovery(&mut self) -> Answer {
        self.asked.discovery += 1;
        let url = &self.url;
        let issuer = match self.fault {
            Some(OpenIdFault::NoDiscovery) => return json_answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({})),
            Some(OpenIdFault::OtherDiscovery) => "https://another.example",
            _ => url,
        };
        let method = if self.takes_form_only { "client_secret_post" } else { "client_secret_basic" };
        let mut scopes = vec!["openid", "profile", "email"];
        scopes.extend(self.lists_offline_access.then_some("offline_access"));
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"),
            "end_session_endpoint": format!("{url}/end"),
            "revocation_endpoint": format!("{url}/revoke"),
            "scopes_supported": scopes,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "token_endpoint_auth_methods_supported": [method],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        json_answer(StatusCode::OK, &document)
    }

    /// A wrong request is told here and not at the callback, as the standard wants it.
    fn authorize(&mut self, query: &Fields) -> Answer {
        let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let knows_scopes = self.lists_offline_access || !text("scope").contains("offline_access");
        let is_good = text("response_type") == "code"
            && text("client_id") == self.client.0
            && text("redirect_uri") == self.callback
            && text("code_challenge_method") == "S256"
            && text("code_challenge").len() == 43
            && text("scope").split(' ').any(|scope| scope == "openid")
            && [text("state"), text("nonce")].iter().all(|text| text.len() >= 43)
            && knows_scopes;
        if !is_good {
            return json_answer(StatusCode::BAD_REQUEST, &json!({ "error": "invalid_request" }));
        }
        let mut back: Url = self.callback.parse().expect("a callback");
        let issuer = if self.fault == Some(OpenIdFault::MixedUp) { "https://another.example" } else { &self.url };
        back.query_pairs_mut().append_pair("state", text("state")).append_pair("iss", issuer);
        if let Some(OpenIdFault::Denied(error)) = self.fault {
            back.query_pairs_mut().append_pair("error", error).append_pair("error_description", "SECRET-of-ann");
            return redirect(back.as_str());
        }
        let code = Uuid::new_v4().simple().to_string();
        let [nonce, challenge, callback] =
            ["nonce", "code_challenge", "redirect_uri"].map(|name| text(name).to_owned());
        back.query_pairs_mut().append_pair("code", &code);
        self.codes.insert(code, Session { nonce, challenge, callback });
        redirect(back.as_str())
    }

    fn token(&mut self, form: &Fields, authorization: Option<&str>) -> Answer {
        let text = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        match text("grant_type") {
            "authorization_code" => self.asked.codes += 1,
            _ => self.asked.refreshes += 1,
        }
        let refuse = |error: &str| json_answer(StatusCode::BAD_REQUEST, &json!({ "error": error }));
        match self.fault {
            Some(OpenIdFault::TokenStatus(status)) => {
                let status = StatusCode::from_u16(status).expect("a status");
                return json_answer(status, &json!({ "error": "server_error", "error_description": "SECRET-of-ann" }));
            }
            Some(OpenIdFault::TokenError(error)) => return refuse(error),
            Some(OpenIdFault::TokenGarbage) => return Response::new(Full::from("<html>SECRET-of-ann</html>")),
            Some(OpenIdFault::TokenFlood) => return Response::new(Full::from(vec![b' '; 4 * 1024 * 1024])),
            Some(OpenIdFault::TokenRedirect) => return redirect(&format!("{}/keys", self.url)),
            _ => {}
        }
        if !self.knows_client(form, authorization) {
            return json_answer(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_client" }));
        }
        let session = match text("grant_type") {
            "authorization_code" => self.codes.remove(text("code")).filter(|session| {
                session.callback == text("redirect_uri") && session.challenge == hash(text("code_verifier"))
            }),
            "refresh_token" => self.refresh_tokens.remove(text("refresh_token")),
            _ => return refuse("unsupported_grant_type"),
        };
        match session {
            Some(session) => json_answer(StatusCode::OK, &self.grant(session)),
            None => refuse("invalid_grant"),
        }
    }

    /// RFC 6749, section 2.3.1: in the header, form-encoded; or in the form.
    fn knows_client(&self, form: &Fields, authorization: Option<&str>) -> bool {
        let (id, secret) = &self.client;
        let in_form = |name: &str, wanted: &str| form.get(name).is_some_and(|value| value == wanted);
        match secret {
            None => in_form("client_id", id),
            Some(secret) if self.takes_form_only => in_form("client_id", id) && in_form("client_secret", secret),
            Some(secret) => {
                let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let expected = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
                authorization == Some(&*format!("Basic {expected}"))
            }
        }
    }

    fn end(&mut self, query: &str) -> Answer {
        self.ended.push(query.to_owned());
        match fields(query).get("post_logout_redirect_uri") {
            Some(back) => redirect(back),
            None => json_answer(StatusCode::OK, &json!({})),
        }
    }
}

fn redirect(address: &str) -> Answer {
    let answer = Response::builder().status(StatusCode::FOUND).header(LOCATION, address);
    answer.body(Full::default()).expect("an answer")
}

fn json_answer(status: StatusCode, body: &Value) -> Answer {
    let answer = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    answer.body(Full::from(body.to_string())).expect("an answer")
}
