//! What PostgreSQL and Redis have in common as throw-away servers.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use super::keeper::{Keeper, Plan};
use super::{ServerError, free_port};
use crate::until;

/// Long enough for a cold, busy machine; a healthy one needs a second.
const LIMIT: Duration = Duration::from_secs(90);
const ATTEMPTS: usize = 5;

/// A running server, or one that is stopped and keeps its port and its data.
pub(super) struct Throwaway {
    keeper: Keeper,
    port: u16,
    ready: fn(&Path) -> bool,
}

impl Throwaway {
    /// Starts a server on a free port, on another one if it is taken meanwhile.
    pub fn start(
        prefix: &str,
        plan: impl Fn(&Path, u16) -> Plan,
        ready: fn(&Path) -> bool,
    ) -> Result<Self, ServerError> {
        let mut attempt = 1;
        loop {
            let port = free_port()?;
            let keeper = Keeper::new(prefix, |directory| plan(directory, port))?;
            let server = Self { keeper, port, ready };
            match server.begin() {
                Err(_) if attempt < ATTEMPTS && server.keeper.log().contains("already in use") => attempt += 1,
                started => return started.map(|()| server),
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Stops it; port and data are kept.
    pub fn stop(&self) -> Result<(), ServerError> {
        self.keeper.stop()?;
        if until(LIMIT, || self.keeper.stopped()) {
            return Ok(());
        }
        Err(self.trouble("does not stop"))
    }

    /// Starts it again on the same port; a running one is stopped first.
    pub fn restart(&self) -> Result<(), ServerError> {
        if !self.keeper.stopped() {
            self.stop()?;
        }
        self.begin()
    }

    fn begin(&self) -> Result<(), ServerError> {
        self.keeper.start()?;
        let ready = || (self.ready)(self.keeper.directory());
        let done = until(LIMIT, || self.keeper.ended() || ready());
        if done && !self.keeper.ended() {
            return Ok(());
        }
        Err(self.trouble("does not start"))
    }

    fn trouble(&self, what: &str) -> ServerError {
        ServerError::Failed(format!("the server on port {} {what}:\n{}", self.port, self.keeper.log()))
    }
}
