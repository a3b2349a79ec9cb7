//! The tests of the service, on both databases. Tests are isolated by a new company, and every answer of every test is
//! checked against the document.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(clippy::type_complexity, reason = "tables of cases have rows")]
// The writable fields of a lead are more than `json!` takes with the default.
#![recursion_limit = "256"]

mod audit_chain;
mod auth;
mod bulk;
mod cache;
mod calendar;
mod capture_forms;
mod cases;
mod conformance;
mod console;
mod contact_points;
mod contract;
mod currency_rates;
mod customers;
mod deals;
mod demo;
mod duplicates;
mod events;
mod files;
mod identity;
mod import_command;
mod imports;
mod input;
mod instances;
mod interactions;
mod jobs;
mod language_model;
mod leads;
mod limits;
mod mail;
mod matrix;
mod merges;
mod notifications;
mod outages;
mod pipeline;
mod privacy;
mod private_notes;
mod process;
mod record_access;
mod relay;
mod routes;
mod sales_command;
mod statements;
mod stored_imports;
mod support;
mod tags;
mod tasks;
mod two_services;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut suite = testkit::Suite::from_args();
    audit_chain::register(&mut suite);
    auth::register(&mut suite);
    bulk::register(&mut suite);
    cache::register(&mut suite);
    calendar::register(&mut suite);
    capture_forms::register(&mut suite);
    contact_points::register(&mut suite);
    contract::register(&mut suite);
    conformance::register(&mut suite);
    console::register(&mut suite);
    currency_rates::register(&mut suite);
    customers::register(&mut suite);
    deals::register(&mut suite);
    demo::register(&mut suite);
    duplicates::register(&mut suite);
    events::register(&mut suite);
    files::register(&mut suite);
    identity::register(&mut suite);
    import_command::register(&mut suite);
    imports::register(&mut suite);
    input::register(&mut suite);
    instances::register(&mut suite);
    interactions::register(&mut suite);
    jobs::register(&mut suite);
    language_model::register(&mut suite);
    leads::register(&mut suite);
    limits::register(&mut suite);
    mail::register(&mut suite);
    matrix::register(&mut suite);
    merges::register(&mut suite);
    notifications::register(&mut suite);
    outages::register(&mut suite);
    pipeline::register(&mut suite);
    privacy::register(&mut suite);
    private_notes::register(&mut suite);
    process::register(&mut suite);
    record_access::register(&mut suite);
    relay::register(&mut suite);
    routes::register(&mut suite);
    sales_command::register(&mut suite);
    statements::register(&mut suite);
    stored_imports::register(&mut suite);
    tags::register(&mut suite);
    tasks::register(&mut suite);
    two_services::register(&mut suite);
    suite.run()
}
