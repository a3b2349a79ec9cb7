//! A request that is sent twice has one effect, and one answer, for as long as the actor may see it.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::base::error::{Conflict, Error, Kind, Result, Violations, is_lock_wait};
use crate::base::rights::{Action, Resource};
use crate::journal::Deferred;
use crate::journal::idempotency::{self, IdempotencyKey};
use crate::scope::{CompanyScope, CompanyTx, Trace, Traced};
use crate::{customers, interactions, notes};

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

impl CompanyScope<'_> {
    /// Does `work` once for each key: the answer is stored in the same transaction as the effect, for 24 hours, and given
    /// again to every later call with the same key and fingerprint. A call that fails stores nothing.
    ///
    /// A stored answer is given only to an actor who still has the rights that it took, and still sees the records that it
    /// is about.
    ///
    /// On a pool, users whom `work` names and the CRM has not seen are looked up in the
    /// [`UserDirectory`](crate::users::UserDirectory) after the transaction was rolled back; then `work` is done once more.
    ///
    /// # Errors
    /// [`Error::Forbidden`] and [`Error::NotFound`] for a stored answer that is not the actor's to see any more;
    /// [`Conflict::IdempotencyKeyInUse`] if the first call is still running after a second; [`Error::Invalid`] with the
    /// code `idempotency_key_reused` if the key came with another fingerprint before; and what `work` gives.
    pub async fn once<T, W>(&mut self, key: &IdempotencyKey, work: W) -> Result<Once<T>>
    where
        T: Serialize + DeserializeOwned,
        W: AsyncFn(&mut CompanyScope<'_>) -> Result<T>,
    {
        let trace = Arc::new(Trace::default());
        let outcome = self.attempt(key, &work, &trace).await;
        if let Some(outer) = &self.trace {
            outer.absorb(&trace);
        }
        if self.is_hosted() || !matches!(outcome, Err(Error::Invalid(_))) {
            return outcome;
        }
        let mut met = false;
        for user in trace.get().into_unknown() {
            met |= self.users().look_up(user).await?;
        }
        if met { self.attempt(key, &work, &Arc::default()).await } else { outcome }
    }

    async fn attempt<T, W>(&mut self, key: &IdempotencyKey, work: &W, trace: &Arc<Trace>) -> Result<Once<T>>
    where
        T: Serialize + DeserializeOwned,
        W: AsyncFn(&mut CompanyScope<'_>) -> Result<T>,
    {
        self.write(async |tx| {
            tx.trace = Some(trace.clone());
            work_once(tx, key, work).await
        })
        .await
    }
}

async fn work_once<T, W>(tx: &mut CompanyTx<'_>, key: &IdempotencyKey, work: &W) -> Result<Once<T>>
where
    T: Serialize + DeserializeOwned,
    W: AsyncFn(&mut CompanyScope<'_>) -> Result<T>,
{
    if let Some(stored) = claim(tx, key).await? {
        let answer = repeat(&stored, key)?;
        authorize(tx, &stored).await?;
        return Ok(Once::Repeated(answer));
    }
    let answer = work(&mut tx.scope()).await?;
    let text = serde_json::to_string(&answer).map_err(Error::internal)?;
    store(tx, key, text).await?;
    Ok(Once::Done(answer))
}

/// Stores an answer, what it takes to be given it, and the ids in it.
async fn store(tx: &mut CompanyTx<'_>, key: &IdempotencyKey, answer: String) -> Result<()> {
    let traced = serde_json::to_string(&tx.traced()).map_err(Error::internal)?;
    let ids = idempotency::store_ids(&tx.recorder(), key, &answer);
    tx.execute(&idempotency::store(&tx.recorder(), key, answer, traced)).await?;
    tx.defer(ids.map(Deferred::Insert));
    Ok(())
}

/// Fails unless the actor may do what was done, and sees the records that the answer is about.
async fn authorize(tx: &mut CompanyTx<'_>, stored: &idempotency::Model) -> Result<()> {
    let traced: Option<Traced> =
        stored.traced.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
    let traced = traced.unwrap_or_default();
    traced.authorize(tx.actor())?;
    let scope = tx.scope();
    for (kind, id) in traced.records() {
        ensure_visible(&scope, kind, id).await?;
    }
    Ok(())
}

async fn ensure_visible(scope: &CompanyScope<'_>, kind: Kind, id: Uuid) -> Result<()> {
    match kind {
        Kind::Customer => customers::ensure_visible(scope, id.into()).await,
        Kind::Note => notes::ensure_visible(scope, id.into()).await,
        Kind::Interaction => interactions::ensure_visible(scope, id.into()).await,
        Kind::Tag => scope.reach(Resource::Tags, Action::Read).map(drop),
        Kind::Company | Kind::User | Kind::Audit => Ok(()),
    }
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
    tx.execute(&idempotency::delete_expired(&tx.recorder(), key, now)).await?;
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
