//! The CRM's pages in the ERP's app, in the ERP's colours, for those who are logged in to the ERP.

use actix_web::HttpRequest;
use actix_web::web::ServiceConfig;
use crm_console::Console;
use crm_core::actor::Actor;
use crm_http::auth::{AuthError, Authenticator};
use crm_web::Service;

use super::crm::actor_of;
use super::log_in::{LOG_IN, LOG_OUT, shown_by_browser};
use crate::Erp;

/// Three properties of the theme; `docs/console.md` lists all.
const COLOURS: &str = ":root { \
    --accent: light-dark(#0f766e, #5eead4); \
    --accent-text: light-dark(#fff, #042f2e); \
    --accent-soft: light-dark(#e6f5f3, #12403c); }";

/// The pages. Made once.
pub(super) fn console(erp: &Erp) -> Console {
    let service = Service::new(erp.crm.clone(), erp.db.clone(), Cookies(erp.clone()));
    Console::new(service).with_name("ERP").with_theme_css(COLOURS).with_host_pages(LOG_IN, LOG_OUT)
}

/// Its routes. They come after the API's, because unknown paths are answered by a page.
pub(super) fn routes(console: Console) -> impl FnOnce(&mut ServiceConfig) {
    crm_console::configure(console)
}

/// The session in the ERP's cookie. The API does not take it: a browser sends it by itself.
struct Cookies(Erp);

#[async_trait::async_trait(?Send)]
impl Authenticator for Cookies {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        actor_of(&self.0, shown_by_browser(request).as_deref()).await
    }
}
