//! One field of a customer is edited in its place.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::Error;
use crm_core::customers::{Customer, CustomerKind, CustomerPatch};
use crm_core::ids::CustomerId;
use crm_web::problem::{ApiError, Code};
use serde_json::{Map, Value};

use super::page::{Editing, State, render};
use super::{Faults, customer_path, fields, parsed};
use crate::web::{Form, PageResult, Visit, see_other};

pub(super) async fn save(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let id: CustomerId = parsed(&path.0)?;
    let spec = fields::spec_of(&path.1).ok_or_else(|| ApiError::new(Code::NotFound, "there is no such field"))?;
    let version = form.0.get("version").and_then(|version| version.parse().ok());
    let version: i64 = version.ok_or_else(|| ApiError::new(Code::MissingField, "the version is missing"))?;
    let mut scope = visit.scope();
    let before = scope.customers().get(id).await?;
    let typed = form.0.text("value").to_owned();
    let language = visit.frame.language();
    let editing = |faults: Faults, is_stale| {
        let fault = faults.at(spec.name).or_else(|| faults.first());
        Some(Editing { field: spec.name, value: Some(typed.clone()), fault, is_stale })
    };
    let (status, editing) = match serde_json::from_value::<CustomerPatch>(patch(&before, spec.name, &typed)) {
        Err(_) => (StatusCode::UNPROCESSABLE_ENTITY, editing(Faults::unreadable(spec.name, language), false)),
        Ok(patch) => match scope.customers().update(id, patch, Some(version)).await {
            Ok(_) => {
                let done = visit.query.with("done", spec.name).query();
                return Ok(see_other(visit.frame.url(&format!("{}{done}", customer_path(id)))));
            }
            Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, editing(Faults::default(), true)),
            Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, editing(Faults::of(error, language)?, false)),
        },
    };
    drop(scope);
    render(&visit, id, State { status, editing, ..State::default() }).await
}

/// The change of this field. A person's name that was made of its parts is made of them again.
fn patch(before: &Customer, field: &str, typed: &str) -> Value {
    let value = if typed.is_empty() { Value::Null } else { Value::from(typed) };
    let mut patch = Map::from_iter([(field.to_owned(), value)]);
    let parts = [&before.first_name, &before.last_name].into_iter().flatten().map(String::as_str);
    let is_made = before.kind == CustomerKind::Person && parts.collect::<Vec<_>>().join(" ") == before.name;
    if is_made && matches!(field, "firstName" | "lastName") {
        patch.insert("name".to_owned(), Value::Null);
    }
    Value::Object(patch)
}
