//! What deals are worth together: sums for each currency, which are never added to each other, and sums in the company's
//! base currency. All are exact until they are rounded.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::DealStatus;
use super::row::TABLE;
use super::standing::Standing;
use crate::base::decimal::divided;
use crate::base::error::{Error, Result};
use crate::base::money::{Currency, Money};
use crate::pipelines::STAGES;
use crate::scope::CompanyScope;

/// Sums are taken in two parts, because a database adds no more than 64 bits.
const PART: i64 = 1_000_000_000;

/// What the sums are called in a statement.
const SUMS: &str = "sums";

/// The columns of [`by_stage`], but for the stage.
pub(super) const COLUMNS: [&str; 9] =
    ["status", "currency", "base_currency", "own", "deals", "high", "low", "base_high", "base_low"];

/// The number of some deals, and what they are worth, as far as you may read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DealTotals {
    /// How many deals there are, those without an amount as well.
    pub count: u64,
    /// What they are worth, in each currency; deals without an amount add nothing.
    pub amounts: Vec<Money>,
    /// The amounts times the probabilities of their deals, in each currency. Rounded half-even once, after they are
    /// added.
    pub weighted_amounts: Vec<Money>,
    /// What they are worth in your company's base currency: open deals by the current rates, closed ones by those of
    /// their end. Rounded once for each currency.
    pub base_amount: Money,
    /// The same times the probabilities of the deals. Rounded once for each currency.
    pub weighted_base_amount: Money,
    /// How many deals have an amount that is not in `baseAmount`: it has no rate, or was frozen in another base currency.
    pub without_rate: u64,
}

/// A sum of amounts.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    amount: i128,
    /// The amounts times the probabilities in percent.
    hundredths: i128,
}

impl Sum {
    fn add(&mut self, amount: i128, probability: i64) {
        self.amount += amount;
        self.hundredths += amount * i128::from(probability);
    }

    const fn add_all(&mut self, other: &Self) {
        self.amount += other.amount;
        self.hundredths += other.hundredths;
    }
}

/// What the deals of one currency are worth.
#[derive(Clone, Copy, Debug)]
struct CurrencySums {
    currency: Currency,
    all: Sum,
    /// Those that are worth what the current rate says.
    open: Sum,
    /// How many these are.
    open_count: u64,
}

/// Sums, row by row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    count: u64,
    sums: Vec<CurrencySums>,
    /// In the base currency, by the rates at the ends of the deals.
    closed: Sum,
    /// How many closed deals have an amount that is not in that.
    without_rate: u64,
}

impl Sums {
    /// Adds a group of deals that are won with this probability, in percent.
    pub(crate) fn add(&mut self, row: &QueryResult, probability: i64, standing: &Standing) -> Result<()> {
        let count: Option<i64> = row.try_get("", "deals")?;
        let count = count.unwrap_or_default().unsigned_abs();
        self.count += count;
        let Some((currency, amount)) = sum(row, ["currency", "high", "low"])? else { return Ok(()) };
        let status: Option<String> = row.try_get("", "status")?;
        let is_open = status.as_deref() == Some(DealStatus::Open.as_str());
        let sums = self.of(currency);
        sums.all.add(amount, probability);
        if is_open {
            sums.open.add(amount, probability);
            sums.open_count += count;
            return Ok(());
        }
        match sum(row, ["base_currency", "base_high", "base_low"])? {
            Some((base, worth)) if base == standing.base() => self.closed.add(worth, probability),
            _ => self.without_rate += count,
        }
        Ok(())
    }

    /// Whether no deal was added.
    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds what other sums have.
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.count += other.count;
        self.without_rate += other.without_rate;
        self.closed.add_all(&other.closed);
        for sums in &other.sums {
            let own = self.of(sums.currency);
            own.all.add_all(&sums.all);
            own.open.add_all(&sums.open);
            own.open_count += sums.open_count;
        }
        self.sums.sort_by_key(|sums| sums.currency.code());
    }

    /// The sums of a currency, in the order in which the currencies came.
    fn of(&mut self, currency: Currency) -> &mut CurrencySums {
        let at = self.sums.iter().position(|sums| sums.currency == currency).unwrap_or_else(|| {
            self.sums.push(CurrencySums { currency, all: Sum::default(), open: Sum::default(), open_count: 0 });
            self.sums.len() - 1
        });
        &mut self.sums[at]
    }

    /// What was added, in the order of currencies in which it came.
    pub(crate) fn totals(&self, standing: &Standing) -> DealTotals {
        let money = |of: fn(&Sum) -> i128| -> Vec<Money> {
            self.sums.iter().map(|sums| Money { amount: unit(of(&sums.all)), currency: sums.currency }).collect()
        };
        let (mut base, mut weighted) = (self.closed.amount, divided(self.closed.hundredths, 100));
        let mut without_rate = self.without_rate;
        for CurrencySums { currency, open, open_count, .. } in &self.sums {
            let worth = standing.worth(*currency, open.amount, 1);
            match worth.zip(standing.worth(*currency, open.hundredths, 100)) {
                Some((amount, weight)) => {
                    base += i128::from(amount);
                    weighted += i128::from(weight);
                }
                None => without_rate += open_count,
            }
        }
        DealTotals {
            count: self.count,
            amounts: money(|sum| sum.amount),
            weighted_amounts: money(|sum| divided(sum.hundredths, 100)),
            base_amount: standing.in_base(unit(base)),
            weighted_base_amount: standing.in_base(unit(weighted)),
            without_rate,
        }
    }
}

/// What an amount can be at most, if it is more.
fn unit(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// A sum of its two parts, if there is one.
fn sum(row: &QueryResult, [currency, high, low]: [&str; 3]) -> Result<Option<(Currency, i128)>> {
    let currency: Option<String> = row.try_get("", currency)?;
    let parts: (Option<i64>, Option<i64>) = (row.try_get("", high)?, row.try_get("", low)?);
    let (Some(currency), (Some(high), Some(low))) = (currency, parts) else { return Ok(None) };
    let currency: Currency = currency.parse().map_err(Error::internal)?;
    Ok(Some((currency, i128::from(high) * i128::from(PART) + i128::from(low))))
}

/// The probability of a deal's own, which counts while it is open.
const OWN: &str = "CASE WHEN crm_deals.status = 'open' THEN crm_deals.probability END";

/// The number and the sums of these deals by stage, status, currency, currency of what is frozen, and probability of
/// their own.
pub(super) fn by_stage(company: Uuid, condition: &Condition) -> SelectStatement {
    let part = |column: &str, of: &str| Expr::cust(format!("CAST(SUM({TABLE}.{column} {of} {PART}) AS BIGINT)"));
    Query::select()
        .column((TABLE, "stage_id"))
        .column((TABLE, "status"))
        .expr_as(Expr::col((TABLE, "amount_currency")), "currency")
        .column((TABLE, "base_currency"))
        .expr_as(Expr::cust(OWN), "own")
        .expr_as(Func::count(Expr::cust("*")), "deals")
        .expr_as(part("amount", "/"), "high")
        .expr_as(part("amount", "%"), "low")
        .expr_as(part("base_amount", "/"), "base_high")
        .expr_as(part("base_amount", "%"), "base_low")
        .from(TABLE)
        .and_where(Expr::col((TABLE, "company_id")).eq(company))
        .cond_where(condition.clone())
        .group_by_columns(["stage_id", "status", "amount_currency", "base_currency"].map(|name| (TABLE, name)))
        .add_group_by([Expr::cust(OWN)])
        .to_owned()
}

/// The same of deals `d` in a statement whose `$1` is the company, with the probability that counts. `by`: further values
/// with their names, by which deals are grouped. `from`: where the deals come from.
pub(crate) fn grouped_sql(by: &[(&str, &str)], from: &str, condition: &str) -> String {
    const OWN: &str = "CASE WHEN d.status = 'open' THEN d.probability END";
    let part = |column: &str, of: char| format!("CAST(SUM(d.{column} {of} {PART}) AS BIGINT)");
    let [high, low, base_high, base_low] =
        [("amount", '/'), ("amount", '%'), ("base_amount", '/'), ("base_amount", '%')].map(|(name, of)| part(name, of));
    let named: String = by.iter().map(|(value, name)| format!("{value} AS {name}, ")).collect();
    let keys: String = by.iter().map(|(value, _)| format!("{value}, ")).collect();
    format!(
        "SELECT sums.*, COALESCE(sums.own, stages.probability) AS probability FROM (SELECT {named}d.stage_id, d.status, \
         d.amount_currency AS currency, d.base_currency, {OWN} AS own, count(*) AS deals, {high} AS high, {low} AS low, \
         {base_high} AS base_high, {base_low} AS base_low FROM {from} WHERE {condition} \
         GROUP BY {keys}d.stage_id, d.status, d.amount_currency, d.base_currency, {OWN}) AS sums \
         JOIN crm_pipeline_stages AS stages ON stages.company_id = $1 AND stages.id = sums.stage_id \
         ORDER BY sums.currency"
    )
}

/// What these deals are worth: one statement, with a row for each status, currency and probability.
pub(super) async fn read(scope: &CompanyScope<'_>, standing: &Standing, condition: &Condition) -> Result<DealTotals> {
    let company = scope.company_id().0;
    let of_stage = |name: &'static str| Expr::col((STAGES, name));
    let sum = |name: &str| Expr::cust(format!("CAST(SUM({SUMS}.{name}) AS BIGINT)"));
    let probability = || Func::coalesce([Expr::col((SUMS, "own")), of_stage("probability")]);
    let select = Query::select()
        .columns(["status", "currency", "base_currency"].map(|name| (SUMS, name)))
        .expr_as(probability(), "probability")
        .expr_as(sum("deals"), "deals")
        .expr_as(sum("high"), "high")
        .expr_as(sum("low"), "low")
        .expr_as(sum("base_high"), "base_high")
        .expr_as(sum("base_low"), "base_low")
        .from_subquery(by_stage(company, condition), SUMS)
        .inner_join(STAGES, of_stage("id").equals((SUMS, "stage_id")))
        .and_where(of_stage("company_id").eq(company))
        .group_by_columns(["status", "currency", "base_currency"].map(|name| (SUMS, name)))
        .add_group_by([Expr::from(probability())])
        .order_by((SUMS, "currency"), Order::Asc)
        .to_owned();
    let mut sums = Sums::default();
    for row in scope.database().query_all(&select).await? {
        let probability: Option<i64> = row.try_get("", "probability")?;
        sums.add(&row, probability.unwrap_or_default(), standing)?;
    }
    Ok(sums.totals(standing))
}
