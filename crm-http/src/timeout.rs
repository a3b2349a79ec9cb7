//! Waits that are given up, and what that says of the connections they waited on.
//!
//! A wait that ends without an answer leaves a connection in doubt: its host may have vanished without a word. For a while
//! the pool then asks connections that come back whether they still answer (`server/release.rs`).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after a wait was given up connections are not trusted.
const UNSETTLED_FOR: Duration = Duration::from_secs(60);

static UNSETTLED_UNTIL: Mutex<Option<Instant>> = Mutex::new(None);

/// Waits no longer than `limit`. `None` if there is no answer by then.
pub(crate) async fn within<T>(limit: Duration, wait: impl Future<Output = T>) -> Option<T> {
    let mut wait = std::pin::pin!(wait);
    // Dropped before the wait, and so before what that holds goes back to the pool.
    let mut waiting = WaitGuard::default();
    let answer = tokio::time::timeout(limit, wait.as_mut()).await.ok();
    waiting.is_answered = answer.is_some();
    answer
}

/// A wait; one that is dropped without an answer was given up, at its end or because the client has gone away.
#[derive(Debug, Default)]
pub(crate) struct WaitGuard {
    pub(crate) is_answered: bool,
}

impl Drop for WaitGuard {
    fn drop(&mut self) {
        if !self.is_answered {
            *UNSETTLED_UNTIL.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + UNSETTLED_FOR);
        }
    }
}

/// Whether a wait was given up lately.
#[cfg(feature = "server")]
pub(crate) fn is_unsettled() -> bool {
    let until = *UNSETTLED_UNTIL.lock().unwrap_or_else(PoisonError::into_inner);
    until.is_some_and(|until| Instant::now() < until)
}
