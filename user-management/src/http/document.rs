//! The OpenAPI document, generated from the mounted routes.

use actix_web::App;
use crm_web::auth::AuthScheme;
use crm_web::document::{complete_operations, complete_schemas, describe_problems, name_merge_patches};
use utoipa::openapi::security::SecurityScheme;
use utoipa::openapi::security::{Flow, Http, HttpAuthScheme, OAuth2, Password, Scopes, SecurityRequirement};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi};
use utoipa_actix_web::AppExt;

/// The scheme of log-in in Swagger UI.
const LOGIN: &str = "login";
/// The scheme of other services.
const CLIENT: &str = "client";

const TAGS: &[(&str, &str)] = &[
    ("auth", "Signing in and out, and the own account."),
    ("users", "The users of your company."),
    ("teams", "The teams of your company."),
    ("api-keys", "Keys with which other programs act in your company."),
    ("company", "Your company."),
    ("sign-ins", "The log of attempts to sign in."),
    ("audit", "The audit trail of your company."),
    ("oauth", "Tokens, introspection, revocation and keys for other services."),
    ("directory", "Companies, teams and users for services that keep copies of them."),
    ("health", "Probes and metrics for operators."),
];

/// The OpenAPI 3.1 document of all routes.
#[must_use]
pub fn openapi() -> OpenApi {
    let app = App::new().into_utoipa_app().configure(super::health::routes).configure(super::routes);
    let mut document = app.split_for_parts().1;
    document.info = InfoBuilder::new()
        .title("User management")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("description.md")))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
        .contact(Some(ContactBuilder::new().name(Some("The CRM's developers")).build()))
        .build();
    document.servers = Some(vec![ServerBuilder::new().url("/").description(Some("This service")).build()]);
    let tag =
        |(name, description): &(&str, &str)| TagBuilder::new().name(*name).description(Some(*description)).build();
    document.tags = Some(TAGS.iter().map(tag).collect());
    let bearer = AuthScheme::bearer("The access token of a session.");
    document.security =
        Some([bearer.name(), LOGIN].map(|name| SecurityRequirement::new(name, [""; 0])).into_iter().collect());
    describe_problems(&mut document);
    let components = document.components.get_or_insert_default();
    // No operation is about customers.
    components.responses.remove("CustomerMerged");
    components.add_security_scheme(bearer.name(), bearer.documented());
    components.add_security_scheme(LOGIN, login());
    components.add_security_scheme(CLIENT, SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    complete_operations(&mut document);
    complete_schemas(&mut document, &["Problem", "Fault", "Introspection"]);
    name_merge_patches(&mut document);
    document
}

fn login() -> SecurityScheme {
    let flow = Flow::Password(Password::new("/oauth2/token", Scopes::new()));
    SecurityScheme::OAuth2(OAuth2::with_description([flow], "Your e-mail address and your password."))
}

#[cfg(test)]
mod tests {
    use super::openapi;

    #[test]
    fn the_committed_document_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/user-management.json");
        let generated = openapi().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == generated,
            "openapi/user-management.json is stale; BLESS=1 cargo test -p user-management --lib"
        );
    }
}
