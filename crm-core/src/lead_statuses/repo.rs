//! The operations on statuses of leads.

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::input::{LeadStatusPatch, NewLeadStatus};
use super::model::{LeadStatus, LeadStatusRef, LeadStatusType};
use super::query::{LeadStatusQuery, order, sort_key};
use super::row::{self, TABLE};
use super::usual;
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::LeadStatusId;
use crate::base::string_enum::canonical;
use crate::base::text::fold;
use crate::leads;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, read_page};

/// How many statuses of leads a company has at most.
pub(super) const MAX_STATUSES: usize = 100;

/// The statuses of the company's leads. Obtained from [`CompanyScope::lead_statuses`].
#[derive(Debug)]
pub struct LeadStatuses<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The statuses of the company's leads.
    pub fn lead_statuses(&mut self) -> LeadStatuses<'_, 'c> {
        LeadStatuses(self)
    }
}

impl LeadStatuses<'_, '_> {
    /// Adds a status.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::LeadStatusNameTaken`](crate::Conflict::LeadStatusNameTaken) and
    /// [`Conflict::LeadStatusCodeTaken`](crate::Conflict::LeadStatusCodeTaken) if another one has the name or the code;
    /// [`Conflict::TooManyLeadStatuses`](crate::Conflict::TooManyLeadStatuses).
    #[tracing::instrument(name = "lead_statuses.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewLeadStatus) -> Result<LeadStatus> {
        self.0.write(async |tx| create(tx, new).await).await
    }

    /// Adds the usual statuses to a company that has none, and does nothing otherwise. Tells how many were added.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    #[tracing::instrument(name = "lead_statuses.add_usual", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn add_usual(&mut self) -> Result<usize> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::LeadStatuses, Action::Create, None, None)?;
                usual::ensure_usual(tx).await
            })
            .await
    }

    /// One status.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub async fn get(&self, id: LeadStatusId) -> Result<LeadStatus> {
        self.may_read().await?;
        let status = self.0.find::<row::Entity>().select(row::columns()).by_id(id);
        status.one().await?.ok_or_else(|| Error::not_found(Kind::LeadStatus, id))
    }

    /// A page of statuses. One statement, which counts as well. A company that has used none yet has none.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "lead_statuses.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &LeadStatusQuery, request: &PageRequest) -> Result<Page<LeadStatus>> {
        self.may_read().await?;
        let find = || self.0.find::<row::Entity>().select(row::columns()).filter(query.condition());
        let key = |status: &LeadStatus| (sort_key(query.sort, status), status.id.0);
        read_page(find, &order(query.sort), &page::digest(&("lead_statuses", query))?, request, key).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`LeadStatuses::create`]; [`Error::NotFound`]; [`Error::Stale`];
    /// [`Conflict::DefaultLeadStatus`](crate::Conflict::DefaultLeadStatus) for a company that would have no default.
    #[tracing::instrument(name = "lead_statuses.update", skip_all, fields(company.id = %self.0.company_id(), status.id = %id))]
    pub async fn update(
        &mut self,
        id: LeadStatusId,
        patch: LeadStatusPatch,
        expected: Option<i64>,
    ) -> Result<LeadStatus> {
        self.0.write(async |tx| update(tx, id, patch, expected).await).await
    }

    /// Deletes a status that no lead has for good.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`];
    /// [`Conflict::LeadStatusInUse`](crate::Conflict::LeadStatusInUse) if leads have it;
    /// [`Conflict::DefaultLeadStatus`](crate::Conflict::DefaultLeadStatus) for the default of a company that has others.
    #[tracing::instrument(name = "lead_statuses.delete", skip_all, fields(company.id = %self.0.company_id(), status.id = %id))]
    pub async fn delete(&mut self, id: LeadStatusId, expected: Option<i64>) -> Result<()> {
        self.0.write(async |tx| delete(tx, id, expected).await).await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::LeadStatuses, Action::Read).await.map(drop)
    }
}

/// All statuses, held in one order: they are few, and one write may change two.
async fn locked_all(tx: &CompanyTx<'_>) -> Result<Vec<LeadStatus>> {
    let rows = tx.find::<row::Entity>().select(row::columns());
    rows.map(|select| select.order_by_asc(row::Column::Id)).for_update().fetch_up_to(MAX_STATUSES as u64).await
}

async fn create(tx: &mut CompanyTx<'_>, new: NewLeadStatus) -> Result<LeadStatus> {
    tx.authorize(Resource::LeadStatuses, Action::Create, None, None)?;
    let mut new = new.validated(None)?;
    let all = locked_all(tx).await?;
    if all.len() >= MAX_STATUSES {
        return Err(Conflict::TooManyLeadStatuses.into());
    }
    if new.can_be_default() && !all.iter().any(|status| status.is_default) {
        new.is_default = Some(true);
    }
    let mut status = blank(tx);
    new.write(&mut status);
    ensure_free(&all, &status)?;
    if status.is_default {
        take_over(tx, &all, status.id).await?;
    }
    tx.insert(&status).await?;
    Ok(status)
}

async fn update(
    tx: &mut CompanyTx<'_>,
    id: LeadStatusId,
    patch: LeadStatusPatch,
    expected: Option<i64>,
) -> Result<LeadStatus> {
    tx.authorize(Resource::LeadStatuses, Action::Update, None, Some(id.0))?;
    let all = locked_all(tx).await?;
    let before = one_of(&all, id)?;
    CompanyTx::expect_version(before, expected)?;
    let mut after = before.clone();
    patch.apply(before).validated(Some(before))?.write(&mut after);
    ensure_free(&all, &after)?;
    if before.is_default && !after.is_default {
        return Err(Conflict::DefaultLeadStatus.into());
    }
    if !before.is_default && after.is_default {
        take_over(tx, &all, id).await?;
    }
    tx.update(before, &mut after, Change::Updated).await?;
    Ok(after)
}

async fn delete(tx: &mut CompanyTx<'_>, id: LeadStatusId, expected: Option<i64>) -> Result<()> {
    tx.authorize(Resource::LeadStatuses, Action::Delete, None, Some(id.0))?;
    let all = locked_all(tx).await?;
    let status = one_of(&all, id)?;
    CompanyTx::expect_version(status, expected)?;
    if status.is_default && all.len() > 1 {
        return Err(Conflict::DefaultLeadStatus.into());
    }
    if leads::are_in(tx, &status.code).await? {
        return Err(Conflict::LeadStatusInUse.into());
    }
    tx.delete(status);
    Ok(())
}

fn one_of(all: &[LeadStatus], id: LeadStatusId) -> Result<&LeadStatus> {
    all.iter().find(|status| status.id == id).ok_or_else(|| Error::not_found(Kind::LeadStatus, id))
}

/// Refuses a name or a code that another status has.
fn ensure_free(all: &[LeadStatus], status: &LeadStatus) -> Result<(), Conflict> {
    let has = |is_same: &dyn Fn(&LeadStatus) -> bool| all.iter().any(|other| other.id != status.id && is_same(other));
    let name = fold(&status.name);
    if has(&|other| fold(&other.name) == name) {
        return Err(Conflict::LeadStatusNameTaken);
    }
    if has(&|other| other.code == status.code) {
        return Err(Conflict::LeadStatusCodeTaken);
    }
    Ok(())
}

/// Takes the place of the default from the status that has it.
async fn take_over(tx: &mut CompanyTx<'_>, all: &[LeadStatus], by: LeadStatusId) -> Result<()> {
    for former in all.iter().filter(|status| status.is_default && status.id != by) {
        let mut after = former.clone();
        after.is_default = false;
        tx.update(former, &mut after, Change::Updated).await?;
    }
    Ok(())
}

/// The status that a lead gets, or the default; not an archived one. It is not deleted before the transaction ends.
pub(crate) async fn held(tx: &CompanyTx<'_>, named: Option<&LeadStatusRef>) -> Result<Option<LeadStatus>> {
    let column = |name: &'static str| Expr::col((TABLE, name));
    let rows = tx.find::<row::Entity>().select(row::columns()).filter(column("is_archived").eq(false));
    let Some(LeadStatusRef::Text(text)) = named else {
        let rows = match named {
            Some(LeadStatusRef::Id(id)) => rows.by_id(*id),
            _ => rows.filter(column("default_key").is_not_null()),
        };
        return rows.for_key_share().one().await;
    };
    // PostgreSQL does not take such a text.
    if text.contains('\0') {
        return Ok(None);
    }
    let code = canonical(text);
    let is_named = column("code").eq(code.as_str()).or(column("name_key").eq(fold(text)));
    let mut found: Vec<LeadStatus> = rows.filter(is_named).for_key_share().fetch_up_to(2).await?;
    // A code says more than a name.
    found.sort_by_key(|status| status.code != code);
    Ok(found.into_iter().next())
}

/// The first status of leads that were won, in their order.
pub(crate) async fn first_won(tx: &CompanyTx<'_>) -> Result<Option<LeadStatus>> {
    let column = |name: &'static str| Expr::col((TABLE, name));
    let rows = tx.find::<row::Entity>().select(row::columns()).filter(column("is_archived").eq(false));
    let rows = rows.filter(column("type").eq(LeadStatusType::Won.as_str()));
    let rows = rows.map(|select| select.order_by_asc(row::Column::Position).order_by_asc(row::Column::Id));
    rows.for_key_share().one().await
}

/// A status with nothing in it but an id.
pub(super) fn blank(tx: &CompanyTx<'_>) -> LeadStatus {
    let by = ActorRef::from(tx.actor());
    let mut status = LeadStatus {
        id: tx.id().into(),
        version: 1,
        code: String::new(),
        name: String::new(),
        description: None,
        status_type: LeadStatusType::default(),
        is_default: false,
        requires_reason: false,
        position: 0,
        color: None,
        is_archived: false,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut status);
    status
}
