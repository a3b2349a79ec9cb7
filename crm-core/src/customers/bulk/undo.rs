//! Puts back what a bulk action has changed, but for customers that have changed since.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sea_orm::sea_query::{Expr, UpdateStatement};
use serde_json::json;
use uuid::Uuid;

use super::super::{beside, children, contact_points, external_refs, field_values};
use super::apply::{change, write_targets};
use super::input::BulkAction;
use super::outcome::{RefusalReason, Tally};
use super::plan::{tags_of, with, without};
use super::row::{self, Changed};
use super::target::{self, Reading, Target};
use crate::base::error::Result;
use crate::base::ids::{BulkActionId, CustomerId, UserId};
use crate::companies::DuplicatePolicy;
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::{Change, CompanyTx};
use crate::tags::{self, CustomerTag, MAX_TAGS, TagChange};

/// A customer to put back, and what it was before.
type Former = (Target, Changed);

/// Puts back some customers of an action, and removes them from it.
pub(super) async fn undo(
    tx: &mut CompanyTx<'_>,
    id: BulkActionId,
    action: &BulkAction,
    rows: Vec<Changed>,
    tally: &mut Tally,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let all: Vec<Uuid> = rows.iter().map(|row| row.customer_id).collect();
    // Tags are locked before customers, so that all writes wait in the same order.
    let known = match action {
        BulkAction::RemoveTags { tags } => tags::to_remove(tx, tags).await?,
        _ => Vec::new(),
    };
    let former = unchanged_since(tx, action, rows, tally).await?;
    match action {
        BulkAction::AddTags { .. } | BulkAction::RemoveTags { .. } => {
            put_tags(tx, action, &known, former, tally).await?
        }
        BulkAction::Delete {} => bring_back(tx, former, tally).await?,
        _ => put_field(tx, id, action, former, tally).await?,
    }
    row::remove(tx, id, all).await
}

/// Counts the customers that have changed since or must not be changed, and gives the others.
async fn unchanged_since(
    tx: &mut CompanyTx<'_>,
    action: &BulkAction,
    rows: Vec<Changed>,
    tally: &mut Tally,
) -> Result<Vec<Former>> {
    let ids = rows.iter().map(|row| row.customer_id).collect();
    let targets = target::read(tx, ids, Reading::AllLocked).await?;
    let mut targets: HashMap<CustomerId, Target> = targets.into_iter().map(|target| (target.id(), target)).collect();
    let (resource, right) = action.right_to_undo();
    let mut former = Vec::new();
    for row in rows {
        let id = CustomerId(row.customer_id);
        let Some(target) = targets.remove(&id) else {
            tally.refuse(RefusalReason::NotFound, id);
            continue;
        };
        let mut owners = vec![target.owner_id()];
        if matches!(action, BulkAction::SetOwner { .. }) {
            owners.push(row.owner_id.map(UserId));
        }
        if target.version != row.version {
            tally.skipped += 1;
        } else if owners.into_iter().all(|owner| tx.actor().may(resource, right, owner)) {
            former.push((target, row));
        } else {
            tally.refuse(RefusalReason::Forbidden, id);
        }
    }
    Ok(former)
}

async fn put_field(
    tx: &mut CompanyTx<'_>,
    id: BulkActionId,
    action: &BulkAction,
    former: Vec<Former>,
    tally: &mut Tally,
) -> Result<()> {
    if former.is_empty() {
        return Ok(());
    }
    let (column, value) = match action {
        BulkAction::SetOwner { .. } => ("owner_id", row::before(tx, id, "owner_id")),
        BulkAction::SetStatus { .. } => ("status", row::before(tx, id, "status")),
        action => ("is_archived", matches!(action, BulkAction::Unarchive {}).into()),
    };
    let before: HashMap<CustomerId, &Changed> = former.iter().map(|(target, row)| (target.id(), row)).collect();
    let targets: Vec<&Target> = former.iter().map(|(target, _)| target).collect();
    let set = |update: &mut UpdateStatement| {
        update.value(column, value);
    };
    let changes = |target: &Target| {
        let row = before.get(&target.id());
        let status = row.and_then(|row| row.status.clone());
        let owner = row.and_then(|row| row.owner_id);
        vec![match action {
            BulkAction::SetOwner { .. } => change("ownerId", json!(target.owner_id()), json!(owner)),
            BulkAction::SetStatus { .. } => change("status", json!(target.status), json!(status)),
            _ => change("isArchived", json!(target.is_archived), json!(!target.is_archived)),
        }]
    };
    write_targets(tx, &targets, Change::Updated, set, changes).await?;
    tally.changed += targets.len() as u64;
    Ok(())
}

async fn bring_back(tx: &mut CompanyTx<'_>, former: Vec<Former>, tally: &mut Tally) -> Result<()> {
    let ids: Vec<Uuid> = former.iter().map(|(target, _)| target.id().0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let is_unique = tx.company.settings.duplicate_policy == DuplicatePolicy::Reject;
    let by_email = match is_unique {
        true => taken(contact_points::emails_in_trash(tx, ids.clone()).await?),
        false => BTreeSet::new(),
    };
    let by_value = taken(field_values::in_trash(tx, ids.clone()).await?);
    let by_reference = external_refs::taken(tx, ids).await?;
    let mut back = Vec::new();
    for (target, _) in &former {
        let id = target.id();
        if by_email.contains(&id.0) {
            tally.refuse(RefusalReason::CustomerEmailTaken, id);
        } else if by_value.contains(&id.0) {
            tally.refuse(RefusalReason::CustomFieldValueTaken, id);
        } else if by_reference.contains(&id.0) {
            tally.refuse(RefusalReason::ExternalRefTaken, id);
        } else {
            back.push(target);
        }
    }
    restore(tx, &back, is_unique).await?;
    tally.changed += back.len() as u64;
    Ok(())
}

async fn restore(tx: &mut CompanyTx<'_>, back: &[&Target], is_unique: bool) -> Result<()> {
    if back.is_empty() {
        return Ok(());
    }
    let null = || Expr::cust("NULL");
    let key = if is_unique { Expr::col("email") } else { null() };
    let set = |update: &mut UpdateStatement| {
        update.values([("deleted_at", null()), ("delete_batch_id", null()), ("email_key", key)]);
    };
    write_targets(tx, back, Change::Restored, set, |_| Vec::new()).await?;
    let batches: BTreeSet<Uuid> = back.iter().filter_map(|target| target.delete_batch_id).collect();
    let (ids, postgres): (Vec<Uuid>, bool) = (back.iter().map(|target| target.id().0).collect(), tx.is_postgres());
    let of = |column: Expr| any_of(column, ids.clone(), postgres);
    children::restore(tx, of, &Vec::from_iter(batches));
    let references = external_refs::stamped(tx, of(Expr::col("customer_id")), None);
    let keyed: Vec<UpdateStatement> = beside::keyed(tx, of(Expr::col("customer_id")), true).collect();
    tx.defer(keyed.into_iter().chain([references]).map(Deferred::Update));
    Ok(())
}

/// Those of some customers in the trash whose values other customers have by now, or another one of them. Each value comes
/// with whether it is taken.
fn taken(values: Vec<(Uuid, String, bool)>) -> BTreeSet<Uuid> {
    let mut of_customers: BTreeMap<Uuid, Vec<(String, bool)>> = BTreeMap::new();
    for (customer, value, is_taken) in values {
        of_customers.entry(customer).or_default().push((value, is_taken));
    }
    let (mut taken, mut back) = (BTreeSet::new(), HashSet::new());
    for (customer, values) in of_customers {
        if values.iter().any(|(value, is_taken)| *is_taken || back.contains(value)) {
            taken.insert(customer);
        } else {
            back.extend(values.into_iter().map(|(value, _)| value));
        }
    }
    taken
}

/// The tags that the action touched must be as it left them. `known`: the tags to give back, those that there still are.
async fn put_tags(
    tx: &mut CompanyTx<'_>,
    action: &BulkAction,
    known: &[CustomerTag],
    former: Vec<Former>,
    tally: &mut Tally,
) -> Result<()> {
    let targets: Vec<Target> = former.iter().map(|(target, _)| target.clone()).collect();
    let mut current = tags_of(tx, true, &targets).await?;
    let mut changes = Vec::new();
    for (target, row) in former {
        let (ids, before) = (row.tags()?, current.remove(&target.id()).unwrap_or_default());
        let held: Vec<CustomerTag> = before.iter().filter(|tag| ids.contains(&tag.id)).cloned().collect();
        let gone: Vec<CustomerTag> = known.iter().filter(|tag| ids.contains(&tag.id)).cloned().collect();
        let after = match action {
            BulkAction::AddTags { .. } if held.len() == ids.len() => without(&before, &held),
            BulkAction::RemoveTags { .. } if held.is_empty() && !gone.is_empty() => with(&before, &gone),
            _ => {
                tally.skipped += 1;
                continue;
            }
        };
        if after.len() > before.len() && after.len() > MAX_TAGS {
            tally.refuse(RefusalReason::TooManyTags, target.id());
            continue;
        }
        tally.changed += 1;
        changes.push(TagChange { customer: target.id(), held: target.held(), before, after });
    }
    tags::write_all(tx, &changes).await
}
