//! Follows the directory of the user-management service: the mirror of users, and whether companies may use the CRM.
//!
//! The service stays the truth. Any number of instances follow it: what is known already is not written again.

mod metrics;
mod round;

use std::fmt;
use std::time::Duration;

use crm_core::Crm;
use crm_core::sea_orm::DatabaseConnection;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crm_web::auth::{DirectoryClient, DirectoryClientOptions};
use crm_web::backoff::Backoff;
use round::{Reader, RoundError};

/// How long changes are collected before a round.
const COLLECT: Duration = Duration::from_millis(200);

/// The options of following the directory.
#[derive(Clone, Debug)]
pub struct DirectoryOptions {
    /// The directory.
    pub client: DirectoryClientOptions,
    /// The interval of rounds without news.
    pub interval: Duration,
}

/// Follows the directory until it is dropped.
pub struct DirectorySync(JoinHandle<()>);

impl fmt::Debug for DirectorySync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectorySync").finish_non_exhaustive()
    }
}

impl Drop for DirectorySync {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl DirectorySync {
    /// Starts to follow the directory. It need not be available yet. A round begins every `interval`, and soon after
    /// `news` is marked: [`Revocations::directory_changes`](crate::auth::Revocations::directory_changes).
    #[must_use]
    pub fn start(
        crm: Crm,
        database: DatabaseConnection,
        client: DirectoryClient,
        interval: Duration,
        news: watch::Receiver<()>,
    ) -> Self {
        metrics::describe();
        let reader = Reader::new(crm, database, client);
        Self(tokio::spawn(follow(reader, interval, news)))
    }
}

async fn follow(mut reader: Reader, interval: Duration, mut news: watch::Receiver<()>) {
    let (mut backoff, mut is_stuck, mut up_to_date) = (Backoff::default(), false, Instant::now());
    loop {
        let began = Instant::now();
        news.mark_unchanged();
        let outcome = reader.round().await;
        if outcome.is_ok() {
            (up_to_date, backoff) = (began, Backoff::default());
        }
        note(&outcome, &mut is_stuck);
        metrics::age(up_to_date.elapsed());
        if outcome.is_err() {
            sleep(backoff.next()).await;
            continue;
        }
        tokio::select! {
            () = sleep(interval) => {}
            () = marked(&mut news) => sleep(COLLECT).await,
        }
    }
}

async fn marked(news: &mut watch::Receiver<()>) {
    if news.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Logs the error, once for each time that the directory cannot be followed.
fn note(outcome: &Result<(), RoundError>, is_stuck: &mut bool) {
    match outcome {
        Ok(()) if std::mem::take(is_stuck) => tracing::info!("the directory of users is followed again"),
        Err(error) if !std::mem::replace(is_stuck, true) => {
            tracing::warn!(%error, "the directory of users cannot be followed: new users and changes are not known yet");
        }
        Ok(()) | Err(_) => {}
    }
}
