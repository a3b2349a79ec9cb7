//! The tests of the console: `cargo test -p crm-console --test it`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod ai;
mod bulk;
mod calendar;
mod capture_forms;
mod consents;
mod contact_points;
mod custom_fields;
mod deal_parts;
mod deals;
mod duplicates;
mod editing;
mod guard;
mod import;
mod interactions;
mod lead_rules;
mod leads;
mod links;
mod live;
mod log_in;
mod merges;
mod messages;
mod notifications;
mod oidc;
mod pages;
mod palette;
mod pipelines;
mod sales;
mod scoring;
mod secrecy;
mod security;
mod service;
mod settings;
mod stand_in;
mod statements;
mod support;
mod tags;
mod tasks;
mod trash;
mod users;
mod views;

use std::process::ExitCode;

use testkit::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::from_args();
    ai::register(&mut suite);
    bulk::register(&mut suite);
    calendar::register(&mut suite);
    capture_forms::register(&mut suite);
    consents::register(&mut suite);
    contact_points::register(&mut suite);
    custom_fields::register(&mut suite);
    deal_parts::register(&mut suite);
    deals::register(&mut suite);
    duplicates::register(&mut suite);
    editing::register(&mut suite);
    guard::register(&mut suite);
    import::register(&mut suite);
    interactions::register(&mut suite);
    lead_rules::register(&mut suite);
    leads::register(&mut suite);
    links::register(&mut suite);
    live::register(&mut suite);
    log_in::register(&mut suite);
    merges::register(&mut suite);
    messages::register(&mut suite);
    notifications::register(&mut suite);
    oidc::register(&mut suite);
    pages::register(&mut suite);
    palette::register(&mut suite);
    pipelines::register(&mut suite);
    sales::register(&mut suite);
    scoring::register(&mut suite);
    secrecy::register(&mut suite);
    security::register(&mut suite);
    settings::register(&mut suite);
    users::register(&mut suite);
    statements::register(&mut suite);
    tags::register(&mut suite);
    tasks::register(&mut suite);
    trash::register(&mut suite);
    views::register(&mut suite);
    suite.run()
}
