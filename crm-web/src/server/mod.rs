//! What a standalone service has around its routes: a log, a pool of connections, and middleware.
//!
//! The middleware of an app, from the outside: [`outside`], [`allow_origins`], `Compress`, [`inside`].

mod cors;
mod database;
mod edge;
mod encryption;
mod headers;
mod json_lines;
mod lifecycle;
mod logging;
mod pool_hygiene;

pub use cors::allow_origins;
pub use database::{connect, connect_for_migrations, is_in_schema, make_schema};
pub use edge::{inside, outside};
pub use lifecycle::{KEEP_ALIVE, NotReady, expect_ready, stop_after};
pub use logging::{InSpan, LogGuard, init_logging};
