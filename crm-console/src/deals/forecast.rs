//! The forecast: what is won and what may be, by month and user, beside the quotas.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::quotas::Month;
use crm_core::stats::{DealWorth, Forecast, ForecastMonth, ForecastNumbers, ForecastQuery};
use crm_web::problem::ApiError;

use super::filters;
use super::quotas::{Open, Quotas};
use super::stages::Pipelines;
use super::state;
use crate::base::chart::{Chart, Heading, Point, Series};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::Choice;
use crate::reports::{Cell, Column, Row, Table, meanings, owner, owners, pipelines, user};
use crate::web::{Frame, PageResult, People, Visit, html};

/// The path of the forecast.
pub(super) const PATH: &str = "deals/forecast";
/// The columns, by their messages.
const COLUMNS: &[&str] = &["closed", "committed", "weighted", "best-case", "quota", "attainment"];
/// How many months there are at most after the first one, and how many usually.
const MOST_MONTHS: u32 = 23;
const USUAL_MONTHS: u32 = 5;

#[derive(Template)]
#[template(path = "deals/forecast.html")]
struct ForecastPage {
    frame: Frame,
    here: String,
    forms: Vec<Choice>,
    /// The first and the last month.
    from: String,
    to: String,
    owners: Vec<Choice>,
    pipelines: Vec<Choice>,
    chart: Chart,
    table: Table,
    as_of: Shown,
    /// The quotas of a month as a form, for those who set them.
    quotas: Option<Quotas>,
    /// Whether the forecast of one pipeline is shown, which has no quotas.
    is_of_pipeline: bool,
}

impl ForecastPage {
    fn meanings(&self) -> Vec<&Column> {
        meanings(std::slice::from_ref(&self.table))
    }
}

pub(super) async fn show(visit: Visit) -> PageResult {
    render(&visit, StatusCode::OK, &visit.query, None).await
}

/// The page for these filters, with what a form of quotas has left open.
pub(super) async fn render(visit: &Visit, status: StatusCode, fields: &Fields, open: Option<Open>) -> PageResult {
    let query = query(fields);
    let mut scope = visit.scope();
    let forecast = scope.stats().forecast(&query).await?;
    let people = People::read(&mut scope).await?;
    let known = Pipelines::read(&mut scope).await?;
    let (Some(first), Some(last)) = (forecast.months.first(), forecast.months.last()) else {
        return Err(ApiError::internal("a forecast has no months"));
    };
    let frame = visit.frame.clone().within("deals");
    let here = frame.url(PATH);
    let may_set = visit.may(Resource::Quotas, Action::Update, None) && query.pipeline.is_none();
    let quotas =
        if may_set { Some(Quotas::read(&mut scope, visit, &people, &forecast, fields, open).await?) } else { None };
    let page = ForecastPage {
        forms: filters::forms(&frame, &state::of_board(fields), "forecast"),
        from: first.month.to_string(),
        to: last.month.to_string(),
        owners: owners(visit, &people, fields),
        pipelines: pipelines(&known, query.pipeline),
        chart: chart(&frame, &forecast),
        table: table(&frame, &forecast),
        as_of: frame.calendar.full(forecast.as_of),
        is_of_pipeline: query.pipeline.is_some(),
        quotas,
        here,
        frame,
    };
    html(status, &page)
}

/// The months in their order, and no more than there may be. What cannot be read is not asked for.
fn query(fields: &Fields) -> ForecastQuery {
    let month = |name: &str| fields.get(name).and_then(|month| month.parse::<Month>().ok());
    let (from, to) = match (month("from"), month("to")) {
        (Some(from), Some(to)) => {
            let first = from.min(to);
            (Some(first), Some(from.max(to).min(first.plus(MOST_MONTHS))))
        }
        // The last month of a usual forecast.
        (None, Some(to)) => {
            let first = to.first_day().checked_sub_months(chrono::Months::new(USUAL_MONTHS));
            (first.map(Month::of), Some(to))
        }
        (from, None) => (from, None),
    };
    let pipeline = fields.get("pipeline").and_then(|id| id.parse().ok());
    ForecastQuery { from, to, pipeline, owner: owner(fields), ..ForecastQuery::default() }
}

/// What is closed, what is expected and the quota of each month, in whole units of the base currency.
fn chart(frame: &Frame, forecast: &Forecast) -> Chart {
    let heading = Heading { id: "forecast-chart", title: title(frame, forecast), first: frame.t("figure-month") };
    let series = [("customers", "closed"), ("interactions", "weighted"), ("quota", "quota")];
    let series = series.map(|(class, name)| Series { class, label: frame.named("figure", name) });
    let point = |month: &ForecastMonth| {
        let ForecastNumbers { closed, weighted, base_quota, .. } = &month.totals;
        let quota = base_quota.map_or(0, |quota| quota.amount);
        let currency = closed.base_amount.currency;
        let unit = 10_i64.pow(u32::from(currency.decimals()));
        let value = |amount: i64| {
            let units = amount / unit;
            (u64::try_from(units).unwrap_or_default(), format!("{} {currency}", frame.language().number(units)))
        };
        let values = [closed.base_amount.amount, weighted.base_amount.amount, quota].map(value);
        Point { label: frame.calendar.month_of(month.month.first_day()), values: values.into() }
    };
    Chart::of(frame.language(), heading, series.into(), forecast.months.iter().map(point).collect())
}

/// The title of the chart, with the base currency.
fn title(frame: &Frame, forecast: &Forecast) -> String {
    let base = forecast.months.first().map(|month| month.totals.closed.base_amount.currency.code());
    frame.w("forecast-chart", base.unwrap_or_default())
}

/// Each month, and below it the users.
fn table(frame: &Frame, forecast: &Forecast) -> Table {
    let mut table = Table::of(frame, "forecast", frame.t("forecast-by-month"), "month-and-user", COLUMNS);
    for month in &forecast.months {
        let (first, name) = (month.month.first_day(), frame.calendar.month_of(month.month.first_day()));
        let last = month.month.plus(1).first_day().pred_opt().unwrap_or(first);
        let list = format!("deals/table?status=open&expectedCloseFrom={first}&expectedCloseTo={last}");
        table.rows.push(Row::of(name, cells(frame, &month.totals)).listed(frame.url(&list)));
        let users = month.users.iter().map(|row| Row::of(user(frame, row.user.as_ref()), cells(frame, &row.numbers)));
        table.rows.extend(users.map(Row::below));
    }
    table
}

fn cells(frame: &Frame, numbers: &ForecastNumbers) -> Vec<Cell> {
    let worth = |worth: &DealWorth| Cell::worth(frame, worth);
    vec![
        worth(&numbers.closed),
        worth(&numbers.committed),
        worth(&numbers.weighted),
        worth(&numbers.best_case),
        Cell::amounts(frame, &numbers.quotas, numbers.base_quota),
        Cell::share(numbers.attainment),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Fields, Month, query};

    #[test]
    fn months_come_in_their_order_and_are_not_too_many() {
        let month = |text: &str| Some(text.parse::<Month>().unwrap());
        for (asked, from, to) in [
            ("", None, None),
            ("from=2026-02&to=2026-04", month("2026-02"), month("2026-04")),
            ("from=2026-04&to=2026-02", month("2026-02"), month("2026-04")),
            ("from=2026-01&to=2030-01", month("2026-01"), month("2027-12")),
            ("from=2026-01&to=x", month("2026-01"), None),
            ("to=2026-06", month("2026-01"), month("2026-06")),
        ] {
            let query = query(&Fields::parse(asked.as_bytes()));
            assert_eq!((query.from, query.to), (from, to), "{asked}");
        }
    }
}
