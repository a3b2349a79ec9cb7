//! The OpenAPI document, generated from the mounted routes.

mod merged;

use std::collections::BTreeSet;

use actix_web::App;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, Tag};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::auth::AuthScheme;
use crm_web::document::{complete_operations, complete_schemas, describe_problems, name_merge_patches};
use crm_web::service::Limits;

const DESCRIPTION: &str = include_str!("description.md");
/// Answers in which some fields are absent instead of `null`.
const SPARSE: &[&str] = &["AuditedField", "ConvertedLead", "WrittenCustomer", "WrittenLead"];

/// The OpenAPI 3.1 document of the service: every route that [`configure`](crate::configure) and
/// [`configure_health`](crate::configure_health) mount, and nothing else. Needs no database.
#[must_use]
pub fn openapi() -> OpenApi {
    let app = App::new().into_utoipa_app().configure(crate::features::health::routes).configure(features);
    complete(app.split_for_parts().1, &AuthScheme::default())
}

/// The document of what [`configure`](crate::configure) mounts.
pub(super) fn of_features(scheme: &AuthScheme) -> OpenApi {
    complete(App::new().into_utoipa_app().configure(features).split_for_parts().1, scheme)
}

fn features(config: &mut ServiceConfig<'_>) {
    crate::features::routes(config, Limits::default());
    crate::features::files(config);
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
    describe_problems(&mut document);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(scheme.name(), scheme.documented());
    complete_operations(&mut document);
    merged::describe_merged(&mut document);
    complete_schemas(&mut document, SPARSE);
    #[cfg(feature = "openapi-examples")]
    crate::app::examples::fill(&mut document);
    name_merge_patches(&mut document);
    document
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
        ("leads", "The people and organizations that may become customers, their assignment and their conversion."),
        ("lead-statuses", "The statuses of your company's leads: names, types and order."),
        ("lead-scoring", "How likely leads become customers: rules, what was learned, and how good it is."),
        ("lead-assignment-rules", "The rules by which your company's leads are assigned."),
        ("capture-forms", "Forms of your company's websites, whose visitors become leads."),
        ("privacy", "Personal data of customers and leads: handing it out, erasing it, and legal holds."),
        ("links", "Links between customers: people and their organizations, organizations and their parents."),
        ("duplicates", "Customers that may be the same, with the reasons."),
        ("notes", "Notes about a customer or a lead, shared with your company or private."),
        ("consents", "What customers and leads have agreed to, as a ledger, and whether they may be contacted."),
        ("suppressions", "The do-not-contact list: addresses, numbers and domains that are not contacted."),
        ("interactions", "Calls, e-mails, meetings and visits with customers and leads, planned and completed."),
        ("tasks", "What your company's users have to do, for customers or not, and their agenda."),
        ("deals", "What customers may buy: the board of deals, moves on it, and the stages that deals have passed."),
        ("pipelines", "The pipelines of your company's deals, with their stages."),
        ("currency-rates", "What currencies are worth in your company's base currency, by day."),
        ("notifications", "What you are told of: tasks and deals of yours, mentions, and reminders."),
        ("calendar", "Your tasks and planned interactions for a calendar program, at a secret address."),
        ("ai", "Summaries of interactions and suggested replies by a language model, and the tokens that it uses."),
        ("stats", "Counts, dashboards, performance reports, the activity of customers, and statistics of sales."),
        ("quotas", "What your company's users are to sell in a month."),
        ("activity", "Who did what to which record, newest first."),
        ("events", "Changes of your company's records, as a feed and as a live stream."),
        ("jobs", "Work that is done after a request: its state, its progress and its result."),
        ("tags", "The tags by which your company groups its customers and leads."),
        ("custom-fields", "The definitions of your company's own fields: their types, and what values must be."),
        ("imports", "Files that a job imports: their preview, their progress, the rows that failed, and revert."),
        ("import-mappings", "Saved mappings of imports: what the columns of a program's files are taken for, by name."),
        ("saved-views", "Saved views of lists: filter, order and columns by name, private or shared."),
        ("preferences", "Your own preferences: language, theme, time zone, dashboard and lists."),
        ("users", "The users and teams of your company."),
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
