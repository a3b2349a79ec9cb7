//! Idempotency: a repeated request has one effect, and gets the same answer while the actor may see it.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::base::error::{Conflict, Error, Kind, Result, Violations, is_lock_wait};
use crate::base::ids::CustomerId;
use crate::base::rights::{Action, Resource};
use crate::journal::Deferred;
use crate::journal::idempotency::{self, IdempotencyKey};
use crate::scope::{CompanyScope, CompanyTx, Trace, Traced};
use crate::{consents, customers, deals, interactions, jobs, leads, notes, saved_views, tasks};

/// The result of [`CompanyScope::once`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once<T> {
    /// The work was done now.
    Done(T),
    /// The work had been done before; this is the stored answer.
    Repeated(T),
}

impl<T> Once<T> {
    /// The answer, stored or new.
    pub fn into_inner(self) -> T {
        match self {
            Self::Done(answer) | Self::Repeated(answer) => answer,
        }
    }
}

impl CompanyScope<'_> {
    /// Does `work` once per key: the answer is stored in the transaction of the effect, for 24 hours, and returned to
    /// later calls with the same key and fingerprint. A failed call stores nothing.
    ///
    /// A stored answer is returned only to an actor who still has the required rights, and may still see its records.
    ///
    /// On a pool, unknown users that `work` refers to are looked up in the
    /// [`UserDirectory`](crate::users::UserDirectory) after a rollback of the transaction; then `work` is done again.
    ///
    /// # Errors
    /// [`Error::Forbidden`] and [`Error::NotFound`] for a stored answer that the actor may no longer see;
    /// [`Conflict::IdempotencyKeyInUse`] if the first call is still running after a second; [`Error::Invalid`] with the
    /// code `idempotency_key_reused` if the key was used with another fingerprint; and the errors of `work`.
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

/// Stores an answer, the rights it requires, and the ids in it.
async fn store(tx: &mut CompanyTx<'_>, key: &IdempotencyKey, answer: String) -> Result<()> {
    let traced = serde_json::to_string(&tx.traced()).map_err(Error::internal)?;
    let ids = idempotency::store_ids(&tx.recorder(), key, &answer);
    tx.execute(&idempotency::store(&tx.recorder(), key, answer, traced)).await?;
    tx.defer(ids.map(Deferred::Insert));
    Ok(())
}

/// Fails unless the actor has the required rights, and may see the records of the answer.
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
        Kind::Customer => match customers::ensure_visible(scope, CustomerId(id)).await {
            // The actor sees the survivor, who has everything of it.
            Err(Error::CustomerMerged { .. }) => Ok(()),
            visible => visible,
        },
        Kind::Link => customers::links::ensure_visible(scope, id.into()).await,
        Kind::Note => notes::ensure_visible(scope, id.into()).await,
        Kind::Interaction => interactions::ensure_visible(scope, id.into()).await,
        Kind::Task => tasks::ensure_visible(scope, id.into()).await,
        Kind::Deal => deals::ensure_visible(scope, id.into()).await,
        Kind::Consent => consents::ensure_visible(scope, id.into()).await,
        // Users who may add some are told of their own.
        Kind::Suppression => scope.reach(Resource::Suppressions, Action::Create).map(drop),
        Kind::Pipeline => scope.reach(Resource::Pipelines, Action::Read).map(drop),
        Kind::Lead => leads::ensure_visible(scope, id.into()).await,
        Kind::LeadStatus => scope.reach(Resource::LeadStatuses, Action::Read).map(drop),
        Kind::LeadScoringRule => scope.reach(Resource::LeadScoring, Action::Read).map(drop),
        Kind::LeadAssignmentRule => scope.reach(Resource::LeadAssignmentRules, Action::Read).map(drop),
        Kind::CaptureForm => scope.reach(Resource::CaptureForms, Action::Read).map(drop),
        Kind::Tag => scope.reach(Resource::Tags, Action::Read).map(drop),
        Kind::Duplicate => scope.reach(Resource::Duplicates, Action::Read).map(drop),
        Kind::CustomField => scope.reach(Resource::CustomFields, Action::Read).map(drop),
        Kind::Import | Kind::ImportMapping => scope.reach(Resource::Customers, Action::Import).map(drop),
        Kind::SavedView => saved_views::ensure_visible(scope, None, id.into()).await,
        Kind::Job => jobs::ensure_visible(scope, id.into()).await,
        Kind::BulkAction
        | Kind::CustomerMerge
        | Kind::JobSchedule
        | Kind::Company
        | Kind::User
        | Kind::Notification
        | Kind::Preferences
        | Kind::CalendarFeed
        | Kind::Audit => Ok(()),
    }
}

/// Claims the key, or returns the stored answer. On PostgreSQL the insert waits for the transaction with the same key;
/// on SQLite that transaction holds the only write lock.
async fn claim(tx: &mut CompanyTx<'_>, key: &IdempotencyKey) -> Result<Option<idempotency::Model>> {
    let before = tx.limit_lock_wait().await?;
    let claimed = take(tx, key).await.map_err(|error| match error {
        // Other errors do not concern the key: the database may be down.
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

/// Claims the key unless it exists. Both statements wait for the transaction that holds the key's row.
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
            "this idempotency key was used for another request; use a new one",
        )
        .into());
    }
    let answer = stored.answer.as_deref().ok_or(Conflict::IdempotencyKeyInUse)?;
    serde_json::from_str(answer).map_err(Error::internal)
}
