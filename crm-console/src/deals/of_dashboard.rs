//! What the dashboard shows of deals: how many are in each stage, what was won by month, and those that are too long in
//! their stage.

use chrono::Months;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{BoardStage, Deal, DealQuery, DealStatus};
use crm_core::page::PageRequest;
use crm_core::pipelines::StageKind;
use crm_core::quotas::Month;
use crm_core::stats::{DealWorth, ForecastMonth, ForecastQuery};
use crm_core::users::OwnerFilter;
use crm_core::{CompanyScope, Error};

use super::card;
use super::stages::Pipelines;
use crate::base::bars::{Bars, bars, told};
use crate::base::moment::Calendar;
use crate::web::{Frame, Visit};

/// How many deals are listed.
const MOST: u64 = 8;
/// How many months are shown, with the present one.
const MONTHS: u32 = 6;

/// The deals that are too long in their stage.
pub(crate) struct Rotten {
    pub rows: Vec<Row>,
    /// The list of all.
    pub all: String,
}

/// A deal.
pub(crate) struct Row {
    pub name: String,
    pub url: String,
    pub customer: String,
    pub stage: String,
    pub amount: Option<String>,
    pub age: String,
}

/// Whose deals are shown; nothing for those who may read none.
fn owner(visit: &Visit, is_mine: bool) -> Option<Option<OwnerFilter>> {
    visit.actor().reach(Resource::Deals, Action::Read)?;
    Some((is_mine && visit.actor().user_id().is_some()).then_some(OwnerFilter::Me))
}

/// The query that narrows a list to the person's own deals.
fn whose(owner: Option<OwnerFilter>) -> &'static str {
    if owner.is_some() { "&owner=me" } else { "" }
}

/// The open deals of the default pipeline by stage; nothing without a pipeline. Three statements.
///
/// # Errors
/// Those of the board.
pub(crate) async fn funnel(scope: &mut CompanyScope<'_>, visit: &Visit, is_mine: bool) -> Result<Option<Bars>, Error> {
    let Some(owner) = owner(visit, is_mine) else { return Ok(None) };
    // A look at the board would make the first pipeline.
    let pipelines = Pipelines::read(scope).await?;
    let Some(pipeline) = pipelines.0.iter().find(|pipeline| pipeline.is_default) else { return Ok(None) };
    let board = scope.deals().board(Some(pipeline.id), &DealQuery { owner, ..DealQuery::default() }).await?;
    let frame = &visit.frame;
    let open = board.stages.iter().filter(|stage| stage.stage.kind == StageKind::Open);
    let rows = open.map(|stage| (stage.stage.name.clone(), stage.count, worth(frame, stage)));
    let all = frame.url(&format!("deals?pipeline={}{}", pipeline.id, whose(owner)));
    Ok(Some(Bars { bars: bars(frame.language(), rows.collect()), all: Some((all, frame.t("deals-as-board"))) }))
}

/// What was won in each of the last months, in the base currency; nothing for those who may read no deals. Four
/// statements.
///
/// # Errors
/// Those of the forecast.
pub(crate) async fn won_by_month(
    scope: &mut CompanyScope<'_>,
    visit: &Visit,
    is_mine: bool,
) -> Result<Option<Bars>, Error> {
    let Some(owner) = owner(visit, is_mine) else { return Ok(None) };
    let frame = &visit.frame;
    let today = Calendar { zone: visit.zone, ..frame.calendar }.today();
    let first = today.checked_sub_months(Months::new(MONTHS - 1)).unwrap_or(today);
    let (from, to) = (Some(Month::of(first)), Some(Month::of(today)));
    let forecast = scope.stats().forecast(&ForecastQuery { from, to, owner, ..ForecastQuery::default() }).await?;
    let row = |month: &ForecastMonth| {
        let won = &month.totals.closed;
        let length = u64::try_from(won.base_amount.amount).unwrap_or_default();
        let count = frame.n("deals-count", &usize::try_from(won.count).unwrap_or(usize::MAX));
        (frame.calendar.month_of(month.month.first_day()), length, earned(frame, won), count)
    };
    let all = frame.url(&format!("deals/forecast{}", whose(owner).replacen('&', "?", 1)));
    let bars = told(forecast.months.iter().map(row).collect());
    Ok(Some(Bars { bars, all: Some((all, frame.t("deals-as-forecast"))) }))
}

/// What deals are worth together; by currency, if some amount is not in the base currency.
fn earned(frame: &Frame, worth: &DealWorth) -> String {
    if worth.without_rate == 0 {
        return card::money(frame, worth.base_amount);
    }
    worth.amounts.iter().map(|amount| card::money(frame, *amount)).collect::<Vec<_>>().join(" + ")
}

/// What the deals of a stage are worth, if all of them can be added up.
fn worth(frame: &Frame, stage: &BoardStage) -> String {
    let is_known = stage.without_rate == 0 && stage.base_amount.amount > 0;
    if is_known { card::money(frame, stage.base_amount) } else { String::new() }
}

impl Rotten {
    /// Reads them. One statement.
    ///
    /// # Errors
    /// Those of the list of deals.
    pub(crate) async fn read(
        scope: &mut CompanyScope<'_>,
        visit: &Visit,
        is_mine: bool,
    ) -> Result<Option<Self>, Error> {
        let Some(owner) = owner(visit, is_mine) else { return Ok(None) };
        let query = DealQuery { owner, status: vec![DealStatus::Open], is_rotten: Some(true), ..DealQuery::default() };
        let page = scope.deals().list(&query, &PageRequest::default().limit(MOST)).await?;
        let frame = &visit.frame;
        let row = |deal: Deal| Row {
            url: card::url(frame, deal.id),
            stage: deal.stage_name.clone(),
            amount: deal.amount.map(|amount| card::money(frame, amount)),
            age: card::age(frame, &deal),
            customer: deal.customer_name,
            name: deal.name,
        };
        let all = frame.url(&format!("deals/table?isRotten=true&status=open{}", whose(owner)));
        Ok(Some(Self { rows: page.data.into_iter().map(row).collect(), all }))
    }
}
