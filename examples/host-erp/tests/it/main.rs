//! The ERP and the CRM in it, on both databases, each test in a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod beside;
mod booking;
mod browser;
mod console;
mod embedding;
mod following;
mod mounted;

use std::process::ExitCode;

use host_erp::tables::{Job, customer, employee};
use host_erp::{Erp, NewInvoice};
use sea_orm::{DatabaseConnection, EntityTrait};
use testkit::TestDatabase;

fn main() -> ExitCode {
    let mut suite = testkit::Suite::from_args();
    booking::register(&mut suite);
    following::register(&mut suite);
    mounted::register(&mut suite);
    beside::register(&mut suite);
    console::register(&mut suite);
    embedding::register(&mut suite);
    suite.run()
}

/// Two companies that use the ERP, by their integer keys.
const HERE: i64 = 4711;
const THERE: i64 = 4712;

async fn open(database: &TestDatabase) -> anyhow::Result<(Erp, DatabaseConnection)> {
    let db = database.connection.clone();
    Ok((Erp::open(db.clone()).await?, db))
}

async fn bookkeeper(erp: &Erp, company: i64) -> anyhow::Result<employee::Model> {
    erp.hire(company, "Mary Major", Job::Bookkeeper).await
}

fn invoice(number: i64, name: &str) -> NewInvoice {
    let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
    NewInvoice { number, cents: 12_900, to: (name.to_owned(), Some(email)) }
}

/// The ERP's own customers.
async fn customers(db: &DatabaseConnection) -> anyhow::Result<Vec<customer::Model>> {
    Ok(customer::Entity::find().all(db).await?)
}
