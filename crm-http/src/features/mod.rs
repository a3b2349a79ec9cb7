//! All features below `/api`.

mod activity;
mod ai;
mod audit;
mod calendar;
pub(crate) mod capture_forms;
mod consents;
mod currency_rates;
mod custom_fields;
mod customers;
mod deals;
mod duplicates;
mod events;
mod gate;
pub mod health;
mod import_mappings;
mod imports;
mod interactions;
mod jobs;
mod lead_assignment_rules;
mod lead_scoring;
mod lead_statuses;
mod leads;
mod links;
mod merged;
mod notes;
mod notifications;
mod pipelines;
mod preferences;
mod privacy;
mod quotas;
mod saved_views;
mod settings;
mod stats;
mod suppressions;
pub(crate) mod tags;
mod tasks;
mod users;

use std::sync::OnceLock;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpResponse, web};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use gate::admit;

use crm_web::problem::ApiError;
use crm_web::request::{UnknownId, form_config};
use crm_web::routes::RouteTable;
use crm_web::service::Limits;

const ROOT: &str = "/api";

/// Mounts the routes of all features. Each requires a caller, but for those by which pages send their forms.
pub(crate) fn routes(config: &mut ServiceConfig<'_>, limits: Limits) {
    // First, because the path of the others is the beginning of theirs.
    capture_forms::public(config, limits);
    let scope = utoipa_actix_web::scope(ROOT)
        // Another service in the same app may have limits of its own.
        .app_data(limits)
        .app_data(UnknownId(no_id))
        .app_data(form_config(limits))
        .configure(tags::routes)
        .configure(duplicates::routes)
        .configure(customers::routes)
        .configure(privacy::routes)
        .configure(links::routes)
        .configure(notes::routes)
        .configure(consents::routes)
        .configure(suppressions::routes)
        .configure(interactions::routes)
        .configure(tasks::routes)
        .configure(lead_assignment_rules::routes)
        .configure(lead_statuses::routes)
        .configure(lead_scoring::routes)
        .configure(leads::routes)
        .configure(capture_forms::routes)
        .configure(pipelines::routes)
        .configure(deals::routes)
        .configure(currency_rates::routes)
        .configure(notifications::routes)
        .configure(calendar::routes)
        .configure(ai::routes)
        .configure(stats::routes)
        .configure(quotas::routes)
        .configure(activity::routes)
        .configure(events::routes)
        .configure(jobs::routes)
        .configure(custom_fields::routes)
        .configure(imports::routes)
        .configure(import_mappings::routes)
        .configure(saved_views::routes)
        .configure(preferences::routes)
        .configure(users::routes)
        .configure(settings::routes)
        .configure(audit::routes)
        .default_service(web::to(no_route))
        .wrap(from_fn(admit));
    config.service(scope);
}

/// Mounts the routes of files that are read at secret addresses, beside the API.
pub(crate) fn files(config: &mut ServiceConfig<'_>) {
    calendar::files(config);
}

async fn no_route(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    known().no_route(&request).await
}

fn no_id(request: &HttpRequest) -> ApiError {
    known().no_id(request)
}

/// The mounted routes.
fn known() -> &'static RouteTable {
    static KNOWN: OnceLock<RouteTable> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let app = App::new().into_utoipa_app().configure(|config| routes(config, Limits::default()));
        RouteTable::new(ROOT, app.split_for_parts().1.paths)
    })
}
