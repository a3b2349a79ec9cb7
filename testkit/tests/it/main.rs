//! The test kit's own tests.

#![recursion_limit = "256"]

mod children;
mod databases;
mod proxies;
mod registration;
mod servers;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(outcome) = children::play() {
        return outcome;
    }
    let mut suite = testkit::Suite::from_args();
    databases::register(&mut suite);
    proxies::register(&mut suite);
    registration::register(&mut suite);
    servers::register(&mut suite);
    suite.run()
}
