//! The operations: do it, count it, undo it.

use sea_orm::FromQueryResult;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::super::repo::Customers;
use super::super::row as customer;
use super::super::search::{self, CustomerSearch};
use super::super::visible::visible;
use super::apply::apply;
use super::input::{BulkAction, BulkRequest, below};
use super::job::BulkCustomers;
use super::outcome::{BulkAnswer, BulkOutcome, BulkUndo, Tally};
use super::plan::{plan, prepare};
use super::row::{self, Model};
use super::target::Reading;
use super::undo::undo;
use super::{MAX_BULK_CUSTOMERS, MAX_BULK_IDS};
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{BulkActionId, JobId};
use crate::jobs;
use crate::scope::CompanyTx;
use crate::scope::actor::{Action, Resource};

/// How many customers a dry run reads with one statement.
const COUNTED: usize = 5_000;

impl Customers<'_, '_> {
    /// Changes many customers. Up to [`MAX_BULK_IDS`] are changed at once, more by a job. A dry run answers with the same
    /// counts, and writes nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the actor may change no customers in this way, or may not give them to this owner;
    /// [`Error::Invalid`] for an owner or a tag that there is not, for no customers or too many of them; and the errors of
    /// the query.
    #[tracing::instrument(name = "customers.bulk", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn bulk(&mut self, request: BulkRequest) -> Result<BulkAnswer> {
        request.check()?;
        let BulkRequest { action, ids, query, dry_run } = request;
        let (resource, right) = action.right();
        self.0.authorize(resource, right).await?;
        let ids = match (ids, query) {
            (Some(ids), _) => distinct(ids.into_iter().map(Uuid::from)),
            (None, query) => self.selected(&query.unwrap_or_default()).await?,
        };
        if let BulkAction::SetOwner { owner_id } = &action {
            self.ensure_owner_mirrored(Action::Update, *owner_id).await?;
        }
        if dry_run {
            return self.0.rehearse(async |tx| count(tx, action, &ids).await).await.map(BulkAnswer::Done);
        }
        if ids.len() > MAX_BULK_IDS {
            return self.0.write(async |tx| start(tx, action, &ids).await).await;
        }
        self.0.write(async |tx| at_once(tx, action, &ids).await).await.map(BulkAnswer::Done)
    }

    /// Undoes a bulk action, once and within 24 hours: by its actor, or by an actor who may change all jobs. Customers that
    /// have changed since are left as they are.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for an action of another user; [`Error::Forbidden`];
    /// [`Conflict::BulkActionUndone`]; [`Conflict::BulkActionExpired`]; [`Conflict::BulkActionRunning`] while its job has not
    /// ended.
    #[tracing::instrument(name = "customers.undo_bulk", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn undo_bulk(&mut self, id: BulkActionId) -> Result<BulkUndo> {
        self.0.write(async |tx| undo_action(tx, id).await).await
    }

    /// The ids of the customers that a search finds, as it is now.
    async fn selected(&self, search: &CustomerSearch) -> Result<Vec<Uuid>> {
        self.authorize(&search.query).await?;
        let owners = self.readable_owners().await?;
        let condition = search::condition(self.0, search).await.map_err(below("query"))?;
        let rows = visible(self.0.find::<customer::Entity>(), &owners).filter(condition);
        let rows = rows.map(|select| {
            let id = Expr::col((customer::TABLE, "id"));
            select.select_only().expr_as(id, "id").order_by_asc(customer::Column::Id)
        });
        let rows: Vec<Selected> = rows.fetch_up_to(MAX_BULK_CUSTOMERS as u64 + 1).await?;
        if rows.len() > MAX_BULK_CUSTOMERS {
            let detail = format!("at most {MAX_BULK_CUSTOMERS} customers at once; narrow the query");
            return Err(Violations::one("/query", "too_many", detail).into());
        }
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}

#[derive(FromQueryResult)]
struct Selected {
    id: Uuid,
}

fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

async fn count(tx: &mut CompanyTx<'_>, action: BulkAction, ids: &[Uuid]) -> Result<BulkOutcome> {
    let prepared = prepare(tx, action).await?;
    let mut tally = Tally::default();
    for some in ids.chunks(COUNTED) {
        plan(tx, &prepared, some, Reading::Live, &mut tally).await?;
    }
    Ok(tally.into_outcome(None, true))
}

async fn at_once(tx: &mut CompanyTx<'_>, action: BulkAction, ids: &[Uuid]) -> Result<BulkOutcome> {
    tx.expect_many_rows().await?;
    let (id, prepared, mut tally) = (BulkActionId(tx.id()), prepare(tx, action).await?, Tally::selecting(ids.len()));
    let planned = plan(tx, &prepared, ids, Reading::LiveLocked, &mut tally).await?;
    if planned.is_empty() {
        return Ok(tally.into_outcome(None, false));
    }
    let changed = apply(tx, &prepared, planned).await?;
    let model = Model::new(tx, id, &prepared.action, &tally)?;
    let undoable_until = model.undoable_until;
    row::insert(tx, model).await?;
    row::insert_changed(tx, id, changed).await?;
    audit(tx, "applied", id, &prepared.action, tally.changed);
    Ok(tally.into_outcome(Some((id, undoable_until)), false))
}

/// Keeps the customers that are selected now, and leaves them to a job.
async fn start(tx: &mut CompanyTx<'_>, action: BulkAction, ids: &[Uuid]) -> Result<BulkAnswer> {
    tx.expect_many_rows().await?;
    let (prepared, tally) = (prepare(tx, action).await?, Tally::selecting(ids.len()));
    let new = BulkCustomers::job(tx.actor(), None);
    let job = tx.scope().jobs().enqueue(new).await?;
    let id = BulkActionId(job.id.0);
    let model = Model::new(tx, id, &prepared.action, &tally)?;
    row::insert(tx, model).await?;
    row::insert_waiting(tx, id, ids).await?;
    audit(tx, "started", id, &prepared.action, tally.selected);
    Ok(BulkAnswer::Started(Box::new(job)))
}

pub(super) fn audit(tx: &mut CompanyTx<'_>, what: &'static str, id: BulkActionId, action: &BulkAction, customers: u64) {
    tx.audit(Kind::BulkAction, what, json!({ "id": id, "action": action, "customers": customers }));
}

async fn undo_action(tx: &mut CompanyTx<'_>, id: BulkActionId) -> Result<BulkUndo> {
    tx.expect_many_rows().await?;
    tx.authorize_any(Resource::Jobs, Action::Update, id.0)?;
    let mut model = row::locked(tx, id).await?;
    if !jobs::is_within_reach(tx.actor(), Action::Update, model.created_by()) {
        return Err(Error::not_found(Kind::BulkAction, id));
    }
    if model.undone_at.is_some() {
        return Err(Conflict::BulkActionUndone.into());
    }
    if model.undoable_until < tx.now() {
        return Err(Conflict::BulkActionExpired.into());
    }
    if jobs::is_unfinished(tx, JobId(id.0)).await? {
        return Err(Conflict::BulkActionRunning.into());
    }
    row::remove_waiting(tx, id).await?;
    let (action, changed) = (model.action()?, model.outcome()?.changed);
    let mut tally = Tally { selected: changed, ..Tally::default() };
    audit(tx, "undone", id, &action, changed);
    if changed > MAX_BULK_IDS as u64 {
        model.set_undone(tx.now(), &tally)?;
        row::update(tx, &model).await?;
        let new = BulkCustomers::job(tx.actor(), Some(id));
        let job = tx.scope().jobs().enqueue(new).await?;
        return Ok(BulkUndo::Started(Box::new(job)));
    }
    let rows = row::changed(tx, id, MAX_BULK_IDS).await?;
    undo(tx, id, &action, rows, &mut tally).await?;
    model.set_undone(tx.now(), &tally)?;
    row::update(tx, &model).await?;
    Ok(BulkUndo::Done(tally.into_undone(id)))
}
