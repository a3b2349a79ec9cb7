//! Redis, or Valkey.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::keeper::Plan;
use super::throwaway::Throwaway;
use super::{ServerError, given, on_path};

/// Names the server to use instead of a throw-away one.
const VARIABLE: &str = "CRM_TEST_REDIS_URL";

const MISSING: &str = "Redis is not installed; \
    Debian and Ubuntu: apt-get install redis-server; macOS: brew install redis; or set CRM_TEST_REDIS_URL";

/// A Redis server of a test's own, for tests that stop it. Dropping it removes it.
pub struct RedisServer(Throwaway);

impl RedisServer {
    /// Starts a server; refused where the environment names one.
    pub fn start() -> Result<Self, ServerError> {
        match given(VARIABLE) {
            Some(_) => Err(ServerError::Given(VARIABLE)),
            None => Self::start_own(),
        }
    }

    fn start_own() -> Result<Self, ServerError> {
        Self::start_with(&program()?, &[])
    }

    fn start_with(program: &Path, more: &[OsString]) -> Result<Self, ServerError> {
        let plan = |directory: &Path, port| plan(program, directory, port, more);
        Throwaway::start("crm-test-redis-", plan, ready).map(Self)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Where it listens, also while it is stopped.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Stops it: connections end, new ones are refused. Its port is kept, its data is lost.
    pub fn stop(&self) -> Result<(), ServerError> {
        self.0.stop()
    }

    /// Starts it again on the same port, empty; a running one is stopped first.
    pub fn restart(&self) -> Result<(), ServerError> {
        self.0.restart()
    }
}

/// A Redis server of a test's own that speaks TLS on a second port.
#[cfg(feature = "tls")]
pub struct TlsRedisServer {
    /// The server; its own URL is the one without TLS.
    pub server: RedisServer,
    /// The URL that begins with `rediss://`.
    pub url: String,
    /// The certificate that a client has to trust.
    pub authority: PathBuf,
}

#[cfg(feature = "tls")]
impl TlsRedisServer {
    /// Starts a server, with certificates that are made for it; refused where the environment names one.
    pub fn start() -> Result<Self, ServerError> {
        if given(VARIABLE).is_some() {
            return Err(ServerError::Given(VARIABLE));
        }
        let (port, certificates) = (super::free_port()?, super::tls::Certificates::make()?);
        let mut options: Vec<OsString> =
            ["--tls-port", &port.to_string(), "--tls-auth-clients", "no"].map(Into::into).into();
        let super::tls::Certificates { authority, certificate, key } = certificates;
        for (option, file) in
            [("--tls-ca-cert-file", &authority), ("--tls-cert-file", &certificate), ("--tls-key-file", &key)]
        {
            options.extend([option.into(), file.into()]);
        }
        let server = RedisServer::start_with(&program()?, &options)?;
        Ok(Self { server, url: format!("rediss://localhost:{port}"), authority })
    }
}

/// The URL of the server this test process uses: the one named by `CRM_TEST_REDIS_URL`, else its throw-away one. Tests share
/// it, so their keys need a prefix of their own, a company's id for example.
pub fn redis_url() -> Result<&'static str, ServerError> {
    static SHARED: OnceLock<Result<(String, Option<RedisServer>), ServerError>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match given(VARIABLE) {
        Some(url) => Ok((url, None)),
        None => RedisServer::start_own().map(|server| (server.url(), Some(server))),
    });
    match shared {
        Ok((url, _)) => Ok(url),
        Err(error) => Err(error.clone()),
    }
}

fn program() -> Result<PathBuf, ServerError> {
    ["redis-server", "valkey-server"].into_iter().find_map(on_path).ok_or(ServerError::Missing(MISSING))
}

fn plan(program: &Path, directory: &Path, port: u16, more: &[OsString]) -> Plan {
    let port = port.to_string();
    let mut command: Vec<OsString> = vec![program.into(), "--dir".into(), directory.into()];
    let options = ["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no", "--daemonize", "no"];
    command.extend(options.into_iter().map(OsString::from));
    command.extend_from_slice(more);
    Plan { command, stop: "TERM", quit: "KILL", user: None }
}

/// From its own log: another server might answer on the port.
fn ready(directory: &Path) -> bool {
    let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
    log.contains("Ready to accept connections")
}
