//! Every route of the first of the documents that asked for this CRM has its counterpart.

use crm_http::examples;
use serde_json::json;
use testkit::{LanguageModelServer, Suite, TestDatabase};

use super::{about, crm};
use crate::support::{Api, Options, document};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [every_route_has_its_counterpart]);
}

/// The routes of the document, and ours: the operation and its path.
const ROUTES: &[(&str, &str, &str)] = &[
    ("POST /customers", "createCustomer", "/api/customers"),
    ("GET /customers", "listCustomers", "/api/customers"),
    ("POST /interactions", "createAnyInteraction", "/api/interactions"),
    ("GET /interactions/:customerId", "listAllInteractions", "/api/interactions"),
    ("GET /interactions", "listAllInteractions", "/api/interactions"),
    ("GET /interactions/id/:id", "getAnyInteraction", "/api/interactions/{interactionId}"),
    ("PUT /interactions/:id", "replaceAnyInteraction", "/api/interactions/{interactionId}"),
    ("DELETE /interactions/:id", "deleteAnyInteraction", "/api/interactions/{interactionId}"),
];

async fn every_route_has_its_counterpart(database: TestDatabase) -> anyhow::Result<()> {
    for (route, operation, path) in ROUTES {
        assert_eq!(document().operation(operation).path, *path, "{route}");
    }
    let server = LanguageModelServer::start(about()).await?;
    let api = Api::with(&database, Options { crm: crm(&server).build(), ..Options::default() }).await;
    let admin = api.admin();
    admin.patch("/api/settings").json(&json!({ "aiEnabled": true, "aiConsent": true })).await.expect(200);
    // The document's own bodies, but for its ids.
    let new = json!({ "name": "Test Customer", "email": "test@example.com", "phone": "1234567890" });
    let customer = admin.post("/api/customers").json(&new).await.expect(201).json()["id"].clone();
    assert_eq!(admin.get("/api/customers").await.ok()["data"].as_array().map(Vec::len), Some(1));
    let new = json!({ "customerId": customer, "content": "bom dia", "completedAt": "2025-07-09T19:29:25.852Z" });
    let created = admin.post("/api/interactions").json(&new).await.expect(201).json();
    api.crm.run_due_jobs(&database.connection, &Default::default()).await?;
    let path = format!("/api/interactions/{}", created["id"].as_str().expect("an id"));
    let read = admin.get(&path).await.ok();
    assert_eq!((&read["ai"]["summary"], &read["ai"]["autoResponse"]), (&json!("About: bom dia"), &json!("Thank you.")));
    let customer = customer.as_str().expect("an id");
    for list in [format!("/api/interactions?customerId={customer}"), "/api/interactions".to_owned()] {
        assert_eq!(admin.get(list).await.ok()["data"][0]["ai"], read["ai"]);
    }
    let mut put = examples::interaction_fields();
    put["content"] = json!("boa tarde");
    assert_eq!(admin.put(&path).json(&put).await.ok()["ai"]["state"], "pending");
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.problem(404, "not_found");
    Ok(())
}
