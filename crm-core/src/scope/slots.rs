//! Connection slots: limit the connections of one company, so that it cannot use up the pool.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use sea_orm::{DatabaseConnection, DatabaseConnectionType, DatabaseTransaction, DbErr, RuntimeErr, sqlx};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::base::error::NoFreeSlot;
use crate::base::ids::CompanyId;

/// How long an abandoned statement may run before its connection is closed.
const ABANDONED_FOR: Duration = Duration::from_secs(10);
/// With this many companies, idle entries are removed.
const TIDY_FROM: usize = 1_024;

/// The connection slots of one company.
#[derive(Clone)]
pub(crate) struct ConnectionSlots {
    free: Arc<Semaphore>,
    patience: Duration,
}

/// The right to use one connection.
pub(crate) type ConnectionSlot = OwnedSemaphorePermit;

impl ConnectionSlots {
    /// Waits for a slot, in order of arrival.
    pub(crate) async fn take(&self) -> Result<ConnectionSlot, DbErr> {
        let free = self.free.clone();
        if let Ok(slot) = free.clone().try_acquire_owned() {
            return Ok(slot);
        }
        match timeout(self.patience, free.acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(no_place()),
        }
    }
}

fn no_place() -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::AnyDriverError(Box::new(NoFreeSlot)))))
}

/// The connection slots of all companies of a process.
pub(crate) struct CompanySlots {
    /// The number of slots per company; half of the pool if absent.
    pub(super) most: Option<usize>,
    pub(super) patience: Duration,
    companies: Mutex<HashMap<CompanyId, Weak<Semaphore>>>,
}

impl CompanySlots {
    pub(super) fn new(most: Option<usize>, patience: Duration) -> Self {
        Self { most, patience, companies: Mutex::default() }
    }

    /// The slots of a company on this pool.
    pub(super) fn of(&self, company: CompanyId, pool: &DatabaseConnection) -> ConnectionSlots {
        let mut companies = self.companies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(free) = companies.get(&company).and_then(Weak::upgrade) {
            return ConnectionSlots { free, patience: self.patience };
        }
        if companies.len() >= TIDY_FROM && companies.len() == companies.capacity() {
            companies.retain(|_, free| free.strong_count() > 0);
        }
        let free = Arc::new(Semaphore::new(self.most.unwrap_or_else(|| half(pool)).max(1)));
        companies.insert(company, Arc::downgrade(&free));
        ConnectionSlots { free, patience: self.patience }
    }
}

/// Half of the connections of a pool.
fn half(pool: &DatabaseConnection) -> usize {
    let most = match &pool.inner {
        #[cfg(feature = "postgres")]
        DatabaseConnectionType::SqlxPostgresPoolConnection(_) => {
            pool.get_postgres_connection_pool().options().get_max_connections()
        }
        #[cfg(feature = "sqlite")]
        DatabaseConnectionType::SqlxSqlitePoolConnection(_) => {
            pool.get_sqlite_connection_pool().options().get_max_connections()
        }
        _ => return Semaphore::MAX_PERMITS,
    };
    usize::try_from(most / 2).unwrap_or(1)
}

/// A statement that keeps its connection and its slot when it is dropped, because the server is still executing it.
pub(crate) struct Lasting<T: Send + 'static>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T: Send + 'static> Lasting<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Lasting<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.0 else {
            return Poll::Pending;
        };
        let outcome = work.as_mut().poll(context);
        if outcome.is_ready() {
            self.0 = None;
        }
        outcome
    }
}

impl<T: Send + 'static> Drop for Lasting<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(timeout(ABANDONED_FOR, work));
        }
    }
}

/// The slot of an open transaction. If it is dropped during a statement, the slot becomes free when the statement has
/// ended.
pub(crate) struct TransactionSlot(Option<(ConnectionSlot, Arc<DatabaseTransaction>)>);

impl TransactionSlot {
    pub(super) fn new(slot: ConnectionSlot, transaction: &Arc<DatabaseTransaction>) -> Self {
        Self(Some((slot, transaction.clone())))
    }

    /// For a transaction inside another one, which has a slot.
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Releases the transaction, which is about to end, and returns the slot.
    pub(super) fn into_slot(mut self) -> Option<ConnectionSlot> {
        self.0.take().map(|(slot, _)| slot)
    }
}

impl Drop for TransactionSlot {
    fn drop(&mut self) {
        if let (Some((slot, transaction)), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                // Waits for the cancelled statement.
                use sea_orm::ConnectionTrait;
                let _ = timeout(ABANDONED_FOR, transaction.execute_unprepared("SELECT 1")).await;
                drop(transaction);
                drop(slot);
            });
        }
    }
}
