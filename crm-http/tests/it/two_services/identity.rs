//! User management on a port, behind a proxy, with one company.

use actix_web::dev::ServerHandle;
use actix_web::{HttpServer, rt};
use anyhow::{Context, bail, ensure};
use crm_core::actor::Role;
use crm_http::redis::Redis;
use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::{Proxy, free_port};
use user_management::events::RedisChanges;
use user_management::server::Server;
use user_management::settings::Config;
use user_management::users::NewUser;
use uuid::Uuid;

use crate::support::PATIENCE;

/// The CRM's credentials.
pub const CLIENT: &str = "crm";
pub const SECRET: &str = "the-secret-of-the-crm-of-the-two-services";
const PASSWORD: &str = "the sea was calm today";
const ADMIN: &str = "ada@acme.example";

/// User management. Dropping it ends it.
pub struct Identity {
    config: Config,
    port: u16,
    server: Server,
    handle: ServerHandle,
    proxy: Proxy,
    client: reqwest::Client,
}

pub struct User {
    pub id: Uuid,
    pub email: String,
}

pub struct Session {
    pub token: String,
    /// The refresh token's cookie.
    pub cookie: String,
}

impl Identity {
    pub async fn start(database: &str, redis: &str) -> anyhow::Result<Self> {
        let port = free_port()?;
        let proxy = Proxy::to(("127.0.0.1", port)).await?;
        let (issuer, clients) = (format!("http://{}", proxy.addr()), format!("{CLIENT}:{SECRET}"));
        let settings = [
            ("DATABASE_URL", database),
            ("MIGRATE_ON_START", "true"),
            ("DATABASE_ACQUIRE_TIMEOUT", "30s"),
            ("UM_SECRET", "the-secret-of-user-management-of-the-tests"),
            ("ISSUER", &issuer),
            ("CLIENTS", &clients),
            ("REDIS_URL", redis),
            ("RATE_LIMIT_IP", "0"),
        ];
        let environment = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::read(None, environment.into())?;
        let (server, handle) = serve(&config, port).await?;
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { config, port, server, handle, proxy, client })
    }

    /// Its address, which is also the issuer.
    pub fn url(&self) -> String {
        self.config.options.issuer.clone()
    }

    /// A new company's administrator: their token.
    pub async fn first_admin(&self) -> anyhow::Result<String> {
        let password = Some(SecretString::from(PASSWORD));
        self.server.users().create_company("Acme", NewUser::with_email(ADMIN), password).await?;
        Ok(self.login(ADMIN).await?.token)
    }

    /// A user who can sign in.
    pub async fn add_user(&self, admin: &str, role: Role, permissions: &[&str]) -> anyhow::Result<User> {
        let email = format!("{}@acme.example", Uuid::new_v4().simple());
        let body = json!({ "email": email, "password": PASSWORD, "role": role });
        let added = self.post("/api/auth/register", Some(admin), &body).await?;
        let id = text(&added, "/user/id").parse()?;
        if !permissions.is_empty() {
            let path = format!("/api/users/{id}");
            self.patch(&path, admin, &json!({ "permissions": permissions })).await?;
        }
        Ok(User { id, email })
    }

    pub async fn login(&self, email: &str) -> anyhow::Result<Session> {
        let body = json!({ "email": email, "password": PASSWORD });
        session(self.request(Method::POST, "/api/auth/login").json(&body)).await
    }

    pub async fn refresh(&self, cookie: &str) -> anyhow::Result<Session> {
        session(self.request(Method::POST, "/api/auth/refresh").header("Cookie", cookie)).await
    }

    /// An access token for an API key.
    pub async fn exchange(&self, id: &str, key: &str) -> anyhow::Result<String> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("grant_type", "client_credentials"), ("client_id", id), ("client_secret", key)])
            .finish();
        let request = self.request(Method::POST, "/oauth2/token").body(form);
        let answer = request.header("Content-Type", "application/x-www-form-urlencoded").send().await?;
        Ok(text(&answer.error_for_status()?.json().await?, "/access_token"))
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> anyhow::Result<Value> {
        let mut request = self.request(Method::POST, path);
        if !body.is_null() {
            request = request.json(body);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        answer(request).await
    }

    pub async fn patch(&self, path: &str, token: &str, body: &Value) -> anyhow::Result<Value> {
        answer(self.request(Method::PATCH, path).bearer_auth(token).json(body)).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> anyhow::Result<Value> {
        answer(self.request(Method::DELETE, path).bearer_auth(token)).await
    }

    /// Takes connections and answers nothing.
    pub async fn hang(&self) -> anyhow::Result<()> {
        self.proxy.hang().await
    }

    pub async fn cut(&self) -> anyhow::Result<()> {
        self.proxy.cut().await
    }

    pub async fn restore(&self) -> anyhow::Result<()> {
        self.proxy.restore().await
    }

    /// Ends, and starts again on the same database.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.stop().await;
        self.begin().await
    }

    /// Ends. Until it begins again, nobody listens.
    pub async fn stop(&self) {
        self.handle.stop(true).await;
    }

    pub async fn begin(&mut self) -> anyhow::Result<()> {
        (self.server, self.handle) = serve(&self.config, self.port).await?;
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url()))
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Runs it on a thread of its own, as the program does.
async fn serve(config: &Config, port: u16) -> anyhow::Result<(Server, ServerHandle)> {
    let redis = Redis::new(config.redis_url.as_ref().context("no Redis")?, config.redis_timeout)?;
    // The metrics of the test process are another service's.
    let server = Server::beside(config, RedisChanges::new(redis, config.options.access_token)).await?;
    let running = server.clone();
    let (started, handle) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        rt::System::new().block_on(async move {
            let bound = HttpServer::new(move || running.app()).workers(2).disable_signals().bind(("127.0.0.1", port));
            match bound {
                Ok(bound) => {
                    let serving = bound.run();
                    let _ = started.send(Ok(serving.handle()));
                    let _ = serving.await;
                }
                Err(error) => drop(started.send(Err(error))),
            }
        });
    });
    Ok((server, handle.await.context("the server's thread has ended")??))
}

async fn answer(request: RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let (status, body) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{status}: {body}");
    Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(&body)? })
}

async fn session(request: RequestBuilder) -> anyhow::Result<Session> {
    let answer = request.send().await?.error_for_status()?;
    let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let cookie = cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.starts_with("um_refresh="));
    let Some(cookie) = cookie.map(str::to_owned) else { bail!("no refresh token") };
    Ok(Session { token: text(&answer.json().await?, "/token"), cookie })
}

/// The text at a pointer.
#[track_caller]
pub fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}
