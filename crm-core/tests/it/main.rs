//! The tests of the core, on both databases. Tests are isolated by a new company.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(clippy::type_complexity, reason = "tables of cases have rows")]
#![allow(clippy::disallowed_methods, reason = "a test is a host: it begins transactions and reads the environment")]

mod ai;
mod audit_chain;
mod availability;
mod bulk;
mod calendar_feeds;
mod capture_forms;
mod chance;
mod companies;
mod company_cache;
mod compile_fail;
mod consents;
mod contact_points;
mod currency_rates;
mod custom_fields;
mod customers;
mod deals;
mod debug;
mod duplicates;
mod excerpts;
mod export;
mod filters;
mod host_transactions;
mod import;
mod input;
mod interactions;
mod jobs;
mod json;
mod lead_scoring;
mod leads;
mod links;
mod locks;
mod merges;
mod mirrors;
mod notes;
mod notifications;
mod once;
mod pages;
mod permissions;
mod places;
mod preferences;
mod privacy;
mod record_access;
mod records;
mod recurrence;
mod reminders;
mod sales;
mod saved_views;
mod search;
mod send;
mod settings;
mod stats;
mod support;
mod suppressions;
mod tags;
mod task_links;
mod task_search;
mod tasks;
mod tenancy;
mod timeline;
mod users;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = jobs::work_if_asked().or_else(reminders::work_if_asked) {
        return code;
    }
    let mut suite = testkit::Suite::from_args();
    ai::register(&mut suite);
    audit_chain::register(&mut suite);
    bulk::register(&mut suite);
    calendar_feeds::register(&mut suite);
    capture_forms::register(&mut suite);
    consents::register(&mut suite);
    currency_rates::register(&mut suite);
    custom_fields::register(&mut suite);
    customers::register(&mut suite);
    deals::register(&mut suite);
    debug::register(&mut suite);
    duplicates::register(&mut suite);
    records::register(&mut suite);
    recurrence::register(&mut suite);
    once::register(&mut suite);
    json::register(&mut suite);
    lead_scoring::register(&mut suite);
    leads::register(&mut suite);
    links::register(&mut suite);
    merges::register(&mut suite);
    mirrors::register(&mut suite);
    notes::register(&mut suite);
    notifications::register(&mut suite);
    preferences::register(&mut suite);
    privacy::register(&mut suite);
    record_access::register(&mut suite);
    reminders::register(&mut suite);
    sales::register(&mut suite);
    saved_views::register(&mut suite);
    interactions::register(&mut suite);
    jobs::register(&mut suite);
    companies::register(&mut suite);
    company_cache::register(&mut suite);
    contact_points::register(&mut suite);
    locks::register(&mut suite);
    filters::register(&mut suite);
    host_transactions::register(&mut suite);
    pages::register(&mut suite);
    search::register(&mut suite);
    settings::register(&mut suite);
    stats::register(&mut suite);
    suppressions::register(&mut suite);
    tags::register(&mut suite);
    task_links::register(&mut suite);
    task_search::register(&mut suite);
    tasks::register(&mut suite);
    tenancy::register(&mut suite);
    timeline::register(&mut suite);
    users::register(&mut suite);
    import::register(&mut suite);
    input::register(&mut suite);
    export::register(&mut suite);
    excerpts::register(&mut suite);
    permissions::register(&mut suite);
    places::register(&mut suite);
    compile_fail::register(&mut suite);
    availability::register(&mut suite);
    suite.run()
}
