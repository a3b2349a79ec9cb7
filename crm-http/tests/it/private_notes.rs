//! Private notes and views, and preferences, are visible to one user only: others read the same with and without them.

use std::collections::BTreeMap;

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Api, document};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [whatever_others_read_is_the_same_without_it]);
}

/// The records that paths name.
struct Records {
    customer: String,
    note: String,
    interaction: String,
    tag: String,
}

impl Records {
    async fn make(api: &Api) -> Self {
        let id = |record: &Value| record["id"].as_str().expect("an id").to_owned();
        let author = api.as_(Role::SalesRep);
        let reference = json!([{ "system": "erp", "id": "1" }]);
        let customer =
            api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co", "externalRefs": reference }));
        let customer = id(&customer.await.ok());
        let path = format!("/api/customers/{customer}");
        let note = id(&author.post(format!("{path}/notes")).json(&json!({ "body": "For all" })).await.ok());
        let call = json!({ "type": "call", "status": "planned", "scheduledAt": "2026-01-01T09:00:00Z" });
        let interaction = id(&author.post(format!("{path}/interactions")).json(&call).await.ok());
        let tags = author.post(format!("{path}/tags")).json(&json!({ "tags": ["VIP"] })).await.ok();
        Self { customer, note, interaction, tag: id(&tags["data"][0]) }
    }

    fn in_path(&self, template: &str) -> String {
        let Self { customer, note, interaction, tag } = self;
        let places =
            [("{customerId}", customer), ("{noteId}", note), ("{interactionId}", interaction), ("{tagId}", tag)];
        places.iter().fold(template.to_owned(), |path, (place, id)| path.replace(place, id))
    }
}

/// Everything that this role can read, by operation: status, entity tag and body.
async fn everything(api: &Api, role: Role, records: &Records) -> BTreeMap<String, (u16, String, String)> {
    let mut said = BTreeMap::new();
    let reads = document().operations.iter().filter(|one| one.method == "GET" && one.path.starts_with("/api/"));
    // Who a person's data is told to gets private notes as well; that is audited.
    for operation in reads.filter(|operation| !operation.id.contains("PersonalData")) {
        let call = api.as_(role).get(records.in_path(&operation.path)).header("X-Request-Id", "a-look");
        let call = match operation.id.as_str() {
            "searchCustomers" => call.query([("q", "lee"), ("count", "exact")]),
            "getCustomerByExternalRef" => call.query([("system", "erp"), ("id", "1")]),
            "listAuditEntries" | "listActivity" => call.query([("limit", "100")]),
            _ => call,
        };
        let answer = call.await;
        let mut body = answer.text().to_owned();
        if let Ok(Value::Object(mut members)) = serde_json::from_str::<Value>(&body) {
            // The time of the computation, and audited reads, are ignored here.
            members.remove("asOf");
            members.remove("at");
            // The chain is over all entries, and counts them.
            members.remove("unsealedEntries");
            // Sealed anew at each answer.
            if operation.id == "listEvents" {
                members.remove("cursor");
            }
            let kind = match operation.id.as_str() {
                "listAuditEntries" => Some("entity"),
                "listActivity" => Some("kind"),
                _ => None,
            };
            if let Some(kind) = kind {
                if let Some(Value::Array(entries)) = members.get_mut("data") {
                    entries.retain(|entry| ["note", "saved_view", "preferences"].iter().any(|one| entry[kind] == *one));
                }
                members.remove("pagination");
            }
            body = Value::Object(members).to_string();
        }
        said.insert(operation.id.clone(), (answer.status, answer.header("etag").unwrap_or_default().to_owned(), body));
    }
    said
}

async fn whatever_others_read_is_the_same_without_it(database: TestDatabase) {
    let api = Api::new(&database).await;
    let records = Records::make(&api).await;
    let others = || Role::ALL.iter().copied().filter(|role| *role != Role::SalesRep);
    // A user who was refused something is mirrored from then on.
    for role in others() {
        everything(&api, role, &records).await;
    }
    let mut without = BTreeMap::new();
    for role in others() {
        without.insert(role, everything(&api, role, &records).await);
    }
    assert!(without[&Role::Viewer].len() > 20, "little is read");

    let author = api.as_(Role::SalesRep);
    let notes = format!("/api/customers/{}/notes", records.customer);
    let private = json!({ "body": "Mine alone", "visibility": "private", "isPinned": true });
    for change in [json!({ "body": "Mine, still" }), json!({ "title": "Mine" })] {
        let note = author.post(&notes).json(&private).await.expect(201).json();
        let path = format!("{notes}/{}", note["id"].as_str().expect("an id"));
        author.patch(&path).json(&change).await.expect(200);
        if change["title"].is_string() {
            author.delete(&path).await.expect(204);
        }
    }
    let view = json!({ "entity": "customers", "name": "Mine alone", "query": { "q": "mine" } });
    let view = author.post("/api/saved-views").json(&view).await.expect(201).json();
    let path = format!("/api/saved-views/{}", view["id"].as_str().expect("an id"));
    author.patch(&path).json(&json!({ "name": "Mine, still" })).await.expect(200);
    author.patch("/api/preferences").json(&json!({ "theme": "dark" })).await.expect(200);
    assert_eq!(author.get("/api/saved-views").await.ok()["pagination"]["total"], 1);
    // The author sees it.
    assert_eq!(author.get(&notes).await.ok()["data"].as_array().map(Vec::len), Some(2));
    for (role, without) in without {
        for (operation, said) in everything(&api, role, &records).await {
            assert_eq!(said, without[&operation], "{operation} as {role}");
        }
    }
}
