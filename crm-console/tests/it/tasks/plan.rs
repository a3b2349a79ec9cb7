//! Who else works on a task, when they are reminded, and how it recurs.

use actix_web::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::tasks::{NewTask, Task, TaskReminder};
use testkit::{Suite, TestDatabase, tests};

use super::{add, held, ok};
use crate::support::{Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_recurring_task_with_reminders_is_added,
        what_the_form_cannot_say_stays,
        a_reminder_may_be_a_moment,
        faults_of_the_plan_are_told,
        another_line_is_asked_for,
    ]);
}

/// The form of a task that is due on a day, with these fields besides.
async fn send(browser: &Browser, path: &str, more: &[(&str, &str)]) -> StatusCode {
    let fields = [("title", "Call"), ("type", "call"), ("priority", "normal"), ("dueDate", "2999-01-07")];
    browser.post(path, &[&fields[..], more].concat()).await.status
}

async fn only(database: &TestDatabase, person: Person) -> Task {
    let page = person.scope(database).tasks().list(&Default::default(), &Default::default()).await.unwrap();
    assert_eq!(page.data.len(), 1);
    page.data[0].clone()
}

async fn a_recurring_task_with_reminders_is_added(database: TestDatabase) {
    let company = company();
    let (person, colleague) = (Person::new(company, Role::Admin), Person::new(company, Role::SalesRep));
    // Who has written something is known.
    colleague.scope(&database).customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let browser = browser(&database, person).await;
    let user = colleague.user.to_string();
    let fields = [
        ("collaborators", "1"),
        ("collaborator", user.as_str()),
        ("reminders", "3"),
        ("reminder.0.before", "1440"),
        ("reminder.0.channel", "email"),
        ("reminder.1.before", ""),
        ("reminder.1.channel", "in_app"),
        ("reminder.2.before", "0"),
        ("reminder.2.channel", "in_app"),
        ("repeat", "weekly"),
        ("every", "2"),
        ("on", "MO"),
        ("on", "FR"),
        ("ends", "until"),
        ("until", "2999-12-31"),
    ];
    assert_eq!(send(&browser, "/tasks", &fields).await, StatusCode::SEE_OTHER);
    let task = only(&database, person).await;
    assert_eq!(task.recurrence.as_deref(), Some("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;UNTIL=29991231"));
    assert_eq!(task.reminders, [TaskReminder::email(1_440), TaskReminder::in_app(0)]);
    assert_eq!(task.collaborator_ids, [colleague.user]);
    let page = ok(&browser, &format!("/tasks/{}", task.id)).await;
    for text in [
        "Every 2 weeks, on Monday, Friday, until 31 Dec 2999",
        "1 day before (By e-mail), When it is due (At the bell)",
        "<dt>Collaborators</dt><dd>Pat Person</dd>",
    ] {
        assert!(page.has(text), "{text} is not in {}", page.body);
    }
    // The form says the same, and saving it changes nothing of that.
    let edit = format!("/tasks/{}/edit", task.id);
    let form = ok(&browser, &edit).await;
    for text in ["<details class=\"form-more\" open>", "value=\"FR\" checked", "value=\"1440\" selected"] {
        assert!(form.has(text), "{text} is not in {}", form.body);
    }
    assert_eq!(form.after("name=\"reminders\"", "value"), "2");
    assert_eq!(send(&browser, &edit, &fields).await, StatusCode::SEE_OTHER);
    let after = held(&database, person, task.id).await;
    assert_eq!((after.recurrence, after.reminders), (task.recurrence, task.reminders));
    // And all of it is taken away.
    let none = [("collaborators", "1"), ("reminders", "1"), ("reminder.0.before", ""), ("repeat", "")];
    assert_eq!(send(&browser, &edit, &none).await, StatusCode::SEE_OTHER);
    let after = held(&database, person, task.id).await;
    assert!(after.recurrence.is_none() && after.reminders.is_empty() && after.collaborator_ids.is_empty());
}

async fn what_the_form_cannot_say_stays(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let day = NaiveDate::from_ymd_opt(2999, 1, 7).unwrap();
    let rule = "FREQ=MONTHLY;BYDAY=-1FR";
    let new = NewTask { recurrence: Some(rule.to_owned()), ..NewTask::titled("Report").due_on(day) };
    let id = add(&database, person, new).await;
    let browser = browser(&database, person).await;
    let edit = format!("/tasks/{id}/edit");
    let form = ok(&browser, &edit).await;
    assert!(form.has("value=\"own\" selected") && form.has(&format!("By the rule {rule}")));
    assert_eq!(send(&browser, &edit, &[("repeat", "own"), ("rule", "FREQ=DAILY")]).await, StatusCode::SEE_OTHER);
    let after = held(&database, person, id).await;
    assert_eq!((after.title.as_str(), after.recurrence.as_deref()), ("Call", Some(rule)));
}

async fn a_reminder_may_be_a_moment(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let browser = browser(&database, person).await;
    // A task with a date is due at nine o'clock for this.
    let fields = [("reminders", "1"), ("reminder.0.before", "at"), ("reminder.0.at", "2999-01-07T08:23")];
    assert_eq!(send(&browser, "/tasks", &fields).await, StatusCode::SEE_OTHER);
    let task = only(&database, person).await;
    assert_eq!(task.reminders, [TaskReminder::in_app(37)]);
    assert!(ok(&browser, &format!("/tasks/{}", task.id)).await.has("37 minutes before (At the bell)"));
    assert!(ok(&browser, &format!("/tasks/{}/edit", task.id)).await.has("value=\"37\" selected"));
}

async fn faults_of_the_plan_are_told(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let browser = browser(&database, person).await;
    let late = (NaiveDate::from_ymd_opt(2999, 1, 7).unwrap() + TimeDelta::days(1)).to_string() + "T10:00";
    for (fields, fault) in [
        (vec![("reminders", "1"), ("reminder.0.before", "at")], "reminders-fault"),
        (vec![("reminders", "1"), ("reminder.0.before", "at"), ("reminder.0.at", late.as_str())], "reminders-fault"),
        (vec![("reminders", "1"), ("reminder.0.before", "nonsense")], "reminders-fault"),
        (vec![("reminders", "1"), ("reminder.0.before", "99999")], "reminders-fault"),
        (vec![("repeat", "daily"), ("every", "x")], "recurrence-fault"),
        (vec![("repeat", "daily"), ("every", "0")], "recurrence-fault"),
        (vec![("repeat", "daily"), ("ends", "until")], "recurrence-fault"),
        (vec![("repeat", "daily"), ("ends", "times"), ("times", "0")], "recurrence-fault"),
        (vec![("collaborators", "1"), ("collaborator", "nonsense")], "collaborator-fault"),
        (vec![("dueDate", ""), ("repeat", "daily")], "recurrence-fault"),
    ] {
        let usual = [("title", "Kept"), ("type", "todo"), ("priority", "low"), ("dueDate", "2999-01-07")];
        let usual = usual.into_iter().filter(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        let all: Vec<(&str, &str)> = usual.chain(fields.iter().copied()).collect();
        let wrong = browser.post("/tasks", &all).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(wrong.has(&format!("id=\"{fault}\"")) && wrong.has("form-more\" open"), "{fields:?}: {}", wrong.body);
        assert!(wrong.has("value=\"Kept\""), "what was typed is lost");
    }
}

async fn another_line_is_asked_for(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let browser = browser(&database, person).await;
    let fields = [("title", "Kept"), ("reminders", "1"), ("reminder.0.before", "60"), ("moreReminders", "1")];
    let form = browser.post("/tasks", &fields).await;
    assert!(form.status == StatusCode::OK && form.has("name=\"reminder.1.before\"") && form.has("value=\"Kept\""));
    assert!(form.has("value=\"60\" selected"));
    let most = [("title", "Kept"), ("reminders", "5"), ("moreReminders", "1")];
    let form = browser.post("/tasks", &most).await;
    assert!(!form.has("name=\"reminder.5.before\"") && !form.has("name=\"moreReminders\""));
}
