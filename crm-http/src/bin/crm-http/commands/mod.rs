//! One module per subcommand.

pub(crate) mod audit;
pub(crate) mod healthcheck;
pub(crate) mod import;
pub(crate) mod import_sales;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod recount;
pub(crate) mod reindex;
pub(crate) mod serve;
pub(crate) mod token;
