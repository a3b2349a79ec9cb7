//! The tests of user management: `cargo test -p user-management --test it`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod audit;
mod companies;
mod directory;
mod links;
mod mail;
mod migrations;
mod support;
mod teams;
mod users;

use std::process::ExitCode;

use testkit::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::from_args();
    migrations::register(&mut suite);
    audit::register(&mut suite);
    companies::register(&mut suite);
    directory::register(&mut suite);
    links::register(&mut suite);
    mail::register(&mut suite);
    teams::register(&mut suite);
    users::register(&mut suite);
    suite.run()
}
