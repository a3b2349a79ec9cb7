//! The import of customers in steps: a file, its columns, a dry run, the import.
//!
//! Everything that a step needs is stored with the file, so people can leave and come back, also to another instance.

mod mapping;
mod revert;
mod run;
mod state;
mod upload;

use actix_web::HttpRequest;
use actix_web::web::{self, ServiceConfig};
use crm_core::Malformed;
use crm_core::actor::{Action, Resource};
use crm_core::customers::MAX_IMPORT_FILE;
use crm_core::ids::ImportId;
use crm_web::problem::{ApiError, Code};
use crm_web::request::form_config;
use crm_web::service::Limits;

use super::parsed;
use crate::web::{Frame, PageResult, Visit};
use state::{State, state};

const PATH: &str = "customers/import";
/// The steps, as they are called in messages.
const STEPS: [&str; 4] = ["file", "columns", "check", "import"];

/// The pages. They come before `/customers/{id}`.
pub(crate) fn routes(limits: Limits) -> impl FnOnce(&mut ServiceConfig) {
    let limits = Limits { import: limits.import.min(MAX_IMPORT_FILE), ..limits };
    move |config| {
        let upload = web::resource("/customers/import")
            .app_data(limits)
            .app_data(form_config(limits))
            .route(web::get().to(upload::show))
            .route(web::post().to(upload::add));
        config
            .service(upload)
            .route("/customers/import/{id}", web::get().to(show))
            .route("/customers/import/{id}/check", web::post().to(mapping::check))
            .route("/customers/import/mappings/{id}/remove", web::post().to(mapping::remove_saved))
            .route("/customers/import/{id}/mapping", web::post().to(mapping::save))
            .route("/customers/import/{id}/start", web::post().to(run::start))
            .route("/customers/import/{id}/cancel", web::post().to(run::cancel))
            .route("/customers/import/{id}/revert", web::post().to(revert::start))
            .route("/customers/import/{id}/retry", web::post().to(run::retry))
            .route("/customers/import/{id}/remove", web::post().to(run::remove))
            .route("/customers/import/{id}/failed.csv", web::get().to(run::failed_rows));
    }
}

/// The step at which an import is.
async fn show(visit: Visit, path: web::Path<String>) -> PageResult {
    let mut scope = visit.scope();
    let import = scope.imports().get(id_of(&path)?).await?;
    let job = match import.job_id {
        Some(job) => match scope.jobs().get(job).await {
            Err(crm_core::Error::NotFound { .. } | crm_core::Error::Forbidden { .. }) => None,
            job => Some(job?),
        },
        None => None,
    };
    match state(&import, job) {
        State::Runs(job) => run::running(&visit, &import, &job),
        State::Checked(report) if visit.query.get("step") != Some("columns") => run::checked(&visit, &import, &report),
        State::Checked(_) => mapping::show(&visit, &mut scope, &import, None).await,
        State::New(error) => mapping::show(&visit, &mut scope, &import, error.as_deref()).await,
        State::Ended(_)
            if visit.query.get("step") == Some("revert") && import.is_revertible(visit.frame.calendar.now) =>
        {
            revert::show(&visit, &mut scope, &import).await
        }
        State::Ended(job) => run::ended(&visit, &import, job.as_ref()),
    }
}

fn id_of(path: &str) -> Result<ImportId, ApiError> {
    parsed(path)
}

fn page_of(id: ImportId) -> String {
    format!("{PATH}/{id}")
}

/// Refuses before a file is read. The core decides again.
fn expect_right(visit: &Visit) -> Result<(), ApiError> {
    match visit.actor().reach(Resource::Customers, Action::Import) {
        Some(_) => Ok(()),
        None => Err(ApiError::new(Code::Forbidden, "the right to import is missing")),
    }
}

/// What is wrong with a file or its options, in the language of the page and then in the words of the core.
fn words(frame: &Frame, malformed: &Malformed) -> String {
    let known = frame.language().known(&format!("import-fault-{}", malformed.code.replace('_', "-")));
    known.unwrap_or_else(|| frame.w("import-fault", &malformed.detail))
}

fn limits_of(request: &HttpRequest) -> Limits {
    Limits::of(request)
}
