//! Leads: the board and the list, one lead with what belongs to it, its conversion, the trash, and the statuses.

mod board;
mod conversion;
mod pages;
mod settings;

use actix_web::http::StatusCode;
use crm_core::ids::LeadId;
use crm_core::leads::{Lead, LeadQuery, NewLead};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Browser, Person};

pub fn register(suite: &mut Suite) {
    board::register(suite);
    conversion::register(suite);
    pages::register(suite);
    settings::register(suite);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

/// Ann of Lee & Co.
fn ann() -> NewLead {
    NewLead {
        email: Some("ann@lee.example".to_owned()),
        organization_name: Some("Lee & Co".to_owned()),
        ..NewLead::person("Ann", "Lee")
    }
}

async fn add(database: &TestDatabase, person: Person, new: NewLead) -> LeadId {
    person.scope(database).leads().create(new).await.unwrap().id
}

async fn named(database: &TestDatabase, person: Person, name: &str) -> LeadId {
    add(database, person, NewLead::organization(name)).await
}

async fn read(database: &TestDatabase, person: Person, id: LeadId) -> Lead {
    person.scope(database).leads().get(id).await.unwrap()
}

/// The id of the status with this code.
async fn status(database: &TestDatabase, person: Person, code: &str) -> String {
    let board = person.scope(database).leads().board(&LeadQuery::default()).await.unwrap();
    let found = board.statuses.into_iter().find(|status| status.status.code == code);
    found.unwrap_or_else(|| panic!("no status {code}")).status.id.to_string()
}
