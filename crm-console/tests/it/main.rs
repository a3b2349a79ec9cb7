//! The tests of the console: `cargo test -p crm-console --test it`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod bulk;
mod editing;
mod guard;
mod import;
mod interactions;
mod live;
mod log_in;
mod messages;
mod pages;
mod palette;
mod secrecy;
mod security;
mod service;
mod settings;
mod stand_in;
mod statements;
mod support;
mod tags;
mod trash;
mod users;
mod views;

use std::process::ExitCode;

use testkit::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::from_args();
    bulk::register(&mut suite);
    editing::register(&mut suite);
    guard::register(&mut suite);
    import::register(&mut suite);
    interactions::register(&mut suite);
    live::register(&mut suite);
    log_in::register(&mut suite);
    messages::register(&mut suite);
    pages::register(&mut suite);
    palette::register(&mut suite);
    secrecy::register(&mut suite);
    security::register(&mut suite);
    settings::register(&mut suite);
    users::register(&mut suite);
    statements::register(&mut suite);
    tags::register(&mut suite);
    trash::register(&mut suite);
    views::register(&mut suite);
    suite.run()
}
