//! Problem documents (RFC 9457): the bodies of error answers.
//!
//! `crm-core` reports errors as [`crm_core::Error`]; [`Code`] is the one table of statuses and codes; [`render_problems`] gives
//! every error of a route its final form, whether it comes from us or from the framework.

mod code;
mod failure;
mod render;
pub mod responses;

pub use code::Code;
pub use failure::ApiError;
pub use render::render_problems;
pub use render::{Finishing, unknown_route};

use crm_core::Violation;
use crm_core::ids::CustomerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of problem documents.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem document (RFC 9457). Programs match `code`; people read `detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Identifies the kind of problem: `urn:problem-type:crm:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:problem-type:crm:invalid")]
    pub problem_type: String,
    /// The title: a short description of the kind of problem.
    #[schema(example = "Some values break rules")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422, minimum = 400, maximum = 599)]
    pub status: u16,
    /// The stable code that programs match.
    #[schema(example = "invalid")]
    pub code: String,
    /// What is wrong with this request.
    #[schema(example = "1 value breaks a rule")]
    pub detail: String,
    /// The path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/api/customers", nullable = false)]
    pub instance: Option<String>,
    /// The single errors, if the problem has locations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// The current version of the record; with the code `version_mismatch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7, nullable = false)]
    pub current_version: Option<i64>,
    /// The customer that the customer was merged into; with the code `customer_merged`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>, example = "0199f8a2-0c00-7000-8000-000000000002", nullable = false)]
    pub survivor_id: Option<CustomerId>,
    /// The customers that may be the same; with the code `possible_duplicate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub possible_duplicates: Option<serde_json::Value>,
    /// The id of the request, under which the log has more details.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0199f8a2-6d1b-7c44-9a57-0d5f4f1f2b10", nullable = false)]
    pub request_id: Option<String>,
}

/// One error of a request, and its location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The location in the body, as a JSON pointer (RFC 6901). With `parameter`, the location in its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/email", nullable = false)]
    pub pointer: Option<String>,
    /// The query parameter, header or part of a form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "limit", nullable = false)]
    pub parameter: Option<String>,
    /// The stable code of the rule.
    #[schema(example = "email_invalid")]
    pub code: String,
    /// The description of the rule.
    #[schema(example = "expected an e-mail address such as ann@example.com")]
    pub detail: String,
}

impl From<Violation> for Fault {
    fn from(Violation { pointer, code, detail }: Violation) -> Self {
        Self { pointer: Some(pointer), parameter: None, code, detail }
    }
}
