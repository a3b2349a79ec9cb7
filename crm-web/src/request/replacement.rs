//! Bodies of PUT: a complete record.

use std::borrow::Cow;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use crm_core::customers::NewCustomer;
use crm_core::deals::{NewDeal, NewDealItems};
use crm_core::import_mappings::NewImportMapping;
use crm_core::interactions::NewInteraction;
use crm_core::leads::NewLead;
use crm_core::notes::NewNote;
use crm_core::tasks::NewTask;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType};
use utoipa::{PartialSchema, ToSchema};

use super::body::{Members, parse, read_json};
use crate::problem::{ApiError, Code};

/// A record that a PUT replaces as a whole.
pub trait PutFields: DeserializeOwned + 'static {
    /// The name of the body in the document.
    const NAME: &'static str;
    /// The fields that must be present, `null` for those without a value.
    const FIELDS: &'static [&'static str];
    /// Those of them that came after the first release, and may be missing: they keep their values.
    const LATER_FIELDS: &'static [&'static str] = &[];
    /// The read-only fields of a GET answer, which are ignored.
    const READ_ONLY: &'static [&'static str];
    /// Other names of fields.
    const ALIASES: &'static [(&'static str, &'static str)];
}

impl PutFields for NewCustomer {
    const NAME: &'static str = "CustomerReplacement";
    const FIELDS: &'static [&'static str] = Self::FIELDS;
    const LATER_FIELDS: &'static [&'static str] = Self::LATER_FIELDS;
    const READ_ONLY: &'static [&'static str] = Self::READ_ONLY;
    const ALIASES: &'static [(&'static str, &'static str)] = &[("email", "emailId"), ("organizationName", "company")];
}

impl PutFields for NewNote {
    const NAME: &'static str = "NoteReplacement";
    const FIELDS: &'static [&'static str] = Self::FIELDS;
    const READ_ONLY: &'static [&'static str] = Self::READ_ONLY;
    const ALIASES: &'static [(&'static str, &'static str)] = &[("body", "content"), ("body", "text")];
}

impl PutFields for NewInteraction {
    const NAME: &'static str = "InteractionReplacement";
    const FIELDS: &'static [&'static str] = Self::FIELDS;
    const READ_ONLY: &'static [&'static str] = Self::READ_ONLY;
    const ALIASES: &'static [(&'static str, &'static str)] = &[("content", "description")];
}

impl PutFields for NewTask {
    const NAME: &'static str = "TaskReplacement";
    const FIELDS: &'static [&'static str] = Self::FIELDS;
    const READ_ONLY: &'static [&'static str] = Self::READ_ONLY;
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
}

impl PutFields for NewDeal {
    const NAME: &'static str = "DealReplacement";
    const FIELDS: &'static [&'static str] = Self::FIELDS;
    const READ_ONLY: &'static [&'static str] = Self::READ_ONLY;
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
}

impl PutFields for NewDealItems {
    const NAME: &'static str = "DealItemsReplacement";
    const FIELDS: &'static [&'static str] = Self::FIELDS;
    const READ_ONLY: &'static [&'static str] = Self::READ_ONLY;
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
}

impl PutFields for NewLead {
    const NAME: &'static str = "LeadReplacement";
    const FIELDS: &'static [&'static str] = Self::FIELDS;
    const LATER_FIELDS: &'static [&'static str] = Self::LATER_FIELDS;
    const READ_ONLY: &'static [&'static str] = Self::READ_ONLY;
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("email", "emailId"), ("organizationName", "company"), ("ownerId", "assignedAgent")];
}

impl PutFields for NewImportMapping {
    const NAME: &'static str = "ImportMappingReplacement";
    const FIELDS: &'static [&'static str] = Self::FIELDS;
    const READ_ONLY: &'static [&'static str] = Self::READ_ONLY;
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
}

/// The body of a PUT. The answer of a GET can be sent back unchanged. A missing writable field is a 400 that names it,
/// because leaving it out would clear it, unless it came after the first release.
#[derive(Debug)]
pub struct PutBody<T> {
    /// The record.
    pub record: T,
    /// The fields of [`PutFields::LATER_FIELDS`] that are missing.
    pub left_out: Vec<&'static str>,
}

impl<T: PutFields> FromRequest for PutBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read_json(request, payload.take());
        Box::pin(async move { read(&body.await?) })
    }
}

/// Documented like the body of a POST, but with every field required and read-only fields allowed.
impl<T: PutFields + ToSchema> ToSchema for PutBody<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: PutFields + ToSchema> PartialSchema for PutBody<T> {
    fn schema() -> RefOr<Schema> {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            let description = match T::LATER_FIELDS {
                [] => "All writable fields, with `null` for fields without a value.",
                _ => {
                    "All writable fields, with `null` for fields without a value. Fields that are not required came later: \
                     they keep their values where they are missing."
                }
            };
            object.description = Some(description.to_owned());
            let required = T::FIELDS.iter().filter(|name| !T::LATER_FIELDS.contains(name));
            object.required = required.map(|name| (*name).to_owned()).collect();
            let passed_over = ObjectBuilder::new()
                .schema_type(SchemaType::AnyValue)
                .read_only(true)
                .description(Some("Read-only: ignored, so that the answer of a read can be sent back."))
                .build();
            for name in T::READ_ONLY {
                object.properties.insert((*name).to_owned(), passed_over.clone().into());
            }
        }
        schema
    }
}

fn read<T: PutFields>(body: &[u8]) -> Result<PutBody<T>, ApiError> {
    let Members(mut members) = parse(body)?;
    if members.get("isTruncated") == Some(&Value::Bool(true)) {
        let detail = "this is an excerpt from a list and would truncate the text; read the record by its id";
        return Err(ApiError::of_field(Code::Truncated, "/isTruncated", detail));
    }
    members.retain(|name, _| !T::READ_ONLY.contains(&name.as_str()));
    let is_there = |field: &str| {
        let mut others = T::ALIASES.iter().filter(|(name, _)| *name == field);
        members.contains_key(field) || others.any(|(_, alias)| members.contains_key(*alias))
    };
    let (left_out, missing): (Vec<&str>, Vec<&str>) =
        T::FIELDS.iter().filter(|field| !is_there(field)).partition(|field| T::LATER_FIELDS.contains(field));
    if let Some(missing) = missing.first() {
        let detail = format!("{missing} is missing; a PUT requires every field, with null for no value");
        return Err(ApiError::of_field(Code::MissingField, &format!("/{missing}"), detail));
    }
    let record = parse(&serde_json::to_vec(&members).map_err(ApiError::internal)?)?;
    Ok(PutBody { record, left_out })
}

#[cfg(test)]
mod tests {
    use crm_core::customers::NewCustomer;
    use crm_core::notes::NewNote;
    use serde_json::{Value, json};

    use utoipa::PartialSchema;

    use super::{PutBody, read};

    fn whole() -> Value {
        let mut body: Value = NewCustomer::FIELDS.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
        body["name"] = json!("Ann Lee");
        body
    }

    fn fault(body: &Value) -> (String, Option<String>) {
        let problem = read::<NewCustomer>(body.to_string().as_bytes()).unwrap_err().problem();
        (problem.code, problem.errors.into_iter().next().and_then(|fault| fault.pointer))
    }

    #[test]
    fn every_field_must_be_there() {
        let mut body = whole();
        let put = read::<NewCustomer>(body.to_string().as_bytes()).unwrap();
        assert_eq!((put.record.name.as_deref(), put.left_out), (Some("Ann Lee"), vec![]));
        body.as_object_mut().unwrap().remove("email");
        assert_eq!(fault(&body), ("missing_field".to_owned(), Some("/email".to_owned())));
        body["emailId"] = json!("ann@example.com");
        let put = read::<NewCustomer>(body.to_string().as_bytes()).unwrap();
        assert_eq!(put.record.email.as_deref(), Some("ann@example.com"));
    }

    #[test]
    fn a_field_that_came_later_may_be_missing() {
        let mut body = whole();
        body.as_object_mut().unwrap().remove("birthDate");
        let put = read::<NewCustomer>(body.to_string().as_bytes()).unwrap();
        assert_eq!(put.left_out, ["birthDate"]);
    }

    #[test]
    fn an_excerpt_replaces_nothing() {
        let mut body: Value = NewNote::FIELDS.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
        for (is_truncated, is_taken) in [(json!(true), false), (json!(false), true), (Value::Null, true)] {
            body["isTruncated"] = is_truncated;
            let read = read::<NewNote>(body.to_string().as_bytes());
            assert_eq!(read.map(drop).map_err(|failure| failure.code()).is_ok(), is_taken, "{body}");
        }
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused() {
        for twice in ["name", "id"] {
            let body = whole().to_string().replacen('{', &format!("{{\"{twice}\":\"Bob\",\"{twice}\":null,"), 1);
            let problem = read::<NewCustomer>(body.as_bytes()).unwrap_err().problem();
            assert_eq!((problem.status, problem.code.as_str()), (400, "invalid_type"));
        }
    }

    #[test]
    fn the_document_asks_for_every_field_and_allows_what_is_read_only() {
        let schema = serde_json::to_value(PutBody::<NewCustomer>::schema()).unwrap();
        let is_required = |name: &&&str| !NewCustomer::LATER_FIELDS.contains(name);
        assert_eq!(schema["required"], json!(NewCustomer::FIELDS.iter().filter(is_required).collect::<Vec<_>>()));
        assert_eq!(schema["additionalProperties"], false);
        for name in NewCustomer::READ_ONLY {
            assert_eq!(schema["properties"][name]["readOnly"], true, "{name}");
        }
        let types = NewCustomer::FIELDS.iter().map(|name| schema["properties"][name].to_string());
        assert!(types.into_iter().all(|one| one.contains("\"null\"")), "all may be null");
    }

    #[test]
    fn what_is_read_only_is_passed_over_and_what_is_unknown_is_not() {
        let mut body = whole();
        body["id"] = json!("anything");
        body["createdBy"] = json!({ "kind": "user" });
        assert!(read::<NewCustomer>(body.to_string().as_bytes()).is_ok());
        body["nmae"] = json!("Ann");
        assert_eq!(fault(&body), ("unknown_field".to_owned(), Some("/nmae".to_owned())));
    }
}
