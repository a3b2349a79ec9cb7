//! The tokens that a company uses, by day of its time zone.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::model::{AiUsage, AiUsageOfDay};
use super::row::{Model, TABLE};
use crate::base::error::{Error, Result};
use crate::scope::company::CompanySettings;
use crate::scope::{CompanyScope, CompanyTx, Crm};
use crate::stats::midnight;

/// The number of days that are shown.
const SHOWN_DAYS: u64 = 30;
/// How a day is written.
const FORMAT: &str = "%Y-%m-%d";

/// A day of a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    date: NaiveDate,
    zone: Tz,
}

impl Day {
    pub(super) fn of(settings: &CompanySettings, now: DateTime<Utc>) -> Self {
        Self { date: settings.today(now), zone: settings.zone() }
    }

    /// The start of the next day.
    pub(super) fn end(self) -> DateTime<Utc> {
        midnight(self.zone, self.date + Days::new(1))
    }

    fn key(self) -> String {
        self.date.format(FORMAT).to_string()
    }
}

/// How many tokens a company may use in a day: its own limit, but never more than the service's.
pub(super) fn daily_tokens(crm: &Crm, settings: &CompanySettings) -> Option<u64> {
    let of_service = crm.0.language_model.as_ref().and_then(|model| model.options.daily_tokens);
    [of_service, settings.ai_daily_tokens].into_iter().flatten().min()
}

/// Tokens of a call that is about to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reserved {
    day: Day,
    tokens: i64,
}

/// Reserves tokens of the day, unless they are used up. The last call of a day may use more than was left, so that no
/// interaction is too long for the limit.
pub(super) async fn reserve(tx: &mut CompanyTx<'_>, tokens: u64, limit: Option<u64>) -> Result<Option<Reserved>> {
    let day = Day::of(&tx.company.settings, tx.now());
    let (tokens, limit) = (signed(tokens), limit.map(signed));
    let used = Expr::cust("crm_ai_usage.input_tokens + crm_ai_usage.output_tokens + crm_ai_usage.reserved_tokens");
    let mut conflict = OnConflict::columns(["company_id", "day"]);
    conflict
        .value("calls", Expr::cust("crm_ai_usage.calls + 1"))
        .value("reserved_tokens", Expr::cust("crm_ai_usage.reserved_tokens + excluded.reserved_tokens"))
        .update_column("updated_at");
    if let Some(limit) = limit {
        conflict.action_and_where(used.lt(limit));
    }
    let insert = Query::insert()
        .into_table(TABLE)
        .columns(["company_id", "day", "calls", "input_tokens", "output_tokens", "reserved_tokens", "updated_at"])
        .values([
            tx.company.id.0.into(),
            day.key().into(),
            1.into(),
            0.into(),
            0.into(),
            tokens.into(),
            tx.now().into(),
        ])
        .map_err(Error::internal)?
        .on_conflict(conflict)
        .returning_col("day")
        .to_owned();
    let is_reserved = !tx.query(&insert).await?.is_empty();
    Ok(is_reserved.then_some(Reserved { day, tokens }))
}

/// Counts what a call has used in place of what was reserved for it.
pub(super) async fn settle(tx: &mut CompanyTx<'_>, reserved: Reserved, input: u64, output: u64) -> Result<()> {
    let add = |column: &'static str, tokens: i64| (column, Expr::col(column).add(tokens));
    let update = Query::update()
        .table(TABLE)
        .values([
            add("input_tokens", signed(input)),
            add("output_tokens", signed(output)),
            add("reserved_tokens", -reserved.tokens),
        ])
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("day").eq(reserved.day.key()))
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// What the company has used, of today and of the last days.
pub(super) async fn read(scope: &CompanyScope<'_>) -> Result<AiUsage> {
    let company = scope.company().await?;
    let today = Day::of(&company.settings, scope.crm.now());
    let first = Day { date: today.date - Days::new(SHOWN_DAYS - 1), ..today };
    let query = Query::select()
        .columns(["company_id", "day", "calls", "input_tokens", "output_tokens", "reserved_tokens", "updated_at"])
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(company.id.0))
        .and_where(Expr::col("day").gte(first.key()))
        .order_by("day", Order::Desc)
        .limit(SHOWN_DAYS)
        .to_owned();
    let rows = scope.database().query_all(&query).await?;
    let rows: Vec<Model> = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<_, _>>()?;
    let of_today = rows.iter().find(|row| row.day == today.key());
    let used = of_today.map_or(0, |row| row.input_tokens + row.output_tokens + row.reserved_tokens);
    let used_tokens = u64::try_from(used).unwrap_or_default();
    let daily_tokens = daily_tokens(&scope.crm, &company.settings);
    let nothing = AiUsageOfDay { day: today.date, calls: 0, input_tokens: 0, output_tokens: 0 };
    Ok(AiUsage {
        daily_tokens,
        used_tokens,
        is_used_up: daily_tokens.is_some_and(|limit| used_tokens >= limit),
        resumes_at: today.end(),
        today: of_today.map(of_day).transpose()?.unwrap_or(nothing),
        days: rows.iter().map(of_day).collect::<Result<_>>()?,
    })
}

fn of_day(row: &Model) -> Result<AiUsageOfDay> {
    let day = NaiveDate::parse_from_str(&row.day, FORMAT).map_err(Error::internal)?;
    Ok(AiUsageOfDay { day, calls: row.calls, input_tokens: row.input_tokens, output_tokens: row.output_tokens })
}

fn signed(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}
