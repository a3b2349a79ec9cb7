//! Throw-away servers: started when first asked for, gone with the test process.

pub(crate) mod chromium;
pub(crate) mod keeper;
#[cfg(feature = "language-model")]
pub(crate) mod language_model;
#[cfg(feature = "user-management")]
pub(crate) mod openid;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod smtp;
mod throwaway;
#[cfg(feature = "tls")]
mod tls;
mod user;

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// The reason why a test has no server.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ServerError {
    /// It is not installed; the text has the command that installs it.
    #[error("{0}")]
    Missing(&'static str),
    /// The environment variable names a server, so no throw-away one is started.
    #[error("{0} is set, so no server of its own is started")]
    Given(&'static str),
    /// Nobody has asked for the check: the environment variable names no server.
    #[cfg(feature = "language-model")]
    #[error("{0} names no server")]
    NotAsked(&'static str),
    /// It is installed but does not start.
    #[error("{0}")]
    Failed(String),
}

impl ServerError {
    fn failed(what: &str, error: impl std::fmt::Display) -> Self {
        Self::Failed(format!("{what}: {error}"))
    }
}

/// A free loopback port, which no other test of this process gets. It lies below the ports that the system uses for
/// outgoing connections, so that a server which restarts finds it free.
pub fn free_port() -> Result<u16, ServerError> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: OnceLock<AtomicU16> = OnceLock::new();
    let next = NEXT.get_or_init(|| {
        let [a, b, ..] = *uuid::Uuid::new_v4().as_bytes();
        AtomicU16::new(u16::from_be_bytes([a, b]))
    });
    (0..COUNT)
        .map(|_| FIRST + next.fetch_add(1, Ordering::Relaxed) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| ServerError::Failed("no loopback port is free".to_owned()))
}

/// The program's path, if it is on `PATH`.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// The server the environment names, if it names one.
fn given(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|url| !url.is_empty())
}
