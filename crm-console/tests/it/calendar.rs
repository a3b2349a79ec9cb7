//! The calendar of a person at a secret address.

use actix_web::http::StatusCode;
use chrono::{TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::tasks::NewTask;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{MOUNT, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [the_address_is_shown_once_read_without_a_log_in_and_ended]);
}

async fn the_address_is_shown_once_read_without_a_log_in_and_ended(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let task = NewTask::titled("Call Lee").due(Utc::now() + TimeDelta::days(1));
    person.scope(&database).tasks().create(task).await.unwrap();
    let (own, program) = (browser(&database, person).await, browser(&database, person).await);
    program.cookies.borrow_mut().clear();
    let page = own.post("/profile/calendar", &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let address = page.after("id=\"calendar-address\"", "value");
    let path = address[address.find(MOUNT).unwrap()..].to_owned();
    assert!(!own.get("/profile").await.has("calendar-address"));
    let file = program.get(&path).await;
    assert_eq!((file.status, file.header("cache-control")), (StatusCode::OK, "private, no-cache"));
    assert!(file.has("BEGIN:VCALENDAR") && file.has("Call Lee"));
    // A new one ends the one before.
    let page = own.post("/profile/calendar", &[]).await;
    let other = page.after("id=\"calendar-address\"", "value");
    let other = other[other.find(MOUNT).unwrap()..].to_owned();
    assert_eq!(program.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(program.get(&other).await.status, StatusCode::OK);
    assert!(own.submit("/profile/calendar/end", &[]).await.has("The address of your calendar was ended."));
    for path in [other.as_str(), "/calendar/nonsense.ics"] {
        assert_eq!(program.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
