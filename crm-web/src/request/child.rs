//! Bodies of POST for a record below another, where the path does not name the other one.

use std::borrow::Cow;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::PathId;
use super::body::{Members, digest, parse, read_json};
use crate::problem::{ApiError, Code};

/// A JSON body with the members of `T` and the id of its parent, which is required: `customerId`.
#[derive(Debug)]
pub struct ChildBody<P, T> {
    /// The parent.
    pub parent: P,
    /// The rest of the body.
    pub value: T,
    /// SHA-256 of its bytes, in hexadecimal.
    pub fingerprint: String,
}

impl<P, T> FromRequest for ChildBody<P, T>
where
    P: PathId + DeserializeOwned + 'static,
    T: DeserializeOwned + 'static,
{
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read_json(request, payload.take());
        Box::pin(async move { read(&body.await?) })
    }
}

fn read<P, T>(body: &[u8]) -> Result<ChildBody<P, T>, ApiError>
where
    P: PathId + DeserializeOwned,
    T: DeserializeOwned,
{
    let Members(mut members) = parse(body)?;
    let fault = |code, detail: String| ApiError::of_field(code, &format!("/{}", P::NAME), detail);
    let parent = members
        .remove(P::NAME)
        .ok_or_else(|| fault(Code::MissingField, format!("missing field `{}`", P::NAME)))
        .and_then(|id| serde_json::from_value(id).map_err(|error| fault(Code::InvalidType, error.to_string())));
    // The first fault is told, and an unknown name may be the misspelt id.
    let value = parse(&serde_json::to_vec(&members).map_err(ApiError::internal)?)?;
    Ok(ChildBody { parent: parent?, value, fingerprint: digest(body) })
}

/// Documented like the body below the parent, with the id as one more field.
impl<P: PathId, T: ToSchema> ToSchema for ChildBody<P, T> {
    fn name() -> Cow<'static, str> {
        format!("{}Of{}", T::name(), schema_name::<P>().trim_end_matches("Id")).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<P: PathId, T: ToSchema> PartialSchema for ChildBody<P, T> {
    fn schema() -> RefOr<Schema> {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.required.insert(0, P::NAME.to_owned());
            object.properties.insert(P::NAME.to_owned(), Ref::from_schema_name(schema_name::<P>()).into());
        }
        schema
    }
}

/// `customerId` is a `CustomerId`.
fn schema_name<P: PathId>() -> String {
    let (first, rest) = P::NAME.split_at(1);
    first.to_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use crm_core::ids::CustomerId;
    use crm_core::interactions::NewInteraction;
    use serde_json::{Value, json};
    use utoipa::{PartialSchema, ToSchema};

    use super::{ChildBody, read};

    type Body = ChildBody<CustomerId, NewInteraction>;

    fn fault(body: &Value) -> (String, Option<String>) {
        let problem = read::<CustomerId, NewInteraction>(body.to_string().as_bytes()).unwrap_err().problem();
        (problem.code, problem.errors.into_iter().next().and_then(|fault| fault.pointer))
    }

    #[test]
    fn the_parent_is_one_of_the_members() {
        let id = "019eca9d-cdc0-7000-8000-000000000001";
        let body = json!({ "customerId": id, "subject": "Hello" }).to_string();
        let body: Body = read(body.as_bytes()).unwrap();
        assert_eq!((body.parent.to_string().as_str(), body.value.subject.as_deref()), (id, Some("Hello")));
        let at = |code: &str, pointer: &str| (code.to_owned(), Some(pointer.to_owned()));
        assert_eq!(fault(&json!({ "subject": "Hello" })), at("missing_field", "/customerId"));
        assert_eq!(fault(&json!({ "customerId": "lee" })), at("invalid_type", "/customerId"));
        assert_eq!(fault(&json!({ "customerId": null })), at("invalid_type", "/customerId"));
        assert_eq!(fault(&json!({ "customerId": id, "subject": 1 })), at("invalid_type", "/subject"));
        assert_eq!(fault(&json!({ "customer": id })), at("unknown_field", "/customer"));
    }

    #[test]
    fn the_document_asks_for_the_parent() {
        let schema = serde_json::to_value(Body::schema()).unwrap();
        assert_eq!(Body::name(), "NewInteractionOfCustomer");
        assert_eq!(schema["required"], json!(["customerId"]));
        assert_eq!(schema["properties"]["customerId"], json!({ "$ref": "#/components/schemas/CustomerId" }));
        assert_eq!(schema["additionalProperties"], false);
    }
}
