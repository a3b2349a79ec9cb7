//! A language model server: chat completions as OpenAI has them, on a real port, and every way to fail.

use std::convert::Infallible;
use std::env;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::{ServerError, given};
use crate::{free_port, runtime};

/// Names a real server, for a check that is not run without one.
const VARIABLE: &str = "CRM_TEST_LLM_BASE_URL";

type Reply = Box<dyn Fn(&Value) -> String + Send + Sync>;

/// How the server answers.
pub enum ModelWay {
    /// With a text that is made of the request's body.
    Says(Reply),
    /// The same as a stream, although it was asked for none.
    Streams(Reply),
    /// The same after this time.
    Slow(Duration, Reply),
    /// With this status, and this `Retry-After`.
    Refuses(u16, Option<&'static str>),
    /// Never.
    Hangs,
    /// With these bytes of this media type.
    Raw(&'static str, Vec<u8>),
    /// It closes the connection in the middle of the answer.
    Truncated,
}

impl ModelWay {
    /// Always with this text.
    pub fn saying(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Says(Box::new(move |_| text.clone()))
    }
}

impl fmt::Debug for ModelWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelWay").finish_non_exhaustive()
    }
}

/// A request that the server received.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompted {
    /// The path.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The body.
    pub body: Value,
}

#[derive(Default)]
struct State {
    way: Option<ModelWay>,
    prompted: Vec<Prompted>,
}

/// A language model server of a test's own. Dropping it ends it.
pub struct LanguageModelServer {
    url: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl fmt::Debug for LanguageModelServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LanguageModelServer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl LanguageModelServer {
    /// A server that answers so.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(way: ModelWay) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", free_port()?)).await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State { way: Some(way), prompted: Vec::new() }));
        let serving = runtime().spawn(serve(listener, Arc::clone(&state)));
        Ok(Self { url, state, serving })
    }

    /// The URL of the API.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers in another way from now on.
    pub fn answer(&self, way: ModelWay) {
        lock(&self.state).way = Some(way);
    }

    /// What it was asked so far.
    pub fn prompted(&self) -> Vec<Prompted> {
        lock(&self.state).prompted.clone()
    }
}

impl Drop for LanguageModelServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The URL of a real server, if `CRM_TEST_LLM_BASE_URL` names one.
///
/// # Errors
/// [`ServerError::NotAsked`] without one: the test is ignored.
pub fn real_language_model() -> Result<String, ServerError> {
    given(VARIABLE).ok_or(ServerError::NotAsked(VARIABLE))
}

/// The model and the key of that server.
pub fn real_language_model_options() -> (Option<String>, Option<String>) {
    (env::var("CRM_TEST_LLM_MODEL").ok(), env::var("CRM_TEST_LLM_API_KEY").ok())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let service = service_fn(move |request| answer(request, Arc::clone(&state)));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let authorization = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (mut pause, mut answer) = (None, Response::new(Full::default()));
    {
        let mut state = lock(&state);
        state.prompted.push(Prompted { path: head.uri.path().to_owned(), authorization, body: body.clone() });
        match state.way.as_ref() {
            Some(ModelWay::Says(reply)) => answer = json_of(&completion(&reply(&body), &body)),
            Some(ModelWay::Slow(time, reply)) => {
                pause = Some(*time);
                answer = json_of(&completion(&reply(&body), &body));
            }
            Some(ModelWay::Streams(reply)) => answer = of("text/event-stream", stream(&reply(&body)).into()),
            Some(ModelWay::Refuses(status, retry_after)) => {
                *answer.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
                answer
                    .headers_mut()
                    .extend(retry_after.and_then(|text| text.parse().ok()).map(|text| (Some(RETRY_AFTER), text)));
                // A redirect leads nowhere.
                answer.headers_mut().extend("/elsewhere".parse().ok().map(|path| (Some(LOCATION), path)));
            }
            Some(ModelWay::Raw(kind, bytes)) => answer = of(kind, bytes.clone().into()),
            Some(ModelWay::Truncated) => {
                let whole = completion("cut", &body).to_string();
                answer = of("application/json", whole[..whole.len() / 2].to_owned().into());
            }
            Some(ModelWay::Hangs) | None => pause = Some(Duration::MAX),
        }
    }
    match pause {
        Some(Duration::MAX) => std::future::pending().await,
        Some(time) => tokio::time::sleep(time).await,
        None => {}
    }
    Ok(answer)
}

fn json_of(body: &Value) -> Response<Full<Bytes>> {
    of("application/json", body.to_string().into())
}

fn of(kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(body));
    answer.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    answer
}

fn completion(text: &str, request: &Value) -> Value {
    let tokens = |text: &str| text.chars().count().div_ceil(4);
    let sent = request["messages"].as_array().into_iter().flatten().filter_map(|message| message["content"].as_str());
    let (input, output): (usize, usize) = (sent.map(tokens).sum(), tokens(text));
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": request["model"],
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output },
    })
}

/// The text in parts of a few letters, the tokens, and the end.
fn stream(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let parts = letters
        .chunks(7)
        .map(|part| json!({ "choices": [{ "delta": { "content": part.iter().collect::<String>() } }] }));
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 11, "completion_tokens": 7 } });
    let lines = parts.chain([usage]).map(|part| format!("data: {part}\n\n"));
    format!(": comment\n\n{}data: [DONE]\n\n", lines.collect::<String>())
}
