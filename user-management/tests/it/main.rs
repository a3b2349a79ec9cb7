//! The tests of user management: `cargo test -p user-management --test it`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod api_keys;
mod audit;
mod auth_support;
mod companies;
mod directory;
mod http;
mod import;
mod keys;
mod links;
mod mail;
mod migrations;
mod passwords;
mod second_factor;
mod sessions;
mod sign_ins;
mod support;
mod teams;
mod tokens;
mod users;

use std::process::ExitCode;

use testkit::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::from_args();
    api_keys::register(&mut suite);
    audit::register(&mut suite);
    companies::register(&mut suite);
    directory::register(&mut suite);
    http::register(&mut suite);
    import::register(&mut suite);
    keys::register(&mut suite);
    links::register(&mut suite);
    mail::register(&mut suite);
    migrations::register(&mut suite);
    passwords::register(&mut suite);
    second_factor::register(&mut suite);
    sessions::register(&mut suite);
    sign_ins::register(&mut suite);
    teams::register(&mut suite);
    tokens::register(&mut suite);
    users::register(&mut suite);
    suite.run()
}
