//! Writes a planned batch: a fixed number of statements, however many customers there are.

use sea_orm::sea_query::{Expr, UpdateStatement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::beside;
use super::super::children;
use super::super::external_refs;
use super::input::BulkAction;
use super::plan::{Planned, Prepared};
use super::row::Changed;
use super::target::{self, Target};
use crate::base::error::{Error, Result};
use crate::base::ids::TagId;
use crate::history::FieldChange;
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::{Change, CompanyTx};
use crate::tags::{self, TagChange};

/// Changes the customers, and gives what is needed to put them back.
pub(super) async fn apply(tx: &mut CompanyTx<'_>, prepared: &Prepared, planned: Vec<Planned>) -> Result<Vec<Changed>> {
    match &prepared.action {
        _ if planned.is_empty() => Ok(Vec::new()),
        BulkAction::AddTags { .. } | BulkAction::RemoveTags { .. } => change_tags(tx, planned).await,
        BulkAction::Delete {} => delete(tx, &planned).await,
        action => {
            let (column, value) = column(action);
            let set = |update: &mut UpdateStatement| {
                update.value(column, value);
            };
            write(tx, &planned, Change::Updated, set, |target| vec![field_change(action, target)]).await?;
            Ok(planned.iter().map(|planned| changed(action, &planned.target)).collect())
        }
    }
}

/// The column that the action sets, and its value.
fn column(action: &BulkAction) -> (&'static str, Expr) {
    match action {
        BulkAction::SetOwner { owner_id } => ("owner_id", owner_id.map(Uuid::from).into()),
        BulkAction::SetStatus { status } => ("status", status.as_str().into()),
        action => ("is_archived", matches!(action, BulkAction::Archive {}).into()),
    }
}

/// The change as history keeps it.
fn field_change(action: &BulkAction, target: &Target) -> FieldChange {
    match action {
        BulkAction::SetOwner { owner_id } => change("ownerId", json!(target.owner_id()), json!(owner_id)),
        BulkAction::SetStatus { status } => change("status", json!(target.status), json!(status)),
        _ => change("isArchived", json!(target.is_archived), json!(!target.is_archived)),
    }
}

pub(super) fn change(field: &str, from: Value, to: Value) -> FieldChange {
    FieldChange { field: field.to_owned(), from, to }
}

/// What is needed to put a customer back.
fn changed(action: &BulkAction, target: &Target) -> Changed {
    let changed = Changed::new(target.id().0, target.version + 1);
    match action {
        BulkAction::SetOwner { .. } => Changed { owner_id: target.owner_id().map(Into::into), ..changed },
        BulkAction::SetStatus { .. } => Changed { status: Some(target.status.clone()), ..changed },
        _ => changed,
    }
}

/// Writes some columns of all customers in one statement, and records each write.
async fn write(
    tx: &mut CompanyTx<'_>,
    planned: &[Planned],
    change: Change,
    set: impl FnOnce(&mut UpdateStatement),
    changes: impl Fn(&Target) -> Vec<FieldChange>,
) -> Result<()> {
    let targets: Vec<&Target> = planned.iter().map(|planned| &planned.target).collect();
    write_targets(tx, &targets, change, set, changes).await
}

/// The same for customers that are being put back.
pub(super) async fn write_targets(
    tx: &mut CompanyTx<'_>,
    targets: &[&Target],
    change: Change,
    set: impl FnOnce(&mut UpdateStatement),
    changes: impl Fn(&Target) -> Vec<FieldChange>,
) -> Result<()> {
    let at = target::time_of(tx, targets.iter().copied());
    let mut update = target::update(tx, targets.iter().map(|target| target.id().0).collect(), at);
    set(&mut update);
    if tx.execute(&update).await? != targets.len() as u64 {
        return Err(Error::internal("customers that are locked can be written"));
    }
    for target in targets {
        tx.record_change(target.written(change, at, changes(target)));
    }
    Ok(())
}

async fn delete(tx: &mut CompanyTx<'_>, planned: &[Planned]) -> Result<Vec<Changed>> {
    let targets: Vec<&Target> = planned.iter().map(|planned| &planned.target).collect();
    trash(tx, &targets).await?;
    Ok(targets.iter().map(|target| Changed::new(target.id().0, target.version + 1)).collect())
}

/// Moves customers to the trash, with what belongs to them.
pub(in super::super) async fn trash(tx: &mut CompanyTx<'_>, targets: &[&Target]) -> Result<()> {
    let (batch, now, postgres) = (tx.id(), tx.now(), tx.is_postgres());
    let ids: Vec<Uuid> = targets.iter().map(|target| target.id().0).collect();
    let set = |update: &mut UpdateStatement| {
        update.values([
            ("deleted_at", now.into()),
            ("delete_batch_id", batch.into()),
            ("email_key", Expr::cust("NULL")),
        ]);
    };
    write_targets(tx, targets, Change::Deleted, set, |_| Vec::new()).await?;
    let of = |column: Expr| any_of(column, ids.clone(), postgres);
    children::trash(tx, of, batch);
    let references = external_refs::stamped(tx, of(Expr::col("customer_id")), Some(batch));
    let keyed: Vec<UpdateStatement> = beside::keyed(tx, of(Expr::col("customer_id")), false).collect();
    tx.defer(keyed.into_iter().chain([references]).map(Deferred::Update));
    Ok(())
}

/// The customers themselves do not change, and keep their versions.
async fn change_tags(tx: &mut CompanyTx<'_>, planned: Vec<Planned>) -> Result<Vec<Changed>> {
    let (mut changed, mut changes) = (Vec::new(), Vec::new());
    for Planned { target, tags: (before, after) } in planned {
        let (fewer, more) = if before.len() < after.len() { (&before, &after) } else { (&after, &before) };
        let differing: Vec<TagId> =
            more.iter().map(|tag| tag.id).filter(|id| fewer.iter().all(|other| other.id != *id)).collect();
        changed.push(Changed::new(target.id().0, target.version).of_tags(&differing)?);
        changes.push(TagChange { customer: target.id(), held: target.held(), before, after });
    }
    tags::write_all(tx, &changes).await?;
    Ok(changed)
}
