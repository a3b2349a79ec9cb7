//! The answers of the service.

#![expect(clippy::expect_used, reason = "a test that gets no key, token or answer cannot go on")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{Introspected, State, lock};

/// Below this path everything is answered normally: the target of a redirect.
const ELSEWHERE: &str = "/elsewhere";

type Answer = Response<Full<Bytes>>;

pub(super) async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        lock(&state).asked.connections += 1;
        let state = Arc::clone(&state);
        let service = service_fn(move |request| answer(request, Arc::clone(&state)));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut held = lock(&state).held.subscribe();
    begin(&mut lock(&state));
    // Its sender lives as long as the state.
    let _ = held.wait_for(|held| !held).await;
    let mut state = lock(&state);
    state.running -= 1;
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let authorization = head.headers.get(AUTHORIZATION).map(text);
    let path = head.uri.path().to_owned();
    match &*path {
        "/oauth2/introspect" => {
            state.asked.introspections += 1;
            let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            state.last = Some(Introspected { line: format!("{} {path}", head.method), headers, body: body.clone() });
        }
        "/.well-known/jwks.json" => state.asked.keys += 1,
        "/.well-known/openid-configuration" => state.asked.descriptions += 1,
        "/api/directory/companies" | "/api/directory/teams" => state.asked.directory += 1,
        "/api/directory/users" => {
            state.asked.directory += 1;
            state.directory.queries.push(head.uri.query().unwrap_or_default().to_owned());
        }
        _ => {}
    }
    let instead = state.instead.clone().filter(|_| !path.starts_with(ELSEWHERE));
    if let Some((status, body)) = instead {
        let elsewhere = format!("{}{ELSEWHERE}{path}", state.url);
        let answer = Response::builder().status(status).header(LOCATION, elsewhere);
        return Ok(answer.body(Full::from(body)).expect("an answer"));
    }
    Ok(match (&head.method, path.strip_prefix(ELSEWHERE).unwrap_or(&path)) {
        (&Method::POST, "/oauth2/introspect")
        | (&Method::GET, "/api/directory/users" | "/api/directory/teams" | "/api/directory/companies")
            if !is_known(&state, authorization.as_deref()) =>
        {
            let mut refused = json_answer(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_client" }));
            refused.headers_mut().insert(WWW_AUTHENTICATE, "Basic".parse().expect("a header"));
            refused
        }
        (&Method::GET, "/api/directory/users") => {
            json_answer(StatusCode::OK, &state.directory.users.page(head.uri.query().unwrap_or_default()))
        }
        (&Method::GET, "/api/directory/teams") => {
            json_answer(StatusCode::OK, &state.directory.teams.page(head.uri.query().unwrap_or_default()))
        }
        (&Method::GET, "/api/directory/companies") => {
            json_answer(StatusCode::OK, &state.directory.companies.page(head.uri.query().unwrap_or_default()))
        }
        (&Method::POST, "/oauth2/introspect") => json_answer(StatusCode::OK, &introspect(&state, &body)),
        (&Method::GET, "/.well-known/jwks.json") => {
            let keys: Vec<_> = state.keys().iter().map(super::SigningKey::public).collect();
            json_answer(StatusCode::OK, &json!({ "keys": keys }))
        }
        (&Method::GET, "/.well-known/openid-configuration") if state.describes_itself => {
            let keys = format!("{}/.well-known/jwks.json", state.url);
            json_answer(StatusCode::OK, &json!({ "issuer": state.url, "jwks_uri": keys }))
        }
        _ => json_answer(StatusCode::NOT_FOUND, &json!({ "error": "not_found" })),
    })
}

fn begin(state: &mut State) {
    state.running += 1;
    state.asked.at_once = state.asked.at_once.max(state.running);
}

fn introspect(state: &State, form: &str) -> Value {
    let token = form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "token");
    let claims = token.and_then(|(_, token)| state.tokens.get(&*token));
    let expires = |claims: &Value| claims.get("exp").and_then(Value::as_i64);
    match claims.filter(|claims| expires(claims).is_none_or(|exp| exp > Utc::now().timestamp())) {
        Some(Value::Object(claims)) => {
            let mut answer = claims.clone();
            answer.insert("active".to_owned(), true.into());
            Value::Object(answer)
        }
        _ => json!({ "active": false }),
    }
}

/// RFC 6749, section 2.3.1: name and secret are form-encoded, then joined.
fn is_known(state: &State, authorization: Option<&str>) -> bool {
    let Some((id, secret)) = &state.client else {
        return true;
    };
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let expected = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
    authorization == Some(&*format!("Basic {expected}"))
}

fn json_answer(status: StatusCode, body: &Value) -> Answer {
    let answer = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    answer.body(Full::from(body.to_string())).expect("an answer")
}
