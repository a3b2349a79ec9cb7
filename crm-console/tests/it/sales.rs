//! The forecast, the reports and the activity: their figures are those of the core.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use chrono::{TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::deals::{DealMove, NewDeal};
use crm_core::ids::{CustomerId, DealId};
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::leads::NewLead;
use crm_core::money::Money;
use crm_core::notes::NewNote;
use crm_core::stats::{
    ForecastQuery, FunnelQuery, LeadStatsQuery, LeaderboardQuery, PipelineStatsQuery, TaskStatsQuery,
};
use crm_core::tasks::{NewTask, TaskCompletion};
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, MOUNT, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        the_forecast_has_the_figures_of_the_core,
        quotas_are_set_where_the_forecast_is,
        a_quota_that_cannot_be_read_is_told_beside_it,
        the_funnel_has_the_figures_of_the_core,
        the_pipeline_has_the_figures_of_the_core,
        users_leads_and_tasks_have_the_figures_of_the_core,
        reports_take_any_address,
        each_number_says_what_it_means,
        the_dashboard_has_widgets_of_sales,
        the_activity_tells_who_did_what,
        another_companys_sales_are_not_seen,
    ]);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

fn money(amount: i64, currency: &str) -> Option<Money> {
    Some(Money { amount, currency: currency.parse().unwrap() })
}

/// The first row of a table with this label, as the texts of its cells.
fn cells(page: &Answer, label: &str) -> Vec<String> {
    let label = format!(">{label}<");
    let rows = page.body.split("<tr").skip(1).map(|row| row.split("</tr>").next().unwrap());
    let row = rows.into_iter().find(|row| row.split("<td").next().unwrap().contains(&label));
    let row = row.unwrap_or_else(|| panic!("no row {label} in {}", page.body));
    let text = |cell: &str| {
        let parts = cell.split("<span").skip(1).map(|part| part.split('>').nth(1).unwrap().split('<').next().unwrap());
        parts.collect::<Vec<_>>().join(", ")
    };
    row.split("<td").skip(1).map(text).collect()
}

fn rate(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

/// A customer with a deal that is won and one that is open, both worth something.
async fn sold(database: &TestDatabase, person: Person) -> (CustomerId, [DealId; 2]) {
    let mut scope = person.scope(database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id;
    let won = NewDeal { amount: money(1_250_000, "EUR"), ..NewDeal::named("Keyboards") };
    let won = scope.deals().create(lee, won).await.unwrap().id;
    scope.deals().move_to(won, DealMove::to("closed_won"), None).await.unwrap();
    let today = Some(Utc::now().date_naive());
    let open = NewDeal { amount: money(300_050, "USD"), expected_close_date: today, ..NewDeal::named("Mice") };
    let open = scope.deals().create(lee, open).await.unwrap().id;
    scope.deals().move_to(open, DealMove::to("proposal"), None).await.unwrap();
    (lee, [won, open])
}

async fn the_forecast_has_the_figures_of_the_core(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    sold(&database, person).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/deals/forecast").await;
    let forecast = person.scope(&database).stats().forecast(&ForecastQuery::default()).await.unwrap();
    let month = &forecast.months[0];
    assert_eq!(month.totals.closed.amounts, [money(1_250_000, "EUR").unwrap()]);
    assert_eq!([month.totals.closed.count, month.totals.best_case.count], [1, 2]);
    // The stage has 50 %.
    assert!(month.totals.weighted.amounts.contains(&money(150_025, "USD").unwrap()), "{:?}", month.totals);
    let row = cells(&page, "Pat Person");
    assert_eq!(row[0], "12,500 EUR, 1 deal");
    assert!(row[3].contains("12,500 EUR") && row[3].contains("3,000.50 USD") && row[3].contains("2 deals"), "{row:?}");
    assert!(row[2].contains("12,500 EUR") && row[2].contains("1,500.25 USD"), "{row:?}");
    assert_eq!(row[4..], ["–", "–"], "there are no quotas");
    assert_eq!(page.body.matches("<tr class=\"is-below\"").count(), 1);
    assert!(page.has("<svg class=\"chart\"") && page.has("legend-quota"));
    // Of other owners there is nothing, and a year has twelve months.
    assert!(!ok(&browser, "/deals/forecast?owner=none").await.has("12,500 EUR"));
    let year = ok(&browser, "/deals/forecast?from=2026-01&to=2026-12").await;
    assert!(year.has("Jan 2026") && year.has("Dec 2026") && !year.has("Jan 2027"));
    for path in ["from=x&to=y", "from=2026-12&to=2026-01", "from=1999-01&to=2026-01", "owner=x", "quotas=x"] {
        ok(&browser, &format!("/deals/forecast?{path}")).await;
    }
    for form in ["/deals", "/deals/table"] {
        assert!(ok(&browser, form).await.has(&format!("href=\"{MOUNT}/deals/forecast")), "{form}");
    }
}

async fn quotas_are_set_where_the_forecast_is(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    sold(&database, person).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/deals/forecast").await;
    let month = page.after("name=\"month\"", "value");
    let (amount, currency) = (format!("amount-{}", person.user), format!("currency-{}", person.user));
    let user = person.user.to_string();
    assert!(page.has(&amount));
    let back = format!("{MOUNT}/deals/forecast?quotas={month}");
    let form = |typed: &'static str| {
        [("month", month.clone()), ("back", back.clone()), ("user", user.clone()), (&*amount, typed.to_owned())]
    };
    let send = async |typed: &'static str| {
        let fields = form(typed);
        let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        fields.push((&*currency, "EUR"));
        browser.submit("/deals/forecast/quotas", &fields).await
    };
    let set = send("25,000").await;
    assert!(set.has("The quotas were saved.") && set.has("value=\"25000\""));
    assert_eq!(cells(&set, "Pat Person")[4..], ["25,000 EUR", "50 %"]);
    let forecast = person.scope(&database).stats().forecast(&ForecastQuery::default()).await.unwrap();
    assert_eq!(forecast.months[0].totals.attainment, Some(0.5));
    let gone = send("").await;
    assert_eq!(cells(&gone, "Pat Person")[4..], ["–", "–"]);

    let seller = Person::new(person.company, Role::SalesRep);
    let other = crate::support::browser(&database, seller).await;
    assert!(!ok(&other, "/deals/forecast").await.has("name=\"month\""));
    let refused = other.post("/deals/forecast/quotas", &[("month", &month), ("user", &user), (&amount, "1")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

async fn a_quota_that_cannot_be_read_is_told_beside_it(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    sold(&database, person).await;
    let browser = browser(&database, person).await;
    let (amount, currency) = (format!("amount-{}", person.user), format!("currency-{}", person.user));
    let user = person.user.to_string();
    for (typed, code) in [("a <b>lot</b>", "EUR"), ("12.5.0", "EUR"), ("1000", "???")] {
        let fields = [("month", "2026-11"), ("user", &*user), (&*amount, typed), (&*currency, code)];
        let refused = browser.post("/deals/forecast/quotas", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(refused.has(&format!("fault-{user}")) && !refused.has("<b>lot"), "{typed}");
        assert!(refused.has("Quotas of Nov 2026"));
    }
    assert!(browser.post("/deals/forecast/quotas", &[("month", "x")]).await.status.is_client_error());
}

async fn the_funnel_has_the_figures_of_the_core(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    sold(&database, person).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/reports").await;
    let funnel = person.scope(&database).stats().funnel(&FunnelQuery::default()).await.unwrap();
    assert_eq!(funnel.cohorts[0].deals, 2);
    assert!(page.has(", 2 deals</h2>"));
    for stage in funnel.cohorts[0].stages.iter().filter(|stage| stage.kind.as_str() != "lost") {
        let days = stage.median_days.map_or_else(|| "–".to_owned(), |days| format!("{days:.1}"));
        let expected = [
            stage.entered.to_string(),
            stage.reached_next.to_string(),
            rate(stage.conversion_rate),
            stage.dropped.to_string(),
            days,
        ];
        assert_eq!(cells(&page, &stage.name), expected, "{}", stage.name);
    }
    let months = ok(&browser, "/reports?period=year&cohorts=month").await;
    let months = months.body.matches("class=\"report\"").count();
    assert!((12..=13).contains(&months), "{months} cohorts in a year");
    let none = ok(&browser, "/reports?owner=none").await;
    assert!(none.has(", No deals</h2>"));
}

async fn the_pipeline_has_the_figures_of_the_core(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    assert!(ok(&browser, "/reports/pipeline").await.has("There is no pipeline yet."));
    sold(&database, person).await;
    let page = ok(&browser, "/reports/pipeline").await;
    let stats = person.scope(&database).stats().pipeline(&PipelineStatsQuery::default()).await.unwrap();
    for stage in &stats.stages {
        assert_eq!(cells(&page, &stage.name)[0], stage.totals.count.to_string(), "{}", stage.name);
    }
    assert_eq!(cells(&page, "All")[..2], ["1", "3,000.50 USD, 1 without a rate"]);
    assert_eq!(cells(&page, "Pat Person")[0], "1");
    assert!(page.has("Expected day is over") && page.has("Postponements"));
    let stage = stats.stages.iter().find(|stage| stage.totals.count == 1).unwrap();
    let list = format!("{MOUNT}/deals/table?status=open&stage={}", stage.stage_id);
    assert!(page.has(&list.replace('&', "&#38;")) && ok(&browser, &list).await.has("Mice"));
}

async fn users_leads_and_tasks_have_the_figures_of_the_core(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let (lee, _) = sold(&database, person).await;
    let mut scope = person.scope(&database);
    for number in 0..3 {
        let source = (number < 2).then(|| "Trade fair".to_owned());
        scope.leads().create(NewLead { source, ..NewLead::person("Ann", format!("Lee {number}")) }).await.unwrap();
    }
    for title in ["Call", "Write"] {
        let task = NewTask::titled(title).due(Utc::now() + TimeDelta::hours(1)).for_customer(lee);
        let id = scope.tasks().create(task).await.unwrap().id;
        if title == "Call" {
            scope.tasks().complete(id, TaskCompletion::default(), None).await.unwrap();
        }
    }
    let browser = browser(&database, person).await;

    let board = scope.stats().leaderboard(&LeaderboardQuery::default()).await.unwrap();
    let row = board.rows.first().unwrap();
    let expected = [
        "12,500 EUR, 1 deal".to_owned(),
        row.lost.to_string(),
        rate(row.win_rate),
        row.interactions.to_string(),
        row.tasks.to_string(),
        row.activities.to_string(),
    ];
    assert_eq!(cells(&ok(&browser, "/reports/leaderboard").await, "Pat Person"), expected);

    let leads = scope.stats().leads(&LeadStatsQuery::default()).await.unwrap();
    let page = ok(&browser, "/reports/leads").await;
    assert!(page.has("class=\"tile-number\">3</p>"), "{}", leads.added);
    for source in &leads.by_source {
        let name = source.source.as_deref().unwrap_or("Without a source");
        let expected = [source.count.to_string(), source.converted.to_string(), "0 %".to_owned()];
        assert_eq!(cells(&page, name), expected, "{name}");
    }
    for status in &leads.by_status {
        assert_eq!(cells(&page, &status.name), [status.count.to_string()], "{}", status.name);
    }
    assert!(ok(&browser, "/reports/leads?owner=me").await.has("No leads were added in the period."));

    let tasks = scope.stats().tasks(&TaskStatsQuery::default()).await.unwrap();
    let counts = &tasks.totals;
    let numbers = [counts.due, counts.overdue, counts.completed, counts.on_time, counts.late];
    let expected: Vec<String> = numbers.iter().map(ToString::to_string).chain([rate(counts.on_time_rate)]).collect();
    assert_eq!(cells(&ok(&browser, "/reports/tasks").await, "All"), expected);
}

async fn reports_take_any_address(database: TestDatabase) {
    let person = Person::new(company(), Role::Viewer);
    let browser = browser(&database, person).await;
    for report in ["", "/pipeline", "/leaderboard", "/leads", "/tasks"] {
        for query in [
            "",
            "?period=custom",
            "?period=custom&from=2026-12-31&to=2026-01-01",
            "?period=custom&from=2099-01-01",
            "?period=custom&to=2001-01-01",
            "?period=%3Cscript%3E&owner=%3Cscript%3E&from=x",
            "?owner=me&cohorts=week",
        ] {
            let page = ok(&browser, &format!("/reports{report}{query}")).await;
            assert!(!page.has("<script>"), "{report}{query}");
        }
    }
    let unknown = "/reports?pipeline=019eca9d-cdc0-7000-8000-000000000201";
    assert_eq!(browser.get(unknown).await.status, StatusCode::NOT_FOUND);
}

async fn each_number_says_what_it_means(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    sold(&database, person).await;
    let browser = browser(&database, person).await;
    for path in ["/reports", "/reports/pipeline", "/reports/leaderboard", "/reports/tasks", "/deals/forecast"] {
        let page = ok(&browser, path).await;
        for head in page.body.split("<span class=\"meant\" title=\"").skip(1) {
            let meaning = head.split('"').next().unwrap();
            assert!(meaning.len() > 20 && page.has(&format!("<dd>{meaning}</dd>")), "{path}: {meaning}");
        }
    }
    let german = TestRequest::get().uri(&format!("{MOUNT}/reports")).insert_header(("accept-language", "de"));
    let german = browser.send(german).await;
    assert!(german.has("Trichter") && german.has("Was die Zahlen bedeuten"));
}

async fn the_dashboard_has_widgets_of_sales(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    sold(&database, person).await;
    let lead = NewLead { source: Some("Trade fair".to_owned()), ..NewLead::person("Ann", "Lee") };
    person.scope(&database).leads().create(lead).await.unwrap();
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/").await;
    assert!(page.has("Won by month") && page.has("12,500 EUR") && !page.has("New leads by source"));
    browser.submit("/dashboard/arrange", &[("tile", "leads-by-source"), ("do", "show")]).await;
    for period in ["week", "year"] {
        let page = ok(&browser, &format!("/?period={period}")).await;
        assert!(page.has("New leads by source") && page.has("<th scope=\"row\">Trade fair</th>"), "{period}");
    }
    let viewer = Person::new(person.company, Role::Viewer);
    assert!(!ok(&crate::support::browser(&database, viewer).await, "/").await.has("Won by month"));
}

async fn the_activity_tells_who_did_what(database: TestDatabase) {
    let company = company();
    let (admin, seller) = (Person::new(company, Role::Admin), Person::new(company, Role::SalesRep));
    let (lee, [won, _]) = sold(&database, seller).await;
    let mut scope = seller.scope(&database);
    let call = NewInteraction::of(InteractionType::Call, "Quote");
    let call = scope.interactions(lee).create(call).await.unwrap().id;
    let private = scope.notes(lee).create(NewNote::text("BODY-MARK").private()).await.unwrap().id.to_string();
    let browser = browser(&database, admin).await;
    let page = ok(&browser, "/activity").await;
    for text in [
        format!("href=\"{MOUNT}/deals/{won}\">Keyboards</a>"),
        format!("href=\"{MOUNT}/customers/{lee}\">Lee &#38; Co</a>"),
        format!("href=\"{MOUNT}/interactions/{call}\">Interaction</a>"),
    ] {
        assert!(page.has(&text), "{text} is not in {}", page.body);
    }
    assert!(page.has("Pat Person") && page.has("Won") && !page.has(&private) && !page.has("BODY-MARK"));
    let own = ok(&crate::support::browser(&database, seller).await, "/activity?kind=note").await;
    assert!(own.has(&private) && !own.has("BODY-MARK"));
    let deals = ok(&browser, "/activity?kind=deal").await;
    assert!(deals.has("Keyboards") && !deals.has("Lee &#38; Co"));
    let one = ok(&browser, &format!("/activity?record={won}")).await;
    assert!(one.has("Keyboards") && !one.has("Mice") && one.has("What was done to one record"));
    let done = ok(&browser, "/activity?action=won").await;
    assert!(done.has("Keyboards") && !done.has(">Mice</a>"));
    for none in ["since=2099-01-01", "until=2001-01-01", &*format!("user={}", admin.user)] {
        assert!(ok(&browser, &format!("/activity?{none}")).await.has("No entries match."), "{none}");
    }
    assert_eq!(browser.get("/activity?cursor=x").await.status, StatusCode::BAD_REQUEST);
    for number in 0..60 {
        scope.tasks().create(NewTask::titled(format!("Task {number}"))).await.unwrap();
    }
    let first = ok(&browser, "/activity?kind=task").await;
    let next = ok(&browser, &first.after("id=\"more\"", "hx-get")).await;
    assert_eq!([&first, &next].map(|page| page.body.matches("class=\"row\"").count()), [50, 10]);
    assert!(first.has("Task 59") && next.has("Task 0<"));
}

async fn another_companys_sales_are_not_seen(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let (_, [won, _]) = sold(&database, person).await;
    let other = browser(&database, Person::new(company(), Role::Admin)).await;
    let paths = ["/deals/forecast", "/reports", "/reports/pipeline", "/reports/leaderboard", "/reports/tasks"];
    let record = format!("/activity?record={won}");
    for path in paths.into_iter().chain(["/activity", &*record]) {
        let page = ok(&other, path).await;
        assert!(!page.has("12,500") && !page.has("Keyboards") && !page.has("Lee &#38; Co"), "{path}");
        assert!(!page.has(&person.user.to_string()), "{path}");
    }
}
