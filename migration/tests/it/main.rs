//! The migrations, on both databases, each test in a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod beside;
mod catalogue;
mod concurrency;
mod directions;
mod fence;
mod program;
mod rights;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut suite = testkit::Suite::from_args();
    directions::register(&mut suite);
    fence::register(&mut suite);
    beside::register(&mut suite);
    concurrency::register(&mut suite);
    rights::register(&mut suite);
    program::register(&mut suite);
    suite.run()
}
