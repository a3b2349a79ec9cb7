//! Shared parts of the tests: the service with a new company, and a client that checks every answer against the
//! document.

mod answer;
mod api;
mod call;
mod check;
mod document;
mod program;
mod rows;
mod schema;

pub use answer::Answer;
pub use api::{Api, Client, Options, SECRET, cursor_key, defaults, handler, tokens};
pub use call::Call;
pub use document::{Operation, document};
pub use program::{Ended, PATIENCE, Serving, run};
pub use schema::{examples, faults_of, resolved, undeclared};
