//! Headers that many operations share.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses};

/// The header that makes a write conditional.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchParameter {
    /// The `ETag` of the record that you read, or its `version` in quotes (`"3"`). If the record has changed since,
    /// nothing is written and the answer is 412. A weak tag (`W/"3"`) matches nothing. Without the header the last
    /// write wins.
    #[param(rename = "If-Match", nullable = false)]
    #[expect(dead_code, reason = "read by the extractor; this is its documentation")]
    if_match: Option<String>,
}

/// The header that makes a read conditional.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfNoneMatchParameter {
    /// The `ETag` of an earlier answer. If nothing has changed, the answer is 304 without a body.
    #[param(rename = "If-None-Match", nullable = false)]
    #[expect(dead_code, reason = "read by the responder; this is its documentation")]
    if_none_match: Option<String>,
}

/// The header that makes a request safe to retry.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKeyParameter {
    /// A key of your choice, 1 to 255 visible ASCII characters, for example a UUID. For 24 hours a repetition of the
    /// same request with the same key has no second effect and gets the same answer, with `Idempotency-Replayed: true`.
    #[param(rename = "Idempotency-Key", nullable = false, min_length = 1, max_length = 255)]
    #[expect(dead_code, reason = "read by the extractor; this is its documentation")]
    idempotency_key: Option<String>,
}

/// The answer to a conditional read of an unchanged record.
#[derive(Clone, Copy, Debug)]
pub struct NotModified;

impl IntoResponses for NotModified {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let tag = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .description(Some("The tag of the unchanged version"));
        let response = ResponseBuilder::new()
            .description("Nothing has changed since the `ETag` in `If-None-Match`.")
            .header("ETag", tag.build());
        BTreeMap::from([("304".to_owned(), response.build().into())])
    }
}
