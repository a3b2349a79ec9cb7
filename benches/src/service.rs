//! The service under test, in a process of its own.

use std::fmt::Display;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jsonwebtoken::{EncodingKey, Header};
use uuid::Uuid;

use crate::data::Data;
use crate::memory;

pub(crate) const SECRET: &str = "a secret for the benchmark, and for nothing else";

/// Runs until it is dropped.
pub(crate) struct Service {
    child: Child,
    base: String,
    client: reqwest::Client,
    token: String,
    /// From its start to its first good answer on `/health/ready`.
    pub ready: Duration,
    /// Its memory before the first request, in bytes.
    pub idle: u64,
}

impl Service {
    /// `settings` are further environment variables.
    pub async fn start(program: &Path, url: &str, data: &Data, settings: &[(&str, String)]) -> Result<Self> {
        let port = testkit::free_port()?;
        let (started, token, log) = (Instant::now(), token(data.user, data.company)?, tempfile::tempfile()?);
        let child = Command::new(program)
            .arg("serve")
            .env("DATABASE_URL", url)
            .env("AUTH_MODE", "shared_secret")
            .env("JWT_SECRET", SECRET)
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string())
            // Limits are counted, but refuse no request.
            .envs(["RATE_LIMIT_IP", "RATE_LIMIT_USER", "RATE_LIMIT_COMPANY"].map(|name| (name, "4000000000")))
            .envs(["STREAMS_PER_USER", "STREAMS_PER_COMPANY", "STREAMS_PER_PROCESS"].map(|name| (name, "0")))
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .with_context(|| format!("{} is missing; build it with cargo build --release", program.display()))?;
        let base = format!("http://127.0.0.1:{port}");
        let mut service = Self { child, client: client(&token)?, token, base, ready: Duration::ZERO, idle: 0 };
        service.wait(started).await?;
        [service.idle, _] = memory::of(service.pid())?;
        Ok(service)
    }

    async fn wait(&mut self, started: Instant) -> Result<()> {
        let url = format!("{}/health/ready", self.base);
        while started.elapsed() < Duration::from_secs(30) {
            if self.client.get(&url).send().await.is_ok_and(|response| response.status().is_success()) {
                self.ready = started.elapsed();
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the service did not get ready")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client of a company without other clients.
    pub fn another_company(&self) -> Result<reqwest::Client> {
        client(&token(Uuid::new_v4(), Uuid::new_v4())?)
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub const fn client(&self) -> &reqwest::Client {
        &self.client
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token of a company's administrator.
pub(crate) fn token(user: impl Display, company: impl Display) -> Result<String> {
    let claims = serde_json::json!({
        "sub": user.to_string(),
        "companyId": company.to_string(),
        "role": "admin",
        "name": "Bench",
        "exp": chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp() + 86_400,
    });
    Ok(jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))?)
}

/// A client with this token.
pub(crate) fn client(token: &str) -> Result<reqwest::Client> {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse()?);
    Ok(reqwest::Client::builder().default_headers(headers).build()?)
}
