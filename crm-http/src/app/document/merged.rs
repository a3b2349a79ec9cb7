//! What operations below a customer answer when the customer was merged into another one.

use crm_web::problem::Code;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// Adds 308 to reads and 410 to everything else. The merge itself names customers too.
pub(super) fn describe_merged(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        if !path.contains("{customerId}") && !path.ends_with("/customers/merge") {
            continue;
        }
        if let Some(read) = &mut item.get {
            add(read, "308", redirect().into());
        }
        for write in [&mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten() {
            let status = Code::CustomerMerged.status().as_str().to_owned();
            add(write, &status, Ref::from_response_name("CustomerMerged").into());
        }
    }
}

fn add(operation: &mut Operation, status: &str, response: RefOr<Response>) {
    operation.responses.responses.insert(status.to_owned(), response);
}

fn redirect() -> Response {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let location = HeaderBuilder::new().schema(Some(text)).description(Some("The same path of that customer")).build();
    ResponseBuilder::new()
        .description("The customer was merged into another one, who has the record now")
        .header("Location", location)
        .build()
}
