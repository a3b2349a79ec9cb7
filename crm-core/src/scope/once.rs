//! A request that is sent twice has one effect.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CompanyScope, CompanyTx, Crm};
use crate::base::error::{Conflict, Error, Result, Violations, is_lock_wait};
use crate::journal::idempotency::{self, IdempotencyKey};

/// What [`CompanyScope::once`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once<T> {
    /// It was done now.
    Done(T),
    /// It had been done before; this is the answer of that time.
    Repeated(T),
}

impl<T> Once<T> {
    /// The answer, whenever it was made.
    pub fn into_inner(self) -> T {
        match self {
            Self::Done(answer) | Self::Repeated(answer) => answer,
        }
    }
}

impl Crm {
    /// Removes the answers of all companies whose time is over, and tells how many. Nothing depends on it but disk space:
    /// call it now and then, an hour apart is plenty.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is.
    pub async fn forget_expired_keys(&self, db: &DatabaseConnection) -> Result<u64> {
        Ok(db.execute(&idempotency::forget_all_expired(self.now())).await?.rows_affected())
    }
}

impl CompanyScope<'_> {
    /// Does `work` once for each key: the answer is stored in the same transaction as the effect, for 24 hours, and given
    /// again to every later call with the same key and fingerprint. A call that fails stores nothing.
    ///
    /// # Errors
    /// [`Conflict::IdempotencyKeyInUse`] if the first call is still running after a second; [`Error::Invalid`] with the
    /// code `idempotency_key_reused` if the key came with another fingerprint before; and what `work` gives.
    pub async fn once<T, W>(&mut self, key: &IdempotencyKey, work: W) -> Result<Once<T>>
    where
        T: Serialize + DeserializeOwned,
        W: AsyncFnOnce(&mut CompanyScope<'_>) -> Result<T>,
    {
        let mut tx = self.begin().await?;
        let outcome = work_once(&mut tx, key, work).await;
        tx.finish(outcome).await
    }
}

async fn work_once<T, W>(tx: &mut CompanyTx<'_>, key: &IdempotencyKey, work: W) -> Result<Once<T>>
where
    T: Serialize + DeserializeOwned,
    W: AsyncFnOnce(&mut CompanyScope<'_>) -> Result<T>,
{
    if let Some(stored) = claim(tx, key).await? {
        return repeat(&stored, key).map(Once::Repeated);
    }
    let answer = work(&mut tx.scope()).await?;
    let text = serde_json::to_string(&answer).map_err(Error::internal)?;
    tx.execute(&idempotency::store(&tx.recorder(), key, text)).await?;
    Ok(Once::Done(answer))
}

/// Takes the key, or gives what is stored under it. On PostgreSQL the insert waits for the transaction that holds the
/// same key; on SQLite that transaction holds the only write lock.
async fn claim(tx: &mut CompanyTx<'_>, key: &IdempotencyKey) -> Result<Option<idempotency::Model>> {
    let before = tx.limit_lock_wait().await?;
    let claimed = take(tx, key).await.map_err(|error| match error {
        // Any other reason says nothing of the key: the database itself may be away.
        Error::Unavailable(cause) if is_lock_wait(&cause) => Conflict::IdempotencyKeyInUse.into(),
        other => other,
    })?;
    tx.restore_lock_wait(&before).await?;
    if claimed > 0 {
        return Ok(None);
    }
    let rows = tx.query(&idempotency::find(&tx.recorder(), key)).await?;
    let row = rows.first().ok_or(Conflict::IdempotencyKeyInUse)?;
    Ok(Some(idempotency::Model::read(row)?))
}

/// Takes the key unless it is taken. Both statements wait for the transaction that holds the key's row.
async fn take(tx: &mut CompanyTx<'_>, key: &IdempotencyKey) -> Result<u64> {
    let now = tx.now();
    tx.execute(&idempotency::forget_expired(&tx.recorder(), key, now)).await?;
    tx.execute(&idempotency::claim(&tx.recorder(), key, now)).await
}

fn repeat<T: DeserializeOwned>(stored: &idempotency::Model, key: &IdempotencyKey) -> Result<T> {
    if stored.fingerprint != key.fingerprint {
        return Err(Violations::one(
            "",
            "idempotency_key_reused",
            "this idempotency key came with another request before; use a new one",
        )
        .into());
    }
    let answer = stored.answer.as_deref().ok_or(Conflict::IdempotencyKeyInUse)?;
    serde_json::from_str(answer).map_err(Error::internal)
}

impl CompanyTx<'_> {
    /// Waits no longer than a second for a lock from here on. Gives what held before.
    async fn limit_lock_wait(&mut self) -> Result<String> {
        let mut before = "DEFAULT".to_owned();
        if !self.is_postgres() {
            return Ok(before);
        }
        // In its transaction a host may have chosen a limit of its own.
        if self.is_hosted() {
            let show = Statement::from_string(DbBackend::Postgres, "SHOW lock_timeout");
            if let Some(row) = self.tx.query_one_raw(show).await? {
                before = format!("'{}'", row.try_get_by_index::<String>(0)?);
            }
        }
        self.tx.execute_unprepared("SET LOCAL lock_timeout = '1s'").await?;
        Ok(before)
    }

    /// Waits for locks as long as before.
    async fn restore_lock_wait(&mut self, before: &str) -> Result<()> {
        if self.is_postgres() {
            self.tx.execute_unprepared(&format!("SET LOCAL lock_timeout = {before}")).await?;
        }
        Ok(())
    }
}
