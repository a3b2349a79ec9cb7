//! A user-management service: issues tokens, introspects them (RFC 7662) and publishes its keys (RFC 7517).
//!
//! It uses the real protocols on a real port, and can fail in every way that such a service fails.

#![expect(clippy::expect_used, reason = "a test that gets no key, token or answer cannot go on")]

mod directory;
mod keys;
mod server;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonwebtoken::{EncodingKey, Header};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{Proxy, free_port, runtime};

use directory::Directory;
pub use jsonwebtoken::Algorithm;
pub use keys::PublicKey;
pub(crate) use keys::SigningKey;

/// A user-management service of a test's own. Dropping it ends it.
pub struct UserManagement {
    state: Arc<Mutex<State>>,
    proxy: Proxy,
    serving: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    url: String,
    /// The tokens that were issued and not revoked, with their claims.
    tokens: HashMap<String, Value>,
    /// The newest key signs. The first is created when it is needed: that takes longer than most tests.
    keys: Vec<SigningKey>,
    client: Option<(String, String)>,
    directory: Directory,
    describes_itself: bool,
    instead: Option<(u16, Vec<u8>)>,
    asked: Asked,
    /// Requests that are not answered yet.
    running: usize,
    /// Whether answers wait.
    held: watch::Sender<bool>,
    last: Option<Introspected>,
}

impl State {
    fn keys(&mut self) -> &mut Vec<SigningKey> {
        if self.keys.is_empty() {
            self.keys.push(SigningKey::generate(Algorithm::RS256));
        }
        &mut self.keys
    }
}

/// The number of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Introspections.
    pub introspections: usize,
    /// Requests of keys.
    pub keys: usize,
    /// Requests of the discovery document.
    pub descriptions: usize,
    /// Pages of the directory.
    pub directory: usize,
    /// The number of connections.
    pub connections: usize,
    /// The maximum number of concurrent requests.
    pub at_once: usize,
}

/// A request to introspect a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introspected {
    /// Method and path.
    pub line: String,
    /// The headers, with names in lower case.
    pub headers: HashMap<String, String>,
    /// The form.
    pub body: String,
}

impl UserManagement {
    /// A service with one RSA key, without client credentials and with a discovery document.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", free_port()?)).await?;
        let proxy = Proxy::to(listener.local_addr()?).await?;
        let url = format!("http://{}", proxy.addr());
        let state = State { url, describes_itself: true, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let serving = runtime().spawn(server::serve(listener, Arc::clone(&state)));
        Ok(Self { state, proxy, serving })
    }

    /// The URL, which is also the issuer.
    pub fn url(&self) -> String {
        self.state().url.clone()
    }

    /// Requires client credentials for introspection from now on.
    pub fn know_client(&self, id: &str, secret: &str) {
        self.state().client = Some((id.to_owned(), secret.to_owned()));
    }

    /// Adds a user to the directory, or replaces one: `companyId`, `userId`, `email`, `displayName`, `isActive`, and perhaps
    /// `teamIds`. It has changed now.
    pub fn list_user(&self, user: &Value) {
        self.state().directory.users.put(&["companyId", "userId"], user);
    }

    /// Adds a team to the directory, or replaces one: `companyId`, `teamId`, `parentId`, `managerId`. It has changed now.
    pub fn list_team(&self, team: &Value) {
        self.state().directory.teams.put(&["companyId", "teamId"], team);
    }

    /// Adds a company to the directory, or replaces one: `companyId`, `name`, `status`. It has changed now.
    pub fn list_company(&self, company: &Value) {
        self.state().directory.companies.put(&["companyId"], company);
    }

    /// The queries of all pages of users so far.
    pub fn directory_queries(&self) -> Vec<String> {
        self.state().directory.queries.clone()
    }

    /// Whether it has a discovery document (OpenID Connect Discovery).
    pub fn describe_itself(&self, describes: bool) {
        self.state().describes_itself = describes;
    }

    /// Issues an opaque token.
    pub fn issue(&self, claims: &Value) -> String {
        self.register(Uuid::new_v4().simple().to_string(), claims)
    }

    /// Issues a token that is signed with the newest key, as the issuer that it is.
    pub fn sign(&self, claims: &Value) -> String {
        let (mut claims, url) = (claims.clone(), self.url());
        if let Value::Object(members) = &mut claims
            && !members.contains_key("iss")
        {
            members.insert("iss".to_owned(), url.into());
        }
        let token = {
            let mut state = self.state();
            let key = state.keys().last().expect("there is a key");
            key.sign(&key.header(), &claims)
        };
        self.register(token, &claims)
    }

    /// Issues a token with this header, the newest key and these claims.
    pub fn sign_as(&self, header: impl FnOnce(Header) -> Header, claims: &Value) -> String {
        let mut state = self.state();
        let key = state.keys().last().expect("there is a key");
        key.sign(&header(key.header()), claims)
    }

    /// Issues a token that is signed with a secret (HS256).
    pub fn sign_with_secret(&self, secret: &str, claims: &Value) -> String {
        let key = EncodingKey::from_secret(secret.as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).expect("a token");
        self.register(token, claims)
    }

    /// Accepts a token as its own.
    pub fn register(&self, token: String, claims: &Value) -> String {
        self.state().tokens.insert(token.clone(), claims.clone());
        token
    }

    /// From now on a token is not active.
    pub fn revoke(&self, token: &str) {
        self.state().tokens.remove(token);
    }

    /// Signs with a new key from now on; the old ones stay published. The new one's name.
    pub fn rotate(&self, algorithm: Algorithm) -> String {
        let key = SigningKey::generate(algorithm);
        let id = key.id.clone();
        self.state().keys().push(key);
        id
    }

    /// Publishes a key no more.
    pub fn withdraw(&self, id: &str) {
        self.state().keys().retain(|key| key.id != id);
    }

    /// Its keys as it publishes them.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.state().keys().iter().map(SigningKey::public).collect()
    }

    /// Answers everything with this, until [`answer_truly`](Self::answer_truly).
    pub fn answer_with(&self, status: u16, body: impl Into<Vec<u8>>) {
        self.state().instead = Some((status, body.into()));
    }

    /// Answers as it should.
    pub fn answer_truly(&self) {
        self.state().instead = None;
    }

    /// Answers nothing, until [`release`](Self::release). Unlike with [`hang`](Self::hang) it receives the requests.
    pub fn hold(&self) {
        self.state().held.send_replace(true);
    }

    /// Answers the requests received meanwhile.
    pub fn release(&self) {
        self.state().held.send_replace(false);
    }

    /// Refuses connections and ends those that are open; done when it returns.
    pub async fn go_away(&self) -> anyhow::Result<()> {
        self.proxy.cut().await
    }

    /// Takes connections and requests, and does not answer.
    pub async fn hang(&self) -> anyhow::Result<()> {
        self.proxy.hang().await
    }

    /// Answers again.
    pub async fn come_back(&self) -> anyhow::Result<()> {
        self.proxy.restore().await
    }

    /// The numbers of requests so far.
    pub fn asked(&self) -> Asked {
        self.state().asked
    }

    /// The last request to introspect a token.
    pub fn last_introspected(&self) -> Option<Introspected> {
        self.state().last.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for UserManagement {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
