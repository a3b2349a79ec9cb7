//! Parameters and bodies of tags.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use crm_core::ids::TagId;
use crm_core::tags::{TagQuery, TagRef, TagSort};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crm_web::problem::{ApiError, Code};
use crm_web::request::{Flatten, parsed, separated, unknown_id};

/// The filter and the order of a list of tags.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only tags whose name contains this text, ignoring case and accents.
    #[param(nullable = false, max_length = 64)]
    q: Option<String>,
    /// The order: `name`, `usageCount` or `createdAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "name")]
    sort: Option<String>,
}

impl ListParameters {
    pub fn query(self) -> Result<TagQuery, ApiError> {
        let Self { q, sort } = self;
        Ok(TagQuery { text: q, sort: parsed::<TagSort>(sort)?.unwrap_or_default() })
    }
}

/// The tag to merge into.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TagMerge {
    /// The id of the tag that remains.
    pub into: TagId,
}

/// Some tags.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CustomerTagNames {
    /// The tags: names, in any case, or ids; at most 100.
    #[schema(value_type = Vec<String>, max_items = 100, example = json!(["VIP", "Newsletter"]))]
    pub tags: Vec<TagRef>,
}

/// The tags in a query.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveParameters {
    /// The name or id of a tag; repeat the parameter or separate tags by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    tag: Vec<String>,
}

impl Flatten for RemoveParameters {
    const NAMES: &'static [&'static str] = &["tag"];
    const REPEATABLE: &'static [&'static str] = &["tag"];
}

impl RemoveParameters {
    /// These tags and those of a body. A request without any tag is refused.
    pub fn and(self, body: Option<CustomerTagNames>) -> Result<Vec<TagRef>, ApiError> {
        if self.tag.is_empty() && body.is_none() {
            let detail = "name the tags: in a body {\"tags\": […]}, or as ?tag=";
            return Err(ApiError::of_parameter(Code::MissingParameter, "tag", detail));
        }
        let named = self.tag.into_iter().map(TagRef::from);
        Ok(named.chain(body.into_iter().flat_map(|body| body.tags)).collect())
    }
}

/// A tag in the path, by name or id.
#[derive(Clone, Debug)]
pub(super) struct TagInPath(pub TagRef);

#[derive(Deserialize)]
struct Segment {
    tag: String,
}

impl FromRequest for TagInPath {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // Uses the framework's extractor, which knows which percent signs are still encoded.
        let segment = web::Path::<Segment>::from_request(request, payload).into_inner();
        ready(segment.map(|path| Self(path.into_inner().tag.into())).map_err(|_| unknown_id(request)))
    }
}
