//! Redis, or Valkey.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
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
        let program = ["redis-server", "valkey-server"].into_iter().find_map(on_path);
        let program = program.ok_or(ServerError::Missing(MISSING))?;
        let plan = |directory: &Path, port| plan(&program, directory, port);
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

fn plan(program: &Path, directory: &Path, port: u16) -> Plan {
    let port = port.to_string();
    let mut command: Vec<OsString> = vec![program.into(), "--dir".into(), directory.into()];
    let options = ["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no", "--daemonize", "no"];
    command.extend(options.into_iter().map(OsString::from));
    Plan { command, stop: "TERM", quit: "KILL", user: None }
}

/// From its own log: whoever answers on the port might be somebody else's server.
fn ready(directory: &Path) -> bool {
    let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
    log.contains("Ready to accept connections")
}
