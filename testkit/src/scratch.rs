//! The one temporary directory of a test process.

use std::path::Path;
use std::sync::OnceLock;

use crate::ServerError;
use crate::servers::keeper::{Keeper, Plan};

/// A directory for this test process; it is removed when the process has ended, however it ended.
pub fn scratch() -> Result<&'static Path, ServerError> {
    static SCRATCH: OnceLock<Result<Keeper, ServerError>> = OnceLock::new();
    match SCRATCH.get_or_init(|| Keeper::new("crm-test-", |_| Plan::default())) {
        Ok(keeper) => Ok(keeper.directory()),
        Err(error) => Err(error.clone()),
    }
}
