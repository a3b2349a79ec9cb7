//! All routes of the console.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use crm_web::problem::{ApiError, Code, unknown_route};
use crm_web::request::request_timeout;

use crate::base::assets::ASSETS;
use crate::console::Console;
use crate::web::{PageResult, Prefix, console, gate, see_other};
use crate::{
    activity, customers, dashboard, deals, duplicates, interactions, leads, live, notifications, palette, preferences,
    profile, reports, settings, sign_in, tags, tasks, trash,
};

/// The maximum size of a form, in bytes: the longest note, each letter encoded with nine.
const MAX_FORM: usize = 1024 * 1024;
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Mounts all pages at the place of the configuration: at the root, or below the path of a scope. Other routes at the
/// same place come before it, because unknown paths are answered by its own page.
pub fn configure(console: Console) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let around = console.clone();
        let rate_limits = console.rate_limits.clone();
        let limits = console.service.limits();
        let mut scope = web::scope("")
            .app_data(Data::new(console.service.clone()))
            .app_data(limits)
            .app_data(PayloadConfig::new(MAX_FORM));
        if let Some(rate_limits) = rate_limits {
            scope = scope.app_data(rate_limits);
        }
        let scope = scope
            .app_data(Data::new(console))
            .route("", web::get().to(to_root))
            .route("/assets/{name}", web::get().to(asset))
            .configure(sign_in::routes)
            .configure(preferences::routes)
            .configure(profile::routes)
            .configure(palette::routes)
            .configure(customers::import::routes(limits))
            .configure(customers::routes)
            .configure(duplicates::routes)
            .configure(interactions::routes)
            .configure(leads::routes)
            .configure(deals::routes)
            .configure(tags::routes)
            .configure(tasks::routes)
            .configure(trash::routes)
            .configure(reports::routes)
            .configure(activity::routes)
            .configure(dashboard::routes)
            .configure(live::routes)
            .configure(notifications::routes)
            .configure(settings::routes)
            .default_service(web::to(unknown_route));
        let gate = from_fn(move |request, next| gate(around.clone(), request, next));
        config.service(scope.wrap(from_fn(request_timeout)).wrap(gate).wrap(Compress::default()));
    }
}

/// `/erp/crm` is `/erp/crm/`.
async fn to_root(request: HttpRequest) -> HttpResponse {
    see_other(format!("{}/", Prefix::of(&request).0))
}

async fn asset(request: HttpRequest, name: web::Path<String>) -> PageResult {
    let console = console(&request)?;
    let theme = console.theme.as_deref().filter(|theme| theme.name == *name);
    let asset = theme.or_else(|| ASSETS.named(&name));
    let asset = asset.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such file"))?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, FOREVER)).content_type(asset.media_type);
    Ok(answer.body(asset.content.clone()))
}
