//! One field of a customer is edited in its place.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::customers::{Customer, CustomerKind, CustomerPatch};
use crm_core::ids::CustomerId;
use crm_core::{CompanyScope, Error};
use crm_web::problem::{ApiError, Code};
use serde_json::{Map, Value, json};

use super::custom::{self, Definitions};
use super::page::{Editing, State, render};
use super::{Faults, customer_path, fields, parsed};
use crate::base::fields::Fields;
use crate::web::{Form, PageResult, Visit, see_other};

pub(super) async fn save(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (id, name): (CustomerId, &str) = (parsed(&path.0)?, &path.1);
    let version = form.version()?;
    let mut scope = visit.scope();
    let patch = match fields::spec_of(name) {
        Some(spec) => patch(&scope.customers().get(id).await?, spec.name, form.0.text("value")),
        None => custom_patch(&mut scope, name, &form.0).await?,
    };
    let language = visit.frame.language();
    let editing = |faults: Faults, is_stale| {
        let fault = faults.at(name).or_else(|| faults.first());
        let values = Some(form.0.all("value").map(str::to_owned).collect());
        Some(Editing { field: name.to_owned(), values, fault, is_stale })
    };
    let (status, editing) = match serde_json::from_value::<CustomerPatch>(patch) {
        Err(_) => (StatusCode::UNPROCESSABLE_ENTITY, editing(Faults::unreadable(name, language), false)),
        Ok(patch) => match scope.customers().update(id, patch, Some(version)).await {
            Ok(_) => {
                let done = visit.query.with("done", name).query();
                return Ok(see_other(visit.frame.url(&format!("{}{done}", customer_path(id)))));
            }
            Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, editing(Faults::default(), true)),
            Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, editing(Faults::of(error, language)?, false)),
        },
    };
    drop(scope);
    render(&visit, id, State { status, editing, ..State::default() }).await
}

/// The change of a field of the company's own.
async fn custom_patch(scope: &mut CompanyScope<'_>, name: &str, form: &Fields) -> Result<Value, ApiError> {
    let definitions = Definitions::read(scope).await?;
    let field = definitions.named(name).ok_or_else(|| ApiError::new(Code::NotFound, "there is no such field"))?;
    let value = custom::value(field, form, "value");
    Ok(json!({ "customFields": { field.key.as_str(): value } }))
}

/// The change of this field. A person's name that was made of its parts is made of them again.
fn patch(before: &Customer, field: &str, typed: &str) -> Value {
    let value = if typed.is_empty() { Value::Null } else { fields::typed(field, typed) };
    let mut patch = Map::from_iter([(field.to_owned(), value)]);
    let parts = [&before.first_name, &before.middle_name, &before.last_name, &before.name_suffix];
    let parts = parts.into_iter().flatten().map(String::as_str);
    let is_made = before.kind == CustomerKind::Person && parts.collect::<Vec<_>>().join(" ") == before.name;
    if is_made && matches!(field, "firstName" | "middleName" | "lastName" | "nameSuffix") {
        patch.insert("name".to_owned(), Value::Null);
    }
    Value::Object(patch)
}
