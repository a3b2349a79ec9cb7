//! A provider of OpenID Connect: logs one person in without asking, with real HTTP, PKCE and signatures, and can fail in
//! every way that such a provider fails.

#![expect(clippy::expect_used, reason = "a test that gets no key, token or answer cannot go on")]

mod answers;
mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::user_management::{Algorithm, SigningKey};
use crate::{Proxy, free_port, runtime};

/// A provider of a test's own. Dropping it ends it.
pub struct OpenIdProvider {
    state: Arc<Mutex<State>>,
    proxy: Proxy,
    serving: tokio::task::JoinHandle<()>,
}

/// How the provider fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenIdFault {
    /// The ID token has another nonce.
    OtherNonce,
    /// The ID token is for another client.
    OtherAudience,
    /// The ID token is for this client and another one, which asked for it.
    OtherParty,
    /// The ID token is of another issuer.
    OtherIssuer,
    /// The ID token is of another person than before.
    OtherPerson,
    /// The ID token belongs to another access token.
    OtherAccessToken,
    /// The ID token has expired.
    Expired,
    /// The ID token is of the future.
    Future,
    /// The ID token says that its algorithm is `none`.
    Unsigned,
    /// The ID token was changed after it was signed.
    Changed,
    /// The ID token is signed with a key of the same name that is not published.
    OtherKey,
    /// The ID token is signed with the client secret (HS256).
    Secret,
    /// There is no ID token.
    NoIdToken,
    /// The access token is for another audience.
    OtherService,
    /// The token endpoint fails with this status.
    TokenStatus(u16),
    /// The token endpoint refuses with this error.
    TokenError(&'static str),
    /// The token endpoint answers what is no JSON.
    TokenGarbage,
    /// The token endpoint answers several megabytes.
    TokenFlood,
    /// The token endpoint redirects.
    TokenRedirect,
    /// The token endpoint does not answer.
    TokenSilence,
    /// The authorization endpoint sends the browser back with this error.
    Denied(&'static str),
    /// The browser comes back from another issuer (RFC 9207).
    MixedUp,
    /// The discovery document cannot be had.
    NoDiscovery,
    /// The discovery document is of another issuer.
    OtherDiscovery,
}

/// The number of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenIdAsked {
    /// Discovery documents.
    pub discovery: usize,
    /// Codes that were shown.
    pub codes: usize,
    /// Refresh tokens that were shown.
    pub refreshes: usize,
}

/// A log-in of the person.
#[derive(Clone)]
struct Session {
    nonce: String,
    challenge: String,
    callback: String,
}

struct State {
    url: String,
    /// The newest key signs.
    keys: Vec<SigningKey>,
    client: (String, Option<String>),
    callback: String,
    /// The claims of the person, in both tokens.
    person: Value,
    audience: String,
    expires_in: Value,
    gives_refresh_tokens: bool,
    takes_form_only: bool,
    lists_offline_access: bool,
    fault: Option<OpenIdFault>,
    codes: HashMap<String, Session>,
    refresh_tokens: HashMap<String, Session>,
    asked: OpenIdAsked,
    ended: Vec<String>,
    revoked: Vec<String>,
    /// The access token and the ID token of the last answer.
    last: Option<(String, String)>,
}

impl OpenIdProvider {
    /// A provider that knows a client and the callback of it. Its access tokens are for the audience `crm`.
    pub async fn start(client: &str, secret: Option<&str>, callback: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", free_port()?)).await?;
        let proxy = Proxy::to(listener.local_addr()?).await?;
        let state = State {
            url: format!("http://{}", proxy.addr()),
            keys: vec![SigningKey::generate(Algorithm::ES256)],
            client: (client.to_owned(), secret.map(str::to_owned)),
            callback: callback.to_owned(),
            person: json!({}),
            audience: "crm".to_owned(),
            expires_in: 300.into(),
            gives_refresh_tokens: true,
            takes_form_only: false,
            lists_offline_access: true,
            fault: None,
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            asked: OpenIdAsked::default(),
            ended: Vec::new(),
            revoked: Vec::new(),
            last: None,
        };
        let state = Arc::new(Mutex::new(state));
        let serving = runtime().spawn(answers::serve(listener, Arc::clone(&state)));
        Ok(Self { state, proxy, serving })
    }

    /// The URL, which is also the issuer.
    pub fn url(&self) -> String {
        self.state().url.clone()
    }

    /// Logs in a person with these claims from now on: `sub`, and what the tokens have of the company and the role.
    pub fn know(&self, person: &Value) {
        self.state().person = person.clone();
    }

    /// Fails in this way, until [`work`](Self::work).
    pub fn fail(&self, fault: OpenIdFault) {
        self.state().fault = Some(fault);
    }

    /// Works as it should.
    pub fn work(&self) {
        self.state().fault = None;
    }

    /// What `expires_in` says from now on; the tokens themselves are valid for five minutes.
    pub fn tell_lifetime(&self, expires_in: impl Into<Value>) {
        self.state().expires_in = expires_in.into();
    }

    /// Whether it gives refresh tokens.
    pub fn give_refresh_tokens(&self, gives: bool) {
        self.state().gives_refresh_tokens = gives;
    }

    /// Takes client credentials in the form only (`client_secret_post`).
    pub fn take_form_only(&self) {
        self.state().takes_form_only = true;
    }

    /// Does not know the scope `offline_access`, and refuses it.
    pub fn refuse_offline_access(&self) {
        self.state().lists_offline_access = false;
    }

    /// Signs with a new key from now on; the old ones stay published.
    pub fn rotate(&self) {
        let key = SigningKey::generate(Algorithm::RS256);
        self.state().keys.push(key);
    }

    /// Starts again without memory: with other keys, and without its log-ins.
    pub fn forget(&self) {
        let mut state = self.state();
        state.keys = vec![SigningKey::generate(Algorithm::ES256)];
        state.codes.clear();
        state.refresh_tokens.clear();
    }

    /// The numbers of requests so far.
    pub fn asked(&self) -> OpenIdAsked {
        self.state().asked
    }

    /// The queries of all log-outs so far.
    pub fn ended(&self) -> Vec<String> {
        self.state().ended.clone()
    }

    /// The refresh tokens that were revoked.
    pub fn revoked(&self) -> Vec<String> {
        self.state().revoked.clone()
    }

    /// The access token and the ID token that were given last.
    pub fn last_tokens(&self) -> Option<(String, String)> {
        self.state().last.clone()
    }

    /// The refresh tokens that work.
    pub fn refresh_tokens(&self) -> Vec<String> {
        self.state().refresh_tokens.keys().cloned().collect()
    }

    /// Refuses connections and ends those that are open; done when it returns.
    pub async fn go_away(&self) -> anyhow::Result<()> {
        self.proxy.cut().await
    }

    /// Answers again.
    pub async fn come_back(&self) -> anyhow::Result<()> {
        self.proxy.restore().await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
