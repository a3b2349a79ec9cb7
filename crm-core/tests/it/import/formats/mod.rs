//! Files beside CSV: workbooks, cards and JSON, and what is refused by its name.

mod cards;
mod objects;
mod refused;
mod sheets;
mod stored;

use crm_core::Result;
use testkit::Suite;

pub fn register(suite: &mut Suite) {
    sheets::register(suite);
    cards::register(suite);
    objects::register(suite);
    refused::register(suite);
    stored::register(suite);
}

/// What an import says about a file that it refuses.
#[track_caller]
fn refusal<T>(result: Result<T>) -> String {
    match result {
        Err(crm_core::Error::Malformed(malformed)) => format!("{}: {}", malformed.code, malformed.detail),
        Err(error) => panic!("refused in another way: {error}"),
        Ok(_) => panic!("not refused"),
    }
}
