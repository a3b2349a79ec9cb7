//! Merging customers, and the merges of a customer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Order, Query, UpdateStatement};
use sea_orm::{ColumnTrait, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::super::input::NewCustomer;
use super::super::links::{self, MergedLinks};
use super::super::model::Customer;
use super::super::repo::{Customers, field_check, update_now};
use super::super::row::{self as customer_row, TABLE as CUSTOMERS};
use super::super::visible::ensure_visible;
use super::super::{LockedCustomer, beside, children, external_refs};
use super::input::MergeCustomers;
use super::model::{CustomerMerge, MergeCount, MergeOutcome, MergedCustomer};
use super::plan::{Plan, plan};
use super::row::{self, Model, UNDOABLE_FOR};
use super::{deal_contacts, moves, redirects};
use crate::base::custom_field::Demanded;
use crate::base::error::{Error, Kind, Result, Violations};
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::base::patch::Patch;
use crate::custom_fields::check_references;
use crate::history::FieldChange;
use crate::journal::ChangeRecord;
use crate::query::dialect::any_of;
use crate::query::page::{self, Key, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyTx, is_live, read_page};
use crate::stats;
use crate::tags::{self, TagChange};
use crate::users;

impl Customers<'_, '_> {
    /// Merges customers into another one. A dry run does the same and takes it back. Needs the right to change the survivor
    /// and to delete the others.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] for customers that there are not or that are in the trash, for choices of what
    /// there is not, if the lists of all are too long for one customer, and for links that one customer cannot have: a
    /// hierarchy with a cycle or too many levels, or those of another kind; [`Error::CustomerMerged`] for a customer that was
    /// merged before; [`Error::Stale`] by the expected versions.
    #[tracing::instrument(name = "customers.merge", skip_all, fields(company.id = %self.0.company_id(), customer.id = %request.survivor_id))]
    pub async fn merge(&mut self, request: MergeCustomers) -> Result<MergeOutcome> {
        request.check()?;
        if let Patch::Set(owner) = request.values.owner_id {
            self.ensure_owner_mirrored(Action::Update, Some(owner)).await?;
        }
        match request.dry_run {
            true => self.0.rehearse(async |tx| merge(tx, &request, Losers::Customers).await).await,
            false => self.0.write(async |tx| merge(tx, &request, Losers::Customers).await).await,
        }
    }

    /// The merges into a customer, newest first; also those that were undone.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Malformed`] for a cursor of another list.
    pub async fn merges(&self, id: CustomerId, request: &PageRequest) -> Result<Page<CustomerMerge>> {
        self.0.company().await?;
        ensure_visible(self.0, id).await?;
        let find = || self.0.find::<row::Entity>().filter(row::Column::SurvivorId.eq(id.0));
        let (order, digest) = (page::newest_first("created_at"), page::digest(&("merges", id))?);
        let key = |merge: &Model| (Key::Time(merge.created_at), merge.id);
        let page: Page<Model> = read_page(find, &order, &digest, request, key).await?;
        let names = self.names(&page.data).await?;
        page.try_map(|merge| shown(merge, &names))
    }

    /// The names of the customers that were merged, as long as they are kept.
    async fn names(&self, merges: &[Model]) -> Result<HashMap<Uuid, String>> {
        let mut ids: Vec<Uuid> = Vec::new();
        for merge in merges.iter().filter(|merge| merge.undone_at.is_none()) {
            ids.extend(merge.losers()?.into_iter().map(Uuid::from));
        }
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let most = ids.len() as u64;
        let rows = self.0.find::<customer_row::Entity>().filter(redirects::is_unmerged().not());
        let rows = rows.filter(any_of(Expr::col((CUSTOMERS, "id")), ids, self.0.is_postgres()));
        let rows: Vec<customer_row::Model> = rows.fetch_up_to(most).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
    }
}

pub(super) fn shown(merge: Model, names: &HashMap<Uuid, String>) -> Result<CustomerMerge> {
    let losers = merge.losers()?.into_iter().map(|id| MergedCustomer { id, name: names.get(&id.0).cloned() });
    Ok(CustomerMerge {
        id: merge.id(),
        merged_at: merge.created_at,
        merged_by: ActorRef::read(&merge.created_by_kind, merge.created_by_id)?,
        survivor_id: merge.survivor(),
        losers: losers.collect(),
        undoable_until: merge.undoable_until,
        undone_at: merge.undone_at,
    })
}

/// Who is merged into the survivor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Losers {
    Customers,
    /// A lead, which the caller holds and writes: no right on customers is needed for it, and its history is not theirs.
    Lead,
}

pub(super) async fn merge(tx: &mut CompanyTx<'_>, request: &MergeCustomers, of: Losers) -> Result<MergeOutcome> {
    let (id, survivor_id) = (CustomerMergeId(tx.id()), request.survivor_id);
    tx.authorize_any(Resource::Customers, Action::Update, survivor_id.0)?;
    if of == Losers::Customers {
        tx.authorize_any(Resource::Customers, Action::Delete, survivor_id.0)?;
    }
    links::lock_merges(tx).await?;
    hold_tags(tx, request).await?;
    let (before, losers) = held(tx, request, of).await?;
    let all: Vec<&Customer> = std::iter::once(&before).chain(&losers).collect();
    let has_links = links::any(tx, &request.ids()).await?;
    let at = tx.crm().now();
    let inheritance = links::Inheritance::of(&all, request.fields.get(links::ORGANIZATION_NAME).copied());
    let mut choices = request.fields.clone();
    choices.extend(inheritance.choice(&all));
    let Plan { customer, touched, collisions, added } = plan(&before, &losers, &choices)?;
    let mut after = before.clone();
    write_result(tx, request, (&before, &customer), &touched, &mut after).await?;
    inheritance.write(&mut after)?;
    let mut moved = moves::count(tx, &request.loser_ids).await?;
    moved.extend(added);
    let at_removal = remove(tx, id, survivor_id, &losers).await?;
    if of == Losers::Customers {
        record(tx, Change::Merged, survivor_id, &losers, at_removal);
    }
    after.tags = customer.tags;
    write_survivor(tx, Change::Merged, &before, &mut after, &request.loser_ids).await?;
    row::insert(tx, Model::new(tx, id, at, (&before, &after), &request.loser_ids)).await?;
    moves::relink(tx, id, survivor_id, &request.loser_ids).await?;
    deal_contacts::relink(tx, id, survivor_id, &request.loser_ids).await?;
    let merging = links::Merging { id, survivor: &after, losers: &request.loser_ids };
    let links = match has_links {
        true => links::merge(tx, merging, &all, &inheritance).await?,
        false => MergedLinks::default(),
    };
    moved.extend((links.moved > 0).then(|| MergeCount { of: Kind::Link.to_string(), count: links.moved }));
    stats::recount::of_customers(tx, &[survivor_id]).await?;
    redirects::add(tx, id, survivor_id, &request.loser_ids).await?;
    let customer = read(tx, survivor_id).await?;
    let (id, undoable_until) = match request.dry_run {
        true => (None, None),
        false => (Some(id), Some(at + UNDOABLE_FOR)),
    };
    Ok(MergeOutcome { id, dry_run: request.dry_run, customer, moved, links, collisions, undoable_until })
}

/// Tags are locked before customers, so that all writes wait in the same order.
pub(super) async fn hold_tags(tx: &mut CompanyTx<'_>, request: &MergeCustomers) -> Result<()> {
    if !tx.is_postgres() {
        return Ok(());
    }
    let company = tx.company.id.0;
    let ids: Vec<Uuid> = request.loser_ids.iter().map(|id| id.0).collect();
    let tagged = Query::select()
        .column("tag_id")
        .from("crm_customer_tags")
        .and_where(Expr::col("company_id").eq(company))
        .and_where(any_of(Expr::col("customer_id"), ids, true))
        .to_owned();
    let tags = Query::select()
        .column("id")
        .from("crm_tags")
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("id").in_subquery(tagged))
        .order_by("id", Order::Asc)
        .lock(LockType::KeyShare)
        .to_owned();
    tx.query(&tags).await.map(drop)
}

/// Locks all customers of a merge in the order of their ids, and refuses those that the actor may not merge. The survivor
/// comes first, then the others in the order in which they were named.
async fn held(tx: &CompanyTx<'_>, request: &MergeCustomers, of: Losers) -> Result<(Customer, Vec<Customer>)> {
    let ids = request.ids();
    let is_lead = |customer: &Customer| of == Losers::Lead && customer.id != request.survivor_id;
    let rows =
        tx.find().filter(any_of(Expr::col((CUSTOMERS, "id")), ids.iter().map(|id| id.0).collect(), tx.is_postgres()));
    let rows = customer_row::select(rows.filter(is_live(CUSTOMERS)), tx.actor(), tx.is_postgres());
    let rows = rows.map(|select| select.order_by_asc(customer_row::Column::Id)).for_no_key_update();
    let rows: Vec<Customer> = rows.fetch_up_to(ids.len() as u64).await?;
    let mut found: HashMap<CustomerId, Customer> =
        rows.into_iter().filter(|row| is_lead(row) || tx.actor().sees(row)).map(|row| (row.id, row)).collect();
    let (mut held, mut violations) = (Vec::new(), Violations::default());
    for (place, id) in ids.into_iter().enumerate() {
        match found.remove(&id) {
            Some(customer) => held.push(customer),
            None => match redirects::missing(tx.find(), tx.actor(), id).await {
                Error::NotFound { .. } => {
                    violations.add(pointer(place), "customer_unknown", "there is no such customer")
                }
                merged => return Err(merged),
            },
        }
    }
    violations.into_result()?;
    for customer in held.iter().filter(|customer| !is_lead(customer)) {
        let action = if customer.id == request.survivor_id { Action::Update } else { Action::Delete };
        tx.touch(Kind::Customer, customer.id.0);
        tx.authorize_write(customer, action, request.versions.get(&customer.id).copied())?;
    }
    let losers = held.split_off(1);
    let survivor = held.pop().ok_or_else(|| Error::internal("a merge has a survivor"))?;
    Ok((survivor, losers))
}

/// Where the request names a customer: the survivor is the first.
fn pointer(place: usize) -> String {
    place.checked_sub(1).map_or_else(|| "/survivorId".to_owned(), |place| format!("/loserIds/{place}"))
}

/// Checks what the customers are together, with the values that none of them has, and writes it into the survivor.
async fn write_result(
    tx: &mut CompanyTx<'_>,
    request: &MergeCustomers,
    (before, together): (&Customer, &Customer),
    touched: &std::collections::BTreeSet<String>,
    after: &mut Customer,
) -> Result<()> {
    let company = tx.company.clone();
    let mut touched = touched.clone();
    let demanded = match request.values.custom_keys() {
        Some(named) => {
            touched.extend(named);
            Demanded::Of(&touched)
        }
        None => Demanded::All,
    };
    let draft: NewCustomer = request.values.clone().apply(together);
    // What a loser has may be older than the definition of the field, as what the survivor has.
    let check = field_check(&company, Some(together), demanded);
    draft.validated(Some(together), &company.settings, Some(&check))?.write(after, &company.settings);
    check_references(tx, Some(&together.custom_fields), &after.custom_fields).await?;
    after.owner = match after.owner_id {
        // An owner who was one of a customer stays so, even if no new customer could get them.
        owner if owner == together.owner_id => together.owner.clone(),
        Some(owner) => Some(users::owner(tx, owner, "/values/ownerId").await?),
        None => None,
    };
    tx.authorize(Resource::Customers, Action::Update, after.owner_id, Some(before.id.0))
}

/// Writes the survivor with all its lists and tags.
pub(super) async fn write_survivor(
    tx: &mut CompanyTx<'_>,
    change: Change,
    before: &Customer,
    after: &mut Customer,
    losers: &[CustomerId],
) -> Result<()> {
    update_now(tx, change, before, after).await?;
    tx.name_customers(after.id, losers);
    if after.tags.len() == before.tags.len() {
        return Ok(());
    }
    let (customer, held) = (after.id, LockedCustomer::of(after));
    let (before, after) = (before.tags.clone(), after.tags.clone());
    tags::write_all(tx, &[TagChange { customer, held, before, after }]).await
}

/// Takes the losers out of everything: their addresses and references become free for the survivor. Gives the time.
async fn remove(
    tx: &mut CompanyTx<'_>,
    merge: CustomerMergeId,
    survivor: CustomerId,
    losers: &[Customer],
) -> Result<DateTime<Utc>> {
    let (ids, postgres): (Vec<Uuid>, bool) = (losers.iter().map(|loser| loser.id.0).collect(), tx.is_postgres());
    let of = |column: Expr| any_of(column, ids.clone(), postgres);
    let at = losers.iter().map(|loser| tx.after(loser)).fold(tx.now(), std::cmp::max);
    let update = written(tx, &ids, at)
        .values([
            ("deleted_at", at.into()),
            ("delete_batch_id", merge.0.into()),
            ("merged_into_id", survivor.0.into()),
            ("email_key", Expr::cust("NULL")),
        ])
        .to_owned();
    tx.execute(&update).await?;
    let references = external_refs::stamped(tx, of(Expr::col("customer_id")), Some(merge.0));
    let keyed: Vec<UpdateStatement> = beside::keyed(tx, of(Expr::col("customer_id")), false).collect();
    for statement in keyed.into_iter().chain([references]) {
        tx.execute(&statement).await?;
    }
    // What is left with them is marked as in the trash: their tags. The records have moved when this is written.
    children::trash(tx, of, merge.0);
    Ok(at)
}

/// Records what became of the losers.
pub(super) fn record(
    tx: &mut CompanyTx<'_>,
    change: Change,
    survivor: CustomerId,
    losers: &[Customer],
    at: DateTime<Utc>,
) {
    for loser in losers {
        tx.record_change(entry(loser.id, loser.version + 1, change, at, survivor));
    }
}

/// A statement that stamps a write of some customers.
pub(super) fn written(tx: &CompanyTx<'_>, ids: &[Uuid], at: DateTime<Utc>) -> UpdateStatement {
    Query::update()
        .table(CUSTOMERS)
        .values([
            ("version", Expr::col("version").add(1)),
            ("updated_at", at.into()),
            ("updated_by_kind", tx.actor().kind().as_str().into()),
            ("updated_by_id", tx.actor().user_id().map(Uuid::from).into()),
        ])
        .and_where(Expr::col((CUSTOMERS, "company_id")).eq(tx.company.id.0))
        .and_where(any_of(Expr::col((CUSTOMERS, "id")), ids.to_vec(), tx.is_postgres()))
        .to_owned()
}

/// What became of a loser: it went into the survivor, or came out of it again.
fn entry(loser: CustomerId, version: i64, change: Change, at: DateTime<Utc>, survivor: CustomerId) -> ChangeRecord {
    let (from, to) = match change {
        Change::Merged => (json!(null), json!(survivor)),
        _ => (json!(survivor), json!(null)),
    };
    ChangeRecord {
        kind: Kind::Customer,
        id: Some(loser.0),
        version,
        action: change.as_str(),
        at,
        changes: vec![FieldChange { field: "mergedIntoId".to_owned(), from, to }],
        details: None,
        private_to: None,
        customer: None,
        origin: None,
        tags: Vec::new(),
        customers: vec![survivor],
    }
}

/// A customer as it is now.
pub(super) async fn read(tx: &CompanyTx<'_>, id: CustomerId) -> Result<Customer> {
    let row = customer_row::select(tx.find().by_id(id), tx.actor(), tx.is_postgres()).one().await?;
    row.ok_or_else(|| Error::not_found(Kind::Customer, id))
}
