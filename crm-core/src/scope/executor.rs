//! Where statements go. The one place where a company could be set for the connection.

use std::fmt;

use sea_orm::{DatabaseConnection, DatabaseExecutor, DatabaseTransaction};

/// A pool of our own, or the transaction of a host.
pub(crate) enum Executor<'c> {
    Pool(DatabaseConnection),
    Host(&'c DatabaseTransaction),
}

impl Executor<'_> {
    pub(crate) fn as_database(&self) -> DatabaseExecutor<'_> {
        match self {
            Self::Pool(pool) => DatabaseExecutor::Connection(pool),
            Self::Host(transaction) => DatabaseExecutor::Transaction(transaction),
        }
    }
}

impl fmt::Debug for Executor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool(_) => "Pool",
            Self::Host(_) => "Host",
        })
    }
}
