//! The row that a lead has among the customers: in no list of theirs, and with nothing that is unique among them.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::duplicates::{self, Asked, DuplicateCandidates};
use super::input::{CustomerPatch, NewCustomer};
use super::model::{Customer, CustomerKind, ExternalRef};
use super::repo::{field_check, resolve_owner};
use super::row::TABLE;
use super::{beside, children, contact_points, external_refs, links};
use crate::base::custom_field::Demanded;
use crate::base::error::{Error, Kind, Result, Violations};
use crate::base::ids::CustomerId;
use crate::companies::DuplicatePolicy;
use crate::custom_fields::check_references;
use crate::history;
use crate::journal::{Deferred, idempotency};
use crate::scope::actor::ActorRef;
use crate::scope::{Change, CompanyTx, Envelope, change_record_of};

pub(crate) use super::row::select_joined;

/// The number of references per statement: SQLite binds at most 32,766 values, and each reference has five.
const MAX_REFERENCES: usize = 6_000;

/// The row of a new lead, with nothing in it but an id.
pub(crate) fn fresh(tx: &CompanyTx<'_>) -> Customer {
    Customer { is_lead: true, deleted_at: Some(tx.now()), ..tx.fresh_customer() }
}

/// The part that customers have as well, after a change.
pub(crate) fn changed(row: &Customer, patch: CustomerPatch) -> NewCustomer {
    patch.apply(row)
}

/// Checks every rule of customers but that for required custom fields, which counts when the lead becomes a customer.
pub(crate) fn checked(
    tx: &CompanyTx<'_>,
    before: Option<&Customer>,
    draft: NewCustomer,
) -> Result<NewCustomer, Violations> {
    let nothing = BTreeSet::new();
    let check = field_check(&tx.company, before, Demanded::Of(&nothing));
    draft.validated(before, &tx.company.settings, Some(&check))
}

/// Writes what was checked into the row.
pub(crate) fn write(tx: &CompanyTx<'_>, draft: NewCustomer, row: &mut Customer) {
    draft.write(row, &tx.company.settings);
}

/// Looks up what the row refers to: a new owner, records in custom fields, and links of one who was a customer before.
pub(crate) async fn resolve(tx: &mut CompanyTx<'_>, before: Option<&Customer>, after: &mut Customer) -> Result<()> {
    resolve_owner(tx, before, after).await?;
    if let Some(before) = before {
        links::check_update_of_lead(tx, before, after).await?;
    }
    check_references(tx, before.map(|before| &before.custom_fields), &after.custom_fields).await
}

/// Takes out of what history keeps what other members tell.
pub(crate) fn trim_history(row: &Customer, members: &mut Map<String, Value>) {
    contact_points::for_history(row, members);
}

/// The same for what a row of a file says, which names owners that there are.
pub(crate) async fn check_links(tx: &mut CompanyTx<'_>, before: &Customer, after: &mut Customer) -> Result<()> {
    links::check_update_of_lead(tx, before, after).await
}

/// Adds the row of a new lead with its lists.
pub(crate) async fn insert(tx: &mut CompanyTx<'_>, row: &Customer) -> Result<()> {
    tx.insert_parts(std::slice::from_ref(row)).await?;
    insert_references(tx, std::slice::from_ref(row)).await?;
    beside::insert_at_end(tx, row);
    Ok(())
}

/// Adds the rows of new leads with their lists.
pub(crate) async fn insert_all(tx: &mut CompanyTx<'_>, rows: &[Customer]) -> Result<()> {
    tx.insert_parts(rows).await?;
    insert_references(tx, rows).await?;
    beside::insert(tx, rows).await
}

async fn insert_references(tx: &mut CompanyTx<'_>, rows: &[Customer]) -> Result<()> {
    let mut references: Vec<(CustomerId, &ExternalRef)> = Vec::new();
    for row in rows {
        references.extend(row.external_refs.iter().map(|reference| (row.id, reference)));
    }
    for some in references.chunks(MAX_REFERENCES) {
        external_refs::insert_of_leads(tx, some.iter().copied()).await?;
    }
    Ok(())
}

/// Writes what differs in the row and its lists.
pub(crate) async fn update(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    tx.update_part(before, after).await?;
    external_refs::update_at_end(tx, before, after);
    beside::update_at_end(tx, before, after).await
}

/// Writes what differs immediately, where a transaction writes many leads.
pub(crate) async fn update_now(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer) -> Result<()> {
    tx.update_part(before, after).await?;
    external_refs::update(tx, before, after).await?;
    beside::update(tx, before, after).await
}

/// Moves to the trash what belongs to a lead that goes there.
pub(crate) fn trash(tx: &mut CompanyTx<'_>, lead: CustomerId, batch: Uuid) {
    children::trash(tx, |customer| customer.eq(lead.0), batch);
}

/// Brings back what went to the trash with a lead.
pub(crate) fn restore(tx: &mut CompanyTx<'_>, lead: CustomerId, batch: Uuid) {
    children::restore(tx, |customer| customer.eq(lead.0), &[batch]);
}

/// Removes the row for good when the transaction ends, with all that hangs on it, its history, and the answers that were kept
/// for repeated requests.
pub(crate) fn purge(tx: &mut CompanyTx<'_>, lead: CustomerId) {
    history::purge(tx, Kind::Lead, |entity| entity.eq(lead.0));
    children::purge(tx, lead);
    links::purge(tx, lead);
    let answers = idempotency::delete_answers_about(&tx.recorder(), lead.0);
    let delete = Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(lead.0))
        .to_owned();
    tx.defer([answers, delete].map(Deferred::Delete));
}

/// Checks what a lead would be as a customer, with all required custom fields.
pub(crate) fn checked_as_customer(tx: &CompanyTx<'_>, lead: &Customer) -> Result<(), Violations> {
    let check = field_check(&tx.company, Some(lead), Demanded::All);
    NewCustomer::from(lead).validated(Some(lead), &tx.company.settings, Some(&check)).map(drop)
}

/// The customers that a lead may be the same as, by the policy of the company, or another one.
pub(crate) async fn possible_duplicates(
    tx: &mut CompanyTx<'_>,
    lead: &Customer,
    policy: Option<DuplicatePolicy>,
) -> Result<Option<DuplicateCandidates>> {
    duplicates::check(tx, None, lead, Asked { policy, is_told: true }).await
}

/// The organizations that may be the one with this name.
pub(crate) async fn possible_organizations(tx: &mut CompanyTx<'_>, name: &str) -> Result<Option<DuplicateCandidates>> {
    let kind = CustomerKind::Organization;
    let organization = Customer { kind, name: name.to_owned(), ..tx.fresh_customer() };
    let asked = Asked { policy: Some(DuplicatePolicy::Warn), is_told: true };
    match duplicates::check(tx, None, &organization, asked).await {
        // An actor who may not overrule the policy of the company is told nothing.
        Err(Error::Forbidden { .. }) => Ok(None),
        checked => checked,
    }
}

/// Makes the row that of a customer, who is as good as new, and claims what is unique. `after` is that customer.
///
/// # Errors
/// [`Conflict::CustomerEmailTaken`](crate::Conflict::CustomerEmailTaken),
/// [`Conflict::ExternalRefTaken`](crate::Conflict::ExternalRefTaken) and
/// [`Conflict::CustomFieldValueTaken`](crate::Conflict::CustomFieldValueTaken) if customers have the values.
pub(crate) async fn become_customer(tx: &mut CompanyTx<'_>, before: &Customer, after: &mut Customer) -> Result<()> {
    (after.is_lead, after.deleted_at, after.delete_batch_id) = (false, None, None);
    after.stamp(before.version + 1, tx.after(before), ActorRef::from(tx.actor()));
    after.created_at = after.updated_at;
    after.created_by = after.updated_by.clone();
    after.set_unique_email_key(&tx.company.settings);
    links::refresh(tx, after).await?;
    put(tx, before, after, None).await?;
    tx.record_created(after)
}

/// Makes the row that of a lead again, which claims nothing. Its links stay as in the trash.
pub(crate) async fn become_lead(tx: &mut CompanyTx<'_>, before: &Customer, after: &mut Customer) -> Result<()> {
    (after.is_lead, after.deleted_at, after.delete_batch_id) = (true, Some(tx.now()), None);
    after.stamp(before.version + 1, tx.after(before), ActorRef::from(tx.actor()));
    after.set_unique_email_key(&tx.company.settings);
    put(tx, before, after, Some(after.id.0)).await?;
    let gone = change_record_of(after, Change::Deleted.as_str(), after.updated_at, Vec::new());
    tx.record_change(gone);
    Ok(())
}

async fn put(tx: &mut CompanyTx<'_>, before: &Customer, after: &Customer, stamp: Option<Uuid>) -> Result<()> {
    tx.update_part(before, after).await?;
    external_refs::stamp(tx, after, stamp).await?;
    beside::update(tx, before, after).await
}
