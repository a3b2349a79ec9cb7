//! The settings of a service: defaults, then a file, then the environment.
//!
//! A service lists its settings in a [`SettingsTable`], and reads them with a [`Reader`]. All errors are reported at
//! once, and never contain secrets.

mod reader;
mod sections;
mod table;

pub use reader::Reader;
pub use sections::{DatabaseConfig, HttpConfig, LogConfig, LogFormat, rate_limits, redis_timeout, redis_url};
pub use table::{ConfigFaults, SettingsTable, Variable};
