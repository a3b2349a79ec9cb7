//! What the OpenAPI documents of services have in common, and their routes do not say themselves.

mod operations;
mod schemas;

use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{PartialSchema, ToSchema};

pub use operations::complete_operations;
pub use schemas::complete_schemas;

use crate::problem::{Fault, Problem, responses};

/// Adds the schemas of problem documents, and the error answers that operations refer to.
pub fn describe_problems(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.schemas.insert(Fault::name().into_owned(), Fault::schema());
    for (name, response) in responses::components() {
        components.responses.insert(name.to_owned(), RefOr::T(response));
    }
}

/// A PATCH also accepts JSON under the media type of RFC 7396.
pub fn name_merge_patches(document: &mut OpenApi) {
    let patches = document.paths.paths.values_mut().filter_map(|path| path.patch.as_mut());
    for body in patches.filter_map(|patch| patch.request_body.as_mut()) {
        let RefOr::T(body) = body else {
            continue;
        };
        if let Some(content) = body.content.get("application/json").cloned() {
            body.content.insert("application/merge-patch+json".to_owned(), content);
        }
    }
}
