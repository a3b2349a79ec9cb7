//! Tasks are found, added, completed, opened again, changed and deleted.

mod days;
mod forms;
mod lists;
mod places;
mod plan;
mod rights;

use actix_web::http::StatusCode;
use chrono::{TimeDelta, Utc};
use crm_core::customers::NewCustomer;
use crm_core::ids::{CustomerId, TaskId};
use crm_core::tasks::{NewTask, Task};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Browser, Person};

pub fn register(suite: &mut Suite) {
    lists::register(suite);
    forms::register(suite);
    days::register(suite);
    places::register(suite);
    plan::register(suite);
    rights::register(suite);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn lee(database: &TestDatabase, person: Person) -> CustomerId {
    person.scope(database).customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id
}

async fn add(database: &TestDatabase, person: Person, new: NewTask) -> TaskId {
    person.scope(database).tasks().create(new).await.unwrap().id
}

async fn held(database: &TestDatabase, person: Person, id: TaskId) -> Task {
    person.scope(database).tasks().get(id).await.unwrap()
}

/// A task that is due some days from now; in the past if there are fewer than none.
fn due_in(title: &str, days: i64) -> NewTask {
    NewTask::titled(title).due(Utc::now() + TimeDelta::days(days))
}
