//! How long statistics of sales take after a write, beside the same statements sent straight to the database.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use crm_core::activity::ActivityQuery;
use crm_core::currency_rates::NewCurrencyRates;
use crm_core::deals::DealQuery;
use crm_core::ids::{PipelineId, UserId};
use crm_core::leads::NewLead;
use crm_core::money::Currency;
use crm_core::page::{Count, PageRequest};
use crm_core::quotas::{Month, NewQuota, NewQuotas, QuotaQuery};
use crm_core::sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use crm_core::stats::{FunnelQuery, Interval};
use crm_core::{CompanyScope, Crm};
use uuid::Uuid;

use crate::cached::{percentiles, timed, write};
use crate::data::{Data, all_columns, connect, drop_text_indexes};

/// How often each of them is asked for.
const ASKED: usize = 50;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Report {
    Leads,
    Funnel,
    FunnelOfMonths,
    Pipeline,
    Forecast,
    Leaderboard,
    Tasks,
    Quotas,
    Activity,
}

const REPORTS: [Report; 9] = [
    Report::Leads,
    Report::Funnel,
    Report::FunnelOfMonths,
    Report::Pipeline,
    Report::Forecast,
    Report::Leaderboard,
    Report::Tasks,
    Report::Quotas,
    Report::Activity,
];

impl Report {
    const fn path(self) -> &'static str {
        match self {
            Self::Leads => "/api/stats/leads",
            Self::Funnel => "/api/stats/funnel",
            Self::FunnelOfMonths => "/api/stats/funnel?interval=month",
            Self::Pipeline => "/api/stats/pipeline",
            Self::Forecast => "/api/stats/forecast",
            Self::Leaderboard => "/api/stats/leaderboard",
            Self::Tasks => "/api/stats/tasks",
            Self::Quotas => "/api/quotas?count=none",
            Self::Activity => "/api/activity?count=none",
        }
    }

    /// The same of the core.
    async fn ask(self, scope: &mut CompanyScope<'_>) -> Result<()> {
        let page = PageRequest::default().count(Count::None);
        match self {
            Self::Leads => drop(scope.stats().leads(&Default::default()).await?),
            Self::Funnel => drop(scope.stats().funnel(&FunnelQuery::default()).await?),
            Self::FunnelOfMonths => {
                let query = FunnelQuery { interval: Some(Interval::Month), ..FunnelQuery::default() };
                drop(scope.stats().funnel(&query).await?);
            }
            Self::Pipeline => drop(scope.stats().pipeline(&Default::default()).await?),
            Self::Forecast => drop(scope.stats().forecast(&Default::default()).await?),
            Self::Leaderboard => drop(scope.stats().leaderboard(&Default::default()).await?),
            Self::Tasks => drop(scope.stats().tasks(&Default::default()).await?),
            Self::Quotas => drop(scope.quotas().list(&QuotaQuery::default(), &page).await?),
            Self::Activity => drop(scope.activity().list(&ActivityQuery::default(), &page).await?),
        }
        Ok(())
    }
}

/// Adds leads and deals over three years, tasks, and quotas, with SQL: through the core, they would take hours.
pub(crate) async fn fill(url: &str, data: &Data, leads: usize, deals: usize) -> Result<()> {
    let db = connect(url).await?;
    let mut scope = Crm::default().on(data.actor(), &db);
    let rates = NewCurrencyRates::today([("USD".parse()?, "0.9".parse()?)]);
    scope.currency_rates().set(rates).await?;
    let lead = scope.leads().create(NewLead::organization("Lead")).await?.id;
    let pipeline = scope.deals().board(None, &DealQuery::default()).await?.pipeline_id;
    quotas(&mut scope, data.user).await?;
    let text_indexes = drop_text_indexes(&db).await?;
    add_leads(&db, data, lead.0, leads).await?;
    add_deals(&db, data, pipeline, deals).await?;
    add_tasks(&db, data, deals).await?;
    for definition in text_indexes {
        db.execute_unprepared(&definition).await?;
    }
    db.execute_unprepared("VACUUM ANALYZE").await?;
    Ok(())
}

async fn quotas(scope: &mut CompanyScope<'_>, user: UserId) -> Result<()> {
    let (amount, currency) = (10_000_000, Currency::EUR);
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
    let first = Month::of(now.date_naive());
    let quota = |step| NewQuota::of(user, first.plus(step), crm_core::money::Money { amount, currency });
    scope.quotas().set(NewQuotas { quotas: (0..12).map(quota).collect() }).await?;
    Ok(())
}

/// A time in the last three years for a number `n`, and an id of that time.
const TIME: &str =
    "date_trunc('milliseconds', now() - ((n::bigint * 1000003) % 1095000) / 1000.0 * interval '1 day') AS t";
const ID: &str = "(lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3) || \
                  '8' || substr(md5(random()::text), 1, 15))::uuid AS id";

/// Every eighth lead is converted, and two of three have had a contact.
async fn add_leads(db: &DatabaseConnection, data: &Data, like: Uuid, leads: usize) -> Result<()> {
    let (company, user) = (data.company, data.user);
    let columns = all_columns(db).await?;
    let value = |column: &String| match column.as_str() {
        "id" => "made.id".to_owned(),
        "created_at" | "updated_at" => "made.t".to_owned(),
        "deleted_at" => "CASE WHEN n % 8 <> 0 THEN made.t END".to_owned(),
        "is_lead" => "n % 8 <> 0".to_owned(),
        "owner_id" => format!("CASE WHEN n % 2 = 0 THEN '{user}'::uuid END"),
        "source" | "source_key" => "(ARRAY['fair', 'web', 'partner'])[1 + n % 3]".to_owned(),
        other => format!("base.{other}"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    db.execute_unprepared(&format!(
        "CREATE TEMP TABLE made AS SELECT n, t, {ID} FROM (SELECT n, {TIME} FROM generate_series(1, {leads}) AS n) AS times;
         INSERT INTO crm_customers ({}) SELECT {} FROM made, crm_customers AS base \
         WHERE base.company_id = '{company}' AND base.id = '{like}' ORDER BY made.t;
         INSERT INTO crm_leads (company_id, id, version, created_at, updated_at, name_key, owner_id, is_archived, status, \
         status_type, status_changed_at, do_not_call, do_not_email, converted_at, converted_customer_id, converted_by_kind, \
         created_by_kind, updated_by_kind) SELECT '{company}', id, 1, t, t, 'lead', \
         CASE WHEN n % 2 = 0 THEN '{user}'::uuid END, FALSE, \
         CASE WHEN n % 8 = 0 THEN 'qualified' WHEN n % 3 = 0 THEN 'contacted' ELSE 'new' END, \
         CASE WHEN n % 8 = 0 THEN 'won' WHEN n % 3 = 0 THEN 'ongoing' ELSE 'open' END, t, FALSE, FALSE, \
         CASE WHEN n % 8 = 0 THEN t + (n % 30) * interval '1 day' END, CASE WHEN n % 8 = 0 THEN id END, \
         CASE WHEN n % 8 = 0 THEN 'system' END, 'system', 'system' FROM made ORDER BY t;
         INSERT INTO crm_customer_stats (company_id, customer_id, notes, interactions, completed, first_contact_at, \
         last_contact_at) SELECT '{company}', id, 0, 1, 1, t + (n % 5000) * interval '1 minute', \
         t + (n % 5000) * interval '1 minute' FROM made WHERE n % 3 <> 0 ORDER BY t ON CONFLICT DO NOTHING;
         DROP TABLE made;",
        columns.join(", "),
        values.join(", ")
    ))
    .await?;
    Ok(())
}

/// Of ten deals two are open, three won and five lost; each has passed the stages before its last one.
async fn add_deals(db: &DatabaseConnection, data: &Data, pipeline: PipelineId, deals: usize) -> Result<()> {
    let (company, user) = (data.company, data.user);
    db.execute_unprepared(&format!(
        "CREATE TEMP TABLE stages AS SELECT id, name, row_number() OVER (ORDER BY position) - 1 AS place \
         FROM crm_pipeline_stages WHERE company_id = '{company}' AND pipeline_id = '{pipeline}';
         CREATE TEMP TABLE buyers AS SELECT id, row_number() OVER (ORDER BY id) AS place FROM crm_customers \
         WHERE company_id = '{company}' AND deleted_at IS NULL LIMIT 5000;
         CREATE TEMP TABLE made AS SELECT n, t, {ID}, \
         CASE WHEN n % 10 < 2 THEN n % 4 WHEN n % 10 < 5 THEN 4 ELSE 5 END AS place, \
         CASE WHEN n % 10 < 2 THEN 'open' WHEN n % 10 < 5 THEN 'won' ELSE 'lost' END AS status, \
         CASE WHEN n % 10 = 9 THEN 'USD' ELSE 'EUR' END AS currency, 1000 + (n::bigint * 7919) % 1000000 AS amount, \
         CASE WHEN n % 10 < 2 THEN (now() + ((n::bigint * 7919) % 300 - 60) * interval '1 day')::date \
         ELSE (t + interval '30 days')::date END AS day \
         FROM (SELECT n, {TIME} FROM generate_series(1, {deals}) AS n) AS times;
         INSERT INTO crm_deals (company_id, id, customer_id, version, created_at, updated_at, name, name_key, pipeline_id, \
         stage_id, stage_entered_at, status, amount, amount_currency, amount_key, expected_close_date, expected_close_key, \
         closed_at, owner_id, position, base_amount, base_currency, rate, created_by_kind, updated_by_kind) \
         SELECT '{company}', made.id, buyers.id, 1, t, t, 'Deal', 'deal', '{pipeline}', stages.id, t + interval '20 days', \
         status, amount, currency, amount, day, to_char(day, 'YYYY-MM-DD'), \
         CASE WHEN status <> 'open' THEN t + interval '20 days' END, CASE WHEN n % 3 <> 0 THEN '{user}'::uuid END, \
         lpad(n::text, 8, '0'), CASE WHEN status <> 'open' THEN amount END, CASE WHEN status <> 'open' THEN 'EUR' END, \
         CASE WHEN status <> 'open' THEN 1000000000000 END, 'system', 'system' \
         FROM made JOIN stages ON stages.place = made.place \
         JOIN buyers ON buyers.place = 1 + (n::bigint * 31) % (SELECT count(*) FROM buyers) ORDER BY t;
         INSERT INTO crm_deal_stage_history (company_id, id, deal_id, pipeline_id, stage_id, stage_name, entered_at, left_at, \
         seconds, moved_by_kind) SELECT '{company}', gen_random_uuid(), made.id, '{pipeline}', stages.id, stages.name, \
         t + stages.place * interval '5 days', \
         CASE WHEN stages.place <> made.place THEN t + (stages.place + 1) * interval '5 days' END, \
         CASE WHEN stages.place <> made.place THEN 432000 + n % 86400 END, 'system' FROM made JOIN stages \
         ON stages.place = made.place OR stages.place < LEAST(made.place, CASE WHEN status = 'lost' THEN 1 + n % 4 ELSE 4 END) \
         ORDER BY t;
         INSERT INTO crm_deal_postponements (company_id, id, deal_id, postponed_at, from_day, to_day, days, postponed_by_kind) \
         SELECT '{company}', gen_random_uuid(), id, now() - (n % 400) * interval '1 day', day, day + 14, 14, 'system' \
         FROM made WHERE n % 5 = 0;
         DROP TABLE made, stages, buyers;"
    ))
    .await?;
    Ok(())
}

/// As many tasks as deals, of which nine in ten are completed.
async fn add_tasks(db: &DatabaseConnection, data: &Data, tasks: usize) -> Result<()> {
    let (company, user) = (data.company, data.user);
    db.execute_unprepared(&format!(
        "INSERT INTO crm_tasks (company_id, id, version, created_at, updated_at, title, title_key, type, status, priority, \
         priority_key, due_at, due_key, completed_at, assignee_id, checklist, origin, completed_by_kind, created_by_kind, \
         updated_by_kind) SELECT '{company}', {}, 1, t, t, 'To do', 'to do', 'todo', \
         CASE WHEN n % 10 = 0 THEN 'not_started' ELSE 'completed' END, 'normal', 1, t + interval '7 days', \
         t + interval '7 days', CASE WHEN n % 10 <> 0 THEN t + (n % 10) * interval '1 day' END, \
         CASE WHEN n % 3 <> 0 THEN '{user}'::uuid END, '[]', 'manual', CASE WHEN n % 10 <> 0 THEN 'system' END, 'system', \
         'system' FROM (SELECT n, {TIME} FROM generate_series(1, {tasks}) AS n) AS times ORDER BY t",
        ID.trim_end_matches(" AS id")
    ))
    .await?;
    Ok(())
}

/// Asks the service for each of them after a write, and sends its statements in turns; prints medians and 99th percentiles.
#[expect(clippy::print_stdout, reason = "the figures are what the user asked for")]
pub(crate) async fn measure(service: &crate::service::Service, url: &str, data: &Data) -> Result<()> {
    let sent: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let mut recorded = connect(url).await?;
    let log = sent.clone();
    recorded.set_metric_callback(move |info| {
        if let Ok(mut sent) = log.lock() {
            sent.push(info.statement.clone());
        }
    });
    let take = || sent.lock().map(|mut sent| std::mem::take(&mut *sent)).ok().context("the log is poisoned");
    let direct = connect(url).await?;
    let mut scope = Crm::default().on(data.actor(), &recorded);
    // The company is read once, and remembered.
    scope.stats().overall().await?;
    println!(
        "\n{:<36} {:>10} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "milliseconds", "statements", "p50", "p99", "same p50", "same p99", "÷ p50"
    );
    for report in REPORTS {
        take()?;
        report.ask(&mut scope).await?;
        let statements = take()?;
        ensure!(!statements.is_empty(), "{report:?} sends nothing");
        let (mut asked, mut same) = (Vec::new(), Vec::new());
        for _ in 0..ASKED {
            write(service).await?;
            asked.push(timed(service, report.path()).await?);
            same.push(replayed(&direct, &statements).await?);
        }
        let ([p50, p99], [same_50, same_99]) = (percentiles(asked), percentiles(same));
        println!(
            "{:<36} {:>10} {p50:>9.2} {p99:>9.2} {same_50:>9.2} {same_99:>9.2} {:>7.2}",
            report.path(),
            statements.len(),
            p50 / same_50
        );
    }
    Ok(())
}

/// The time of these statements, one after the other.
async fn replayed(db: &DatabaseConnection, statements: &[Statement]) -> Result<Duration> {
    let began = Instant::now();
    for statement in statements {
        db.query_all_raw(statement.clone()).await?;
    }
    Ok(began.elapsed())
}
