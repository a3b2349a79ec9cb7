//! The dashboard: a period in numbers, what is due, what happened last.

mod arrange;
mod chart;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use chrono::{Days, Months};
use crm_core::actor::{Action, Resource};
use crm_core::customers::CustomerStatus;
use crm_core::leads::{LeadQuery, LeadStatusType};
use crm_core::page::{Count, PageRequest, TotalRelation};
use crm_core::quotas::Month;
use crm_core::stats::{Activity, Comparison, Dashboard, DashboardQuery, DateOrTime, Due, DueReason, Interval};
use crm_core::{CompanyScope, Error};

use crate::base::bars::{Bars, bars};
use crate::base::chart::Chart;
use crate::base::fields::Fields;
use crate::base::moment::{Calendar, Shown};
use crate::customers::{Choice, interaction_icon, with_id};
use crate::deals::{self, Rotten};
use crate::reports;
use crate::tasks::Today;
use crate::web::{Frame, PageResult, Visit, html};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/", web::get().to(show)).route("/dashboard/arrange", web::post().to(arrange::arrange));
}

/// The periods: what addresses call them, the days before today, and the length of an interval.
const PERIODS: &[(&str, Option<u64>, Interval)] = &[
    ("week", Some(6), Interval::Day),
    ("month", Some(29), Interval::Day),
    ("quarter", Some(89), Interval::Week),
    ("year", None, Interval::Month),
];
const USUAL: usize = 1;

#[derive(Template)]
#[template(path = "dashboard/page.html")]
struct DashboardPage {
    frame: Frame,
    periods: Vec<Choice>,
    tiles: Vec<Tile>,
    /// The panels in their order.
    panels: Vec<arrange::Tile>,
    /// The parts, while they are arranged.
    parts: Option<Vec<arrange::Part>>,
    chart: Chart,
    lists: Vec<List>,
    /// What the person has to do, unless it is hidden.
    tasks: Option<Today>,
    /// The deals by stage and those that are too long in theirs, and the customers by status, where they are shown.
    funnel: Option<Bars>,
    rotten: Option<Rotten>,
    statuses: Option<Bars>,
    /// What was won by month, and the new leads by source, where they are shown.
    won: Option<Bars>,
    sources: Option<Bars>,
    activity: Vec<Happened>,
    is_empty: bool,
    may_create: bool,
}

struct Tile {
    id: &'static str,
    label: String,
    number: String,
    change: String,
    /// `up`, `down` or `same`.
    trend: &'static str,
    before: String,
}

struct List {
    name: &'static str,
    panel: &'static str,
    count: String,
    rows: Vec<Row>,
    is_late: bool,
}

struct Row {
    icon: &'static str,
    title: String,
    customer: String,
    url: String,
    owner: Option<String>,
    due: Shown,
    /// The interaction itself.
    page: String,
    complete: Option<String>,
    is_reminder: bool,
}

struct Happened {
    icon: &'static str,
    text: String,
    title: Option<String>,
    customer: String,
    url: String,
    at: Shown,
}

async fn show(visit: Visit) -> PageResult {
    let asked = visit.query.text("period");
    let period = PERIODS.iter().find(|(name, ..)| *name == asked).unwrap_or(&PERIODS[USUAL]);
    let frame = visit.frame.clone().within("dashboard");
    let query = query(&frame.calendar, period);
    let mut scope = visit.scope();
    let dashboard = scope.stats().dashboard(&query).await?;
    let lists = [
        list(&visit, "overdue", dashboard.follow_ups.overdue_count, &dashboard.follow_ups.overdue),
        list(&visit, "coming", dashboard.follow_ups.coming_count, &dashboard.follow_ups.coming),
    ];
    let panels = arrange::panels(&visit);
    let shown = |id: &str| panels.iter().find(|panel| panel.id == id).copied();
    let tasks = if shown("due-tasks").is_some() { Today::read(&mut scope, &visit).await? } else { None };
    let funnel = match shown("pipeline") {
        Some(panel) => deals::funnel(&mut scope, &visit, panel.is_mine).await?,
        None => None,
    };
    let rotten = match shown("rotten-deals") {
        Some(panel) => Rotten::read(&mut scope, &visit, panel.is_mine).await?,
        None => None,
    };
    let statuses =
        if shown("customers-by-status").is_some() { Some(statuses(&mut scope, &frame).await?) } else { None };
    let won = match shown("won-by-month") {
        Some(panel) => deals::won_by_month(&mut scope, &visit, panel.is_mine).await?,
        None => None,
    };
    let sources = match shown("leads-by-source") {
        Some(panel) => {
            reports::leads_by_source(&mut scope, &visit, start(&frame.calendar, &query), panel.is_mine).await?
        }
        None => None,
    };
    let numbers = arrange::numbers(&visit);
    let mut tiles = tiles(&frame, &dashboard);
    if numbers.contains(&"new-leads") {
        tiles.extend(new_leads(&mut scope, &frame).await?);
    }
    let page = DashboardPage {
        periods: PERIODS
            .iter()
            .map(|(name, ..)| Choice {
                value: (*name).to_owned(),
                label: frame.named("period", name),
                is_chosen: *name == period.0,
            })
            .collect(),
        tiles: arranged(tiles, &numbers),
        tasks,
        funnel,
        rotten,
        statuses,
        won,
        sources,
        panels,
        parts: visit.query.get("arrange").map(|_| arrange::parts(&frame, &visit)),
        chart: chart::chart(&frame, &dashboard),
        lists: lists.into(),
        is_empty: dashboard.latest_activity.is_empty(),
        activity: dashboard.latest_activity.iter().map(|activity| happened(&frame, activity)).collect(),
        may_create: visit.actor().reach(Resource::Customers, Action::Create).is_some(),
        frame,
    };
    html(StatusCode::OK, &page)
}

/// The customers by their status.
async fn statuses(scope: &mut CompanyScope<'_>, frame: &Frame) -> Result<Bars, Error> {
    let counts = scope.stats().overall().await?.customers.by_status;
    let row = |(status, count): (CustomerStatus, u64)| (frame.named("status", status.as_str()), count, String::new());
    Ok(Bars { bars: bars(frame.language(), counts.into_iter().map(row).collect()), all: None })
}

fn query(calendar: &Calendar, (_, days, interval): &(&str, Option<u64>, Interval)) -> DashboardQuery {
    let from = days.map(|days| DateOrTime::Day(calendar.today() - Days::new(days)));
    DashboardQuery { from, interval: *interval, ..DashboardQuery::default() }
}

/// The first day of the period; that of a year is the first of a month.
fn start(calendar: &Calendar, query: &DashboardQuery) -> Option<DateOrTime> {
    let month = || Month::of(calendar.today()).first_day().checked_sub_months(Months::new(11));
    query.from.or_else(|| month().map(DateOrTime::Day))
}

/// The tiles with these names, in their order.
fn arranged(tiles: Vec<Tile>, names: &[&str]) -> Vec<Tile> {
    let place = |tile: &Tile| names.iter().position(|name| *name == tile.id);
    let mut shown: Vec<(usize, Tile)> = tiles.into_iter().filter_map(|tile| Some((place(&tile)?, tile))).collect();
    shown.sort_by_key(|(place, _)| *place);
    shown.into_iter().map(|(_, tile)| tile).collect()
}

fn tiles(frame: &Frame, dashboard: &Dashboard) -> Vec<Tile> {
    let totals = &dashboard.totals;
    let mut tiles = vec![
        tile(frame, "new-customers", &totals.new_customers),
        tile(frame, "interactions-completed", &totals.interactions_completed),
        tile(frame, "interactions-planned", &totals.interactions_planned),
    ];
    let overdue = dashboard.follow_ups.overdue_count;
    tiles.push(Tile {
        id: "overdue",
        label: frame.t("tile-overdue"),
        number: frame.language().number(i64::try_from(overdue).unwrap_or(i64::MAX)),
        change: String::new(),
        trend: if overdue > 0 { "late" } else { "same" },
        before: frame.t("tile-overdue-now"),
    });
    tiles
}

/// The leads that nobody has worked on yet; nothing for those who may not read leads. One statement.
async fn new_leads(scope: &mut CompanyScope<'_>, frame: &Frame) -> Result<Option<Tile>, Error> {
    let query = LeadQuery { status_type: vec![LeadStatusType::Open], ..LeadQuery::default() };
    let request = PageRequest::new(None, Some(1), Some(Count::Capped))?;
    let page = match scope.leads().list(&query, &request).await {
        Err(Error::Forbidden { .. }) => return Ok(None),
        page => page?,
    };
    let number = frame.language().number(i64::try_from(page.total.unwrap_or_default()).unwrap_or(i64::MAX));
    let is_capped = page.total_relation == Some(TotalRelation::Gte);
    Ok(Some(Tile {
        id: "new-leads",
        label: frame.t("tile-new-leads"),
        number: if is_capped { format!("{number}+") } else { number },
        change: String::new(),
        trend: "same",
        before: frame.t("tile-new-leads-now"),
    }))
}

fn tile(frame: &Frame, name: &'static str, comparison: &Comparison) -> Tile {
    let number = |number: u64| frame.language().number(i64::try_from(number).unwrap_or(i64::MAX));
    let trend = match comparison.current.cmp(&comparison.previous) {
        std::cmp::Ordering::Greater => "up",
        std::cmp::Ordering::Less => "down",
        std::cmp::Ordering::Equal => "same",
    };
    let percent = comparison.change.map(|change| format!("{:+.0} %", change * 100.0));
    Tile {
        id: name,
        label: frame.t(&format!("tile-{name}")),
        number: number(comparison.current),
        change: percent.filter(|_| trend != "same").unwrap_or_default(),
        trend,
        before: frame.w("tile-before", &number(comparison.previous)),
    }
}

fn list(visit: &Visit, name: &'static str, count: u64, due: &[Due]) -> List {
    let frame = &visit.frame;
    let back = Fields::default().with("back", &frame.here).query();
    let row = |due: &Due| {
        let owner = due.owner.as_ref();
        let may = visit.may(Resource::Interactions, Action::Update, owner.map(|owner| owner.id));
        let address = with_id(frame, due.customer_id, format_args!("interactions/{}/complete", due.interaction_id));
        Row {
            icon: interaction_icon(due.interaction_type),
            title: due.subject.clone().unwrap_or_else(|| frame.named("interaction", due.interaction_type.as_str())),
            customer: due.customer_name.clone(),
            url: frame.url(&format!("customers/{}", due.customer_id)),
            owner: owner.and_then(|owner| owner.display_name.clone()),
            due: frame.calendar.relative(due.due_at),
            page: frame.url(&format!("interactions/{}{back}", due.interaction_id)),
            complete: may.then_some(address),
            is_reminder: due.reason == DueReason::FollowUp,
        }
    };
    let count = frame.language().number(i64::try_from(count).unwrap_or(i64::MAX));
    let panel = if name == "overdue" { "due-overdue" } else { "due-coming" };
    List { name, panel, count, rows: due.iter().map(row).collect(), is_late: name == "overdue" }
}

fn happened(frame: &Frame, activity: &Activity) -> Happened {
    let name = activity.user.as_ref().and_then(|user| user.display_name.clone());
    let name = name.unwrap_or_else(|| frame.console.name.clone());
    let kind = activity.kind.as_str().replace('_', "-");
    Happened {
        icon: match kind.as_str() {
            "customer-added" => "user",
            "note-added" => "message-square",
            _ => "check",
        },
        text: frame.w(&format!("activity-{kind}"), &name),
        title: activity.title.clone(),
        customer: activity.customer_name.clone(),
        url: frame.url(&format!("customers/{}", activity.customer_id)),
        at: frame.calendar.relative(activity.at),
    }
}
