//! The operations on deals.

use sea_orm::Condition;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::board::{self, DealBoard};
use super::closed;
use super::contacts::{self, DealContact};
use super::history_row;
use super::input::{DealPatch, NewDeal};
use super::items::{self, DealItems, NewDealItems};
use super::model::{Deal, DealStatus};
use super::moves::{self, DealMove};
use super::names;
use super::place::{self, Place};
use super::postponements;
use super::query::{DealQuery, order, sort_key};
use super::row;
use super::stage_history::{self, DealStageEntry};
use super::standing::Standing;
use super::sums::{self, DealTotals};
use crate::base::error::{Error, Kind, Result, Violations};
use crate::base::ids::{CustomerId, DealId, PipelineId, UserId};
use crate::base::patch::Patch;
use crate::customers;
use crate::notifications::{self, Notice, NotificationKind, NotifiedRecord};
use crate::pipelines;
use crate::query::page::{self, Key, Page, PageRequest};
use crate::scope::actor::{Action, ActorKind, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, Trashable, is_live, read_page};

/// The deals of the company. Obtained from [`CompanyScope::deals`].
///
/// All users who see a customer see its deals.
#[derive(Debug)]
pub struct Deals<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The deals with all customers that the actor sees.
    pub fn deals(&mut self) -> Deals<'_, 'c> {
        Deals(self)
    }
}

impl Deals<'_, '_> {
    /// Adds a deal, on top of its stage.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults, also for an unknown customer, pipeline or stage, and
    /// for a lost stage without a reason, or one that requires more.
    #[tracing::instrument(name = "deals.create", skip_all, fields(company.id = %self.0.company_id(), customer.id = %customer))]
    pub async fn create(&mut self, customer: CustomerId, new: NewDeal) -> Result<Deal> {
        self.ensure_mirrored(Action::Create, &new.owner_id).await?;
        self.0.write(async |tx| create(tx, customer, new).await).await
    }

    /// One deal, unless it is in the trash.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: DealId) -> Result<Deal> {
        let standing = authorize_read(self.0, false).await?;
        let live =
            self.0.find::<row::Entity>().by_id(id).filter(within_reach(self.0, false)?).filter(is_live(row::TABLE));
        let deal: Option<Deal> = live.select(row::columns(self.0.is_postgres())).one().await?;
        deal.map(|deal| standing.judged(deal)).ok_or_else(|| Error::not_found(Kind::Deal, id))
    }

    /// A page of deals. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a filter with unknown fields or wrong values, and for a cursor of another list;
    /// [`Error::Forbidden`] for the trash without the right to restore.
    #[tracing::instrument(name = "deals.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &DealQuery, request: &PageRequest) -> Result<Page<Deal>> {
        let standing = authorize_read(self.0, query.trashed).await?;
        let condition = within_reach(self.0, query.trashed)?.add(query.condition(self.0)?);
        let find = || self.0.find::<row::Entity>().filter(condition.clone()).select(row::columns(self.0.is_postgres()));
        let key = |deal: &Deal| (sort_key(query.sort, deal), deal.id.0);
        let me = query.owner.map(|_| self.0.actor().user_id());
        let digest = page::digest(&("deals", query, me))?;
        let page = read_page(find, &order(query.sort), &digest, request, key).await?;
        Ok(page.map(|deal| standing.judged(deal)))
    }

    /// How many deals a list has, and what they are worth in each currency and in the base currency. One statement.
    ///
    /// # Errors
    /// Those of [`Deals::list`] but for cursors.
    #[tracing::instrument(name = "deals.totals", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn totals(&self, query: &DealQuery) -> Result<DealTotals> {
        let standing = authorize_read(self.0, query.trashed).await?;
        let condition = within_reach(self.0, query.trashed)?.add(query.condition(self.0)?);
        sums::read(self.0, &standing, &condition).await
    }

    /// The board of a pipeline, or of the default: its stages with the first deals of each, how many there are, and
    /// what they are worth in each currency and in the base currency. Two statements. The first look of a company without
    /// a pipeline makes the usual one.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such pipeline; [`Error::Malformed`] for a filter with unknown fields or wrong
    /// values.
    #[tracing::instrument(name = "deals.board", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn board(&mut self, pipeline: Option<PipelineId>, query: &DealQuery) -> Result<DealBoard> {
        let standing = authorize_read(self.0, false).await?;
        let query = DealQuery { trashed: false, ..query.clone() };
        if let Some(board) = board::read(self.0, pipeline, &query, &standing).await? {
            return Ok(board);
        }
        if let Some(id) = pipeline {
            return Err(Error::not_found(Kind::Pipeline, id));
        }
        self.0.write(async |tx| pipelines::ensure_default(tx).await).await?;
        let board = board::read(self.0, None, &query, &standing).await?;
        board.ok_or_else(|| Error::internal("a company has a default pipeline"))
    }

    /// The stages that a deal has passed, the last one first. Two statements, which count as well.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Malformed`] for a cursor of another list.
    pub async fn stages(&self, id: DealId, request: &PageRequest) -> Result<Page<DealStageEntry>> {
        authorize_read(self.0, false).await?;
        ensure_visible(self.0, id).await?;
        let of_deal = || Expr::col((history_row::TABLE, "deal_id")).eq(id.0);
        let find = || self.0.find::<history_row::Entity>().filter(of_deal()).select(&history_row::COLUMNS);
        let key = |entry: &DealStageEntry| (Key::Time(entry.entered_at), entry.id.0);
        let digest = page::digest(&("deal_stages", id))?;
        read_page(find, &page::newest_first("entered_at"), &digest, request, key).await
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen. The stage stays the same.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn replace(&mut self, id: DealId, new: NewDeal, expected: Option<i64>) -> Result<Deal> {
        self.ensure_mirrored(Action::Update, &new.owner_id).await?;
        let contacts = ids_of(new.contacts.as_deref());
        self.0.write(async |tx| write(tx, id, expected, &contacts, |_| new).await).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Deals::replace`].
    #[tracing::instrument(name = "deals.update", skip_all, fields(company.id = %self.0.company_id(), deal.id = %id))]
    pub async fn update(&mut self, id: DealId, patch: DealPatch, expected: Option<i64>) -> Result<Deal> {
        self.ensure_mirrored(Action::Update, &patch.owner_id).await?;
        let contacts = ids_of(patch.contacts.value().map(Vec::as_slice));
        self.0.write(async |tx| write(tx, id, expected, &contacts, |deal| patch.apply(deal)).await).await
    }

    /// The items of a deal. One statement.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn items(&self, id: DealId) -> Result<DealItems> {
        Ok(DealItems::from(&self.get(id).await?))
    }

    /// Replaces all items of a deal; `expected` is the version of the deal that the caller has seen. The same items write
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "deals.replace_items", skip_all, fields(company.id = %self.0.company_id(), deal.id = %id))]
    pub async fn replace_items(&mut self, id: DealId, new: NewDealItems, expected: Option<i64>) -> Result<DealItems> {
        let deal = self.0.write(async |tx| items::replace(tx, id, new, expected).await).await?;
        Ok(DealItems::from(&deal))
    }

    /// Moves a deal to another stage, or to another place in its stage. Its key is computed between the neighbours as
    /// they are then, while the stage is held, so that moves at the same time end in one order.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`] for a stage that is not in the
    /// pipeline, for a neighbour that is not in the stage, for fields that a new stage requires, and at `/lostReason` for
    /// a lost stage without a reason.
    #[tracing::instrument(name = "deals.move_to", skip_all, fields(company.id = %self.0.company_id(), deal.id = %id))]
    pub async fn move_to(&mut self, id: DealId, to: DealMove, expected: Option<i64>) -> Result<Deal> {
        self.0.write(async |tx| moves::move_to(tx, id, to, expected).await).await
    }

    /// Moves a deal to the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn delete(&mut self, id: DealId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                tx.authorize_any(Resource::Deals, Action::Delete, id.0)?;
                let before = locked(tx, id).await?;
                tx.authorize_write(&before, Action::Delete, expected)?;
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (Some(tx.now()), Some(tx.id()));
                tx.update(&before, &mut after, Change::Deleted).await.map(drop)
            })
            .await
    }

    /// Brings a deal back from the trash, to its place.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Conflict::NotInTrash`](crate::Conflict::NotInTrash).
    pub async fn restore(&mut self, id: DealId) -> Result<Deal> {
        self.0
            .write(async |tx| {
                tx.authorize_any(Resource::Deals, Action::Restore, id.0)?;
                hold_customer(tx, id).await?;
                let before = locked(tx, id).await?;
                tx.authorize_write(&before, Action::Restore, None)?;
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (None, None);
                tx.update(&before, &mut after, Change::Restored).await?;
                Ok(after)
            })
            .await
    }

    /// Mirrors a new owner before the transaction, so that it holds no connection while the directory is asked.
    async fn ensure_mirrored(&mut self, action: Action, owner: &Patch<UserId>) -> Result<()> {
        match owner.value() {
            Some(owner) if !self.0.is_hosted() && self.0.reach(Resource::Deals, action).is_ok() => {
                self.0.users().ensure_mirrored(*owner).await
            }
            _ => Ok(()),
        }
    }
}

/// What deals are judged by, for an actor who may read them.
async fn authorize_read(scope: &CompanyScope<'_>, trashed: bool) -> Result<Standing> {
    let company = scope.company().await?;
    for resource in [Resource::Deals, Resource::Customers] {
        scope.authorize_read(resource, Action::Read).await?;
    }
    if trashed {
        scope.authorize_read(Resource::Deals, Action::Restore).await?;
    }
    Ok(Standing::of(&company, scope.crm.now(), scope.actor()))
}

/// Deals that the actor sees, of any customer.
pub(super) fn within_reach(scope: &CompanyScope<'_>, trashed: bool) -> Result<Condition> {
    let condition = scope.actor().visible(&super::ACCESS)?;
    // What is not in the trash has a customer who is not.
    if !trashed && scope.actor().sees_all(Resource::Customers) {
        return Ok(condition);
    }
    let customer = scope.actor().visible_customers(|id| id.equals((row::TABLE, "customer_id")))?;
    Ok(condition.add(Expr::exists(customer)))
}

/// Fails unless the actor sees this deal, which is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: DealId) -> Result<()> {
    let deal = scope.find::<row::Entity>().by_id(id).filter(within_reach(scope, false)?).filter(is_live(row::TABLE));
    match deal.count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Deal, id)),
        _ => Ok(()),
    }
}

/// Whether a customer has deals outside the trash but for this one.
pub(crate) async fn has_others(tx: &CompanyTx<'_>, customer: CustomerId, but: Option<DealId>) -> Result<bool> {
    let column = |name: &'static str| Expr::col((row::TABLE, name));
    let deals = tx.find::<row::Entity>().filter(column("customer_id").eq(customer.0)).filter(is_live(row::TABLE));
    let deals = match but {
        Some(id) => deals.filter(column("id").ne(id.0)),
        None => deals,
    };
    Ok(deals.count(Some(1)).await? > 0)
}

impl Trashable for Deal {
    const RESOURCE: Resource = Resource::Deals;

    fn owner_id(&self) -> Option<UserId> {
        self.owner_id
    }

    fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// A deal that is about to be written, in the trash or not.
pub(super) async fn locked(tx: &CompanyTx<'_>, id: DealId) -> Result<Deal> {
    let customers = tx.actor().visible_customers(|column| column.equals((row::TABLE, "customer_id")));
    let customers = customers.map_err(|_| Error::not_found(Kind::Deal, id))?;
    let rows = tx.find().filter(Expr::exists(customers)).select(row::columns(tx.is_postgres()));
    let deal: Deal = tx.lock(rows, id).await?;
    Ok(Standing::in_write(tx).judged(deal))
}

fn ids_of(contacts: Option<&[DealContact]>) -> Vec<CustomerId> {
    contacts.unwrap_or_default().iter().map(|contact| contact.customer_id).collect()
}

/// Holds the customer of a deal, who is not in the trash, and does not go there meanwhile.
async fn hold_customer(tx: &CompanyTx<'_>, id: DealId) -> Result<()> {
    let not_found = || Error::not_found(Kind::Deal, id);
    let deal: Option<Deal> = tx.find::<row::Entity>().by_id(id).select(row::columns(tx.is_postgres())).one().await?;
    match customers::lock_party(tx, deal.ok_or_else(not_found)?.customer_id).await {
        Ok(_) => Ok(()),
        // The caller has not named the customer, and learns nothing of it.
        Err(Error::NotFound { .. } | Error::CustomerMerged { .. }) => Err(not_found()),
        Err(error) => Err(error),
    }
}

async fn create(tx: &mut CompanyTx<'_>, customer: CustomerId, mut new: NewDeal) -> Result<Deal> {
    if new.owner_id.is_absent() {
        new.owner_id = tx.actor().user_id().filter(|_| tx.actor().kind() == ActorKind::User).into();
    }
    tx.authorize(Resource::Deals, Action::Create, new.owner_id.value().copied(), None)?;
    let new = new.validated(None)?;
    let mut named = ids_of(new.contacts.as_deref());
    if !named.is_empty() {
        named.push(customer);
    }
    let held = contacts::hold(tx, &named).await?;
    customers::lock_party(tx, customer).await.map_err(|error| match error {
        Error::NotFound { kind: Kind::Customer, .. } | Error::CustomerMerged { .. } => {
            Violations::one("/customerId", "customer_unknown", "the company has no such customer").into()
        }
        error => error,
    })?;
    let stage = moves::first_stage(tx, new.pipeline_id, new.stage_id).await?;
    let id = tx.id().into();
    let mut deal = Deal::blank(id, customer, &stage, tx.now(), ActorRef::from(tx.actor()));
    new.write(&mut deal);
    deal.settle_amount(None, "/amount/currency")?;
    deal.check_entry(None, &stage, &tx.company.settings)?;
    deal.name_contacts(None, &held)?;
    names::resolve(tx, None, &mut deal).await?;
    deal.position = place::find(tx, stage.id, Place::Top, id, None).await?;
    deal.settle();
    deal.settle_base(None, &tx.company);
    tx.stamp_new(&mut deal);
    tx.insert(&deal).await?;
    contacts::write(tx, None, &deal).await?;
    stage_history::record(tx, None, &deal);
    closed::record_end(tx, &deal);
    closed::tell(tx, None, &deal).await?;
    tell_owner(tx, None, &deal)?;
    Ok(deal)
}

/// Writes a change. `named` are the customers that it makes contacts.
async fn write(
    tx: &mut CompanyTx<'_>,
    id: DealId,
    expected: Option<i64>,
    named: &[CustomerId],
    change: impl FnOnce(&Deal) -> NewDeal,
) -> Result<Deal> {
    tx.authorize_any(Resource::Deals, Action::Update, id.0)?;
    let held = contacts::hold(tx, named).await?;
    let before = locked(tx, id).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let mut after = before.clone();
    change(&before).validated(Some(&before))?.write(&mut after);
    after.check_loss(Some(&before), &tx.company.settings)?;
    after.settle_amount(Some(&before), "/amount/currency")?;
    after.name_contacts(Some(&before), &held)?;
    tx.authorize(Resource::Deals, Action::Update, after.owner_id, Some(id.0))?;
    names::resolve(tx, Some(&before), &mut after).await?;
    after.settle();
    after.settle_base(Some(&before), &tx.company);
    if !tx.update(&before, &mut after, Change::Updated).await? {
        return Ok(before);
    }
    contacts::write(tx, Some(&before), &after).await?;
    postponements::record(tx, &before, &after)?;
    tell_owner(tx, Some(&before), &after)?;
    Ok(after)
}

/// Notifies a new owner of an open deal.
fn tell_owner(tx: &mut CompanyTx<'_>, before: Option<&Deal>, after: &Deal) -> Result<()> {
    let known = before.and_then(|before| before.owner_id);
    let owner = after.owner_id.filter(|owner| after.status == DealStatus::Open && Some(*owner) != known);
    notifications::tell(tx, Notice::new(NotificationKind::Assigned, NotifiedRecord::Deal, after.id), owner)
}
