//! Tags are put on a customer and taken off.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::ids::{CustomerId, TagId};

use super::page::{State, render};
use super::{Faults, customer_path, parsed};
use crate::web::{Form, PageResult, Visit, see_other};

pub(super) async fn add(visit: Visit, path: web::Path<String>, form: Form) -> PageResult {
    let id: CustomerId = parsed(&path)?;
    let typed = form.0.text("tag").to_owned();
    let mut scope = visit.scope();
    let outcome = scope.customer_tags(id).add([crm_core::tags::TagRef::Name(typed.clone())]).await;
    drop(scope);
    match outcome {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{}{}", customer_path(id), visit.query.with("done", "tags").query())))),
        Err(error) => {
            let faults = Faults::of(error, visit.frame.language())?;
            let tag_fault = faults.first().map(|fault| (typed, fault));
            render(&visit, id, State { status: StatusCode::UNPROCESSABLE_ENTITY, tag_fault, ..State::default() }).await
        }
    }
}

pub(super) async fn remove(visit: Visit, path: web::Path<(String, String)>) -> PageResult {
    let (id, tag): (CustomerId, TagId) = (parsed(&path.0)?, parsed(&path.1)?);
    visit.scope().customer_tags(id).remove([tag]).await?;
    Ok(see_other(visit.frame.url(&format!("{}{}", customer_path(id), visit.query.with("done", "tags").query()))))
}
