//! The error answers of operations in the document.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use crm_core::ids::CustomerId;
use serde_json::json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::{ApiError, Code, Fault, MEDIA_TYPE, Problem};

/// An error answer that many operations share: its name in the document, its description, and an example.
struct Refusal {
    name: &'static str,
    code: Code,
    description: &'static str,
    detail: &'static str,
}

const fn refusal(name: &'static str, code: Code, description: &'static str, detail: &'static str) -> Refusal {
    Refusal { name, code, description, detail }
}

const REFUSALS: &[Refusal] = &[
    refusal(
        "Malformed",
        Code::UnknownField,
        "The request is malformed: invalid JSON, an unknown name, a value of the wrong type, a cursor of another list. \
         Only the first error is reported.",
        "unknown field `nmae`, expected one of `kind`, `name`, `firstName`",
    ),
    refusal("Unauthorized", Code::TokenInvalid, "The token is missing or not valid.", "the token has expired"),
    refusal(
        "Forbidden",
        Code::Forbidden,
        "The role does not allow it, or the company is suspended or deleted.",
        "not allowed: purge customers",
    ),
    refusal(
        "NotFound",
        Code::NotFound,
        "There is no such record in your company. Records of other companies are not found either.",
        "customer 0199f8a2-0c00-7000-8000-00000000000f was not found",
    ),
    refusal("BodyTimeout", Code::BodyTimeout, "The body did not arrive in time.", "the body did not arrive in time"),
    refusal(
        "Conflict",
        Code::CustomerEmailTaken,
        "A rule of the data is violated, or a request with the same idempotency key is running.",
        "another customer has this e-mail address",
    ),
    refusal(
        "CustomerMerged",
        Code::CustomerMerged,
        "The customer was merged into the customer `survivorId`, who has its records now.",
        "customer 0199f8a2-0c00-7000-8000-000000000002 was merged into 0199f8a2-0c00-7000-8000-000000000001",
    ),
    refusal(
        "VersionMismatch",
        Code::VersionMismatch,
        "The record has changed since the version in `If-Match`. Read it again and repeat the change.",
        "customer 0199f8a2-0c00-7000-8000-000000000001 has changed: its version is 7",
    ),
    refusal("PayloadTooLarge", Code::PayloadTooLarge, "The body is too large.", "a body has at most 1048576 bytes"),
    refusal(
        "UnsupportedMediaType",
        Code::UnsupportedMediaType,
        "The operation does not support the media type of the body.",
        "send JSON, with Content-Type: application/json",
    ),
    refusal(
        "Invalid",
        Code::Invalid,
        "Values break rules; all of them are reported. Or the idempotency key was used for another request.",
        "1 value breaks a rule",
    ),
    refusal(
        "TooManyRequests",
        Code::RateLimited,
        "Your address, you, or your company have made too many requests; try again after `Retry-After` seconds.",
        "more than 1200 requests a minute (user)",
    ),
    refusal("Internal", Code::Internal, "An internal error.", "the error is logged under the request id"),
    refusal(
        "Unavailable",
        Code::Unavailable,
        "The database or the identity service cannot be reached or is too busy, or the answer took too long; try again after \
         `Retry-After` seconds.",
        "the database is not available",
    ),
];

impl Refusal {
    fn status(&self) -> StatusCode {
        self.code.status()
    }

    fn example(&self) -> Problem {
        let mut failure = match self.code {
            Code::UnknownField => ApiError::of_field(self.code, "/nmae", self.detail),
            Code::CustomerEmailTaken => ApiError::of_field(self.code, "/email", self.detail),
            _ => ApiError::new(self.code, self.detail),
        };
        failure.0.instance = Some("/api/customers".to_owned());
        failure.0.request_id = Some("0199f8a2-6d1b-7c44-9a57-0d5f4f1f2b10".to_owned());
        if self.code == Code::VersionMismatch {
            failure.0.current_version = Some(7);
        }
        if self.code == Code::CustomerMerged {
            failure.0.survivor_id = Some(CustomerId(uuid::uuid!("0199f8a2-0c00-7000-8000-000000000001")));
        }
        if self.code == Code::Invalid {
            failure.0.errors = vec![Fault {
                pointer: Some("/email".to_owned()),
                parameter: None,
                code: "email_invalid".to_owned(),
                detail: "expected an e-mail address such as ann@example.com".to_owned(),
            }];
        }
        failure.problem()
    }

    fn response(&self) -> Response {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(Problem::name())))
            .example(Some(json!(self.example())))
            .build();
        let response = ResponseBuilder::new().description(self.description).content(MEDIA_TYPE, content);
        let header = |kind: Type, description: &str| {
            let schema = ObjectBuilder::new().schema_type(kind);
            HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
        };
        match self.status() {
            StatusCode::UNAUTHORIZED => {
                response.header("WWW-Authenticate", header(Type::String, "The challenge of RFC 6750"))
            }
            StatusCode::SERVICE_UNAVAILABLE => response
                .header("Retry-After", header(Type::Integer, "The number of seconds to wait before the next try")),
            StatusCode::TOO_MANY_REQUESTS => response
                .header("Retry-After", header(Type::Integer, "The number of seconds to wait before the next try"))
                .header("RateLimit", header(Type::String, "The remaining requests, and the seconds to the full limit"))
                .header("RateLimit-Policy", header(Type::String, "The limits: requests per number of seconds")),
            _ => response,
        }
        .build()
    }
}

/// The error answers by name, for the components of the document.
pub fn components() -> impl Iterator<Item = (&'static str, Response)> {
    REFUSALS.iter().map(|refusal| (refusal.name, refusal.response()))
}

/// References to the error answers with these statuses; those that every operation shares are included.
fn references(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    const ALWAYS: &[u16] = &[400, 401, 403, 429, 500, 503];
    REFUSALS
        .iter()
        .map(|refusal| (refusal.status().as_u16(), refusal.name))
        .filter(|(status, _)| ALWAYS.contains(status) || statuses.contains(status))
        .map(|(status, name)| (status.to_string(), RefOr::Ref(Ref::from_response_name(name))))
        .collect()
}

/// Errors that every operation has, for those whose other errors have a form of their own.
#[derive(Clone, Copy, Debug)]
pub struct ServiceErrors;

impl IntoResponses for ServiceErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = references(&[]);
        all.retain(|status, _| ["429", "500", "503"].contains(&status.as_str()));
        all
    }
}

/// Errors of what is read at a secret address, without a caller.
#[derive(Clone, Copy, Debug)]
pub struct SecretErrors;

impl IntoResponses for SecretErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = references(&[404]);
        all.retain(|status, _| ["404", "429", "500", "503"].contains(&status.as_str()));
        all
    }
}

/// Errors of a public form, which has no caller.
#[derive(Clone, Copy, Debug)]
pub struct CaptureErrors;

impl IntoResponses for CaptureErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = references(&[404, 408, 413, 415, 422]);
        all.remove("401");
        all
    }
}

/// Errors of reading what a page needs for a public form.
#[derive(Clone, Copy, Debug)]
pub struct CaptureReadErrors;

impl IntoResponses for CaptureReadErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = references(&[404]);
        all.remove("401");
        all
    }
}

/// Declares groups of error answers that operations refer to.
macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident = $statuses:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                references(&$statuses)
            }
        }
    )+};
}

groups! {
    /// Errors of reading a list.
    ReadErrors = [];
    /// Errors of reading one record.
    GetErrors = [404];
    /// Errors of adding a record.
    CreateErrors = [408, 409, 413, 415, 422];
    /// Errors of adding a record that belongs to another.
    CreateChildErrors = [404, 408, 409, 413, 415, 422];
    /// Errors of changing a record.
    WriteErrors = [404, 408, 409, 412, 413, 415, 422];
    /// Errors of removing something from a record, with a body.
    RemoveErrors = [404, 408, 413, 415, 422];
    /// Errors of an action on a record, without a body.
    ActionErrors = [404, 409, 412, 422];
    /// Errors of a query with a body.
    QueryErrors = [408, 413, 415, 422];
    /// Errors of sending a file.
    Importing = [408, 413, 415, 422];
}
