//! Quotas: what users and teams are to sell in a month.
//!
//! - A user or a team has at most one quota for a month: an amount in one currency. That of a team is no sum of those of its
//!   members.
//! - The [forecast](crate::stats::Stats::forecast) compares it with what was won, in the company's base currency.
//! - Managers and administrators set quotas, all users read them.
//!
//! ```
//! use crm_core::quotas::{NewQuota, NewQuotas};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # use crm_core::{Crm, actor::{Actor, Role}, ids::{CompanyId, UserId}};
//! # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
//! # migration::up(&db).await?;
//! # let (company, sam) = (CompanyId(uuid::Uuid::from_u128(1)), UserId(uuid::Uuid::from_u128(2)));
//! # let mut scope = Crm::default().on(Actor::user(company, sam, Role::Manager), &db);
//! let quota = NewQuota::of(sam, "2026-11".parse()?, "25000.00 EUR".parse()?);
//! let set = scope.quotas().set(NewQuotas { quotas: vec![quota] }).await?;
//! assert_eq!(set.quotas[0].amount.to_string(), "25000.00 EUR");
//! # Ok(()) }
//! ```

mod input;
mod model;
mod month;
mod query;
mod repo;
mod row;
mod subject;

pub use input::{MAX_QUOTAS, NewQuota, NewQuotas};
pub use model::{Quota, SetQuotas};
pub use month::{Month, MonthInvalid};
pub use query::QuotaQuery;
pub use repo::Quotas;
pub(crate) use repo::of_months;
pub(crate) use subject::QuotaSubject;

crate::scope::company_owned!(row, Id, Month);
