//! The OpenAPI document, generated from the mounted routes.

mod operations;
mod schemas;

use std::collections::BTreeSet;

use actix_web::App;
use utoipa::ToSchema;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, RefOr, Tag};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::base::auth::AuthScheme;
use crate::base::problem::{Fault, Problem, responses};
use crate::base::service::{Limits, Service};

const DESCRIPTION: &str = include_str!("description.md");

/// The OpenAPI 3.1 document of the service: every route that [`configure`](crate::configure) and
/// [`configure_health`](crate::configure_health) mount, and nothing else. Needs no database.
#[must_use]
pub fn openapi() -> OpenApi {
    let app = App::new().into_utoipa_app().configure(crate::features::health::routes).configure(features);
    complete(app.split_for_parts().1, &AuthScheme::default())
}

/// The document of what [`configure`](crate::configure) mounts.
fn of_features(scheme: &AuthScheme) -> OpenApi {
    complete(App::new().into_utoipa_app().configure(features).split_for_parts().1, scheme)
}

impl Service {
    /// The OpenAPI document of what [`configure`](crate::configure) mounts with this service, for
    /// [`configure_docs`](crate::configure_docs). It describes the credentials of *its* authenticator.
    ///
    /// Without the health routes; [`openapi`](crate::openapi) is the document of the standalone service.
    #[must_use]
    pub fn openapi(&self) -> OpenApi {
        of_features(&self.authenticator().scheme())
    }
}

fn features(config: &mut ServiceConfig<'_>) {
    crate::features::routes(config, Limits::default());
}

/// The parts of the document that routes do not describe themselves.
fn complete(mut document: OpenApi, scheme: &AuthScheme) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("CRM")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION.replace("{authentication}", scheme.instructions())))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
        .contact(Some(ContactBuilder::new().name(Some("The CRM's developers")).build()))
        .build();
    document.servers = Some(vec![ServerBuilder::new().url("/").description(Some("This service")).build()]);
    document.tags = Some(tags(&document));
    document.security = Some(vec![SecurityRequirement::new(scheme.name(), [""; 0])]);
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into_owned(), <Problem as utoipa::PartialSchema>::schema());
    components.schemas.insert(Fault::name().into_owned(), <Fault as utoipa::PartialSchema>::schema());
    for (name, response) in responses::components() {
        components.responses.insert(name.to_owned(), RefOr::T(response));
    }
    components.add_security_scheme(scheme.name(), scheme.documented());
    operations::complete(&mut document);
    schemas::complete(&mut document);
    #[cfg(feature = "openapi-examples")]
    crate::app::examples::fill(&mut document);
    name_merge_patches(&mut document);
    document
}

/// A PATCH also accepts JSON under the media type of RFC 7396.
fn name_merge_patches(document: &mut OpenApi) {
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

/// The tags that at least one operation uses.
fn tags(document: &OpenApi) -> Vec<Tag> {
    let operations = document
        .paths
        .paths
        .values()
        .flat_map(|path| [&path.get, &path.put, &path.post, &path.patch, &path.delete].into_iter().flatten());
    let used: BTreeSet<&str> =
        operations.flat_map(|operation| operation.tags.iter().flatten()).map(String::as_str).collect();
    [
        ("customers", "The people and organizations that your company deals with."),
        ("notes", "Notes about a customer, shared with your company or private."),
        ("interactions", "Calls, e-mails, meetings and visits with customers, planned and completed."),
        ("stats", "Counts, dashboards, performance reports and the activity of customers."),
        ("events", "Changes of your company's records, as a feed and as a live stream."),
        ("jobs", "Work that is done after a request: its state, its progress and its result."),
        ("tags", "The tags by which your company groups its customers."),
        ("users", "The users of your company."),
        ("settings", "The settings of your company."),
        ("audit", "The audit trail of your company."),
        ("health", "Probes and metrics for operators."),
    ]
    .into_iter()
    .filter(|(name, _)| used.contains(name))
    .map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::openapi;

    #[test]
    fn every_patch_is_a_merge_patch() {
        let document = serde_json::to_value(openapi()).unwrap();
        let patches: Vec<_> =
            document["paths"].as_object().unwrap().values().filter_map(|path| path.get("patch")).collect();
        assert!(!patches.is_empty());
        for patch in patches {
            let content = &patch["requestBody"]["content"];
            assert_eq!(content["application/merge-patch+json"], content["application/json"]);
            assert!(content["application/json"].is_object());
        }
    }

    #[test]
    fn the_committed_document_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/crm.json");
        let generated = openapi().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == generated, "openapi/crm.json is stale; BLESS=1 cargo test -p crm-http --lib rewrites it");
    }
}
