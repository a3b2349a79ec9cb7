//! Currency rates: what one unit of a currency is worth in the company's base currency, by day.
//!
//! - The base currency is a [setting](crate::companies::Settings) of the company, `baseCurrency`. Rates belong to it: in
//!   another base currency the company has the rates that were set for that one.
//! - A rate says what one unit of the currency is worth: a dollar is `0.9259` euros. It is exact, with up to 12 places.
//! - Each day has at most one rate of a currency. The latest one is the *current* rate; no rate is of a day to come.
//! - Users set rates, or a [`RateSource`] of the host gives them: a job asks it, [`FetchCurrencyRates`].
//!
//! ```
//! use crm_core::currency_rates::NewCurrencyRates;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # use crm_core::{Crm, actor::Actor, ids::CompanyId};
//! # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
//! # migration::up(&db).await?;
//! # let mut scope = Crm::default().on(Actor::system(CompanyId(uuid::Uuid::from_u128(1))), &db);
//! let rates = NewCurrencyRates::today([("USD".parse()?, "0.9259".parse()?)]);
//! let current = scope.currency_rates().set(rates).await?;
//! assert_eq!(current.rates[0].rate.to_string(), "0.9259");
//! # Ok(()) }
//! ```

mod fetch;
mod input;
mod model;
mod query;
mod repo;
mod row;

pub use fetch::{FetchCurrencyRates, RateRequest, RateSource, SourcedRate};
pub use input::{MAX_RATES, NewCurrencyRate, NewCurrencyRates};
pub use model::{CurrencyRate, CurrentRates};
pub use query::CurrencyRateQuery;
pub use repo::CurrencyRates;

crate::scope::company_owned!(row, Id, Day);
