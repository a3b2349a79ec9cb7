//! The tests of user management: `cargo test -p user-management --test it`.

mod migrations;

use std::process::ExitCode;

use testkit::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::from_args();
    migrations::register(&mut suite);
    suite.run()
}
