//! The ERP's web app with its own conventions: errors are lines of text, forms are small, ids are integers.

mod console;
mod crm;
mod invoices;
mod log_in;
mod refusal;

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::{self, Data, JsonConfig, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use crm_console::Console;

use crate::Erp;
use crate::tables::employee;
use refusal::Refusal;

/// The header in which callers show their session.
pub const SESSION: &str = "X-Erp-Session";
/// The largest form, in bytes.
const MAX_FORM: usize = 1024;

/// The app of one process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Site {
    erp: Erp,
    crm: crm_http::Service,
    console: Console,
}

impl Site {
    /// The app of this ERP.
    pub fn new(erp: Erp) -> Self {
        Self { crm: crm::service(&erp), console: console::console(&erp), erp }
    }

    /// Ends the CRM's streams of events, which would keep the server from stopping; followers connect again.
    pub fn stop(&self) {
        self.crm.end_streams();
    }

    /// All its routes: the ERP's own, and the CRM's API and pages under `/erp/crm`.
    pub fn routes(&self) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let Self { erp, crm, console } = self.clone();
        let forms = JsonConfig::default().limit(MAX_FORM);
        let forms = forms.error_handler(|error, _| Refusal::Unreadable(error.to_string()).into());
        move |config| {
            config.app_data(Data::new(erp)).app_data(forms).default_service(web::to(no_such_page)).service(
                web::scope("/erp")
                    .configure(invoices::routes)
                    .configure(log_in::routes)
                    .route("/session", web::delete().to(log_out))
                    .service(web::scope("/crm").configure(crm::routes(crm)).configure(console::routes(console))),
            );
        }
    }
}

async fn no_such_page() -> Result<HttpResponse, Refusal> {
    Err(Refusal::NoSuchPage)
}

async fn log_out(request: HttpRequest, _who: Employee, erp: Data<Erp>) -> Result<HttpResponse, Refusal> {
    erp.log_out(shown_by(&request).unwrap_or_default()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The session that a request shows.
fn shown_by(request: &HttpRequest) -> Option<&str> {
    request.headers().get(SESSION)?.to_str().ok()
}

/// Who calls.
struct Employee(employee::Model);

impl FromRequest for Employee {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let (erp, token) = (request.app_data::<Data<Erp>>().cloned(), shown_by(request).map(str::to_owned));
        Box::pin(async move {
            let (Some(erp), Some(token)) = (erp, token) else {
                return Err(Refusal::NotLoggedIn);
            };
            erp.logged_in(&token).await?.map(Self).ok_or(Refusal::NotLoggedIn)
        })
    }
}
