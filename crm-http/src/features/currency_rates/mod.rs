//! Currency rates: the current ones, and those of the past.

mod handlers;
mod parameters;

use crm_core::currency_rates::CurrencyRate;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of currency rates.
pub type CurrencyRateList = List<CurrencyRate>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::get_currency_rates)
        .service(handlers::set_currency_rates)
        .service(handlers::list_currency_rate_history);
}
