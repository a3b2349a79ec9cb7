//! The operations on pairs of possible duplicates, and the candidates of one customer.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Serialize;
use uuid::Uuid;

use super::super::input::NewCustomer;
use super::super::model::Customer;
use super::super::repo::Customers;
use super::candidates::{customers, find};
use super::compare::compare_records;
use super::model::{DuplicateCandidates, DuplicatePair, DuplicateStatus};
use super::record::MatchRecord;
use super::row::{COLUMNS, Entity, Pair, TABLE};
use super::scan::{Found, ScanDuplicates, store};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, DuplicateId};
use crate::base::score::Score;
use crate::jobs::{Job, NewJob};
use crate::query::page::{self, Key, KeyKind, Order, Page, PageRequest};
use crate::scope::actor::{Action, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, read_page};

/// The pairs in a list, the likeliest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateQuery {
    /// Only pairs with this status; open ones if absent.
    pub status: Option<DuplicateStatus>,
    /// Only pairs with at least this score.
    pub min_score: Option<Score>,
    /// Only pairs of this customer.
    pub customer_id: Option<CustomerId>,
}

/// The pairs of possible duplicates of the company. Obtained from [`CompanyScope::duplicates`].
#[derive(Debug)]
pub struct Duplicates<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The pairs of possible duplicates of the company.
    pub fn duplicates(&mut self) -> Duplicates<'_, 'c> {
        Duplicates(self)
    }
}

impl Customers<'_, '_> {
    /// The customers that may be the same as this one, as they are now. Without `least`, those from the company's threshold
    /// on.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[tracing::instrument(name = "customers.duplicates", skip_all, fields(company.id = %self.0.company_id(), customer.id = %id))]
    pub async fn duplicates(&self, id: CustomerId, least: Option<Score>) -> Result<DuplicateCandidates> {
        let customer = self.get(id).await?;
        self.like(&customer, Some(id.0), least).await
    }

    /// The customers that may be the same as one that is not saved, and need not be complete.
    ///
    /// # Errors
    /// [`Error::Invalid`] for values that no customer can have; [`Error::Forbidden`].
    #[tracing::instrument(name = "customers.check_duplicates", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn check_duplicates(&self, new: NewCustomer, least: Option<Score>) -> Result<DuplicateCandidates> {
        self.readable_owners().await?;
        let company = self.0.company().await?;
        let by = crate::scope::actor::ActorRef::from(self.0.actor());
        let mut customer = Customer::blank(Uuid::nil().into(), self.0.crm.now(), by);
        new.of_unsaved(&company.settings)?.write(&mut customer, &company.settings);
        self.like(&customer, None, least).await
    }

    async fn like(
        &self,
        customer: &Customer,
        itself: Option<Uuid>,
        least: Option<Score>,
    ) -> Result<DuplicateCandidates> {
        let least = match least {
            Some(least) => least,
            None => self.0.company().await?.settings.duplicate_threshold,
        };
        find(self.0, &MatchRecord::of(customer), itself, least).await
    }
}

impl Duplicates<'_, '_> {
    /// A page of pairs that the last scan has found, the likeliest first. Pairs with a customer in the trash, or that the
    /// actor does not see, are left out. Two statements.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "duplicates.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &DuplicateQuery, request: &PageRequest) -> Result<Page<DuplicatePair>> {
        self.may_read().await?;
        let visible = self.visible_condition()?;
        let find = || {
            let status = query.status.unwrap_or(DuplicateStatus::Open);
            let mut rows = self.0.find::<Entity>().filter(column("status").eq(status.as_str())).filter(visible.clone());
            if let Some(least) = query.min_score {
                rows = rows.filter(column("score").gte(i64::from(least.thousandths())));
            }
            if let Some(CustomerId(id)) = query.customer_id {
                rows = rows.filter(column("left_id").eq(id).or(column("right_id").eq(id)));
            }
            rows.select(&COLUMNS)
        };
        let order = Order {
            name: "-score".to_owned(),
            key: column("score"),
            kind: KeyKind::Number,
            id: column("id"),
            descending: true,
            computed: false,
        };
        let key = |pair: &Pair| (Key::Number(pair.score.thousandths().into()), pair.id.0);
        let page: Page<Pair> = read_page(find, &order, &page::digest(&("duplicates", query))?, request, key).await?;
        let mut pairs = self.with_customers(&page.data).await?.into_iter();
        let mut page = page.map(|_| pairs.next().flatten());
        page.data.retain(Option::is_some);
        page.try_map(|pair| pair.ok_or_else(|| Error::internal("a pair without its customers")))
    }

    /// One pair.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a pair with a customer in the trash, or that the actor does not see.
    pub async fn get(&self, id: DuplicateId) -> Result<DuplicatePair> {
        self.may_read().await?;
        let row: Option<Pair> = self.0.find::<Entity>().select(&COLUMNS).by_id(id).one().await?;
        let pair = row.ok_or_else(|| Error::not_found(Kind::Duplicate, id))?;
        let found = self.with_customers(std::slice::from_ref(&pair)).await?.into_iter().next().flatten();
        found.ok_or_else(|| Error::not_found(Kind::Duplicate, id))
    }

    /// Starts a scan of all customers, or gives the one that waits or runs.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    #[tracing::instrument(name = "duplicates.scan", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn scan(&mut self) -> Result<Job> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Duplicates, Action::Create, None, None)?;
                let job = NewJob::new(ScanDuplicates::KIND, serde_json::json!({})).unique("scan");
                tx.scope().jobs().enqueue(job).await
            })
            .await
    }

    /// Compares two customers now, and keeps the pair if its score reaches the company's threshold: for a host that has
    /// learnt of them elsewhere.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`] if one of them is not visible, or both are one.
    pub async fn compare(&mut self, one: CustomerId, other: CustomerId) -> Result<Option<DuplicatePair>> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Duplicates, Action::Create, None, None)?;
                let (left, right) = (std::cmp::min(one, other), std::cmp::max(one, other));
                let found = customers(&tx.scope(), BTreeSet::from([left.0, right.0])).await?;
                let record = |id: CustomerId| found.get(&id.0).map(MatchRecord::of);
                let records = record(left).zip(record(right)).filter(|_| left != right);
                let records = records.ok_or_else(|| Error::not_found(Kind::Customer, other))?;
                let pair = Found::of((left.0, right.0), (&records.0, &records.1));
                if pair.score < tx.company.settings.duplicate_threshold {
                    return Ok(None);
                }
                store(tx, &[pair]).await?;
                let rows = tx.find::<Entity>().select(&COLUMNS);
                let of = column("left_id").eq(left.0).and(column("right_id").eq(right.0));
                let row: Option<Pair> = rows.filter(of).one().await?;
                Ok(row.and_then(|row| pair_of(&row, &found)))
            })
            .await
    }

    /// Notes that the two are different customers. The pair stays dismissed until something changes that is compared.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn dismiss(&mut self, id: DuplicateId, expected: Option<i64>) -> Result<DuplicatePair> {
        self.decide(id, DuplicateStatus::Dismissed, expected).await
    }

    /// Takes back that the two are different customers.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn reopen(&mut self, id: DuplicateId, expected: Option<i64>) -> Result<DuplicatePair> {
        self.decide(id, DuplicateStatus::Open, expected).await
    }

    async fn decide(
        &mut self,
        id: DuplicateId,
        status: DuplicateStatus,
        expected: Option<i64>,
    ) -> Result<DuplicatePair> {
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Duplicates, Action::Update, None, Some(id.0))?;
                let before: Option<Pair> =
                    tx.find::<Entity>().select(&COLUMNS).by_id(id).for_no_key_update().one().await?;
                let before = before.ok_or_else(|| Error::not_found(Kind::Duplicate, id))?;
                let scope = tx.scope();
                let found = customers(&scope, BTreeSet::from([before.left_id.0, before.right_id.0])).await?;
                drop(scope);
                let mut after = Pair { status, ..before.clone() };
                let told = pair_of(&after, &found).ok_or_else(|| Error::not_found(Kind::Duplicate, id))?;
                CompanyTx::expect_version(&before, expected)?;
                if status == before.status {
                    return Ok(told);
                }
                after.dismissed_at = (status == DuplicateStatus::Dismissed).then(|| tx.now());
                after.fingerprint = fingerprint(&MatchRecord::of(&told.left), &MatchRecord::of(&told.right));
                tx.update(&before, &mut after, Change::Updated).await?;
                pair_of(&after, &found).ok_or_else(|| Error::not_found(Kind::Duplicate, id))
            })
            .await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Duplicates, Action::Read).await?;
        self.0.authorize_read(Resource::Customers, Action::Read).await.map(drop)
    }

    /// Both customers are outside the trash, and the actor sees them.
    fn visible_condition(&self) -> Result<Expr> {
        let is_visible = |side: &'static str| -> Result<Expr> {
            Ok(Expr::exists(self.0.actor().visible_customers(|id| id.eq(column(side)))?))
        };
        Ok(is_visible("left_id")?.and(is_visible("right_id")?))
    }

    /// The pairs with their customers, in one statement; `None` where one is not visible.
    async fn with_customers(&self, pairs: &[Pair]) -> Result<Vec<Option<DuplicatePair>>> {
        let ids: BTreeSet<Uuid> = pairs.iter().flat_map(|pair| [pair.left_id.0, pair.right_id.0]).collect();
        let found = customers(self.0, ids).await?;
        Ok(pairs.iter().map(|pair| pair_of(pair, &found)).collect())
    }
}

/// Changes when something changes that is compared.
pub(super) fn fingerprint(left: &MatchRecord, right: &MatchRecord) -> i64 {
    left.fingerprint() ^ right.fingerprint().rotate_left(1)
}

fn column(name: &'static str) -> Expr {
    Expr::col((TABLE, name))
}

fn pair_of(pair: &Pair, customers: &std::collections::BTreeMap<Uuid, Customer>) -> Option<DuplicatePair> {
    let Pair { id, version, created_at, updated_at, left_id, right_id, score, status, .. } = pair.clone();
    let (left, right) = (customers.get(&left_id.0)?.clone(), customers.get(&right_id.0)?.clone());
    let evidence = compare_records(&MatchRecord::of(&left), &MatchRecord::of(&right)).evidence;
    let Pair { seen_at, dismissed_at, created_by, updated_by, .. } = pair.clone();
    Some(DuplicatePair {
        id,
        version,
        status,
        score,
        left,
        right,
        evidence,
        seen_at,
        dismissed_at,
        created_at,
        updated_at,
        created_by,
        updated_by,
    })
}
