//! The job of a bulk action with many customers: one transaction for each batch.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::MAX_BULK_IDS;
use super::apply::apply;
use super::outcome::Tally;
use super::plan::{plan, prepare};
use super::row::{self, Entity, Model};
use super::target::Reading;
use super::undo::undo;
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::BulkActionId;
use crate::jobs::NewJob;
use crate::scope::actor::{Actor, ActorRef, Permission};
use crate::scope::jobs::{JobDone, JobError, JobHandler, RunningJob};
use crate::scope::{CompanyScope, CompanyTx};

/// Changes the customers of a bulk action, or puts them back, batch by batch. A batch happens once: it removes its customers
/// from those that wait.
#[derive(Clone, Copy, Debug, Default)]
pub struct BulkCustomers;

/// What a job has to do: its own action, or the undo of another one. It acts for its actor, with the rights that they had
/// when they started it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Payload {
    undo: Option<BulkActionId>,
    by: ActorRef,
    permissions: Vec<Permission>,
}

impl BulkCustomers {
    /// The kind.
    pub const KIND: &'static str = "crm.bulk_customers";

    /// Bulk actions of a company run one after the other, so that they do not wait for each other's customers.
    pub(super) fn job(actor: &Actor, undo: Option<BulkActionId>) -> NewJob {
        let payload = Payload { undo, by: ActorRef::from(actor), permissions: actor.permissions.to_vec() };
        NewJob::new(Self::KIND, json!(payload)).of_record(Self::KIND)
    }
}

#[async_trait]
impl JobHandler for BulkCustomers {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let payload: Payload = job.payload()?;
        let undo = payload.undo;
        let id = undo.unwrap_or(BulkActionId(job.id().0));
        let mut scope = payload.scope(job.scope())?;
        loop {
            let (tally, is_done) = match undo {
                None => scope.write(async |tx| next_batch(tx, id).await).await?,
                Some(_) => scope.write(async |tx| next_undone(tx, id).await).await?,
            };
            if is_done {
                let result = result(job.scope(), id, undo.is_some()).await?;
                return job.begin().await?.complete(result).await;
            }
            let (done, selected) = (tally.done(), tally.selected.max(1));
            let percent = u8::try_from(done.saturating_mul(100) / selected).unwrap_or(100);
            job.progress(percent, Some(&format!("{done} of {selected} customers"))).await?;
        }
    }
}

impl Payload {
    /// The company for the actor.
    fn scope(self, scope: &CompanyScope<'static>) -> Result<CompanyScope<'static>> {
        let ActorRef { kind, id: user } = self.by;
        let actor = Actor { kind, user, ..Actor::system(scope.company_id()) }.with_permissions(self.permissions);
        let pool = scope.pool().ok_or_else(|| Error::internal("a job runs on a pool"))?;
        Ok(scope.crm.on(actor, pool))
    }
}

async fn find(scope: &CompanyScope<'_>, id: BulkActionId) -> Result<Model> {
    let model: Option<Model> = scope.find::<Entity>().by_id(id).one().await?;
    model.ok_or_else(|| Error::not_found(Kind::BulkAction, id))
}

async fn result(scope: &CompanyScope<'_>, id: BulkActionId, is_undo: bool) -> Result<Value> {
    let model = find(scope, id).await?;
    if is_undo {
        return Ok(json!(model.undo_outcome()?.into_undone(id)));
    }
    Ok(json!(model.outcome()?.into_outcome(Some((id, model.undoable_until)), false)))
}

/// Changes the next customers; true if there are none.
async fn next_batch(tx: &mut CompanyTx<'_>, id: BulkActionId) -> Result<(Tally, bool)> {
    tx.expect_many_rows().await?;
    let mut model = row::locked(tx, id).await?;
    if model.undone_at.is_some() {
        return Err(Conflict::BulkActionUndone.into());
    }
    let (mut tally, ids) = (model.outcome()?, row::waiting(tx, id, MAX_BULK_IDS).await?);
    if ids.is_empty() {
        return Ok((tally, true));
    }
    let prepared = prepare(tx, model.action()?).await?;
    let planned = plan(tx, &prepared, &ids, Reading::LiveLocked, &mut tally).await?;
    let changed = apply(tx, &prepared, planned).await?;
    row::remove(tx, id, ids).await?;
    row::insert_changed(tx, id, changed).await?;
    model.set_outcome(&tally)?;
    row::update(tx, &model).await?;
    Ok((tally, false))
}

/// Puts the next customers back; true if there are none.
async fn next_undone(tx: &mut CompanyTx<'_>, id: BulkActionId) -> Result<(Tally, bool)> {
    tx.expect_many_rows().await?;
    let mut model = row::locked(tx, id).await?;
    let (mut tally, rows) = (model.undo_outcome()?, row::changed(tx, id, MAX_BULK_IDS).await?);
    if rows.is_empty() {
        return Ok((tally, true));
    }
    undo(tx, id, &model.action()?, rows, &mut tally).await?;
    model.set_undone(tx.now(), &tally)?;
    row::update(tx, &model).await?;
    Ok((tally, false))
}
