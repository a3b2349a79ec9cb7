//! Undoing a merge.

use std::collections::HashMap;

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait, UpdateStatement};
use serde_json::Value;
use uuid::Uuid;

use super::super::input::NewCustomer;
use super::super::model::Customer;
use super::super::repo::{Customers, field_check};
use super::super::row::{self as customer_row, TABLE as CUSTOMERS};
use super::super::{beside, children, external_refs, links};
use super::fields::{FIELDS, Field, Members, OBJECTS};
use super::input::{OnMergeConflict, UnmergeCustomers};
use super::model::UnmergeOutcome;
use super::plan::{mark_primary, members};
use super::repo::{Losers, read, record, write_survivor, written};
use super::row::{self, Model};
use super::since::{self, LISTS};
use super::{deal_contacts, moves, redirects};
use crate::base::custom_field::Demanded;
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::CustomerMergeId;
use crate::companies::DuplicatePolicy;
use crate::query::dialect::any_of;
use crate::scope::actor::{Action, Resource};
use crate::scope::{Change, CompanyTx};
use crate::stats;
use crate::tags::CustomerTag;

impl Customers<'_, '_> {
    /// Undoes a merge, once and within [`UNDOABLE_FOR`](super::UNDOABLE_FOR): the survivor's fields and the losers are as
    /// before, and the records return that have moved. What was added to the survivor since stays there. Needs the right to
    /// change the survivor and to restore the others.
    ///
    /// # Errors
    /// [`Error::ChangedSinceMerge`] with all changes since, unless they are to be kept; [`Error::Forbidden`];
    /// [`Error::NotFound`] if there is no such merge, or the survivor is in the trash; [`Conflict::CustomerMergeUndone`];
    /// [`Conflict::CustomerMergeExpired`]; [`Conflict::CustomerMergeContinued`]; [`Conflict::CustomerEmailTaken`] and
    /// [`Conflict::ExternalRefTaken`] if others have the addresses or references of a loser by now;
    /// [`Conflict::LeadConverted`] for what the conversion of a lead has merged, which is taken back with the conversion.
    #[tracing::instrument(name = "customers.undo_merge", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn undo_merge(&mut self, id: CustomerMergeId, how: UnmergeCustomers) -> Result<UnmergeOutcome> {
        self.0.write(async |tx| undo(tx, id, how, Losers::Customers).await).await
    }
}

pub(super) async fn undo(
    tx: &mut CompanyTx<'_>,
    id: CustomerMergeId,
    how: UnmergeCustomers,
    of: Losers,
) -> Result<UnmergeOutcome> {
    tx.authorize_any(Resource::Customers, Action::Update, id.0)?;
    if of == Losers::Customers {
        tx.authorize_any(Resource::Customers, Action::Restore, id.0)?;
    }
    links::lock_merges(tx).await?;
    let merge = row::locked(tx, id).await?;
    let (current, losers) = held(tx, &merge, of).await?;
    let (Some(before), Some(merged)) = (image(merge.before_image.as_ref())?, image(merge.after_image.as_ref())?) else {
        return Err(Conflict::CustomerMergeExpired.into());
    };
    let mut changes = Violations::default();
    since::fields(&merged, &current, &mut changes)?;
    let is_changed = !changes.0.is_empty();
    since::records(tx, &merge, &mut changes).await?;
    if !changes.0.is_empty() && how.on_conflict == OnMergeConflict::Refuse {
        return Err(Error::ChangedSinceMerge(changes));
    }
    let mut after = match is_changed {
        true => checked(tx, &current, &three_way(&before, &merged, &current)?)?,
        false => as_before(tx, &current, &before),
    };
    let restored_ids = losers.iter().map(|loser| loser.id).collect::<Vec<_>>();
    let links = links::put_back(tx, id, current.id, &restored_ids).await?;
    links::copies_of(tx, current.id).await?.write(&mut after);
    if after.kind != current.kind {
        links::check_kind(tx, &after).await?;
    }
    tx.authorize(Resource::Customers, Action::Update, after.owner_id, Some(current.id.0))?;
    write_survivor(tx, Change::Unmerged, &current, &mut after, &restored_ids).await?;
    match of {
        Losers::Customers => bring_back(tx, &merge, &losers).await?,
        Losers::Lead => bring_back_lead(tx, &merge, &losers).await?,
    }
    deal_contacts::put_back(tx, id, current.id).await?;
    moves::put_back(tx, id, current.id).await?;
    let all: Vec<_> = restored_ids.iter().copied().chain([current.id]).collect();
    links.finish(tx, &all).await?;
    stats::recount::of_customers(tx, &all).await?;
    redirects::remove(tx, id, current.id).await?;
    row::set_undone(tx, id, tx.now()).await?;
    Ok(UnmergeOutcome { id, customer: read(tx, current.id).await?, restored_ids, kept: changes.0 })
}

fn image(image: Option<&Value>) -> Result<Option<Customer>> {
    image.cloned().map(serde_json::from_value).transpose().map_err(Error::internal)
}

/// Locks the customers of a merge in the order of their ids, and refuses what cannot be undone.
async fn held(tx: &CompanyTx<'_>, merge: &Model, of: Losers) -> Result<(Customer, Vec<Customer>)> {
    let losers = merge.losers()?;
    let ids: Vec<Uuid> = losers.iter().chain([&merge.survivor()]).map(|id| id.0).collect();
    let most = ids.len() as u64;
    let rows = tx.find().filter(any_of(Expr::col((CUSTOMERS, "id")), ids, tx.is_postgres()));
    let rows = customer_row::select(rows, tx.actor(), tx.is_postgres());
    let rows = rows.map(|select| select.order_by_asc(customer_row::Column::Id)).for_no_key_update();
    let rows: Vec<Customer> = rows.fetch_up_to(most).await?;
    let mut found: HashMap<_, _> = rows.into_iter().map(|customer| (customer.id, customer)).collect();
    let not_found = || Error::not_found(Kind::CustomerMerge, merge.id);
    let survivor =
        found.remove(&merge.survivor()).filter(|survivor| tx.actor().sees(survivor)).ok_or_else(not_found)?;
    tx.touch(Kind::Customer, survivor.id.0);
    if merge.undone_at.is_some() {
        return Err(Conflict::CustomerMergeUndone.into());
    }
    if merge.undoable_until <= tx.now() {
        return Err(Conflict::CustomerMergeExpired.into());
    }
    if redirects::is_merged(tx, survivor.id).await? {
        return Err(Conflict::CustomerMergeContinued.into());
    }
    if survivor.is_trashed() {
        return Err(not_found());
    }
    let mut back = Vec::new();
    for id in losers {
        let loser = found.remove(&id).ok_or(Conflict::CustomerMergeExpired)?;
        match of {
            Losers::Customers if loser.is_lead => return Err(Conflict::LeadConverted.into()),
            Losers::Customers => tx.authorize(Resource::Customers, Action::Restore, loser.owner_id, Some(id.0))?,
            Losers::Lead => {}
        }
        back.push(loser);
    }
    Ok((survivor, back))
}

/// The survivor with all fields as before.
fn as_before(tx: &CompanyTx<'_>, current: &Customer, before: &Customer) -> Customer {
    let mut after = Customer {
        version: current.version,
        updated_at: current.updated_at,
        updated_by: current.updated_by.clone(),
        ..before.clone()
    };
    after.set_unique_email_key(&tx.company.settings);
    after
}

/// The survivor with those fields as before that were not changed since; of the lists, what came with the merge goes.
fn three_way(before: &Customer, merged: &Customer, current: &Customer) -> Result<Customer> {
    let (before, merged, mut result) = (members(before)?, members(merged)?, members(current)?);
    let is_unchanged = |field: &Field, current: &Members| field.value(&merged) == field.value(current);
    for field in FIELDS {
        if is_unchanged(field, &result) {
            field.copy(&before, &mut result);
        }
    }
    for object in OBJECTS {
        put_back_members(object, &before, &merged, &mut result);
    }
    for list in LISTS {
        put_back_list(list, &before, &merged, &mut result);
    }
    let mut customer: Customer = serde_json::from_value(Value::Object(result)).map_err(Error::internal)?;
    mark_primary(&mut customer);
    customer.tags.sort_by_cached_key(CustomerTag::key);
    Ok(customer)
}

fn put_back_members(object: &str, before: &Members, merged: &Members, result: &mut Members) {
    let of = |members: &Members| members.get(object).and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, merged) = (of(before), of(merged));
    let Some(Value::Object(current)) = result.get_mut(object) else { return };
    for (key, value) in &merged {
        if current.get(key) == Some(value) {
            match before.get(key) {
                Some(former) => drop(current.insert(key.clone(), former.clone())),
                None => drop(current.remove(key)),
            }
        }
    }
}

fn put_back_list(list: &str, before: &Members, merged: &Members, result: &mut Members) {
    let of = |members: &Members| members.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    let (before, merged) = (of(before), of(merged));
    let has = |entries: &[Value], entry: &Value| entries.iter().any(|other| value(list, other) == value(list, entry));
    let Some(Value::Array(current)) = result.get_mut(list) else { return };
    if *current == merged {
        *current = before;
    } else {
        current.retain(|entry| has(&before, entry) || !has(&merged, entry));
    }
}

/// What tells the entries of a list apart.
fn value(list: &str, entry: &Value) -> Vec<Value> {
    let names: &[&str] = match list {
        "emails" => &["address"],
        "phones" => &["number"],
        "addresses" => &["kind", "address", "addressLine2", "city", "state", "zipCode", "country"],
        "externalRefs" => &["system", "id"],
        _ => &["id"],
    };
    names.iter().map(|name| entry.get(*name).cloned().unwrap_or_default()).collect()
}

fn checked(tx: &CompanyTx<'_>, current: &Customer, together: &Customer) -> Result<Customer> {
    let settings = &tx.company.settings;
    let touched = std::collections::BTreeSet::new();
    let check = field_check(&tx.company, Some(together), Demanded::Of(&touched));
    let mut after = current.clone();
    NewCustomer::from(together).validated(Some(together), settings, Some(&check))?.write(&mut after, settings);
    (after.owner, after.tags) = (together.owner.clone(), together.tags.clone());
    Ok(after)
}

/// Brings the losers back as they were.
async fn bring_back(tx: &mut CompanyTx<'_>, merge: &Model, losers: &[Customer]) -> Result<()> {
    let ids: Vec<Uuid> = losers.iter().map(|loser| loser.id.0).collect();
    let postgres = tx.is_postgres();
    let of = |column: Expr| any_of(column, ids.clone(), postgres);
    let at = losers.iter().map(|loser| tx.after(loser)).fold(tx.now(), std::cmp::max);
    let nothing = || Expr::cust("NULL");
    let is_unique = tx.company.settings.duplicate_policy == DuplicatePolicy::Reject;
    let key = if is_unique { Expr::col("email") } else { nothing() };
    let update = written(tx, &ids, at)
        .values([
            ("deleted_at", nothing()),
            ("delete_batch_id", nothing()),
            ("merged_into_id", nothing()),
            ("email_key", key),
        ])
        .to_owned();
    tx.execute(&update).await?;
    let references = external_refs::stamped(tx, of(Expr::col("customer_id")), None);
    let keyed: Vec<UpdateStatement> = beside::keyed(tx, of(Expr::col("customer_id")), true).collect();
    for statement in keyed.into_iter().chain([references]) {
        tx.execute(&statement).await?;
    }
    children::restore(tx, of, &[merge.id]);
    record(tx, Change::Unmerged, merge.survivor(), losers, at);
    Ok(())
}

/// Brings a lead back, which claims nothing that customers have, and keeps its time of deletion.
async fn bring_back_lead(tx: &mut CompanyTx<'_>, merge: &Model, losers: &[Customer]) -> Result<()> {
    for lead in losers {
        let update = written(tx, &[lead.id.0], tx.after(lead))
            .values([("delete_batch_id", Expr::cust("NULL")), ("merged_into_id", Expr::cust("NULL"))])
            .to_owned();
        tx.execute(&update).await?;
        external_refs::stamp(tx, lead, Some(lead.id.0)).await?;
        children::restore(tx, |column| column.eq(lead.id.0), &[merge.id]);
    }
    Ok(())
}
