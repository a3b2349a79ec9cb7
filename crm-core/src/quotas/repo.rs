//! The operations on quotas.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::sea_query::{Condition, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder, QueryTrait};
use serde_json::{Value, json};
use uuid::Uuid;

use super::input::{MAX_QUOTAS, NewQuota, NewQuotas};
use super::model::{Quota, SetQuotas};
use super::month::Month;
use super::query::{QuotaQuery, column, order, sort_key};
use super::row::{self, TABLE};
use super::subject::QuotaSubject;
use crate::base::error::{Kind, Result, Violations};
use crate::base::ids::{TeamId, UserId};
use crate::base::money::Money;
use crate::journal::{ChangeRecord, FieldChange};
use crate::query::dialect::any_of;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::company;
use crate::scope::{CompanyScope, CompanyTx, read_page};
use crate::users;

/// The quotas that there are, by user or team, and month.
type Known = HashMap<(QuotaSubject, Month), Quota>;

/// The most quotas that the months of a forecast can have.
const MOST: u64 = 10_000;

/// The quotas of the company. Obtained from [`CompanyScope::quotas`].
#[derive(Debug)]
pub struct Quotas<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The quotas of the company.
    pub fn quotas(&mut self) -> Quotas<'_, 'c> {
        Quotas(self)
    }
}

impl Quotas<'_, '_> {
    /// A page of the quotas, the latest month first. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Error::Malformed`](crate::Error::Malformed) for a cursor of
    /// another list.
    pub async fn list(&self, query: &QuotaQuery, request: &PageRequest) -> Result<Page<Quota>> {
        self.0.company().await?;
        let owners = self.0.readable_owners(Resource::Quotas).await?;
        let seen = owners.condition(column("subject_id"));
        let condition = Condition::all().add_option(query.condition()).add_option(seen);
        let find = || self.0.find::<row::Entity>().filter(condition.clone()).select(&row::COLUMNS);
        let me = self.0.actor().user_id().filter(|_| !owners.are_all());
        let digest = page::digest(&("quotas", query, me))?;
        read_page(find, &order(), &digest, request, |quota: &Quota| (sort_key(quota), quota.id)).await
    }

    /// Sets quotas, and gives them as they are then. Quotas that are there already write nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Error::Invalid`](crate::Error::Invalid) with all faults, also for
    /// unknown users and teams.
    #[tracing::instrument(name = "quotas.set", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn set(&mut self, new: NewQuotas) -> Result<SetQuotas> {
        let named: BTreeSet<UserId> = new.quotas.iter().take(MAX_QUOTAS).filter_map(|quota| quota.user_id).collect();
        for user in named {
            self.0.users().ensure_mirrored(user).await?;
        }
        self.0.write(async |tx| set(tx, new).await).await
    }
}

async fn set(tx: &mut CompanyTx<'_>, new: NewQuotas) -> Result<SetQuotas> {
    tx.authorize(Resource::Quotas, Action::Update, None, None)?;
    let new = new.validated()?;
    ensure_known(tx, &new).await?;
    // One writer at a time.
    let company = company::lock(tx).await?;
    let before = named(tx, &new).await?;
    let amount = |quota: &NewQuota| known(&before, quota).map(|quota| quota.amount);
    let changed: Vec<NewQuota> = new.quotas.iter().filter(|quota| amount(quota) != quota.amount).copied().collect();
    let value = |money: Option<Money>| money.map_or(Value::Null, |money| json!(money));
    let change = |quota: &NewQuota| {
        let field = format!("quotas.{}.{}", quota.subject()?.id(), quota.month);
        Some(FieldChange { field, from: value(amount(quota)), to: value(quota.amount) })
    };
    let changes: Vec<FieldChange> = changed.iter().filter_map(change).collect();
    if changed.is_empty() {
        return Ok(sorted(before));
    }
    write(tx, &changed, &before).await?;
    tx.record_change(ChangeRecord {
        kind: Kind::Company,
        id: Some(company.id.0),
        version: company.version,
        action: "quotas_set",
        at: tx.now(),
        changes,
        details: None,
        private_to: None,
        customer: None,
        origin: None,
        tags: Vec::new(),
        customers: Vec::new(),
    });
    Ok(sorted(named(tx, &new).await?))
}

/// What there is of the quota of the same user or team for the same month.
fn known<'k>(before: &'k Known, quota: &NewQuota) -> Option<&'k Quota> {
    before.get(&(quota.subject()?, quota.month))
}

/// By month, and user or team.
fn sorted(quotas: Known) -> SetQuotas {
    let mut quotas: Vec<Quota> = quotas.into_values().collect();
    quotas.sort_by_key(|quota| (quota.month, quota.subject()));
    SetQuotas { quotas }
}

/// # Errors
/// [`Error::Invalid`](crate::Error::Invalid) for quotas of users and teams that the company does not have.
async fn ensure_known(tx: &CompanyTx<'_>, new: &NewQuotas) -> Result<()> {
    let set = || new.quotas.iter().enumerate().filter(|(_, quota)| quota.amount.is_some());
    let ids: BTreeSet<Uuid> = set().filter_map(|(_, quota)| quota.user_id).map(Into::into).collect();
    let known: HashSet<UserId> = users::known(tx, ids.into_iter().collect()).await?;
    let ids: BTreeSet<Uuid> = set().filter_map(|(_, quota)| quota.team_id).map(Into::into).collect();
    let known_teams: HashSet<TeamId> = users::known_teams(tx, ids.into_iter().collect()).await?;
    let mut violations = Violations::default();
    for (index, quota) in set() {
        match quota.subject() {
            Some(QuotaSubject::User(user)) if !known.contains(&user) => {
                violations.0.extend(users::unseen(tx, user, &format!("/quotas/{index}/userId")).0);
            }
            Some(QuotaSubject::Team(team)) if !known_teams.contains(&team) => {
                violations.0.extend(users::unknown_team(&format!("/quotas/{index}/teamId")).0);
            }
            _ => {}
        }
    }
    Ok(violations.into_result()?)
}

/// Those of the named quotas that there are.
async fn named(tx: &CompanyTx<'_>, new: &NewQuotas) -> Result<Known> {
    let quotas = tx.find::<row::Entity>().filter(are_named(tx, &new.quotas)).select(&row::COLUMNS);
    let asked: HashSet<(QuotaSubject, Month)> =
        new.quotas.iter().filter_map(|quota| Some((quota.subject()?, quota.month))).collect();
    // The users and the months are asked for apart, so that there may be others.
    let found: Vec<Quota> = quotas.fetch_up_to((MAX_QUOTAS * MAX_QUOTAS) as u64).await?;
    let keyed = found.into_iter().filter_map(|quota| Some(((quota.subject()?, quota.month), quota)));
    Ok(keyed.filter(|(key, _)| asked.contains(key)).collect())
}

/// The quotas of these users and teams in these months, in any combination.
fn are_named(tx: &CompanyTx<'_>, quotas: &[NewQuota]) -> Expr {
    let subjects: BTreeSet<Uuid> = quotas.iter().filter_map(NewQuota::subject).map(QuotaSubject::id).collect();
    let months: BTreeSet<String> = quotas.iter().map(|quota| quota.month.to_string()).collect();
    let of_subjects = any_of(column("subject_id"), subjects.into_iter().collect(), tx.is_postgres());
    let of_months = any_of(column("month"), months.into_iter().collect(), tx.is_postgres());
    // The kinds stand before the ids in the index.
    column("subject_kind").is_in([QuotaSubject::USER, QuotaSubject::TEAM]).and(of_subjects).and(of_months)
}

async fn write(tx: &mut CompanyTx<'_>, changed: &[NewQuota], before: &Known) -> Result<()> {
    let by = ActorRef::from(tx.actor());
    let row = |(quota, subject, amount): (&NewQuota, QuotaSubject, Money)| row::Model {
        company_id: tx.company.id.0,
        id: tx.id(),
        subject_kind: subject.kind().to_owned(),
        subject_id: subject.id(),
        month: quota.month.to_string(),
        amount: amount.amount,
        currency: amount.currency.to_string(),
        set_at: tx.now(),
        set_by_kind: by.kind.to_string(),
        set_by_id: by.id.map(Into::into),
    };
    let set = changed.iter().filter_map(|quota| Some((quota, quota.subject()?, quota.amount?)));
    let rows: Vec<row::ActiveModel> = set.map(|quota| row(quota).into_active_model().reset_all()).collect();
    if !rows.is_empty() {
        let replaced = OnConflict::columns(["company_id", "subject_kind", "subject_id", "month"])
            .update_columns(["amount", "currency", "set_at", "set_by_kind", "set_by_id"])
            .to_owned();
        tx.execute(&row::Entity::insert_many(rows).on_conflict(replaced).into_query()).await?;
    }
    let removed = changed.iter().filter(|quota| quota.amount.is_none());
    let removed = removed.filter_map(|quota| known(before, quota));
    let removed: Vec<Uuid> = removed.map(|quota| quota.id).collect();
    if !removed.is_empty() {
        let delete = Query::delete()
            .from_table(TABLE)
            .and_where(column("company_id").eq(tx.company.id.0))
            .and_where(any_of(column("id"), removed, tx.is_postgres()))
            .to_owned();
        tx.execute(&delete).await?;
    }
    Ok(())
}

/// The quotas of some months, of users and teams, that the actor may read; none without the right.
pub(crate) async fn of_months(
    scope: &CompanyScope<'_>,
    (from, to): (Month, Month),
    user: Option<UserId>,
) -> Result<Vec<Quota>> {
    let owners = scope.actor().owners(Resource::Quotas, Action::Read);
    let query = QuotaQuery { user, team: None, from: Some(from), to: Some(to) };
    let seen = owners.condition(column("subject_id"));
    let condition = Condition::all().add_option(query.condition()).add_option(seen);
    let quotas = scope.find::<row::Entity>().filter(condition).select(&row::COLUMNS);
    let quotas = quotas.map(|select| select.order_by_asc(row::Column::Month).order_by_asc(row::Column::Id));
    quotas.fetch_up_to(MOST).await
}
