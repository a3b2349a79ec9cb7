//! Development only: what the tests of every crate share.
//!
//! - [`Suite`] and [`tests!`]: a test is registered once and runs on each database.
//! - [`TestDatabase`]: one migrated database per test binary and database; a fresh company is a test's isolation.
//! - [`PostgresServer`], [`RedisServer`], `TlsRedisServer` (feature `tls`): throw-away servers, gone with the test process however it
//!   ends.
//! - [`Chromium`]: browsers, likewise.
//! - [`Proxy`]: makes a service unreachable and restores it.
//! - `UserManagement` (feature `user-management`): issues, introspects and signs tokens, and fails in every way.
//! - `OpenIdProvider` (the same feature): logs people in by OpenID Connect, and fails in every way.
//! - Every statement a suite sends to PostgreSQL binds its company: checked when its tests have run.
//! - `LanguageModelServer` (feature `language-model`): a server of a language model, and every way to fail.
//! - [`SmtpServer`]: takes mail, and fails in every way.
//! - [`TestModel`]: a language model in the process; `CRM_TEST_LANGUAGE_MODEL=fails|hangs|garbage` runs a whole suite with a bad
//!   one.
//! - [`people`]: labelled synthetic customers, some of them twice.
//! - [`FixedClock`]: a fixed time that a test can move.
//!
//! ```no_run
//! mod customers {
//!     pub async fn creates(database: testkit::TestDatabase) -> anyhow::Result<()> {
//!         database.connection.ping().await?;
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let mut suite = testkit::Suite::from_args();
//!     testkit::tests!(suite, databases: [customers::creates]);
//!     suite.run()
//! }
//! ```
//!
//! Tests of a missing server are ignored with the command that installs it; with `CI=true` they fail.
//! `CRM_TEST_POSTGRES_URL` and `CRM_TEST_REDIS_URL` name servers to use instead of throw-away ones.
//! `CRM_TEST_FULL=true` takes whole files and more repetitions where a test has two sizes: [`bounded`].
//! Unix only: the watcher behind a server is a POSIX shell.

mod clock;
mod database;
mod language_model;
pub mod people;
mod proxy;
mod runtime;
mod scratch;
mod servers;
mod size;
mod statements;
mod suite;
mod times;
#[cfg(feature = "user-management")]
mod user_management;
mod wait;

pub use clock::FixedClock;
pub use database::{Backend, TestDatabase, empty, migrated, own};
pub use language_model::{TestModel, company_with_language_model, with_language_model};
pub use proxy::Proxy;
pub use runtime::runtime;
pub use scratch::scratch;
pub use servers::chromium::Chromium;
#[cfg(feature = "language-model")]
pub use servers::language_model::{
    LanguageModelServer, ModelWay, Prompted, real_language_model, real_language_model_options,
};
#[cfg(feature = "user-management")]
pub use servers::openid::{OpenIdAsked, OpenIdFault, OpenIdProvider};
pub use servers::postgres::{PostgresServer, postgres_url};
#[cfg(feature = "tls")]
pub use servers::redis::TlsRedisServer;
pub use servers::redis::{RedisServer, redis_url};
pub use servers::smtp::{SmtpServer, SmtpWay};
pub use servers::{ServerError, free_port};
pub use size::bounded;
pub use suite::{PlainTest, Suite, TestResult, test_name};
#[cfg(feature = "user-management")]
pub use user_management::{Algorithm, Asked, Introspected, PublicKey, UserManagement};
pub use wait::{eventually, until};
