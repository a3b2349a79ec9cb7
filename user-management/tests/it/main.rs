//! The tests of user management: `cargo test -p user-management --test it`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod api_keys;
mod auth_support;
mod keys;
mod migrations;
mod passwords;
mod second_factor;
mod sessions;
mod sign_ins;
mod tokens;

use std::process::ExitCode;

use testkit::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::from_args();
    migrations::register(&mut suite);
    api_keys::register(&mut suite);
    keys::register(&mut suite);
    passwords::register(&mut suite);
    second_factor::register(&mut suite);
    sessions::register(&mut suite);
    sign_ins::register(&mut suite);
    tokens::register(&mut suite);
    suite.run()
}
