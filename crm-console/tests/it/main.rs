//! The tests of the console: `cargo test -p crm-console --test it`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod bulk;
mod editing;
mod guard;
mod log_in;
mod messages;
mod pages;
mod secrecy;
mod stand_in;
mod support;

use std::process::ExitCode;

use testkit::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::from_args();
    bulk::register(&mut suite);
    editing::register(&mut suite);
    guard::register(&mut suite);
    log_in::register(&mut suite);
    messages::register(&mut suite);
    pages::register(&mut suite);
    secrecy::register(&mut suite);
    suite.run()
}
