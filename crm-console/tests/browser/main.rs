//! The tests of the console in a browser: `cargo test -p crm-console --test browser`.
//!
//! They need Chromium and its driver. `axe.min.js` is axe-core (MPL-2.0), which finds what people with disabilities
//! cannot use; `crm-console/assets/build` copies it from npm, and nothing of it is shipped.

#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod browser;
mod checks;
mod colleagues;
mod deals;
mod house;
mod import;
mod keyboard;
mod leads;
mod linking;
mod merging;
#[path = "../../examples/serve/model.rs"]
mod model;
mod notifications;
mod office;
mod outage;
mod pages;
#[path = "../../examples/serve/people.rs"]
mod people;
mod plain;
mod provider;
#[path = "../../examples/serve/seed.rs"]
mod seed;
mod summaries;
mod tasks;
mod work;
mod workday;

use std::process::ExitCode;

use testkit::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::from_args();
    checks::register(&mut suite);
    colleagues::register(&mut suite);
    deals::register(&mut suite);
    import::register(&mut suite);
    keyboard::register(&mut suite);
    leads::register(&mut suite);
    linking::register(&mut suite);
    merging::register(&mut suite);
    notifications::register(&mut suite);
    outage::register(&mut suite);
    pages::register(&mut suite);
    plain::register(&mut suite);
    summaries::register(&mut suite);
    tasks::register(&mut suite);
    provider::register(&mut suite);
    work::register(&mut suite);
    workday::register(&mut suite);
    suite.run()
}
