//! Quotas: what users and teams are to sell in a month.

mod handlers;
mod parameters;

use crm_core::quotas::Quota;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of quotas.
pub type QuotaList = List<Quota>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(handlers::list_quotas).service(handlers::set_quotas);
}
