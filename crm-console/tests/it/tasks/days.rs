//! Tasks by day and as a calendar.

use chrono::{NaiveDate, TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::companies::SettingsPatch;
use crm_core::patch::Patch;
use crm_core::tasks::NewTask;
use testkit::{Suite, TestDatabase, tests};

use super::{add, due_in, lee, ok};
use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_week_is_shown_by_day,
        what_is_overdue_comes_first,
        a_month_is_a_table,
        days_are_those_of_the_company,
    ]);
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn a_week_is_shown_by_day(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = lee(&database, person).await;
    let at = "2999-01-05T10:20:00Z".parse().unwrap();
    add(&database, person, NewTask::titled("At ten").due(at).for_customer(lee)).await;
    add(&database, person, NewTask::titled("All day").due_on(day("2999-01-05"))).await;
    add(&database, person, NewTask::titled("Next week").due_on(day("2999-01-12"))).await;
    let browser = browser(&database, person).await;
    let week = ok(&browser, "/tasks/agenda?from=2999-01-05").await;
    let place = |text: &str| week.body.find(text).unwrap_or_else(|| panic!("no {text} in {}", week.body));
    assert!(place("id=\"day-2999-01-05\"") < place(">At ten<") && place(">At ten<") < place(">All day<"));
    assert!(place(">All day<") < place("id=\"day-2999-01-06\"") && week.has("id=\"day-2999-01-11\""));
    assert!(week.has(">10:20</time>") && week.has("Lee &#38; Co") && !week.has(">Next week<"));
    assert!(week.has("dueDate=2999-01-06&#38;back="), "a task is added on a day");
    for (start, label) in [("2999-01-12", "Later"), ("2998-12-29", "Earlier")] {
        let link = format!("/tasks/agenda?assignee=me&#38;from={start}\" hx-push-url=\"true\">{label}<");
        assert!(week.has(&link), "{label}");
    }
    let next = ok(&browser, "/tasks/agenda?from=2999-01-12").await;
    assert!(next.has(">Next week<") && !next.has(">At ten<") && !next.has("id=\"overdue\""));
    // The tick comes back to these days.
    let back = week.after("name=\"back\"", "value");
    let page = browser.submit(&week.after("class=\"row-actions\"", "action"), &[("back", &back)]).await;
    assert!(page.has("The task was completed.") && page.has("id=\"day-2999-01-05\"") && !page.has(">At ten<"));
    for query in ["from=nonsense", "from=0001-01-01", "from=9999-12-31", "from=9997-12-31", "assignee=nonsense"] {
        ok(&browser, &format!("/tasks/agenda?{query}")).await;
    }
}

async fn what_is_overdue_comes_first(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    add(&database, person, due_in("T-late", -3)).await;
    add(&database, person, NewTask::titled("T-today").due_on(Utc::now().date_naive() + TimeDelta::days(1))).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/tasks/agenda").await;
    let place = |text: &str| page.body.find(text).unwrap();
    assert!(place("id=\"overdue\"") < place(">T-late<") && place(">T-late<") < place(">T-today<"));
    assert!(page.has(">Tomorrow, ") && !page.has("hx-push-url=\"true\">Today<"));
}

async fn a_month_is_a_table(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    for number in 0..5 {
        add(&database, person, NewTask::titled(format!("Step {number}")).due_on(day("2999-01-05"))).await;
    }
    add(&database, person, NewTask::titled("At the end").due_on(day("2999-01-31"))).await;
    add(&database, person, NewTask::titled("In February").due_on(day("2999-02-01"))).await;
    for title in ["T-late", "T-later"] {
        add(&database, person, due_in(title, -300)).await;
    }
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/tasks/calendar?month=2999-01").await;
    assert!(page.has(">January 2999</h2>") && page.has("<th scope=\"col\">") && page.has(">Monday</span>"));
    assert_eq!(page.body.matches("<td").count() % 7, 0);
    assert_eq!(page.body.matches("class=\"month-day\"").count(), 31);
    assert_eq!(page.body.matches(">Step ").count(), 3);
    assert!(page.has("2 more") && page.has(">At the end<") && !page.has(">In February<"));
    assert!(page.has("2 tasks are overdue from before") && page.has("view=overdue"));
    let agenda = ok(&browser, &page.after("2999-01-04", "href")).await;
    assert_eq!(agenda.body.matches(">Step ").count(), 5, "the day has all of them");
    for month in ["2999-02", "2998-12"] {
        assert!(page.has(&format!("month={month}\" hx-push-url")), "{month}");
    }
    for query in ["month=nonsense", "month=0000-01", "month=9999-12", "month=1901-01", "assignee=none"] {
        ok(&browser, &format!("/tasks/calendar?{query}")).await;
    }
    assert!(ok(&browser, "/tasks/calendar").await.has("aria-current=\"date\""));
}

/// 23:00 in London is the next day in Berlin.
async fn days_are_those_of_the_company(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let zone = SettingsPatch { time_zone: Patch::Set("Europe/Berlin".to_owned()), ..SettingsPatch::default() };
    person.scope(&database).settings().update(zone, None).await.unwrap();
    let at = "2999-01-05T23:00:00Z".parse().unwrap();
    add(&database, person, NewTask::titled("At midnight").due(at)).await;
    let browser = browser(&database, person).await;
    let page = ok(&browser, "/tasks/agenda?from=2999-01-06").await;
    assert!(page.has(">00:00</time>") && page.has(">At midnight<"));
    browser.submit("/preferences", &[("timeZone", "Europe/London"), ("here", "/erp/crm/")]).await;
    let page = ok(&browser, "/tasks/agenda?from=2999-01-06").await;
    assert!(page.has(">00:00</time>") && page.has(">At midnight<"), "a day is the same for everybody");
    assert!(ok(&browser, "/tasks").await.has("5 Jan 2999, 23:00"), "a time is that of the person");
}
