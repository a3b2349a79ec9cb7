//! Where statements go. The one place where a company could be set for the connection.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use super::slots::{ConnectionSlots, Lasting};

/// A pool of our own, or the transaction of a host.
pub(crate) enum Executor<'c> {
    Pool(Pool),
    /// With a mark that the transaction has written the company itself.
    Host(&'c DatabaseTransaction, Arc<AtomicBool>),
}

impl Executor<'_> {
    pub(crate) const fn database(&self) -> Database<'_> {
        match self {
            Self::Pool(pool) => Database::Pool(pool),
            Self::Host(transaction, _) => Database::Transaction(transaction),
        }
    }
}

impl fmt::Debug for Executor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool(_) => "Pool",
            Self::Host(..) => "Host",
        })
    }
}

/// A pool, and how many of its connections the company may use at once.
pub(crate) struct Pool {
    pub(super) connection: DatabaseConnection,
    pub(super) slots: ConnectionSlots,
}

/// Runs statements. On a pool each takes one of the company's places; in a transaction it has one already.
#[derive(Clone, Copy)]
pub(crate) enum Database<'s> {
    Pool(&'s Pool),
    Transaction(&'s DatabaseTransaction),
}

impl Pool {
    /// Runs a statement in one of the company's places, which it keeps to its end.
    async fn run<T: Send + 'static>(
        &self,
        statement: impl Future<Output = Result<T, DbErr>> + Send + 'static,
    ) -> Result<T, DbErr> {
        let slot = self.slots.take().await?;
        Lasting::new(async move {
            let _slot = slot;
            statement.await
        })
        .await
    }
}

#[async_trait]
impl ConnectionTrait for Database<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.connection.get_database_backend(),
            Self::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => {
                let connection = pool.connection.clone();
                pool.run(async move { connection.execute_raw(statement).await }).await
            }
            Self::Transaction(transaction) => transaction.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => {
                let (connection, sql) = (pool.connection.clone(), sql.to_owned());
                pool.run(async move { connection.execute_unprepared(&sql).await }).await
            }
            Self::Transaction(transaction) => transaction.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => {
                let connection = pool.connection.clone();
                pool.run(async move { connection.query_one_raw(statement).await }).await
            }
            Self::Transaction(transaction) => transaction.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => {
                let connection = pool.connection.clone();
                pool.run(async move { connection.query_all_raw(statement).await }).await
            }
            Self::Transaction(transaction) => transaction.query_all_raw(statement).await,
        }
    }
}
