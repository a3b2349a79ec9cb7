//! The operations on currency rates.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder, QueryTrait};
use serde_json::{Value, json};

use super::input::{MAX_RATES, NewCurrencyRate, NewCurrencyRates};
use super::model::{CurrencyRate, CurrentRates};
use super::query::{CurrencyRateQuery, order, sort_key};
use super::row::{self, TABLE};
use crate::base::decimal::Rate;
use crate::base::error::{Kind, Result};
use crate::base::money::Currency;
use crate::journal::{ChangeRecord, FieldChange};
use crate::query::dialect::any_of;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::company::{self, Company};
use crate::scope::{CompanyScope, CompanyTx, Find, read_page};

/// The most currencies that ISO 4217 can have in it.
const MAX_CURRENCIES: u64 = 1_000;

/// The currency rates of the company. Obtained from [`CompanyScope::currency_rates`].
#[derive(Debug)]
pub struct CurrencyRates<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The currency rates of the company.
    pub fn currency_rates(&mut self) -> CurrencyRates<'_, 'c> {
        CurrencyRates(self)
    }
}

impl CurrencyRates<'_, '_> {
    /// The current rates, by currency. One statement.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden).
    pub async fn current(&self) -> Result<CurrentRates> {
        let base = self.base().await?;
        current(self.0.find(), base).await
    }

    /// A page of the rates by day, the latest first. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Error::Malformed`](crate::Error::Malformed) for a cursor of
    /// another list.
    pub async fn history(&self, query: &CurrencyRateQuery, request: &PageRequest) -> Result<Page<CurrencyRate>> {
        let base = self.base().await?;
        let find = || self.0.find::<row::Entity>().filter(query.condition(base)).select(&row::COLUMNS);
        let key = |rate: &CurrencyRate| (sort_key(rate), rate.id);
        read_page(find, &order(), &page::digest(&("currency_rates", base, query))?, request, key).await
    }

    /// Sets the rates of a day, and gives the current ones. They take effect at once in this process, and within five
    /// seconds in others. Rates that are there already write nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Error::Invalid`](crate::Error::Invalid) with all faults.
    #[tracing::instrument(name = "currency_rates.set", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn set(&mut self, new: NewCurrencyRates) -> Result<CurrentRates> {
        self.0.write(async |tx| set(tx, new).await).await
    }

    async fn base(&self) -> Result<Currency> {
        let company = self.0.company().await?;
        self.0.authorize_read(Resource::Settings, Action::Read).await?;
        Ok(company.settings.base_currency)
    }
}

async fn current(rows: Find<'_, row::Entity>, base: Currency) -> Result<CurrentRates> {
    let of_base = Expr::col((TABLE, "base_currency")).eq(base.code());
    let rows = rows.filter(of_base).filter(Expr::cust("crm_currency_rates.is_current")).select(&row::COLUMNS);
    let rows = rows.map(|select| select.order_by_asc(row::Column::Currency));
    Ok(CurrentRates { base_currency: base, rates: rows.fetch_up_to(MAX_CURRENCIES).await? })
}

pub(super) async fn set(tx: &mut CompanyTx<'_>, new: NewCurrencyRates) -> Result<CurrentRates> {
    tx.authorize(Resource::Settings, Action::Update, None, None)?;
    // One writer at a time decides which rates are current.
    let company = company::lock(tx).await?;
    let (base, today) = (company.settings.base_currency, company.settings.today(tx.now()));
    let new = new.validated(base, today)?;
    let day = new.date.unwrap_or(today).to_string();
    let of = Day { base, known: known(tx, base, &day, &new.rates).await?, day, source: new.source };
    let changed: Vec<NewCurrencyRate> = new.rates.into_iter().filter(|new| of.changes(new)).collect();
    if !changed.is_empty() {
        of.write(tx, &changed).await?;
        tx.company_written();
        tx.record_change(of.told(tx, &company, &changed));
    }
    current(tx.find(), base).await
}

/// The rates of these currencies on this day, and their current ones.
async fn known(
    tx: &CompanyTx<'_>,
    base: Currency,
    day: &str,
    of: &[NewCurrencyRate],
) -> Result<HashMap<String, Known>> {
    let is_asked = column("day").eq(day).or(Expr::cust("crm_currency_rates.is_current"));
    let rows = tx.find::<row::Entity>().filter(is_of(tx, base, of)).filter(is_asked);
    let mut known: HashMap<String, Known> = HashMap::new();
    for row in rows.fetch_up_to::<row::Model>(2 * MAX_RATES as u64).await? {
        let known = known.entry(row.currency).or_default();
        if row.is_current {
            known.current = Some(row.day.clone());
        }
        if row.day == day {
            known.rate = Some((Rate::from_units(row.rate), row.source));
        }
    }
    Ok(known)
}

/// The rows of these currencies in a base currency.
fn is_of(tx: &CompanyTx<'_>, base: Currency, rates: &[NewCurrencyRate]) -> Expr {
    let codes: Vec<String> = rates.iter().map(|rate| rate.currency.to_string()).collect();
    column("base_currency").eq(base.code()).and(any_of(column("currency"), codes, tx.is_postgres()))
}

/// What is known of a currency before its rate is set.
#[derive(Default)]
struct Known {
    /// Its rate on the day, with the source.
    rate: Option<(Rate, Option<String>)>,
    /// The day of its current rate.
    current: Option<String>,
}

/// A day whose rates are set.
struct Day {
    base: Currency,
    day: String,
    source: Option<String>,
    known: HashMap<String, Known>,
}

impl Day {
    fn known(&self, new: &NewCurrencyRate) -> Option<&Known> {
        self.known.get(new.currency.code())
    }

    /// Whether this is another rate than the day has.
    fn changes(&self, new: &NewCurrencyRate) -> bool {
        let before = self.known(new).and_then(|known| known.rate.as_ref());
        before.map(|(rate, source)| (*rate, source)) != new.rate.map(|rate| (rate, &self.source))
    }

    /// Whether another day has the current rate, and an earlier one.
    fn succeeds(&self, new: &NewCurrencyRate) -> bool {
        self.known(new).and_then(|known| known.current.as_ref()).is_some_and(|current| *current < self.day)
    }

    /// Whether no day has a rate, or only this one and earlier ones.
    fn is_latest(&self, new: &NewCurrencyRate) -> bool {
        self.known(new).and_then(|known| known.current.as_ref()).is_none_or(|current| *current <= self.day)
    }

    async fn write(&self, tx: &mut CompanyTx<'_>, changed: &[NewCurrencyRate]) -> Result<()> {
        let (set, removed): (Vec<NewCurrencyRate>, Vec<NewCurrencyRate>) =
            changed.iter().copied().partition(|new| new.rate.is_some());
        let succeeded: Vec<NewCurrencyRate> = set.iter().filter(|new| self.succeeds(new)).copied().collect();
        if !succeeded.is_empty() {
            let is_former = is_of(tx, self.base, &succeeded).and(Expr::cust("crm_currency_rates.is_current"));
            self.mark(tx, false, is_former).await?;
        }
        if !set.is_empty() {
            self.put(tx, &set).await?;
        }
        if removed.is_empty() { Ok(()) } else { self.remove(tx, &removed).await }
    }

    async fn put(&self, tx: &mut CompanyTx<'_>, set: &[NewCurrencyRate]) -> Result<()> {
        let by = ActorRef::from(tx.actor());
        let row = |new: &NewCurrencyRate| row::Model {
            company_id: tx.company.id.0,
            id: tx.id(),
            base_currency: self.base.to_string(),
            currency: new.currency.to_string(),
            day: self.day.clone(),
            rate: new.rate.unwrap_or_default().units(),
            source: self.source.clone(),
            is_current: self.is_latest(new),
            set_at: tx.now(),
            set_by_kind: by.kind.to_string(),
            set_by_id: by.id.map(Into::into),
        };
        let rows: Vec<row::ActiveModel> = set.iter().map(|new| row(new).into_active_model().reset_all()).collect();
        // A rate that the day has already stays current, or stays in the past.
        let replaced = OnConflict::columns(["company_id", "base_currency", "currency", "day"])
            .update_columns(["rate", "source", "set_at", "set_by_kind", "set_by_id"])
            .to_owned();
        let insert = row::Entity::insert_many(rows).on_conflict(replaced).into_query();
        tx.execute(&insert).await.map(drop)
    }

    /// Removes the rates of the day. The latest ones of what is left become current.
    async fn remove(&self, tx: &mut CompanyTx<'_>, removed: &[NewCurrencyRate]) -> Result<()> {
        let of_removed = is_of(tx, self.base, removed);
        let delete = Query::delete()
            .from_table(TABLE)
            .and_where(column("company_id").eq(tx.company.id.0))
            .and_where(of_removed.clone())
            .and_where(column("day").eq(self.day.as_str()))
            .to_owned();
        tx.execute(&delete).await?;
        let is_latest = column("day").eq(Expr::from(self.latest(tx)));
        self.mark(tx, true, of_removed.and(is_latest)).await
    }

    async fn mark(&self, tx: &mut CompanyTx<'_>, is_current: bool, which: Expr) -> Result<()> {
        let update = Query::update()
            .table(TABLE)
            .value("is_current", is_current)
            .and_where(column("company_id").eq(tx.company.id.0))
            .and_where(which)
            .to_owned();
        tx.execute(&update).await.map(drop)
    }

    /// The latest day of a row's currency.
    fn latest(&self, tx: &CompanyTx<'_>) -> SelectStatement {
        let other = |name: &'static str| Expr::col(("later", name));
        Query::select()
            .expr(other("day").max())
            .from_as(TABLE, "later")
            .and_where(other("company_id").eq(tx.company.id.0))
            .and_where(other("base_currency").eq(self.base.code()))
            .and_where(other("currency").equals((TABLE, "currency")))
            .to_owned()
    }

    /// What history, audit and events tell of it.
    fn told(&self, tx: &CompanyTx<'_>, company: &Company, changed: &[NewCurrencyRate]) -> ChangeRecord {
        let value = |rate: Option<Rate>| rate.map_or(Value::Null, |rate| json!({ "date": self.day, "rate": rate }));
        let before = |new: &NewCurrencyRate| self.known(new)?.rate.as_ref().map(|(rate, _)| *rate);
        let change = |new: &NewCurrencyRate| FieldChange {
            field: format!("currencyRates.{}", new.currency),
            from: value(before(new)),
            to: value(new.rate),
        };
        ChangeRecord {
            kind: Kind::Company,
            id: Some(company.id.0),
            version: company.version,
            action: "rates_set",
            at: tx.now(),
            changes: changed.iter().map(change).collect(),
            details: None,
            private_to: None,
            customer: None,
            origin: None,
            tags: Vec::new(),
            customers: Vec::new(),
        }
    }
}

fn column(name: &'static str) -> Expr {
    Expr::col((TABLE, name))
}
